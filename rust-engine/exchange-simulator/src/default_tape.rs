//! The demo tape: where it lies, and that it is there.

use std::path::{Path, PathBuf};

use crate::generator::{GenerateError, ensure_default_tape};

const PLACE: &str = "data/tapes/flash_crash.tape";

/// Where the demo tape lies: in the folder above the nearest `config/` upwards from `start`, else below `start`.
#[must_use]
pub fn place(start: &Path) -> PathBuf {
    let root = start.ancestors().find(|folder| folder.join("config").is_dir());
    root.unwrap_or(start).join(PLACE)
}

/// The demo tape for somebody who works in `start`; it is generated at its first use, which takes a while.
///
/// # Errors
/// [`GenerateError`] where it cannot be written.
pub fn ensure(start: &Path) -> Result<PathBuf, GenerateError> {
    let path = place(start);
    if !path.is_file() {
        tracing::info!(path = %path.display(), "generating the demo tape, once");
    }
    ensure_default_tape(&path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lies_beside_the_nearest_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(place(&deep), deep.join(PLACE));
        std::fs::create_dir(folder.path().join("config")).unwrap();
        assert_eq!(place(&deep), folder.path().join(PLACE));
    }
}
