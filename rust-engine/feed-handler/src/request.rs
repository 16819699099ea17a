//! REST requests of market data: paths and weights.

use common::market::Symbol;
use common::time::UnixNanos;

/// Items that the venue returns at most for bars and aggregates.
pub(crate) const PAGE: usize = 1_000;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Request {
    /// Rules and limits of symbols; all of the venue's where none is named.
    ExchangeInfo(Vec<Symbol>),
    /// The venue's clock.
    Time,
    /// A book to start from.
    Snapshot {
        /// Of which market.
        symbol: Symbol,
        /// Levels a side.
        limit: u32,
    },
    /// A book to compare ours with.
    Audit {
        /// Of which market.
        symbol: Symbol,
        /// Levels a side.
        limit: u32,
    },
    /// One-second bars.
    Klines {
        /// Of which market.
        symbol: Symbol,
        /// First bar.
        start: UnixNanos,
        /// Every bar starts before it.
        end: UnixNanos,
    },
    /// The last aggregate before a time.
    LastAggTrade {
        /// Of which market.
        symbol: Symbol,
        /// It happened before.
        before: UnixNanos,
    },
    /// Aggregates from an id on.
    AggTrades {
        /// Of which market.
        symbol: Symbol,
        /// First aggregate id.
        from_id: u64,
    },
}

impl Request {
    /// Path and query.
    ///
    /// ```
    /// use common::market::Symbol;
    /// use feed_handler::Request;
    /// let request = Request::Snapshot { symbol: Symbol::new("BTCUSDT"), limit: 1000 };
    /// assert_eq!(request.path(), "/api/v3/depth?symbol=BTCUSDT&limit=1000");
    /// ```
    #[must_use]
    pub fn path(&self) -> String {
        let of = |symbol: &Symbol| percent_encoded(symbol.as_str());
        match self {
            Self::ExchangeInfo(symbols) => match symbols.as_slice() {
                [] => "/api/v3/exchangeInfo".to_owned(),
                [symbol] => format!("/api/v3/exchangeInfo?symbol={}", of(symbol)),
                several => {
                    let names: Vec<String> = several.iter().map(|symbol| format!("%22{}%22", of(symbol))).collect();
                    format!("/api/v3/exchangeInfo?symbols=%5B{}%5D", names.join("%2C"))
                }
            },
            Self::Time => "/api/v3/time".to_owned(),
            Self::Snapshot { symbol, limit } | Self::Audit { symbol, limit } => {
                format!("/api/v3/depth?symbol={}&limit={limit}", of(symbol))
            }
            Self::Klines { symbol, start, end } => format!(
                "/api/v3/klines?symbol={}&interval=1s&startTime={}&endTime={}&limit={PAGE}",
                of(symbol),
                start.millis(),
                end.millis() - 1
            ),
            Self::LastAggTrade { symbol, before } => {
                format!("/api/v3/aggTrades?symbol={}&endTime={}&limit=1", of(symbol), before.millis() - 1)
            }
            Self::AggTrades { symbol, from_id } => {
                format!("/api/v3/aggTrades?symbol={}&fromId={from_id}&limit={PAGE}", of(symbol))
            }
        }
    }

    /// What the request costs (docs of 2026-07-21).
    #[must_use]
    pub const fn weight(&self) -> u64 {
        match self {
            Self::ExchangeInfo(_) => 20,
            Self::Time => 1,
            Self::Snapshot { limit, .. } | Self::Audit { limit, .. } => match limit {
                0..=100 => 5,
                101..=500 => 25,
                501..=1_000 => 50,
                _ => 250,
            },
            Self::Klines { .. } => 2,
            Self::LastAggTrade { .. } | Self::AggTrades { .. } => 4,
        }
    }

    /// True where the feed cannot do its work without the answer.
    #[must_use]
    pub const fn is_essential(&self) -> bool {
        matches!(self, Self::ExchangeInfo(_) | Self::Snapshot { .. })
    }

    /// The market it asks about.
    #[must_use]
    pub const fn symbol(&self) -> Option<&Symbol> {
        match self {
            Self::ExchangeInfo(_) | Self::Time => None,
            Self::Snapshot { symbol, .. }
            | Self::Audit { symbol, .. }
            | Self::Klines { symbol, .. }
            | Self::LastAggTrade { symbol, .. }
            | Self::AggTrades { symbol, .. } => Some(symbol),
        }
    }
}

/// Symbols may hold any Unicode letter; URLs may not.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_symbols_are_asked_for_in_one_request() {
        let request = Request::ExchangeInfo(vec![Symbol::new("BTCUSDT"), Symbol::new("ETHBTC")]);
        assert_eq!(request.path(), "/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%2C%22ETHBTC%22%5D");
    }

    #[test]
    fn symbols_beyond_ascii_are_encoded() {
        let request = Request::Audit { symbol: Symbol::new("测1"), limit: 100 };
        assert_eq!(request.path(), "/api/v3/depth?symbol=%E6%B5%8B1&limit=100");
    }

    #[test]
    fn a_deep_book_weighs_more() {
        let weigh = |limit| Request::Snapshot { symbol: Symbol::new("X"), limit }.weight();
        assert_eq!([100, 101, 500, 501, 1_000, 1_001, 5_000].map(weigh), [5, 25, 25, 50, 50, 250, 250]);
    }
}
