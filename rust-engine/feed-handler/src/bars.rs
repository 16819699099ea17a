//! One-second bars of the last minutes, from history and from prints.

use std::collections::VecDeque;

use common::market::{Bar, Side, TradePrint};
use common::number::{Price, Qty};
use common::time::{NANOS_PER_SECOND, UnixNanos};

/// A run of consecutive one-second bars; a second without prints is flat at the last close.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    kept: usize,
    cells: VecDeque<Cell>,
}

#[derive(Clone, Debug)]
struct Cell {
    bar: Bar,
    last_trade_id: u64,
}

/// The second that a time lies in.
pub(crate) fn second_of(time: UnixNanos) -> UnixNanos {
    UnixNanos(time.0.div_euclid(NANOS_PER_SECOND) * NANOS_PER_SECOND)
}

fn flat(start: UnixNanos, price: Price) -> Bar {
    Bar {
        start,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Qty::ZERO,
        buy_volume: Qty::ZERO,
        trade_count: 0,
    }
}

impl Bars {
    /// Keeps the last `kept` seconds.
    pub(crate) const fn new(kept: usize) -> Self {
        Self { kept, cells: VecDeque::new() }
    }

    /// Adds one print, or an aggregate of `count` prints of which `print` names the last.
    pub(crate) fn add(&mut self, print: &TradePrint, count: u64) {
        let start = second_of(print.exchange_ts);
        self.extend_to(start, print.price);
        let Some(index) = self.index_of(start) else { return };
        let Some(cell) = self.cells.get_mut(index) else { return };
        let bar = &mut cell.bar;
        if bar.trade_count == 0 {
            (bar.open, bar.high, bar.low) = (print.price, print.price, print.price);
        }
        bar.high = bar.high.max(print.price);
        bar.low = bar.low.min(print.price);
        if print.trade_id > cell.last_trade_id || bar.trade_count == 0 {
            bar.close = print.price;
            cell.last_trade_id = print.trade_id;
        }
        bar.volume = bar.volume.checked_add(print.quantity).unwrap_or(bar.volume);
        if print.side == Side::Buy {
            bar.buy_volume = bar.buy_volume.checked_add(print.quantity).unwrap_or(bar.buy_volume);
        }
        bar.trade_count = bar.trade_count.saturating_add(count);
    }

    /// Puts history before the seconds from `until` on, which stay as the prints made them. `last_trade_id` is the
    /// newest print in the history.
    pub(crate) fn seed(&mut self, history: Vec<Bar>, until: UnixNanos, last_trade_id: u64) {
        let live: Vec<Cell> = self.cells.drain(..).filter(|cell| cell.bar.start >= until).collect();
        for bar in history.into_iter().filter(|bar| bar.start < until) {
            self.extend_to(bar.start, bar.open);
            if let Some(last) = self.cells.back_mut().filter(|last| last.bar.start == bar.start) {
                last.bar = bar;
            }
        }
        if let Some(newest) = self.cells.back_mut() {
            newest.last_trade_id = last_trade_id;
        }
        for cell in live {
            self.extend_to(cell.bar.start, cell.bar.open);
            if let Some(last) = self.cells.back_mut().filter(|last| last.bar.start == cell.bar.start) {
                *last = cell;
            }
        }
    }

    /// The bars that start before `until`, flat ones to the end included, and the newest print in them.
    pub(crate) fn closed(&mut self, until: UnixNanos) -> (Vec<Bar>, u64) {
        if let Some(close) = self.cells.back().map(|cell| cell.bar.close) {
            self.extend_to(until - NANOS_PER_SECOND, close);
        }
        let closed = self.cells.iter().take_while(|cell| cell.bar.start < until);
        let last_trade_id = closed.clone().map(|cell| cell.last_trade_id).max().unwrap_or(0);
        (closed.map(|cell| cell.bar.clone()).collect(), last_trade_id)
    }

