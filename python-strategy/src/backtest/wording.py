"""Money, rates and times as they are written in results."""

from decimal import Decimal

from src.domain.numbers import ZERO, money_to_wire
from src.reports.words import span

NANOS_PER_MILLI = 1_000_000
CENT, HUNDRED = Decimal("0.01"), Decimal(100)


def amount(value: Decimal) -> str:
    """Write money as it is read: to the cent, what is less than that to its first two digits.

    >>> amount(Decimal("13979.3912")), amount(Decimal("-0.001234")), amount(Decimal(0))
    ('13,979.39', '-0.0012', '0.00')
    """
    if ZERO < abs(value) < CENT:
        return f"{value.quantize(Decimal(1).scaleb(value.adjusted() - 1)):f}"
    return f"{value:,.2f}"


def gain(value: Decimal) -> str:
    """Write money so that its sign is seen.

    >>> gain(Decimal("3979.39")), gain(Decimal("-1.5")), gain(Decimal(0))
    ('+3,979.39', '-1.50', '0.00')
    """
    return f"+{amount(value)}" if value > ZERO else amount(value)


def rate(value: float, *, sign: bool = False) -> str:
    """Write a fraction in percent.

    >>> rate(0.3979), rate(0.00123, sign=True), rate(0.0, sign=True)
    ('39.79 %', '+0.12 %', '0.00 %')
    """
    return f"{100 * value:{'+' if sign and value else ''}.2f} %"


def percent(rate: Decimal) -> str:
    """Write an exact rate in percent.

    >>> percent(Decimal("0.0005"))
    '0.05 %'
    """
    return f"{money_to_wire(rate * HUNDRED)} %"


def lasted(nanos: float) -> str:
    """Write a span of time."""
    return span(nanos / NANOS_PER_MILLI)
