//! Indicator 4: the spread against its own five minutes.

use crate::rolling_median::RollingMedian;
use crate::verdict::Verdict;

const BASIS_POINT: f64 = 1e-4;

/// s = (ask - bid) / mid; s₀ = median of s sampled once a second, at least one tick / mid.
///
/// Fires when s / s₀ > `multiplier` and s ≥ `min_bps` (1 bp = 0.0001). Stands until the next book; ready from
/// `warmup_seconds` samples on.
#[derive(Clone, Debug)]
pub struct Spread {
    /// As of the last book.
    pub verdict: Verdict,
    /// The baseline's samples.
    pub samples: RollingMedian,
    multiplier: f64,
    min_spread: f64,
    tick_size: f64,
    /// The newest sample, kept out of the baseline that judges its second.
    pending: f64,
    spread: f64,
    judged_past_mark: bool,
}

impl Spread {
    /// Without a book; `tick_size` in quote units.
    #[must_use]
    pub fn new(baseline_seconds: usize, warmup_seconds: usize, multiplier: f64, min_bps: f64, tick_size: f64) -> Self {
        Self {
            verdict: Verdict::default(),
            samples: RollingMedian::new(baseline_seconds, warmup_seconds),
            multiplier,
            min_spread: min_bps * BASIS_POINT,
            tick_size,
            pending: 0.0,
            spread: 0.0,
            judged_past_mark: false,
        }
    }

    /// Judges a new book; the guards have seen to 0 < best bid < best ask.
    pub fn update(&mut self, best_bid: f64, best_ask: f64) {
        let total = best_ask + best_bid;
        let spread = 2.0 * (best_ask - best_bid) / total;
        self.spread = spread;
        self.judged_past_mark = self.samples.is_past_mark();
        if !self.samples.is_ready() {
            return;
        }
        let floor = 2.0 * self.tick_size / total;
        let median = self.samples.median();
        let baseline = if median < floor { floor } else { median };
        self.verdict.ready = true;
        self.verdict.baseline = baseline;
        let ratio = spread / baseline;
        self.verdict.show(spread, ratio, self.fires(spread, ratio));
    }

    fn fires(&self, spread: f64, ratio: f64) -> bool {
        ratio > self.multiplier && spread >= self.min_spread
    }

    /// Judges by other thresholds from now on, the last book too.
    pub(crate) fn set_thresholds(&mut self, multiplier: f64, min_bps: f64) {
        (self.multiplier, self.min_spread) = (multiplier, min_bps * BASIS_POINT);
        self.verdict.fired = self.verdict.ready && self.fires(self.verdict.value, self.verdict.ratio);
    }

    /// A second passed: the sample before joins the baseline, what stands now (to `take`) is next.
    ///
    /// While `frozen` nothing joins, and nothing is kept to join later.
    pub fn sample(&mut self, take: bool, frozen: bool) {
        if self.pending > 0.0 && !frozen {
            self.samples.push(self.pending);
        }
        self.pending = if take && !frozen { self.spread } else { 0.0 };
    }

    /// From here on it is asked if everything has been replaced.
    pub(crate) fn mark(&mut self) {
        self.samples.mark();
        self.judged_past_mark = false;
    }

    /// Was the last book judged by samples that have all come since the mark?
    pub(crate) fn is_past_mark(&self) -> bool {
        self.judged_past_mark
    }

    /// Of the last believed book, ready or not; 0 without one.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.spread
    }

    /// What is usual; none until it is ready.
    #[must_use]
    pub fn usual(&self) -> Option<f64> {
        self.verdict.ready.then_some(self.verdict.baseline)
    }

    /// Takes the instrument's tick size, in quote units: the floor under the baseline.
    pub fn set_tick_size(&mut self, tick_size: f64) {
        self.tick_size = tick_size;
    }

    /// The book is not believed any more; the baseline stays.
    pub fn forget(&mut self) {
        self.spread = 0.0;
        self.pending = 0.0;
        self.verdict.not_ready();
    }
}
