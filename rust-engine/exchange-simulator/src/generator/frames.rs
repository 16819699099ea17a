//! The venue's own frames, as it prints them.

use std::fmt::Write as _;

use common::market::Side;
use common::time::UnixNanos;
use tape::Line;

use super::ladder::{Diff, Ladder};
use super::symbol::Market;
use crate::digits::Fixed;

/// Prints frames of one market; times are microseconds of the venue's clock.
pub(crate) struct Printer {
    symbol: String,
    stream: String,
    tick: i64,
    step: i64,
}

/// One print of the market, as the trade stream tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Print {
    pub(crate) id: u64,
    pub(crate) ticks: i64,
    pub(crate) lots: i64,
    pub(crate) aggressor: Side,
    pub(crate) micros: i64,
}

impl Printer {
    pub(crate) fn new(market: &Market) -> Self {
        Self {
            symbol: market.symbol.clone(),
            stream: market.stream_name(),
            tick: market.tick.raw(),
            step: market.step.raw(),
        }
    }

    fn price(&self, ticks: i64) -> Fixed {
        Fixed(ticks * self.tick)
    }

    fn quantity(&self, lots: i64) -> Fixed {
        Fixed(lots * self.step)
    }

    fn levels(&self, out: &mut String, levels: impl Iterator<Item = (i64, i64)>) {
        for (nth, (ticks, lots)) in levels.enumerate() {
            let comma = if nth == 0 { "" } else { "," };
            let _ = write!(out, r#"{comma}["{}","{}"]"#, self.price(ticks), self.quantity(lots));
        }
    }

    /// The REST snapshot of the whole book.
    pub(crate) fn snapshot(&self, ladder: &Ladder, recv_ts: UnixNanos) -> Line {
        const LIMIT: usize = 5_000;
        let mut body = format!(r#"{{"lastUpdateId":{},"bids":["#, ladder.update_id());
        let of = |level: (&i64, &i64)| (*level.0, *level.1);
        self.levels(&mut body, ladder.side(Side::Buy).iter().rev().take(LIMIT).map(of));
        body.push_str(r#"],"asks":["#);
        self.levels(&mut body, ladder.side(Side::Sell).iter().take(LIMIT).map(of));
        body.push_str("]}");
        let path = format!("/api/v3/depth?symbol={}&limit={LIMIT}", self.symbol);
        Line::rest(recv_ts, &path, &body).expect("printed as JSON two lines above")
    }

    pub(crate) fn depth(&self, diff: &Diff, event_micros: i64, recv_ts: UnixNanos) -> Line {
        let mut frame = String::with_capacity(160 + 36 * (diff.bids.len() + diff.asks.len()));
        let _ = write!(
            frame,
            r#"{{"stream":"{}@depth@100ms","data":{{"e":"depthUpdate","E":{event_micros},"s":"{}","U":{},"u":{},"b":["#,
            self.stream, self.symbol, diff.first_update_id, diff.final_update_id
        );
        self.levels(&mut frame, diff.bids.iter().copied());
        frame.push_str(r#"],"a":["#);
        self.levels(&mut frame, diff.asks.iter().copied());
        frame.push_str("]}}");
        Line::frame(recv_ts, &frame)
    }

    pub(crate) fn trade(&self, print: &Print, event_micros: i64, recv_ts: UnixNanos) -> Line {
        let frame = format!(
            concat!(
                r#"{{"stream":"{}@trade","data":{{"e":"trade","E":{},"s":"{}","t":{},"p":"{}","q":"{}","T":{},"#,
                r#""m":{},"M":true}}}}"#
            ),
            self.stream,
            event_micros,
            self.symbol,
            print.id,
            self.price(print.ticks),
            self.quantity(print.lots),
            print.micros,
            print.aggressor == Side::Sell
        );
        Line::frame(recv_ts, &frame)
    }

    /// The best level of both sides; `None` while a side is empty.
    pub(crate) fn book_ticker(&self, ladder: &Ladder, recv_ts: UnixNanos) -> Option<Line> {
        let (bid, ask) = (ladder.best(Side::Buy)?, ladder.best(Side::Sell)?);
        let frame = format!(
            r#"{{"stream":"{}@bookTicker","data":{{"u":{},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}"}}}}"#,
            self.stream,
            ladder.update_id(),
            self.symbol,
            self.price(bid),
            self.quantity(ladder.lots(Side::Buy, bid)),
            self.price(ask),
            self.quantity(ladder.lots(Side::Sell, ask))
        );
        Some(Line::frame(recv_ts, &frame))
    }
}
