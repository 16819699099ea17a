//! The stream names of one symbol, made once.

use std::sync::Arc;

use super::interval::{INTERVALS, Interval};

/// Levels that partial depth streams may show.
pub const PARTIAL_LEVELS: [usize; 3] = [5, 10, 20];

/// Every stream of one symbol that this venue feeds.
#[derive(Clone, Debug)]
pub struct Names {
    /// `@depth`.
    pub depth_slow: Arc<str>,
    /// `@depth@100ms`.
    pub depth_fast: Arc<str>,
    /// `@depth<N>`.
    pub partial_slow: [Arc<str>; 3],
    /// `@depth<N>@100ms`.
    pub partial_fast: [Arc<str>; 3],
    /// `@trade`.
    pub trade: Arc<str>,
    /// `@aggTrade`.
    pub agg_trade: Arc<str>,
    /// `@bookTicker`.
    pub book_ticker: Arc<str>,
    /// `@ticker`.
    pub ticker: Arc<str>,
    /// `@miniTicker`.
    pub mini_ticker: Arc<str>,
    /// `@kline_<interval>`.
    pub klines: [(Interval, Arc<str>); 16],
}

impl Names {
    /// The names for a symbol; stream names are lower case.
    #[must_use]
    pub fn of(symbol: &str) -> Self {
        let symbol = symbol.to_lowercase();
        let name = |rest: &str| Arc::from(format!("{symbol}@{rest}"));
        Self {
            depth_slow: name("depth"),
            depth_fast: name("depth@100ms"),
            partial_slow: PARTIAL_LEVELS.map(|levels| name(&format!("depth{levels}"))),
            partial_fast: PARTIAL_LEVELS.map(|levels| name(&format!("depth{levels}@100ms"))),
            trade: name("trade"),
            agg_trade: name("aggTrade"),
            book_ticker: name("bookTicker"),
            ticker: name("ticker"),
            mini_ticker: name("miniTicker"),
            klines: INTERVALS.map(|interval| (interval, name(&format!("kline_{}", interval.name())))),
        }
    }
}
