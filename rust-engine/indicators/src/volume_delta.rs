//! Indicator 5: how one-sided the aggressors are.

use crate::market::{NANOS_PER_SECOND, Side};
use crate::rolling::{MIN_BASELINE_SAMPLES, RollingMoments};
use crate::timed_sum::TimedSum;
use crate::verdict::Verdict;

/// D = buy minus sell volume of the `window_seconds` that end now; z is its score among such sums before.
///
/// The baseline takes one sum per second; its deviation is at least one lot. Fires when z < -`z_threshold`. `value` is z,
/// `baseline` the mean sum. Source: aggressor imbalance as in VPIN, Easley, López de Prado & O'Hara 2012, in clock time.
#[derive(Clone, Debug)]
pub struct VolumeDelta {
    /// As of the last judgement.
    pub verdict: Verdict,
    /// The baseline's samples.
    pub sums: RollingMoments,
    threshold: f64,
    lot_size: f64,
    stdev: f64,
    window: TimedSum,
}

impl VolumeDelta {
    /// Before any print; `lot_size` in base units.
    #[must_use]
    pub fn new(window_seconds: usize, baseline_seconds: usize, z_threshold: f64, lot_size: f64) -> Self {
        Self {
            verdict: Verdict::default(),
            sums: RollingMoments::new(baseline_seconds, MIN_BASELINE_SAMPLES),
            threshold: -z_threshold,
            lot_size,
            stdev: lot_size,
            window: TimedSum::new(window_seconds as i64 * NANOS_PER_SECOND),
        }
    }

    /// Counts a print; `side` is the aggressor's, `quantity` in base units.
    pub fn add(&mut self, ts_ns: i64, side: Side, quantity: f64) {
        let sign = u64::from(side == Side::Sell) << 63; // no branch: it would be wrong every other time
        self.window.add(ts_ns, f64::from_bits(quantity.to_bits() ^ sign));
    }

    /// Judges the window that ends at `now_ns`; true when it fires.
    #[inline]
    pub fn judge(&mut self, now_ns: i64) -> bool {
        self.window.advance(now_ns);
        if !self.verdict.ready {
            return false;
        }
        let z = (self.window.total() - self.verdict.baseline) / self.stdev;
        self.verdict.show(z, z.abs(), z < self.threshold);
        self.verdict.fired
    }

    /// A sum of closed seconds, old enough not to overlap the window, joins the baseline.
    pub fn sample(&mut self, total: f64) {
        self.sums.push(total);
        self.refresh();
    }

    /// Works the baseline out anew from its samples; see [`RollingMoments::rebuild`].
    pub fn rebuild(&mut self) {
        self.sums.rebuild();
        self.refresh();
    }

    /// Takes mean and deviation from the baseline.
    pub fn refresh(&mut self) {
        self.verdict.ready = self.sums.is_ready();
        self.verdict.baseline = self.sums.mean();
        self.stdev = self.sums.stdev().max(self.lot_size);
    }

    /// Takes the instrument's lot size, in base units: the floor under the deviation.
    pub fn set_lot_size(&mut self, lot_size: f64) {
        self.lot_size = lot_size;
        self.refresh();
    }

    /// Judges by another threshold from now on.
    pub(crate) fn set_threshold(&mut self, z_threshold: f64) {
        self.threshold = -z_threshold;
    }

    /// Starts the short window anew; the baseline stays.
    pub fn forget(&mut self) {
        self.window.clear();
    }
}
