from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from trading_world import at, fees_config, instrument

from src.domain.market import Side
from src.domain.orders import Fill, OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce
from src.domain.position import ExitReason, Opening, PricePlan
from src.trading_engine.blotter import Blotter
from src.trading_engine.fees import FeeSchedule
from src.trading_engine.order_life import LiveOrder
from src.trading_engine.positions import Position

D = Decimal
RULES = instrument()
CAPITAL = D(10_000)


def blotter():
    return Blotter(CAPITAL, FeeSchedule(fees_config()))


def live(name, side, quantity, price):
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    purpose = Purpose.ENTRY if side is Side.BUY else Purpose.EXIT
    request = OrderRequest(
        name, "TRXUSDT", side, kind, D(quantity), price and D(price), TimeInForce.GTC, purpose, at(0)
    )
    return LiveOrder(request, "e1")


def opened(books, quantity="100", price="0.30", name="b1"):
    opening = Opening(80.0, PricePlan(D(price), D("0.31")), D("0.025"))
    position = Position(f"t-{name}", opening, live(name, Side.BUY, quantity, price))
    books.add_entry(position)
    return position


def executed(order, quantity, price, fee="0", asset="USDT", seconds=1.0, trade_id=1):
    order.filled += D(quantity)
    return Fill(
        order.request.client_order_id,
        order.request.symbol,
        order.request.side,
        D(quantity),
        D(price),
        D(fee),
        asset,
        trade_id,
        at(seconds),
    )


def sell(books, position, quantity, price, fee="0", seconds=2.0, limit="0.31"):
    order = live(f"s{len(position.exits)}-{position.trade_id}", Side.SELL, quantity, limit)
    books.add_exit(order, position)
    books.book(executed(order, quantity, price, fee, seconds=seconds), RULES)


def test_a_round_trip_is_net_of_both_fees():
    books = blotter()
    position = opened(books)
    books.book(executed(position.entry, "100", "0.30", "0.015"), RULES)
    assert books.cash == D("9969.985")
    sell(books, position, "100", "0.31", "0.031")
    trade = books.close(position)
    assert trade.gross_pnl == D("1.00")
    assert trade.fees == D("0.046")
    assert trade.net_pnl == D("0.954")
    assert trade.exit_reason is ExitReason.TARGET
    assert (trade.entry_ts_ns, trade.exit_ts_ns) == (at(1), at(2))
    assert trade.exit_order_ids == ("s0-t-b1",)
    assert books.cash == CAPITAL + trade.net_pnl
    assert books.net_pnl == trade.net_pnl


def test_a_fee_in_base_reduces_what_can_be_sold_and_is_valued_at_the_fill():
    books = blotter()
    position = opened(books)
    books.book(executed(position.entry, "100", "0.30", "0.1", "TRX"), RULES)
    assert position.held == D("99.9")
    sell(books, position, "99.9", "0.31", "0.030969")
    trade = books.close(position)
    assert trade.quantity == D("99.9")
    assert trade.fees == D("0.03") + D("0.030969")
    assert trade.net_pnl == D("99.9") * D("0.31") - D("30") - D("0.030969")
    assert books.left_overs == {}


def test_a_left_over_is_kept_at_its_cost_and_sold_with_the_next_position():
    books = blotter()
    first = opened(books)
    books.book(executed(first.entry, "100", "0.30", "0.15", "TRX"), RULES)
    sell(books, first, "99.8", "0.31")
    trade = books.close(first)
    assert books.left_overs == {"TRXUSDT": (D("0.05"), D("0.015"))}
    assert books.cash + D("0.015") == CAPITAL + trade.net_pnl
    second = opened(books, name="b2")
    books.book(executed(second.entry, "100", "0.30"), RULES)
    assert second.held == D("100.05")
    assert books.left_overs == {}
    sell(books, second, "100.05", "0.30")
    last = books.close(second)
    assert last.net_pnl == D("0.05") * D("0.30") - D("0.015") == 0
    assert books.cash == CAPITAL + books.net_pnl


def test_what_could_not_be_sold_at_all_is_no_trade_but_keeps_its_cost():
    books = blotter()
    position = opened(books)
    books.book(executed(position.entry, "2", "0.30", "0.0006"), RULES)
    assert books.close(position) is None
    assert books.left_overs == {"TRXUSDT": (D("2"), D("0.6006"))}
    assert books.trades == []
    assert books.equity() == CAPITAL