    /// Appends flat bars up to the one that starts at `start`; the first ever opens at `price`.
    fn extend_to(&mut self, start: UnixNanos, price: Price) {
        let Some(newest) = self.cells.back() else {
            self.cells.push_back(Cell { bar: flat(start, price), last_trade_id: 0 });
            return;
        };
        let (mut next, close) = (newest.bar.start + NANOS_PER_SECOND, newest.bar.close);
        let kept_seconds = i64::try_from(self.kept).unwrap_or(i64::MAX / NANOS_PER_SECOND);
        if start.since(next) > kept_seconds * NANOS_PER_SECOND {
            self.cells.clear();
            next = start - (kept_seconds - 1) * NANOS_PER_SECOND;
        }
        while next <= start {
            if self.cells.len() == self.kept {
                self.cells.pop_front();
            }
            self.cells.push_back(Cell { bar: flat(next, close), last_trade_id: 0 });
            next = next + NANOS_PER_SECOND;
        }
    }

    fn index_of(&self, start: UnixNanos) -> Option<usize> {
        let oldest = self.cells.front()?.bar.start;
        usize::try_from(start.since(oldest) / NANOS_PER_SECOND).ok().filter(|_| start >= oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::market::Symbol;

    fn print(id: u64, seconds: f64, price: &str, side: Side) -> TradePrint {
        let ts = UnixNanos((seconds * 1e9) as i64);
        TradePrint {
            symbol: Symbol::new("X"),
            trade_id: id,
            price: price.parse().unwrap(),
            quantity: "2".parse().unwrap(),
            side,
            exchange_ts: ts,
            recv_ts: ts,
        }
    }

    fn closes(bars: &[Bar]) -> Vec<(i64, String, u64)> {
        bars.iter().map(|bar| (bar.start.0 / NANOS_PER_SECOND, bar.close.to_string(), bar.trade_count)).collect()
    }

    #[test]
    fn seconds_without_prints_are_flat_and_the_running_second_is_left_out() {
        let mut bars = Bars::new(10);
        bars.add(&print(1, 1.2, "100", Side::Buy), 1);
        bars.add(&print(2, 1.9, "99", Side::Sell), 1);
        bars.add(&print(3, 4.0, "101", Side::Buy), 1);
        let (closed, last) = bars.closed(UnixNanos(4 * NANOS_PER_SECOND));
        assert_eq!(closes(&closed), [(1, "99".into(), 2), (2, "99".into(), 0), (3, "99".into(), 0)]);
        assert_eq!(last, 2);
        assert_eq!((closed[0].open.to_string(), closed[0].buy_volume.to_string()), ("100".into(), "2".into()));
        let (closed, last) = bars.closed(UnixNanos(7 * NANOS_PER_SECOND));
        assert_eq!((closed.len(), last), (6, 3), "quiet seconds close too");
    }

    #[test]
    fn history_goes_before_what_the_prints_made() {
        let mut bars = Bars::new(4);
        for (id, second) in [(9, 1.5), (10, 2.5), (11, 4.5)] {
            bars.add(&print(id, second, "50", Side::Buy), 1);
        }
        let history = [0, 1].map(|second| flat(UnixNanos(second * NANOS_PER_SECOND), "40".parse().unwrap())).to_vec();
        bars.seed(history, UnixNanos(2 * NANOS_PER_SECOND), 9);
        let (closed, last) = bars.closed(UnixNanos(5 * NANOS_PER_SECOND));
        assert_eq!(
            closes(&closed),
            [(1, "40".into(), 0), (2, "50".into(), 1), (3, "50".into(), 0), (4, "50".into(), 1)],
            "the oldest went: four are kept"
        );
        assert_eq!(last, 11);
        assert_eq!(bars.closed(UnixNanos(2 * NANOS_PER_SECOND)).1, 9);
    }

    #[test]
    fn a_long_silence_costs_no_more_than_what_is_kept() {
        let mut bars = Bars::new(3);
        bars.add(&print(1, 0.0, "50", Side::Buy), 1);
        bars.add(&print(2, 1e6, "51", Side::Buy), 1);
        assert_eq!(closes(&bars.closed(UnixNanos((1e15 as i64) + NANOS_PER_SECOND)).0).len(), 3);
    }
}
