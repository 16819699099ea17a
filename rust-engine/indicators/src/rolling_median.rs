//! The median of the last N samples, one sample a second, in logarithmic time per sample.

use crate::samples::Samples;

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
        self.samples.iter().collect()
    }

    /// Forgets everything and takes `samples`, oldest first.
    pub fn refill(&mut self, samples: &[f64]) {
        self.samples.clear();
        self.ordered.clear();
        for &sample in samples {
            self.push(sample);
        }
    }
}
