//! Bytes at the edge: the transport's header and the MessagePack payload.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::time::UnixNanos;

/// Version of everything in this module; a reader refuses any other.
pub const PROTOCOL_VERSION: u16 = 1;
/// Bytes in a header.
pub const HEADER_LEN: usize = 18;
const DUMPED_BYTES: usize = 64;

/// Why bytes are not a message.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CodecError {
    /// The header is not 18 bytes.
    #[error("header has {0} bytes instead of {HEADER_LEN}")]
    HeaderLength(usize),
    /// The peer speaks another version.
    #[error("protocol version {0} instead of {PROTOCOL_VERSION}: both processes must come from one build")]
    Version(u16),
    /// The payload is not a known message; carries the start of it in hex.
    #[error("payload is no known message: {reason} (starts {dump})")]
    Payload {
        /// The decoder's words.
        reason: String,
        /// The first bytes in hex.
        dump: String,
    },
}

/// The second frame of each message: 18 bytes, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Counts per topic and sender, without gaps, from 1.
    pub sequence: u64,
    /// The sender's wall clock.
    pub sent_at: UnixNanos,
}

impl Header {
    /// Writes the header.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..2].copy_from_slice(&PROTOCOL_VERSION.to_be_bytes());
        bytes[2..10].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[10..].copy_from_slice(&self.sent_at.0.to_be_bytes());
        bytes
    }

    /// Reads a header.
    ///
    /// # Errors
    /// [`CodecError::HeaderLength`], [`CodecError::Version`].
    ///
    /// ```
    /// use common::{time::UnixNanos, wire::Header};
    /// let header = Header { sequence: 7, sent_at: UnixNanos(1_700_000_000_000_000_000) };
    /// assert_eq!(Header::parse(&header.to_bytes()), Ok(header));
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let bytes: &[u8; HEADER_LEN] = bytes.try_into().map_err(|_| CodecError::HeaderLength(bytes.len()))?;
        let version = u16::from_be_bytes([bytes[0], bytes[1]]);
        if version != PROTOCOL_VERSION {
            return Err(CodecError::Version(version));
        }
        let word = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            eight
        };
        Ok(Self { sequence: u64::from_be_bytes(word(2)), sent_at: UnixNanos(i64::from_be_bytes(word(10))) })
    }
}

/// Writes a message as one MessagePack map with named fields.
///
/// # Panics
/// Never for the types of this crate: they hold nothing that MessagePack cannot write.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    rmp_serde::to_vec_named(message).expect("wire types hold only what MessagePack can write")
}

/// Reads a message.
///
/// # Errors
/// [`CodecError::Payload`] for anything but one known message with exactly its fields.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let refuse = |reason: String| CodecError::Payload {
        reason,
        dump: bytes.iter().take(DUMPED_BYTES).map(|byte| format!("{byte:02x}")).collect(),
    };
    let mut reader = std::io::Cursor::new(bytes);
    let value = rmp_serde::from_read(&mut reader).map_err(|error| refuse(error.to_string()))?;
    match bytes.len() - usize::try_from(reader.position()).unwrap_or(usize::MAX).min(bytes.len()) {
        0 => Ok(value),
        left => Err(refuse(format!("{left} bytes after the message"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Symbol;
    use crate::wire::{Command, CommandKind};
    use proptest::prelude::*;

    fn heartbeat() -> Command {
        Command {
            command_id: "c1".into(),
            trace_id: "t1".into(),
            expires_at: UnixNanos(5),
            kind: CommandKind::Heartbeat {},
        }
    }

    #[test]
    fn an_unknown_field_is_refused_in_every_kind_of_command() {
        for kind in [
            CommandKind::Heartbeat {},
            CommandKind::RequestSnapshot { symbol: Symbol::new("BTCUSDT") },
            CommandKind::QueryOpenOrders { symbol: None },
            CommandKind::QueryFills { symbol: Symbol::new("BTCUSDT"), after_trade_id: None },
            CommandKind::QueryAccount {},
        ] {
            let command = Command { kind, ..heartbeat() };
            assert_eq!(decode::<Command>(&encode(&command)), Ok(command.clone()));
            let mut reading = serde_json::to_value(&command).expect("a command is JSON too");
            reading["surprise"] = 1.into();
            let bytes = encode(&reading);
            assert!(matches!(decode::<Command>(&bytes), Err(CodecError::Payload { .. })), "{command:?}");
        }
    }

    #[test]
    fn bytes_after_the_message_are_refused() {
        let mut bytes = encode(&heartbeat());
        bytes.push(0);
        assert!(matches!(decode::<Command>(&bytes), Err(CodecError::Payload { .. })));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode::<Command>(&bytes);
            let _ = decode::<crate::wire::DataMessage>(&bytes);
            let _ = decode::<crate::wire::Response>(&bytes);
            let _ = Header::parse(&bytes);
        }
    }
}
