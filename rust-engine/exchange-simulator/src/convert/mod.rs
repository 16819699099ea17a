//! Tapes from other formats: trade files with a book made up around them, raw recordings, and pieces of other tapes.
//!
//! Belongs here: reading foreign files row by row, refusing what is wrong by name, and saying on the tape what is made up.
//! Never here: the venue's behaviour at replay, or the wall clock.

use std::path::{Path, PathBuf};

use common::time::{NANOS_PER_SECOND, UnixNanos};
use serde::Serialize;
use tape::TapeError;
use thiserror::Error;

use crate::generator::SymbolError;
use crate::span::Point;

mod archive;
mod around;
mod cut;
mod expand;
mod input;
mod inspect;
mod mood;
mod recording;
mod refusals;
mod rows;
mod trades;

pub use cut::cut;
pub use inspect::{Contents, inspect};
pub use refusals::Refusals;

/// Which part of the input goes onto the tape.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Part {
    /// First moment of the live part; the beginning where it is not given.
    pub from: Option<Point>,
    /// Last moment; the end where it is not given.
    pub to: Option<Point>,
    /// Seconds before `from` that go onto the tape as history.
    pub history: f64,
}

/// A part in exchange time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    begin: UnixNanos,
    live_from: Option<UnixNanos>,
    /// `None`: to the end, however late its last frames were received.
    end: Option<UnixNanos>,
}

impl Bounds {
    /// True for what happened after the part.
    fn is_past(&self, at: UnixNanos) -> bool {
        self.end.is_some_and(|end| at > end)
    }
}

impl Part {
    /// The part of an input that spans `first..=last`.
    fn bounds(&self, first: UnixNanos, last: UnixNanos) -> Result<Bounds, ConvertError> {
        let live_from = self.from.map(|from| from.on_tape(first, first));
        let end = self.to.map(|to| to.on_tape(first, first));
        let history = (self.history * NANOS_PER_SECOND as f64) as i64;
        let begin = live_from.map_or(first, |from| (from - history).max(first));
        let stop = end.unwrap_or(last);
        if begin > last || stop < first || live_from.is_some_and(|from| from >= stop) {
            let (first, last) = (crate::span::printed(first), crate::span::printed(last));
            return Err(ConvertError::EmptyPart { first, last });
        }
        Ok(Bounds { begin, live_from, end })
    }
}

/// What to convert.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// Files of one kind and, for trades, one symbol; parts of a recording in order.
    pub inputs: Vec<PathBuf>,
    /// The market, where neither the rows nor the file's name tell it.
    pub symbol: Option<String>,
    /// Which part.
    pub part: Part,
}

/// What became of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Lines written.
    pub lines: u64,
    /// Prints among them.
    pub prints: u64,
    /// Diff frames among them.
    pub diffs: u64,
    /// What was refused.
    pub refused: Refusals,
}

/// Why nothing was converted.
#[derive(Debug, Error)]
pub enum ConvertError {
    /// A file cannot be read to its end.
    #[error("{path}: cannot read it: {source}")]
    Unreadable {
        /// Which file.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A file is nothing that can be converted, or not what it claims to be.
    #[error("{path}: {reason}")]
    Unusable {
        /// Which file.
        path: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The wanted part lies outside of the input.
    #[error("nothing lies between --from and --to: the input spans {first} to {last}")]
    EmptyPart {
        /// Earliest time.
        first: String,
        /// Latest time.
        last: String,
    },
    /// The market cannot be described.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// The tape cannot be read or written.
    #[error(transparent)]
    Tape(#[from] TapeError),
}

fn unusable(path: &Path, reason: impl Into<String>) -> ConvertError {
    ConvertError::Unusable { path: path.display().to_string(), reason: reason.into() }
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> ConvertError {
    move |source| ConvertError::Unreadable { path: path.display().to_string(), source }
}

fn unwritable(path: &Path) -> impl Fn(std::io::Error) -> ConvertError {
    move |source| TapeError::Io { name: path.display().to_string(), action: "write it", source }.into()
}

impl Conversion {
    /// Writes the tape to `out`; it appears there when it is finished.
    ///
    /// # Errors
    /// [`ConvertError`] where an input is unusable or the tape cannot be written. Bad rows are no error: they are refused,
    /// and counted in the [`Report`].
    pub fn convert(&self, out: &Path) -> Result<Report, ConvertError> {
        let Some(first) = self.inputs.first() else { return Err(unusable(out, "no input was given")) };
        let kinds = self.inputs.iter().map(|path| input::kind_of(path)).collect::<Result<Vec<_>, _>>()?;
        let recordings = kinds.iter().filter(|kind| kind.is_recording()).count();
        if recordings == kinds.len() {
            return recording::convert(self, &kinds, out);
        }
        if recordings == 0 {
            return trades::convert(self, &kinds, out);
        }
        Err(unusable(first, "recordings and trade files cannot go onto one tape: convert them one by one"))
    }
}
