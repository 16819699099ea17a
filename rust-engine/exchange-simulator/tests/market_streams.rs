//! The streams at the socket: what they say agrees with each other, with REST, and with the tape.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::{LIVE_MICROS, Simulator, TapeMaker, is_reply, of_stream};

type Side = BTreeMap<String, String>;

/// A book as a client keeps it: by the printed price, as python-binance does.
#[derive(Default)]
struct ClientBook {
    bids: Side,
    asks: Side,
    last: u64,
}

impl ClientBook {
    fn of_snapshot(snapshot: &Value) -> Self {
        let mut book = Self { last: snapshot["lastUpdateId"].as_u64().unwrap(), ..Self::default() };
        set(&mut book.bids, &snapshot["bids"]);
        set(&mut book.asks, &snapshot["asks"]);
        book
    }

    /// The documented rule; panics on a gap.
    fn apply(&mut self, event: &Value) {
        let (first, last) = (event["U"].as_u64().unwrap(), event["u"].as_u64().unwrap());
        if last <= self.last {
            return;
        }
        assert!(first <= self.last + 1, "gap: have {}, got {first}..{last}", self.last);
        set(&mut self.bids, &event["b"]);
        set(&mut self.asks, &event["a"]);
        self.last = last;
    }

    fn top(&self, levels: usize) -> (Vec<Value>, Vec<Value>) {
        let pair = |(price, quantity): (&String, &String)| json!([price, quantity]);
        (self.bids.iter().rev().take(levels).map(pair).collect(), self.asks.iter().take(levels).map(pair).collect())
    }
}

fn set(side: &mut Side, levels: &Value) {
    for level in levels.as_array().unwrap() {
        let (price, quantity) = (level[0].as_str().unwrap(), level[1].as_str().unwrap());
        if quantity == "0.00000000" {
            side.remove(price);
        } else {
            side.insert(price.to_owned(), quantity.to_owned());
        }
    }
}

const ALL: &str = "/stream?streams=trxusdt@depth@100ms/trxusdt@depth/trxusdt@depth5@100ms/trxusdt@depth20/trxusdt@trade/\
                   trxusdt@aggTrade/trxusdt@bookTicker/trxusdt@kline_1s/trxusdt@kline_1m/trxusdt@miniTicker/trxusdt@ticker\
                   &timeUnit=MICROSECOND";

