//! What each closed second adds to the picture: candles of the chosen length, their ranges, the local extremes.

use crate::extremes::LocalExtremes;
use crate::market::{Bar, NANOS_PER_SECOND};
use crate::rolling::sum;
use crate::rolling_median::RollingMedian;

/// What is watched of the candles, by the names of its keys in the configuration; all of them at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the configuration's schema documents each key")]
pub struct CandleRules {
    pub candle_seconds: u32,
    pub extremum_window_seconds: usize,
    pub range_window_samples: usize,
    pub min_range_samples: usize,
}

/// Follows the closed one-second bars of one symbol, asleep and awake.
///
/// ```
/// use indicators::{Bar, CandleRules, CandleWatch};
/// let rules = CandleRules { candle_seconds: 2, extremum_window_seconds: 5, range_window_samples: 9, min_range_samples: 1 };
/// let mut watch = CandleWatch::new(rules);
/// let bars = [0, 1, 2].map(|second| Bar { volume: 4.0, ..Bar::flat(second * 1_000_000_000, 0.3) });
/// watch.close(&bars);
/// assert_eq!(watch.completed(), &[Bar { volume: 8.0, ..bars[0] }]);
/// ```
#[derive(Clone, Debug)]
pub struct CandleWatch {
    rules: CandleRules,
    extremes: LocalExtremes,
    ranges: RollingMedian,
    median_range: Option<f64>,
    /// Seconds of the candle that has not closed.
    parts: Vec<Bar>,
    completed: Vec<Bar>,
    before: Option<Bar>,
}

impl CandleWatch {
    /// Before the first bar.
    #[must_use]
    pub fn new(rules: CandleRules) -> Self {
        Self {
            rules,
            extremes: LocalExtremes::new(rules.extremum_window_seconds),
            ranges: RollingMedian::new(rules.range_window_samples, rules.min_range_samples),
            median_range: None,
            parts: Vec::new(),
            completed: Vec::new(),
            before: None,
        }
    }

    /// Starts again from these closed bars, oldest first; their candles are of the past.
    pub fn rebuild(&mut self, bars: &[Bar]) {
        let before = self.completed.last().copied().or(self.before);
        *self = Self { before, ..Self::new(self.rules) };
        for bar in bars {
            self.take(bar);
        }
    }

    /// Takes the next closed seconds, oldest first.
    pub fn close(&mut self, bars: &[Bar]) {
        self.before = self.completed.last().copied().or(self.before);
        self.completed.clear();
        for bar in bars {
            if let Some(candle) = self.take(bar) {
                self.completed.push(candle);
            }
        }
    }

    fn take(&mut self, bar: &Bar) -> Option<Bar> {
        if self.extremes.close(bar) {
            self.ranges.refill(&[]);
        }
        let candle = self.candle(bar)?;
        self.median_range = self.ranges.is_ready().then(|| self.ranges.median());
        if candle.trade_count > 0 {
            self.ranges.push(candle.range_pct());
        }
        Some(candle)
    }

    fn candle(&mut self, bar: &Bar) -> Option<Bar> {
        let seconds = i64::from(self.rules.candle_seconds);
        if seconds == 1 {
            return Some(*bar);
        }
        self.parts.push(*bar);
        if (bar.start_ns.div_euclid(NANOS_PER_SECOND) + 1).rem_euclid(seconds) != 0 {
            return None;
        }
        let candle = merged(&self.parts);
        self.parts.clear();
        candle
    }

    /// The candles that the last closed seconds completed, oldest first.
    #[must_use]
    pub fn completed(&self) -> &[Bar] {
        &self.completed
    }

    /// The candle before those; None where none was.
    #[must_use]
    pub fn before(&self) -> Option<&Bar> {
        self.before.as_ref()
    }

    /// The middle of the ranges that the newest candle is judged by, which do not contain its own.
    ///
    /// None after a new local extreme, until enough candles have traded since.
    #[must_use]
    pub fn median_range(&self) -> Option<f64> {
        self.median_range
    }

    /// Closed seconds after the one that made the last new 60-second low; None when none was made.
    #[must_use]
    pub fn seconds_since_low(&self) -> Option<u64> {
        self.extremes.seconds_since_low()
    }
}

/// Joins consecutive bars into one; prices are those of the bars that traded, where any did.
fn merged(bars: &[Bar]) -> Option<Bar> {
    let (first, last) = (bars.first()?, bars.last()?);
    if bars.len() == 1 {
        return Some(*first);
    }
    let silent = bars.iter().all(|bar| bar.trade_count == 0);
    let traded = || bars.iter().filter(|bar| silent || bar.trade_count > 0);
    Some(Bar {
        start_ns: first.start_ns,
        open: traded().next()?.open,
        high: traded().map(|bar| bar.high).fold(f64::NEG_INFINITY, f64::max),
        low: traded().map(|bar| bar.low).fold(f64::INFINITY, f64::min),
        close: last.close,
        volume: sum(bars.iter().map(|bar| bar.volume)),
        buy_volume: sum(bars.iter().map(|bar| bar.buy_volume)),
        sell_volume: sum(bars.iter().map(|bar| bar.sell_volume)),
        trade_count: bars.iter().map(|bar| bar.trade_count).sum(),
    })
}
