//! Reading a tape: checked when it is opened, then streamed line by line from any time on.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use common::time::UnixNanos;
use sha2::{Digest, Sha256};

use crate::block::{BlockEnd, POINTER_BYTES, Unpacker, pointed_offset};
use crate::error::TapeError;
use crate::footer::{FOOTER_MARK, Footer, Tally};
use crate::header::Header;
use crate::line::Line;
use crate::lines::whole_lines;

/// Earliest and latest exchange time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Earliest.
    pub first: UnixNanos,
    /// Latest.
    pub last: UnixNanos,
}

/// An opened tape: a finished one has been checked against its footer, an unfinished one scanned to its last whole line.
pub struct Tape<R> {
    name: String,
    pub(crate) input: BufReader<R>,
    pub(crate) unpacker: Unpacker,
    header: Header,
    pub(crate) tally: Tally,
    finished: bool,
}

impl Tape<File> {
    /// Opens the tape at `path`.
    ///
    /// # Errors
    /// [`TapeError`] where it cannot be read, is no tape, or is damaged.
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Self::read(&name, file),
            Err(source) => Err(TapeError::Io { name, action: "open it", source }),
        }
    }
}

impl<R: Read + Seek> Tape<R> {
    /// Opens the tape in `input`; `name` stands in messages.
    ///
    /// # Errors
    /// [`TapeError`] where it cannot be read, is no tape, or is damaged.
    pub fn read(name: &str, input: R) -> Result<Self, TapeError> {
        let io_error = |source| TapeError::Io { name: name.to_owned(), action: "read it", source };
        let not_a_tape = |reason| TapeError::NotATape { name: name.to_owned(), reason };
        let mut input = BufReader::with_capacity(256 * 1024, input);
        let mut unpacker = Unpacker::new().map_err(io_error)?;
        let mut plain = Vec::new();

        let (end, header_bytes) = unpacker.unpack(&mut input, &mut plain).map_err(io_error)?;
        let header = match (end, plain.strip_suffix(b"\n")) {
            (BlockEnd::Whole, Some(line)) => Header::parse(line).map_err(not_a_tape)?,
            (BlockEnd::Nothing, _) => return Err(not_a_tape("it is empty".to_owned())),
            _ => return Err(not_a_tape("it does not begin with a whole block".to_owned())),
        };
        let tally = Tally::default();
        let mut tape = Self { name: name.to_owned(), input, unpacker, header, tally, finished: false };
        match tape.footer_offset().map_err(io_error)? {
            Some(offset) => tape.check_footer(offset)?,
            None => tape.scan(header_bytes)?,
        }
        Ok(tape)
    }

    /// What the tape says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Lines on the tape; of an unfinished one, whole lines.
    #[must_use]
    pub fn line_count(&self) -> u64 {
        self.tally.lines
    }

