//! The `tape` command, as an operator sees it.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::path::Path;
use std::process::{Command, Output};

fn tape(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tape")).current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn makes_describes_and_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let made = tape(
        folder,
        &["generate", "--scenario", "calm", "--history", "0", "--lead", "3", "--tail", "0", "--out", "a.tape"],
    );
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(String::from_utf8_lossy(&made.stdout).contains("btcusdt@depth@100ms"));

    let info = tape(folder, &["info", "--json", "a.tape"]);
    let told: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
    assert_eq!(told["lines_by_kind"]["btcusdt@depth@100ms"], 30);
    assert_eq!(told["header"]["source"], "generated");

    let bytes = std::fs::read(folder.join("a.tape")).unwrap();
    std::fs::write(folder.join("short.tape"), &bytes[..bytes.len() - 100]).unwrap();
    let unfinished = tape(folder, &["info", "short.tape"]);
    assert_eq!(unfinished.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unfinished.stderr).contains("unfinished"));

    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    std::fs::write(folder.join("damaged.tape"), &changed).unwrap();
    std::fs::write(folder.join("no.tape"), "something else").unwrap();
    for (name, word) in [("damaged.tape", "damaged at byte"), ("no.tape", "not a tape"), ("missing.tape", "open")] {
        let refused = tape(folder, &["info", name]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(word) && said.lines().count() == 1, "{said}");
    }
    let usage = tape(folder, &["generate", "--scenario", "sunny", "--out", "b.tape"]);
    assert_eq!(usage.status.code(), Some(2));
}
