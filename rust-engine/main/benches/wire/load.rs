//! What is sent, how often, and how times are summed up.

use std::thread;
use std::time::{Duration, Instant};

use clock::WallClock;
use common::market::{Level, Side, Symbol, Trust};
use common::number::{Price, Qty};
use common::time::UnixNanos;
use common::wire::{BookEncoding, DataMessage, Levels, OrderBookSnapshot, TradeTick};
use serde_json::{Value, json};

pub(crate) const SYMBOL: &str = "BTCUSDT";
/// Every fifth message is a book.
const TURN: u64 = 5;
const LEVELS: i64 = 20;
const BEST_BID: i64 = 6_183_764_000_000;
const BEST_ASK: i64 = BEST_BID + 1_000_000;
const LEVEL_STEP: i64 = 1_000_000;
/// One of so many times at the start is warming up, and left out.
const WARM_UP_SHARE: usize = 10;

/// An even load.
pub(crate) struct Load {
    pub(crate) rate: u64,
    pub(crate) encoding: BookEncoding,
    messages: u64,
}

impl Load {
    pub(crate) fn from_words(words: &[String]) -> Self {
        let after = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
        let number = |name, default| after(name).map_or(default, |text| text.parse().expect("a whole number"));
        let rate = number("--rate", 1_000);
        let packed = after("--encoding").is_some_and(|name| name == "packed");
        let encoding = if packed { BookEncoding::Packed } else { BookEncoding::Decimal };
        Self { rate, encoding, messages: rate * number("--seconds", 5) }
    }

    /// Calls `send` with 1, 2, 3 ... at the load's rate.
    pub(crate) fn pace(&self, mut send: impl FnMut(u64)) {
        let start = Instant::now();
        for n in 1..=self.messages {
            let due = start + Duration::from_secs_f64(n as f64 / self.rate as f64);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            send(n);
        }
    }

    /// The number of the last book.
    pub(crate) const fn last_book(&self) -> u64 {
        self.messages / TURN * TURN
    }
}

/// True where the `n`th message is a book.
pub(crate) const fn is_book(n: u64) -> bool {
    n.is_multiple_of(TURN)
}

/// The id of the print that is message `n`: contiguous, as a venue's are.
pub(crate) const fn trade_id(n: u64) -> u64 {
    n - n / TURN
}

/// The `n`th message as the engine publishes it, with the time at which it was ready.
pub(crate) fn message(n: u64, clock: WallClock, encoding: BookEncoding) -> (DataMessage, UnixNanos) {
    let mut message = if is_book(n) { book(n, encoding) } else { print(n) };
    let now = clock.now();
    let stamps = match &mut message {
        DataMessage::OrderBookSnapshot(book) => [&mut book.timestamp, &mut book.exchange_timestamp],
        DataMessage::Trade(print) => [&mut print.timestamp, &mut print.exchange_timestamp],
        other => unreachable!("no load of {other:?}"),
    };
    stamps.into_iter().for_each(|stamp| *stamp = now);
    (message, now)
}

pub(crate) fn book(n: u64, encoding: BookEncoding) -> DataMessage {
    let side = |best: i64, step: i64| -> Vec<Level> {
        let quantity = |at: i64| Qty::from_raw(12_345_678 + at * 77_777).expect("not negative");
        (0..LEVELS).map(|at| Level { price: price(best + at * step), quantity: quantity(at) }).collect()
    };
    let band = "958501.8922871".parse().expect("a decimal");
    DataMessage::OrderBookSnapshot(OrderBookSnapshot {
        symbol: Symbol::new(SYMBOL),
        bids: Levels::encode(&side(BEST_BID, -LEVEL_STEP), encoding),
        asks: Levels::encode(&side(BEST_ASK, LEVEL_STEP), encoding),
        timestamp: UnixNanos::ZERO,
        exchange_timestamp: UnixNanos::ZERO,
        last_update_id: n,
        changed_levels: 12,
        bid_band_quantity: band,
        bid_band_notional: band,
        ask_band_quantity: band,
        ask_band_notional: band,
        trust: Trust::Trusted,
    })
}

fn print(n: u64) -> DataMessage {
    DataMessage::Trade(TradeTick {
        symbol: Symbol::new(SYMBOL),
        trade_id: trade_id(n),
        price: price(BEST_BID),
        quantity: Qty::from_raw(170_000).expect("not negative"),
        side: Side::Sell,
        timestamp: UnixNanos::ZERO,
        exchange_timestamp: UnixNanos::ZERO,
    })
}

fn price(raw: i64) -> Price {
    Price::from_raw(raw).expect("not negative")
}

/// Quantiles in microseconds, without the first ones.
pub(crate) fn figures(name: &str, nanos: Vec<i64>) -> Value {
    let warm_up = nanos.len() / WARM_UP_SHARE;
    let mut nanos: Vec<i64> = nanos.into_iter().skip(warm_up).collect();
    nanos.sort_unstable();
    let at = |share: f64| nanos.get((nanos.len() as f64 * share) as usize).map(|ns| *ns as f64 / 1_000.0);
    json!({ "name": name, "count": nanos.len(), "median_us": at(0.5), "p99_us": at(0.99), "p999_us": at(0.999) })
}
