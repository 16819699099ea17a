//! The lines of a tape, block by block.

use std::io::{Read, Seek, SeekFrom};

use common::time::UnixNanos;

use crate::block::BlockEnd;
use crate::error::TapeError;
use crate::header::Header;
use crate::line::Line;
use crate::reader::Tape;

/// The lines of a block that end in a newline, without it.
pub(crate) fn whole_lines(plain: &[u8]) -> impl Iterator<Item = &[u8]> {
    plain.split_inclusive(|&byte| byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"))
}

impl<R: Read + Seek> Tape<R> {
    /// All lines, from the first.
    #[must_use]
    pub fn into_lines(self) -> Lines<R> {
        Lines { tape: self, next_block: 0, plain: Vec::new(), read: 0, left: 0, skip_before: None, failed: false }
    }

    /// The lines from the first that was received at or after `recv_ts` on, found through the index.
    #[must_use]
    pub fn into_lines_from(self, recv_ts: UnixNanos) -> Lines<R> {
        let later = self.tally.blocks.partition_point(|block| block.1 < recv_ts);
        Lines { next_block: later.saturating_sub(1), skip_before: Some(recv_ts), ..self.into_lines() }
    }
}

/// The lines of a tape, one by one; holds one block in memory. Ends after the first error.
pub struct Lines<R> {
    tape: Tape<R>,
    next_block: usize,
    plain: Vec<u8>,
    read: usize,
    left: u64,
    skip_before: Option<UnixNanos>,
    failed: bool,
}

impl<R: Read + Seek> Lines<R> {
    /// What the tape says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.tape.header()
    }

    fn next_line(&mut self) -> Result<Option<Line>, TapeError> {
        while self.left == 0 {
            let Some(block) = self.tape.tally.blocks.get(self.next_block).copied() else { return Ok(None) };
            self.load(block.0)?;
            self.left = block.2;
            self.next_block += 1;
        }
        let offset = self.tape.tally.blocks[self.next_block - 1].0;
        let Some(line) = whole_lines(&self.plain[self.read..]).next() else {
            return Err(self.tape.damaged(offset, "a block has fewer lines than the index says"));
        };
        self.read += line.len() + 1;
        self.left -= 1;
        Line::parse(line).map(Some).map_err(|reason| self.tape.damaged(offset, reason))
    }

    fn load(&mut self, offset: u64) -> Result<(), TapeError> {
        let tape = &mut self.tape;
        let unpacked = match tape.input.stream_position() {
            Ok(position) if position == offset => tape.unpacker.unpack(&mut tape.input, &mut self.plain),
            Ok(_) => tape
                .input
                .seek(SeekFrom::Start(offset))
                .and_then(|_| tape.unpacker.unpack(&mut tape.input, &mut self.plain)),
            Err(error) => Err(error),
        };
        self.read = 0;
        match unpacked {
            Ok((BlockEnd::Whole | BlockEnd::Truncated, _)) => Ok(()),
            Ok((BlockEnd::Corrupt(reason), _)) => Err(tape.damaged(offset, reason)),
            Ok((BlockEnd::Nothing, _)) => Err(tape.damaged(offset, "the file became shorter while it was read")),
            Err(error) => Err(tape.io_error(error)),
        }
    }
}

impl<R: Read + Seek> Iterator for Lines<R> {
    type Item = Result<Line, TapeError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.failed {
            match self.next_line() {
                Ok(Some(line)) if self.skip_before.is_some_and(|start| line.recv_ts < start) => {}
                Ok(Some(line)) => {
                    self.skip_before = None;
                    return Some(Ok(line));
                }
                Ok(None) => return None,
                Err(error) => {
                    self.failed = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}
