//! Klines and rolling statistics, summed from one-second bars of the market's prints.

use std::collections::BTreeMap;

use common::market::{Side, TradePrint};
use common::number::Price;
use common::time::{NANOS_PER_SECOND, UnixNanos};

use super::interval::{Grid, SECOND};

/// Seconds of bars that are kept: one day, as far as the 24-hour statistics look back.
const KEPT_SECONDS: i64 = 86_400;

/// One kline. Sums of quantities count hundred-millionths, sums of `price * quantity` their squares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kline {
    /// First nanosecond.
    pub start: UnixNanos,
    /// First nanosecond after it.
    pub end: UnixNanos,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Base units traded.
    pub volume: i128,
    /// Quote units traded.
    pub quote_volume: i128,
    /// Base units bought by takers.
    pub taker_volume: i128,
    /// Quote units spent by takers.
    pub taker_quote_volume: i128,
    /// Number of prints.
    pub trades: u64,
    /// Ids of the first and last print; none where nothing traded.
    pub ids: Option<(u64, u64)>,
}

impl Kline {
    fn empty(start: UnixNanos, end: UnixNanos, price: Price) -> Self {
        Self {
            start,
            end,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 0,
            quote_volume: 0,
            taker_volume: 0,
            taker_quote_volume: 0,
            trades: 0,
            ids: None,
        }
    }

    fn of_print(start: UnixNanos, print: &TradePrint) -> Self {
        let quantity = i128::from(print.quantity.raw());
        let quote = quantity * i128::from(print.price.raw());
        let (taker, taker_quote) = if print.side == Side::Buy { (quantity, quote) } else { (0, 0) };
        Self {
            volume: quantity,
            quote_volume: quote,
            taker_volume: taker,
            taker_quote_volume: taker_quote,
            trades: 1,
            ids: Some((print.trade_id, print.trade_id)),
            ..Self::empty(start, SECOND.next(start), print.price)
        }
    }

    fn absorb(&mut self, later: &Self) {
        let Some((first, last)) = later.ids else { return };
        if self.ids.is_none() {
            let (start, end) = (self.start, self.end);
            *self = Self { start, end, ..*later };
            return;
        }
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.volume += later.volume;
        self.quote_volume += later.quote_volume;
        self.taker_volume += later.taker_volume;
        self.taker_quote_volume += later.taker_quote_volume;
        self.trades += later.trades;
        self.ids = self.ids.map(|(own_first, own_last)| (own_first.min(first), own_last.max(last)));
    }
}

/// The one-second bars of one symbol.
#[derive(Clone, Debug, Default)]
pub struct Bars {
    /// Seconds in which something traded, by second since the epoch.
    seconds: BTreeMap<i64, Kline>,
}

impl Bars {
    /// Adds a print to the second in which it traded.
    pub fn add(&mut self, print: &TradePrint) {
        let start = SECOND.floor(print.exchange_ts);
        let bar = Kline::of_print(start, print);
        self.seconds.entry(start.0 / NANOS_PER_SECOND).and_modify(|known| known.absorb(&bar)).or_insert(bar);
        while let Some((&first, _)) = self.seconds.first_key_value() {
            let Some((&last, _)) = self.seconds.last_key_value() else { break };
            if first + KEPT_SECONDS >= last {
                break;
            }
            self.seconds.remove(&first);
        }
    }

    /// The bar that starts at `start`; none before the first print. Without prints it repeats the last price.
    #[must_use]
    pub fn kline(&self, grid: Grid, start: UnixNanos) -> Option<Kline> {
        let end = grid.next(start);
        self.sum(start, end)
    }

    /// Everything between two times as one bar; none before the first print.
    #[must_use]
    pub fn sum(&self, start: UnixNanos, end: UnixNanos) -> Option<Kline> {
        let (from, to) = (ceil_second(start), ceil_second(end));
        let mut inside = self.seconds.range(from..to.max(from)).map(|(_, bar)| bar);
        if let Some(first) = inside.next() {
            let mut total = Kline { start, end, ..*first };
            inside.for_each(|bar| total.absorb(bar));
            return Some(total);
        }
        let (_, before) = self.seconds.range(..from).next_back()?;
        Some(Kline::empty(start, end, before.close))
    }

