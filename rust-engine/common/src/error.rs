//! What an operator needs to know of a failed venue call.

use serde::{Deserialize, Serialize};

/// Answers "did it happen, was it refused, may I repeat it, or do we stop".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// It may have happened: ask the venue, never send again.
    Unknown,
    /// It surely did not happen, and repeating it would be refused again.
    Rejected,
    /// It surely did not happen, and may be repeated later.
    Retryable,
    /// Nothing more may be sent: stop.
    Fatal,
}
