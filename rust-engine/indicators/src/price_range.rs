//! The highest and lowest of a price that stands from its print until the next one.

use crate::due::{AT_ONCE, FOREVER};
use crate::ring::Ring;

#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    price: f64,
    /// [`FOREVER`]: it stands now.
    end_ns: i64,
    order: u64,
}

/// Highest and lowest price that stood at any time in the last `window_ns` nanoseconds.
///
/// A fall out of a long silence is measured from the price before the silence. `since_high` instead keeps the low of the
/// time since the high was (last) made.
///
/// ```
/// use indicators::PriceRange;
/// let mut fall = PriceRange::since_high(10_000);
/// for (ts_ns, price) in [(0, 98.0), (1, 100.0), (2, 97.0), (3, 99.0)] {
///     fall.set(ts_ns, price);
/// }
/// fall.advance(3);
/// assert_eq!((fall.high(), fall.low()), (Some(100.0), Some(97.0)));
/// ```
#[derive(Clone, Debug)]
pub struct PriceRange {
    window_ns: i64,
    low_since_high: bool,
    /// Falling prices; the last one stands now.
    highs: Ring<Standing>,
    /// Rising prices; the last one stands now.
    lows: Ring<Standing>,
    order: u64,
    due_ns: i64,
}

impl PriceRange {
    /// The range of the whole window.
    #[must_use]
    pub fn new(window_ns: i64) -> Self {
        Self { window_ns, low_since_high: false, highs: Ring::new(), lows: Ring::new(), order: 0, due_ns: FOREVER }
    }

    /// The high of the window, and the low since it was made.
    #[must_use]
    pub fn since_high(window_ns: i64) -> Self {
        Self { low_since_high: true, ..Self::new(window_ns) }
    }

    /// From `ts_ns` on the price is `price`; call it on changes only, or always. High and low are as of the next advance.
    pub fn set(&mut self, ts_ns: i64, price: f64) {
        if let (Some(high), Some(low)) = (self.highs.back_mut(), self.lows.back_mut()) {
            high.end_ns = ts_ns;
            low.end_ns = ts_ns;
        }
        self.order += 1;
        let standing = Standing { price, end_ns: FOREVER, order: self.order };
        while self.highs.back().is_some_and(|last| last.price <= price) {
            self.highs.pop_back();
        }
        self.highs.push_back(standing);
        while self.lows.back().is_some_and(|last| last.price >= price) {
            self.lows.pop_back();
        }
        self.lows.push_back(standing);
        self.due_ns = AT_ONCE;
    }

    /// Lets go of prices that no longer stood when the window that ends at `now_ns` began.
    #[inline]
    pub fn advance(&mut self, now_ns: i64) {
        if now_ns >= self.due_ns {
            self.let_go(now_ns - self.window_ns);
        }
    }

    fn let_go(&mut self, horizon_ns: i64) {
        while self.highs.front().is_some_and(|first| first.end_ns <= horizon_ns) {
            self.highs.pop_front();
        }
        let Some(&Standing { end_ns: high_end_ns, order: made, .. }) = self.highs.front() else { return };
        let mut next_end_ns = high_end_ns;
        if self.low_since_high {
            while self.lows.front().is_some_and(|first| first.order < made) {
                self.lows.pop_front();
            }
        } else {
            while let Some(low) = self.lows.front() {
                if low.end_ns > horizon_ns {
                    next_end_ns = next_end_ns.min(low.end_ns);
                    break;
                }
                self.lows.pop_front();
            }
        }
        self.due_ns = next_end_ns + self.window_ns;
    }

    /// When the next advance that lets go of something is.
    #[inline]
    pub(crate) fn due_ns(&self) -> i64 {
        self.due_ns
    }

    /// Highest price of the window; none before the first price.
    #[must_use]
    pub fn high(&self) -> Option<f64> {
        self.highs.front().map(|first| first.price)
    }

    /// When the high ended; [`FOREVER`] while it stands.
    #[must_use]
    pub fn high_end_ns(&self) -> Option<i64> {
        self.highs.front().map(|first| first.end_ns)
    }

    /// Lowest price of the window, or since the high; none before the first price.
    #[must_use]
    pub fn low(&self) -> Option<f64> {
        self.lows.front().map(|first| first.price)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.highs.clear();
        self.lows.clear();
        self.due_ns = FOREVER;
    }
}
