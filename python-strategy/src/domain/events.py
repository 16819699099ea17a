"""Everything that can happen to a session. Time only ever comes in with one of these."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from src.domain.market import Bar, Instrument, Side, Trust
from src.domain.orders import Fill, OrderStatus


@dataclass(frozen=True, slots=True)
class TradePrint:
    """One trade of the market; `side` is the aggressor's."""

    symbol: str
    trade_id: int
    price: float
    quantity: float
    side: Side
    exchange_ts_ns: int
    recv_ts_ns: int


@dataclass(frozen=True, slots=True)
class BookView:
    """The top of an order book after an update, best level first, with both sides' band sums.

    `changed_levels` counts price levels of the whole book that changed since the last published view.
    """

    symbol: str
    bid_prices: tuple[float, ...]
    bid_quantities: tuple[float, ...]
    ask_prices: tuple[float, ...]
    ask_quantities: tuple[float, ...]
    bid_band_quantity: float
    bid_band_notional: float
    ask_band_quantity: float
    ask_band_notional: float
    changed_levels: int
    trust: Trust
    last_update_id: int
    exchange_ts_ns: int
    recv_ts_ns: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Silence: nothing arrived up to this exchange time (a 100 ms grid)."""

    exchange_ts_ns: int


@dataclass(frozen=True, slots=True)
class Perceived:
    """A print, a book or silence that the symbol's own perception has taken in already, and what of it is
    worth a look (its `flags`); or why it was refused: a reason and its detail.

    Who scans a tape steps this in the place of the event itself, and nothing where no flag is set.
    """

    symbol: str
    flags: int
    refusal: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class InstrumentSeen:
    """The engine told the rules of a symbol."""

    instrument: Instrument
    exchange_ts_ns: int


@dataclass(frozen=True, slots=True)
class HistorySeen:
    """Closed bars of the past, oldest first; `last_trade_id` is the newest trade in them (0: unknown)."""

    symbol: str
    bars: tuple[Bar, ...]
    last_trade_id: int
    exchange_ts_ns: int


class FeedFault(StrEnum):
    """Why data around this moment must not wake the bot."""

    GAP = "gap"
    RESYNC = "resync"
    RECONNECT = "reconnect"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class FeedBroken:
    """Continuity was lost; the detector holds until data are continuous again. `symbol` None means all."""

    symbol: str | None
    fault: FeedFault
    exchange_ts_ns: int


@dataclass(frozen=True, slots=True)
class HealthSeen:
    """The engine's health metrics of one second, for one symbol."""

    symbol: str
    exchange_ts_ns: int
    msgs_per_second: float
    feed_latency_ms: float
    feed_latency_p50_ms: float
    feed_latency_p99_ms: float
    gap_count: int
    reconnection_count: int
    orderbook_depth_bids: int
    orderbook_depth_asks: int
    last_snapshot_age_seconds: float
    clock_offset_ms: float
    rejected: dict[str, int]
    dropped: int


@dataclass(frozen=True, slots=True)
class EngineState:
    """The engine changed its own state (starting, live, paused, halted, shutdown)."""

    old_state: str
    new_state: str
    reason: str
    exchange_ts_ns: int


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Our own process is to end: a person asked for it, or the engine's process is gone."""

    reason: str
    exchange_ts_ns: int


@dataclass(frozen=True, slots=True)
class EngineLink:
    """The heartbeat between the processes was lost (`up` False) or came back."""

    up: bool
    exchange_ts_ns: int


@dataclass(frozen=True, slots=True)
class OrderReport:
    """The engine's word on one order: accepted, filled in part or whole, cancelled, rejected, expired.

    `last_quantity`, `last_price`, `fee` and `trade_id` describe the fill that caused the report, if one did.
    """

    client_order_id: str
    status: OrderStatus
    filled_quantity: Decimal
    exchange_ts_ns: int
    last_quantity: Decimal | None = None
    last_price: Decimal | None = None
    fee: Decimal | None = None
    fee_asset: str | None = None
    trade_id: int | None = None
    reason: str = ""


class CommandFate(StrEnum):
    """What became of one command."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """The terminal answer to a place or cancel command, or its absence within the deadline (UNKNOWN)."""

    command_id: str
    client_order_id: str
    fate: CommandFate
    reason: str
    exchange_ts_ns: int


@dataclass(frozen=True, slots=True)
class FillsTold:
    """The engine's answer to `QueryFills`: our fills, oldest first; `more` where others follow."""

    command_id: str
    fills: tuple[Fill, ...]
    more: bool
    exchange_ts_ns: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account owns of one asset; `locked` is what its working orders reserve."""

    asset: str
    free: Decimal
    locked: Decimal


@dataclass(frozen=True, slots=True)
class AccountTold:
    """The engine's answer to `QueryAccount`.

    Another `account_id` than before is another account: nothing that we know belongs to it.
    """

    command_id: str
    account_id: str
    balances: tuple[Balance, ...]
    exchange_ts_ns: int


@dataclass(frozen=True, slots=True)
class StoreSeen:
    """Whether the store of records keeps up (`fault` empty), or why no entries may be made until it does."""

    fault: str
    exchange_ts_ns: int


SeldomEvent = (
    Tick
    | InstrumentSeen
    | HistorySeen
    | FeedBroken
    | HealthSeen
    | EngineState
    | StopAsked
    | EngineLink
    | OrderReport
    | CommandOutcome
    | FillsTold
    | AccountTold
    | StoreSeen
)
"""Everything but market data."""

Event = TradePrint | BookView | SeldomEvent
