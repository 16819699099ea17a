//! `exchangeInfo`: a venue's limits and each symbol's rules.

use common::market::{Instrument, Symbol};
use common::number::{NumberError, Price, Qty, parse_fixed};
use common::time::{NANOS_PER_SECOND, UnixNanos};
use serde::Deserialize;

use super::parse::ParseError;
use super::payload::venue_time;

/// What the venue says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeInfo {
    /// The venue's clock when it answered.
    pub server_time: UnixNanos,
    /// Request limits; never to be assumed, always to be read.
    pub rate_limits: Vec<RateLimit>,
    /// The symbols asked for.
    pub symbols: Vec<SymbolInfo>,
    /// Nanoseconds that a replaying venue added to its tape's times; 0 on a live venue.
    pub time_shift_ns: i64,
}

/// One request limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// `REQUEST_WEIGHT`, `RAW_REQUESTS`, `ORDERS`, or a newer one.
    pub kind: String,
    /// Length of the window, in seconds; windows are aligned to the clock.
    pub window_seconds: u64,
    /// How much fits in a window.
    pub limit: u64,
}

/// One symbol: its state at the venue and its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolInfo {
    /// `TRADING`, `HALT`, `BREAK`, `CANCEL_ONLY`, or a newer one.
    pub status: String,
    /// The filters.
    pub instrument: Instrument,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "serverTime", default)]
    server_time: i64,
    #[serde(rename = "rateLimits", default)]
    rate_limits: Vec<RateLimitBody>,
    symbols: Vec<SymbolBody>,
    simulator: Option<SimulatorBody>,
}

#[derive(Deserialize)]
struct RateLimitBody {
    #[serde(rename = "rateLimitType")]
    kind: String,
    interval: String,
    #[serde(rename = "intervalNum")]
    interval_num: u64,
    limit: u64,
}

#[derive(Deserialize)]
struct SimulatorBody {
    #[serde(rename = "tapeShiftSeconds")]
    tape_shift_seconds: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SymbolBody {
    symbol: String,
    #[serde(default)]
    status: String,
    base_asset: String,
    quote_asset: String,
    #[serde(default)]
    filters: Vec<FilterBody>,
}

/// All filters' fields in one: each filter has some of them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FilterBody {
    filter_type: String,
    min_price: String,
    max_price: String,
    tick_size: String,
    min_qty: String,
    max_qty: String,
    step_size: String,
    min_notional: String,
    max_notional: String,
    multiplier_up: String,
    multiplier_down: String,
    bid_multiplier_up: String,
    bid_multiplier_down: String,
    ask_multiplier_up: String,
    ask_multiplier_down: String,
}

/// Reads the body of `GET /api/v3/exchangeInfo`. Every filter and limit may be absent: a zero switches the rule off.
///
/// # Errors
/// [`ParseError`] for anything else.
pub fn parse_exchange_info(bytes: &[u8]) -> Result<ExchangeInfo, ParseError> {
    let body: Body = serde_json::from_slice(bytes)?;
    Ok(ExchangeInfo {
        server_time: venue_time(body.server_time)?,
        rate_limits: body.rate_limits.iter().filter_map(RateLimitBody::value).collect(),
        symbols: body.symbols.iter().map(SymbolBody::value).collect::<Result<_, _>>()?,
        time_shift_ns: body.simulator.map_or(0, |own| own.tape_shift_seconds.saturating_mul(NANOS_PER_SECOND)),
    })
}

impl RateLimitBody {
    /// A limit with an interval that is not known is no limit that could be kept.
    fn value(&self) -> Option<RateLimit> {
        let unit = match self.interval.as_str() {
            "SECOND" => 1,
            "MINUTE" => 60,
            "HOUR" => 3_600,
            "DAY" => 86_400,
            _ => return None,
        };
        let window_seconds = self.interval_num.checked_mul(unit).filter(|&seconds| seconds > 0)?;
        Some(RateLimit { kind: self.kind.clone(), window_seconds, limit: self.limit })
    }
}

impl SymbolBody {
    fn value(&self) -> Result<SymbolInfo, ParseError> {
        let mut instrument = Instrument {
            symbol: Symbol::new(&self.symbol),
            base: self.base_asset.clone(),
            quote: self.quote_asset.clone(),
            tick_size: Price::ZERO,
            min_price: Price::ZERO,
            max_price: Price::ZERO,
            step_size: Qty::ZERO,
            min_quantity: Qty::ZERO,
            max_quantity: Qty::ZERO,
            min_notional: Price::ZERO,
            max_notional: Price::ZERO,
            bid_multiplier_up: Price::ZERO,
            bid_multiplier_down: Price::ZERO,
            ask_multiplier_up: Price::ZERO,
            ask_multiplier_down: Price::ZERO,
        };
        for filter in &self.filters {
            filter.apply(&mut instrument)?;
        }
        Ok(SymbolInfo { status: self.status.clone(), instrument })
    }
}

impl FilterBody {
    fn apply(&self, rules: &mut Instrument) -> Result<(), ParseError> {
        match self.filter_type.as_str() {
            "PRICE_FILTER" => {
                rules.min_price = price(&self.min_price)?;
                rules.max_price = price(&self.max_price)?;
                rules.tick_size = price(&self.tick_size)?;
            }
            "LOT_SIZE" => {
                rules.min_quantity = quantity(&self.min_qty)?;
                rules.max_quantity = quantity(&self.max_qty)?;
                rules.step_size = quantity(&self.step_size)?;
            }
            "NOTIONAL" => {
                rules.min_notional = price(&self.min_notional)?;
                rules.max_notional = price(&self.max_notional)?;
            }
            "MIN_NOTIONAL" => rules.min_notional = price(&self.min_notional)?,
            "PERCENT_PRICE" => {
                rules.bid_multiplier_up = price(&self.multiplier_up)?;
                rules.bid_multiplier_down = price(&self.multiplier_down)?;
                rules.ask_multiplier_up = rules.bid_multiplier_up;
                rules.ask_multiplier_down = rules.bid_multiplier_down;
            }
            "PERCENT_PRICE_BY_SIDE" => {
                rules.bid_multiplier_up = price(&self.bid_multiplier_up)?;
                rules.bid_multiplier_down = price(&self.bid_multiplier_down)?;
                rules.ask_multiplier_up = price(&self.ask_multiplier_up)?;
                rules.ask_multiplier_down = price(&self.ask_multiplier_down)?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn price(text: &str) -> Result<Price, ParseError> {
    rule(text).and_then(|raw| Price::from_raw(raw).map_err(|fault| refused(text, fault)))
}

fn quantity(text: &str) -> Result<Qty, ParseError> {
    rule(text).and_then(|raw| Qty::from_raw(raw).map_err(|fault| refused(text, fault)))
}

/// An absent bound is off, and a bound beyond every number is the largest number.
fn rule(text: &str) -> Result<i64, ParseError> {
    match parse_fixed(text.as_bytes()) {
        _ if text.is_empty() => Ok(0),
        Err(NumberError::TooLarge) => Ok(i64::MAX),
        read => read.map_err(|fault| refused(text, fault)),
    }
}

fn refused(text: &str, fault: NumberError) -> ParseError {
    ParseError::Malformed(format!("filter value {text:?} is {fault}"))
}
