//! One thing that was received: a stream frame, a REST answer, or bytes that were no JSON.

use std::borrow::Cow;
use std::fmt::Write as _;

use common::time::UnixNanos;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One line of a tape.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it was received, on the recorder's clock.
    pub recv_ts: UnixNanos,
    /// What was received, word for word.
    pub content: Content,
}

/// What a line holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// A WebSocket frame; combined form (`{"stream":..,"data":..}`) where the venue sent it so.
    Frame(Box<RawValue>),
    /// A REST answer.
    Rest {
        /// Path and query that were asked for.
        path: String,
        /// The answer.
        body: Box<RawValue>,
    },
    /// A WebSocket frame that is not JSON.
    Text(String),
}

/// The two parts of a combined stream frame.
#[derive(Debug, Deserialize)]
pub struct StreamFrame<'a> {
    /// Stream name, such as `btcusdt@trade`.
    #[serde(borrow)]
    pub stream: Cow<'a, str>,
    /// The bare payload.
    #[serde(borrow)]
    pub data: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnDisk<'a> {
    recv_ts_ns: UnixNanos,
    #[serde(borrow)]
    frame: Option<&'a RawValue>,
    #[serde(borrow)]
    rest: Option<Cow<'a, str>>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
}

impl Line {
    /// A WebSocket frame as it came; one that is not JSON is kept as text.
    #[must_use]
    pub fn frame(recv_ts: UnixNanos, received: &str) -> Self {
        let content = match one_line_json(received) {
            Ok(frame) => Content::Frame(frame),
            Err(_) => Content::Text(received.to_owned()),
        };
        Self { recv_ts, content }
    }

    /// A REST answer to `path`, which includes the query.
    ///
    /// # Errors
    /// The parser's complaint where `body` is not JSON.
    pub fn rest(recv_ts: UnixNanos, path: &str, body: &str) -> Result<Self, serde_json::Error> {
        Ok(Self { recv_ts, content: Content::Rest { path: path.to_owned(), body: one_line_json(body)? } })
    }

    /// Stream name and payload of a combined frame; `None` for anything else.
    #[must_use]
    pub fn stream_frame(&self) -> Option<StreamFrame<'_>> {
        match &self.content {
            Content::Frame(frame) => serde_json::from_str(frame.get()).ok(),
            Content::Rest { .. } | Content::Text(_) => None,
        }
    }

    /// When it happened on the venue's clock: the trade time `T`, else the event time `E`; `None` where the frame has neither.
    #[must_use]
    pub fn exchange_ts(&self) -> Option<UnixNanos> {
        #[derive(Deserialize)]
        struct Times {
            #[serde(rename = "T")]
            traded: Option<i64>,
            #[serde(rename = "E")]
            sent: Option<i64>,
        }
        let Content::Frame(frame) = &self.content else { return None };
        let combined: Option<StreamFrame<'_>> = serde_json::from_str(frame.get()).ok();
        let payload = combined.as_ref().map_or(frame.get(), |combined| combined.data.get());
        let times: Times = serde_json::from_str(payload).ok()?;
        times.traded.or(times.sent).and_then(UnixNanos::from_venue)
    }

    /// Appends the line as it stands on a tape, newline included.
    pub(crate) fn append_to(&self, plain: &mut String) {
        let start = self.recv_ts;
        match &self.content {
            Content::Frame(frame) => {
                let _ = writeln!(plain, r#"{{"recv_ts_ns":{start},"frame":{frame}}}"#);
            }
            Content::Rest { path, body } => {
                let path = serde_json::Value::from(path.as_str());
                let _ = writeln!(plain, r#"{{"recv_ts_ns":{start},"rest":{path},"body":{body}}}"#);
            }
            Content::Text(text) => {
                let text = serde_json::Value::from(text.as_str());
                let _ = writeln!(plain, r#"{{"recv_ts_ns":{start},"text":{text}}}"#);
            }
        }
    }

    /// Reads a line as it stands on a tape, without its newline.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        let on_disk: OnDisk<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let content = match on_disk {
            OnDisk { frame: Some(frame), rest: None, body: None, text: None, .. } => Content::Frame(frame.to_owned()),
            OnDisk { frame: None, rest: Some(path), body: Some(body), text: None, .. } => {
                Content::Rest { path: path.into_owned(), body: body.to_owned() }
            }
            OnDisk { frame: None, rest: None, body: None, text: Some(text), .. } => Content::Text(text.into_owned()),
            OnDisk { .. } => return Err("a line holds one of frame, rest with body, or text".to_owned()),
        };
        Ok(Self { recv_ts: on_disk.recv_ts_ns, content })
    }
}

/// JSON in one line: line breaks between its tokens (they cannot stand inside a string) become spaces.
fn one_line_json(text: &str) -> Result<Box<RawValue>, serde_json::Error> {
    if text.contains(['\n', '\r']) {
        RawValue::from_string(text.replace(['\n', '\r'], " "))
    } else {
        RawValue::from_string(text.to_owned())
    }
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.recv_ts == other.recv_ts && self.content == other.content
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Frame(a), Self::Frame(b)) => a.get() == b.get(),
            (Self::Rest { path, body }, Self::Rest { path: other_path, body: other_body }) => {
                path == other_path && body.get() == other_body.get()
            }
            (Self::Text(a), Self::Text(b)) => a == b,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_venues_time() {
        let at = |frame: &str| Line::frame(UnixNanos(9), frame).exchange_ts();
        let micros = Some(UnixNanos(1_723_161_255_342_001_000));
        assert_eq!(at(r#"{"stream":"a@trade","data":{"e":"trade","E":1,"T":1723161255342001}}"#), micros);
        assert_eq!(at(r#"{"stream":"a@depth","data":{"e":"depthUpdate","E":1723161255342001}}"#), micros);
        assert_eq!(at(r#"{"e":"depthUpdate","E":1723161255342001}"#), micros, "a raw connection has no envelope");
        assert_eq!(at(r#"{"stream":"a@bookTicker","data":{"u":1}}"#), None);
        assert_eq!(at("not json"), None);
        assert_eq!(at("[1]"), None);
    }

    #[test]
    fn keeps_the_venues_spelling_and_one_line() {
        let line = Line::frame(UnixNanos(1), " {\"p\":\n \"1.500\"} ");
        let Content::Frame(frame) = &line.content else { panic!("{line:?}") };
        assert_eq!(frame.get(), "{\"p\":  \"1.500\"}");
        let mut plain = String::new();
        line.append_to(&mut plain);
        assert_eq!(plain.matches('\n').count(), 1);
        assert_eq!(Line::parse(plain.trim_end().as_bytes()), Ok(line));
    }

    #[test]
    fn refuses_a_line_of_no_kind_or_two() {
        for bad in [
            r#"{"recv_ts_ns":1}"#,
            r#"{"recv_ts_ns":1,"frame":{},"text":"a"}"#,
            r#"{"recv_ts_ns":1,"rest":"/a"}"#,
            r#"{"recv_ts_ns":1,"body":{}}"#,
            r#"{"frame":{}}"#,
            r#"{"recv_ts_ns":1,"frame":{},"extra":1}"#,
        ] {
            assert!(Line::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
