//! Market values: symbols, sides, levels, the market's prints, a venue's rules and the trust in a book.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::number::{Price, Qty};
use crate::time::UnixNanos;

/// A venue's name of a market, upper case (`BTCUSDT`); cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Symbol(Arc<str>);

impl Symbol {
    /// Takes a symbol as the venue spells it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The side of an order, or of the aggressor of a print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Takes from the asks, or rests among the bids.
    Buy,
    /// Takes from the bids, or rests among the asks.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    #[inline]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// One price level of a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Quote units per base unit.
    pub price: Price,
    /// Base units resting at the price.
    pub quantity: Qty,
}

/// One trade of the market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradePrint {
    /// Where it traded.
    pub symbol: Symbol,
    /// The venue's id, consecutive per symbol.
    pub trade_id: u64,
    /// Quote units per base unit.
    pub price: Price,
    /// Base units.
    pub quantity: Qty,
    /// Who initiated the trade.
    pub side: Side,
    /// When it happened, on the venue's clock.
    pub exchange_ts: UnixNanos,
    /// When we saw it, on our clock.
    pub recv_ts: UnixNanos,
}

/// One change of a book, as the venue told it: the whole book, or the levels that changed (quantity zero removes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookChange {
    /// The market.
    pub symbol: Symbol,
    /// True for a snapshot: everything held before is forgotten.
    pub replaces_all: bool,
    /// Changed bids, in the venue's order.
    pub bids: Vec<Level>,
    /// Changed asks, in the venue's order.
    pub asks: Vec<Level>,
    /// The venue's id of the last change in it.
    pub final_update_id: u64,
    /// When the venue sent it.
    pub exchange_ts: UnixNanos,
    /// When we received it.
    pub recv_ts: UnixNanos,
}

/// What the feed tells the desk: exact, in order, nothing left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarketEvent {
    /// A book changed.
    Book(BookChange),
    /// The market traded.
    Trade(TradePrint),
    /// A book became more or less believable.
    Trust {
        /// The market.
        symbol: Symbol,
        /// From now on.
        trust: Trust,
        /// Exchange time.
        exchange_ts: UnixNanos,
    },
    /// The venue's rules for a symbol became known or changed.
    Rules(Instrument),
}

/// How far a book may be believed; entries need `Trusted`, exits go always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// In sequence, uncrossed, and equal to the last audit.
    Trusted,
    /// Silence, or a first audit mismatch: published, and marked.
    Suspect,
    /// A gap, a crossed book or a second mismatch: not published.
    Broken,
    /// A snapshot is awaited: not published.
    Rebuilding,
}

/// A venue's rules for one symbol (`exchangeInfo` filters). A zero switches the rule off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// The market.
    pub symbol: Symbol,
    /// The asset that is bought and sold.
    pub base: String,
    /// The asset that is paid with.
    pub quote: String,
    /// Prices are whole multiples of it (PRICE_FILTER).
    pub tick_size: Price,
    /// Lowest price (PRICE_FILTER).
    pub min_price: Price,
    /// Highest price (PRICE_FILTER).
    pub max_price: Price,
    /// Quantities are whole multiples of it (LOT_SIZE).
    pub step_size: Qty,
    /// Smallest quantity (LOT_SIZE).
    pub min_quantity: Qty,
    /// Largest quantity (LOT_SIZE).
    pub max_quantity: Qty,
    /// Smallest price * quantity (NOTIONAL or MIN_NOTIONAL).
    pub min_notional: Price,
    /// Largest price * quantity (NOTIONAL).
    pub max_notional: Price,
    /// Highest buy price as a multiple of the reference price (PERCENT_PRICE_BY_SIDE or PERCENT_PRICE).
    pub bid_multiplier_up: Price,
    /// Lowest buy price as a multiple of the reference price.
    pub bid_multiplier_down: Price,
    /// Highest sell price as a multiple of the reference price.
    pub ask_multiplier_up: Price,
    /// Lowest sell price as a multiple of the reference price.
    pub ask_multiplier_down: Price,
}

/// One closed one-second bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bar {
    /// First nanosecond of the bar, on the venue's clock.
    pub start: UnixNanos,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Base units traded.
    pub volume: Qty,
    /// Base units bought by takers.
    pub buy_volume: Qty,
    /// Prints in the bar.
    pub trade_count: u64,
}
