//! The public REST endpoints of Binance Spot: parameters in, JSON out, the venue's own refusals.
//!
//! Belongs here: what an endpoint takes, costs and answers; all of it pure. Never here: HTTP, sockets, the wall clock.

pub mod error;
mod history;
mod info;
pub mod limits;
pub mod params;
mod selection;
mod tickers;

use common::time::UnixNanos;
use serde_json::{Value, json};

use self::error::ApiError;
use self::params::Params;
use self::selection::one_market;
use crate::event::Times;
use crate::spelling::write_book;
use crate::venue::Venue;

/// Levels a side that depth gives at most; more are silently fewer.
const DEEPEST: usize = 5_000;

/// What an endpoint sees of the venue.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The venue.
    pub venue: &'a Venue,
    /// Now, in tape time.
    pub now: UnixNanos,
    /// How the client reads times.
    pub times: Times,
    /// Seconds that were added to the tape's times.
    pub shift_seconds: i64,
    /// How old depth snapshots are on purpose, in nanoseconds.
    pub stale_ns: Option<i64>,
}

/// One endpoint of the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `ping`.
    Ping,
    /// `time`.
    Time,
    /// `exchangeInfo`.
    ExchangeInfo,
    /// `depth`.
    Depth,
    /// `trades`.
    Trades,
    /// `historicalTrades`.
    HistoricalTrades,
    /// `aggTrades`.
    AggTrades,
    /// `klines` and `uiKlines`.
    Klines,
    /// `avgPrice`.
    AveragePrice,
    /// `ticker/24hr`.
    Ticker24h,
    /// `ticker/tradingDay`.
    TickerTradingDay,
    /// `ticker`.
    TickerWindow,
    /// `ticker/price`.
    TickerPrice,
    /// `ticker/bookTicker`.
    TickerBook,
}

impl Endpoint {
    /// Finds the endpoint of a path.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        Some(match path.strip_prefix("/api/v3/")? {
            "ping" => Self::Ping,
            "time" => Self::Time,
            "exchangeInfo" => Self::ExchangeInfo,
            "depth" => Self::Depth,
            "trades" => Self::Trades,
            "historicalTrades" => Self::HistoricalTrades,
            "aggTrades" => Self::AggTrades,
            "klines" | "uiKlines" => Self::Klines,
            "avgPrice" => Self::AveragePrice,
            "ticker/24hr" => Self::Ticker24h,
            "ticker/tradingDay" => Self::TickerTradingDay,
            "ticker" => Self::TickerWindow,
            "ticker/price" => Self::TickerPrice,
            "ticker/bookTicker" => Self::TickerBook,
            _ => return None,
        })
    }

    /// The request weight, for success and failure alike (reference of 2026-07).
    #[must_use]
    pub fn weight(self, params: &Params) -> u32 {
        let symbols = || params.symbols().ok().flatten().map(|names| u32::try_from(names.len()).unwrap_or(u32::MAX));
        let is_single = params.get("symbol").is_some();
        match self {
            Self::Ping | Self::Time => 1,
            Self::ExchangeInfo => 20,
            Self::Depth => match params.limit(100, DEEPEST).unwrap_or(100) {
                ..=100 => 5,
                101..=500 => 25,
                501..=1_000 => 50,
                _ => 250,
            },
            Self::Trades | Self::HistoricalTrades => 25,
            Self::AggTrades => 4,
            Self::Klines | Self::AveragePrice => 2,
            Self::Ticker24h => match (is_single, symbols()) {
                (true, _) | (false, Some(..=20)) => 2,
                (false, Some(..=100)) => 40,
                (false, _) => 80,
            },
            Self::TickerTradingDay | Self::TickerWindow => symbols().unwrap_or(1).saturating_mul(4).min(200),
            Self::TickerPrice | Self::TickerBook => {
                if is_single {
                    2
                } else {
                    4
                }
            }
        }
    }

    /// Answers a request.
    ///
    /// # Errors
    /// The venue's refusal.
    pub fn answer(self, view: View<'_>, params: &Params) -> Result<String, ApiError> {
        let text = |value: Value| value.to_string();
        match self {
            Self::Ping => params.only(&[]).map(|()| "{}".to_owned()),
            Self::Time => params.only(&[]).map(|()| json!({"serverTime": view.times.print(view.now)}).to_string()),
            Self::ExchangeInfo => info::exchange_info(view, params).map(text),
            Self::Depth => depth(view, params),
            Self::Trades => history::trades(view, params, false),
            Self::HistoricalTrades => history::trades(view, params, true),
            Self::AggTrades => history::agg_trades(view, params),
            Self::Klines => history::klines(view, params).map(text),
            Self::AveragePrice => tickers::average(view, params).map(text),
            Self::Ticker24h => tickers::day(view, params).map(text),
            Self::TickerTradingDay => tickers::trading_day(view, params).map(text),
            Self::TickerWindow => tickers::window(view, params).map(text),
            Self::TickerPrice => tickers::price(view, params).map(text),
            Self::TickerBook => tickers::book(view, params).map(text),
        }
    }
}

fn depth(view: View<'_>, params: &Params) -> Result<String, ApiError> {
    params.only(&["symbol", "limit", "symbolStatus"])?;
    let market = one_market(view, params)?;
    let limit = params.limit(100, DEEPEST)?;
    let old;
    let book = match view.stale_ns {
        Some(behind) => {
            old = market.books().at_time(view.now - behind);
            &old
        }
        None => market.books().now(),
    };
    let (bids, asks) = book.book.top(limit);
    let mut out = String::with_capacity(64 + 40 * (bids.len() + asks.len()));
    // Writing to a String cannot fail.
    let _ = write_book(&mut out, book.last_update_id, &bids, &asks);
    Ok(out)
}
