//! What is on a tape, in numbers.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use tape::{Content, Header, Tape, TapeError};

use crate::span::printed;

/// A tape's header and a count of its lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contents {
    /// What the tape says of itself.
    pub header: Header,
    /// Earliest exchange time on it.
    pub first: Option<String>,
    /// Latest exchange time on it.
    pub last: Option<String>,
    /// Where a replay starts by default.
    pub live_from: Option<String>,
    /// Seconds from the earliest to the latest.
    pub seconds: f64,
    /// Lines on it.
    pub lines: u64,
    /// Lines by stream, REST path or kind.
    pub lines_by_kind: BTreeMap<String, u64>,
    /// What the operator should know: it is unfinished.
    pub warning: Option<String>,
}

/// Reads a tape from end to end.
///
/// # Errors
/// [`TapeError`] where it cannot be read, is no tape, or is damaged.
pub fn inspect(path: &Path) -> Result<Contents, TapeError> {
    let tape = Tape::open(path)?;
    let header = tape.header().clone();
    let span = tape.span();
    let (lines, warning) = (tape.line_count(), tape.warning());
    let mut lines_by_kind: BTreeMap<String, u64> = BTreeMap::new();
    for line in tape.into_lines() {
        let line = line?;
        let kind = match &line.content {
            Content::Frame(_) => {
                line.stream_frame().map_or("other frame".to_owned(), |frame| frame.stream.into_owned())
            }
            Content::Rest { path, .. } => path.split('?').next().unwrap_or_default().to_owned(),
            Content::Text(_) => "not JSON".to_owned(),
        };
        *lines_by_kind.entry(kind).or_default() += 1;
    }
    Ok(Contents {
        first: span.map(|span| printed(span.first)),
        last: span.map(|span| printed(span.last)),
        live_from: header.live_from_ns.map(printed),
        seconds: span.map_or(0.0, |span| span.last.since(span.first) as f64 / 1e9),
        header,
        lines,
        lines_by_kind,
        warning,
    })
}
