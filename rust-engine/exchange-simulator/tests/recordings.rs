//! The venue on real recordings: what it would tell clients equals what the real venue told.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::Read as _;
use std::path::PathBuf;

use common::time::UnixNanos;
use exchange_simulator::event::Payload;
use exchange_simulator::record::{Item, Record};
use exchange_simulator::venue::Venue;
use flate2::read::MultiGzDecoder;
use serde_json::json;
use tape::Line;

/// `<receive time ns> <frame>` per line, with one REST snapshot among them.
fn lines(folder: &std::path::Path, name: &str) -> Vec<Line> {
    let mut text = String::new();
    let file = std::fs::File::open(folder.join("raw").join(name)).unwrap();
    MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    text.lines()
        .map(|line| {
            let (at, frame) = line.split_once(' ').unwrap();
            let at = UnixNanos(at.parse().unwrap());
            if frame.contains("\"lastUpdateId\"") {
                return Line::rest(at, "/api/v3/depth?symbol=BTCUSDT&limit=1000", frame).unwrap();
            }
            Line::frame(at, frame)
        })
        .collect()
}

#[test]
fn best_levels_equal_the_recorded_ones() {
    let Some(folder) = std::env::var_os("FLASHCRASH_DATA_DIR").map(PathBuf::from) else {
        eprintln!("skipped: FLASHCRASH_DATA_DIR is not set");
        return;
    };
    let all = [lines(&folder, "btcusdt_20240808.gz"), lines(&folder, "btcusdt_20240809.gz")].concat();
    let records: Vec<Record> = all.iter().map(|line| Record::read(line, -1_270_000_000)).collect();
    let mut venue = Venue::new(&[json!({"symbol": "BTCUSDT"})]);
    let seed = records.iter().find(|record| matches!(record.item, Item::Snapshot(..))).unwrap();
    venue.step(seed);
    // A bookTicker may be told before or after the change that it belongs to: compare by id.
    let tickers: std::collections::HashMap<u64, _> = records
        .iter()
        .filter_map(|record| match &record.item {
            Item::BookTicker(ticker) => Some((ticker.update_id, (ticker.bid, ticker.ask))),
            _ => None,
        })
        .collect();
    let (mut compared, mut prints) = (0, 0);
    for record in &records {
        let events = venue.step(record);
        prints += events.iter().filter(|event| matches!(event.payload, Payload::Trade(..))).count();
        let Item::Depth { diff, .. } = &record.item else { continue };
        let held = venue.market("BTCUSDT").unwrap().books().now();
        assert!(!held.book.is_crossed());
        if let Some(&(bid, ask)) =
            tickers.get(&diff.final_update_id).filter(|_| diff.final_update_id >= held.last_update_id)
        {
            assert_eq!(
                (held.book.best_bid(), held.book.best_ask()),
                (Some(bid), Some(ask)),
                "{}",
                diff.final_update_id
            );
            compared += 1;
        }
    }
    assert_eq!((compared, prints), (1_072, 19_904));
    assert_eq!(venue.market("BTCUSDT").unwrap().books().now().book.depth(), (1_971, 2_962));
}
