//! Indicator 2: how fast the fall itself is getting faster.

use crate::due::{AT_ONCE, FOREVER};
use crate::market::NANOS_PER_SECOND;
use crate::ring::Ring;
use crate::verdict::Verdict;

/// a = (P_t - 2 P_{t-1s} + P_{t-2s}) / P_{t-2s}, where P_x is the last price at or before x; per s².
///
/// Fires when a < `threshold` (negative) and P_t is below both earlier prices: the stop of a fall has the same sign as
/// the start of a rebound's end, and must not fire as its echo. Ready two seconds after the first price.
///
/// ```
/// use indicators::Acceleration;
/// let mut acceleration = Acceleration::new(-0.001);
/// for (ts_ns, price) in [(0, 100.0), (1_000_000_000, 100.0), (2_000_000_000, 99.0)] {
///     acceleration.change(ts_ns, price);
/// }
/// assert!(acceleration.judge(2_000_000_000));
/// assert_eq!(acceleration.verdict.value, -0.01);
/// ```
#[derive(Clone, Debug)]
pub struct Acceleration {
    /// As of the last judgement.
    pub verdict: Verdict,
    threshold: f64,
    /// Changes of the last two seconds; those of the second before come first.
    changes: Ring<(i64, f64)>,
    /// How many of them are of the second before.
    older: usize,
    price: f64,
    /// Zero: no price was known then.
    one_ago: f64,
    two_ago: f64,
    due_ns: i64,
}

impl Acceleration {
    /// Before any price.
    #[must_use]
    pub fn new(threshold: f64) -> Self {
        Self {
            verdict: Verdict::default(),
            threshold,
            changes: Ring::new(),
            older: 0,
            price: 0.0,
            one_ago: 0.0,
            two_ago: 0.0,
            due_ns: AT_ONCE,
        }
    }

    /// The price is `price` from `ts_ns` on; call it on changes only, or always.
    pub fn change(&mut self, ts_ns: i64, price: f64) {
        let has_newer = self.changes.len() > self.older;
        match self.changes.back_mut() {
            Some((at, last)) if has_newer && *at == ts_ns => *last = price,
            _ => self.changes.push_back((ts_ns, price)),
        }
        self.price = price;
        self.due_ns = AT_ONCE;
    }

    /// Judges the acceleration at `now_ns`; true when it fires.
    #[inline]
    pub fn judge(&mut self, now_ns: i64) -> bool {
        if now_ns >= self.due_ns {
            self.advance(now_ns);
            self.measure();
        }
        self.verdict.fired
    }

    /// Lets the changes of one and of two seconds ago become the prices of then.
    fn advance(&mut self, now_ns: i64) {
        let horizon_ns = now_ns - NANOS_PER_SECOND;
        self.due_ns = FOREVER;
        while let Some(&(at, price)) = self.changes.get(self.older) {
            if at > horizon_ns {
                self.due_ns = at + NANOS_PER_SECOND;
                break;
            }
            self.older += 1;
            self.one_ago = price;
        }
        while self.older > 0
            && let Some(&(at, price)) = self.changes.front()
        {
            if at > horizon_ns - NANOS_PER_SECOND {
                self.due_ns = self.due_ns.min(at + 2 * NANOS_PER_SECOND);
                break;
            }
            self.changes.pop_front();
            self.older -= 1;
            self.two_ago = price;
        }
    }

    fn measure(&mut self) {
        let (price, one_ago, two_ago) = (self.price, self.one_ago, self.two_ago);
        if two_ago == 0.0 {
            return;
        }
        self.verdict.ready = true;
        let value = (price - 2.0 * one_ago + two_ago) / two_ago;
        let fired = value < self.threshold && price < one_ago && price < two_ago;
        self.verdict.show(value, value.abs(), fired);
    }

    /// The strongest was dropped: what stands is to be shown again.
    pub(crate) fn judge_anew(&mut self) {
        self.due_ns = AT_ONCE;
    }

    /// Starts anew: what came before a gap must not judge what comes after it.
    pub fn forget(&mut self) {
        self.changes.clear();
        self.older = 0;
        (self.price, self.one_ago, self.two_ago) = (0.0, 0.0, 0.0);
        self.due_ns = AT_ONCE;
        self.verdict.not_ready();
    }
}
