//! What a market on a tape looks like: measured the same way on real and on made-up tapes.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};

use common::market::{Level, Side, TradePrint};
use common::time::UnixNanos;
use feed_handler::binance::{DepthDiff, Frame, parse_frame, parse_snapshot};
use orderbook::{Book, Sequencer, Synced, Verdict};
use tape::{Content, Line, Tape};

/// Far ends of the depth slices, in basis points from mid.
pub(crate) const SLICES: [f64; 8] = [0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0];

/// The folder of real data, or `None` with a word about it.
pub(crate) fn data_dir(test: &str) -> Option<PathBuf> {
    let dir = std::env::var_os("FLASHCRASH_DATA_DIR").map(PathBuf::from);
    if dir.is_none() {
        eprintln!("skipped {test}: FLASHCRASH_DATA_DIR is not set");
    }
    dir
}

/// A book after a diff.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) at: UnixNanos,
    pub(crate) bid: Level,
    pub(crate) ask: Level,
    /// Changed levels in the diff.
    pub(crate) changes: usize,
    /// Quote units within 25 bps of mid.
    pub(crate) bids_quote: f64,
    pub(crate) asks_quote: f64,
    /// Base units within 25 bps of mid.
    pub(crate) bids_base: f64,
    pub(crate) asks_base: f64,
}

impl Moment {
    pub(crate) fn mid(&self) -> f64 {
        (self.bid.price.to_f64() + self.ask.price.to_f64()) / 2.0
    }

    pub(crate) fn spread_bps(&self) -> f64 {
        (self.ask.price.to_f64() - self.bid.price.to_f64()) / self.mid() * 1e4
    }

    pub(crate) fn imbalance(&self) -> f64 {
        (self.bids_base - self.asks_base) / (self.bids_base + self.asks_base)
    }
}

/// A replayed tape of one market.
#[derive(Default)]
pub(crate) struct Replay {
    pub(crate) moments: Vec<Moment>,
    pub(crate) prints: Vec<TradePrint>,
    /// Levels and base units a side in each slice, summed over the samples.
    pub(crate) slices: [(f64, f64); SLICES.len()],
    pub(crate) samples: usize,
    /// Base units of single levels within 100 bps.
    pub(crate) resting: Vec<f64>,
    pub(crate) book: Book,
    pub(crate) gaps: usize,
    pub(crate) crossed: usize,
    sequencer: Sequencer<DepthDiff>,
}

impl Replay {
    pub(crate) fn of(path: &Path) -> Self {
        let mut replay = Self::default();
        for line in Tape::open(path).unwrap().into_lines() {
            replay.take(&line.unwrap());
        }
        replay
    }

    fn take(&mut self, line: &Line) {
        match &line.content {
            Content::Frame(frame) => match parse_frame(frame.get().as_bytes(), line.recv_ts).unwrap() {
                Frame::Depth(diff) => match self.sequencer.offer(diff) {
                    Verdict::Apply(diff) => self.apply(&diff),
                    Verdict::Gap(_) => self.gaps += 1,
                    Verdict::Buffered | Verdict::Stale => {}
                },
                Frame::Trade(print) => self.prints.push(print),
                _ => {}
            },
            Content::Rest { body, .. } => {
                let snapshot = parse_snapshot(body.get().as_bytes()).unwrap();
                let Synced::Replay(diffs) = self.sequencer.snapshot(snapshot.last_update_id) else { return };
                self.book.apply_snapshot(&snapshot.bids, &snapshot.asks);
                diffs.iter().for_each(|diff| self.apply(diff));
            }
            Content::Text(text) => panic!("no JSON: {text}"),
        }
    }

    fn apply(&mut self, diff: &DepthDiff) {
        self.book.apply_diff(&diff.bids, &diff.asks);
        self.crossed += usize::from(self.book.is_crossed());
        let (bid, ask) = (self.book.best_bid().unwrap(), self.book.best_ask().unwrap());
        let mid = (bid.price.to_f64() + ask.price.to_f64()) / 2.0;
        let within = |level: &Level| (level.price.to_f64() / mid - 1.0).abs() <= 0.0025;
        let sums = |levels: &mut dyn Iterator<Item = Level>| {
            levels.take_while(within).fold((0.0, 0.0), |(quote, base), level| {
                let quantity = level.quantity.to_f64();
                (quote + quantity * level.price.to_f64(), base + quantity)
            })
        };
        let ((bids_quote, bids_base), (asks_quote, asks_base)) =
            (sums(&mut self.book.bids()), sums(&mut self.book.asks()));
        let changes = diff.bids.len() + diff.asks.len();
        self.moments.push(Moment {
            at: diff.event_ts,
            bid,
            ask,
            changes,
            bids_quote,
            asks_quote,
            bids_base,
            asks_base,
        });
        if self.moments.len().is_multiple_of(50) {
            self.sample(mid);
        }
    }

    fn sample(&mut self, mid: f64) {
        self.samples += 2;
        for level in self.book.bids().chain(self.book.asks()) {
            let distance = (level.price.to_f64() / mid - 1.0).abs() * 1e4;
            let Some(slice) = SLICES.iter().position(|&end| distance < end) else { continue };
            self.slices[slice].0 += 1.0;
            self.slices[slice].1 += level.quantity.to_f64();
            self.resting.push(level.quantity.to_f64());
        }
    }

    pub(crate) fn seconds(&self) -> f64 {
        let (first, last) = (self.moments.first().unwrap(), self.moments.last().unwrap());
        last.at.since(first.at) as f64 / 1e9
    }

    /// Quantities of taker orders: prints of one side at one millisecond (real frames of 2024 tell no more).
    pub(crate) fn orders(&self) -> Vec<f64> {
        let mut orders: Vec<((i64, Side), f64)> = Vec::new();
        for print in &self.prints {
            let key = (print.exchange_ts.millis(), print.side);
            match orders.last_mut() {
                Some(last) if last.0 == key => last.1 += print.quantity.to_f64(),
                _ => orders.push((key, print.quantity.to_f64())),
            }
        }
        orders.into_iter().map(|order| order.1).collect()
    }

    /// One-second bars by second since the epoch.
    pub(crate) fn bars(&self) -> std::collections::BTreeMap<i64, Bar> {
        let mut bars = std::collections::BTreeMap::new();
        for print in &self.prints {
            let price = print.price.to_f64();
            let bar = bars.entry(print.exchange_ts.0 / 1_000_000_000).or_insert(Bar::at(price));
            bar.high = bar.high.max(price);
            bar.low = bar.low.min(price);
            bar.close = price;
            bar.volume += print.quantity.to_f64();
        }
        bars
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) volume: f64,
}

impl Bar {
    fn at(price: f64) -> Self {
        Self { open: price, high: price, low: price, close: price, volume: 0.0 }
    }

    pub(crate) fn range(&self) -> f64 {
        (self.high - self.low) / self.low
    }
}

/// The value below which the share `p` lies.
pub(crate) fn quantile(values: &[f64], p: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * p).round() as usize]
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
