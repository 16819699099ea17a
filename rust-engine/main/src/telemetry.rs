//! Logs to stderr: for people, or as JSON lines for machines. stdout belongs to readiness lines and to data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging; `RUST_LOG` decides what is said.
pub(crate) fn start(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour);
    if json { builder.json().init() } else { builder.init() }
}
