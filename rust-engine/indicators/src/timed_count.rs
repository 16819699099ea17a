//! How many things happened in a window of event time that ends now.

use crate::queue::Queue;

/// A [`crate::TimedSum`] of ones.
#[derive(Clone, Debug)]
pub(crate) struct TimedCount {
    window_ns: i64,
    times: Queue<i64>,
}

impl TimedCount {
    pub(crate) fn new(window_ns: i64) -> Self {
        Self { window_ns, times: Queue::new() }
    }

    #[inline]
    pub(crate) fn add(&mut self, ts_ns: i64) {
        self.times.push_back(ts_ns);
    }

    /// Lets go of what is older than the window that ends at `now_ns`.
    #[inline]
    pub(crate) fn advance(&mut self, now_ns: i64) {
        let horizon_ns = now_ns - self.window_ns;
        while self.times.pop_front_if(|at| *at <= horizon_ns).is_some() {}
    }

    /// What is in the window, as of the last step.
    #[inline]
    pub(crate) fn total(&self) -> f64 {
        self.times.len() as f64
    }

    pub(crate) fn clear(&mut self) {
        self.times.clear();
    }
}
