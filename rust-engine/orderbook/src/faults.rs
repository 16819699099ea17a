//! Why a book broke: a closed list.

use common::market::Level;
use thiserror::Error;

/// Why a book may not be believed any more.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BookFault {
    /// Updates are missing between what is held and what came.
    #[error("gap: update {expected} was due, {got} came")]
    Gap {
        /// The id that would have followed.
        expected: u64,
        /// The first id of the update that came.
        got: u64,
    },
    /// The best bid is at or above the best ask.
    #[error("crossed: bid {} at or above ask {}", bid.price, ask.price)]
    Crossed {
        /// Best bid.
        bid: Level,
        /// Best ask.
        ask: Level,
    },
    /// Two audits in a row found other levels at the venue.
    #[error("two audits in a row found other levels at the venue")]
    Mismatch,
    /// No connection is left that updates could come from.
    #[error("connection lost")]
    Disconnected,
}

impl BookFault {
    /// The name in logs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Gap { .. } => "gap",
            Self::Crossed { .. } => "crossed",
            Self::Mismatch => "mismatch",
            Self::Disconnected => "disconnected",
        }
    }
}
