//! Writing a tape so that a killed writer leaves a readable one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use common::time::{NANOS_PER_SECOND, UnixNanos};
use sha2::{Digest, Sha256};

use crate::block::{Packer, pointer_to};
use crate::error::TapeError;
use crate::footer::{Footer, Tally};
use crate::header::Header;
use crate::line::Line;

/// A block is closed early at this size, so that a burst does not pile up in memory.
const BLOCK_BYTES: usize = 8 * 1024 * 1024;

/// Writes a tape block by block; whatever has left [`Writer::write`] as a closed block survives a crash.
///
/// Dropping it without [`Writer::finish`] leaves an unfinished tape.
pub struct Writer<W: Write> {
    out: W,
    packer: Packer,
    hash: Sha256,
    offset: u64,
    plain: String,
    block_first: UnixNanos,
    block_newest: UnixNanos,
    block_lines: u64,
    newest: UnixNanos,
    tally: Tally,
}

impl Writer<File> {
    /// Begins a tape at `path`, which must not exist yet: a recording never overwrites another.
    ///
    /// # Errors
    /// [`TapeError::Io`] where the file exists or cannot be written.
    pub fn create(path: &Path, header: &Header) -> Result<Self, TapeError> {
        File::create_new(path).and_then(|file| Self::start(file, header)).map_err(|source| TapeError::Io {
            name: path.display().to_string(),
            action: "begin it",
            source,
        })
    }
}

impl<W: Write> Writer<W> {
    /// Begins a tape: the header goes out at once.
    ///
    /// # Errors
    /// What `out` says.
    pub fn start(out: W, header: &Header) -> io::Result<Self> {
        let mut writer = Self {
            out,
            packer: Packer::new()?,
            hash: Sha256::new(),
            offset: 0,
            plain: serde_json::to_string(header)? + "\n",
            block_first: UnixNanos::ZERO,
            block_newest: UnixNanos::ZERO,
            block_lines: 0,
            newest: UnixNanos(i64::MIN),
            tally: Tally::default(),
        };
        writer.put_block()?;
        Ok(writer)
    }

    /// Adds a line. Lines come in the order in which they were received; a block is closed when the next line was received
    /// a second or more after its first.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&mut self, line: &Line) -> io::Result<()> {
        let apart = line.recv_ts.0.saturating_sub(self.block_first.0);
        if self.block_lines > 0 && (!(0..NANOS_PER_SECOND).contains(&apart) || self.plain.len() > BLOCK_BYTES) {
            self.flush()?;
        }
        self.newest = self.newest.max(line.recv_ts);
        if self.block_lines == 0 {
            self.block_first = line.recv_ts;
            self.block_newest = self.newest;
        }
        self.tally.see(line.exchange_ts());
        line.append_to(&mut self.plain);
        self.block_lines += 1;
        Ok(())
    }

    /// Closes the running block, so that all lines so far survive a crash; for a recorder whose feed fell silent.
    ///
    /// # Errors
    /// What the output says.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.block_lines == 0 {
            return Ok(());
        }
        self.tally.close_block(self.offset, self.block_newest, self.block_lines);
        self.block_lines = 0;
        self.put_block()
    }

    /// Closes the tape with its footer and hands the output back.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        let footer_offset = self.offset;
        let footer = Footer::new(self.tally.clone(), hex::encode(self.hash.clone().finalize()));
        self.plain = serde_json::to_string(&footer)? + "\n";
        self.put_block()?;
        self.out.write_all(&pointer_to(footer_offset))?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Lines written so far.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.tally.lines + self.block_lines
    }

    fn put_block(&mut self) -> io::Result<()> {
        let packed = self.packer.pack(self.plain.as_bytes())?;
        self.plain.clear();
        self.hash.update(&packed);
        self.out.write_all(&packed)?;
        self.offset += packed.len() as u64;
        Ok(())
    }
}

/// Writes a whole tape to `path`, or nothing: it appears there under its name when it is finished, and replaces
/// what was there.
///
/// # Errors
/// What `fill` says, or [`TapeError::Io`]; the half-written file is removed.
pub fn write_whole<T, E: From<TapeError>>(
    path: &Path,
    header: &Header,
    fill: impl FnOnce(&mut Writer<File>) -> Result<T, E>,
) -> Result<T, E> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let partial = Path::new(&partial);
    let io_error = |action| move |source| E::from(TapeError::Io { name: path.display().to_string(), action, source });
    let attempt = || {
        let file = File::create(partial).map_err(io_error("create it"))?;
        let mut writer = Writer::start(file, header).map_err(io_error("write it"))?;
        let result = fill(&mut writer)?;
        let file = writer.finish().map_err(io_error("write it"))?;
        file.sync_all().and_then(|()| fs::rename(partial, path)).map_err(io_error("put it in place"))?;
        Ok(result)
    };
    let result = attempt();
    if result.is_err() {
        let _ = fs::remove_file(partial);
    }
    result
}
