//! A market that swings.

use crate::due::AT_ONCE;
use crate::market::NANOS_PER_SECOND;
use crate::price_range::PriceRange;

const WINDOW_NS: i64 = 5 * NANOS_PER_SECOND;
/// Five whole ticks, told apart in floats.
const MIN_TICKS: f64 = 4.5;

/// Is (high - low) / low of the last 5 s over its threshold, and at least 5 ticks?
#[derive(Clone, Debug)]
pub(crate) struct ViolentRange {
    prices: PriceRange,
    threshold: f64,
    least_height: f64,
    violent: bool,
    due_ns: i64,
}

impl ViolentRange {
    /// Before any price; `tick_size` in quote units.
    pub(crate) fn new(threshold: f64, tick_size: f64) -> Self {
        Self {
            prices: PriceRange::new(WINDOW_NS),
            threshold,
            least_height: MIN_TICKS * tick_size,
            violent: false,
            due_ns: AT_ONCE,
        }
    }

    pub(crate) fn set_tick_size(&mut self, tick_size: f64) {
        self.least_height = MIN_TICKS * tick_size;
        self.due_ns = AT_ONCE;
    }

    pub(crate) fn set_threshold(&mut self, threshold: f64) {
        self.threshold = threshold;
        self.due_ns = AT_ONCE;
    }

    /// The price is `price` from `ts_ns` on.
    pub(crate) fn change(&mut self, ts_ns: i64, price: f64) {
        self.prices.set(ts_ns, price);
        self.due_ns = AT_ONCE;
    }

    /// Judges the range at `now_ns`.
    #[inline]
    pub(crate) fn judge(&mut self, now_ns: i64) -> bool {
        if now_ns >= self.due_ns {
            self.prices.advance(now_ns);
            self.due_ns = self.prices.due_ns();
            self.violent = self.extremes().is_some_and(|(low, high)| {
                let height = high - low;
                height > self.least_height && height / low > self.threshold
            });
        }
        self.violent
    }

    /// Lowest and highest price, as of the last judgement; none before the first price.
    pub(crate) fn extremes(&self) -> Option<(f64, f64)> {
        Some((self.prices.low()?, self.prices.high()?))
    }

    pub(crate) fn clear(&mut self) {
        self.prices.clear();
        self.due_ns = AT_ONCE;
    }
}
