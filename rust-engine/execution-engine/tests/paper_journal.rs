//! The journal as a file: whole lines or none, one holder, every byte accounted for.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::fs;
use std::path::Path;

use common::market::Side;
use execution_engine::JournalEntry;
use execution_engine::io::{Found, JournalError, PaperJournal};
use support::*;

fn entries() -> Vec<JournalEntry> {
    let mut bench = Bench::live();
    bench.place("p1", entry(1, "99", "5", 0));
    bench.place("p2", entry(2, "99.005", "5", 0));
    bench.tick(50);
    bench.market(print(Side::Sell, "98.9", "2", 60));
    bench.cancel("c1", 1);
    bench.tick(150);
    bench.journal
}

fn read(path: &Path) -> Result<(PaperJournal, Vec<JournalEntry>, usize), JournalError> {
    let mut entries = Vec::new();
    let (journal, cut) = Found::open(path, account())?.replay(|entry| {
        entries.push(entry);
        Ok(())
    })?;
    Ok((journal, entries, cut))
}

fn damage(path: &Path) -> (usize, String) {
    match read(path) {
        Err(JournalError::Damaged { line, reason, .. }) => (line, reason),
        other => panic!("damage expected: {other:?}"),
    }
}

#[test]
fn what_was_added_is_read_again_in_its_order_by_whoever_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data").join("paper.journal");
    let entries = entries();
    assert_eq!(entries.len(), 6, "{entries:?}");
    let (mut journal, none, _) = read(&path).unwrap();
    assert_eq!(none, []);
    journal.append(&entries[..2]).unwrap();
    assert!(matches!(read(&path), Err(JournalError::Held(_))), "one holder at a time");
    drop(journal);
    let (mut journal, first, cut) = read(&path).unwrap();
    assert_eq!((&first[..], cut), (&entries[..2], 0));
    journal.append(&entries[2..]).unwrap();
    drop(journal);
    assert_eq!(read(&path).unwrap().1, entries);

    let other = execution_engine::PaperAccount::born(at(9_000), 5.into());
    assert_eq!(Found::open(&path, other).unwrap().account(), &account(), "the account is the journal's");
}

#[test]
fn cut_at_any_byte_of_its_last_line_it_goes_on_with_the_lines_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paper.journal");
    let entries = entries();
    let (mut journal, _, _) = read(&path).unwrap();
    let (last, others) = entries.split_last().unwrap();
    journal.append(others).unwrap();
    let before = fs::metadata(&path).unwrap().len() as usize;
    journal.append(std::slice::from_ref(last)).unwrap();
    drop(journal);
    let whole = fs::read(&path).unwrap();
    for length in before..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let (mut journal, found, cut) = read(&path).unwrap();
        assert_eq!((&found[..], cut), (others, length - before), "cut at {length}");
        journal.append(std::slice::from_ref(last)).unwrap();
        drop(journal);
        assert_eq!(fs::read(&path).unwrap(), whole, "cut at {length}, and gone on");
    }
}

#[test]
fn a_header_cut_at_any_byte_was_never_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paper.journal");
    drop(read(&path).unwrap());
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let born = execution_engine::PaperAccount::born(at(1), 5.into());
        assert_eq!(Found::open(&path, born.clone()).unwrap().account(), &born, "cut at {length}");
        assert_eq!(read(&path).unwrap().1, []);
    }
}

#[test]
fn any_changed_byte_of_any_line_is_damage_in_that_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paper.journal");
    let (mut journal, _, _) = read(&path).unwrap();
    journal.append(&entries()).unwrap();
    drop(journal);
    let whole = fs::read(&path).unwrap();
    let mut line = 1;
    for at in 0..whole.len() - 1 {
        if whole[at] == b'\n' {
            line += 1;
            continue;
        }
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        fs::write(&path, &damaged).unwrap();
        assert_eq!(damage(&path).0, line, "byte {at}");
        assert_eq!(fs::read(&path).unwrap(), damaged, "nobody repairs it");
    }
    let without_second: Vec<u8> = whole.split_inclusive(|byte| *byte == b'\n').take(3).flatten().copied().collect();
    fs::write(&path, [&without_second[..], b"\n"].concat()).unwrap();
    assert_eq!(damage(&path).0, 4, "an empty line is none");
}

#[test]
fn what_it_is_not_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paper.journal");
    for text in ["[section]\nkey = 1\n", "[section]", "no end", "\n"] {
        fs::write(&path, text).unwrap();
        assert_eq!(damage(&path).0, 1, "{text:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "it may be somebody's");
    }
    let newer = r#"{"format":2,"account_id":"paper-1","created":1,"initial_capital":"5"}"#;
    fs::write(&path, format!("[\"{:08x}\",{newer}]\n", crc32fast::hash(newer.as_bytes()))).unwrap();
    assert_eq!(damage(&path), (1, "it is written in format 2, this engine reads format 1".to_owned()));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(read(&path), Err(JournalError::Io { action: "open", .. })));
    let refused = Found::open(&folder.path().join("new"), account()).unwrap().replay(|_| unreachable!("no entries"));
    assert!(refused.is_ok());
}

#[test]
fn an_entry_that_cannot_have_been_is_damage_in_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paper.journal");
    let (mut journal, _, _) = read(&path).unwrap();
    journal.append(&entries()[..2]).unwrap();
    drop(journal);
    let mut seen = 0;
    let refused = Found::open(&path, account()).unwrap().replay(|_| {
        seen += 1;
        if seen == 2 { Err("it cannot be".to_owned()) } else { Ok(()) }
    });
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("damaged in line 3: it cannot be"), "{message}");
}
