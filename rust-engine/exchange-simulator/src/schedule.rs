//! When a tape's moments happen in this run: by a whole number of seconds later, so that microseconds survive.

use common::time::{NANOS_PER_SECOND, UnixNanos};

/// How long before the start a client may subscribe and be heard, besides rounding to whole seconds.
///
/// While nobody listens, the start is promised that far ahead, so that a client may first ask for the shift and then
/// connect without changing it. The market moves meanwhile if the tape has something before the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// The tape has frames before the start.
    Long,
    /// The tape begins with the start: clients must not take the silence before it for a fault.
    Short,
}

impl Lead {
    const fn nanos(self) -> i64 {
        match self {
            Self::Long => 3 * NANOS_PER_SECOND,
            Self::Short => 900_000_000,
        }
    }

    /// The longest time by which a subscription can come before the start.
    #[must_use]
    pub const fn longest(self) -> i64 {
        self.nanos() + NANOS_PER_SECOND
    }
}

/// Where a replay stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nobody listens yet; the market stands still at the beginning.
    Waiting,
    /// The tape runs.
    Running,
    /// The tape has come to its end.
    Ended,
}

impl Stage {
    /// The name in status reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Ended => "ended",
        }
    }
}

/// Maps wall time to tape time.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    live_from: UnixNanos,
    lead: Lead,
    speed: f64,
    shift_seconds: i64,
    /// The wall's time at `live_from`.
    origin: UnixNanos,
    stage: Stage,
}

impl Schedule {
    /// A replay that begins at `live_from` (tape time) at some later time; `speed` 1 is real time.
    #[must_use]
    pub fn new(live_from: UnixNanos, lead: Lead, speed: f64, wall: UnixNanos) -> Self {
        let origin = UnixNanos::ZERO;
        let mut schedule = Self { live_from, lead, speed, shift_seconds: 0, origin, stage: Stage::Waiting };
        schedule.promise(wall + lead.nanos());
        schedule
    }

    /// Where it stands.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// When the replay begins, in tape time.
    #[must_use]
    pub const fn live_from(&self) -> UnixNanos {
        self.live_from
    }

    /// Seconds added to the tape's times.
    #[must_use]
    pub const fn shift_seconds(&self) -> i64 {
        self.shift_seconds
    }

    /// The same in nanoseconds.
    #[must_use]
    pub const fn shift_ns(&self) -> i64 {
        self.shift_seconds * NANOS_PER_SECOND
    }

    fn promise(&mut self, not_before: UnixNanos) {
        self.shift_seconds = -(self.live_from.since(not_before)).div_euclid(NANOS_PER_SECOND);
        self.origin = self.live_from + self.shift_ns();
    }

    fn is_real_time(&self) -> bool {
        self.speed.to_bits() == 1_f64.to_bits()
    }

    /// To be called before the shift is told to anyone: a start that has passed while nobody came is put off.
    pub fn keep_promise(&mut self, wall: UnixNanos) {
        if self.stage == Stage::Waiting && self.origin < wall {
            self.promise(wall + self.lead.nanos());
        }
    }

    /// Somebody listens: the replay begins at the promised time, or within a second where that has passed.
    pub fn begin(&mut self, wall: UnixNanos) {
        if self.stage != Stage::Waiting {
            return;
        }
        if self.origin < wall {
            self.promise(wall);
        }
        if !self.is_real_time() {
            // Tape seconds are not the wall's, so there is nothing to wait for.
            self.origin = wall;
        }
        self.stage = Stage::Running;
    }

    /// The tape has come to its end.
    pub fn end(&mut self) {
        self.stage = Stage::Ended;
    }

    /// The tape's time at a wall time. While nobody listens it does not go past the beginning.
    #[must_use]
    pub fn tape_time(&self, wall: UnixNanos) -> UnixNanos {
        let since_start = wall.since(self.origin);
        match self.stage {
            Stage::Waiting => self.live_from + since_start.min(0),
            // Exact at real time, where it matters; other speeds are for tests.
            Stage::Running | Stage::Ended if self.is_real_time() => self.live_from + since_start,
            Stage::Running | Stage::Ended => self.live_from + (since_start as f64 * self.speed) as i64,
        }
    }

    /// How long until the tape's time is `at`, in wall nanoseconds; zero where it has passed.
    #[must_use]
    pub fn wait_for(&self, at: UnixNanos, wall: UnixNanos) -> u64 {
        let ahead = at.since(self.tape_time(wall)).max(0);
        (ahead as f64 / self.speed).ceil() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIVE: UnixNanos = UnixNanos(1_000_123_456_000);

    fn wall(seconds: f64) -> UnixNanos {
        UnixNanos((seconds * 1e9) as i64)
    }

    #[test]
    fn a_client_that_asks_first_and_connects_soon_keeps_the_shift() {
        let mut schedule = Schedule::new(LIVE, Lead::Short, 1.0, wall(5_000.0));
        schedule.keep_promise(wall(5_100.0));
        let told = schedule.shift_seconds();
        schedule.begin(wall(5_100.8));
        assert_eq!(schedule.shift_seconds(), told);
        assert!(schedule.tape_time(wall(5_100.8)) < LIVE);
        assert!(schedule.tape_time(wall(5_100.0)) >= LIVE - Lead::Short.longest());
        assert_eq!(schedule.tape_time(LIVE + told * NANOS_PER_SECOND), LIVE);
    }

    #[test]
    fn a_client_that_connects_late_starts_within_a_second() {
        let mut schedule = Schedule::new(LIVE, Lead::Short, 1.0, wall(5_000.0));
        schedule.begin(wall(6_000.0));
        let begins_in = schedule.wait_for(LIVE, wall(6_000.0));
        assert!(begins_in < 1_000_000_000, "{begins_in}");
        schedule.begin(wall(7_000.0));
        assert_eq!(schedule.wait_for(LIVE, wall(6_000.0)), begins_in, "a second client changes nothing");
    }

    #[test]
    fn the_market_stands_still_while_nobody_listens() {
        let schedule = Schedule::new(LIVE, Lead::Short, 1.0, wall(5_000.0));
        assert_eq!(schedule.tape_time(wall(9_000.0)), LIVE);
    }

    #[test]
    fn faster_replays_are_proportional() {
        let mut schedule = Schedule::new(LIVE, Lead::Long, 20.0, wall(5_000.0));
        schedule.begin(wall(6_000.0));
        let start = wall(6_000.0);
        assert_eq!(schedule.tape_time(start + NANOS_PER_SECOND), LIVE + 20 * NANOS_PER_SECOND);
        assert_eq!(schedule.wait_for(LIVE + 20 * NANOS_PER_SECOND, start), 1_000_000_000);
    }

    proptest! {
        #[test]
        fn the_shift_keeps_microseconds(live in 0..2_000_000_000_000_000_000_i64, wall in 0..2_000_000_000_000_000_000_i64) {
            let mut schedule = Schedule::new(UnixNanos(live), Lead::Long, 1.0, UnixNanos(wall));
            schedule.begin(UnixNanos(wall + 10 * NANOS_PER_SECOND));
            prop_assert_eq!(schedule.shift_ns() % NANOS_PER_SECOND, 0);
            let begins = schedule.origin.since(UnixNanos(wall + 10 * NANOS_PER_SECOND));
            prop_assert!((0..NANOS_PER_SECOND).contains(&begins));
        }
    }
}
