"""All symbols of a session: on one clock, and with one account."""

from collections.abc import Iterable, Iterator

from src.domain.errors import InvalidData
from src.domain.events import BookView, Perceived, TradePrint
from src.domain.intents import Intent
from src.domain.market import NANOS_PER_SECOND
from src.event_detector.perception import Perceive
from src.session.config import SessionConfig
from src.session.lane import Lane
from src.trading_engine.account import Account

UNKNOWN_SYMBOL = "unknown_symbol"
GRID_NS = NANOS_PER_SECOND // 10
BEHIND_NS = NANOS_PER_SECOND // 4


class Lanes:
    """The lanes by their symbols. Where an event's flags say that nobody need hear of it, nobody does."""

    def __init__(
        self, config: SessionConfig, account: Account, symbols: Iterable[str], perceive: Perceive
    ) -> None:
        self.by_symbol = {symbol: Lane(symbol, config, account, perceive) for symbol in symbols}
        self._account = account
        self._several = len(self.by_symbol) > 1
        self._paused: str | None = None
        self._next_grid_ns = 0

    def __getitem__(self, symbol: str) -> Lane:
        """Return a symbol's lane. Raises InvalidData (unknown_symbol)."""
        lane = self.by_symbol.get(symbol)
        if lane is None:
            raise InvalidData(UNKNOWN_SYMBOL, symbol)
        return lane

    def __iter__(self) -> Iterator[Lane]:
        return iter(self.by_symbol.values())

    @property
    def now_ns(self) -> int:
        """The largest exchange time of the market data that was taken; 0 before any."""
        return max((lane.perception.data_ns for lane in self), default=0)

    def market(self, event: TradePrint | BookView) -> list[Intent]:
        """Take an event of the market, and let time pass for the symbols that are silent meanwhile. Raises
        InvalidData.
        """
        lane = self[event.symbol]
        flags = lane.trade(event) if isinstance(event, TradePrint) else lane.book(event)
        out = self._act(lane) if flags else []
        if self._several and lane.perception.now_ns >= self._next_grid_ns:
            self._pass_time(lane, out)
        return out

    def perceived(self, event: Perceived) -> list[Intent]:
        """Take up what a lane's perception has been fed with from outside. Raises InvalidData where that was
        refused.
        """
        lane = self[event.symbol]
        if event.refusal is not None:
            fault = InvalidData(*event.refusal)
            lane.refused(fault)
            raise fault
        return self._act(lane) if event.flags else []

    def tick(self, ts_ns: int, out: list[Intent]) -> None:
        """Let silent time pass for all."""
        for lane in self:
            self._tick(lane, ts_ns, out)

    def _pass_time(self, current: Lane, out: list[Intent]) -> None:
        """Let time pass for the symbols that are silent while another one trades, as ticks would."""
        now_ns = current.perception.now_ns
        self._next_grid_ns = (now_ns // GRID_NS + 1) * GRID_NS
        for lane in self:
            if lane is not current:
                self._tick(lane, (now_ns - BEHIND_NS) // GRID_NS * GRID_NS, out)

    def _tick(self, lane: Lane, ts_ns: int, out: list[Intent]) -> None:
        if lane.perception.tick(ts_ns):
            out += self._act(lane)

    def _act(self, lane: Lane) -> list[Intent]:
        """Let a lane do what follows from its last event, and attend to what may follow next."""
        self.look()
        out = lane.act()
        if self._account.risk.paused() == self._paused:
            lane.attend()
        else:
            self.attend()
        return out

    def look(self) -> None:
        """See everything at the prices now."""
        for lane in self:
            lane.look()

    def attend(self) -> None:
        """Let all lanes attend to what may follow next: something happened that concerns every one."""
        self._paused = self._account.risk.paused()
        for lane in self:
            lane.attend()
