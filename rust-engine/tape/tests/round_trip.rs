//! What was written is what is read: whole, cut short at any byte, damaged at any byte, and sought at any time.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::io::Cursor;

use common::time::UnixNanos;
use proptest::prelude::*;
use serde_json::json;
use tape::{Header, Line, Source, Span, Tape, TapeError, Writer, write_whole};

fn header() -> Header {
    Header::new(Source::Recorded, vec![json!({"symbol": "BTCUSDT", "filters": []})])
}

fn written(lines: &[Line], finished: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::start(&mut bytes, &header()).unwrap();
    for line in lines {
        writer.write(line).unwrap();
    }
    if finished {
        writer.finish().unwrap();
    } else {
        writer.flush().unwrap();
        drop(writer);
    }
    bytes
}

fn open(bytes: &[u8]) -> Result<Tape<Cursor<&[u8]>>, TapeError> {
    Tape::read("test", Cursor::new(bytes))
}

fn all(tape: Tape<Cursor<&[u8]>>) -> Result<Vec<Line>, TapeError> {
    tape.into_lines().collect()
}

/// Twelve lines in five blocks, one of each kind in each.
fn sample() -> Vec<Line> {
    (0..12)
        .map(|i| {
            let recv_ts = UnixNanos(1_000_000_000_000 + i * 400_000_000);
            let frame = format!(r#"{{"stream":"btcusdt@trade","data":{{"e":"trade","T":{}}}}}"#, 1_700_000_000_000 + i);
            match i % 3 {
                0 => Line::frame(recv_ts, &frame),
                1 => Line::rest(recv_ts, "/api/v3/depth?symbol=BTCUSDT", r#"{"lastUpdateId":1,"bids":[],"asks":[]}"#)
                    .unwrap(),
                _ => Line::frame(recv_ts, "{\"broken\n\u{7f}"),
            }
        })
        .collect()
}

#[test]
fn a_finished_tape_tells_its_size_and_span() {
    let bytes = written(&sample(), true);
    let tape = open(&bytes).unwrap();
    assert_eq!((tape.line_count(), tape.warning()), (12, None));
    let first = UnixNanos(1_700_000_000_000_000_000);
    assert_eq!(tape.span(), Some(Span { first, last: first + 9_000_000 }));
    assert_eq!(all(tape).unwrap(), sample());
    assert_eq!(bytes, written(&sample(), true), "the same lines give the same bytes");
}

#[test]
fn cut_short_at_any_byte_it_yields_the_beginning() {
    let lines = sample();
    let bytes = written(&lines, true);
    let mut longest = 0;
    for length in 0..bytes.len() {
        match open(&bytes[..length]) {
            Ok(tape) => {
                assert!(tape.warning().is_some_and(|warning| warning.contains("unfinished")), "{length}");
                let read = all(tape).unwrap();
                assert_eq!(read, lines[..read.len()], "{length}");
                assert!(read.len() >= longest, "{length}: a longer piece lost lines");
                longest = read.len();
            }
            Err(error) => assert!(matches!(error, TapeError::NotATape { .. }) && longest == 0, "{length}: {error}"),
        }
    }
    assert_eq!(longest, lines.len());
}

#[test]
fn a_changed_byte_is_found_or_harmless() {
    let lines = sample();
    let bytes = written(&lines, true);
    let mut found = 0;
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 0x10;
        match open(&changed).and_then(all) {
            Ok(read) => assert_eq!(read, lines[..read.len()], "{position}"),
            Err(TapeError::Damaged { offset, .. }) => {
                assert!(offset <= position as u64, "{position}: said to begin at {offset}");
                found += 1;
            }
            Err(error) => assert!(matches!(error, TapeError::NotATape { .. }), "{position}: {error}"),
        }
    }
    assert!(found > bytes.len() / 2, "{found} of {}", bytes.len());
}

#[test]
fn other_files_are_no_tapes() {
    for bytes in [&b""[..], b"recv_ts_ns,price\n1,2\n", &[0x28, 0xb5, 0x2f, 0xfd]] {
        assert!(matches!(open(bytes), Err(TapeError::NotATape { .. })));
    }
    let missing = Tape::open(std::path::Path::new("/nowhere/at/all.tape"));
    assert!(matches!(missing, Err(TapeError::Io { .. })));
}

#[test]
fn bytes_behind_the_end_are_damage() {
    let mut bytes = written(&sample(), true);
    bytes.extend_from_slice(&written(&sample(), true));
    let error = open(&bytes).err().map(|error| error.to_string()).unwrap();
    assert!(error.contains("damaged at byte"), "{error}");
}

#[test]
fn a_whole_tape_appears_at_once_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tape");
    let failed: Result<(), TapeError> = write_whole(&path, &header(), |_| {
        Err(TapeError::NotATape { name: "input".to_owned(), reason: "made up".to_owned() })
    });
    assert!(failed.is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    write_whole(&path, &header(), |writer| {
        sample().iter().try_for_each(|line| writer.write(line)).map_err(|source| TapeError::Io {
            name: "a.tape".to_owned(),
            action: "write it",
            source,
        })
    })
    .unwrap();
    assert_eq!(Tape::open(&path).unwrap().line_count(), 12);
    assert!(Writer::create(&path, &header()).is_err(), "a recording overwrites nothing");
}

fn any_line() -> impl Strategy<Value = Vec<Line>> {
    let content = prop_oneof![
        "[a-z@]{0,12}".prop_map(|name| format!(r#"{{"stream":"{name}","data":{{"E":1}}}}"#)),
        any::<String>(),
    ];
    let step = prop_oneof![Just(0_i64), 0..2_000_000_000_i64, -50_000_000..0_i64];
    proptest::collection::vec((step, content), 0..60).prop_map(|lines| {
        let mut recv_ts = UnixNanos(1_700_000_000_000_000_000);
        lines
            .into_iter()
            .map(|(step, content)| {
                recv_ts = recv_ts + step;
                Line::frame(recv_ts, &content)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reads_what_was_written(lines in any_line(), finished: bool) {
        let bytes = written(&lines, finished);
        let tape = open(&bytes).unwrap();
        prop_assert_eq!(tape.warning().is_none(), finished);
        prop_assert_eq!(all(tape).unwrap(), lines);
    }

    #[test]
    fn seeking_is_skipping(lines in any_line(), offset in -1_000_000_000..60_000_000_000_i64) {
        let start = UnixNanos(1_700_000_000_000_000_000) + offset;
        let bytes = written(&lines, true);
        let sought: Vec<Line> = open(&bytes).unwrap().into_lines_from(start).map(Result::unwrap).collect();
        let skipped: Vec<Line> = lines.into_iter().skip_while(|line| line.recv_ts < start).collect();
        prop_assert_eq!(sought, skipped);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = open(&bytes).and_then(all);
    }
}
