//! Why the bridge cannot open, and which key changes it.

use thiserror::Error;

/// Why the bridge cannot open.
#[derive(Debug, Error)]
pub enum BridgeError {
    /// The address could be reached from other machines, or is none.
    #[error(
        "[zmq] {key} = {endpoint:?} is refused: the channels stay on this machine, so tcp:// on loopback or ipc:// \
         (across machines use a tunnel)"
    )]
    NotLocal {
        /// The key that changes it.
        key: &'static str,
        /// The address.
        endpoint: String,
    },
    /// Another process listens there.
    #[error("{endpoint} is taken by another process: stop it, or change [zmq] {key}")]
    Taken {
        /// The key that changes it.
        key: &'static str,
        /// The address.
        endpoint: String,
    },
    /// ZeroMQ refuses.
    #[error("[zmq] {key} = {endpoint:?}: {reason}")]
    Socket {
        /// The key that changes it.
        key: &'static str,
        /// The address.
        endpoint: String,
        /// ZeroMQ's words.
        reason: String,
    },
    /// The system gives no thread.
    #[error("cannot start the thread {name}: {reason}")]
    Thread {
        /// Which.
        name: &'static str,
        /// The system's words.
        reason: String,
    },
}

impl BridgeError {
    /// The TCP port that is taken, so that its holder can be looked up.
    #[must_use]
    pub fn taken_port(&self) -> Option<u16> {
        match self {
            Self::Taken { endpoint, .. } => endpoint.rsplit_once(':')?.1.parse().ok(),
            Self::NotLocal { .. } | Self::Socket { .. } | Self::Thread { .. } => None,
        }
    }
}
