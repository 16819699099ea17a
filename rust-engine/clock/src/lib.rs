//! The one reader of the wall clock.
//!
//! Belongs here: reading the time. Never here: anything that decides by it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use common::time::UnixNanos;

/// Reads the wall once, and counts on by the monotonic clock: it never goes back, and jumps of the wall do not move it.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    origin: UnixNanos,
    started: Instant,
}

impl WallClock {
    /// Starts a clock at the wall's time.
    #[must_use]
    pub fn start() -> Self {
        Self { origin: wall(), started: Instant::now() }
    }

    /// The time now, in Unix nanoseconds.
    #[must_use]
    pub fn now(&self) -> UnixNanos {
        self.origin + i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }

    /// How far the wall has moved against this clock since it was started, in nanoseconds: a jump or a slow drift.
    #[must_use]
    pub fn wall_drift(&self) -> i64 {
        wall().since(self.now())
    }
}

fn wall() -> UnixNanos {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixNanos(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_goes_back() {
        let clock = WallClock::start();
        let mut last = clock.now();
        for _ in 0..10_000 {
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
    }
}
