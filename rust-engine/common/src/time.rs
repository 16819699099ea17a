//! Time as a value. No function of a pure crate asks what time it is; it is told.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// Nanoseconds in one millisecond.
pub const NANOS_PER_MILLI: i64 = 1_000_000;
/// Nanoseconds in one second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// Unix times above this are microseconds, below it milliseconds (the year 5138 in ms, 1973 in us).
const SMALLEST_MICROSECONDS: i64 = 100_000_000_000_000;

/// A point in time: nanoseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixNanos(pub i64);

impl UnixNanos {
    /// The epoch itself; stands for "never" where a real time is always later.
    pub const ZERO: Self = Self(0);

    /// Builds a time from a venue's integer, which is in milliseconds or microseconds: told apart by magnitude.
    ///
    /// Returns `None` for a negative time or one that does not fit.
    ///
    /// ```
    /// use common::time::UnixNanos;
    /// assert_eq!(UnixNanos::from_venue(1_672_515_782_136), Some(UnixNanos(1_672_515_782_136_000_000)));
    /// assert_eq!(UnixNanos::from_venue(1_672_515_782_136_042), Some(UnixNanos(1_672_515_782_136_042_000)));
    /// ```
    #[must_use]
    pub fn from_venue(value: i64) -> Option<Self> {
        if value < 0 {
            return None;
        }
        let factor = if value >= SMALLEST_MICROSECONDS { 1_000 } else { NANOS_PER_MILLI };
        value.checked_mul(factor).map(Self)
    }

    /// Whole milliseconds since the epoch.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0 / NANOS_PER_MILLI
    }

    /// Whole microseconds since the epoch.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0 / 1_000
    }

    /// Nanoseconds from `earlier` to `self`; negative when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl Add<i64> for UnixNanos {
    type Output = Self;

    fn add(self, nanos: i64) -> Self {
        Self(self.0 + nanos)
    }
}

impl Sub<i64> for UnixNanos {
    type Output = Self;

    fn sub(self, nanos: i64) -> Self {
        Self(self.0 - nanos)
    }
}

impl fmt::Display for UnixNanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
