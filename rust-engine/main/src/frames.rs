//! Wire frames in a file or a pipe: each message as length-prefixed topic, header and payload.
//!
//! `u32 total | u32 length, topic | u32 length, header | u32 length, payload`, lengths little-endian; `total` counts the
//! bytes that follow it.

use std::io::{self, Write};

use common::time::UnixNanos;
use common::wire::{DataMessage, encode};
use data_bridge::Stamp;

/// Writes messages as a publisher would send them, one after the other.
pub(crate) struct FrameWriter<W> {
    out: W,
    stamp: Stamp,
}

impl<W: Write> FrameWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, stamp: Stamp::default() }
    }

    /// Writes one message, as sent at `sent_at`.
    pub(crate) fn write(&mut self, message: &DataMessage, sent_at: UnixNanos) -> io::Result<()> {
        let topic = message.topic();
        let header = self.stamp.next(&topic, sent_at).to_bytes();
        let payload = encode(message);
        let parts = [topic.as_bytes(), &header[..], &payload[..]];
        let total: usize = parts.iter().map(|part| 4 + part.len()).sum();
        self.out.write_all(&length(total)?)?;
        for part in parts {
            self.out.write_all(&length(part.len())?)?;
            self.out.write_all(part)?;
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn length(bytes: usize) -> io::Result<[u8; 4]> {
    let bytes = u32::try_from(bytes).map_err(|_| io::Error::other("a message of more than 4 GiB"))?;
    Ok(bytes.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::wire::{EngineState, Header, decode};

    fn take<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
        let (length, rest) = bytes.split_at(4);
        let (part, rest) = rest.split_at(u32::from_le_bytes(length.try_into().expect("four bytes")) as usize);
        *bytes = rest;
        part
    }

    #[test]
    fn a_reader_gets_back_topic_header_and_message() {
        let message = |reason: &str| DataMessage::StateChange {
            timestamp: UnixNanos(1),
            old_state: EngineState::Live,
            new_state: EngineState::Shutdown,
            reason: reason.into(),
        };
        let mut bytes = Vec::new();
        let mut writer = FrameWriter::new(&mut bytes);
        writer.write(&message("a"), UnixNanos(7)).expect("memory");
        writer.write(&message("end of tape"), UnixNanos(8)).expect("memory");
        writer.finish().expect("memory");

        let mut left = &bytes[..];
        for (sequence, reason) in [(1, "a"), (2, "end of tape")] {
            let mut frame = take(&mut left);
            assert_eq!(take(&mut frame), b"state");
            let sent_at = UnixNanos(6 + sequence as i64);
            assert_eq!(Header::parse(take(&mut frame)), Ok(Header { sequence, sent_at }));
            assert_eq!(decode(take(&mut frame)), Ok(message(reason)));
            assert!(frame.is_empty());
        }
        assert!(left.is_empty());
    }
}
