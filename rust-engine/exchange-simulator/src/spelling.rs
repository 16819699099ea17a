//! How the venue spells what it says.

use std::fmt::Write as _;

use common::market::{Level, Side, Symbol};
use common::time::UnixNanos;
use feed_handler::binance::AggTrade;
use serde_json::{Map, Value};

use crate::digits::{Fixed, Notional, Sum};
use crate::event::{Payload, Times};
use crate::venue::bars::Kline;
use crate::venue::interval::Interval;

impl Payload {
    pub(crate) fn write(&self, out: &mut String, times: Times) -> std::fmt::Result {
        match self {
            Self::Depth(depth) => {
                let sent = times.print(depth.event_ts);
                write!(out, r#"{{"e":"depthUpdate","E":{sent},"s":"{}","#, depth.symbol)?;
                write!(out, r#""U":{},"u":{},"b":"#, depth.first_update_id, depth.final_update_id)?;
                write_levels(out, &depth.bids)?;
                out.push_str(r#","a":"#);
                write_levels(out, &depth.asks)?;
                out.push('}');
                Ok(())
            }
            Self::Partial { last_update_id, top, levels } => {
                let (bids, asks) = (&top.0[..top.0.len().min(*levels)], &top.1[..top.1.len().min(*levels)]);
                write_book(out, *last_update_id, bids, asks)
            }
            Self::Trade(print, sent) => {
                write!(
                    out,
                    r#"{{"e":"trade","E":{},"s":"{}","t":{},"#,
                    times.print(*sent),
                    print.symbol,
                    print.trade_id
                )?;
                write!(out, r#""p":"{}","q":"{}","#, Fixed(print.price.raw()), Fixed(print.quantity.raw()))?;
                write!(out, r#""T":{},"m":{},"M":true}}"#, times.print(print.exchange_ts), print.side == Side::Sell)
            }
            Self::AggTrade(symbol, aggregate, sent) => {
                write!(out, r#"{{"e":"aggTrade","E":{},"s":"{symbol}","#, times.print(*sent))?;
                write_aggregate(out, aggregate, times)?;
                out.push('}');
                Ok(())
            }
            Self::BookTicker(ticker) => {
                let (bid, ask) = (ticker.bid, ticker.ask);
                write!(out, r#"{{"u":{},"s":"{}","#, ticker.update_id, ticker.symbol)?;
                write!(out, r#""b":"{}","B":"{}","#, Fixed(bid.price.raw()), Fixed(bid.quantity.raw()))?;
                write!(out, r#""a":"{}","A":"{}"}}"#, Fixed(ask.price.raw()), Fixed(ask.quantity.raw()))
            }
            Self::Kline { symbol, event_ts, interval, bar, closed } => {
                write_kline(out, symbol, times.print(*event_ts), *interval, bar, *closed, times)
            }
            Self::Ticker { ticker, event_ts, mini } => ticker.write_event(out, *event_ts, *mini, times),
            Self::Verbatim(fields) => {
                let mut fields = fields.clone();
                shift_times(&mut fields, times);
                write!(out, "{}", Value::Object(fields))
            }
            Self::Text(text) => {
                out.push_str(text);
                Ok(())
            }
            Self::Notice(name, sent) => write!(out, r#"{{"e":"{name}","E":{}}}"#, times.print(*sent)),
        }
    }
}

/// Writes `[["price","quantity"],...]`.
pub(crate) fn write_levels(out: &mut String, levels: &[Level]) -> std::fmt::Result {
    out.push('[');
    for (index, level) in levels.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, r#"{comma}["{}","{}"]"#, Fixed(level.price.raw()), Fixed(level.quantity.raw()))?;
    }
    out.push(']');
    Ok(())
}

/// Writes a book as REST and the partial depth streams tell it.
pub(crate) fn write_book(out: &mut String, last_update_id: u64, bids: &[Level], asks: &[Level]) -> std::fmt::Result {
    write!(out, r#"{{"lastUpdateId":{last_update_id},"bids":"#)?;
    write_levels(out, bids)?;
    out.push_str(r#","asks":"#);
    write_levels(out, asks)?;
    out.push('}');
    Ok(())
}

/// Writes the fields that an aggregate has both on its stream and in REST, without braces.
pub(crate) fn write_aggregate(out: &mut String, aggregate: &AggTrade, times: Times) -> std::fmt::Result {
    let (price, quantity) = (Fixed(aggregate.price.raw()), Fixed(aggregate.quantity.raw()));
    write!(out, r#""a":{},"p":"{price}","q":"{quantity}","#, aggregate.agg_trade_id)?;
    write!(out, r#""f":{},"l":{},"#, aggregate.first_trade_id, aggregate.last_trade_id)?;
    write!(out, r#""T":{},"m":{},"M":true"#, times.print(aggregate.exchange_ts), aggregate.side == Side::Sell)
}

fn write_kline(
    out: &mut String,
    symbol: &Symbol,
    sent: i64,
    interval: Interval,
    bar: &Kline,
    closed: bool,
    times: Times,
) -> std::fmt::Result {
    // A bar without trades has -1 for both ids.
    let (first, last) = bar.ids.map_or((-1, -1), |(first, last)| (i128::from(first), i128::from(last)));
    write!(out, r#"{{"e":"kline","E":{sent},"s":"{symbol}","k":{{"t":{},"#, times.print(bar.start))?;
    write!(out, r#""T":{},"s":"{symbol}","i":"{}","#, close_time(bar, times), interval.name())?;
    write!(out, r#""f":{first},"L":{last},"o":"{}","#, Fixed(bar.open.raw()))?;
    write!(out, r#""c":"{}","h":"{}","#, Fixed(bar.close.raw()), Fixed(bar.high.raw()))?;
    write!(out, r#""l":"{}","v":"{}","n":{},"#, Fixed(bar.low.raw()), Sum(bar.volume), bar.trades)?;
    write!(out, r#""x":{closed},"q":"{}","V":"{}","#, Notional(bar.quote_volume), Sum(bar.taker_volume))?;
    write!(out, r#""Q":"{}","B":"0"}}}}"#, Notional(bar.taker_quote_volume))
}

/// The close time that the venue prints: one unit before the next bar.
#[must_use]
pub(crate) fn close_time(bar: &Kline, times: Times) -> i64 {
    times.print(bar.end) - 1
}

/// Moves every time in a tape's own frame: integers under the venue's time keys, large enough to be times.
fn shift_times(fields: &mut Map<String, Value>, times: Times) {
    const SMALLEST_TIME: i64 = 1_000_000_000_000;
    for (key, value) in fields.iter_mut() {
        match value {
            Value::Object(inner) => shift_times(inner, times),
            Value::Number(number) if ["E", "T", "t", "O", "C"].contains(&key.as_str()) => {
                let at = number.as_i64().filter(|&at| at >= SMALLEST_TIME).and_then(UnixNanos::from_venue);
                if let Some(at) = at {
                    *value = times.print(at).into();
                }
            }
            _ => {}
        }
    }
}
