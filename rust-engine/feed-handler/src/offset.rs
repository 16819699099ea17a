//! Our clock less the venue's, from the midpoint of a round trip.

use std::collections::VecDeque;

use common::time::UnixNanos;

/// Round trips that the best is chosen from.
const KEPT: usize = 8;

/// The clock offset; the sample with the shortest round trip says most.
#[derive(Clone, Debug, Default)]
pub struct ClockOffset {
    samples: VecDeque<(i64, i64)>,
}

impl ClockOffset {
    /// Takes one answer of the venue's clock.
    pub fn sample(&mut self, sent_at: UnixNanos, received_at: UnixNanos, venue: UnixNanos) {
        let round_trip = received_at.since(sent_at).max(0);
        if self.samples.len() == KEPT {
            self.samples.pop_front();
        }
        self.samples.push_back((round_trip, (sent_at + round_trip / 2).since(venue)));
    }

    /// Nanoseconds that our clock is ahead of the venue's; 0 before the first sample.
    ///
    /// ```
    /// use common::time::UnixNanos;
    /// use feed_handler::ClockOffset;
    /// let mut offset = ClockOffset::default();
    /// offset.sample(UnixNanos(1_000), UnixNanos(1_100), UnixNanos(1_020)); // midpoint 1,050
    /// offset.sample(UnixNanos(2_000), UnixNanos(9_000), UnixNanos(2_000)); // a slow answer says less
    /// assert_eq!(offset.nanos(), 30);
    /// ```
    #[must_use]
    pub fn nanos(&self) -> i64 {
        self.samples.iter().min_by_key(|(round_trip, _)| *round_trip).map_or(0, |(_, offset)| *offset)
    }

    /// The venue's clock when ours says `now`.
    #[must_use]
    pub fn venue(&self, now: UnixNanos) -> UnixNanos {
        now - self.nanos()
    }

    /// Number of samples held.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples.len()
    }
}
