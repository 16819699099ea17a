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
        silence > patience && self.rate() * silence as f64 / NANOS_PER_SECOND as f64 >= MISSED
    }

    /// When the last message came; the epoch before the first.
    #[must_use]
    pub const fn last(&self) -> UnixNanos {
        self.last
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = Self::default();
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
}
