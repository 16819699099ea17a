//! Sums of amounts over a window of event time that ends now.

use crate::queue::Queue;

/// Sum of the amounts of the last `window_ns` nanoseconds. Amounts of one instant share one entry.
///
/// A window of length W that ends at t holds what happened after t - W, up to and including t. Times never go back.
///
/// ```
/// use indicators::TimedSum;
/// let mut window = TimedSum::new(1_000);
/// window.add(0, 2.0);
/// window.add(600, 3.0);
/// window.advance(1_000);
/// assert_eq!(window.total(), 3.0);
/// ```
#[derive(Clone, Debug)]
pub struct TimedSum {
    window_ns: i64,
    entries: Queue<(i64, f64)>,
    total: f64,
}

impl TimedSum {
    /// An empty window.
    #[must_use]
    pub fn new(window_ns: i64) -> Self {
        Self { window_ns, entries: Queue::new(), total: 0.0 }
    }

    /// Counts `amount` at `ts_ns`.
    #[inline]
    pub fn add(&mut self, ts_ns: i64, amount: f64) {
        match self.entries.as_mut_slice() {
            [.., (at, sum)] if *at == ts_ns => *sum += amount,
            _ => self.entries.push_back((ts_ns, amount)),
        }
        self.total += amount;
    }

    /// Lets go of what is older than the window that ends at `now_ns`.
    #[inline]
    pub fn advance(&mut self, now_ns: i64) {
        let horizon_ns = now_ns - self.window_ns;
        while let Some((_, amount)) = self.entries.pop_front_if(|(at, _)| *at <= horizon_ns) {
            self.total -= amount;
        }
        if self.entries.is_empty() {
            self.total = 0.0; // sheds the rounding of the sums that came and went
        }
    }

    /// What is in the window, as of the last step.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.total
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.total = 0.0;
    }
}
