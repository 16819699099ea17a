//! Statistics of the last N samples, one sample a second, in constant or logarithmic time per sample.
//!
//! Who holds a mean or moments builds their sums anew from time to time (`rebuild`), so that rounding does not accumulate.

use std::collections::VecDeque;

/// A baseline of prints with fewer samples (seconds) than this is not ready.
pub const MIN_BASELINE_SAMPLES: usize = 30;

/// The last `capacity` samples, oldest first, and how many of them are enough.
#[derive(Clone, Debug)]
struct Samples {
    capacity: usize,
    minimum: usize,
    ring: VecDeque<f64>,
    /// How many came since the mark.
    since_mark: usize,
}

impl Samples {
    fn new(capacity: usize, minimum: usize) -> Self {
        Self { capacity, minimum, ring: VecDeque::with_capacity(capacity), since_mark: 0 }
    }

    /// Takes a sample; returns the one that left a full ring for it.
    fn push(&mut self, sample: f64) -> Option<f64> {
        let oldest = if self.ring.len() == self.capacity { self.ring.pop_front() } else { None };
        self.ring.push_back(sample);
        self.since_mark += 1;
        oldest
    }

    fn mark(&mut self) {
        self.since_mark = 0;
    }

    fn is_past_mark(&self) -> bool {
        self.since_mark >= self.capacity
    }

    fn count(&self) -> f64 {
        self.ring.len() as f64
    }

    fn is_ready(&self) -> bool {
        self.ring.len() >= self.minimum
    }

    fn to_vec(&self) -> Vec<f64> {
        self.ring.iter().copied().collect()
    }
}

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
        self.total = sum(self.samples.ring.iter().copied());
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
        if self.samples.ring.is_empty() { 0.0 } else { self.total / self.samples.count() }
    }

    /// Are there enough samples?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.samples.is_ready()
    }

    /// The samples held, oldest first.
    #[must_use]
    pub fn samples(&self) -> Vec<f64> {
        self.samples.to_vec()
    }

    /// Forgets everything and takes `samples`, oldest first.
    pub fn refill(&mut self, samples: &[f64]) {
        self.samples.ring.clear();
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
        if self.samples.ring.is_empty() {
            return;
        }
        let mean = sum(self.samples.ring.iter().copied()) / self.samples.count();
        self.mean = mean;
        self.squares = sum(self.samples.ring.iter().map(|sample| (sample - mean) * (sample - mean)));
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
        self.samples.to_vec()
    }

    /// Forgets everything and takes `samples`, oldest first.
    pub fn refill(&mut self, samples: &[f64]) {
        self.samples.ring.clear();
        self.mean = 0.0;
        self.squares = 0.0;
        for &sample in samples {
            self.push(sample);
        }
    }
}

/// Median of the last `capacity` samples; 0 while empty. An even count takes the middle of the two.
///
/// ```
/// use indicators::RollingMedian;
/// let mut median = RollingMedian::new(3, 1);
/// for sample in [100.0, 1.0, 2.0, 3.0] {
///     median.push(sample);
/// }
/// assert_eq!(median.median(), 2.0);
/// ```
#[derive(Clone, Debug)]
pub struct RollingMedian {
    samples: Samples,
    ordered: Vec<f64>,
}

impl RollingMedian {
    /// An empty ring, ready from `minimum` samples on.
    #[must_use]
    pub fn new(capacity: usize, minimum: usize) -> Self {
        Self { samples: Samples::new(capacity, minimum), ordered: Vec::with_capacity(capacity) }
    }

    /// Takes a sample; the oldest leaves a full ring.
    pub fn push(&mut self, sample: f64) {
        let comes = self.ordered.partition_point(|held| *held <= sample);
        let Some(oldest) = self.samples.push(sample) else {
            self.ordered.insert(comes, sample);
            return;
        };
        // Only those between the two places move.
        let leaves = self.ordered.partition_point(|held| *held < oldest);
        if leaves < comes {
            self.ordered.copy_within(leaves + 1..comes, leaves);
            self.ordered[comes - 1] = sample;
        } else {
            self.ordered.copy_within(comes..leaves, comes + 1);
            self.ordered[comes] = sample;
        }
    }

    /// From here on it is asked if everything has been replaced.
    pub(crate) fn mark(&mut self) {
        self.samples.mark();
    }

    /// Has every sample been replaced since the mark?
    pub(crate) fn is_past_mark(&self) -> bool {
        self.samples.is_past_mark()
    }

    /// How many samples are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ordered.len()
    }

    /// True before the first sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ordered.is_empty()
    }

    /// Middle value of the samples held.
    #[must_use]
    pub fn median(&self) -> f64 {
        let middle = self.ordered.len() / 2;
        match self.ordered.len() {
            0 => 0.0,
            count if count % 2 == 1 => self.ordered[middle],
            _ => (self.ordered[middle - 1] + self.ordered[middle]) / 2.0,
        }
    }

    /// Are there enough samples?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.samples.is_ready()
    }

    /// The samples held, oldest first.
    #[must_use]
    pub fn samples(&self) -> Vec<f64> {
        self.samples.to_vec()
    }

    /// Forgets everything and takes `samples`, oldest first.
    pub fn refill(&mut self, samples: &[f64]) {
        self.samples.ring.clear();
        self.ordered.clear();
        for &sample in samples {
            self.push(sample);
        }
    }
}

/// Adds from left to right, as the definition does.
pub(crate) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |total, value| total + value)
}
