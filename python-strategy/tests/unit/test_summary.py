"""What a run leaves behind: its record, and its summary in both forms."""

import io
import json
from decimal import Decimal

import pytest
from rich.console import Console

from src.domain.errors import CannotStart
from src.domain.evaluations import Contribution, Evaluation, Rejection, ScoreClass
from src.domain.events import HealthSeen, OrderReport
from src.domain.market import Bar, Side
from src.domain.orders import OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason, Trade
from src.domain.readings import IndicatorName, Reading
from src.domain.transitions import DetectorState, Transition
from src.reports.files import check_writable
from src.reports.summary import FeedReport, RunSummary
from src.reports.table import show

TAPE_NS = 1_760_131_685_936_000_000
SHIFT_NS = 35_000_000_000_000_000
NOW_NS = TAPE_NS + SHIFT_NS
BAR = Bar(NOW_NS, 0.31, 0.32, 0.3, 0.315, 1000.0, 600.0, 400.0, 12)

TRANSITION = Transition(
    symbol="TRXUSDT",
    old_state=DetectorState.ALERT,
    new_state=DetectorState.ACTIVE,
    ts_ns=NOW_NS,
    reason="trigger held for 0.5 s",
    readings=(
        Reading(IndicatorName.VOLATILITY, 0.02, 0.0001, 200.0, True, True, True),
        Reading(IndicatorName.SPREAD, 0.0, float("nan"), float("inf"), False, False, False),
    ),
)


def evaluation(name: str, rejection: Rejection | None, score: float) -> Evaluation:
    return Evaluation(
        evaluation_id=name,
        symbol="TRXUSDT",
        ts_ns=NOW_NS + 1,
        candle=BAR,
        score=score,
        score_class=ScoreClass.GOOD,
        contributions=(Contribution(IndicatorName.VOLATILITY, 0.9, 0.15, 13.5, True),),
        rejection=rejection,
        detail="" if rejection is None else "score 61 below 70",
        entry_price=None if rejection else Decimal("0.3040"),
        target_price=None if rejection else Decimal("0.3160"),
        quantity=None if rejection else Decimal("1500"),
        client_order_id=None if rejection else "r-1",
    )


ORDER = OrderRequest(
    client_order_id="r-1",
    symbol="TRXUSDT",
    side=Side.BUY,
    order_type=OrderType.LIMIT,
    quantity=Decimal("1500"),
    price=Decimal("0.3040"),
    time_in_force=TimeInForce.GTC,
    purpose=Purpose.ENTRY,
    decided_at_ns=NOW_NS + 1,
)
FILL = OrderReport(
    "r-1",
    OrderStatus.FILLED,
    Decimal(1500),
    NOW_NS + 2,
    Decimal(1500),
    Decimal("0.304"),
    Decimal("0.228"),
    "USDT",
    9,
)
TRADE = Trade(
    trade_id="r-t1",
    symbol="TRXUSDT",
    quantity=Decimal("1500"),
    entry_price=Decimal("0.304"),
    exit_price=Decimal("0.316"),
    entry_ts_ns=NOW_NS + 2,
    exit_ts_ns=NOW_NS + 3,
    gross_pnl=Decimal("18.0"),
    fees=Decimal("0.465"),
    net_pnl=Decimal("17.535"),
    exit_reason=ExitReason.TARGET,
    score=81.2,
    entry_order_id="r-1",
    exit_order_ids=("r-2",),
)
HEALTH = HealthSeen(
    "TRXUSDT", NOW_NS, 90.0, 1.0, 1.5, 9.0, 1, 0, 900, 800, 3.5, 0.1, {"malformed_json": 2}, 0
)

SUMMARY = RunSummary(
    run_id="251010212805",
    ended="end of tape",
    symbols=("TRXUSDT",),
    transitions=(TRANSITION,),
    candidates=(evaluation("r-e1", Rejection.SCORE, 61.0), evaluation("r-e2", None, 81.2)),
    rejections={"score": 1},
    trades=(TRADE,),
    fees=TRADE.fees,
    net_pnl=TRADE.net_pnl,
    feed=FeedReport(health={"TRXUSDT": HEALTH}, rejected={"unknown_type": 3}, received=1000, conflated=7),
    time_shifts={"TRXUSDT": SHIFT_NS},
)


def test_the_json_has_what_a_script_looks_for():
    values = json.loads(json.dumps(SUMMARY.to_json(), allow_nan=False))
    (transition,) = values["transitions"]
    assert (transition["old_state"], transition["new_state"]) == ("ALERT", "ACTIVE")
    assert (transition["timestamp"], transition["tape_timestamp"]) == (NOW_NS, TAPE_NS)
    assert transition["reason"] == "trigger held for 0.5 s"
    assert transition["readings"][1]["ratio"] is None
    (trade,) = values["trades"]
    assert (trade["net_pnl"], trade["exit_reason"]) == ("17.535", "target")
    assert trade["entry_tape_timestamp"] == TAPE_NS + 2
    assert [candidate["rejection"] for candidate in values["candidates"]] == ["score", None]
    assert values["rejections"] == {"score": 1}
    assert (values["fees"], values["net_pnl"]) == ("0.465", "17.535")
    assert values["feed"]["health"]["TRXUSDT"]["rejected"] == {"malformed_json": 2}
    assert values["feed"]["rejected"] == {"unknown_type": 3}
    assert set(values["versions"]) >= {"strategy", "python"}


def printed(summary: RunSummary) -> str:
    console = Console(file=io.StringIO(), width=160, no_color=True)
    show(summary, console)
    return console.file.getvalue()


def test_the_table_tells_the_same():
    text = printed(SUMMARY)
    for part in (
        "2025-10-10 21:28:05.936",
        "ALERT → ACTIVE",
        "trigger held for 0.5 s",
        "17.535",
        "target",
        "81.2",
        "score: score 61 below 70",
        "order r-1",
        "malformed_json 2",
        "unknown_type 3",
        "end of tape",
    ):
        assert part in text, part


def test_an_empty_run_says_so():
    text = printed(RunSummary("x", "stopped by SIGINT", ()))
    assert "stayed asleep" in text
    assert "No trades" in text


def test_a_summary_that_cannot_be_written_is_found_out_before_the_run(tmp_path):
    with pytest.raises(CannotStart, match="name another file"):
        check_writable(tmp_path / "nowhere" / "summary.json")
