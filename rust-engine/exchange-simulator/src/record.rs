//! Tape lines as the venue understands them.

use common::market::{Symbol, TradePrint};
use common::time::UnixNanos;
use feed_handler::binance::{AggTrade, BookTicker, DepthDiff, DepthSnapshot, Frame, parse_frame, parse_snapshot};
use serde::Deserialize;
use serde_json::{Map, Value};
use tape::{Content, Line};

/// One thing that happens at the venue, in tape time.
#[derive(Clone, Debug)]
pub struct Record {
    /// When clients saw it: the tape's receive time without the recorder's constant clock error.
    pub at: UnixNanos,
    /// What happened.
    pub item: Item,
}

/// What can happen at the venue.
#[derive(Clone, Debug)]
pub enum Item {
    /// Levels changed; the stream that told it is `<symbol>@depth` instead of `@depth@100ms` where `slow`.
    Depth {
        /// The change.
        diff: DepthDiff,
        /// It came on the one-second stream.
        slow: bool,
    },
    /// A print, and when the venue sent it.
    Trade(TradePrint, UnixNanos),
    /// The best levels, told by the tape itself.
    BookTicker(BookTicker),
    /// An aggregate of prints, told by the tape itself, and when the venue sent it.
    AggTrade(Symbol, AggTrade, UnixNanos),
    /// A whole book.
    Snapshot(Symbol, DepthSnapshot),
    /// A frame of another stream, or one that does not hold what it should: passed on as it is.
    Verbatim(String, Map<String, Value>),
    /// A frame that is not JSON: every client of the tape's recorder would have seen it.
    Text(String),
    /// REST answers that are no books, and frames of unknown origin: nothing to replay.
    Nothing,
}

impl Record {
    /// Reads a line, received by a recorder whose clock was `clock_error_ns` ahead of the venue's.
    #[must_use]
    pub fn read(line: &Line, clock_error_ns: i64) -> Self {
        let at = line.recv_ts - clock_error_ns;
        let item = match &line.content {
            Content::Frame(frame) => read_frame(line, frame.get(), at),
            Content::Rest { path, body } => read_rest(path, body.get()),
            Content::Text(text) => Item::Text(text.clone()),
        };
        Self { at, item }
    }
}

fn read_frame(line: &Line, text: &str, at: UnixNanos) -> Item {
    let combined = line.stream_frame();
    let stream = combined.as_ref().map_or("", |frame| frame.stream.as_ref());
    let payload = combined.as_ref().map_or(text, |frame| frame.data.get());
    match parse_frame(text.as_bytes(), at) {
        Ok(Frame::Depth(diff)) => Item::Depth { diff, slow: stream.ends_with("@depth") },
        Ok(Frame::Trade(print)) => {
            let sent = event_time(payload).unwrap_or(print.exchange_ts);
            Item::Trade(print, sent)
        }
        Ok(Frame::BookTicker(ticker)) => Item::BookTicker(ticker),
        Ok(Frame::AggTrade(aggregate)) => {
            let sent = event_time(payload).unwrap_or(aggregate.exchange_ts);
            match symbol_of(stream, payload) {
                Some(symbol) => Item::AggTrade(symbol, aggregate, sent),
                None => Item::Nothing,
            }
        }
        Ok(Frame::EndOfTape { .. } | Frame::Reply { .. }) => Item::Nothing,
        Ok(Frame::Kline(_) | Frame::ServerShutdown { .. } | Frame::Other(_)) | Err(_) => {
            match (stream, serde_json::from_str(payload)) {
                ("", _) | (_, Err(_)) => Item::Nothing,
                (stream, Ok(fields)) => Item::Verbatim(stream.to_owned(), fields),
            }
        }
    }
}

fn read_rest(path: &str, body: &str) -> Item {
    let Some((endpoint, query)) = path.split_once('?') else { return Item::Nothing };
    let symbol = query.split('&').find_map(|pair| pair.strip_prefix("symbol="));
    match (endpoint.ends_with("/depth"), symbol, parse_snapshot(body.as_bytes())) {
        (true, Some(symbol), Ok(snapshot)) => Item::Snapshot(Symbol::new(symbol), snapshot),
        _ => Item::Nothing,
    }
}

fn event_time(payload: &str) -> Option<UnixNanos> {
    #[derive(Deserialize)]
    struct Sent {
        #[serde(rename = "E")]
        sent: i64,
    }
    serde_json::from_str::<Sent>(payload).ok().and_then(|sent| UnixNanos::from_venue(sent.sent))
}

fn symbol_of(stream: &str, payload: &str) -> Option<Symbol> {
    #[derive(Deserialize)]
    struct Named {
        s: String,
    }
    match stream.split_once('@') {
        Some((symbol, _)) => Some(Symbol::new(&symbol.to_uppercase())),
        None => serde_json::from_str::<Named>(payload).ok().map(|named| Symbol::new(&named.s)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(frame: &str) -> Item {
        Record::read(&Line::frame(UnixNanos(1_000), frame), 300).item
    }

    #[test]
    fn receive_times_lose_the_recorders_clock_error() {
        assert_eq!(Record::read(&Line::frame(UnixNanos(1_000), "{}"), 300).at, UnixNanos(700));
    }

    #[test]
    fn a_trade_keeps_both_of_its_times() {
        let item = read(
            r#"{"stream":"a@trade","data":{"e":"trade","E":1600000000005,"s":"A","t":1,"p":"1","q":"1","T":1600000000001,"m":true,"M":true}}"#,
        );
        let Item::Trade(print, sent) = item else { panic!("{item:?}") };
        assert_eq!((print.exchange_ts.millis(), sent.millis()), (1_600_000_000_001, 1_600_000_000_005));
    }

    #[test]
    fn what_cannot_be_read_is_passed_on() {
        let bad = r#"{"stream":"a@trade","data":{"e":"trade","E":1,"s":"A","t":1,"p":"-1","q":"1","T":1,"m":true}}"#;
        assert!(matches!(read(bad), Item::Verbatim(stream, fields) if stream == "a@trade" && fields["p"] == "-1"));
        assert!(matches!(read("not json"), Item::Text(text) if text == "not json"));
        assert!(matches!(read(r#"{"e":"news"}"#), Item::Nothing), "no stream, so nobody to send it to");
    }

    #[test]
    fn depth_answers_are_books() {
        let path = "/api/v3/depth?symbol=TRXUSDT&limit=1000";
        let line = Line::rest(UnixNanos(1), path, r#"{"lastUpdateId":7,"bids":[["1","2"]],"asks":[]}"#).unwrap();
        let Item::Snapshot(symbol, snapshot) = Record::read(&line, 0).item else { panic!("a book") };
        assert_eq!((symbol.as_str(), snapshot.last_update_id), ("TRXUSDT", 7));
    }
}
