"""The five stages, each asked alone: what it lets through, what it refuses, and under which name."""

from dataclasses import replace
from decimal import Decimal

import pytest
from trading_world import (
    ALL_READY,
    STRONG,
    acts,
    at,
    bar,
    cancelled,
    depth,
    desk,
    flat,
    moment,
    outcome,
    placed,
    report,
)

from src.domain.evaluations import Rejection
from src.domain.events import CommandFate
from src.domain.intents import PlaceOrder, RecordEvaluation, RecordRejection
from src.domain.market import Side, Trust
from src.domain.orders import OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.readings import IndicatorName, Pattern, PatternKind

D = Decimal
WEAK = dict.fromkeys(IndicatorName, 1.0) | {IndicatorName.ACCELERATION: 0.0005}


def test_a_candle_that_passes_every_stage_becomes_one_limit_buy():
    trader = desk()
    intents = trader.consider(moment(1.25))
    recorded, sent = intents
    assert isinstance(recorded, RecordEvaluation)
    assert isinstance(sent, PlaceOrder)
    order, evaluation = sent.order, recorded.evaluation
    assert (order.side, order.order_type, order.time_in_force) == (Side.BUY, OrderType.LIMIT, TimeInForce.GTC)
    assert order.purpose is Purpose.ENTRY
    assert order.price == D("0.3020")
    assert order.quantity == D("1655.6")  # 500 / 0.3020 = 1655.629, down to the step
    assert order.decided_at_ns == at(1.25)
    assert order.client_order_id == "r1-1"
    assert sent.trace_id == evaluation.evaluation_id == "r1-e1"
    assert evaluation.rejection is None
    assert (evaluation.entry_price, evaluation.target_price) == (D("0.3020"), D("0.3080"))
    assert evaluation.quantity == order.quantity
    assert evaluation.client_order_id == order.client_order_id
    assert evaluation.detail.startswith("score 93.9 (excellent): buy 1655.6 at 0.302, target 0.308 (+1.99%")
    assert not trader.strategy.rejections


def test_a_post_only_entry_is_refused_rather_than_take():
    (order,) = placed(desk(post_only=True).consider(moment()))
    assert order.order_type is OrderType.LIMIT_MAKER


BEFORE_SCORING = [
    (Rejection.EVENT, {"active": False}, "the event was over"),
    (Rejection.PAUSED, {"holding": True}, "continuous data"),
    (Rejection.TRUST, {"trust": Trust.SUSPECT}, "the book is suspect"),
    (Rejection.TRUST, {"trust": None}, "there is no book"),
    (Rejection.LIQUIDITY, {"depth": depth(90_000.0, sufficient=False)}, "90000 in the band"),
    (Rejection.LIQUIDITY, {"depth": None}, "0 in the band"),
    (Rejection.VOLUME, {"bars": [*[flat(0.305, 600_000.0)] * 60, bar()]}, "the mean before it"),
]


@pytest.mark.parametrize(("reason", "change", "words"), BEFORE_SCORING)
def test_stages_one_and_two_refuse_before_anything_is_scored(reason, change, words):
    trader = desk()
    intents = trader.consider(moment(**change))
    assert [type(intent) for intent in intents] == [RecordRejection]
    assert intents[0].reason is reason
    assert words in intents[0].detail
    assert trader.strategy.rejections == {reason: 1}
    assert trader.strategy.evaluations == []


SCORED = [
    (Rejection.SCORE, {"peaks": WEAK}, {}, "is below 70"),
    (
        Rejection.SCORE,
        {"ready": dict.fromkeys(IndicatorName, False) | {IndicatorName.DEPTH: True}},
        {},
        "only 10%",
    ),
    (Rejection.RANGE, {"candle": bar(0.3080, 0.31, 0.30, 0.3050)}, {}, "not bullish"),
    (Rejection.RANGE, {"candle": bar(0.3050, 0.31, 0.30, 0.3050)}, {}, "not bullish"),
    (Rejection.RANGE, {"candle": bar(0.3001, 0.3014, 0.30, 0.3010)}, {}, "range 0.467% is below 0.500%"),
    (
        Rejection.SIZE,
        {"bars": [flat(0.305, 0.001), bar(volume=0.01)], "candle": bar(volume=0.01)},
        {},
        "less than one step",
    ),
    (Rejection.RULES, {"last_price": 2.0}, {}, "reference price"),
    (Rejection.RULES, {}, {"rules": {"min_notional": D(501)}}, "notional"),
    (Rejection.RULES, {}, {"rules": {"quote": "USDC"}}, "quoted in USDC"),
    (Rejection.EXPOSURE, {}, {"risk": {"max_symbol_exposure": 100.0}}, "would be more than 100.00"),
]


