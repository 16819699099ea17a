//! What a scan is asked for, and what it stops for.

use indicators::{Flags, Refusal};

/// How much of a book is seen.
#[derive(Clone, Copy, Debug)]
pub struct BookShape {
    /// Levels a side.
    pub levels: usize,
    /// Reach of the depth band, in basis points of mid.
    pub band_bps: f64,
    /// Least reach of the depth band, in ticks.
    pub band_min_ticks: u32,
}

/// Why the scan has stopped: the session has to hear of this.
#[derive(Clone, Debug, PartialEq)]
pub enum Pause {
    /// The desk has said something.
    Told,
    /// A perception has taken something in that is worth a look.
    Perceived {
        /// Whose.
        recording: usize,
        /// What of it.
        flags: Flags,
    },
    /// A perception has refused something.
    Refused {
        /// Whose.
        recording: usize,
        /// Why.
        refusal: Refusal,
    },
    /// Something seldom.
    Seldom {
        /// Of which recording.
        recording: usize,
        /// Counted from 0.
        index: usize,
    },
}

/// The last book that a perception has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Where the last level of its frame stands.
    pub row: usize,
    /// How many levels changed with it.
    pub changed: usize,
}
