//! The fall gate: the price has really fallen.

use crate::due::AT_ONCE;
use crate::market::NANOS_PER_SECOND;
use crate::mid_low::MidLow;
use crate::price_range::PriceRange;
use crate::rolling::MIN_BASELINE_SAMPLES;
use crate::rolling_median::RollingMedian;

pub(crate) const FALL_WINDOW_SECONDS: usize = 10;
pub(crate) const REFERENCE_SECONDS: usize = 60;
const WINDOW_NS: i64 = FALL_WINDOW_SECONDS as i64 * NANOS_PER_SECOND;
const MIN_REFERENCE_CLOSES: usize = 5;
const MID_SHARE: f64 = 0.5;

/// What a fall is measured by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FallExtent {
    /// H, the highest price of the last 10 s.
    pub high: f64,
    /// L, the lowest since H was made.
    pub low: f64,
    /// R, the median close from 60 to 10 s ago; none while there are fewer than 5.
    pub reference: Option<f64>,
}

impl FallExtent {
    /// min(H, R): the level before any rise.
    #[must_use]
    pub fn level(&self) -> f64 {
        match self.reference {
            Some(reference) if reference < self.high => reference,
            _ => self.high,
        }
    }
}

/// Has the price fallen by `min_move`, and the mid at least half as far?
///
/// Fall = 1 - L / min(H, R): an up-spike that comes back is no fall. With a book, the mid must have come down from the
/// same level by half of `min_move` since H ended: one bad print is no crash. `min_move` 0 opens the gate for good.
///
/// ```
/// use indicators::FallGate;
/// let mut gate = FallGate::new(0.015);
/// gate.change(0, 100.0);
/// gate.change(5_000_000_000, 98.5);
/// assert!(gate.judge(5_000_000_000));
/// ```
#[derive(Clone, Debug)]
pub struct FallGate {
    min_move: f64,
    prices: PriceRange,
    mids: MidLow,
    closes: RollingMedian,
    reference: Option<f64>,
    open: bool,
    due_ns: i64,
}

impl FallGate {
    /// Before any price.
    #[must_use]
    pub fn new(min_move: f64) -> Self {
        Self {
            min_move,
            prices: PriceRange::since_high(WINDOW_NS),
            mids: MidLow::new(WINDOW_NS),
            closes: RollingMedian::new(REFERENCE_SECONDS - FALL_WINDOW_SECONDS, MIN_BASELINE_SAMPLES),
            reference: None,
            open: false,
            due_ns: AT_ONCE,
        }
    }

    /// The price is `price` from `ts_ns` on.
    pub fn change(&mut self, ts_ns: i64, price: f64) {
        self.prices.set(ts_ns, price);
        self.due_ns = AT_ONCE;
    }

    /// The mid of a believed book is `mid` from `ts_ns` on.
    pub fn change_mid(&mut self, ts_ns: i64, mid: f64) {
        self.mids.set(ts_ns, mid);
        self.due_ns = AT_ONCE;
    }

    /// A second passed; `close` is that of the bar that closed ten seconds ago.
    pub fn close(&mut self, close: f64) {
        self.closes.push(close);
        if self.closes.len() >= MIN_REFERENCE_CLOSES {
            self.reference = Some(self.closes.median());
            self.due_ns = AT_ONCE;
        }
    }

    /// Is the gate open at `now_ns`?
    #[inline]
    pub fn judge(&mut self, now_ns: i64) -> bool {
        if now_ns >= self.due_ns {
            self.open = self.measure(now_ns);
            self.due_ns = self.prices.due_ns();
        }
        self.open
    }

    fn measure(&mut self, now_ns: i64) -> bool {
        if self.min_move <= 0.0 {
            return true;
        }
        self.prices.advance(now_ns);
        let (Some(extent), Some(high_end_ns)) = (self.extent(), self.prices.high_end_ns()) else { return false };
        let level = extent.level();
        if 1.0 - extent.low / level < self.min_move {
            return false;
        }
        self.mids.since(high_end_ns).is_none_or(|low| 1.0 - low / level >= MID_SHARE * self.min_move)
    }

    /// What the fall is measured by; none before the first price.
    #[must_use]
    pub fn extent(&self) -> Option<FallExtent> {
        let (high, low) = (self.prices.high()?, self.prices.low()?);
        Some(FallExtent { high, low, reference: self.reference })
    }

    /// Judges by another least move from now on.
    pub(crate) fn set_min_move(&mut self, min_move: f64) {
        self.min_move = min_move;
        self.due_ns = AT_ONCE;
    }

    /// Makes room for history: drops the closes that R is the median of.
    pub fn forget_closes(&mut self) {
        self.closes.refill(&[]);
        self.reference = None;
        self.due_ns = AT_ONCE;
    }

    /// Measures from the next print on.
    pub fn forget_prints(&mut self) {
        self.prices.clear();
        self.due_ns = AT_ONCE;
    }

    /// There is no believed book now.
    pub fn forget_book(&mut self) {
        self.mids.clear();
        self.due_ns = AT_ONCE;
    }
}
