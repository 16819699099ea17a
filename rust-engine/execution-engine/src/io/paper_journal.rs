//! The paper account's journal: one file, lines are only ever added, each is on the disk before anybody hears of it.
//!
//! A line is `["crc32 of the JSON text",JSON text]`: a header first, then one [`JournalEntry`] each. One engine holds
//! the file at a time. A last line without its end was never answered, and is cut off; any other damage is an error.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::journal::{JournalEntry, PaperAccount};

const FORMAT: u32 = 1;
const LINE_START: &[u8] = b"[\"";

/// Why a journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The system refuses.
    #[error("cannot {action} the paper journal {path}: {source}; [persistence] paper_journal says where it is")]
    Io {
        /// Where.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The system's words.
        source: io::Error,
    },
    /// Another engine writes it.
    #[error(
        "another engine holds the paper journal {0}: end it, or give this one an account of its own with \
         [persistence] paper_journal"
    )]
    Held(PathBuf),
    /// A line is not what was written, or tells what cannot have been.
    #[error(
        "the paper journal {path} is damaged in line {line}: {reason}; put a whole copy in its place, or move the file \
         away to begin a new account"
    )]
    Damaged {
        /// Where.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why entries were not added.
#[derive(Debug, Error)]
pub enum AppendError {
    /// None of them is in the file; they may be tried again.
    #[error("{0}")]
    NotKept(io::Error),
    /// Nobody knows what is in the file: nothing more may be told.
    #[error("the paper journal can be neither written ({written}) nor put back to what it was ({restored})")]
    Lost {
        /// Why it could not be written.
        written: io::Error,
        /// Why it could not be put back.
        restored: io::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    #[serde(flatten)]
    account: PaperAccount,
}

/// A journal that is held and whose entries have not been read.
#[derive(Debug)]
pub struct Found {
    path: PathBuf,
    file: File,
    account: PaperAccount,
    /// Bytes of the header.
    length: u64,
}

/// A journal that is read to its end, ready for more.
#[derive(Debug)]
pub struct PaperJournal {
    file: File,
    /// Bytes that are surely on the disk.
    length: u64,
    buffer: Vec<u8>,
}

impl Found {
    /// Takes hold of the journal at `path`; where there is none, one begins with the account `born`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(path: &Path, born: PaperAccount) -> Result<Self, JournalError> {
        let fault = |action| fault(path, action);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(fault("make the folder of"))?;
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(fault("open"))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::Held(path.to_owned()),
            TryLockError::Error(source) => fault("lock")(source),
        })?;
        let mut line = Vec::new();
        BufReader::new(&file).read_until(b'\n', &mut line).map_err(fault("read"))?;
        let damaged = |reason| JournalError::Damaged { path: path.to_owned(), line: 1, reason };
        if line.ends_with(b"\n") {
            let Header { format, account } = read(&line).map_err(damaged)?;
            if format != FORMAT {
                return Err(damaged(format!("it is written in format {format}, this engine reads format {FORMAT}")));
            }
            let length = line.len() as u64;
            return Ok(Self { path: path.to_owned(), file, account, length });
        }
        if !LINE_START.starts_with(&line[..line.len().min(LINE_START.len())]) {
            return Err(damaged("it is no paper journal".to_owned()));
        }
        // Empty, or its very first line was cut: nobody has heard of this account.
        file.set_len(0).map_err(fault("begin"))?;
        let mut buffer = Vec::new();
        write(&mut buffer, &Header { format: FORMAT, account: born.clone() });
        (&file).write_all(&buffer).map_err(fault("begin"))?;
        file.sync_all().map_err(fault("begin"))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(fault("begin"))?;
        Ok(Self { path: path.to_owned(), file, account: born, length: buffer.len() as u64 })
    }

    /// Whose journal it is.
    #[must_use]
    pub const fn account(&self) -> &PaperAccount {
        &self.account
    }

    /// Gives every entry to `take`, oldest first, and makes the journal ready for more. Also returned is how many bytes
    /// of a cut last line were dropped.
    ///
    /// # Errors
    /// [`JournalError`]; also where `take` says that an entry cannot have been.
    pub fn replay(
        self,
        mut take: impl FnMut(JournalEntry) -> Result<(), String>,
    ) -> Result<(PaperJournal, usize), JournalError> {
        let Self { path, file, mut length, .. } = self;
        let fault = |action| fault(&path, action);
        let mut reader = BufReader::new(&file);
        io::Seek::seek(&mut reader, io::SeekFrom::Start(length)).map_err(fault("read"))?;
        let mut text = Vec::new();
        let mut cut = 0;
        for line in 2.. {
            text.clear();
            if reader.read_until(b'\n', &mut text).map_err(fault("read"))? == 0 {
                break;
            }
            if !text.ends_with(b"\n") {
                cut = text.len();
                file.set_len(length).and_then(|()| file.sync_all()).map_err(fault("cut the last line of"))?;
                break;
            }
            let taken = read(&text).and_then(&mut take);
            taken.map_err(|reason| JournalError::Damaged { path: path.clone(), line, reason })?;
            length += text.len() as u64;
        }
        Ok((PaperJournal { file, length, buffer: Vec::new() }, cut))
    }
}

impl PaperJournal {
    /// Adds entries; they are on the disk when it returns. All or none: what could not be written whole is taken back.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn append(&mut self, entries: &[JournalEntry]) -> Result<(), AppendError> {
        self.buffer.clear();
        for entry in entries {
            write(&mut self.buffer, entry);
        }
        let Err(written) = self.file.write_all(&self.buffer).and_then(|()| self.file.sync_data()) else {
            self.length += self.buffer.len() as u64;
            return Ok(());
        };
        match self.file.set_len(self.length).and_then(|()| self.file.sync_data()) {
            Ok(()) => Err(AppendError::NotKept(written)),
            Err(restored) => Err(AppendError::Lost { written, restored }),
        }
    }
}

fn fault(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> JournalError {
    move |source| JournalError::Io { path: path.to_owned(), action, source }
}

fn write(buffer: &mut Vec<u8>, value: &impl Serialize) {
    buffer.extend_from_slice(b"[\"00000000\",");
    let from = buffer.len();
    serde_json::to_writer(&mut *buffer, value).expect("entries hold only what JSON can write");
    let sum = format!("{:08x}", crc32fast::hash(&buffer[from..]));
    buffer[from - 10..from - 2].copy_from_slice(sum.as_bytes());
    buffer.extend_from_slice(b"]\n");
}

fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    let parts = line.strip_prefix(LINE_START).and_then(|rest| rest.strip_suffix(b"]\n"));
    let parts = parts.and_then(|rest| rest.split_at_checked(8));
    let parts = parts.and_then(|(sum, rest)| Some((sum, rest.strip_prefix(b"\",")?)));
    let (sum, text) = parts.ok_or("it is no line of a paper journal")?;
    if sum != format!("{:08x}", crc32fast::hash(text)).as_bytes() {
        return Err("its checksum is not that of its text".to_owned());
    }
    serde_json::from_slice(text).map_err(|error| error.to_string())
}
