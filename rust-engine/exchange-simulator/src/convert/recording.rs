//! Raw recordings: the venue's own frames and answers, kept word for word, merged by time of receipt.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use common::market::Level;
use common::number::{Price, Qty};
use common::time::UnixNanos;
use feed_handler::binance::{Frame, parse_frame, parse_snapshot};
use tape::{Content, Header, Line, Source, write_whole};

use super::input::{Kind, with_reader};
use super::{Conversion, ConvertError, Refusals, Report, unreadable, unusable, unwritable};
use crate::generator::Market;

/// A recording in order of receipt, and what it tells of its markets.
#[derive(Default)]
struct Recording {
    lines: Vec<Line>,
    grids: BTreeMap<String, (i64, i64)>,
    /// Receive time less exchange time, at its least: below zero only by an error of the recorder's clock.
    least_delay: Option<i64>,
    first: Option<UnixNanos>,
    last: Option<UnixNanos>,
    refused: Refusals,
}

pub(super) fn convert(conversion: &Conversion, kinds: &[Kind], out: &Path) -> Result<Report, ConvertError> {
    let mut recording = Recording::default();
    for (path, kind) in conversion.inputs.iter().zip(kinds) {
        recording.read(path, *kind, conversion.symbol.as_deref())?;
    }
    recording.lines.sort_by_key(|line| line.recv_ts);
    recording.survey();
    let path = &conversion.inputs[0];
    let (Some(first), Some(last)) = (recording.first, recording.last) else {
        return Err(unusable(path, "it holds no frame that tells a time"));
    };
    let bounds = conversion.part.bounds(first, last)?;
    if bounds.begin > first {
        return Err(unusable(path, "a recording is converted from its beginning on: cut the tape afterwards"));
    }
    let markets = recording.markets()?;
    if markets.is_empty() {
        return Err(unusable(path, "it holds no frame of a market that is known here"));
    }
    let mut header = Header::new(Source::Converted, markets.iter().map(Market::exchange_info).collect());
    header.clock_error_ns = recording.least_delay.unwrap_or(0).min(0);
    header.first_ts_ns = Some(first);
    header.last_ts_ns = Some(bounds.end.map_or(last, |end| end.min(last)));
    header.live_from_ns = bounds.live_from;
    let names: Vec<_> = conversion.inputs.iter().map(|path| super::input::file_name(path)).collect();
    header.notes = format!("frames of {}, as they were received", names.join(", "));
    write_whole(out, &header, |writer| {
        let mut report = Report { refused: recording.refused, ..Report::default() };
        let clock_error = header.clock_error_ns;
        for line in recording.lines.iter().filter(|line| !bounds.is_past(line.recv_ts - clock_error)) {
            match parsed(line) {
                Some(Frame::Trade(_)) => report.prints += 1,
                Some(Frame::Depth(_)) => report.diffs += 1,
                _ => {}
            }
            writer.write(line).map_err(unwritable(out))?;
        }
        report.lines = writer.lines();
        Ok(report)
    })
}

fn parsed(line: &Line) -> Option<Frame> {
    match &line.content {
        Content::Frame(frame) => parse_frame(frame.get().as_bytes(), line.recv_ts).ok(),
        Content::Rest { .. } | Content::Text(_) => None,
    }
}

impl Recording {
    fn read(&mut self, path: &Path, kind: Kind, symbol: Option<&str>) -> Result<(), ConvertError> {
        with_reader(path, |reader| {
            let mut bytes = Vec::new();
            let mut reader = BufReader::new(reader);
            let mut number = 0;
            loop {
                bytes.clear();
                if reader.read_until(b'\n', &mut bytes).map_err(unreadable(path))? == 0 {
                    return Ok(());
                }
                number += 1;
                let text = String::from_utf8_lossy(bytes.trim_ascii_end());
                if text.is_empty() {
                    continue;
                }
                let line = match kind {
                    Kind::StampedFrames => self.stamped(&text, symbol),
                    Kind::ConnectionLog if number == 1 => continue,
                    Kind::ConnectionLog => connection_line(&text),
                    Kind::RequestLog => request_line(&text),
                    Kind::Rows(_) => return Err(unusable(path, "rows are no recording")),
                };
                match line {
                    Ok(line) => self.lines.push(line),
                    Err(reason) => self.refused.add(path, number, reason),
                }
            }
        })
    }