def test_a_fee_in_a_third_asset_is_kept_apart():
    books = blotter()
    position = opened(books)
    books.book(executed(position.entry, "100", "0.30", "0.00002", "BNB"), RULES)
    assert books.other_fees == {"BNB": D("0.00002")}
    assert books.cash == CAPITAL - 30
    assert position.held == 100


def test_a_fill_without_a_fee_is_charged_the_taker_rate_in_what_it_brings_in():
    books = blotter()
    position = opened(books)
    untold = Fill("b1", "TRXUSDT", Side.BUY, D("100"), D("0.30"), None, None, None, at(1))
    position.entry.filled += 100
    _, booked = books.book(untold, RULES)
    assert (booked.fee, booked.fee_asset) == (D("0.1"), "TRX")
    assert position.held == D("99.9")
    assert books.fees == D("0.030")


def test_equity_marks_what_is_held_at_the_last_price():
    books = blotter()
    position = opened(books)
    books.book(executed(position.entry, "100", "0.30"), RULES)
    position.mark = 0.25
    assert books.equity() == CAPITAL - 5


def test_exposure_counts_what_is_held_and_what_may_still_fill():
    books = blotter()
    position = opened(books)
    assert books.exposure() == 30
    books.book(executed(position.entry, "40", "0.30"), RULES)
    assert books.exposure("TRXUSDT") == 30
    assert books.exposure("POLUSDT") == 0
    position.entry.status = OrderStatus.UNKNOWN
    assert books.exposure() == 30
    position.entry.status = OrderStatus.CANCELED
    position.entry.claimed = D(40)
    assert books.exposure() == 12


def test_a_fill_after_the_books_were_closed_opens_a_page_of_its_own():
    books = blotter()
    position = opened(books)
    books.close(position)
    page, _ = books.book(executed(position.entry, "100", "0.30"), RULES)
    assert page is not position
    assert books.positions == [page]
    assert books.owner("b1") is page
    assert page.held == 100


def test_the_reason_is_the_target_when_a_stop_found_everything_sold():
    books = blotter()
    position = opened(books)
    books.book(executed(position.entry, "100", "0.30"), RULES)
    position.exit_reason = ExitReason.STOP_LOSS
    sell(books, position, "100", "0.31")
    assert books.close(position).exit_reason is ExitReason.TARGET


def test_the_reason_is_the_stop_when_the_rest_went_by_market():
    books = blotter()
    position = opened(books)
    books.book(executed(position.entry, "100", "0.30"), RULES)
    sell(books, position, "40", "0.31")
    position.exit_reason = ExitReason.STOP_LOSS
    sell(books, position, "60", "0.29", limit=None)
    trade = books.close(position)
    assert trade.exit_reason is ExitReason.STOP_LOSS
    assert trade.exit_price == D("0.298")


prices = st.decimals("0.0001", "9.9999", places=4)
steps = st.integers(1, 100_000).map(lambda n: D(n) / 10)


@given(st.lists(st.tuples(steps, prices, prices, st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_the_books_balance_to_the_last_digit(trips):
    """Cash + left-overs at cost = capital + net earnings, whatever was bought, with either fee."""
    books = blotter()
    for n, (quantity, buy_at, sell_at, in_base, keep_some) in enumerate(trips):
        position = opened(books, str(quantity), str(buy_at), name=f"b{n}")
        fee = quantity / 1000 if in_base else quantity * buy_at / 1000
        books.book(
            executed(position.entry, str(quantity), str(buy_at), str(fee), "TRX" if in_base else "USDT"),
            RULES,
        )
        offered = position.held // D("0.1") * D("0.1")
        if keep_some:
            offered -= min(offered, D("0.1"))
        if offered > 0:
            sell(books, position, str(offered), str(sell_at), str(offered * sell_at / 1000))
        books.close(position)
        assert all(q >= 0 for q, _ in books.left_overs.values())
        at_cost = sum((cost for _, cost in books.left_overs.values()), D(0))
        assert books.cash + at_cost == CAPITAL + books.net_pnl
        assert books.equity() == CAPITAL + books.net_pnl
        assert books.net_pnl == sum((trade.net_pnl for trade in books.trades), D(0))
