//! The events of one symbol as plain numbers, and its bars.

pub use common::market::{Side, Trust};

pub(crate) use common::time::NANOS_PER_SECOND;

/// One trade of the market; times in nanoseconds, `side` is the aggressor's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Print {
    /// When it happened, on the exchange's clock.
    pub exchange_ts_ns: i64,
    /// When it was received, on our clock.
    pub recv_ts_ns: i64,
    /// The exchange's id, consecutive per symbol.
    pub trade_id: i64,
    /// Quote units per base unit.
    pub price: f64,
    /// Base units.
    pub quantity: f64,
    /// Who initiated it.
    pub side: Side,
}

/// An order book after an update: its levels, best first, both sides' band sums, and how far it is to be trusted.
///
/// Of levels that the caller vouches for (they come from a book that keeps them in order) the best ones are enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Book<'a> {
    /// Prices of the bids in quote units, falling.
    pub bid_prices: &'a [f64],
    /// What rests at them, in base units.
    pub bid_quantities: &'a [f64],
    /// Prices of the asks, rising.
    pub ask_prices: &'a [f64],
    /// What rests at them.
    pub ask_quantities: &'a [f64],
    /// Base units bid in the depth band.
    pub bid_band_quantity: f64,
    /// The same in quote units.
    pub bid_band_notional: f64,
    /// Base units asked in the depth band.
    pub ask_band_quantity: f64,
    /// The same in quote units.
    pub ask_band_notional: f64,
    /// Price levels of the whole book that changed since the last view of it.
    pub changed_levels: i64,
    /// How far the engine believes it.
    pub trust: Trust,
    /// The exchange's id of the last change in it.
    pub last_update_id: i64,
    /// When it was sent, on the exchange's clock.
    pub exchange_ts_ns: i64,
    /// When it was received, on our clock.
    pub recv_ts_ns: i64,
}

/// One closed one-second bar; volumes in base units, `start_ns` on the exchange's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bar {
    /// First nanosecond.
    pub start_ns: i64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Base units traded.
    pub volume: f64,
    /// Of them bought by takers.
    pub buy_volume: f64,
    /// Of them sold by takers.
    pub sell_volume: f64,
    /// Prints in it.
    pub trade_count: i64,
}

impl Bar {
    /// The bar of a second without prints: it stands at the last close, with no volume.
    #[must_use]
    pub fn flat(start_ns: i64, price: f64) -> Self {
        Self { start_ns, open: price, high: price, low: price, close: price, ..Self::default() }
    }

    /// (high - low) / low, the size of the bar as a fraction of its low.
    #[must_use]
    pub fn range_pct(&self) -> f64 {
        (self.high - self.low) / self.low
    }
}