    /// A line of stamped frames; a snapshot stands among them without its path.
    fn stamped(&self, text: &str, symbol: Option<&str>) -> Result<Line, &'static str> {
        let (stamp, frame) = text.split_once(' ').ok_or("no receive time")?;
        let recv_ts = stamp.parse().map(UnixNanos).map_err(|_| "no receive time")?;
        if !frame.starts_with("{\"lastUpdateId\"") {
            return Ok(Line::frame(recv_ts, frame));
        }
        let told = || self.lines.iter().find_map(|line| symbol_of(line.stream_frame()?.stream.as_ref()));
        let symbol = symbol.map(str::to_owned).or_else(told).ok_or("a snapshot of no known market")?;
        let path = format!("/api/v3/depth?symbol={symbol}&limit=1000");
        Line::rest(recv_ts, &path, frame).map_err(|_| "a snapshot that is no JSON")
    }

    /// Learns grids, span and clock error from what was read.
    fn survey(&mut self) {
        for line in &self.lines {
            if let Some(at) = line.exchange_ts() {
                let delay = line.recv_ts.since(at);
                self.least_delay = Some(self.least_delay.map_or(delay, |least| least.min(delay)));
                self.first = Some(self.first.map_or(at, |first| first.min(at)));
                self.last = Some(self.last.map_or(at, |last| last.max(at)));
            }
            let mut see = |symbol: &str, price: Price, quantity: Qty| {
                let grid = self.grids.entry(symbol.to_owned()).or_insert((1_000_000_000, 1_000_000_000));
                while price.raw() % grid.0 != 0 {
                    grid.0 /= 10;
                }
                while quantity.raw() % grid.1 != 0 {
                    grid.1 /= 10;
                }
            };
            match parsed(line) {
                Some(Frame::Trade(print)) => see(print.symbol.as_str(), print.price, print.quantity),
                Some(Frame::Depth(diff)) => {
                    levels(&diff.bids, &diff.asks)
                        .for_each(|level| see(diff.symbol.as_str(), level.price, level.quantity));
                }
                _ => {}
            }
            if let Content::Rest { path, body } = &line.content
                && let (Some(symbol), Ok(snapshot)) = (query_symbol(path), parse_snapshot(body.get().as_bytes()))
            {
                levels(&snapshot.bids, &snapshot.asks).for_each(|level| see(&symbol, level.price, level.quantity));
            }
        }
    }

    fn markets(&self) -> Result<Vec<Market>, ConvertError> {
        let market = |(symbol, &(tick, step)): (&String, &(i64, i64))| {
            let tick = Price::from_raw(tick).expect("a power of ten is not negative");
            let step = Qty::from_raw(step).expect("a power of ten is not negative");
            Market::new(symbol, tick, step).map_err(ConvertError::from)
        };
        self.grids.iter().map(market).collect()
    }
}

fn levels<'a>(bids: &'a [Level], asks: &'a [Level]) -> impl Iterator<Item = &'a Level> {
    bids.iter().chain(asks)
}

/// `btcusdt@trade` tells BTCUSDT.
fn symbol_of(stream: &str) -> Option<String> {
    stream.split_once('@').map(|(symbol, _)| symbol.to_uppercase())
}

/// The `symbol` of a path's query.
pub(super) fn query_symbol(path: &str) -> Option<String> {
    path.split_once('?')?.1.split('&').find_map(|pair| pair.strip_prefix("symbol=")).map(str::to_owned)
}

/// `<seconds>: <frame>`
fn connection_line(text: &str) -> Result<Line, &'static str> {
    let (stamp, frame) = text.split_once(": ").ok_or("no receive time")?;
    Ok(Line::frame(seconds(stamp)?, frame))
}

/// `<url> -> <seconds>: <answer>`
fn request_line(text: &str) -> Result<Line, &'static str> {
    let (url, rest) = text.split_once(" -> ").ok_or("no answer")?;
    let (stamp, body) = rest.split_once(": ").ok_or("no receive time")?;
    let path = url.find("/api/").map(|at| &url[at..]).ok_or("no path of the venue's")?;
    Line::rest(seconds(stamp)?, path, body).map_err(|_| "an answer that is no JSON")
}

/// Seconds with any number of decimals, read exactly.
fn seconds(text: &str) -> Result<UnixNanos, &'static str> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().map_err(|_| "no receive time")?;
    let digits = format!("{:0<9.9}", fraction);
    let nanos: i64 = digits.parse().map_err(|_| "no receive time")?;
    whole.checked_mul(1_000_000_000).map(|whole| UnixNanos(whole + nanos)).ok_or("no receive time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_read_to_the_nanosecond() {
        assert_eq!(seconds("1633998512.320639"), Ok(UnixNanos(1_633_998_512_320_639_000)));
        assert_eq!(seconds("1633998514.6462898"), Ok(UnixNanos(1_633_998_514_646_289_800)));
        assert_eq!(seconds("7"), Ok(UnixNanos(7_000_000_000)));
        assert!(seconds("7.x").is_err());
        let answer =
            request_line("https://h/api/v3/depth?symbol=NKNUSDT&limit=1000 -> 1.5: {\"lastUpdateId\":1}").unwrap();
        let Content::Rest { path, .. } = &answer.content else { panic!("{answer:?}") };
        assert_eq!(query_symbol(path).as_deref(), Some("NKNUSDT"));
    }
}
