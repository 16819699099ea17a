"""Moments as a person types them."""

import pytest
import typer

from src.cli.moments import moment

NOW_NS = 1_760_131_685_000_000_000


@pytest.mark.parametrize(
    ("text", "seconds_ago"), [("30s", 30), ("2h", 7200), ("1.5 h", 5400), ("7d", 604_800), ("2w", 1_209_600)]
)
def test_a_span_is_counted_back_from_now(text, seconds_ago):
    assert moment(text, NOW_NS) == NOW_NS - seconds_ago * 10**9


@pytest.mark.parametrize(
    "text",
    [
        "2025-10-10T21:28:05",
        "2025-10-10 21:28:05",
        "2025-10-10T21:28:05Z",
        "2025-10-10T23:28:05+02:00",
        " 2025-10-10T21:28:05.000 ",
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(text):
    assert moment(text, 0) == NOW_NS


def test_a_date_is_its_midnight():
    assert moment("2025-10-10", 0) == 1_760_054_400 * 10**9


@pytest.mark.parametrize("text", ["", "yesterday", "2 fortnights", "-2h", "25:00", "2025-13-01"])
def test_anything_else_is_refused_with_what_is_possible(text):
    with pytest.raises(typer.BadParameter, match="2h"):
        moment(text, NOW_NS)
