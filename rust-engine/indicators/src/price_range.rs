//! The highest and lowest of a price that stands from its print until the next one.

use crate::due::{AT_ONCE, FOREVER};
use crate::queue::Queue;

/// A price that no longer stands.
#[derive(Clone, Copy, Debug)]
struct Stood {
    price: f64,
    end_ns: i64,
    /// Which price it was, counted from 1.
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
    /// The price that stands now, unless `order` is 0.
    price: f64,
    /// Prices that were higher than every one after them.
    highs: Queue<Stood>,
    /// Prices that were lower than every one after them.
    lows: Queue<Stood>,
    /// Which price stands now.
    order: u64,
    due_ns: i64,
}

impl PriceRange {
    /// The range of the whole window.
    #[must_use]
    pub fn new(window_ns: i64) -> Self {
        Self {
            window_ns,
            low_since_high: false,
            price: 0.0,
            highs: Queue::new(),
            lows: Queue::new(),
            order: 0,
            due_ns: FOREVER,
        }
    }

    /// The high of the window, and the low since it was made.
    #[must_use]
    pub fn since_high(window_ns: i64) -> Self {
        Self { low_since_high: true, ..Self::new(window_ns) }
    }

    /// From `ts_ns` on the price is `price`; call it on changes only, or always. High and low are as of the next advance.
    pub fn set(&mut self, ts_ns: i64, price: f64) {
        let stood = Stood { price: self.price, end_ns: ts_ns, order: self.order };
        self.price = price;
        self.order += 1;
        if stood.order == 0 {
        } else if price > stood.price {
            self.highs.drop_back_while(|high| high.price <= price);
            self.lows.push_back(stood);
        } else if price < stood.price {
            self.lows.drop_back_while(|low| low.price >= price);
            self.highs.push_back(stood);
        }
        // A new high ends all lows before it; else nothing leaves before what stood until now does.
        let new_high = self.low_since_high && self.highs.is_empty();
        self.due_ns = if new_high { AT_ONCE } else { self.due_ns.min(ts_ns + self.window_ns) };
    }

    /// Lets go of prices that no longer stood when the window that ends at `now_ns` began.
    #[inline]
    pub fn advance(&mut self, now_ns: i64) {
        if now_ns >= self.due_ns {
            self.let_go(now_ns - self.window_ns);
        }
    }

    fn let_go(&mut self, horizon_ns: i64) {
        while self.highs.pop_front_if(|high| high.end_ns <= horizon_ns).is_some() {}
        let (mut next_end_ns, made) =
            self.highs.front().map_or((FOREVER, self.order), |high| (high.end_ns, high.order));
        if self.low_since_high {
            while self.lows.pop_front_if(|low| low.order < made).is_some() {}
        } else {
            while self.lows.pop_front_if(|low| low.end_ns <= horizon_ns).is_some() {}
            next_end_ns = self.lows.front().map_or(next_end_ns, |low| low.end_ns.min(next_end_ns));
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
        self.known().then(|| self.highs.front().map_or(self.price, |high| high.price))
    }

    /// When the high ended; [`FOREVER`] while it stands.
    #[must_use]
    pub fn high_end_ns(&self) -> Option<i64> {
        self.known().then(|| self.highs.front().map_or(FOREVER, |high| high.end_ns))
    }

    /// Lowest price of the window, or since the high; none before the first price.
    #[must_use]
    pub fn low(&self) -> Option<f64> {
        self.known().then(|| self.lows.front().map_or(self.price, |low| low.price))
    }

    fn known(&self) -> bool {
        self.order > 0
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.highs.clear();
        self.lows.clear();
        self.order = 0;
        self.due_ns = FOREVER;
    }
}
