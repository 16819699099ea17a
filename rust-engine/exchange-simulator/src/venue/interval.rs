//! Kline intervals and the bars' borders in UTC.

use common::time::{NANOS_PER_SECOND, UnixNanos};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// A kline interval of Binance Spot; the names are case-sensitive (`1m` is a minute, `1M` a month).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    name: &'static str,
    length: Length,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Seconds(i64),
    Week,
    Month,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;
/// The epoch was a Thursday; weeks start on Monday.
const FIRST_MONDAY: i64 = 4 * DAY_SECONDS;

const fn fixed(name: &'static str, seconds: i64) -> Interval {
    Interval { name, length: Length::Seconds(seconds) }
}

/// All sixteen intervals, shortest first.
pub const INTERVALS: [Interval; 16] = [
    fixed("1s", 1),
    fixed("1m", MINUTE),
    fixed("3m", 3 * MINUTE),
    fixed("5m", 5 * MINUTE),
    fixed("15m", 15 * MINUTE),
    fixed("30m", 30 * MINUTE),
    fixed("1h", HOUR),
    fixed("2h", 2 * HOUR),
    fixed("4h", 4 * HOUR),
    fixed("6h", 6 * HOUR),
    fixed("8h", 8 * HOUR),
    fixed("12h", 12 * HOUR),
    fixed("1d", DAY_SECONDS),
    fixed("3d", 3 * DAY_SECONDS),
    Interval { name: "1w", length: Length::Week },
    Interval { name: "1M", length: Length::Month },
];

/// One second, the unit that all other bars are summed from.
pub const SECOND: Interval = INTERVALS[0];

/// One day.
pub const DAY: Interval = INTERVALS[12];

impl Interval {
    /// Finds an interval by the venue's name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        INTERVALS.into_iter().find(|interval| interval.name == name)
    }

    /// The venue's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// First nanosecond of the bar that holds `at`.
    #[must_use]
    pub fn floor(self, at: UnixNanos) -> UnixNanos {
        let seconds = at.0.div_euclid(NANOS_PER_SECOND);
        let start = match self.length {
            Length::Seconds(length) => seconds - seconds.rem_euclid(length),
            Length::Week => seconds - (seconds - FIRST_MONDAY).rem_euclid(7 * DAY_SECONDS),
            Length::Month => month_start(seconds),
        };
        UnixNanos(start * NANOS_PER_SECOND)
    }

    /// First nanosecond of the bar after the one that starts at `start`.
    #[must_use]
    pub fn next(self, start: UnixNanos) -> UnixNanos {
        let length = match self.length {
            Length::Seconds(length) => length,
            Length::Week => 7 * DAY_SECONDS,
            // 32 days after the first of a month always lie in the next month.
            Length::Month => return self.floor(start + 32 * DAY_SECONDS * NANOS_PER_SECOND),
        };
        start + length * NANOS_PER_SECOND
    }

    /// The borders of this interval's bars on a clock that is `ahead_ns` ahead of the times given: a replay's shift, a
    /// time zone, or both. Minutes begin on the clients' full minutes, not on the tape's.
    #[must_use]
    pub const fn on_clock(self, ahead_ns: i64) -> Grid {
        Grid { interval: self, ahead_ns }
    }
}

/// An interval's bars on a clock that is ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    interval: Interval,
    ahead_ns: i64,
}

impl Grid {
    /// First nanosecond of the bar that holds `at`.
    #[must_use]
    pub fn floor(self, at: UnixNanos) -> UnixNanos {
        self.interval.floor(at + self.ahead_ns) - self.ahead_ns
    }

    /// First nanosecond of the bar after the one that starts at `start`.
    #[must_use]
    pub fn next(self, start: UnixNanos) -> UnixNanos {
        self.interval.next(start + self.ahead_ns) - self.ahead_ns
    }

    /// First nanosecond of the bar before the one that starts at `start`.
    #[must_use]
    pub fn previous(self, start: UnixNanos) -> UnixNanos {
        self.floor(start - 1)
    }
}

fn month_start(seconds: i64) -> i64 {
    let date = Timestamp::from_second(seconds)
        .map_or(Date::constant(1970, 1, 1), |timestamp| timestamp.to_zoned(TimeZone::UTC).date());
    let since_epoch = date.first_of_month().since(Date::constant(1970, 1, 1));
    since_epoch.map_or(0, |span| i64::from(span.get_days()) * DAY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixNanos {
        UnixNanos(text.parse::<Timestamp>().unwrap().as_second() * NANOS_PER_SECOND)
    }

    #[test]
    fn bars_start_where_the_venue_starts_them() {
        let now = UnixNanos(at("2025-10-10T21:28:05Z").0 + 935_999_000);
        for (name, start) in [
            ("1s", "2025-10-10T21:28:05Z"),
            ("1m", "2025-10-10T21:28:00Z"),
            ("15m", "2025-10-10T21:15:00Z"),
            ("4h", "2025-10-10T20:00:00Z"),
            ("1d", "2025-10-10T00:00:00Z"),
            ("1w", "2025-10-06T00:00:00Z"),
            ("1M", "2025-10-01T00:00:00Z"),
        ] {
            assert_eq!(Interval::named(name).unwrap().floor(now), at(start), "{name}");
        }
    }

    #[test]
    fn bars_follow_each_other_without_holes() {
        for interval in INTERVALS {
            for ahead_ns in [0, 8 * HOUR * NANOS_PER_SECOND, 34_567_891 * NANOS_PER_SECOND] {
                let bars = interval.on_clock(ahead_ns);
                let start = bars.floor(at("2025-02-27T23:59:59Z"));
                let next = bars.next(start);
                assert_eq!(bars.floor(next), next, "{}", interval.name());
                assert_eq!(bars.previous(next), start, "{}", interval.name());
            }
        }
    }

    #[test]
    fn minutes_begin_on_the_clients_clock() {
        let bars = Interval::named("1m").unwrap().on_clock(23 * NANOS_PER_SECOND);
        assert_eq!(bars.floor(at("2025-10-10T21:28:36Z")), at("2025-10-10T21:27:37Z"));
        assert_eq!(bars.floor(at("2025-10-10T21:28:37Z")), at("2025-10-10T21:28:37Z"));
    }

    #[test]
    fn names_are_case_sensitive() {
        assert!(Interval::named("1S").is_none());
        assert_ne!(Interval::named("1m"), Interval::named("1M"));
    }
}
