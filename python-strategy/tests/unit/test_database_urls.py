"""Which URLs are taken for a database, and which are not, in words."""

from pathlib import Path

import pytest

from src.domain.errors import CannotStart
from src.persistence.databases import open_database

SECRET = "hunter2"


@pytest.mark.parametrize(
    "url", ["mysql://host/name", "sqlite://", "sqlite:///:memory:", "data/flashcrash.db"]
)
def test_what_is_no_database_of_ours_is_refused_with_examples(url):
    with pytest.raises(CannotStart, match=r"\[persistence\] url .*sqlite:///data/NAME.db"):
        open_database(url, Path("/srv"))


def test_a_password_has_no_place_in_the_settings_and_is_not_repeated():
    with pytest.raises(CannotStart, match="PGPASSWORD") as refused:
        open_database(f"postgresql://trader:{SECRET}@127.0.0.1:5432/flashcrash", Path("/srv"))
    assert SECRET not in str(refused.value)
