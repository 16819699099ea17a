"""What all symbols of a session share: the money, the way to the engine, the limits."""

from src.domain.market import Instrument
from src.domain.numbers import money_from_stat
from src.trading_engine.blotter import Blotter
from src.trading_engine.circuit_breaker import CircuitBreaker
from src.trading_engine.config import FeesConfig, RiskConfig
from src.trading_engine.fees import FeeSchedule
from src.trading_engine.order_desk import Ids, OrderDesk
from src.trading_engine.risk import Risk


class Account:
    """One account in one quote currency: that of the first instrument it hears of."""

    def __init__(self, run_id: str, risk: RiskConfig, fees: FeesConfig, max_concurrent_trades: int) -> None:
        self.risk_config = risk
        self.quote: str | None = None
        self.instruments: dict[str, Instrument] = {}
        self.ids = Ids(run_id)
        self.fees = FeeSchedule(fees)
        self.blotter = Blotter(money_from_stat(risk.initial_capital), self.fees)
        self.breaker = CircuitBreaker(risk)
        self.desk = OrderDesk(self.ids, self.blotter, self.breaker)
        self.risk = Risk(risk, max_concurrent_trades, self.blotter)

    def adopt(self, instrument: Instrument) -> None:
        """Know an instrument; the quote currency of the first one is the account's."""
        self.instruments[instrument.symbol] = instrument
        if self.quote is None:
            self.quote = instrument.quote
