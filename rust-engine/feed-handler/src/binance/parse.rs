//! Stream frames: one pass over the bytes, prices straight into fixed point.

use std::borrow::Cow;
use std::fmt;

use common::number::NumberError;
use common::time::UnixNanos;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;

use super::message::Frame;
use super::payload::{AggTradePayload, BookTickerPayload, DepthPayload, KlinePayload, TradePayload, venue_time};
use crate::reason::Reason;

/// Why bytes are not a message of the venue.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ParseError {
    /// The JSON ends too early.
    #[error("the message ends too early")]
    Truncated,
    /// Not JSON, or not the fields that the venue documents.
    #[error("not a message of the venue: {0}")]
    Malformed(String),
    /// A price of zero or less.
    #[error("a price of zero or less")]
    NonPositivePrice,
    /// A quantity below zero, or a print of nothing.
    #[error("a quantity below zero, or a print of nothing")]
    BadQuantity,
    /// A time that cannot be.
    #[error("{0}")]
    WrongTime(String),
    /// A number that cannot be a price or a quantity.
    #[error("a number that is {0}")]
    Absurd(NumberError),
}

impl ParseError {
    /// The reason that the refusal is counted under.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Truncated => Reason::Truncated,
            Self::Malformed(_) => Reason::Malformed,
            Self::NonPositivePrice => Reason::NonPositivePrice,
            Self::BadQuantity => Reason::BadQuantity,
            Self::WrongTime(_) => Reason::WrongTime,
            Self::Absurd(_) => Reason::Absurd,
        }
    }
}

impl From<serde_json::Error> for ParseError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_eof() { Self::Truncated } else { Self::Malformed(error.to_string()) }
    }
}

/// Reads one frame of a market stream, combined (`{"stream":..,"data":..}`) or raw.
///
/// `recv_ts` is our own clock's time of receipt. Milliseconds and microseconds are told apart by magnitude.
///
/// # Errors
/// [`ParseError`] where a known event is not what the venue documents. Unknown events are no errors: [`Frame::Other`].
///
/// ```
/// use common::time::UnixNanos;
/// use feed_handler::binance::{Frame, parse_frame};
/// let bytes = br#"{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"M":true}"#;
/// let Ok(Frame::Trade(print)) = parse_frame(bytes, UnixNanos(1)) else { panic!("a trade") };
/// assert_eq!((print.trade_id, print.price.to_string().as_str()), (12345, "0.001"));
/// ```
pub fn parse_frame(bytes: &[u8], recv_ts: UnixNanos) -> Result<Frame, ParseError> {
    match serde_json::from_slice::<Combined<'_>>(bytes)? {
        Combined::Depth(payload) => payload.value(recv_ts),
        Combined::Trade(payload) => payload.value(recv_ts),
        Combined::Named(stream, payload) => parse_payload(&stream, payload.get().as_bytes(), recv_ts),
        Combined::Raw => parse_payload("", bytes, recv_ts),
    }
}

/// A payload whose kind is not known from its stream's name: its own `e` tells.
fn parse_payload(stream: &str, bytes: &[u8], recv_ts: UnixNanos) -> Result<Frame, ParseError> {
    let probe: Probe<'_> = serde_json::from_slice(bytes)?;
    match probe.event.as_deref() {
        Some("depthUpdate") => serde_json::from_slice::<DepthPayload<'_>>(bytes)?.value(recv_ts),
        Some("trade") => serde_json::from_slice::<TradePayload<'_>>(bytes)?.value(recv_ts),
        Some("aggTrade") => serde_json::from_slice::<AggTradePayload>(bytes)?.value().map(Frame::AggTrade),
        Some("kline") => serde_json::from_slice::<KlinePayload<'_>>(bytes)?.value(),
        Some("serverShutdown") => Ok(Frame::ServerShutdown { event_ts: probe.time()? }),
        Some("endOfTape") => Ok(Frame::EndOfTape { event_ts: probe.time()? }),
        Some(event) => Ok(Frame::Other(event.to_owned())),
        None if probe.is_reply() => Ok(probe.reply()),
        None if probe.bid_quantity.is_some() && probe.ask_quantity.is_some() => {
            serde_json::from_slice::<BookTickerPayload<'_>>(bytes)?.value()
        }
        None => Ok(Frame::Other(stream.to_owned())),
    }
}

/// A frame as far as one pass can read it: the two hot events are read at once where the stream's name comes first.
enum Combined<'a> {
    Depth(DepthPayload<'a>),
    Trade(TradePayload<'a>),
    Named(Cow<'a, str>, &'a RawValue),
    Raw,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum EnvelopeKey {
    Stream,
    Data,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Combined<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Envelope;
        impl<'de> Visitor<'de> for Envelope {
            type Value = Combined<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut stream, mut found) = (None, None);
                while let Some(key) = map.next_key()? {
                    match key {
                        EnvelopeKey::Stream => stream = Some(map.next_value::<Text<'de>>()?.0),
                        EnvelopeKey::Data => found = Some(read_data(&mut map, stream.as_deref())?),
                        EnvelopeKey::Other => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(match (stream, found) {
                    (Some(stream), Some(Combined::Named(_, payload))) => Combined::Named(stream, payload),
                    (Some(_), Some(known)) => known,
                    _ => Combined::Raw,
                })
            }
        }
        deserializer.deserialize_map(Envelope)
    }
}

fn read_data<'de, A: MapAccess<'de>>(map: &mut A, stream: Option<&str>) -> Result<Combined<'de>, A::Error> {
    match stream.and_then(|name| name.split_once('@')).map(|(_, rest)| rest) {
        Some("depth" | "depth@100ms") => Ok(Combined::Depth(map.next_value()?)),
        Some("trade") => Ok(Combined::Trade(map.next_value()?)),
        _ => Ok(Combined::Named(Cow::Borrowed(""), map.next_value()?)),
    }
}

#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(borrow, rename = "e")]
    event: Option<Cow<'a, str>>,
    #[serde(rename = "E")]
    time: Option<i64>,
    #[serde(borrow, rename = "B")]
    bid_quantity: Option<&'a RawValue>,
    #[serde(borrow, rename = "A")]
    ask_quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    msg: Option<&'a RawValue>,
}

impl Probe<'_> {
    fn time(&self) -> Result<UnixNanos, ParseError> {
        self.time.map_or_else(|| Err(missing("E")), venue_time)
    }

    const fn is_reply(&self) -> bool {
        self.id.is_some() || self.error.is_some()
    }

    fn reply(&self) -> Frame {
        // The docs print errors flat (`msg`), the wire nests them (`error`): both are read.
        Frame::Reply {
            id: self.id.map_or("null", RawValue::get).to_owned(),
            error: self.error.or(self.msg).map(|words| words.get().to_owned()),
        }
    }
}

fn missing(field: &str) -> ParseError {
    ParseError::Malformed(format!("field {field:?} is missing"))
}
