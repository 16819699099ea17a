//! Rows that were not taken: counted by reason, and the first of them named.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Serialize;

/// How many refused rows are named.
const EXAMPLES: usize = 10;

/// What was refused while a file was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// Rows by reason.
    pub by_reason: BTreeMap<&'static str, u64>,
    /// The first rows, as `file:line: reason`.
    pub examples: Vec<String>,
}

impl Refusals {
    pub(crate) fn add(&mut self, path: &Path, line: u64, reason: &'static str) {
        *self.by_reason.entry(reason).or_default() += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(format!("{}:{line}: {reason}", path.display()));
        }
    }

    /// Rows refused, for any reason.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_reason.values().sum()
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (reason, count) in &self.by_reason {
            writeln!(f, "refused: {count} x {reason}")?;
        }
        for example in &self.examples {
            writeln!(f, "  {example}")?;
        }
        Ok(())
    }
}
