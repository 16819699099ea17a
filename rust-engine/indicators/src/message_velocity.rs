//! Indicator 6: how fast the market talks, in prints and in changed price levels.

use crate::market::NANOS_PER_SECOND;
use crate::rolling::{MIN_BASELINE_SAMPLES, RollingMean};
use crate::timed_count::TimedCount;
use crate::timed_sum::TimedSum;
use crate::verdict::Verdict;

const FLOOR: f64 = 1.0;

/// λ = prints, and changed price levels, of the second that ends now, against their baselines.
///
/// Levels, not frames: diff frames come every 100 ms whatever happens. Fires when each count is over `multiplier` times
/// its baseline (mean per second, at least 1) and both together are at least `min_messages`. `value` is the sum, `ratio`
/// the smaller of the two ratios.
#[derive(Clone, Debug)]
pub struct MessageVelocity {
    /// As of the last judgement.
    pub verdict: Verdict,
    /// The baseline's samples of prints.
    pub print_counts: RollingMean,
    /// The baseline's samples of changed levels.
    pub level_counts: RollingMean,
    multiplier: f64,
    min_messages: f64,
    prints: TimedCount,
    levels: TimedSum,
    /// The newest count of levels, kept out of the baseline that judges its second.
    pending: Option<f64>,
    prints_baseline: f64,
    levels_baseline: f64,
}

impl MessageVelocity {
    /// Before any message.
    #[must_use]
    pub fn new(baseline_seconds: usize, warmup_seconds: usize, multiplier: f64, min_messages: f64) -> Self {
        Self {
            verdict: Verdict::default(),
            print_counts: RollingMean::new(baseline_seconds, MIN_BASELINE_SAMPLES),
            level_counts: RollingMean::new(baseline_seconds, warmup_seconds),
            multiplier,
            min_messages,
            prints: TimedCount::new(NANOS_PER_SECOND),
            levels: TimedSum::new(NANOS_PER_SECOND),
            pending: None,
            prints_baseline: FLOOR,
            levels_baseline: FLOOR,
        }
    }

    /// Counts a print.
    pub fn add_print(&mut self, ts_ns: i64) {
        self.prints.add(ts_ns);
    }

    /// Counts the price levels that a book update changed.
    pub fn add_levels(&mut self, ts_ns: i64, changed_levels: i64) {
        self.levels.add(ts_ns, changed_levels as f64);
    }

    /// Judges the second that ends at `now_ns`; true when it fires.
    #[inline]
    pub fn judge(&mut self, now_ns: i64) -> bool {
        self.prints.advance(now_ns);
        self.levels.advance(now_ns);
        if !self.verdict.ready {
            return false;
        }
        let prints_ratio = self.prints.total() / self.prints_baseline;
        let levels_ratio = self.levels.total() / self.levels_baseline;
        let ratio = if levels_ratio < prints_ratio { levels_ratio } else { prints_ratio };
        let total = self.prints.total() + self.levels.total();
        self.verdict.show(total, ratio, ratio > self.multiplier && total >= self.min_messages);
        self.verdict.fired
    }

    /// The print count of a closed second joins the baseline.
    pub fn sample_prints(&mut self, count: f64) {
        self.print_counts.push(count);
        self.refresh();
    }

    /// A second ended at `now_ns`: the count before joins the baseline, its own (to `take`) is next.
    ///
    /// While `frozen` nothing joins, and nothing is kept to join later.
    pub fn sample_levels(&mut self, now_ns: i64, take: bool, frozen: bool) {
        if let Some(count) = self.pending.filter(|_| !frozen) {
            self.level_counts.push(count);
            self.refresh();
        }
        self.levels.advance(now_ns);
        self.pending = (take && !frozen).then(|| self.levels.total());
    }

    /// Takes both baselines from their samples.
    pub fn refresh(&mut self) {
        self.verdict.ready = self.print_counts.is_ready() && self.level_counts.is_ready();
        self.prints_baseline = self.print_counts.mean().max(FLOOR);
        self.levels_baseline = self.level_counts.mean().max(FLOOR);
        self.verdict.baseline = self.prints_baseline + self.levels_baseline;
    }

    /// Judges by other thresholds from now on.
    pub(crate) fn set_thresholds(&mut self, multiplier: f64, min_messages: f64) {
        (self.multiplier, self.min_messages) = (multiplier, min_messages);
    }

    /// Starts the short windows anew; the baselines stay.
    pub fn forget(&mut self) {
        self.prints.clear();
        self.levels.clear();
        self.pending = None;
    }
}
