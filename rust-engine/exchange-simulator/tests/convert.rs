//! Foreign files become tapes: real ones where they are at hand, and small ones made here.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod market_stats;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use common::time::UnixNanos;
use exchange_simulator::convert::{Conversion, Part, Report, cut, inspect};
use exchange_simulator::generator::{Options, Scenario};
use market_stats::{Replay, data_dir};
use sha2::{Digest, Sha256};
use tape::Tape;

fn part(from: &str, to: &str, history: f64) -> Part {
    let point = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    Part { from: point(from), to: point(to), history }
}

fn converted(inputs: &[PathBuf], part: Part, out: &Path) -> Report {
    Conversion { inputs: inputs.to_vec(), symbol: None, part }.convert(out).unwrap()
}

#[test]
fn the_real_sweep_is_a_tape_with_a_sound_book() {
    let Some(data) = data_dir("the_real_sweep_is_a_tape_with_a_sound_book") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("trx.tape");
    let input = data.join("crash/binance_trades_2025-10-10_TRXUSDT.csv.gz");
    let report = converted(&[input], part("21:27:30", "21:28:40", 60.0), &out);
    assert_eq!(report.refused.total(), 0);
    let header = Tape::open(&out).unwrap().header().clone();
    assert!(header.synthetic_book && !header.synthetic_trades);
    assert_eq!(header.live_from_ns, Some(UnixNanos(1_760_131_650_000_000_000)));
    let replay = Replay::of(&out);
    assert_eq!((replay.gaps, replay.crossed), (0, 0));
    assert_eq!(report.prints as usize, replay.prints.len());

    let sweep = UnixNanos(1_760_131_685_935_999_000);
    let prints: Vec<_> = replay.prints.iter().filter(|print| print.exchange_ts == sweep).collect();
    assert_eq!(prints.len(), 1_130, "the sweep's prints and five of others in the same microsecond");
    assert_eq!(prints[0].recv_ts, UnixNanos(1_760_131_685_947_821_000), "receive times are the recorder's");
    let before = replay.moments.iter().rfind(|moment| moment.at < sweep).unwrap();
    let after = replay.moments.iter().find(|moment| moment.at > sweep).unwrap();
    assert!(before.spread_bps() < 4.0 && before.imbalance().abs() < 0.6);
    assert!(after.at.since(sweep) < 2_000_000, "a diff tells of the trough");
    assert!(after.mid() / before.mid() < 0.97 && after.spread_bps() > 100.0);
    let second_after = replay.moments.iter().find(|moment| moment.at.since(sweep) > 1_000_000_000).unwrap();
    assert!((0.3165..0.319).contains(&second_after.mid()), "the book is back where it trades");
}

#[test]
fn whole_real_days_are_converted() {
    let Some(data) = data_dir("whole_real_days_are_converted") else { return };
    let folder = tempfile::tempdir().unwrap();
    for (input, prints) in [
        ("crash/binance_trades_2025-10-10_POLUSDT.csv.gz", 300_351),
        ("calm/BTCUSDC-aggTrades-2025-10-04.zip", 312_350),
    ] {
        let out = folder.path().join("day.tape");
        let report = converted(&[data.join(input)], Part::default(), &out);
        assert_eq!((report.prints, report.refused.total()), (prints, 0), "{input}");
        assert!(report.diffs > 600_000, "{input}: {report:?}");
    }
}

#[test]
fn raw_frames_are_kept_word_for_word() {
    let Some(data) = data_dir("raw_frames_are_kept_word_for_word") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("raw.tape");
    let inputs = ["raw/btcusdt_20240808.gz", "raw/btcusdt_20240809.gz"].map(|name| data.join(name));
    let report = converted(&inputs, Part::default(), &out);
    assert_eq!((report.lines, report.prints, report.diffs), (99_574, 19_904, 6_495));
    let contents = inspect(&out).unwrap();
    assert_eq!(contents.lines_by_kind["btcusdt@bookTicker"], 73_174);
    let late = contents.header.clock_error_ns as f64 / 1e9;
    assert!((-1.28..-1.27).contains(&late), "the recorder's clock is {late} s off");
    let replay = Replay::of(&out);
    assert_eq!((replay.gaps, replay.crossed), (0, 0));
    assert_eq!(replay.book.depth(), (1_971, 2_962));

    let piece = folder.path().join("piece.tape");
    cut(&out, part("2024-08-09T00:00:00Z", "", 60.0), &piece).unwrap();
    let cut_replay = Replay::of(&piece);
    assert_eq!(cut_replay.book, replay.book, "a piece begins with the book as it was");
    assert!(cut_replay.seconds() < 370.0);
}

