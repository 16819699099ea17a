"""What a market buy costs, before it is sent."""

from collections.abc import Iterable
from decimal import Context, Decimal

from src.domain.numbers import ZERO, ceil_to_step, money_from_stat

SIXTEEN_DIGITS = Context(prec=16)
"""The noise of a division must not cost a tick."""


def expected_price(
    asks: Iterable[tuple[float, float]], notional: Decimal, slippage: Decimal, tick_size: Decimal
) -> Decimal | None:
    """Return the mean price of a market buy that spends `notional`, rounded up to the tick.

    `asks` are price and quantity of the levels on offer, best first; `slippage` is the fraction by which each
    of them is got worse. None where they hold less than `notional`.

    >>> asks = ((0.30, 1000.0), (0.31, 1000.0))
    >>> expected_price(asks, Decimal(300), Decimal(0), Decimal("0.0001"))
    Decimal('0.3')
    >>> expected_price(asks, Decimal(455), Decimal(0), Decimal("0.0001"))
    Decimal('0.3034')
    >>> expected_price(asks, Decimal(611), Decimal(0), Decimal("0.0001")) is None
    True
    """
    left, bought = notional, ZERO
    for level_price, level_quantity in asks:
        price = money_from_stat(level_price) * (1 + slippage)
        quantity = money_from_stat(level_quantity)
        if quantity * price >= left:
            bought += left / price
            mean = SIXTEEN_DIGITS.divide(notional, bought) if bought > ZERO else price
            return ceil_to_step(mean, tick_size)
        left -= quantity * price
        bought += quantity
    return None
