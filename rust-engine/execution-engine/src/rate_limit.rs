//! Calls to the venue, spread over time, with a reserve for what protects us.

use common::time::UnixNanos;

/// How many calls the venue allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitConfig {
    /// Calls in any window.
    pub calls: u32,
    /// Length of the window in nanoseconds.
    pub window_ns: i64,
    /// Of those, calls that only cancels and exits may use.
    pub reserve: u32,
}

/// A bucket that refills evenly; entries may not drink its last drops.
///
/// ```
/// use common::time::UnixNanos;
/// use execution_engine::{RateLimitConfig, TokenBucket};
/// let mut bucket = TokenBucket::new(RateLimitConfig { calls: 2, window_ns: 1_000, reserve: 1 });
/// assert_eq!(bucket.take(UnixNanos(0), false), Ok(()));
/// assert_eq!(bucket.take(UnixNanos(0), false), Err(500), "the last call is reserved");
/// assert_eq!(bucket.take(UnixNanos(0), true), Ok(()));
/// assert_eq!(bucket.take(UnixNanos(100), true), Err(400));
/// ```
#[derive(Clone, Debug)]
pub struct TokenBucket {
    config: RateLimitConfig,
    nanos_per_token: i64,
    tokens: i64,
    filled_at: UnixNanos,
}

impl TokenBucket {
    /// A full bucket.
    ///
    /// # Panics
    /// Never: a limit of no calls counts as one.
    #[must_use]
    pub fn new(config: RateLimitConfig) -> Self {
        let nanos_per_token = (config.window_ns / i64::from(config.calls.max(1))).max(1);
        Self { config, nanos_per_token, tokens: i64::from(config.calls), filled_at: UnixNanos::ZERO }
    }

    /// Takes one token at `now`; `protective` calls may use the reserve.
    ///
    /// # Errors
    /// How many nanoseconds to wait.
    pub fn take(&mut self, now: UnixNanos, protective: bool) -> Result<(), i64> {
        let earned = now.since(self.filled_at).max(0) / self.nanos_per_token;
        self.tokens = self.tokens.saturating_add(earned).min(i64::from(self.config.calls));
        self.filled_at = self.filled_at + earned * self.nanos_per_token;
        let untouchable = if protective { 0 } else { i64::from(self.config.reserve) };
        if self.tokens > untouchable {
            self.tokens -= 1;
            return Ok(());
        }
        let missing = untouchable + 1 - self.tokens;
        Err(self.filled_at.0 + missing * self.nanos_per_token - now.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_window_sees_more_than_twice_the_calls_and_entries_leave_the_reserve(
            steps in proptest::collection::vec((0..300_i64, any::<bool>()), 1..200),
        ) {
            let config = RateLimitConfig { calls: 10, window_ns: 1_000, reserve: 3 };
            let mut bucket = TokenBucket::new(config);
            let mut now = UnixNanos(1);
            let mut taken: Vec<UnixNanos> = Vec::new();
            for (pause, protective) in steps {
                now = now + pause;
                match bucket.take(now, protective) {
                    Ok(()) => taken.push(now),
                    Err(wait) => {
                        prop_assert!(wait > 0);
                        let mut later = bucket.clone();
                        prop_assert_eq!(later.take(now + wait, protective), Ok(()), "the told wait is enough");
                        if !protective {
                            prop_assert!(bucket.tokens <= 3);
                        }
                    }
                }
                let recent = taken.iter().filter(|at| now.since(**at) < config.window_ns).count();
                prop_assert!(recent <= 20, "a full bucket plus one window's refill");
            }
        }
    }
}
