//! The passing of time for symbols that are silent while another one trades.

use crate::market::NANOS_PER_SECOND;

const GRID_NS: i64 = NANOS_PER_SECOND / 10;
const BEHIND_NS: i64 = NANOS_PER_SECOND / 4;

/// Lets time pass for the other symbols at most once in each step of a 100 ms grid, a quarter of a second behind: their
/// own events may be on the way.
///
/// ```
/// use indicators::SilenceGrid;
/// let mut grid = SilenceGrid::default();
/// assert_eq!(grid.pass(1_000_000_000), Some(700_000_000));
/// assert_eq!(grid.pass(1_099_999_999), None);
/// assert_eq!(grid.pass(1_100_000_000), Some(800_000_000));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SilenceGrid {
    next_ns: i64,
}

impl SilenceGrid {
    /// A symbol's time came to `now_ns`: returns up to when the others have been silent, if it is time to tell them.
    pub fn pass(&mut self, now_ns: i64) -> Option<i64> {
        if now_ns < self.next_ns {
            return None;
        }
        self.next_ns = (now_ns.div_euclid(GRID_NS) + 1) * GRID_NS;
        Some((now_ns - BEHIND_NS).div_euclid(GRID_NS) * GRID_NS)
    }
}
