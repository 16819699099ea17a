//! The one reader of the wall clock.
//!
//! Belongs here: reading the time. Never here: anything that decides by it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use common::time::{NANOS_PER_SECOND, UnixNanos};

/// A wall that is so far ahead was not set right: the machine slept, and the monotonic clock with it.
const SLEPT: i64 = 10 * NANOS_PER_SECOND;

/// Reads the wall once, and counts on by the monotonic clock: it never goes back, and jumps of the wall do not move it.
/// Copies are one clock.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    origin: UnixNanos,
    started: Instant,
    slept: &'static AtomicI64,
}

impl WallClock {
    /// Starts a clock at the wall's time.
    #[must_use]
    pub fn start() -> Self {
        Self::from_origin(wall())
    }

    /// The time now, in Unix nanoseconds.
    #[must_use]
    pub fn now(&self) -> UnixNanos {
        let awake = i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(i64::MAX);
        self.origin + awake + self.slept.load(Ordering::Relaxed)
    }

    /// How far the wall has moved against this clock since it was started, in nanoseconds: a jump or a slow drift.
    #[must_use]
    pub fn wall_drift(&self) -> i64 {
        wall().since(self.now())
    }

    /// Makes up for a sleep of the machine, during which this clock stood still; says how long it was, in nanoseconds.
    /// To be called by one thread only, now and then.
    #[must_use]
    pub fn catch_up(&self) -> Option<i64> {
        let slept = Some(self.wall_drift()).filter(|drift| *drift > SLEPT)?;
        self.slept.fetch_add(slept, Ordering::Relaxed);
        Some(slept)
    }

    fn from_origin(origin: UnixNanos) -> Self {
        // A process has one clock or two, for its whole life: what they share may live as long.
        Self { origin, started: Instant::now(), slept: Box::leak(Box::new(AtomicI64::new(0))) }
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

    #[test]
    fn a_sleep_is_made_up_for_and_a_wall_that_was_set_is_not() {
        const HOUR: i64 = 3_600 * NANOS_PER_SECOND;
        let asleep = WallClock::from_origin(wall() - HOUR);
        let copy = asleep;
        assert!(asleep.catch_up().is_some_and(|slept| slept >= HOUR));
        assert!(copy.wall_drift().abs() < NANOS_PER_SECOND, "copies are one clock");
        assert_eq!(asleep.catch_up(), None);
        for set_by in [HOUR, -5 * NANOS_PER_SECOND] {
            assert_eq!(WallClock::from_origin(wall() + set_by).catch_up(), None);
        }
    }
}
