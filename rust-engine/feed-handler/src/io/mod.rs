//! The only part that knows sockets: it carries what the feed says to the venue, and back.
//!
//! Belongs here: connections, requests, the tick, the reading of the clock. Never here: a decision; the feed makes them.

mod discover;
mod rest;
mod run;
mod socket;

pub use discover::{DiscoverError, discover};
pub use run::{Control, Delivery, End, Venue, run};

use common::time::UnixNanos;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Something received, word for word, for whoever records it.
#[derive(Clone, Debug)]
pub enum Received {
    /// A stream frame.
    Frame {
        /// When.
        recv_ts: UnixNanos,
        /// The frame.
        text: Utf8Bytes,
    },
    /// A good answer to a request.
    Rest {
        /// When.
        recv_ts: UnixNanos,
        /// Path and query that were asked for.
        path: String,
        /// The answer's body.
        body: bytes::Bytes,
    },
}

impl Received {
    /// The line that a tape holds of it; none for an answer that is not JSON.
    #[must_use]
    pub fn line(&self) -> Option<tape::Line> {
        match self {
            Self::Frame { recv_ts, text } => Some(tape::Line::frame(*recv_ts, text)),
            Self::Rest { recv_ts, path, body } => {
                tape::Line::rest(*recv_ts, path, std::str::from_utf8(body).ok()?).ok()
            }
        }
    }
}

/// TLS needs one provider of cryptography per process; one that was chosen before stays.
fn choose_cryptography() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
