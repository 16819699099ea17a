//! Is a silent stream dead, or has it nothing to say? Its own recent rate tells.

use std::collections::VecDeque;

use common::time::{NANOS_PER_SECOND, UnixNanos};

/// Bursts count once per slot, so that a rate says how steadily a stream speaks, not how much.
const SLOT: i64 = NANOS_PER_SECOND / 10;
/// How far back the rate looks.
const MEMORY_SLOTS: i64 = 600;
/// Less than this was not observed long enough to know a rate.
const LEAST_SLOTS: i64 = 30;
/// Slots with messages that a silence must have missed. Were they drawn at random, e^-8 of such silences were innocent.
const MISSED: f64 = 8.0;
/// Streams speak in bursts, so a silence must also be so many times longer than the pauses that it usually makes.
const TIMES_A_USUAL_PAUSE: i64 = 3;

/// When one stream spoke.
#[derive(Clone, Debug, Default)]
pub struct Liveness {
    slots: VecDeque<i64>,
    since: Option<i64>,
    last: UnixNanos,
}

impl Liveness {
    /// A message came.
    pub fn heard(&mut self, now: UnixNanos) {
        let slot = now.0.div_euclid(SLOT);
        self.since.get_or_insert(slot);
        self.last = self.last.max(now);
        if self.slots.back() != Some(&slot) {
            self.slots.push_back(slot);
        }
        while self.slots.front().is_some_and(|&oldest| oldest <= slot - MEMORY_SLOTS) {
            self.slots.pop_front();
        }
    }

    /// True where nothing came for `patience` nanoseconds although the recent rate says that something should have.
    ///
    /// ```
    /// use common::time::UnixNanos;
    /// use feed_handler::Liveness;
    /// let (mut busy, mut quiet) = (Liveness::default(), Liveness::default());
    /// for tenth in 0..100 {
    ///     busy.heard(UnixNanos(tenth * 100_000_000));
    ///     if tenth % 50 == 0 { quiet.heard(UnixNanos(tenth * 100_000_000)); }
    /// }
    /// let later = UnixNanos(11_000_000_000);
    /// assert!(busy.is_silent(later, 1_000_000_000));
    /// assert!(!quiet.is_silent(later, 1_000_000_000));
    /// ```
    #[must_use]
    pub fn is_silent(&self, now: UnixNanos, patience: i64) -> bool {
        let silence = now.since(self.last);
        silence > patience
            && self.rate() * silence as f64 / NANOS_PER_SECOND as f64 >= MISSED
            && silence > TIMES_A_USUAL_PAUSE * self.usual_pause()
    }

    /// When the last message came; the epoch before the first.
    #[must_use]
    pub const fn last(&self) -> UnixNanos {
        self.last
    }

    /// Slots with messages per second, up to the last message.
    fn rate(&self) -> f64 {
        let (Some(since), Some(&newest)) = (self.since, self.slots.back()) else { return 0.0 };
        let observed = (newest - since + 1).min(MEMORY_SLOTS);
        if observed < LEAST_SLOTS {
            return 0.0;
        }
        self.slots.len() as f64 / observed as f64 * (NANOS_PER_SECOND / SLOT) as f64
    }

    /// The second longest pause: the longest may have been a fault that must not hide the next.
    fn usual_pause(&self) -> i64 {
        let mut longest = [0, 0];
        for (earlier, later) in self.slots.iter().zip(self.slots.iter().skip(1)) {
            let pause = later - earlier;
            if pause > longest[0] {
                longest = [pause, longest[0]];
            } else {
                longest[1] = longest[1].max(pause);
            }
        }
        longest[1] * SLOT
    }
}

/// One stream of a symbol: when it spoke, and whether its silence was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    liveness: Liveness,
    silent: bool,
}

impl Stream {
    pub(crate) fn heard(&mut self, now: UnixNanos) {
        self.liveness.heard(now);
        self.silent = false;
    }

    /// True once per silence.
    pub(crate) fn falls_silent(&mut self, now: UnixNanos, patience: i64) -> bool {
        let falls = !self.silent && self.liveness.is_silent(now, patience);
        self.silent |= falls;
        falls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that spoke at these tenths of a second.
    fn spoke(tenths: impl IntoIterator<Item = i64>) -> Liveness {
        let mut liveness = Liveness::default();
        tenths.into_iter().for_each(|tenth| liveness.heard(UnixNanos(tenth * SLOT)));
        liveness
    }

    fn silence_after(liveness: &Liveness) -> Option<i64> {
        (0..600).find(|tenth| liveness.is_silent(liveness.last() + tenth * SLOT, NANOS_PER_SECOND))
    }

    #[test]
    fn a_steady_stream_is_missed_after_the_heartbeat() {
        assert_eq!(silence_after(&spoke(0..100)), Some(11));
        assert_eq!(silence_after(&spoke((0..100).step_by(2))), Some(16), "five a second: eight must be missed");
    }

    #[test]
    fn a_stream_that_speaks_in_bursts_may_pause_as_it_always_does() {
        let bursts = || (0..10).flat_map(|burst| (0..20).map(move |tenth| burst * 50 + tenth));
        assert_eq!(silence_after(&spoke(bursts())), Some(94), "three usual pauses of 3.1 s");
    }

    #[test]
    fn one_long_pause_does_not_hide_the_next() {
        assert_eq!(silence_after(&spoke((0..50).chain(100..150))), Some(13), "the rate over both, not thrice 5 s");
    }

    #[test]
    fn a_stream_that_was_hardly_heard_is_not_missed() {
        assert_eq!(silence_after(&spoke(0..29)), None);
        assert_eq!(silence_after(&Liveness::default()), None);
    }
}
