//! What the venue says, as values.

use common::market::{Bar, Level, Side, Symbol, TradePrint};
use common::number::{Price, Qty};
use common::time::UnixNanos;

/// One frame of a market stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// `depthUpdate` of `<symbol>@depth` or `@depth@100ms`.
    Depth(DepthDiff),
    /// `trade`.
    Trade(TradePrint),
    /// `<symbol>@bookTicker`.
    BookTicker(BookTicker),
    /// `aggTrade`.
    AggTrade(AggTrade),
    /// `kline`.
    Kline(Kline),
    /// The server is about to stop: open a new connection at once.
    ServerShutdown {
        /// When it was said.
        event_ts: UnixNanos,
    },
    /// A replaying venue has come to the end of its tape.
    EndOfTape {
        /// When it was said.
        event_ts: UnixNanos,
    },
    /// The answer to a control message (SUBSCRIBE and the like).
    Reply {
        /// The request's id, as JSON text.
        id: String,
        /// The venue's complaint, if it refused.
        error: Option<String>,
    },
    /// An event or stream that is not known here.
    Other(String),
}

/// Changed levels of a book; quantities are absolute, zero removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthDiff {
    /// The market.
    pub symbol: Symbol,
    /// When the venue sent it (`E`).
    pub event_ts: UnixNanos,
    /// When we received it.
    pub recv_ts: UnixNanos,
    /// First update id merged into it (`U`).
    pub first_update_id: u64,
    /// Last update id merged into it (`u`).
    pub final_update_id: u64,
    /// Changed bids, as printed (usually best first).
    pub bids: Vec<Level>,
    /// Changed asks, as printed (usually best first).
    pub asks: Vec<Level>,
}

/// The whole book, or the best part of it, as REST tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthSnapshot {
    /// The last update id in it.
    pub last_update_id: u64,
    /// Best bid first, strictly descending.
    pub bids: Vec<Level>,
    /// Best ask first, strictly ascending.
    pub asks: Vec<Level>,
}

/// The best level of both sides after an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookTicker {
    /// The market.
    pub symbol: Symbol,
    /// The update id after which it held; the same ids as the depth stream's.
    pub update_id: u64,
    /// Best bid.
    pub bid: Level,
    /// Best ask.
    pub ask: Level,
}

/// Prints of one taker order at one price, merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggTrade {
    /// The venue's id of the aggregate.
    pub agg_trade_id: u64,
    /// First print in it.
    pub first_trade_id: u64,
    /// Last print in it.
    pub last_trade_id: u64,
    /// Quote units per base unit.
    pub price: Price,
    /// Base units of all prints.
    pub quantity: Qty,
    /// Who initiated it.
    pub side: Side,
    /// When it happened.
    pub exchange_ts: UnixNanos,
}

/// A bar of the kline stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kline {
    /// The market.
    pub symbol: Symbol,
    /// `1s`, `1m`, ...
    pub interval: String,
    /// True once the bar will not change any more.
    pub closed: bool,
    /// The bar so far.
    pub bar: Bar,
}
