"""What trading costs, where nobody has told: maker and taker fees, and slippage on what takes."""

from decimal import Decimal

from src.domain.numbers import ZERO, money_from_stat
from src.trading_engine.config import FeesConfig

BASIS_POINT = Decimal("0.0001")


class FeeSchedule:
    """Fees as exact fractions of notional.

    Binance's base tier charges 0.001 for both sides (its fee page, read 2026-11); a lower maker rate needs a
    tier or a discount.

    >>> schedule = FeeSchedule(FeesConfig(0.0005, 0.001, False, 1.0))
    >>> schedule.fee(Decimal("500"), maker=True), schedule.fee(Decimal("500"), maker=False)
    (Decimal('0.2500'), Decimal('0.500'))
    >>> schedule.round_trip_rate(entry_maker=True, exit_maker=True)
    Decimal('0.0010')
    """

    def __init__(self, config: FeesConfig) -> None:
        self._maker = money_from_stat(config.maker_fee_rate)
        self._taker = money_from_stat(config.taker_fee_rate)
        self.slippage = money_from_stat(config.slippage_bps) * BASIS_POINT if config.enable_slippage else ZERO
        """By which fraction a taking fill is worse than the book."""

    def fee(self, notional: Decimal, *, maker: bool) -> Decimal:
        """Fee of one fill, in the currency of `notional`."""
        return notional * (self._maker if maker else self._taker)

    def round_trip_rate(self, *, entry_maker: bool, exit_maker: bool) -> Decimal:
        """Cost of an entry and its exit as a fraction of notional; an exit that takes slips too.

        The slippage of an entry that takes is in its price already.
        """
        entry = self._maker if entry_maker else self._taker
        return entry + (self._maker if exit_maker else self._taker + self.slippage)

    def break_even(self, entry_price: Decimal, *, exit_maker: bool) -> Decimal:
        """Price at which a sale pays for an entry that took, and for its own fee.

        >>> schedule = FeeSchedule(FeesConfig(0.0005, 0.001, False, 1.0))
        >>> schedule.break_even(Decimal("99.9"), exit_maker=False)
        Decimal('100.1')
        """
        kept = 1 - (self._maker if exit_maker else self._taker)
        return entry_price * (1 + self._taker) / kept
