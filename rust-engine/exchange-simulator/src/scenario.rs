//! Scenario files: which faults happen when.
//!
//! ```toml
//! at = ["2s"]                              # after the start of the replay, in the venue's time
//! do = [{ skip_depth_updates = 3 }]        # one fault per time
//! expect = { resyncs = 1 }                 # for whoever runs the scenario; the venue only checks the form
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::faults::{Fault, Span};

/// Why a scenario cannot be played.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("scenario {path}: cannot read it: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// It is not what a scenario looks like.
    #[error("scenario {path}: {reason}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with the place.
        reason: String,
    },
}

/// A scenario: faults in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scenario {
    /// When after the start of the replay, and what.
    pub steps: Vec<(Span, Fault)>,
    /// What whoever runs it wants to see.
    pub expect: BTreeMap<String, i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    at: Vec<Span>,
    r#do: Vec<Fault>,
    #[serde(default)]
    expect: BTreeMap<String, i64>,
}

impl Scenario {
    /// Reads a scenario's text.
    ///
    /// # Errors
    /// What is wrong, and where.
    ///
    /// ```
    /// use exchange_simulator::scenario::Scenario;
    /// let scenario = Scenario::parse("at = ['2s']\ndo = [{ skip_depth_updates = 3 }]").unwrap();
    /// assert_eq!(scenario.steps.len(), 1);
    /// assert!(Scenario::parse("at = ['2s']\ndo = [{ skip_depth_update = 3 }]").unwrap_err().contains("skip_depth_update"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        if file.at.len() != file.r#do.len() {
            let (times, faults) = (file.at.len(), file.r#do.len());
            return Err(format!("`at` has {times} times and `do` has {faults} faults; each fault needs its time"));
        }
        let mut steps: Vec<_> = file.at.into_iter().zip(file.r#do).collect();
        steps.sort_by_key(|&(at, _)| at);
        Ok(Self { steps, expect: file.expect })
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// [`ScenarioError`] with file, place and reason.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ScenarioError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|reason| ScenarioError::Malformed { path: path.to_owned(), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_in_order_of_time() {
        let text = "at = ['5s', '1500ms']\ndo = [{ cut = {} }, { stall = { for = '2s' } }]\nexpect = { resyncs = 1 }";
        let scenario = Scenario::parse(text).unwrap();
        assert_eq!(
            scenario.steps[0],
            (Span::from_millis(1_500), Fault::Stall { r#for: Span::from_millis(2_000), lost: false })
        );
        assert_eq!(scenario.steps[1].1, Fault::Cut { refuse_for: Span::default() });
        assert_eq!(scenario.expect["resyncs"], 1);
    }

    #[test]
    fn slips_are_named() {
        for (text, named) in [
            ("at = ['2s']\ndo = []", "each fault needs its time"),
            ("at = ['2']\ndo = [{ cut = {} }]", "no length of time"),
            ("at = ['2s']\ndo = [{ cut = { refuse = '1s' } }]", "refuse"),
            ("at = ['2s']\ndo = [{ explode = 3 }]", "explode"),
            ("when = ['2s']\ndo = [{ cut = {} }]", "when"),
        ] {
            let reason = Scenario::parse(text).unwrap_err();
            assert!(reason.contains(named), "{text}: {reason}");
        }
    }
}
