//! A piece of a tape that stands on its own: it begins with a snapshot of each book as it was at that moment.

use std::collections::BTreeMap;
use std::path::Path;

use common::market::Level;
use common::time::UnixNanos;
use feed_handler::binance::{DepthDiff, DepthSnapshot, Frame, parse_frame, parse_snapshot};
use orderbook::{Book, Sequencer, Synced, Verdict};
use tape::{Content, Line, Tape, write_whole};

use super::recording::query_symbol;
use super::{Bounds, ConvertError, Part, Report, unusable, unwritable};
use crate::digits::Fixed;

/// Levels a side of the snapshot at the cut.
const LIMIT: usize = 5_000;

/// A symbol's book, kept by the venue's rules while the part before the cut goes by.
#[derive(Default)]
struct Kept {
    book: Book,
    sequencer: Sequencer<DepthDiff>,
}

impl Kept {
    fn diff(&mut self, diff: DepthDiff) {
        if let Verdict::Apply(diff) = self.sequencer.offer(diff) {
            self.book.apply_diff(&diff.bids, &diff.asks);
        }
    }

    fn snapshot(&mut self, snapshot: &DepthSnapshot) {
        if let Synced::Replay(diffs) = self.sequencer.snapshot(snapshot.last_update_id) {
            self.book.apply_snapshot(&snapshot.bids, &snapshot.asks);
            for diff in diffs {
                self.book.apply_diff(&diff.bids, &diff.asks);
            }
        }
    }

    /// The book as a REST answer; `None` while it is out of sync.
    fn answer(&self, symbol: &str, recv_ts: UnixNanos) -> Option<Line> {
        let id = self.sequencer.local()?;
        let side = |levels: &mut dyn Iterator<Item = Level>| {
            let printed: Vec<_> = levels
                .take(LIMIT)
                .map(|level| format!(r#"["{}","{}"]"#, Fixed(level.price.raw()), Fixed(level.quantity.raw())))
                .collect();
            printed.join(",")
        };
        let (bids, asks) = (side(&mut self.book.bids()), side(&mut self.book.asks()));
        let body = format!(r#"{{"lastUpdateId":{id},"bids":[{bids}],"asks":[{asks}]}}"#);
        Line::rest(recv_ts, &format!("/api/v3/depth?symbol={symbol}&limit={LIMIT}"), &body).ok()
    }
}

/// Copies a part of the tape `from` to the tape `out`. The part is given in exchange time; lines belong to it by their time
/// of receipt, less the recorder's clock error.
///
/// # Errors
/// [`ConvertError`] where the tape is unusable, the part lies outside of it, or a book is out of sync where it begins.
pub fn cut(from: &Path, part: Part, out: &Path) -> Result<Report, ConvertError> {
    let tape = Tape::open(from)?;
    let span = tape.span().ok_or_else(|| unusable(from, "no frame on it tells a time"))?;
    let bounds = part.bounds(span.first, span.last)?;
    let mut header = tape.header().clone();
    let clock_error = header.clock_error_ns;
    header.first_ts_ns = Some(bounds.begin);
    header.last_ts_ns = Some(bounds.end.map_or(span.last, |end| end.min(span.last)));
    header.live_from_ns = bounds.live_from.or(header.live_from_ns.filter(|live| *live > bounds.begin));
    header.notes = format!("{}; cut", header.notes);
    let books = header.symbol_names().into_iter().map(|symbol| (symbol.to_owned(), Kept::default())).collect();
    let whole = bounds.begin <= span.first;
    write_whole(out, &header, |writer| {
        let mut cutter = Cutter { bounds, clock_error, books, begun: whole, report: Report::default() };
        for line in tape.into_lines() {
            let line = line?;
            match cutter.judge(&line) {
                Place::Before => {}
                Place::Within => writer.write(&line).map_err(unwritable(out))?,
                Place::First => {
                    for snapshot in cutter.snapshots(from, line.recv_ts)? {
                        writer.write(&snapshot).map_err(unwritable(out))?;
                    }
                    writer.write(&line).map_err(unwritable(out))?;
                }
                Place::After => break,
            }
        }
        cutter.report.lines = writer.lines();
        Ok(cutter.report)
    })
}

enum Place {
    Before,
    First,
    Within,
    After,
}

struct Cutter {
    bounds: Bounds,
    clock_error: i64,
    books: BTreeMap<String, Kept>,
    begun: bool,
    report: Report,
}

impl Cutter {
    fn judge(&mut self, line: &Line) -> Place {
        let at = line.recv_ts - self.clock_error;
        if self.bounds.is_past(at) && self.begun {
            return Place::After;
        }
        let first = !self.begun && at >= self.bounds.begin;
        if !self.begun && !first {
            self.keep(line);
            return Place::Before;
        }
        self.begun = true;
        match line.stream_frame().as_ref().and_then(|frame| frame.stream.split_once('@')) {
            Some((_, "trade")) => self.report.prints += 1,
            Some((_, "depth@100ms" | "depth")) => self.report.diffs += 1,
            _ => {}
        }
        if first { Place::First } else { Place::Within }
    }

    fn keep(&mut self, line: &Line) {
        match &line.content {
            Content::Frame(frame) => {
                if let Ok(Frame::Depth(diff)) = parse_frame(frame.get().as_bytes(), line.recv_ts)
                    && let Some(kept) = self.books.get_mut(diff.symbol.as_str())
                {
                    kept.diff(diff);
                }
            }
            Content::Rest { path, body } if path.starts_with("/api/v3/depth?") => {
                if let (Some(symbol), Ok(snapshot)) = (query_symbol(path), parse_snapshot(body.get().as_bytes()))
                    && let Some(kept) = self.books.get_mut(&symbol)
                {
                    kept.snapshot(&snapshot);
                }
            }
            Content::Rest { .. } | Content::Text(_) => {}
        }
    }

    fn snapshots(&self, from: &Path, recv_ts: UnixNanos) -> Result<Vec<Line>, ConvertError> {
        let answer = |(symbol, kept): (&String, &Kept)| {
            kept.answer(symbol, recv_ts).ok_or_else(|| {
                unusable(from, format!("the book of {symbol} is out of sync where the part begins: begin elsewhere"))
            })
        };
        self.books.iter().map(answer).collect()
    }
}
