"""The venue's rules for one order, asked before it is sent (Binance Spot filters, exchangeInfo)."""

from decimal import Decimal

from src.domain.market import Instrument, Side
from src.domain.numbers import ZERO


def rule_fault(
    instrument: Instrument, side: Side, price: Decimal | None, quantity: Decimal, reference_price: Decimal
) -> str | None:
    """Say which rule an order breaks, or None when it breaks none. A limit of zero is no limit.

    `price` None is a market order, judged at `reference_price`. The venue compares percent limits with its
    own average of the last minutes; the last trade price stands in for it here.
    """
    if quantity < instrument.min_quantity or quantity <= ZERO:
        return f"quantity {quantity} is below the minimum of {instrument.min_quantity}"
    if instrument.max_quantity > ZERO and quantity > instrument.max_quantity:
        return f"quantity {quantity} is above the maximum of {instrument.max_quantity}"
    if quantity % instrument.step_size != ZERO:
        return f"quantity {quantity} is not a whole number of steps of {instrument.step_size}"
    notional = quantity * (reference_price if price is None else price)
    if notional < instrument.min_notional:
        return f"notional {notional} is below the minimum of {instrument.min_notional}"
    if instrument.max_notional > ZERO and notional > instrument.max_notional:
        return f"notional {notional} is above the maximum of {instrument.max_notional}"
    return None if price is None else _price_fault(instrument, side, price, reference_price)


def too_small(instrument: Instrument, quantity: Decimal, price: Decimal) -> bool:
    """True when the venue takes no order of so little, whatever else is right with it."""
    return (
        quantity <= ZERO or quantity < instrument.min_quantity or quantity * price < instrument.min_notional
    )


def _price_fault(instrument: Instrument, side: Side, price: Decimal, reference_price: Decimal) -> str | None:
    if price <= ZERO or price % instrument.tick_size != ZERO:
        return f"price {price} is not a whole number of ticks of {instrument.tick_size}"
    if price < instrument.min_price:
        return f"price {price} is below the minimum of {instrument.min_price}"
    if instrument.max_price > ZERO and price > instrument.max_price:
        return f"price {price} is above the maximum of {instrument.max_price}"
    up, down = (
        (instrument.bid_multiplier_up, instrument.bid_multiplier_down)
        if side is Side.BUY
        else (instrument.ask_multiplier_up, instrument.ask_multiplier_down)
    )
    if up > ZERO and price > reference_price * up:
        return f"price {price} is above {up} x the reference price {reference_price}"
    if price < reference_price * down:
        return f"price {price} is below {down} x the reference price {reference_price}"
    return None
