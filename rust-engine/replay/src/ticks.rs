//! The grid of ticks: silence made into events. The engine's twin of `src/runtime/ticks.py`.

use std::ops::RangeInclusive;

use common::time::NANOS_PER_SECOND;

pub(crate) const GRID_NS: i64 = NANOS_PER_SECOND / 10;
const BEHIND_NS: i64 = NANOS_PER_SECOND / 4;
/// After a long silence at most the last hour is made up for.
const MOST_AT_ONCE: i64 = 36_000;

/// Which grid points of exchange time have passed in silence: a point becomes due a quarter of a second after the clock
/// has passed it; one at or before the newest event needs no tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TickGrid {
    newest_ns: i64,
}

impl TickGrid {
    /// Takes how far exchange time has come with what was seen.
    #[inline]
    pub(crate) fn seen(&mut self, exchange_ts_ns: i64) {
        self.newest_ns = self.newest_ns.max(exchange_ts_ns);
    }

    /// The grid points that are due, as numbers of grid steps, counted as seen; none before the first event.
    #[inline]
    pub(crate) fn due(&mut self, now_ns: i64) -> Option<RangeInclusive<i64>> {
        if self.newest_ns == 0 || now_ns - BEHIND_NS <= self.newest_ns {
            return None;
        }
        let last = (now_ns - BEHIND_NS).div_euclid(GRID_NS);
        if last * GRID_NS <= self.newest_ns {
            return None;
        }
        let first = (self.newest_ns.div_euclid(GRID_NS) + 1).max(last + 1 - MOST_AT_ONCE);
        self.newest_ns = last * GRID_NS;
        Some(first..=last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_due_a_quarter_of_a_second_later_and_once() {
        let mut grid = TickGrid::default();
        assert_eq!(grid.due(1_000_400_000_000), None, "nothing has happened yet");
        grid.seen(1_000_050_000_000);
        assert_eq!(grid.due(1_000_349_999_999), None);
        assert_eq!(grid.due(1_000_451_000_000), Some(10_001..=10_002));
        assert_eq!(grid.due(1_000_451_000_000), None);
        grid.seen(1_000_900_000_000);
        assert_eq!(grid.due(1_001_150_000_000), None);
        let hours = grid.due(1_020_000_000_000_000).unwrap();
        assert_eq!(hours.end() - hours.start() + 1, MOST_AT_ONCE);
    }
}
