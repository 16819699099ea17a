//! Why the engine did not do its work, and which exit code says so.

use std::path::PathBuf;

use common::config::ConfigError;
use data_bridge::BridgeError;
use thiserror::Error;

/// It cannot start: exit code 2, nothing left running.
#[derive(Debug, Error)]
pub(crate) enum CannotStart {
    /// No folder of the configuration.
    #[error("no config/ folder in {0} or above it: name one with --config-dir")]
    NoConfigFolder(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The configuration has problems; all of them are listed.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// Values of several keys, or of a key and a flag, that do not work; all of them are listed.
    #[error("the settings cannot work:\n  {}", .0.join("\n  "))]
    Settings(Vec<String>),
    /// The channels to the strategy cannot be opened.
    #[error("{0}")]
    Bridge(#[from] BridgeError),
    /// A tape cannot be read.
    #[error("{0}")]
    Tape(#[from] tape::TapeError),
}
