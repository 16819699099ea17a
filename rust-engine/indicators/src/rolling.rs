//! Statistics of the last N samples, one sample a second, in constant or logarithmic time per sample.
//!
//! Who holds a mean or moments builds their sums anew from time to time (`rebuild`), so that rounding does not accumulate.

use crate::samples::Samples;

/// A baseline of prints with fewer samples (seconds) than this is not ready.
pub const MIN_BASELINE_SAMPLES: usize = 30;

/// Mean of the last `capacity` samples; 0 while empty.
///
/// ```
/// use indicators::RollingMean;
/// let mut mean = RollingMean::new(2, 1);
/// for sample in [1.0, 3.0, 5.0] {
///     mean.push(sample);
/// }
/// assert_eq!(mean.mean(), 4.0);
/// ```
#[derive(Clone, Debug)]
pub struct RollingMean {
    samples: Samples,
    total: f64,
    rebuilt_past_mark: bool,
}

impl RollingMean {
    /// An empty ring, ready from `minimum` samples on.
    #[must_use]
    pub fn new(capacity: usize, minimum: usize) -> Self {
        Self { samples: Samples::new(capacity, minimum), total: 0.0, rebuilt_past_mark: false }
    }

    /// Takes a sample; the oldest leaves a full ring.
    pub fn push(&mut self, sample: f64) {
        if let Some(oldest) = self.samples.push(sample) {
            self.total -= oldest;
        }
        self.total += sample;
    }

    /// Adds the samples anew: the rounding of those that came and went is gone.
    pub fn rebuild(&mut self) {
        self.total = sum(self.samples.iter());
        self.rebuilt_past_mark = self.samples.is_past_mark();
    }

    /// From here on it is asked if everything has been replaced.
    pub(crate) fn mark(&mut self) {
        self.samples.mark();
        self.rebuilt_past_mark = false;
    }

    /// Has every sample been replaced since the mark? For whole numbers, whose sums do not round.
    pub(crate) fn is_past_mark(&self) -> bool {
        self.samples.is_past_mark()
    }

    /// Has every sample been replaced since the mark, and was the sum built anew since?
    pub(crate) fn is_rebuilt_past_mark(&self) -> bool {
        self.rebuilt_past_mark
    }

    /// Arithmetic mean of the samples held.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.samples.is_empty() { 0.0 } else { self.total / self.samples.count() }
    }

    /// Are there enough samples?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.samples.is_ready()
    }

    /// The samples held, oldest first.
    #[must_use]
    pub fn samples(&self) -> Vec<f64> {
        self.samples.iter().collect()
    }

    /// Forgets everything and takes `samples`, oldest first.
    pub fn refill(&mut self, samples: &[f64]) {
        self.samples.clear();
        self.total = 0.0;
        for &sample in samples {
            self.push(sample);
        }
    }
}

/// Mean and population standard deviation of the last `capacity` samples; 0 while empty.
///
/// Replaces samples by Welford's recurrence, which does not subtract large squares from each other.
///
/// ```
/// use indicators::RollingMoments;
/// let mut moments = RollingMoments::new(4, 1);
/// for sample in [9.0, 2.0, 4.0, 4.0, 6.0] {
///     moments.push(sample);
/// }
/// assert_eq!((moments.mean(), moments.stdev()), (4.0, 2.0_f64.sqrt()));
/// ```
#[derive(Clone, Debug)]
pub struct RollingMoments {
    samples: Samples,
    mean: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
    rebuilt_past_mark: bool,
}

impl RollingMoments {
    /// An empty ring, ready from `minimum` samples on.
    #[must_use]
    pub fn new(capacity: usize, minimum: usize) -> Self {
        Self { samples: Samples::new(capacity, minimum), mean: 0.0, squares: 0.0, rebuilt_past_mark: false }
    }

    /// Takes a sample; the oldest leaves a full ring.
    pub fn push(&mut self, sample: f64) {
        let mean = self.mean;
        if let Some(oldest) = self.samples.push(sample) {
            let change = sample - oldest;
            self.mean = mean + change / self.samples.count();
            self.squares += change * (sample - self.mean + oldest - mean);
        } else {
            let change = sample - mean;
            self.mean = mean + change / self.samples.count();
            self.squares += change * (sample - self.mean);
        }
    }

    /// Works both out anew: the rounding of the samples that came and went is gone.
    pub fn rebuild(&mut self) {
        if self.samples.is_empty() {
            return;
        }
        let mean = sum(self.samples.iter()) / self.samples.count();
        self.mean = mean;
        self.squares = sum(self.samples.iter().map(|sample| (sample - mean) * (sample - mean)));
        self.rebuilt_past_mark = self.samples.is_past_mark();
    }

    /// From here on it is asked if everything has been replaced.
    pub(crate) fn mark(&mut self) {
        self.samples.mark();
        self.rebuilt_past_mark = false;
    }

    /// Has every sample been replaced since the mark, and were the sums built anew since?
    pub(crate) fn is_rebuilt_past_mark(&self) -> bool {
        self.rebuilt_past_mark
    }

    /// Arithmetic mean of the samples held.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Population standard deviation of the samples held.
    #[must_use]
    pub fn stdev(&self) -> f64 {
        if self.squares > 0.0 { (self.squares / self.samples.count()).sqrt() } else { 0.0 }
    }

    /// Are there enough samples?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.samples.is_ready()
    }

    /// The samples held, oldest first.
    #[must_use]
    pub fn samples(&self) -> Vec<f64> {
        self.samples.iter().collect()
    }

    /// Forgets everything and takes `samples`, oldest first.
    pub fn refill(&mut self, samples: &[f64]) {
        self.samples.clear();
        self.mean = 0.0;
        self.squares = 0.0;
        for &sample in samples {
            self.push(sample);
        }
    }
}

/// Adds from left to right, as the definition does.
pub(crate) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |total, value| total + value)
}
