"""One tape through the running paper system and through `backtest`: the same decisions, orders and fills.

The running system is late where the machine is: what is driven by ticks may come one grid step apart, and
an order that reached the engine after it should have been effective fills on another market.
"""

import json
from decimal import Decimal

import pytest
from src.app.sections import session_config
from src.backtest.recording import BookShape
from src.backtest.recording_files import read_tape
from src.backtest.replay import backtest, backtest_by_events
from src.backtest.result import Assumptions
from src.runtime.settings import load

from harness.paper_journal import PaperJournal
from harness.stack import Engine, Simulator, Strategy, config_folder, generate_tape

GRID_NS = 100_000_000
LATENCY_MS = 500
WARMUP_SECONDS = 320
EXECUTION = {"execution": {"order_latency_ms": float(LATENCY_MS)}}


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    path = tmp_path_factory.mktemp("tape") / "crash.tape"
    return generate_tape(path, "flash_crash", "--history", "60", "--lead", "20", "--tail", "20")


@pytest.fixture(scope="module")
def paper(tape, tmp_path_factory):
    """The summary of a paper run, and its venue's own record."""
    folder = tmp_path_factory.mktemp("paper")
    journal = folder / "paper.journal"
    kept = {"persistence": {"paper_journal": str(journal)}}
    with Simulator(tape) as venue:
        engine = Engine(folder / "engine", {"exchange": venue.exchange, **EXECUTION, **kept})
        with engine, Strategy(folder / "strategy", engine, EXECUTION) as strategy:
            assert strategy.wait(300) == 0, strategy.text()
    return strategy.summary(), PaperJournal(journal).read()


@pytest.fixture(scope="module")
def given(tape, tmp_path_factory):
    """What `backtest` is called with."""
    settings = load(config_folder(tmp_path_factory.mktemp("backtest"), EXECUTION), {}, ())
    money = {name: Decimal(str(settings[f"fees.{name}"])) for name in ("maker_fee_rate", "taker_fee_rate")}
    assumptions = Assumptions(
        fill_model=settings["execution.fill_model"],
        order_latency_ns=LATENCY_MS * 1_000_000,
        slippage_bps=Decimal(0),
        initial_capital=Decimal(str(settings["risk.initial_capital"])),
        **money,
    )
    shape = BookShape(
        settings["zmq.book_levels"], settings["feed.depth_band_bps"], settings["feed.depth_band_min_ticks"]
    )
    return read_tape(tape, WARMUP_SECONDS), session_config(settings), assumptions, "backtest", shape


@pytest.fixture(scope="module")
def replayed(given):
    return backtest(*given)


def shift_of(summary):
    first = summary["transitions"][0]
    return first["timestamp"] - first["tape_timestamp"]


def test_the_scan_says_what_the_definition_says(given, replayed):
    assert replayed == backtest_by_events(*given)


def test_transitions_are_the_same(paper, replayed):
    lived = [row for row in paper[0]["transitions"] if row["new_state"] != "SHUTDOWN"]
    steps = [(str(step.old_state), str(step.new_state)) for step in replayed.summary.transitions]
    assert [(row["old_state"], row["new_state"]) for row in lived] == steps
    assert "ACTIVE" in [new for _, new in steps]
    apart = [
        step.ts_ns - row["tape_timestamp"]
        for step, row in zip(replayed.summary.transitions, lived, strict=True)
    ]
    assert all(abs(ns) <= GRID_NS for ns in apart), apart


def test_orders_are_the_same(paper, replayed):
    shift_ns = shift_of(paper[0])
    lived = [order.request for order in paper[1].orders.values()]
    assert len(lived) == len(replayed.orders)
    for request, order in zip(lived, replayed.orders, strict=True):
        price = None if request["price"] is None else Decimal(request["price"])
        said = (request["side"], request["purpose"], request["order_type"], price)
        assert said == (order.side, order.purpose, order.order_type, order.price), order
        assert Decimal(request["quantity"]) == order.quantity, order
        assert abs(request["decided_at"] - shift_ns - order.decided_ns) <= GRID_NS, order


def test_fills_of_orders_that_were_not_late_are_equal(paper, replayed):
    shift_ns = shift_of(paper[0])
    names = dict(zip(paper[1].orders, (order.client_order_id for order in replayed.orders), strict=True))
    late = {order.client_order_id for order in replayed.orders if order.late}
    late |= {names[name] for name in late_orders(paper[1])}
    lived = [
        (names[fill.client_order_id], fill.price, fill.quantity, fill.fee, fill.ts_ns - shift_ns)
        for fill in paper[1].fills
        if names[fill.client_order_id] not in late
    ]
    told = [
        (fill.client_order_id, fill.price, fill.quantity, fill.fee, fill.ts_ns)
        for fill in replayed.fills
        if fill.client_order_id not in late
    ]
    assert told == lived
    assert told, f"every order that filled was late: {late}"


def late_orders(journal):
    """Names of orders that were effective after their time, by the venue's record."""
    late = set()
    heard = set()
    for line in journal.path.read_bytes().splitlines()[1:]:
        _, value = json.loads(line)
        report = value.get("report", {}).get("report")
        if report is None or report["client_order_id"] in heard:
            continue
        name = report["client_order_id"]
        heard.add(name)
        if report["at"] > journal.orders[name].request["decided_at"] + LATENCY_MS * 1_000_000:
            late.add(name)
    return late
