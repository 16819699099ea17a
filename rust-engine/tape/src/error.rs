//! Why a tape cannot be read or written, in the operator's words.

use std::io;

use thiserror::Error;

/// A tape that cannot be used; each variant names the tape, the place and the way out.
#[derive(Debug, Error)]
pub enum TapeError {
    /// The operating system said no.
    #[error("tape {name}: cannot {action}: {source}")]
    Io {
        /// File name, or what the caller called the bytes.
        name: String,
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// The bytes do not begin with a tape's header.
    #[error("tape {name}: not a tape ({reason}); `tape generate` makes one, `tape convert` imports other formats")]
    NotATape {
        /// File name, or what the caller called the bytes.
        name: String,
        /// What was found in place of the header.
        reason: String,
    },
    /// The bytes were a tape, and are not what was written.
    #[error("tape {name}: damaged at byte {offset} ({reason}); copy it again, or generate or convert it anew")]
    Damaged {
        /// File name, or what the caller called the bytes.
        name: String,
        /// Where the first bad block begins.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
}
