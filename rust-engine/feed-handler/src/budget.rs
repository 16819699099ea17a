//! The venue's weight budget: windows aligned to the clock, its own count believed over ours.

use common::time::{NANOS_PER_SECOND, UnixNanos};

use crate::binance::RateLimit;

/// Share of a window, in percent, above which only essential requests go out.
const ESSENTIAL_ONLY_PERCENT: u64 = 80;
/// How long a ban lasts at least where the venue does not say.
const SHORTEST_BAN_SECONDS: u64 = 120;

/// How much request weight is left.
#[derive(Clone, Debug, Default)]
pub struct WeightBudget {
    limit: Option<(u64, i64)>,
    window: i64,
    used: u64,
    blocked_until: UnixNanos,
}

impl WeightBudget {
    /// Takes the venue's limit; without one nothing is limited.
    pub fn set_limits(&mut self, limits: &[RateLimit]) {
        self.limit = limits.iter().find(|limit| limit.kind == "REQUEST_WEIGHT").and_then(|limit| {
            let window_seconds = i64::try_from(limit.window_seconds).ok()?;
            Some((limit.limit, window_seconds.checked_mul(NANOS_PER_SECOND)?))
        });
    }

    /// Takes `weight` at `now` (the venue's clock).
    ///
    /// # Errors
    /// When to ask again.
    pub fn take(&mut self, weight: u64, essential: bool, now: UnixNanos) -> Result<(), UnixNanos> {
        if now < self.blocked_until {
            return Err(self.blocked_until);
        }
        let Some((limit, window_length)) = self.limit else { return Ok(()) };
        self.roll(now, window_length);
        let allowed = if essential { limit } else { limit.saturating_mul(ESSENTIAL_ONLY_PERCENT) / 100 };
        if self.used.saturating_add(weight) > allowed {
            return Err(UnixNanos((self.window + 1) * window_length));
        }
        self.used += weight;
        Ok(())
    }

    /// Believes the venue's own count, which sees the other clients behind our address too.
    pub fn venue_counts(&mut self, used: u64, now: UnixNanos) {
        if let Some((_, window_length)) = self.limit {
            self.roll(now, window_length);
            self.used = self.used.max(used);
        }
    }

    /// The venue refused (429): nothing goes out before it said, or before the next window.
    pub fn refused(&mut self, retry_after: Option<u64>, now: UnixNanos) {
        let window_length = self.limit.map_or(60 * NANOS_PER_SECOND, |(_, length)| length);
        let next_window = UnixNanos((now.0 / window_length + 1) * window_length);
        self.block(retry_after.map_or(next_window, |seconds| after(now, seconds)));
    }

    /// The venue banned us (418): nothing goes out until it ends.
    pub fn banned(&mut self, retry_after: Option<u64>, now: UnixNanos) {
        self.block(after(now, retry_after.unwrap_or(SHORTEST_BAN_SECONDS).max(1)));
    }

    fn block(&mut self, until: UnixNanos) {
        self.blocked_until = self.blocked_until.max(until);
    }

    fn roll(&mut self, now: UnixNanos, window_length: i64) {
        let window = now.0.div_euclid(window_length);
        if window != self.window {
            self.window = window;
            self.used = 0;
        }
    }
}

fn after(now: UnixNanos, seconds: u64) -> UnixNanos {
    UnixNanos(now.0.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(NANOS_PER_SECOND)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> UnixNanos {
        UnixNanos(seconds * NANOS_PER_SECOND)
    }

    fn budget() -> WeightBudget {
        let mut budget = WeightBudget::default();
        budget.set_limits(&[RateLimit { kind: "REQUEST_WEIGHT".into(), window_seconds: 60, limit: 1_000 }]);
        budget
    }

    #[test]
    fn the_last_fifth_is_for_essential_requests() {
        let mut budget = budget();
        assert_eq!(budget.take(800, false, at(61)), Ok(()));
        assert_eq!(budget.take(5, false, at(62)), Err(at(120)));
        assert_eq!(budget.take(200, true, at(62)), Ok(()));
        assert_eq!(budget.take(1, true, at(119)), Err(at(120)));
        assert_eq!(budget.take(800, false, at(120)), Ok(()), "a new window");
    }

    #[test]
    fn the_venues_count_is_believed() {
        let mut budget = budget();
        budget.venue_counts(995, at(1));
        assert_eq!(budget.take(250, true, at(2)), Err(at(60)));
    }

    #[test]
    fn a_refusal_stops_everything_until_the_venue_said() {
        let mut budget = budget();
        budget.refused(Some(7), at(100));
        assert_eq!(budget.take(1, true, at(106)), Err(at(107)));
        assert_eq!(budget.take(1, true, at(107)), Ok(()));
        budget.refused(None, at(110));
        assert_eq!(budget.take(1, true, at(111)), Err(at(120)));
        budget.banned(None, at(130));
        assert_eq!(budget.take(1, true, at(240)), Err(at(250)));
        budget.refused(Some(1), at(131));
        assert_eq!(budget.take(1, true, at(240)), Err(at(250)), "a shorter refusal does not end a ban");
    }
}
