//! What the venue tells its stream clients, and how it is spelt.

use std::fmt::Write as _;
use std::sync::Arc;

use common::market::{Level, Side, Symbol, TradePrint};
use common::time::UnixNanos;
use feed_handler::binance::{AggTrade, BookTicker};
use serde_json::{Map, Value};

use crate::digits::{Fixed, Notional, Sum};
use crate::venue::bars::Kline;
use crate::venue::interval::Interval;
use crate::venue::ticker::Ticker;

/// The unit of times in what a client receives (`timeUnit` of streams, `X-MBX-TIME-UNIT` of REST).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeUnit {
    /// The default.
    #[default]
    Milliseconds,
    /// On request.
    Microseconds,
}

impl TimeUnit {
    /// A time as the venue prints it.
    #[must_use]
    pub fn print(self, at: UnixNanos) -> i64 {
        match self {
            Self::Milliseconds => at.millis(),
            Self::Microseconds => at.micros(),
        }
    }

    /// Reads the venue's names, as given by clients.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "MILLISECOND" | "millisecond" => Some(Self::Milliseconds),
            "MICROSECOND" | "microsecond" => Some(Self::Microseconds),
            _ => None,
        }
    }
}

/// How tape times become the times of this run: by a whole number of seconds, in the client's unit.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Nanoseconds added to tape times.
    pub shift_ns: i64,
    /// The client's unit.
    pub unit: TimeUnit,
}

impl Times {
    /// A tape time as this client reads it.
    #[must_use]
    pub fn print(self, at: UnixNanos) -> i64 {
        self.unit.print(at + self.shift_ns)
    }
}

/// One message of one stream, in tape time.
#[derive(Clone, Debug)]
pub struct Event {
    /// Stream name, such as `btcusdt@trade`; one that begins with `!` and is none of the venue's goes to every client.
    pub stream: Arc<str>,
    /// What it says.
    pub payload: Payload,
}

/// What a stream says.
#[derive(Clone, Debug)]
pub enum Payload {
    /// Changed levels.
    Depth(Depth),
    /// The best levels as a whole.
    Partial {
        /// The id that the book carries.
        last_update_id: u64,
        /// The best bids and asks, possibly more than `levels`.
        top: Arc<(Vec<Level>, Vec<Level>)>,
        /// How many to tell.
        levels: usize,
    },
    /// A print, and when it was sent.
    Trade(TradePrint, UnixNanos),
    /// An aggregate, and when it was sent.
    AggTrade(Symbol, AggTrade, UnixNanos),
    /// The best level of both sides.
    BookTicker(BookTicker),
    /// A bar.
    Kline {
        /// The market.
        symbol: Symbol,
        /// When it was sent.
        event_ts: UnixNanos,
        /// Its length.
        interval: Interval,
        /// The bar.
        bar: Kline,
        /// It will not change any more.
        closed: bool,
    },
    /// Statistics of the last 24 hours, and when they were sent; in short form where `mini`.
    Ticker {
        /// The numbers.
        ticker: Ticker,
        /// When it was sent.
        event_ts: UnixNanos,
        /// Without averages, best levels and ids.
        mini: bool,
    },
    /// Fields of the tape's own frame.
    Verbatim(Map<String, Value>),
    /// Text that is no JSON, for every client.
    Text(String),
    /// `{"e":name,"E":time}`, for every client.
    Notice(&'static str, UnixNanos),
}

/// Changed levels of one book.
#[derive(Clone, Debug)]
pub struct Depth {
    /// The market.
    pub symbol: Symbol,
    /// When it was sent.
    pub event_ts: UnixNanos,
    /// First update id merged into it.
    pub first_update_id: u64,
    /// Last update id merged into it.
    pub final_update_id: u64,
    /// Changed bids.
    pub bids: Vec<Level>,
    /// Changed asks.
    pub asks: Vec<Level>,
}

impl Event {
    /// True for what every client receives, whatever it subscribed.
    #[must_use]
    pub const fn is_for_all(&self) -> bool {
        matches!(self.payload, Payload::Notice(..) | Payload::Text(_))
    }

    /// The bare payload as JSON.
    #[must_use]
    pub fn json(&self, times: Times) -> String {
        let mut out = String::with_capacity(256);
        // Writing to a String cannot fail.
        let _ = self.payload.write(&mut out, times);
        out
    }
}

impl Payload {
    fn write(&self, out: &mut String, times: Times) -> std::fmt::Result {
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
pub fn write_levels(out: &mut String, levels: &[Level]) -> std::fmt::Result {
    out.push('[');
    for (index, level) in levels.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, r#"{comma}["{}","{}"]"#, Fixed(level.price.raw()), Fixed(level.quantity.raw()))?;
    }
    out.push(']');
    Ok(())
}

/// Writes a book as REST and the partial depth streams tell it.
pub fn write_book(out: &mut String, last_update_id: u64, bids: &[Level], asks: &[Level]) -> std::fmt::Result {
    write!(out, r#"{{"lastUpdateId":{last_update_id},"bids":"#)?;
    write_levels(out, bids)?;
    out.push_str(r#","asks":"#);
    write_levels(out, asks)?;
    out.push('}');
    Ok(())
}

/// Writes the fields that an aggregate has both on its stream and in REST, without braces.
pub fn write_aggregate(out: &mut String, aggregate: &AggTrade, times: Times) -> std::fmt::Result {
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
pub fn close_time(bar: &Kline, times: Times) -> i64 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use common::time::NANOS_PER_SECOND;
    use serde_json::json;

    const TIMES: Times = Times { shift_ns: 10 * NANOS_PER_SECOND, unit: TimeUnit::Microseconds };

    fn json_of(payload: Payload, times: Times) -> Value {
        serde_json::from_str(&Event { stream: "x@y".into(), payload }.json(times)).unwrap()
    }

    #[test]
    fn a_trade_is_spelt_as_the_venue_spells_it() {
        let print = TradePrint {
            symbol: Symbol::new("BNBBTC"),
            trade_id: 12_345,
            price: "0.001".parse().unwrap(),
            quantity: "100".parse().unwrap(),
            side: Side::Sell,
            exchange_ts: UnixNanos(1_672_515_782_136_042_000),
            recv_ts: UnixNanos(0),
        };
        let sent = UnixNanos(1_672_515_782_137_000_000);
        let micros = json_of(Payload::Trade(print.clone(), sent), TIMES);
        assert_eq!(
            micros,
            json!({"e":"trade","E":1_672_515_792_137_000_i64,"s":"BNBBTC","t":12345,"p":"0.00100000","q":"100.00000000",
                   "T":1_672_515_792_136_042_i64,"m":true,"M":true})
        );
        let millis = json_of(Payload::Trade(print, sent), Times { shift_ns: 0, unit: TimeUnit::Milliseconds });
        assert_eq!((&millis["E"], &millis["T"]), (&json!(1_672_515_782_137_i64), &json!(1_672_515_782_136_i64)));
    }

    #[test]
    fn frames_of_other_streams_keep_everything_but_their_times() {
        let fields =
            json!({"e":"kline","E":1_600_000_000_000_i64,"s":"A","t":77,"k":{"t":1_600_000_000_000_i64,"x":true}});
        let Value::Object(fields) = fields else { unreachable!() };
        let moved = json_of(Payload::Verbatim(fields), TIMES);
        let at = json!(1_600_000_010_000_000_i64);
        assert_eq!(
            (&moved["E"], &moved["k"]["t"], &moved["t"], &moved["k"]["x"]),
            (&at, &at, &json!(77), &json!(true))
        );
    }
}
