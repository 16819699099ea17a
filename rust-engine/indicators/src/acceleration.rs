//! Indicator 2: how fast the fall itself is getting faster.

use crate::market::NANOS_PER_SECOND;
use crate::queue::Queue;
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
    /// From when on which price stood: from the one of two seconds ago up to the one now, and [`NEVER`] after it.
    changes: Queue<(i64, f64)>,
    /// Which of them stood one second ago.
    one_ago: usize,
    price: f64,
}

/// Before the first change the price is unknown.
const UNKNOWN: (i64, f64) = (i64::MIN, 0.0);
const NEVER: (i64, f64) = (i64::MAX, 0.0);

impl Acceleration {
    /// Before any price.
    #[must_use]
    pub fn new(threshold: f64) -> Self {
        let changes = Queue::from([UNKNOWN, NEVER]);
        Self { verdict: Verdict::default(), threshold, changes, one_ago: 0, price: 0.0 }
    }

    /// The price is `price` from `ts_ns` on; call it on changes only, or always.
    #[inline]
    pub fn change(&mut self, ts_ns: i64, price: f64) {
        self.price = price;
        let newest = self.changes.len() - 2;
        let changes = self.changes.as_mut_slice();
        if newest > self.one_ago && changes[newest].0 == ts_ns {
            changes[newest].1 = price;
        } else {
            changes[newest + 1] = (ts_ns, price);
            self.changes.push_back(NEVER);
        }
    }

    /// Judges the acceleration at `now_ns`; true when it fires.
    #[inline]
    pub fn judge(&mut self, now_ns: i64) -> bool {
        let changes = self.changes.as_slice();
        let one_ago = last_by(now_ns - NANOS_PER_SECOND, changes, self.one_ago);
        let two_ago = last_by(now_ns - 2 * NANOS_PER_SECOND, changes, 0);
        let (price, prices) = (self.price, [changes[one_ago].1, changes[two_ago].1]);
        self.one_ago = one_ago - two_ago;
        self.changes.drop_front(two_ago);
        let [one_ago, two_ago] = prices;
        if two_ago == 0.0 {
            return false;
        }
        self.verdict.ready = true;
        let value = (price - 2.0 * one_ago + two_ago) / two_ago;
        let fired = value < self.threshold && price < one_ago && price < two_ago;
        self.verdict.show(value, value.abs(), fired);
        fired
    }

    /// Judges by another threshold from now on.
    pub(crate) fn set_threshold(&mut self, threshold: f64) {
        self.threshold = threshold;
    }

    /// Starts anew: what came before a gap must not judge what comes after it.
    pub fn forget(&mut self) {
        self.changes = Queue::from([UNKNOWN, NEVER]);
        self.one_ago = 0;
        self.price = 0.0;
        self.verdict.not_ready();
    }
}

/// Which of the changes from the place `from` on is the last that came by `ts_ns`.
///
/// The first step is a choice and no branch: whether a change comes of age with an event, nobody can guess.
#[inline]
fn last_by(ts_ns: i64, changes: &[(i64, f64)], from: usize) -> usize {
    let mut last = from + usize::from(changes[from + 1].0 <= ts_ns);
    while changes[last + 1].0 <= ts_ns {
        last += 1;
    }
    last
}
