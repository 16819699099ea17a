//! How well one symbol is seen: rates, latencies, gaps, refusals.

use std::collections::{BTreeMap, VecDeque};

use common::time::{NANOS_PER_MILLI, NANOS_PER_SECOND, UnixNanos};
use hdrhistogram::Histogram;

use crate::reason::Reason;

/// Seconds that the latency percentiles look back.
const WINDOW_SECONDS: usize = 60;
/// Latencies are kept in microseconds up to a minute; longer ones count as a minute.
const LONGEST_MICROS: u64 = 60_000_000;
/// Two digits: a percentile is right to one percent.
const DIGITS: u8 = 2;

/// Counts of one symbol since the start, and its last second and minute.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    gaps: u64,
    loss_untold: bool,
    last: Second,
    pub(crate) rejected: BTreeMap<Reason, u64>,
    frames: u64,
    latency_sum: i64,
    latencies: u64,
    second: Histogram<u32>,
    minute: Histogram<u32>,
    seconds: VecDeque<Histogram<u32>>,
}

/// One second, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Second {
    pub(crate) frames: u64,
    pub(crate) messages_per_second: f64,
    pub(crate) latency_ms: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

fn histogram() -> Histogram<u32> {
    let mut histogram = Histogram::new_with_max(LONGEST_MICROS, DIGITS)
        .expect("the bounds and digits are within what the crate allows");
    histogram.auto(false);
    histogram
}

impl Health {
    pub(crate) fn new() -> Self {
        Self {
            gaps: 0,
            loss_untold: false,
            last: Second::default(),
            rejected: BTreeMap::new(),
            frames: 0,
            latency_sum: 0,
            latencies: 0,
            second: histogram(),
            minute: histogram(),
            seconds: VecDeque::new(),
        }
    }

    /// A frame came that happened `age` nanoseconds ago, the clock offset taken out.
    ///
    /// A negative age is a clock that is not exactly ours: it counts in the mean, and as nothing in the percentiles.
    pub(crate) fn frame(&mut self, age: Option<i64>) {
        self.frames += 1;
        if let Some(age) = age {
            self.latencies += 1;
            self.latency_sum = self.latency_sum.saturating_add(age);
            self.second.saturating_record(u64::try_from(age / 1_000).unwrap_or(0));
        }
    }

    /// Something was lost: ids are missing, or the book has to be rebuilt.
    pub(crate) fn gap(&mut self) {
        self.gaps += 1;
        self.loss_untold = true;
    }

    /// A connection was opened after the first: what comes may not follow what came.
    pub(crate) const fn reconnected(&mut self) {
        self.loss_untold = true;
    }

    /// Losses since the start.
    pub(crate) const fn gaps(&self) -> u64 {
        self.gaps
    }

    /// True once after each loss: whoever decides on this data must hear of it before more data.
    pub(crate) const fn take_untold_loss(&mut self) -> bool {
        std::mem::replace(&mut self.loss_untold, false)
    }

    /// The last whole second.
    pub(crate) const fn last(&self) -> Second {
        self.last
    }

    /// A message was refused.
    pub(crate) fn reject(&mut self, reason: Reason) {
        *self.rejected.entry(reason).or_default() += 1;
    }

    /// Ends a second that began `elapsed` nanoseconds ago.
    pub(crate) fn end_second(&mut self, elapsed: i64) -> Second {
        let seconds = elapsed.max(1) as f64 / NANOS_PER_SECOND as f64;
        let ended = std::mem::replace(&mut self.second, histogram());
        self.minute.add(&ended).expect("both have the same bounds");
        self.seconds.push_back(ended);
        if self.seconds.len() > WINDOW_SECONDS
            && let Some(oldest) = self.seconds.pop_front()
        {
            self.minute.subtract(&oldest).expect("it was added a minute ago");
        }
        let mean = if self.latencies == 0 { 0.0 } else { self.latency_sum as f64 / self.latencies as f64 };
        let percentile = |quantile| self.minute.value_at_quantile(quantile) as f64 / 1_000.0;
        let second = Second {
            frames: self.frames,
            messages_per_second: self.frames as f64 / seconds,
            latency_ms: mean / NANOS_PER_MILLI as f64,
            p50_ms: percentile(0.5),
            p99_ms: percentile(0.99),
        };
        (self.frames, self.latency_sum, self.latencies) = (0, 0, 0);
        self.last = second;
        second
    }
}

/// Lets a line of each reason into the log once a minute.
#[derive(Clone, Debug, Default)]
pub(crate) struct OncePerMinute {
    last: BTreeMap<Reason, (UnixNanos, u64)>,
}

impl OncePerMinute {
    /// `None` where the reason was logged within the last minute; else how many lines were held back since.
    pub(crate) fn pass(&mut self, reason: Reason, now: UnixNanos) -> Option<u64> {
        match self.last.get_mut(&reason) {
            Some((logged, held)) if now.since(*logged) < 60 * NANOS_PER_SECOND => {
                *held += 1;
                None
            }
            known => {
                let held = known.map_or(0, |(_, held)| *held);
                self.last.insert(reason, (now, 0));
                Some(held)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_tells_its_mean_and_the_minutes_percentiles() {
        let mut health = Health::new();
        for milli in 1..=100 {
            health.frame(Some(milli * NANOS_PER_MILLI));
        }
        health.frame(None);
        let second = health.end_second(NANOS_PER_SECOND);
        assert_eq!((second.frames, second.messages_per_second), (101, 101.0));
        assert!((second.latency_ms - 50.5).abs() < 1e-9);
        assert!((second.p50_ms - 50.0).abs() <= 0.5 && (second.p99_ms - 99.0).abs() <= 1.0, "{second:?}");
        let quiet = health.end_second(NANOS_PER_SECOND);
        assert_eq!((quiet.frames, quiet.latency_ms), (0, 0.0));
        assert!(quiet.p99_ms > 90.0, "percentiles look back a minute");
    }

    #[test]
    fn latencies_leave_the_window_after_a_minute() {
        let mut health = Health::new();
        health.frame(Some(400 * NANOS_PER_MILLI));
        for _ in 0..WINDOW_SECONDS {
            assert!(health.end_second(NANOS_PER_SECOND).p99_ms > 390.0);
        }
        assert_eq!(health.end_second(NANOS_PER_SECOND).p99_ms, 0.0);
    }

    #[test]
    fn negative_and_endless_latencies_are_numbers_too() {
        let mut health = Health::new();
        health.frame(Some(-1_270 * NANOS_PER_MILLI));
        health.frame(Some(3_600 * NANOS_PER_SECOND));
        let second = health.end_second(NANOS_PER_SECOND);
        assert_eq!(second.p50_ms, 0.0);
        assert!(second.p99_ms >= 59_000.0);
    }

    #[test]
    fn each_reason_is_logged_once_a_minute() {
        let mut log = OncePerMinute::default();
        let at = |seconds: i64| UnixNanos(seconds * NANOS_PER_SECOND);
        assert_eq!(log.pass(Reason::Malformed, at(100)), Some(0));
        assert_eq!(log.pass(Reason::Malformed, at(101)), None);
        assert_eq!(log.pass(Reason::Crossed, at(101)), Some(0));
        assert_eq!(log.pass(Reason::Malformed, at(159)), None);
        assert_eq!(log.pass(Reason::Malformed, at(160)), Some(2));
    }
}
