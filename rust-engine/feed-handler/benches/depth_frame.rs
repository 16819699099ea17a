//! Hot path 1: one depth frame of 20 levels onto a book of 1,000 levels a side; the best bid goes and comes.
//!
//! Budget: parsed and applied within three times of what serde_json needs to parse the same bytes into borrowed strings.

use std::hint::black_box;
use std::time::{Duration, Instant};

use common::market::Level;
use common::time::UnixNanos;
use criterion::{Criterion, criterion_group, criterion_main};
use feed_handler::binance::{Frame, parse_frame};
use orderbook::Book;
use serde::Deserialize;

const BOOK_LEVELS: i64 = 1_000;
const TOUCH_CENTS: i64 = 6_183_763;

/// The yardstick: a typed parse that keeps prices as borrowed text.
#[derive(Deserialize)]
#[allow(dead_code, reason = "only the parse is measured")]
struct Combined<'a> {
    stream: &'a str,
    #[serde(borrow)]
    data: Depth<'a>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only the parse is measured")]
struct Depth<'a> {
    e: &'a str,
    #[serde(rename = "E")]
    event_time: i64,
    s: &'a str,
    #[serde(rename = "U")]
    first: u64,
    u: u64,
    #[serde(borrow)]
    b: Vec<(&'a str, &'a str)>,
    #[serde(borrow)]
    a: Vec<(&'a str, &'a str)>,
}

fn cents(cents: i64) -> String {
    format!("{}.{:02}000000", cents / 100, cents % 100)
}

fn book() -> Book {
    let side = |sign: i64| -> Vec<Level> {
        (0..BOOK_LEVELS)
            .map(|step| Level {
                price: cents(TOUCH_CENTS + i64::from(sign > 0) + sign * step * 3).parse().expect("a price"),
                quantity: "1.50000000".parse().expect("a quantity"),
            })
            .collect()
    };
    let mut book = Book::new();
    book.apply_snapshot(&side(-1), &side(1));
    book
}

/// Ten levels a side, near and far, new and known; `best` is the quantity at the best bid.
fn frame(id: u64, best: &str, flicker: &str) -> String {
    let mut bids = vec![format!("[\"{}\",\"{best}\"]", cents(TOUCH_CENTS))];
    let mut asks = Vec::new();
    for step in [1_i64, 2, 4, 7, 12, 60, 240, 700, 1_400] {
        bids.push(format!("[\"{}\",\"{flicker}\"]", cents(TOUCH_CENTS - step * 2)));
    }
    for step in [0_i64, 1, 2, 4, 7, 12, 60, 240, 700, 1_400] {
        asks.push(format!("[\"{}\",\"{flicker}\"]", cents(TOUCH_CENTS + 1 + step * 2)));
    }
    format!(
        "{{\"stream\":\"btcusdt@depth@100ms\",\"data\":{{\"e\":\"depthUpdate\",\"E\":1723161255208123,\"s\":\"BTCUSDT\",\
         \"U\":{id},\"u\":{},\"b\":[{}],\"a\":[{}]}}}}",
        id + 13,
        bids.join(","),
        asks.join(",")
    )
}

fn parse_alone(bytes: &[u8]) {
    black_box(serde_json::from_slice::<Combined<'_>>(bytes).expect("the frame is right"));
}

fn parse_and_apply(book: &mut Book, bytes: &[u8]) {
    let Ok(Frame::Depth(diff)) = parse_frame(bytes, UnixNanos::ZERO) else { panic!("the frame is right") };
    black_box(book.apply_diff(&diff.bids, &diff.asks));
}

fn depth_frame(criterion: &mut Criterion) {
    let frames = [frame(50_093_239_189, "0.00000000", "0.32329000"), frame(50_093_239_203, "3.78826000", "0.00000000")];
    let mut group = criterion.benchmark_group("depth_frame_20_levels");
    group.bench_function("serde_json_typed_parse", |bencher| {
        let mut turn = 0;
        bencher.iter(|| {
            parse_alone(frames[turn % 2].as_bytes());
            turn += 1;
        });
    });
    group.bench_function("parse_and_apply", |bencher| {
        let (mut book, mut turn) = (book(), 0);
        bencher.iter(|| {
            parse_and_apply(&mut book, frames[turn % 2].as_bytes());
            turn += 1;
        });
    });
    group.finish();
    println!("parse_and_apply / serde_json_typed_parse = {:.2} (budget 3)", ratio(&frames));
}

/// Both sides in turns within one run, median of the slices: drift of the machine cancels out.
fn ratio(frames: &[String; 2]) -> f64 {
    let (mut book, mut ratios) = (book(), Vec::new());
    for _ in 0..101 {
        let alone = timed(|turn| parse_alone(frames[turn % 2].as_bytes()));
        let ours = timed(|turn| parse_and_apply(&mut book, frames[turn % 2].as_bytes()));
        ratios.push(ours.as_secs_f64() / alone.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn timed(mut work: impl FnMut(usize)) -> Duration {
    let start = Instant::now();
    (0..1_000).for_each(&mut work);
    start.elapsed()
}

criterion_group!(benches, depth_frame);
criterion_main!(benches);
