//! The tickers: prices, best levels and statistics of spans.

use common::time::NANOS_PER_SECOND;
use serde_json::{Value, json};

use super::View;
use super::error::ApiError;
use super::history::time_zone;
use super::params::Params;
use super::selection::{Selection, one_market, select};
use crate::digits::Fixed;
use crate::venue::interval::DAY;
use crate::venue::market::Market;
use crate::venue::ticker::average_price;

const DAY_NS: i64 = 86_400 * NANOS_PER_SECOND;
const AVERAGE_NS: i64 = 300 * NANOS_PER_SECOND;
/// Tickers of chosen spans need names, and not too many.
const MOST_SYMBOLS: usize = 100;

/// One object for `symbol`, else a list; markets of which nothing is known yet are left out.
fn each(view: View<'_>, params: &Params, row: impl Fn(&Market) -> Option<Value>) -> Result<Value, ApiError> {
    Ok(match select(view, params)? {
        Selection::One(market) => row(market).unwrap_or_else(|| json!({"symbol": market.symbol().as_str()})),
        Selection::Many(markets) => markets.into_iter().filter_map(row).collect(),
    })
}

fn is_mini(params: &Params) -> Result<bool, ApiError> {
    match params.get("type") {
        None | Some("FULL") => Ok(false),
        Some("MINI") => Ok(true),
        Some(_) => Err(ApiError::invalid_data("type")),
    }
}

pub(super) fn average(view: View<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["symbol"])?;
    let market = one_market(view, params)?;
    let bar = market.bars().sum(view.now - AVERAGE_NS, view.now);
    let (Some(bar), Some(last)) = (bar, market.prints().last()) else {
        return Ok(json!({"mins": 5, "price": Fixed(0).to_string(), "closeTime": view.times.print(view.now)}));
    };
    Ok(average_price(&bar, last.exchange_ts, view.times))
}

pub(super) fn day(view: View<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["symbol", "symbols", "type", "symbolStatus"])?;
    let mini = is_mini(params)?;
    each(view, params, |market| Some(market.ticker(DAY_NS, view.now)?.rest(view.times, mini, true)))
}

pub(super) fn trading_day(view: View<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["symbol", "symbols", "timeZone", "type", "symbolStatus"])?;
    let zone_ns = time_zone(params)?;
    let days = DAY.on_clock(view.times.shift_ns + zone_ns);
    spans(view, params, view.now.since(days.floor(view.now)))
}

pub(super) fn window(view: View<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["symbol", "symbols", "windowSize", "type", "symbolStatus"])?;
    let length = match params.get("windowSize") {
        None => DAY_NS,
        Some(text) => window_ns(text).ok_or_else(|| ApiError::invalid_data("windowSize"))?,
    };
    spans(view, params, length)
}

fn spans(view: View<'_>, params: &Params, length_ns: i64) -> Result<Value, ApiError> {
    match params.symbols()? {
        None => params.mandatory("symbol").map(drop)?,
        Some(names) if names.len() > MOST_SYMBOLS => return Err(ApiError::invalid_data("symbols")),
        Some(_) => {}
    }
    let mini = is_mini(params)?;
    each(view, params, |market| Some(market.ticker(length_ns, view.now)?.rest(view.times, mini, false)))
}

/// `1m`..`59m`, `1h`..`23h`, `1d`..`7d`.
fn window_ns(text: &str) -> Option<i64> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let count: i64 = digits.parse().ok()?;
    let (seconds, most) = match unit {
        "m" => (60, 59),
        "h" => (3_600, 23),
        "d" => (86_400, 7),
        _ => return None,
    };
    (1..=most).contains(&count).then_some(count * seconds * NANOS_PER_SECOND)
}

pub(super) fn price(view: View<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["symbol", "symbols", "symbolStatus"])?;
    each(view, params, |market| {
        let last = market.prints().last()?;
        Some(json!({"symbol": market.symbol().as_str(), "price": Fixed(last.price.raw()).to_string()}))
    })
}

pub(super) fn book(view: View<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["symbol", "symbols", "symbolStatus"])?;
    each(view, params, |market| {
        let book = &market.books().now().book;
        let (bid, ask) = (book.best_bid().unwrap_or_default(), book.best_ask().unwrap_or_default());
        Some(json!({
            "symbol": market.symbol().as_str(),
            "bidPrice": Fixed(bid.price.raw()).to_string(),
            "bidQty": Fixed(bid.quantity.raw()).to_string(),
            "askPrice": Fixed(ask.price.raw()).to_string(),
            "askQty": Fixed(ask.quantity.raw()).to_string(),
        }))
    })
}
