//! How makers feel about the last moves of a real market: what they leave in the book, and how far apart they quote.

use crate::generator::makers::Depth;

/// Seconds after which a move is half forgotten.
const MEMORY: f64 = 2.0;
/// A move of this many basis points against a side leaves a quarter of its depth.
const AGAINST: f64 = 15.0;
/// A move of this many basis points leaves half of the other side's depth.
const WITH: f64 = 60.0;
/// Depth that always stays.
const LEAST: f64 = 0.03;
/// Spread, in basis points for each basis point of the recent move.
const SPREAD: f64 = 0.03;

/// The recent move, forgotten little by little.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mood {
    move_bps: f64,
}

impl Mood {
    pub(super) fn wait(&mut self, seconds: f64) {
        self.move_bps *= 0.5_f64.powf(seconds / MEMORY);
    }

    pub(super) fn see(&mut self, move_bps: f64) {
        self.move_bps += move_bps;
    }

    pub(super) fn depth(self) -> Depth {
        let fall = (-self.move_bps).max(0.0);
        let rise = self.move_bps.max(0.0);
        let left = |against: f64, with: f64| (1.0 / (1.0 + against / AGAINST).powi(2) / (1.0 + with / WITH)).max(LEAST);
        Depth { bids: left(fall, rise), asks: left(rise, fall) }
    }

    pub(super) fn spread_bps(self) -> f64 {
        self.move_bps.abs() * SPREAD
    }

    /// True where the last move was down.
    pub(super) fn falls(self) -> bool {
        self.move_bps < 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_takes_the_bids_away_and_time_brings_them_back() {
        let mut mood = Mood::default();
        assert_eq!(mood.depth(), Depth::ORDINARY);
        mood.see(-60.0);
        let Depth { bids, asks } = mood.depth();
        assert!((bids - asks) / (bids + asks) < -0.6, "{bids} {asks}");
        mood.wait(20.0);
        assert!(mood.depth().bids > 0.9);
    }
}
