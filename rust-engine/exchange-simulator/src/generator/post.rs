//! When frames arrive: after a measured delay, never before the frame ahead of them, and not at all during a silence.

use common::time::UnixNanos;

use super::dice::Dice;
use super::measured::LATENCY_MILLIS;

/// Nanoseconds between the frames of a burst.
const BURST_GAP: i64 = 30_000;

/// The way from the venue to the recorder.
pub(crate) struct Post {
    dice: Dice,
    silence: Option<(i64, i64)>,
    last: UnixNanos,
}

impl Post {
    /// `silence` in microseconds of the venue's clock: frames sent within it arrive in one burst at its end.
    pub(crate) fn new(seed: u64, silence: Option<(i64, i64)>) -> Self {
        Self { dice: Dice::new(seed, 3), silence, last: UnixNanos::ZERO }
    }

    /// When a frame that the venue sends at `event_micros` is received.
    pub(crate) fn arrival(&mut self, event_micros: i64) -> UnixNanos {
        let delay = (self.dice.draw(&LATENCY_MILLIS) * 1e6) as i64;
        let sent = match self.silence {
            Some((from, to)) if (from..to).contains(&event_micros) => to,
            _ => event_micros,
        };
        let arrival = UnixNanos(sent * 1_000 + delay);
        self.last = arrival.max(self.last + BURST_GAP);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_ends_in_a_burst() {
        let mut post = Post::new(1, Some((2_000_000, 10_000_000)));
        let arrivals: Vec<i64> = (0..120).map(|step| post.arrival(step * 100_000).0).collect();
        assert!(arrivals.is_sorted());
        assert!(arrivals[19] < 2_100_000_000);
        let burst = &arrivals[20..100];
        assert!(burst.iter().all(|&at| (10_000_000_000..10_200_000_000).contains(&at)), "{burst:?}");
        assert!(arrivals[119] - 11_900_000_000 < 130_000_000, "punctual again");
    }
}