@pytest.mark.parametrize(("reason", "change", "settings", "words"), SCORED)
def test_later_stages_keep_the_evaluation_with_its_verdict(reason, change, settings, words):
    trader = desk(**settings)
    if "rules" in settings and "quote" in settings["rules"]:
        trader.account.quote = "USDT"
    intents = trader.consider(moment(**change))
    assert [type(intent) for intent in intents] == [RecordEvaluation]
    evaluation = intents[0].evaluation
    assert evaluation.rejection is reason
    assert words in evaluation.detail
    assert len(evaluation.contributions) == 8
    assert evaluation.client_order_id is None
    assert trader.strategy.rejections == {reason: 1}


def test_an_unknown_instrument_can_not_be_ordered():
    trader = desk()
    trader.strategy.instrument = None
    assert placed(trader.consider(moment())) == []
    assert trader.strategy.rejections == {Rejection.RULES: 1}


def test_the_liquidity_pause_outlasts_a_good_book_by_three_seconds():
    trader = desk()
    book = trader.strategy.stages.pause.book
    book(Trust.TRUSTED, False, False, 1.0, 0.0001, at(0))
    book(Trust.TRUSTED, True, False, 1e9, 0.0001, at(1))
    trader.consider(moment(3.9))
    trader.consider(moment(4.0))
    assert trader.strategy.rejections == {Rejection.LIQUIDITY: 1}
    assert len(placed(trader.out)) == 1


def test_the_circuit_blocks_entries():
    trader = desk()
    for n in range(5):
        trader.account.breaker.failed(f"x{n}", at(0))
    trader.consider(moment(1.0))
    assert trader.strategy.rejections == {Rejection.CIRCUIT_OPEN: 1}
    assert len(placed(trader.consider(moment(30.0)))) == 1
    trader.strategy.open.clear()
    trader.consider(moment(40.0))
    assert trader.strategy.rejections == {Rejection.CIRCUIT_OPEN: 2}


class TestTheFallingKnife:
    def test_no_entry_until_five_seconds_after_the_last_new_low(self):
        trader = desk()
        trader.consider(moment(seconds_since_low=4))
        assert trader.strategy.rejections == {Rejection.KNIFE: 1}
        assert "made 4 s ago, 5 are needed" in trader.strategy.evaluations[0].detail
        assert len(placed(trader.consider(moment(seconds_since_low=5)))) == 1

    def test_a_setting_of_zero_switches_it_off(self):
        trader = desk(min_seconds_since_low=0)
        assert len(placed(trader.consider(moment(seconds_since_low=0)))) == 1


def test_a_candle_is_no_smaller_than_the_median_if_there_is_one():
    trader = desk()
    trader.consider(moment(median_range=0.02 / 0.29))
    assert trader.strategy.rejections == {Rejection.RANGE: 1}
    assert "below the median of 6.897%" in trader.strategy.evaluations[0].detail
    assert len(placed(trader.consider(moment(median_range=bar().range_pct)))) == 1


def test_exhaustion_lowers_the_needed_score_by_the_relief():
    peaks = dict.fromkeys(IndicatorName, 3.0) | {
        IndicatorName.ACCELERATION: 0.001,
        IndicatorName.IMBALANCE: 0.6,
        IndicatorName.VOLUME_DELTA: 1.6,
    }
    pattern = Pattern(PatternKind.SELLING_EXHAUSTION, 3, 0.0)
    plain = desk()
    plain.consider(moment(peaks=peaks, pattern=pattern))
    assert plain.strategy.rejections == {Rejection.SCORE: 1}
    score = plain.strategy.evaluations[0].score
    assert 60.0 < score < 70.0
    relieved = desk(exhaustion_threshold_relief=10.0)
    assert len(placed(relieved.consider(moment(peaks=peaks, pattern=pattern)))) == 1
    climax = Pattern(PatternKind.BUYING_CLIMAX, 3, 0.0)
    assert placed(desk(exhaustion_threshold_relief=10.0).consider(moment(peaks=peaks, pattern=climax))) == []


