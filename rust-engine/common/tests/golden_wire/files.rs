//! Reading, comparing and rewriting the golden files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

/// One message in both readings.
#[derive(Debug, Serialize)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) channel: &'static str,
    pub(crate) topic: String,
    pub(crate) value: Value,
    pub(crate) hex: String,
}

/// Bytes that every reader refuses.
#[derive(Debug, Serialize)]
pub(crate) struct Reject {
    pub(crate) name: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) hex: String,
    pub(crate) reason: &'static str,
}

/// What lies in one file of a folder of vectors.
pub(crate) trait Filed: Serialize {
    fn file_stem(&self) -> &str;
}

impl Filed for Vector {
    fn file_stem(&self) -> &str {
        &self.name
    }
}

impl Filed for Reject {
    fn file_stem(&self) -> &str {
        self.name
    }
}

pub(crate) fn wire_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/wire")
}

pub(crate) fn stored(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Holds a value to its file, or rewrites the file where `UPDATE_GOLDEN` asks for it.
pub(crate) fn check_file(path: &Path, value: &Value) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let folder = path.parent().expect("a golden file lies in a folder");
        std::fs::create_dir_all(folder).expect("the folder of golden files can be made");
        let text = serde_json::to_string_pretty(value).expect("a JSON value is JSON");
        std::fs::write(path, text + "\n").expect("the golden file can be written");
    }
    assert_eq!(&stored(path), value, "{}", path.display());
}

/// Holds values to the files of a folder, and the folder to hold no others.
pub(crate) fn check_folder<T: Filed>(folder: &Path, values: &[T]) {
    for value in values {
        let value_json = serde_json::to_value(value).expect("vectors are JSON");
        check_file(&folder.join(format!("{}.json", value.file_stem())), &value_json);
    }
    let wanted: BTreeSet<String> = values.iter().map(|value| format!("{}.json", value.file_stem())).collect();
    let found: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder of golden files exists")
        .map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".json"))
        .collect();
    assert_eq!(found, wanted, "{} holds exactly the vectors of the types", folder.display());
}

/// Byte strings have no JSON: packed book sides become `{"packed": [[price, quantity], ...]}` as numbers.
pub(crate) fn name_packed_levels(mut message: Value) -> Value {
    for side in ["bids", "asks"] {
        let Some(bytes) = message.get(side).and_then(Value::as_array) else { continue };
        if bytes.is_empty() || !bytes.iter().all(Value::is_u64) {
            continue;
        }
        let bytes: Vec<u8> =
            bytes.iter().map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()).expect("a byte")).collect();
        let floats: Vec<f64> =
            bytes.chunks_exact(8).map(|word| f64::from_le_bytes(word.try_into().expect("eight bytes"))).collect();
        let pairs: Vec<&[f64]> = floats.chunks_exact(2).collect();
        message[side] = json!({ "packed": pairs });
    }
    message
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "hex comes in pairs");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex digits")).collect()
}