#[tokio::test]
async fn every_stream_agrees_with_the_book_and_the_prints() {
    let simulator = Simulator::usual().await;
    let mut client = simulator.connect(ALL).await;
    let first = client.until(|message| message["stream"] == "trxusdt@depth@100ms").await;
    let snapshot = simulator.get("/api/v3/depth?symbol=TRXUSDT&limit=5000").await;
    assert!(snapshot["lastUpdateId"].as_u64() >= first["data"]["U"].as_u64(), "never older than what was sent");
    let mut messages = vec![first];
    messages.extend(client.until_the_end().await);
    let truth = simulator.get("/control/book?symbol=TRXUSDT").await;

    let mut fast = ClientBook::of_snapshot(&snapshot);
    let mut last_fast = None;
    let mut tops = BTreeMap::new();
    for event in of_stream(&messages, "trxusdt@depth@100ms") {
        let (from, to) = (event["U"].as_u64().unwrap(), event["u"].as_u64().unwrap());
        assert!(last_fast.is_none_or(|last| from == last + 1), "each id in exactly one event");
        last_fast = Some(to);
        fast.apply(event);
        tops.insert(to, fast.top(5));
    }
    assert_eq!(fast.last, truth["lastUpdateId"].as_u64().unwrap());
    let whole = fast.top(usize::MAX);
    assert_eq!((json!(whole.0), json!(whole.1)), (truth["bids"].clone(), truth["asks"].clone()));

    let slow = of_stream(&messages, "trxusdt@depth");
    assert!(slow.len() > 5);
    assert!(slow.windows(2).all(|pair| pair[0]["u"].as_u64().unwrap() + 1 == pair[1]["U"].as_u64().unwrap()));
    let mut slow_book = ClientBook::of_snapshot(&snapshot);
    slow.iter().for_each(|event| slow_book.apply(event));
    assert!(tops.contains_key(&slow_book.last), "a second ends where some tenth of a second ends");

    let mut compared = 0;
    for partial in of_stream(&messages, "trxusdt@depth5@100ms") {
        let id = partial["lastUpdateId"].as_u64().unwrap();
        if let Some((bids, asks)) = tops.get(&id).filter(|_| id > snapshot["lastUpdateId"].as_u64().unwrap()) {
            assert_eq!((&partial["bids"], &partial["asks"]), (&json!(bids), &json!(asks)));
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
    for ticker in of_stream(&messages, "trxusdt@bookTicker") {
        let id = ticker["u"].as_u64().unwrap();
        if let Some((bids, asks)) = tops.get(&id).filter(|_| id > snapshot["lastUpdateId"].as_u64().unwrap()) {
            assert_eq!(json!([[ticker["b"], ticker["B"]], [ticker["a"], ticker["A"]]]), json!([bids[0], asks[0]]));
        }
    }

    let trades = of_stream(&messages, "trxusdt@trade");
    assert!(trades.len() >= 39, "{}", trades.len());
    assert!(trades.windows(2).all(|pair| pair[0]["t"].as_u64().unwrap() + 1 == pair[1]["t"].as_u64().unwrap()));
    let aggregates = of_stream(&messages, "trxusdt@aggTrade");
    assert!(aggregates.windows(2).all(|pair| pair[0]["l"].as_u64().unwrap() + 1 == pair[1]["f"].as_u64().unwrap()));
    assert!(aggregates.windows(2).all(|pair| pair[0]["a"].as_u64().unwrap() + 1 == pair[1]["a"].as_u64().unwrap()));
    bars_are_sums_of_prints(&messages, &trades);
    assert!(!of_stream(&messages, "trxusdt@miniTicker").is_empty());
    assert_eq!(of_stream(&messages, "trxusdt@ticker")[0]["e"], "24hrTicker");
    assert_eq!(of_stream(&messages, "trxusdt@depth20")[0]["bids"].as_array().unwrap().len(), 20);
}

fn bars_are_sums_of_prints(messages: &[Value], trades: &[&Value]) {
    let bars = of_stream(messages, "trxusdt@kline_1s");
    assert!(bars.len() >= 9);
    for bar in &bars[1..] {
        let bar = &bar["k"];
        assert_eq!((&bar["x"], bar["t"].as_i64().unwrap() % 1_000_000), (&json!(true), 0), "whole, closed seconds");
        let inside: Vec<_> = trades
            .iter()
            .filter(|trade| trade["T"].as_i64() >= bar["t"].as_i64() && trade["T"].as_i64() <= bar["T"].as_i64())
            .collect();
        assert_eq!(bar["n"].as_u64().unwrap(), inside.len() as u64);
        assert_eq!((&bar["o"], &bar["c"]), (&inside[0]["p"], &inside[inside.len() - 1]["p"]));
        assert_eq!((&bar["f"], &bar["L"]), (&inside[0]["t"], &inside[inside.len() - 1]["t"]));
    }
    let minutes = of_stream(messages, "trxusdt@kline_1m");
    assert!(
        minutes.iter().all(|bar| bar["k"]["t"].as_i64().unwrap() % 60_000_000 == 0),
        "minutes of the client's clock"
    );
}

#[tokio::test]
async fn times_move_by_whole_seconds_and_keep_their_microseconds() {
    let simulator = Simulator::usual().await;
    let mut micros = simulator.connect("/stream?streams=trxusdt@trade&timeUnit=MICROSECOND").await;
    let mut millis = simulator.connect("/ws/trxusdt@trade").await;
    let trade = micros.until(|message| message["stream"] == "trxusdt@trade").await["data"].clone();
    let info = simulator.get("/api/v3/exchangeInfo").await;
    let shift = info["simulator"]["tapeShiftSeconds"].as_i64().unwrap() * 1_000_000;
    assert_eq!(trade["T"].as_i64().unwrap() % 250_000, (LIVE_MICROS + 7) % 250_000);
    let quarter = (trade["t"].as_i64().unwrap() - 70_000) - 5 * 4;
    assert_eq!(trade["T"].as_i64().unwrap() - shift, LIVE_MICROS + quarter * 250_000 + 7);
    assert_eq!(trade["E"].as_i64().unwrap() - trade["T"].as_i64().unwrap(), 500);
    let same = millis.until(|message| message["t"].as_i64() >= trade["t"].as_i64()).await;
    let behind = same["t"].as_i64().unwrap() - trade["t"].as_i64().unwrap();
    assert_eq!(same["T"].as_i64().unwrap(), (trade["T"].as_i64().unwrap() + behind * 250_000) / 1_000);
}

#[tokio::test]
async fn all_ways_to_subscribe_work() {
    let simulator = Simulator::usual().await;
    for path in ["/ws/trxusdt@trade", "/ws/trxusdt%40trade", "/ws/trxusdt@trade/trxusdt@depth@100ms"] {
        let mut client = simulator.connect(path).await;
        let bare = client.until(|message| message["e"] == "trade").await;
        assert!(bare.get("stream").is_none(), "{path}");
    }
    for path in ["/stream?streams=trxusdt@trade", "/stream?streams=trxusdt%40trade%2Ftrxusdt%40depth%40100ms"] {
        let mut client = simulator.connect(path).await;
        assert_eq!(client.until(|message| message["data"]["e"] == "trade").await["stream"], "trxusdt@trade", "{path}");
    }
    for path in ["/ws", "/ws/", "/ws/0", "/stream"] {
        let mut client = simulator.connect(path).await;
        client.say(json!({"method": "SUBSCRIBE", "params": ["trxusdt@trade"], "id": "d3df8a22-98ea-4fe0-9f4e-0fcea5d418b7"})).await;
        let reply = client.until(is_reply).await;
        assert_eq!(reply, json!({"result": null, "id": "d3df8a22-98ea-4fe0-9f4e-0fcea5d418b7"}), "{path}");
        let message = client.until(|message| !is_reply(message)).await;
        assert_eq!(message.get("stream").is_some(), path == "/stream", "{path}");
    }
}

#[tokio::test]
async fn a_stream_named_twice_is_delivered_once() {
    let simulator = Simulator::usual().await;
    let mut client = simulator.connect("/stream?streams=trxusdt@trade/trxusdt@trade").await;
    client.say(json!({"method": "SUBSCRIBE", "params": ["trxusdt@trade"], "id": 1})).await;
    let messages = client.until_the_end().await;
    let ids: Vec<u64> =
        of_stream(&messages, "trxusdt@trade").iter().map(|trade| trade["t"].as_u64().unwrap()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{ids:?}");
}

#[tokio::test]
async fn unsubscribing_silences_and_properties_change_the_form() {
    let simulator = Simulator::usual().await;
    let mut client = simulator.connect("/ws/trxusdt@trade/trxusdt@depth@100ms").await;
    client.until(|message| message["e"] == "trade").await;
    client.say(json!({"method": "UNSUBSCRIBE", "params": ["trxusdt@trade"], "id": 312})).await;
    assert_eq!(client.until(is_reply).await, json!({"result": null, "id": 312}));
    client.say(json!({"method": "SET_PROPERTY", "params": ["combined", true], "id": 5})).await;
    client.until(is_reply).await;
    client.say(json!({"method": "LIST_SUBSCRIPTIONS", "id": 3})).await;
    assert_eq!(client.until(is_reply).await, json!({"result": ["trxusdt@depth@100ms"], "id": 3}));
    let rest = client.until_the_end().await;
    assert!(rest.len() > 10);
    assert!(rest.iter().all(|message| message["stream"] == "trxusdt@depth@100ms"), "no trades, all wrapped");
}

#[tokio::test]
async fn unknown_and_upper_case_streams_are_silent() {
    let simulator = Simulator::usual().await;
    let mut client = simulator.connect("/stream?streams=TRXUSDT@trade/nosuch@trade").await;
    assert_eq!(client.until_the_end().await, Vec::<Value>::new());
}

#[tokio::test]
async fn the_tapes_own_streams_are_passed_on_and_not_derived() {
    let ticker = |micros: i64, id: u64| {
        let data = json!({"u": id, "s": "TRXUSDT", "b": "0.30000000", "B": "7.00000000", "a": "0.40000000", "A": "8.00000000"});
        (micros, json!({"stream": "trxusdt@bookTicker", "data": data}).to_string())
    };
    let bad = json!({"stream": "trxusdt@trade", "data": {"e": "trade", "E": LIVE_MICROS, "s": "TRXUSDT", "t": 5, "p": "-1", "q": "1",
                     "T": LIVE_MICROS, "m": true}});
    let tape = TapeMaker {
        extra: vec![
            ticker(-4_000_000, 7),
            ticker(1_000_000, 8),
            (2_000_000, bad.to_string()),
            (3_000_000, "<html>".to_owned()),
        ],
        ..TapeMaker::default()
    }
    .write();
    let simulator = Simulator::start(tape.config()).await;
    let mut client = simulator.connect("/stream?streams=trxusdt@bookTicker/trxusdt@trade&timeUnit=MICROSECOND").await;
    let (mut tickers, mut odd, mut text) = (Vec::new(), Vec::new(), 0);
    loop {
        let heard = client.text().await;
        let Ok(message) = serde_json::from_str::<Value>(&heard) else {
            assert_eq!(heard, "<html>");
            text += 1;
            continue;
        };
        match message["stream"].as_str().unwrap() {
            "!endOfTape" => break,
            "trxusdt@bookTicker" => tickers.push(message["data"]["u"].as_u64().unwrap()),
            _ if message["data"]["p"] == "-1" => odd.push(message["data"]["T"].as_i64().unwrap()),
            _ => {}
        }
    }
    assert_eq!((tickers, text), (vec![8], 1));
    let info = simulator.get("/api/v3/exchangeInfo").await;
    let shift = info["simulator"]["tapeShiftSeconds"].as_i64().unwrap() * 1_000_000;
    assert_eq!(odd, [LIVE_MICROS + shift], "damaged frames keep their damage, and lose only their date");
}

#[tokio::test]
async fn a_snapshot_that_comes_late_on_the_tape_still_starts_the_book() {
    let tape = TapeMaker { history_seconds: 0, snapshot_after: 9, ..TapeMaker::default() }.write();
    let simulator = Simulator::start(tape.config()).await;
    let before = simulator.get("/api/v3/depth?symbol=TRXUSDT&limit=5000").await;
    assert_eq!(before, TapeMaker::snapshot());
    let mut client = simulator.connect("/stream?streams=trxusdt@depth@100ms").await;
    let mut book = ClientBook::of_snapshot(&before);
    for message in client.until_the_end().await {
        book.apply(&message["data"]);
    }
    let truth = simulator.get("/control/book?symbol=TRXUSDT").await;
    assert_eq!(json!(book.top(usize::MAX).0), truth["bids"]);
}
