//! The samples that a rolling statistic is of.

use std::collections::VecDeque;

/// The last `capacity` samples, oldest first, and how many of them are enough.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    capacity: usize,
    minimum: usize,
    ring: VecDeque<f64>,
    /// How many came since the mark.
    since_mark: usize,
}

impl Samples {
    pub(crate) fn new(capacity: usize, minimum: usize) -> Self {
        Self { capacity, minimum, ring: VecDeque::with_capacity(capacity), since_mark: 0 }
    }

    /// Takes a sample; returns the one that left a full ring for it.
    pub(crate) fn push(&mut self, sample: f64) -> Option<f64> {
        let oldest = if self.ring.len() == self.capacity { self.ring.pop_front() } else { None };
        self.ring.push_back(sample);
        self.since_mark += 1;
        oldest
    }

    pub(crate) fn mark(&mut self) {
        self.since_mark = 0;
    }

    pub(crate) fn is_past_mark(&self) -> bool {
        self.since_mark >= self.capacity
    }

    pub(crate) fn count(&self) -> f64 {
        self.ring.len() as f64
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.ring.len() >= self.minimum
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        self.ring.iter().copied()
    }

    pub(crate) fn clear(&mut self) {
        self.ring.clear();
    }
}
