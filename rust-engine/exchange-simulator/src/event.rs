//! What the venue tells its stream clients.

use std::sync::Arc;

use common::market::{Level, Symbol, TradePrint};
use common::time::UnixNanos;
use feed_handler::binance::{AggTrade, BookTicker};
use serde_json::{Map, Value};

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

#[cfg(test)]
mod tests {
    use super::*;
    use common::market::Side;
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
