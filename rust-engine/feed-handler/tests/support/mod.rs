//! Recorded data, found through the environment, and tapes made of it.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod script;
pub(crate) mod venue;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use common::config::{Config, Layers};
use common::market::Symbol;
use common::time::UnixNanos;
use common::wire::{DataMessage, HealthMetrics};
use feed_handler::replay::Replay;
use feed_handler::{FeedConfig, Output};
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use tape::{Header, Line, Source};

/// The folder of recorded market data; without it the test says so and passes.
pub(crate) fn data_dir(test: &str) -> Option<PathBuf> {
    let dir = std::env::var_os("FLASHCRASH_DATA_DIR").map(PathBuf::from);
    if dir.is_none() {
        eprintln!("{test} SKIPPED: FLASHCRASH_DATA_DIR is not set");
    }
    dir
}

pub(crate) fn gz_lines(path: &Path) -> Vec<String> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    BufReader::new(MultiGzDecoder::new(file)).lines().map(|line| line.expect("text")).collect()
}

pub(crate) fn config() -> FeedConfig {
    FeedConfig::from_config(&Config::read(&Layers::default()).expect("the defaults are valid"))
}

/// A symbol as `exchangeInfo` shows it.
pub(crate) fn symbol_rules(symbol: &str, tick: &str) -> Value {
    json!({
        "symbol": symbol, "status": "TRADING", "baseAsset": "B", "quoteAsset": "Q",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "90000000", "stepSize": "0.00001000"},
        ],
    })
}

pub(crate) fn replay(symbols: &[(&str, &str)]) -> Replay {
    let rules = symbols.iter().map(|(symbol, tick)| symbol_rules(symbol, tick)).collect();
    Replay::new(config(), &Header::new(Source::Recorded, rules))
}

pub(crate) fn frame(recv_ts: i64, text: &str) -> Line {
    Line::frame(UnixNanos(recv_ts), text)
}

pub(crate) fn snapshot(recv_ts: i64, symbol: &str, limit: u32, body: &str) -> Line {
    Line::rest(UnixNanos(recv_ts), &format!("/api/v3/depth?symbol={symbol}&limit={limit}"), body).expect("JSON")
}

pub(crate) fn published(outputs: &[Output]) -> impl Iterator<Item = &DataMessage> {
    outputs.iter().filter_map(|output| match output {
        Output::Publish(message) => Some(message),
        _ => None,
    })
}

pub(crate) fn health(replay: &mut Replay, symbol: &str) -> HealthMetrics {
    let outputs = replay.health();
    published(&outputs)
        .find_map(|message| match message {
            DataMessage::HealthMetrics(health) if health.symbol == Symbol::new(symbol) => Some(health.clone()),
            _ => None,
        })
        .expect("health of the symbol")
}

pub(crate) fn rejected(health: &HealthMetrics) -> Vec<(&str, u64)> {
    health.rejected.iter().map(|(reason, count)| (reason.as_str(), *count)).collect()
}
