//! Zip files of the venue's public archive: one CSV each, with a checksum file beside it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::{ConvertError, unreadable, unusable};

/// Checks a zip against the `.CHECKSUM` file beside it (`sha256sum` format), where there is one.
pub(super) fn check(path: &Path) -> Result<(), ConvertError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".CHECKSUM");
    let beside = PathBuf::from(name);
    let promised = match fs::read_to_string(&beside) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(&beside)(error)),
    };
    let mut hash = Sha256::new();
    let mut file = File::open(path).map_err(unreadable(path))?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer).map_err(unreadable(path))? {
            0 => break,
            length => hash.update(&buffer[..length]),
        }
    }
    let found = hex::encode(hash.finalize());
    if promised.split_whitespace().next().is_none_or(|promised| !promised.eq_ignore_ascii_case(&found)) {
        return Err(unusable(path, format!("its SHA-256 is not the one in {}: download it again", beside.display())));
    }
    Ok(())
}

/// Hands the CSV inside a zip to `read`.
pub(super) fn with_csv<T>(
    path: &Path,
    read: impl FnOnce(&mut dyn Read) -> Result<T, ConvertError>,
) -> Result<T, ConvertError> {
    let file = File::open(path).map_err(unreadable(path))?;
    let broken = |error: zip::result::ZipError| unusable(path, format!("no readable zip file: {error}"));
    let mut archive = ZipArchive::new(file).map_err(broken)?;
    if archive.len() != 1 {
        return Err(unusable(path, "an archive file holds one CSV"));
    }
    let mut csv = archive.by_index(0).map_err(broken)?;
    read(&mut csv)
}
