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
    #[error("{source}{holder}", holder = holder_of(source))]
    Bridge {
        /// Why.
        #[from]
        source: BridgeError,
    },
    /// The paper account cannot be gone on with.
    #[error("{0}")]
    Journal(#[from] execution_engine::io::JournalError),
    /// Ctrl-C could not be heard.
    #[error("cannot listen to signals: {0}")]
    Signals(std::io::Error),
    /// The system gives no thread.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// A tape cannot be read.
    #[error("{0}")]
    Tape(#[from] tape::TapeError),
    /// The demo tape cannot be made.
    #[error("{0}")]
    DemoTape(#[from] exchange_simulator::generator::GenerateError),
    /// Nothing answers where the venue should be.
    #[error("{0}; is [exchange] venue right, and the network up?")]
    Venue(#[from] feed_handler::io::DiscoverError),
    /// The built-in simulator cannot start.
    #[error("{0}")]
    Simulator(#[from] exchange_simulator::server::StartError),
}

/// Who holds the port that is taken, where the system shows it.
fn holder_of(error: &BridgeError) -> String {
    let holder = error.taken_port().and_then(exchange_simulator::port::holder);
    holder.map_or_else(String::new, |(pid, name)| format!(" (it is held by process {pid}, {name})"))
}
