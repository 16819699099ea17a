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
    #[error("{endpoint} is taken{holder}: stop that process, or change [zmq] {key}")]
    Taken {
        /// The key that changes it.
        key: &'static str,
        /// The address.
        endpoint: String,
        /// ` by process N (name)` where that can be seen, else empty.
        holder: String,
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
