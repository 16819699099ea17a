//! What a market tells once a second: merged changes, bars, statistics.

use common::time::{NANOS_PER_SECOND, UnixNanos};

use super::Market;
use crate::event::{Event, Payload};
use crate::venue::interval::SECOND;
use crate::venue::ticker::Ticker;

const DAY_NS: i64 = 86_400 * NANOS_PER_SECOND;

impl Market {
    /// What is told once a second: `second` is the end of the second, `now` when it is told.
    pub fn each_second(&mut self, second: UnixNanos, now: UnixNanos, shift_ns: i64) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(depth) = self.merge.take(&self.symbol) {
            self.push(&mut events, &self.names.depth_slow, Payload::Depth(depth));
        }
        if std::mem::take(&mut self.changed_this_second) {
            self.partial(&self.names.partial_slow, &mut events);
        }
        self.klines(second, now, shift_ns, &mut events);
        if let Some(ticker) = self.ticker(DAY_NS, now) {
            for (name, mini) in [(&self.names.ticker, false), (&self.names.mini_ticker, true)] {
                self.push(&mut events, name, Payload::Ticker { ticker: ticker.clone(), event_ts: now, mini });
            }
        }
        events
    }

    fn klines(&self, second: UnixNanos, now: UnixNanos, shift_ns: i64, events: &mut Vec<Event>) {
        let even = second.0 / NANOS_PER_SECOND % 2 == 0;
        for (interval, name) in &self.names.klines {
            let grid = interval.on_clock(shift_ns);
            let start = grid.floor(second - 1);
            let closed = grid.next(start) == second;
            // One-second bars are told each second, all others every two seconds and when they end.
            if *interval != SECOND && !closed && !even {
                continue;
            }
            if let Some(bar) = self.bars.kline(grid, start) {
                let (symbol, interval) = (self.symbol.clone(), *interval);
                self.push(events, name, Payload::Kline { symbol, event_ts: now, interval, bar, closed });
            }
        }
    }

    /// Statistics of the span of `length_ns` that ends now; none before the first print.
    #[must_use]
    pub fn ticker(&self, length_ns: i64, now: UnixNanos) -> Option<Ticker> {
        let start = now - length_ns;
        let bar = self.bars.sum(start, now)?;
        let last = self.prints.last()?;
        let previous = self.bars.sum(start, start).map_or(bar.open, |before| before.close);
        let now_book = &self.books.now().book;
        Some(Ticker {
            symbol: self.symbol.clone(),
            bar,
            previous_close: previous,
            last_quantity: last.quantity.raw(),
            bid: now_book.best_bid().unwrap_or_default(),
            ask: now_book.best_ask().unwrap_or_default(),
        })
    }
}
