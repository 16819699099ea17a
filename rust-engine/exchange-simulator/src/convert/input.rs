//! What kind of file an input is: told by its content, not by its name.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::rows::RowKind;
use super::{ConvertError, archive, unreadable, unusable};

/// A kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rows that tell of trades.
    Rows(RowKind),
    /// `<receive time in ns> <frame>`, one a line.
    StampedFrames,
    /// A URL, then `<receive time in s>: <frame>`, one a line.
    ConnectionLog,
    /// `<url> -> <receive time in s>: <answer>`, one a line.
    RequestLog,
}

impl Kind {
    pub(super) const fn is_recording(self) -> bool {
        !matches!(self, Self::Rows(_))
    }
}

/// Tells what a file holds by its first lines.
pub(super) fn kind_of(path: &Path) -> Result<Kind, ConvertError> {
    let start = with_reader(path, |reader| {
        let mut start = Vec::new();
        reader.take(64 * 1024).read_to_end(&mut start).map_err(unreadable(path))?;
        Ok(start)
    })?;
    let mut lines = start.split(|&byte| byte == b'\n').map(|line| String::from_utf8_lossy(line));
    let first = lines.next().unwrap_or_default();
    let second = lines.next().unwrap_or_default();
    if first.starts_with("ws") && first.contains("://") {
        return Ok(Kind::ConnectionLog);
    }
    if first.starts_with("http") && first.contains(" -> ") {
        return Ok(Kind::RequestLog);
    }
    if first.split_once(' ').is_some_and(|(stamp, frame)| stamp.parse::<i64>().is_ok() && frame.starts_with('{')) {
        return Ok(Kind::StampedFrames);
    }
    RowKind::of(first.trim_end(), second.trim_end(), &file_name(path)).map(Kind::Rows).ok_or_else(|| {
        unusable(
            path,
            "not a format that is known here: trade CSVs, aggTrades / trades / klines of the venue's archive (zip or CSV), \
             raw frames with receive times (gz or plain)",
        )
    })
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Opens a file for reading, unpacked where it is packed (zip or gzip, told by its first bytes).
pub(super) fn with_reader<T>(
    path: &Path,
    read: impl FnOnce(&mut dyn Read) -> Result<T, ConvertError>,
) -> Result<T, ConvertError> {
    let mut file = BufReader::with_capacity(256 * 1024, File::open(path).map_err(unreadable(path))?);
    let magic = file.fill_buf().map_err(unreadable(path))?;
    if magic.starts_with(b"PK") {
        archive::with_csv(path, read)
    } else if magic.starts_with(&[0x1f, 0x8b]) {
        read(&mut BufReader::with_capacity(256 * 1024, MultiGzDecoder::new(file)))
    } else {
        read(&mut file)
    }
}
