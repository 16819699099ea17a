//! Indicator 2: how fast the fall itself is getting faster.

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
    /// When the price became what: from the change that made the price of two seconds ago up to the newest.
    changes: Ring<(i64, f64)>,
    /// Which of them made the price of one second ago.
    one_ago: usize,
}

/// Stands for whatever was before the first change.
const UNKNOWN: (i64, f64) = (i64::MIN, 0.0);

impl Acceleration {
    /// Before any price.
    #[must_use]
    pub fn new(threshold: f64) -> Self {
        let mut changes = Ring::new();
        changes.push_back(UNKNOWN);
        Self { verdict: Verdict::default(), threshold, changes, one_ago: 0 }
    }

    /// The price is `price` from `ts_ns` on; call it on changes only, or always.
    #[inline]
    pub fn change(&mut self, ts_ns: i64, price: f64) {
        let has_newer = self.changes.len() > self.one_ago + 1;
        match self.changes.back_mut() {
            Some((at, last)) if has_newer && *at == ts_ns => *last = price,
            _ => self.changes.push_back((ts_ns, price)),
        }
    }

    /// Judges the acceleration at `now_ns`; true when it fires.
    #[inline]
    pub fn judge(&mut self, now_ns: i64) -> bool {
        let changes = self.changes.as_slice();
        let one_ago = last_by(now_ns - NANOS_PER_SECOND, changes, self.one_ago);
        let two_ago = last_by(now_ns - 2 * NANOS_PER_SECOND, &changes[..=one_ago], 0);
        let price = changes[changes.len() - 1].1;
        self.one_ago = one_ago - two_ago;
        let [one_ago_price, two_ago_price] = [changes[one_ago].1, changes[two_ago].1];
        self.changes.drop_front(two_ago);
        let (one_ago, two_ago) = (one_ago_price, two_ago_price);
        if two_ago == 0.0 {
            return false;
        }
        self.verdict.ready = true;
        let value = (price - 2.0 * one_ago + two_ago) / two_ago;
        let fired = value < self.threshold && price < one_ago && price < two_ago;
        self.verdict.show(value, value.abs(), fired);
        fired
    }

    /// Starts anew: what came before a gap must not judge what comes after it.
    pub fn forget(&mut self) {
        self.changes.clear();
        self.changes.push_back(UNKNOWN);
        self.one_ago = 0;
        self.verdict.not_ready();
    }
}

/// The last of the changes that came by `ts_ns`, if it is not the one at `from`.
///
/// The first step is a choice and no branch: whether a change comes of age with an event, nobody can guess.
#[inline]
fn last_by(ts_ns: i64, changes: &[(i64, f64)], from: usize) -> usize {
    let next = (from + 1).min(changes.len() - 1);
    let mut last = if changes[next].0 <= ts_ns { next } else { from };
    while changes.get(last + 1).is_some_and(|(at, _)| *at <= ts_ns) {
        last += 1;
    }
    last
}
