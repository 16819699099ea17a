//! Sums of amounts over a window of event time that ends now.

use crate::due::FOREVER;
use crate::ring::Ring;

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
    entries: Ring<(i64, f64)>,
    total: f64,
    /// When the oldest entry leaves.
    due_ns: i64,
}

impl TimedSum {
    /// An empty window.
    #[must_use]
    pub fn new(window_ns: i64) -> Self {
        Self { window_ns, entries: Ring::new(), total: 0.0, due_ns: FOREVER }
    }

    /// Counts `amount` at `ts_ns`.
    #[inline]
    pub fn add(&mut self, ts_ns: i64, amount: f64) {
        match self.entries.back_mut() {
            Some((at, sum)) if *at == ts_ns => *sum += amount,
            _ => {
                self.entries.push_back((ts_ns, amount));
                self.due_ns = self.due_ns.min(ts_ns + self.window_ns);
            }
        }
        self.total += amount;
    }

    /// Lets go of what is older than the window that ends at `now_ns`.
    #[inline]
    pub fn advance(&mut self, now_ns: i64) {
        if now_ns >= self.due_ns {
            self.let_go(now_ns - self.window_ns);
        }
    }

    fn let_go(&mut self, horizon_ns: i64) {
        while let Some(&(at, amount)) = self.entries.front() {
            if at > horizon_ns {
                self.due_ns = at + self.window_ns;
                return;
            }
            self.entries.pop_front();
            self.total -= amount;
        }
        self.total = 0.0; // sheds the rounding of the sums that came and went
        self.due_ns = FOREVER;
    }

    /// When the next step that lets go of something is.
    #[inline]
    pub(crate) fn due_ns(&self) -> i64 {
        self.due_ns
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
        self.due_ns = FOREVER;
    }
}