#[test]
fn a_real_start_with_late_snapshots_is_kept_in_order() {
    let Some(data) = data_dir("a_real_start_with_late_snapshots_is_kept_in_order") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("start.tape");
    let inputs = ["raw/2021-10-12.BINANCE.http.0.0.gz", "raw/2021-10-12.BINANCE.ws.1.0.gz"].map(|name| data.join(name));
    converted(&inputs, Part::default(), &out);
    let contents = inspect(&out).unwrap();
    assert_eq!(contents.header.symbol_names(), ["BLZETH", "LRCBTC", "NKNUSDT", "RUNEEUR"]);
    assert_eq!(contents.lines_by_kind["/api/v3/depth"], 4);
    let first = Tape::open(&out).unwrap().into_lines().next().unwrap().unwrap();
    assert!(first.stream_frame().is_some(), "diffs come before the first snapshot");
}

#[test]
fn one_order_empties_a_real_ladder() {
    let Some(data) = data_dir("one_order_empties_a_real_ladder") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("atom.tape");
    let inputs = vec![data.join("crash/flash_sell_sequence.csv")];
    let conversion = Conversion { inputs, symbol: Some("ATOMUSDT".to_owned()), part: Part::default() };
    conversion.convert(&out).unwrap();
    let replay = Replay::of(&out);
    assert_eq!(replay.prints.last().unwrap().price.to_string(), "0.001");
    assert!(replay.book.best_bid().unwrap().price.to_string() == "0.001");
    let nameless = Conversion { symbol: None, ..conversion }.convert(&out).unwrap_err().to_string();
    assert!(nameless.contains("--symbol"), "{nameless}");
}

fn zipped(path: &Path, csv: &str) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    zip.start_file("rows.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(csv.as_bytes()).unwrap();
    zip.finish().unwrap();
}

#[test]
fn archives_are_checked_against_their_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("BTCUSDC-1s-2025-01-01.zip");
    zipped(
        &path,
        "1735689600000000,10,12,9,11,4,1735689600999999,44,3,1.5,16,0\n\
         1735689601000000,11,11,11,11,0,1735689601999999,0,0,0,0,0\n\
         1735689602000000,11,13,11,12,0.8,1735689602999999,9,2,0.6,7,0\n",
    );
    let out = folder.path().join("k.tape");
    let report = converted(std::slice::from_ref(&path), Part::default(), &out);
    assert_eq!((report.prints, report.refused.total()), (8, 0), "four prints a bar, none for an empty one");
    assert!(Tape::open(&out).unwrap().header().synthetic_trades);

    let checksum = folder.path().join("BTCUSDC-1s-2025-01-01.zip.CHECKSUM");
    let good = hex::encode(Sha256::digest(std::fs::read(&path).unwrap()));
    std::fs::write(&checksum, format!("{good}  BTCUSDC-1s-2025-01-01.zip\n")).unwrap();
    converted(std::slice::from_ref(&path), Part::default(), &out);
    std::fs::write(&checksum, format!("{}  BTCUSDC-1s-2025-01-01.zip\n", good.replace('a', "b"))).unwrap();
    let conversion = Conversion { inputs: vec![path], symbol: None, part: Part::default() };
    let error = conversion.convert(&out).unwrap_err().to_string();
    assert!(error.contains("SHA-256") && error.contains("CHECKSUM"), "{error}");
}

#[test]
fn what_is_no_input_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "hello\nworld\n").unwrap();
    let error = |inputs: Vec<PathBuf>| {
        let conversion = Conversion { inputs, symbol: None, part: Part::default() };
        conversion.convert(&folder.path().join("out")).unwrap_err().to_string()
    };
    assert!(error(vec![path]).contains("not a format that is known"));
    assert!(error(vec![folder.path().join("missing.csv")]).contains("missing.csv"));
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_piece_of_a_tape_stands_on_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, piece) = (folder.path().join("whole.tape"), folder.path().join("piece.tape"));
    let options = Options { scenario: Scenario::VRebound, history: 20.0, lead: 5.0, tail: 5.0, ..Options::default() };
    options.generate(&whole).unwrap();
    // The tape begins at 14:00:00 and its crash is at 14:00:25.
    cut(&whole, part("14:00:24", "", 2.0), &piece).unwrap();
    let (whole_replay, replay) = (Replay::of(&whole), Replay::of(&piece));
    assert_eq!((replay.gaps, replay.crossed), (0, 0));
    assert_eq!(replay.book, whole_replay.book);
    let header = Tape::open(&piece).unwrap().header().clone();
    assert_eq!(header.live_from_ns.unwrap().0 % 86_400_000_000_000, (14 * 3600 + 24) * 1_000_000_000);
    let early = cut(&whole, part("13:00:00", "13:30:00", 0.0), &piece).unwrap_err().to_string();
    assert!(early.contains("spans"), "{early}");
}
