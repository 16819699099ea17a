//! Prints, aggregates and bars.

use std::fmt::Write as _;

use common::market::{Side, TradePrint};
use common::time::{NANOS_PER_SECOND, UnixNanos};
use serde_json::{Value, json};

use super::View;
use super::error::ApiError;
use super::params::Params;
use super::selection::one_market;
use crate::digits::{Fixed, Notional, Sum};
use crate::event::Times;
use crate::spelling::{close_time, write_aggregate};
use crate::venue::bars::Kline;
use crate::venue::interval::Interval;
use crate::venue::prints::Page;

const MOST: usize = 1_000;
const USUAL: usize = 500;

pub(super) fn trades(view: View<'_>, params: &Params, historical: bool) -> Result<String, ApiError> {
    params.only(if historical { &["symbol", "limit", "fromId"] } else { &["symbol", "limit"] })?;
    let market = one_market(view, params)?;
    let prints = market.prints().trades(params.number("fromId")?, params.limit(USUAL, MOST)?);
    Ok(list(&prints, |out, print| write_trade(out, print, view.times)))
}

fn write_trade(out: &mut String, print: &TradePrint, times: Times) -> std::fmt::Result {
    let quote = i128::from(print.price.raw()) * i128::from(print.quantity.raw());
    write!(out, r#"{{"id":{},"price":"{}","#, print.trade_id, Fixed(print.price.raw()))?;
    write!(out, r#""qty":"{}","quoteQty":"{}","#, Fixed(print.quantity.raw()), Notional(quote))?;
    let (time, buyer_is_maker) = (times.print(print.exchange_ts), print.side == Side::Sell);
    write!(out, r#""time":{time},"isBuyerMaker":{buyer_is_maker},"isBestMatch":true}}"#)
}

pub(super) fn agg_trades(view: View<'_>, params: &Params) -> Result<String, ApiError> {
    params.only(&["symbol", "fromId", "startTime", "endTime", "limit"])?;
    let market = one_market(view, params)?;
    let (start, end) = span(view, params)?;
    let page = Page { from_id: params.number("fromId")?, start, end, limit: params.limit(USUAL, MOST)? };
    if page.from_id.is_some() && (start.is_some() || end.is_some()) {
        return Err(ApiError::combination());
    }
    let aggregates = market.prints().aggregates(page);
    Ok(list(&aggregates, |out, aggregate| {
        out.push('{');
        write_aggregate(out, aggregate, view.times)?;
        out.push('}');
        Ok(())
    }))
}

pub(super) fn klines(view: View<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["symbol", "interval", "startTime", "endTime", "timeZone", "limit"])?;
    let market = one_market(view, params)?;
    let interval = Interval::named(params.mandatory("interval")?).ok_or_else(ApiError::invalid_interval)?;
    let zone_ns = time_zone(params)?;
    let (start, end) = span(view, params)?;
    let limit = params.limit(USUAL, MOST)?;
    let grid = interval.on_clock(view.times.shift_ns + zone_ns);
    let bars = market.bars().klines(grid, (start, end), limit, view.now);
    Ok(bars.iter().map(|bar| kline_row(bar, view.times)).collect())
}

fn kline_row(bar: &Kline, times: Times) -> Value {
    json!([
        times.print(bar.start),
        Fixed(bar.open.raw()).to_string(),
        Fixed(bar.high.raw()).to_string(),
        Fixed(bar.low.raw()).to_string(),
        Fixed(bar.close.raw()).to_string(),
        Sum(bar.volume).to_string(),
        close_time(bar, times),
        Notional(bar.quote_volume).to_string(),
        bar.trades,
        Sum(bar.taker_volume).to_string(),
        Notional(bar.taker_quote_volume).to_string(),
        "0",
    ])
}

/// `-12:00` to `+14:00`, minutes optional, as nanoseconds.
pub(super) fn time_zone(params: &Params) -> Result<i64, ApiError> {
    let Some(text) = params.get("timeZone") else { return Ok(0) };
    let refuse = || ApiError::invalid_data("timeZone");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    let hours: i64 = hours.parse().map_err(|_| refuse())?;
    let minutes: i64 = minutes.parse().map_err(|_| refuse())?;
    let total = sign * (hours * 60 + minutes);
    if !(-12 * 60..=14 * 60).contains(&total) || !(0..60).contains(&minutes) {
        return Err(refuse());
    }
    Ok(total * 60 * NANOS_PER_SECOND)
}

/// `startTime` and `endTime`, in tape time.
fn span(view: View<'_>, params: &Params) -> Result<(Option<UnixNanos>, Option<UnixNanos>), ApiError> {
    let on_tape = |at: UnixNanos| at - view.times.shift_ns;
    let start = params.time("startTime")?.map(on_tape);
    // A millisecond as an inclusive end holds all of its microseconds.
    let end = params.time("endTime")?.map(on_tape);
    let whole = if params.get("endTime").is_some_and(|text| text.len() > 15) { 999 } else { 999_999 };
    Ok((start, end.map(|end| end + whole)))
}

fn list<T>(items: &[T], write: impl Fn(&mut String, &T) -> std::fmt::Result) -> String {
    let mut out = String::from("[");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write(&mut out, item);
    }
    out.push(']');
    out
}
