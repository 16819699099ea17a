//! From a frame in hand, through the feed and the bridge, to ZeroMQ (`out`), and on to a reader (`one_way`).

use std::thread;

use clock::WallClock;
use common::config::{Config, Layers};
use common::market::Symbol;
use common::time::{NANOS_PER_SECOND, UnixNanos};
use common::wire::{BookEncoding, DataMessage, Header, decode};
use feed_handler::{Answer, ConnectionId, Feed, FeedConfig, Input, Output, Request};
use serde_json::{Value, json};

use crate::load::{Load, SYMBOL, figures, is_book, trade_id};
use crate::sockets;

const CONNECTION: ConnectionId = ConnectionId(1);
const BOOK_LEVELS: i64 = 1_000;
const TOUCH_CENTS: i64 = 6_183_763;
/// Cents from the touch of the levels that a depth frame changes, on each side.
const CHANGED: [i64; 10] = [0, 2, 4, 8, 14, 24, 120, 480, 1_400, 2_800];

pub(crate) fn measure(load: &Load, clock: WallClock) -> Vec<Value> {
    let (mut bridge, _commands) = sockets::bridge(clock);
    let endpoint = bridge.endpoints.data.clone();
    let last_book = load.last_book();
    let reader = thread::spawn(move || read(&endpoint, clock, last_book));
    let mut feed = feed_in_sync(clock.now(), load.encoding);
    load.pace(|n| {
        let bytes = frame(n, clock.now());
        let input = Input::Frame { connection: CONNECTION, bytes: bytes.as_bytes() };
        for output in feed.step(clock.now(), input) {
            if let Output::Publish(message) = output {
                bridge.data.publish(&message);
            }
        }
    });
    let rows = reader.join().expect("the reader ends with the last book");
    assert!(bridge.receiver.stop(), "the receiver ends in order");
    rows
}

/// Both figures of each message, from the times that it carries: received, handed to ZeroMQ, arrived.
fn read(endpoint: &str, clock: WallClock, last_book: u64) -> Vec<Value> {
    let socket = sockets::subscriber(&zmq::Context::new(), endpoint);
    let (mut out, mut one_way, mut book_out, mut book_one_way) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    loop {
        let frames = socket.recv_multipart(0).expect("a message");
        let arrived = clock.now();
        let sent = Header::parse(&frames[1]).expect("a header").sent_at;
        let (received, last) = match decode(&frames[2]).expect("a message") {
            DataMessage::OrderBookSnapshot(book) => {
                book_out.push(sent.since(book.timestamp));
                book_one_way.push(arrived.since(sent));
                (book.timestamp, book.last_update_id == last_book)
            }
            DataMessage::Trade(print) => (print.timestamp, false),
            _ => continue,
        };
        out.push(sent.since(received));
        one_way.push(arrived.since(sent));
        if last {
            return vec![
                figures("out", out),
                figures("one_way", one_way),
                figures("book_out", book_out),
                figures("book_one_way", book_one_way),
            ];
        }
    }
}

/// A feed that follows a book of 1,000 levels a side, up to update 0 of the load's numbers.
fn feed_in_sync(now: UnixNanos, book_encoding: BookEncoding) -> Feed {
    let config = FeedConfig::from_config(&Config::read(&Layers::default()).expect("the defaults are valid"));
    let symbol = Symbol::new(SYMBOL);
    let config = FeedConfig { warmup_seconds: 0, book_encoding, ..config };
    let limit = config.snapshot_levels;
    let mut feed = Feed::new(config, std::slice::from_ref(&symbol), 1);
    // A connection that has been quiet for a while: a book may start without an update.
    let begun = now - 2 * NANOS_PER_SECOND;
    feed.step(begun, Input::Tick);
    answer(&mut feed, begun, Request::ExchangeInfo(vec![symbol.clone()]), &rules());
    feed.step(begun, Input::Opened(CONNECTION));
    let side = |sign: i64| -> Vec<Value> {
        let first = TOUCH_CENTS + i64::from(sign > 0);
        (0..BOOK_LEVELS).map(|at| json!([price(first + sign * at * 3), "1.50000000"])).collect()
    };
    let book = json!({ "lastUpdateId": 1, "bids": side(-1), "asks": side(1) });
    answer(&mut feed, now, Request::Snapshot { symbol: symbol.clone(), limit }, &book);
    assert!(feed.book(&symbol).is_some(), "the book is in sync");
    feed
}

fn answer(feed: &mut Feed, now: UnixNanos, request: Request, body: &Value) {
    let body = body.to_string();
    let answer = Answer::Replied { status: 200, used_weight: None, retry_after: None, body: body.as_bytes() };
    feed.step(now, Input::Answer { request, sent_at: now, answer });
}

fn rules() -> Value {
    json!({ "serverTime": 0, "symbols": [{
        "symbol": SYMBOL, "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT",
        "filters": [
            { "filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000.00", "tickSize": "0.01" },
            { "filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000.00", "stepSize": "0.00001" },
        ],
    }] })
}

fn price(cents: i64) -> String {
    format!("{}.{:02}000000", cents / 100, cents % 100)
}

/// The venue's `n`th frame: a print, or a change of ten levels a side. The far levels come and go, the near ones change.
fn frame(n: u64, now: UnixNanos) -> String {
    let micros = now.micros();
    if !is_book(n) {
        let (id, price) = (trade_id(n), price(TOUCH_CENTS));
        return format!(
            "{{\"stream\":\"btcusdt@trade\",\"data\":{{\"e\":\"trade\",\"E\":{micros},\"s\":\"BTCUSDT\",\"t\":{id},\
             \"p\":\"{price}\",\"q\":\"0.00170000\",\"T\":{micros},\"m\":true,\"M\":true}}}}"
        );
    }
    let side = |first: i64, sign: i64| -> String {
        let level = |away: i64| {
            let quantity = if away > 100 && n.is_multiple_of(2) { 0 } else { n % 1_000_000 + 1 };
            format!("[\"{}\",\"0.{quantity:08}\"]", price(first + sign * away))
        };
        CHANGED.map(level).join(",")
    };
    format!(
        "{{\"stream\":\"btcusdt@depth@100ms\",\"data\":{{\"e\":\"depthUpdate\",\"E\":{micros},\"s\":\"BTCUSDT\",\
         \"U\":{},\"u\":{n},\"b\":[{}],\"a\":[{}]}}}}",
        n.saturating_sub(4),
        side(TOUCH_CENTS, -1),
        side(TOUCH_CENTS + 1, 1)
    )
}