def test_refusals_are_asked_in_the_order_of_their_names():
    """Everything is wrong at once; what is named first is put right first."""
    trader = desk(risk={"max_symbol_exposure": 100.0}, rules={"min_notional": D(1_000)})
    trader.strategy.stages.cooldown.entered(at(0))
    trader.account.risk.engine_state = "paused"
    for n in range(5):
        trader.account.breaker.failed(f"x{n}", at(0))
    dull = bar(0.3080, 0.31, 0.30, 0.3050, volume=1.0)
    seen = moment(
        candle=dull,
        bars=[*[flat(0.305, 1e7)] * 60, dull],
        active=False,
        trust=Trust.SUSPECT,
        depth=None,
        peaks=WEAK,
        seconds_since_low=0,
    )
    order = []

    def judge(**repair):
        nonlocal seen
        seen = replace(seen, **repair)
        trader.strategy.rejections.clear()
        trader.consider(seen)
        order.extend(trader.strategy.rejections)

    judge()
    judge(active=True)
    trader.account.risk.engine_state = "live"
    judge()
    judge(now_ns=at(31.0))
    judge(trust=Trust.TRUSTED)
    judge(depth=depth())
    judge(bars=[*[flat(0.305, 0.1)] * 60, dull])
    trader.strategy.stages.cooldown.entered(at(31.0))
    judge(peaks=STRONG, ready=ALL_READY)
    judge(now_ns=at(36.0))
    judge(seconds_since_low=5)
    judge(candle=bar(), bars=[*[flat(0.305, 10_000.0)] * 60, bar()])
    trader.account.risk._max_symbol_exposure = D(2_000)
    judge()
    assert order == [
        Rejection.EVENT,
        Rejection.PAUSED,
        Rejection.CIRCUIT_OPEN,
        Rejection.TRUST,
        Rejection.LIQUIDITY,
        Rejection.VOLUME,
        Rejection.SCORE,
        Rejection.COOLDOWN,
        Rejection.KNIFE,
        Rejection.RANGE,
        Rejection.EXPOSURE,
        Rejection.RULES,
    ]


class TestTheLifeOfAnEntry:
    def sent(self, **settings):
        trader = desk(**settings)
        (order,) = placed(trader.consider(moment(0.0)))
        return trader, order

    def test_it_is_taken_back_after_two_seconds(self):
        trader, order = self.sent()
        trader.tell(report(order, OrderStatus.NEW, seconds=0.1))
        assert trader.manage(1.999) == []
        assert cancelled(trader.manage(2.0)) == [order.client_order_id]
        assert trader.manage(2.1) == []
        trader.tell(report(order, OrderStatus.CANCELED, seconds=2.2))
        assert trader.strategy.open == []
        assert trader.account.blotter.positions == []

    def test_it_is_taken_back_when_the_event_ends_or_the_book_is_not_trusted(self):
        trader, order = self.sent()
        assert cancelled(trader.manage(0.5, keep=False)) == [order.client_order_id]

    def test_a_cancel_is_asked_for_again_each_second_while_the_order_works(self):
        trader, order = self.sent()
        trader.manage(2.0)
        trader.tell(report(order, OrderStatus.NEW, seconds=2.1))
        assert trader.manage(2.9) == []
        assert cancelled(trader.manage(3.0)) == [order.client_order_id]

    def test_a_rejected_entry_frees_its_place_and_is_told(self):
        trader, order = self.sent(cooldown_seconds=0.0)
        (alert,) = acts(trader.tell(report(order, OrderStatus.REJECTED, seconds=0.1, reason="rules: no")))
        assert alert.kind == "order_rejected"
        assert "rules: no" in alert.message
        assert trader.strategy.open == []
        assert len(placed(trader.consider(moment(1.0)))) == 1

    def test_a_refused_command_is_a_rejection(self):
        trader, order = self.sent()
        trader.tell(outcome("r1-c1", order, CommandFate.REFUSED, reason="untrusted: book"))
        assert trader.strategy.open == []
        assert trader.account.blotter.orders[order.client_order_id].status is OrderStatus.REJECTED

    def test_an_order_report_before_the_next_market_event_does_not_take_it_back(self):
        trader, order = self.sent()
        assert acts(trader.tell(report(order, OrderStatus.NEW, seconds=0.0))) == []