    /// Bars in order of time: from `from` on where given, else the last ones up to `to`; never past `now`.
    #[must_use]
    pub fn klines(
        &self,
        grid: Grid,
        (from, to): (Option<UnixNanos>, Option<UnixNanos>),
        limit: usize,
        now: UnixNanos,
    ) -> Vec<Kline> {
        let Some((&first, _)) = self.seconds.first_key_value() else { return Vec::new() };
        let oldest = grid.floor(UnixNanos(first * NANOS_PER_SECOND));
        let newest = grid.floor(to.map_or(now, |to| to.min(now)));
        let mut start = match from {
            Some(from) if grid.floor(from) == from => from,
            Some(from) => grid.next(grid.floor(from)),
            None => (1..limit).fold(newest, |start, _| if start > oldest { grid.previous(start) } else { start }),
        }
        .max(oldest);
        let mut found = Vec::new();
        while found.len() < limit && start <= newest {
            found.extend(self.kline(grid, start));
            start = grid.next(start);
        }
        found
    }
}

fn ceil_second(at: UnixNanos) -> i64 {
    (at.0 + NANOS_PER_SECOND - 1).div_euclid(NANOS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::interval::Interval;
    use common::market::Symbol;

    const SECONDS: Grid = SECOND.on_clock(0);

    fn print(trade_id: u64, second: i64, price: &str, side: Side) -> TradePrint {
        TradePrint {
            symbol: Symbol::new("TRXUSDT"),
            trade_id,
            price: price.parse().unwrap(),
            quantity: "2".parse().unwrap(),
            side,
            exchange_ts: UnixNanos(second * NANOS_PER_SECOND + 7),
            recv_ts: UnixNanos(second * NANOS_PER_SECOND + 9),
        }
    }

    fn bars() -> Bars {
        let mut bars = Bars::default();
        for (id, second, price, side) in [
            (1, 100, "0.5", Side::Buy),
            (2, 100, "0.4", Side::Sell),
            (3, 103, "0.6", Side::Sell),
            (4, 121, "0.3", Side::Buy),
        ] {
            bars.add(&print(id, second, price, side));
        }
        bars
    }

    #[test]
    fn a_quiet_second_repeats_the_last_price() {
        let quiet = bars().kline(SECONDS, UnixNanos(101 * NANOS_PER_SECOND)).unwrap();
        assert_eq!((quiet.open, quiet.close, quiet.trades, quiet.ids), (quiet.high, quiet.low, 0, None));
        assert_eq!(quiet.close.to_string(), "0.4");
        assert_eq!(bars().kline(SECONDS, UnixNanos(99 * NANOS_PER_SECOND)), None, "nothing is known before");
    }

    #[test]
    fn minutes_are_sums_of_seconds() {
        let minute = Interval::named("1m").unwrap().on_clock(0);
        let bar = bars().kline(minute, UnixNanos(60 * NANOS_PER_SECOND)).unwrap();
        let text = [bar.open, bar.high, bar.low, bar.close].map(|price| price.to_string());
        assert_eq!(text, ["0.5", "0.6", "0.4", "0.6"]);
        assert_eq!((bar.trades, bar.ids, bar.volume), (3, Some((1, 3)), 600_000_000));
        assert_eq!(bar.taker_volume, 200_000_000);
        assert_eq!(bar.quote_volume, 3 * 10_i128.pow(16));
    }

    #[test]
    fn queries_select_by_start_end_and_limit() {
        let bars = bars();
        let now = UnixNanos(122 * NANOS_PER_SECOND);
        let second = |second: i64| UnixNanos(second * NANOS_PER_SECOND);
        let starts = |range, limit| {
            bars.klines(SECONDS, range, limit, now).iter().map(|bar| bar.start.0 / NANOS_PER_SECOND).collect::<Vec<_>>()
        };
        assert_eq!(starts((None, None), 3), [120, 121, 122]);
        assert_eq!(starts((Some(second(102)), None), 2), [102, 103]);
        assert_eq!(starts((None, Some(second(103))), 2), [102, 103]);
        assert_eq!(starts((Some(second(102)), Some(second(102))), 9), [102]);
        assert_eq!(starts((None, None), 1000).len(), 23, "never before the first print");
    }
}