    /// Earliest and latest exchange time of its frames; `None` where none of them tells a time.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        Some(Span { first: self.tally.first_ts?, last: self.tally.last_ts? })
    }

    /// What the operator should know of an unfinished tape.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let lines = self.tally.lines;
        (!self.finished).then(|| {
            format!(
                "tape {} is unfinished (its writer was killed): read to its last whole line, line {lines}",
                self.name
            )
        })
    }

    pub(crate) fn damaged(&self, offset: u64, reason: impl Into<String>) -> TapeError {
        TapeError::Damaged { name: self.name.clone(), offset, reason: reason.into() }
    }

    pub(crate) fn io_error(&self, source: io::Error) -> TapeError {
        TapeError::Io { name: self.name.clone(), action: "read it", source }
    }

    /// Where the footer begins, by the last bytes of the file; `None` where they do not say.
    fn footer_offset(&mut self) -> io::Result<Option<u64>> {
        let position = self.input.stream_position()?;
        let length = self.input.seek(SeekFrom::End(0))?;
        let mut pointer = [0; POINTER_BYTES];
        let offset = match length.checked_sub(POINTER_BYTES as u64) {
            Some(start) => {
                self.input.seek(SeekFrom::Start(start))?;
                self.input.read_exact(&mut pointer)?;
                pointed_offset(pointer)
            }
            None => None,
        };
        self.input.seek(SeekFrom::Start(position))?;
        Ok(offset)
    }

    /// Takes the index from the footer, after the checksum of everything before it has been found right.
    fn check_footer(&mut self, offset: u64) -> Result<(), TapeError> {
        let mut plain = Vec::new();
        let length = self.input.seek(SeekFrom::End(0)).map_err(|error| self.io_error(error))?;
        let pointer = length - POINTER_BYTES as u64;
        self.input.seek(SeekFrom::Start(offset)).map_err(|error| self.io_error(error))?;
        let (end, taken) = self.unpacker.unpack(&mut self.input, &mut plain).map_err(|error| self.io_error(error))?;
        let footer = match (end, plain.strip_suffix(b"\n")) {
            (BlockEnd::Whole, Some(line)) if offset + taken == pointer => {
                Footer::parse(line, offset).map_err(|reason| self.damaged(offset, reason))?
            }
            _ => return Err(self.damaged(offset.min(pointer), "the footer is not where the last bytes say")),
        };
        if self.hash_before(offset).map_err(|error| self.io_error(error))? != footer.sha256 {
            return Err(self.first_bad_block(&footer));
        }
        self.tally = footer.into_tally();
        self.finished = true;
        Ok(())
    }

    fn hash_before(&mut self, offset: u64) -> io::Result<String> {
        self.input.seek(SeekFrom::Start(0))?;
        let mut hash = Sha256::new();
        let mut left = offset;
        let mut buffer = vec![0; 256 * 1024];
        while left > 0 {
            let step = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            self.input.read_exact(&mut buffer[..step])?;
            hash.update(&buffer[..step]);
            left -= step as u64;
        }
        Ok(hex::encode(hash.finalize()))
    }

    /// Which block the wrong checksum comes from.
    fn first_bad_block(&mut self, footer: &Footer) -> TapeError {
        let mut plain = Vec::new();
        for block in &footer.blocks {
            let unpacked = self
                .input
                .seek(SeekFrom::Start(block.0))
                .and_then(|_| self.unpacker.unpack(&mut self.input, &mut plain));
            match unpacked {
                Ok((BlockEnd::Whole, _)) => {}
                Ok((BlockEnd::Corrupt(reason), _)) => return self.damaged(block.0, reason),
                Ok(_) => return self.damaged(block.0, "a block is cut off"),
                Err(error) => return self.io_error(error),
            }
        }
        self.damaged(0, "the checksum of the whole does not match the footer")
    }

    /// Builds the index of a tape without a footer pointer by reading all of it.
    fn scan(&mut self, first_block: u64) -> Result<(), TapeError> {
        self.input.seek(SeekFrom::Start(first_block)).map_err(|error| self.io_error(error))?;
        let mut offset = first_block;
        let mut newest = UnixNanos(i64::MIN);
        let mut plain = Vec::new();
        loop {
            let unpacked = self.unpacker.unpack(&mut self.input, &mut plain);
            let (end, taken) = unpacked.map_err(|error| self.io_error(error))?;
            match end {
                BlockEnd::Nothing => return Ok(()),
                BlockEnd::Corrupt(reason) => return Err(self.damaged(offset, reason)),
                BlockEnd::Whole | BlockEnd::Truncated => {}
            }
            if plain.starts_with(FOOTER_MARK) {
                return self.scan_footer(offset, end, &plain);
            }
            let mut first_newest = None;
            let mut lines = 0;
            for line in whole_lines(&plain) {
                let line = Line::parse(line).map_err(|reason| self.damaged(offset, reason))?;
                newest = newest.max(line.recv_ts);
                first_newest = first_newest.or(Some(newest));
                lines += 1;
                self.tally.see(line.exchange_ts());
            }
            if let Some(first_newest) = first_newest {
                self.tally.close_block(offset, first_newest, lines);
            } else if end == BlockEnd::Whole {
                return Err(self.damaged(offset, "a block without a whole line"));
            }
            offset += taken;
        }
    }

    /// The writer got as far as the footer: it must agree, and nothing but the pointer's beginning may follow.
    fn scan_footer(&mut self, offset: u64, end: BlockEnd, plain: &[u8]) -> Result<(), TapeError> {
        if end == BlockEnd::Truncated {
            return Ok(());
        }
        let line = plain.strip_suffix(b"\n").unwrap_or(plain);
        let footer = Footer::parse(line, offset).map_err(|reason| self.damaged(offset, reason))?;
        let mut rest = Vec::new();
        self.input.read_to_end(&mut rest).map_err(|error| self.io_error(error))?;
        let pointer = crate::block::pointer_to(offset);
        if !pointer.starts_with(&rest) {
            return Err(self.damaged(offset, "bytes behind the footer that no writer puts there"));
        }
        if self.hash_before(offset).map_err(|error| self.io_error(error))? != footer.sha256 {
            return Err(self.damaged(0, "the checksum of the whole does not match the footer"));
        }
        Ok(())
    }
}
