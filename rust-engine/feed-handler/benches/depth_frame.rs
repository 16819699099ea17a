//! Hot path 1: one depth frame of 20 levels onto a book of 1,000 levels a side; the best bid goes and comes.
//!
//! Hot path 2: the same frame through the whole feed: checks, book, band, top 20, messages for strategy and desk.
//!
//! Budget of the first: parsed and applied within three times of what serde_json needs to parse the same bytes into borrowed strings.

use std::hint::black_box;
use std::time::Instant;

use common::config::{Config, Layers};
use common::market::{Level, Symbol};
use common::time::UnixNanos;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use feed_handler::binance::{Frame, parse_frame};
use feed_handler::{Answer, ConnectionId, Feed, FeedConfig, Input, Request};
use orderbook::Book;
use serde::Deserialize;
use serde_json::{Value, json};

const BOOK_LEVELS: i64 = 1_000;
const TOUCH_CENTS: i64 = 6_183_763;
const SLICES: usize = 101;
const TURNS: usize = 1_000;

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

const AT: UnixNanos = UnixNanos(1_723_161_255_208_500_000);

/// A feed in sync with [`book`] at the update before `first`.
fn feed(first: u64) -> Feed {
    let config = FeedConfig::from_config(&Config::read(&Layers::default()).expect("the defaults are valid"));
    let symbol = Symbol::new("BTCUSDT");
    let mut feed = Feed::new(config, std::slice::from_ref(&symbol), 1);
    let answered = |feed: &mut Feed, request: Request, body: &str| {
        let answer = Answer::Replied { status: 200, used_weight: None, retry_after: None, body: body.as_bytes() };
        feed.step(AT, Input::Answer { request, sent_at: AT, answer });
    };
    let rules = "{\"symbols\":[{\"symbol\":\"BTCUSDT\",\"baseAsset\":\"BTC\",\"quoteAsset\":\"USDT\",\"filters\":[{\"filterType\":\
                 \"PRICE_FILTER\",\"minPrice\":\"0.01\",\"maxPrice\":\"1000000\",\"tickSize\":\"0.01\"}]}]}";
    feed.step(AT - 2_000_000_000, Input::Tick);
    feed.step(AT - 2_000_000_000, Input::Opened(ConnectionId(1)));
    answered(&mut feed, Request::ExchangeInfo(vec![symbol.clone()]), rules);
    let side = |levels: Vec<Level>| -> Vec<String> {
        levels.iter().map(|level| format!("[\"{}\",\"{}\"]", level.price, level.quantity)).collect()
    };
    let (bids, asks) = book().top(usize::MAX);
    let (bids, asks) = (side(bids).join(","), side(asks).join(","));
    let snapshot = format!("{{\"lastUpdateId\":{},\"bids\":[{bids}],\"asks\":[{asks}]}}", first - 1);
    answered(&mut feed, Request::Snapshot { symbol, limit: 5_000 }, &snapshot);
    feed
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
    group.bench_function("whole_feed_step", |bencher| {
        let first = 50_093_239_189;
        let (mut feed, mut next) = (feed(first), first);
        bencher.iter_batched(
            || {
                next += 14;
                let (best, flicker) =
                    if next % 28 == 0 { ("0.00000000", "0.32329000") } else { ("3.78826000", "0.00000000") };
                frame(next - 14, best, flicker)
            },
            |bytes| {
                let outputs = feed.step(AT, Input::Frame { connection: ConnectionId(1), bytes: bytes.as_bytes() });
                assert_eq!(outputs.len(), 2, "a book for the strategy and a change for the desk");
                outputs
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
    println!("{}", in_turns(&frames));
}

/// Both sides in turns within one run, medians of the slices: drift of the machine cancels out.
fn in_turns(frames: &[String; 2]) -> Value {
    let (mut book, mut alone, mut ours, mut ratios) = (book(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..SLICES {
        alone.push(timed(|turn| parse_alone(frames[turn % 2].as_bytes())));
        ours.push(timed(|turn| parse_and_apply(&mut book, frames[turn % 2].as_bytes())));
        ratios.push(ours[ours.len() - 1] / alone[alone.len() - 1]);
    }
    json!({ "levels": 20, "serde_json_us": median(alone), "parse_and_apply_us": median(ours), "ratio": median(ratios) })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Microseconds of one turn.
#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn timed(mut work: impl FnMut(usize)) -> f64 {
    let start = Instant::now();
    (0..TURNS).for_each(&mut work);
    start.elapsed().as_secs_f64() * 1e6 / TURNS as f64
}

criterion_group!(benches, depth_frame);
criterion_main!(benches);
