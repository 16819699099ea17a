//! The lowest mid since an instant.

use crate::due::FOREVER;
use crate::queue::Queue;

/// Lowest mid since an instant within the last `window_ns` that only moves forward; none without a book.
///
/// ```
/// use indicators::MidLow;
/// let mut mids = MidLow::new(100);
/// for (ts_ns, mid) in [(0, 90.0), (10, 99.0), (20, 98.0), (30, 99.5)] {
///     mids.set(ts_ns, mid);
/// }
/// assert_eq!(mids.since(15), Some(98.0));
/// ```
#[derive(Clone, Debug)]
pub struct MidLow {
    window_ns: i64,
    /// Rising mids with the time at which each ended; the last one stands now.
    mids: Queue<(f64, i64)>,
}

impl MidLow {
    /// Without a book.
    #[must_use]
    pub fn new(window_ns: i64) -> Self {
        Self { window_ns, mids: Queue::new() }
    }

    /// From `ts_ns` on the mid is `mid`.
    pub fn set(&mut self, ts_ns: i64, mid: f64) {
        if let [.., (_, end_ns)] = self.mids.as_mut_slice() {
            *end_ns = ts_ns;
            let horizon = ts_ns - self.window_ns;
            while self.mids.pop_front_if(|(_, end_ns)| *end_ns <= horizon).is_some() {}
        }
        self.mids.drop_back_while(|(last, _)| *last >= mid);
        self.mids.push_back((mid, FOREVER));
    }

    /// The lowest mid that stood after `ts_ns`; earlier ones are forgotten.
    pub fn since(&mut self, ts_ns: i64) -> Option<f64> {
        if ts_ns < FOREVER {
            while self.mids.pop_front_if(|(_, end_ns)| *end_ns <= ts_ns).is_some() {}
        }
        self.mids.front().map(|(mid, _)| *mid)
    }

    /// How many mids are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.mids.len()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.mids.clear();
    }
}
