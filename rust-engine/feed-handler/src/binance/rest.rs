//! REST bodies: snapshots, bars, aggregates, the server's time.

use common::market::{Bar, Level};
use common::time::UnixNanos;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::message::{AggTrade, DepthSnapshot};
use super::number::{LevelList, Number};
use super::parse::ParseError;
use super::payload::{AggTradePayload, venue_time};

#[derive(Deserialize)]
struct SnapshotBody {
    #[serde(rename = "lastUpdateId")]
    last_update_id: u64,
    bids: LevelList,
    asks: LevelList,
}

/// Reads the body of `GET /api/v3/depth`.
///
/// # Errors
/// [`ParseError`] for anything else, for an empty level, and for levels that are not strictly best first.
///
/// ```
/// use feed_handler::binance::parse_snapshot;
/// let book = parse_snapshot(br#"{"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[["0.0026","100"]]}"#).unwrap();
/// assert_eq!((book.last_update_id, book.bids.len()), (160, 1));
/// ```
pub fn parse_snapshot(bytes: &[u8]) -> Result<DepthSnapshot, ParseError> {
    let body: SnapshotBody = serde_json::from_slice(bytes)?;
    let (bids, asks) = (body.bids.0?, body.asks.0?);
    let unsorted = |words: &str| Err(ParseError::Malformed(words.to_owned()));
    if bids.windows(2).any(|pair| pair[0].price <= pair[1].price) {
        return unsorted("bids are not best first");
    }
    if asks.windows(2).any(|pair| pair[0].price >= pair[1].price) {
        return unsorted("asks are not best first");
    }
    if bids.iter().chain(&asks).any(|level: &Level| level.quantity.is_zero()) {
        return Err(ParseError::BadQuantity);
    }
    Ok(DepthSnapshot { last_update_id: body.last_update_id, bids, asks })
}

/// Open time, open, high, low, close, volume, close time, quote volume, trades, taker-buy base, taker-buy quote, unused.
#[derive(Deserialize)]
struct KlineRow(
    i64,
    Number,
    Number,
    Number,
    Number,
    Number,
    IgnoredAny,
    IgnoredAny,
    u64,
    Number,
    IgnoredAny,
    IgnoredAny,
);

impl KlineRow {
    fn bar(&self) -> Result<Bar, ParseError> {
        Ok(Bar {
            start: venue_time(self.0)?,
            open: self.1.price()?,
            high: self.2.price()?,
            low: self.3.price()?,
            close: self.4.price()?,
            volume: self.5.quantity()?,
            trade_count: self.8,
            buy_volume: self.9.quantity()?,
        })
    }
}

/// Reads the body of `GET /api/v3/klines`, oldest bar first. The last bar may still be running.
///
/// # Errors
/// [`ParseError`] for anything else.
pub fn parse_klines(bytes: &[u8]) -> Result<Vec<Bar>, ParseError> {
    serde_json::from_slice::<Vec<KlineRow>>(bytes)?.iter().map(KlineRow::bar).collect()
}

/// Reads the body of `GET /api/v3/aggTrades`, oldest first.
///
/// # Errors
/// [`ParseError`] for anything else.
pub fn parse_agg_trades(bytes: &[u8]) -> Result<Vec<AggTrade>, ParseError> {
    serde_json::from_slice::<Vec<AggTradePayload>>(bytes)?.iter().map(AggTradePayload::value).collect()
}

/// Reads the body of `GET /api/v3/time`.
///
/// # Errors
/// [`ParseError`] for anything else.
pub fn parse_server_time(bytes: &[u8]) -> Result<UnixNanos, ParseError> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(rename = "serverTime")]
        server_time: i64,
    }
    venue_time(serde_json::from_slice::<Body>(bytes)?.server_time)
}
