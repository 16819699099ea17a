"""The one staircase between exact money (`Decimal`) and fast statistics (`float`).

No other module turns one into the other, so a rounding can only happen where a reader expects it.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from src.domain.errors import InvalidData

ZERO = Decimal(0)


def money_to_wire(amount: Decimal) -> str:
    """Write an amount as plain decimal text: no exponent, no trailing zeros, no sign on zero.

    >>> money_to_wire(Decimal("1E-8")), money_to_wire(Decimal("2.500")), money_to_wire(Decimal("-0.0"))
    ('0.00000001', '2.5', '0')
    """
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def money_to_text(amount: Decimal) -> str:
    """Write an amount so that exactly it is read back, to the number of its digits: no exponent.

    Raises InvalidData (`bad_value`) where it is not finite.

    >>> money_to_text(Decimal("1E-8")), money_to_text(Decimal("2.500"))
    ('0.00000001', '2.500')
    """
    if not amount.is_finite():
        raise InvalidData("bad_value", f"{amount} is no amount")
    return format(amount, "f")


def money_from_text(text: str) -> Decimal:
    """Read an amount that was written by us, for the wire or for keeping.

    Raises TypeError, ValueError or ArithmeticError for anything that is no finite amount in text.

    >>> money_from_text("0.00000001")
    Decimal('1E-8')
    """
    if type(text) is not str:
        raise TypeError(f"{text!r:.60} is no amount in text")
    amount = Decimal(text)
    if not amount.is_finite():
        raise ValueError(f"{text} is no finite amount")
    return amount


def stat_from_money(amount: Decimal) -> float:
    """Step down from money to a statistic; statistics may round.

    >>> stat_from_money(Decimal("0.1"))
    0.1
    """
    return float(amount)


def money_from_stat(value: float) -> Decimal:
    """Step up from a statistic to the shortest decimal that reads back as `value`.

    A price that arrived as decimal text of at most 15 digits comes back exactly.

    >>> money_from_stat(0.3198)
    Decimal('0.3198')
    """
    return Decimal(repr(float(value)))


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Round down to a whole number of `step`s (entry prices, quantities).

    >>> floor_to_step(Decimal("0.31987"), Decimal("0.0001"))
    Decimal('0.3198')
    """
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Round up to a whole number of `step`s (target prices).

    >>> ceil_to_step(Decimal("0.31981"), Decimal("0.0001"))
    Decimal('0.3199')
    """
    return (value / step).to_integral_value(ROUND_CEILING) * step
