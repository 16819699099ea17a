//! Recordings of the real venue through the feed.

mod support;

use std::collections::HashMap;

use common::market::{Level, Side, Symbol, Trust};
use common::time::UnixNanos;
use common::wire::{DataMessage, Levels};
use feed_handler::binance::{BookTicker, Frame, parse_frame};
use support::{data_dir, frame, gz_lines, health, published, rejected, replay, snapshot};
use tape::Line;

struct Recording {
    lines: Vec<Line>,
    tickers: HashMap<u64, BookTicker>,
    trades: Vec<u64>,
}

fn bitcoin(dir: &std::path::Path) -> Recording {
    let mut recording = Recording { lines: Vec::new(), tickers: HashMap::new(), trades: Vec::new() };
    for day in ["raw/btcusdt_20240808.gz", "raw/btcusdt_20240809.gz"] {
        for line in gz_lines(&dir.join(day)) {
            let (recv_ts, text) = line.split_once(' ').expect("time and frame");
            let recv_ts: i64 = recv_ts.parse().expect("nanoseconds");
            match parse_frame(text.as_bytes(), UnixNanos(recv_ts)).expect("the venue's own words") {
                Frame::BookTicker(ticker) => {
                    recording.tickers.insert(ticker.update_id, ticker);
                }
                Frame::Trade(print) => recording.trades.push(print.trade_id),
                _ => {}
            }
            recording.lines.push(if text.starts_with("{\"lastUpdateId\"") {
                snapshot(recv_ts, "BTCUSDT", 1000, text)
            } else {
                frame(recv_ts, text)
            });
        }
    }
    recording
}

fn best(levels: &Levels) -> Level {
    match levels {
        Levels::Decimal(levels) => levels[0],
        Levels::Packed(_) => panic!("decimal by default"),
    }
}

#[test]
fn best_prices_and_quantities_equal_the_venues_own_in_every_comparable_case() {
    let Some(dir) = data_dir("best_prices_and_quantities_equal_the_venues_own_in_every_comparable_case") else {
        return;
    };
    let recording = bitcoin(&dir);
    let mut replay = replay(&[("BTCUSDT", "0.01000000")]);
    let (mut compared, mut prints) = (0, Vec::new());
    for line in &recording.lines {
        for message in published(&replay.line(line)) {
            match message {
                DataMessage::OrderBookSnapshot(book) => {
                    assert_eq!(book.trust, Trust::Trusted);
                    if let Some(ticker) = recording.tickers.get(&book.last_update_id) {
                        assert_eq!(
                            (best(&book.bids), best(&book.asks)),
                            (ticker.bid, ticker.ask),
                            "{}",
                            ticker.update_id
                        );
                        compared += 1;
                    }
                }
                DataMessage::Trade(print) => prints.push(print.trade_id),
                _ => {}
            }
        }
    }
    assert_eq!(compared, 1_072);
    let (book, _) = replay.feed().book(&Symbol::new("BTCUSDT")).expect("in sync");
    assert_eq!(book.depth(), (1_971, 2_962));
    assert_eq!(prints, recording.trades, "every print once, in order");
    let health = health(&mut replay, "BTCUSDT");
    assert_eq!((rejected(&health), health.gap_count), (vec![], 0));
    assert!(health.feed_latency_ms < 0.0, "the recorder's clock is behind, which is no error");
}

#[test]
fn a_lost_frame_is_a_gap_after_which_nothing_is_published_until_a_snapshot_comes() {
    let Some(dir) = data_dir("a_lost_frame_is_a_gap_after_which_nothing_is_published_until_a_snapshot_comes") else {
        return;
    };
    let recording = bitcoin(&dir);
    let mut replay = replay(&[("BTCUSDT", "0.01000000")]);
    let mut diffs = 0;
    for line in &recording.lines {
        let is_diff = line.stream_frame().is_some_and(|frame| frame.stream.ends_with("depth@100ms"));
        diffs += u32::from(is_diff);
        if is_diff && diffs == 500 {
            continue;
        }
        let outputs = replay.line(line);
        let books = published(&outputs).filter(|message| matches!(message, DataMessage::OrderBookSnapshot(_))).count();
        assert!(diffs < 500 || books == 0, "published after the gap");
    }
    assert_eq!(replay.feed().book(&Symbol::new("BTCUSDT")), None);
    assert_eq!(health(&mut replay, "BTCUSDT").gap_count, 1);
}

#[test]
fn a_real_start_with_late_snapshots_comes_into_sync_for_all_four_symbols() {
    let Some(dir) = data_dir("a_real_start_with_late_snapshots_comes_into_sync_for_all_four_symbols") else { return };
    let nanos = |seconds: &str| (seconds.trim().parse::<f64>().expect("seconds") * 1e9) as i64;
    let mut lines = Vec::new();
    for line in gz_lines(&dir.join("raw/2021-10-12.BINANCE.ws.1.0.gz")).iter().skip(1) {
        let Some((seconds, text)) = line.split_once(": ") else { continue }; // the last line is empty
        lines.push((nanos(seconds), frame(nanos(seconds), text)));
    }
    for line in gz_lines(&dir.join("raw/2021-10-12.BINANCE.http.0.0.gz")) {
        let Some((url, answer)) = line.split_once(" -> ") else { continue };
        let (seconds, body) = answer.split_once(": ").expect("time and body");
        let Some((_, query)) = url.split_once("/depth?symbol=") else { continue };
        let (symbol, _) = query.split_once('&').expect("a limit");
        lines.push((nanos(seconds), snapshot(nanos(seconds), symbol, 1000, body)));
    }
    lines.sort_by_key(|(at, _)| *at);
    let symbols = ["NKNUSDT", "BLZETH", "LRCBTC", "RUNEEUR"];
    let mut replay = replay(&symbols.map(|symbol| (symbol, "0.00000001")));
    for (_, line) in &lines {
        replay.line(line);
    }
    for symbol in symbols {
        let (book, _) = replay.feed().book(&Symbol::new(symbol)).unwrap_or_else(|| panic!("{symbol} is not in sync"));
        assert!(book.depth().0 > 100 && book.depth().1 > 100 && !book.is_crossed(), "{symbol}: {:?}", book.depth());
        assert!(!book.quantity_at(Side::Buy, book.best_bid().expect("bids").price).is_zero());
        let health = health(&mut replay, symbol);
        assert_eq!((rejected(&health), health.gap_count), (vec![], 0), "{symbol}");
    }
}
