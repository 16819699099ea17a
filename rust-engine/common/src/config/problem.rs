//! What is wrong with a configuration: where, which key, why, and what is allowed.

use std::fmt;

use serde::Serialize;
use thiserror::Error;

/// The closed set of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// A file is not TOML, or a flag is not `section.key=value`.
    Syntax,
    /// No such section or key.
    UnknownKey,
    /// A value of another type.
    WrongType,
    /// A number outside of its limits.
    OutOfRange,
    /// Text outside of its closed set.
    NotAllowed,
    /// An address that is none, or not on this machine.
    Malformed,
    /// Values that do not go together.
    Contradiction,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The layer: a file's name, `environment` or `flags`.
    pub source: String,
    /// `section.key`, a section, or empty for a whole file.
    pub key: String,
    /// Why.
    pub kind: ProblemKind,
    /// What an unknown key was probably meant to be.
    pub nearest: Option<String>,
    /// The value and what is allowed, in words.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.source, self.detail),
            key => write!(f, "{}: {key} {}", self.source, self.detail),
        }
    }
}

/// The configuration cannot be used; holds every problem.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "the configuration has {count} problem{}:", if count == 1 { "" } else { "s" })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
