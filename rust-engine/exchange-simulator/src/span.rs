//! A point on a tape as people give it: a date and time, a time of day, Unix time, or seconds after its start.

use std::str::FromStr;

use common::time::{NANOS_PER_SECOND, UnixNanos};
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

/// Numbers below this count seconds from the tape's start: as Unix times they would lie before 1973.
const SMALLEST_UNIX: f64 = 100_000_000.0;
/// Unix times below this are seconds (the year 5138), up to the next bounds milliseconds, microseconds, nanoseconds.
const SMALLEST_MILLIS: i64 = 100_000_000_000;
const SMALLEST_MICROS: i64 = 100_000_000_000_000;
const SMALLEST_NANOS: i64 = 100_000_000_000_000_000;
const DAY_NS: i64 = 86_400 * NANOS_PER_SECOND;
/// A day's recording begins with its first print: 00:00:00 means this day's although the tape starts a little later.
const EARLY_NS: i64 = 60 * NANOS_PER_SECOND;

/// A point on a tape. All times are UTC.
///
/// ```
/// use common::time::UnixNanos;
/// use exchange_simulator::span::Point;
/// let tape_begins = UnixNanos(1_760_121_000_000_000_000); // 2025-10-10T18:30:00Z
/// let starts = tape_begins + 330_000_000_000;
/// let at = |text: &str| text.parse::<Point>().unwrap().on_tape(tape_begins, starts);
/// assert_eq!(at("21:27:30"), at("2025-10-10T21:27:30Z"));
/// assert_eq!(at("01:00"), at("2025-10-11 01:00:00"), "after midnight");
/// assert_eq!(at("18:29:30"), at("2025-10-10 18:29:30"), "just before the tape");
/// assert_eq!(at("1760131650"), at("2025-10-10T21:27:30Z"));
/// assert_eq!(at("2.5"), starts + 2_500_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A whole date and time.
    At(UnixNanos),
    /// A time of day, in nanoseconds: the first one that is not more than a minute before the tape.
    TimeOfDay(i64),
    /// Nanoseconds after the tape's own start.
    AfterStart(i64),
}

impl Point {
    /// The point on a tape whose first time is `first`, and which by itself starts at `start`.
    #[must_use]
    pub fn on_tape(self, first: UnixNanos, start: UnixNanos) -> UnixNanos {
        match self {
            Self::At(at) => at,
            Self::AfterStart(nanos) => start + nanos,
            Self::TimeOfDay(nanos) => {
                let midnight = first - first.0.rem_euclid(DAY_NS);
                let at = midnight + nanos;
                if at + EARLY_NS < first { at + DAY_NS } else { at }
            }
        }
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(seconds) = text.parse::<f64>()
            && (0.0..SMALLEST_UNIX).contains(&seconds)
        {
            return Ok(Self::AfterStart((seconds * 1e9).round() as i64));
        }
        if let Ok(number) = text.parse::<i64>() {
            let factor = match number {
                ..SMALLEST_MILLIS => NANOS_PER_SECOND,
                SMALLEST_MILLIS..SMALLEST_MICROS => 1_000_000,
                SMALLEST_MICROS..SMALLEST_NANOS => 1_000,
                SMALLEST_NANOS.. => 1,
            };
            return Ok(Self::At(UnixNanos(number.saturating_mul(factor))));
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return nanos(at).map(Self::At);
        }
        if let Ok(time) = text.parse::<Time>().map(|time| time.duration_since(Time::midnight())) {
            return i64::try_from(time.as_nanos()).map(Self::TimeOfDay).map_err(|error| error.to_string());
        }
        let civil = text.parse::<DateTime>().and_then(|at| at.to_zoned(TimeZone::UTC)).map_err(|_| {
            format!("{text:?} is no time; write 2025-10-10T21:27:30Z, 21:27:30 (UTC), a Unix time, or seconds after the start")
        })?;
        nanos(civil.timestamp()).map(Self::At)
    }
}

fn nanos(at: Timestamp) -> Result<UnixNanos, String> {
    i64::try_from(at.as_nanosecond()).map(UnixNanos).map_err(|_| "the time is too far away".to_owned())
}

/// A time for people.
#[must_use]
pub fn printed(at: UnixNanos) -> String {
    Timestamp::from_nanosecond(i128::from(at.0)).map_or_else(|_| at.to_string(), |timestamp| timestamp.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_one_time_are_equal() {
        let begins = "2025-10-10T00:00:00Z".parse::<Point>().unwrap().on_tape(UnixNanos::ZERO, UnixNanos::ZERO);
        for text in
            ["2025-10-10T21:27:30.5Z", "2025-10-10 21:27:30.5", "21:27:30.5", "1760131650500", "1760131650500000"]
        {
            let point: Point = text.parse().unwrap();
            assert_eq!(point.on_tape(begins, begins), UnixNanos(1_760_131_650_500_000_000), "{text}");
        }
        assert!("tomorrow".parse::<Point>().unwrap_err().contains("21:27:30"));
    }
}
