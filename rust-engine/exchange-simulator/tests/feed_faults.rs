//! Every fault as a client sees it.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Client, Heard, Simulator, of_stream};

const BOTH: &str = "/stream?streams=trxusdt@depth@100ms/trxusdt@trade";

/// Orders a fault at once, then hears everything; texts that are no JSON come second.
async fn with_fault(fault: Value) -> (Vec<Value>, Vec<String>) {
    let simulator = Simulator::with(|config| config.to = "6".parse().ok()).await;
    let mut client = simulator.connect(BOTH).await;
    let first = client.until(|message| message["stream"] == "trxusdt@depth@100ms").await;
    assert_eq!(simulator.order(fault).await, json!({"begun": 1}));
    let (mut messages, mut broken) = (vec![first], Vec::new());
    loop {
        let text = client.text().await;
        match serde_json::from_str::<Value>(&text) {
            Ok(message) if message["stream"] == "!endOfTape" => return (messages, broken),
            Ok(message) => messages.push(message),
            Err(_) => broken.push(text),
        }
    }
}

fn depth_spans(messages: &[Value]) -> Vec<(u64, u64)> {
    let events = of_stream(messages, "trxusdt@depth@100ms");
    events.iter().filter_map(|event| Some((event["U"].as_u64()?, event["u"].as_u64()?))).collect()
}

/// How often consecutive events do not continue each other.
fn breaks(spans: &[(u64, u64)]) -> usize {
    spans.windows(2).filter(|pair| pair[0].1 + 1 != pair[1].0).count()
}

fn trade_ids(messages: &[Value]) -> Vec<u64> {
    of_stream(messages, "trxusdt@trade").iter().filter_map(|trade| trade["t"].as_u64()).collect()
}

#[tokio::test]
async fn gaps() {
    let (messages, _) = with_fault(json!({"skip_depth_updates": 3})).await;
    assert_eq!(breaks(&depth_spans(&messages)), 1);
    let ids = trade_ids(&messages);
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "prints are not touched");

    let (messages, _) = with_fault(json!({"skip_trades": 2})).await;
    assert_eq!(breaks(&depth_spans(&messages)), 0);
    let ids = trade_ids(&messages);
    // The gap may lie before the first print heard.
    assert!(ids.windows(2).filter(|pair| pair[1] - pair[0] == 3).count() <= 1);
    assert!(ids.windows(2).all(|pair| [1, 3].contains(&(pair[1] - pair[0]))), "{ids:?}");
}

#[tokio::test]
async fn duplicates_and_changed_order() {
    let (messages, _) = with_fault(json!({"duplicate": {"count": 2}})).await;
    let spans = depth_spans(&messages);
    assert_eq!(spans.windows(2).filter(|pair| pair[0] == pair[1]).count(), 2);

    let (messages, _) = with_fault(json!({"reorder": {"count": 1, "of": "trade"}})).await;
    let ids = trade_ids(&messages);
    assert_eq!(ids.windows(2).filter(|pair| pair[0] == pair[1] + 1).count(), 1, "{ids:?}");
}

#[tokio::test]
async fn damage() {
    for (how, count) in [("truncated", 1), ("not_json", 2)] {
        let (messages, broken) = with_fault(json!({"corrupt": {"how": how, "count": count}})).await;
        assert_eq!(broken.len(), count, "{how}");
        assert_eq!(breaks(&depth_spans(&messages)), 1, "{how}");
    }
    for (how, of, seen) in
        [("nan", "trade", json!("NaN")), ("zero", "trade", json!("0.00000000")), ("wrong_type", "trade", Value::Null)]
    {
        let (messages, _) = with_fault(json!({"corrupt": {"how": how, "count": 1, "of": of}})).await;
        let odd: Vec<_> = of_stream(&messages, "trxusdt@trade")
            .into_iter()
            .filter(|trade| trade["p"] == seen || (seen.is_null() && trade["p"].is_number()))
            .collect();
        assert_eq!(odd.len(), 1, "{how}");
    }
    let (messages, _) = with_fault(json!({"corrupt": {"how": "crossed", "count": 1}})).await;
    let crossed: Vec<_> = of_stream(&messages, "trxusdt@depth@100ms")
        .into_iter()
        .filter(|event| event["b"][0][0].as_str().unwrap().parse::<f64>().unwrap() > 0.4)
        .collect();
    assert_eq!((crossed.len(), breaks(&depth_spans(&messages))), (1, 0), "the ids do not show it");
}

#[tokio::test]
async fn delays_keep_the_order() {
    let simulator = Simulator::with(|config| config.speed = 2.0).await;
    let mut client = simulator.connect(BOTH).await;
    let mut messages = vec![client.next().await];
    simulator.order(json!({"delay": {"by": "1s", "for": "2s"}})).await;
    let mut longest = Duration::ZERO;
    loop {
        let begun = Instant::now();
        let message = client.next().await;
        longest = longest.max(begun.elapsed());
        if message["stream"] == "!endOfTape" {
            break;
        }
        messages.push(message);
    }
    assert!(longest >= Duration::from_millis(400), "a second at double speed: {longest:?}");
    assert_eq!(breaks(&depth_spans(&messages)), 0, "late, and complete");
}

#[tokio::test]
async fn a_stall_silences_the_sockets_that_are_open() {
    let simulator = Simulator::with(|config| config.speed = 2.0).await;
    let mut stalled = simulator.connect(BOTH).await;
    stalled.next().await;
    simulator.order(json!({"stall": {"for": "4s"}})).await;
    let mut other = simulator.connect(BOTH).await;
    let begun = Instant::now();
    other.next().await;
    assert!(begun.elapsed() < Duration::from_millis(1_000), "new connections work");
    let mut texts = 0;
    while tokio::time::timeout(Duration::from_millis(300), stalled.text()).await.is_ok() {
        texts += 1;
        assert!(texts < 30, "what was under way before the stall is little");
    }
    let messages = stalled.until_the_end().await;
    assert_eq!(breaks(&depth_spans(&messages)), 0, "what waited comes afterwards");
}

#[tokio::test]
async fn what_a_lossy_stall_holds_back_is_lost() {
    let (messages, _) = with_fault(json!({"stall": {"for": "2s", "lost": true}})).await;
    assert_eq!(breaks(&depth_spans(&messages)), 1);
}

#[tokio::test]
async fn a_cut_ends_connections_without_a_word_and_refuses_new_ones() {
    let simulator = Simulator::usual().await;
    let mut client = simulator.connect(BOTH).await;
    client.next().await;
    simulator.order(json!({"cut": {"refuse_for": "1s"}})).await;
    while let Heard::Text(_) | Heard::Closed(_) = heard(&mut client).await {}
    let refused = tokio_tungstenite::connect_async(format!("ws://{}{BOTH}", simulator.running.addr)).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("503")));
    // Ten times faster than life, the second is over soon.
    let mut again = loop {
        match tokio_tungstenite::connect_async(format!("ws://{}{BOTH}", simulator.running.addr)).await {
            Ok((socket, _)) => break Client(socket),
            // Attempts are counted, so they are paced.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    again.next().await;
}

/// What comes next; a cut may not be dressed up as a close.
async fn heard(client: &mut Client) -> Heard {
    let heard = client.hear().await;
    assert!(!matches!(heard, Heard::Closed(_)), "{heard:?}");
    heard
}

#[tokio::test]
async fn a_burst_adds_prints_and_changes_with_contiguous_ids() {
    let (messages, _) = with_fault(json!({"burst": {"per_second": 2_000, "for": "1s"}})).await;
    let ids = trade_ids(&messages);
    assert!(ids.len() > 1_500, "{}", ids.len());
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    let spans = depth_spans(&messages);
    assert!(spans.len() > 350, "{}", spans.len());
    assert_eq!(breaks(&spans), 0);
}

#[tokio::test]
async fn the_server_says_that_it_stops_and_stops() {
    let simulator = Simulator::usual().await;
    let mut combined = simulator.connect(BOTH).await;
    let mut raw = simulator.connect("/ws").await;
    combined.next().await;
    simulator.order(json!({"server_shutdown": {"close_after": "1s"}})).await;
    let notice = combined.until(|message| message["stream"] == "!serverShutdown").await;
    assert_eq!(notice["data"]["e"], "serverShutdown");
    assert_eq!(raw.next().await["e"], "serverShutdown");
    let mut after = simulator.connect(BOTH).await;
    loop {
        match combined.hear().await {
            Heard::Text(_) => {}
            Heard::Closed(frame) => break assert_eq!(frame.unwrap().0, 1_000),
            Heard::Cut => panic!("it ends in order"),
        }
    }
    assert!(matches!(raw.hear().await, Heard::Closed(_)));
    after.until(|message| message["stream"] == "!endOfTape").await;
}

#[tokio::test]
async fn rest_can_fail_be_slow_and_tell_old_books() {
    let simulator = Simulator::usual().await;
    let mut client = simulator.connect(BOTH).await;
    simulator
        .order(json!([
            {"http_error": {"status": 503, "on": {"path": "/api/v3/depth", "count": 1}}},
            {"http_error": {"status": 429, "retry_after": "7s", "on": {"path": "/api/v3/time", "count": 1}}},
            {"http_error": {"status": 418, "retry_after": "2m", "on": {"path": "/api/v3/ping", "count": 1}}},
        ]))
        .await;
    assert_eq!(simulator.refusal("/api/v3/depth?symbol=TRXUSDT").await, (503, -1008));
    let limited = simulator.response("/api/v3/time").await;
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    let banned = simulator.response("/api/v3/ping").await;
    assert_eq!((banned.status().as_u16(), banned.headers()["retry-after"].to_str().unwrap()), (418, "120"));
    assert_eq!(simulator.get("/api/v3/ping").await, json!({}), "each once");

    simulator.order(json!({"http_slow": {"by": "300ms"}})).await;
    let begun = Instant::now();
    simulator.get("/api/v3/ping").await;
    assert!(begun.elapsed() >= Duration::from_millis(300));

    client.until(|message| message["data"]["u"].as_u64() >= Some(1_140)).await;
    simulator.order(json!({"stale_snapshot": {"behind": "3s", "count": 1}})).await;
    let old = simulator.get("/api/v3/depth?symbol=TRXUSDT&limit=5000").await;
    let id = old["lastUpdateId"].as_u64().unwrap();
    assert!(id < 1_130, "{id}");
    let then = simulator.get(&format!("/control/book?symbol=TRXUSDT&at={id}")).await;
    assert_eq!((&old["bids"], &old["asks"]), (&then["bids"], &then["asks"]), "old, and right for its id");
    let new = simulator.get("/api/v3/depth?symbol=TRXUSDT&limit=5000").await;
    assert!(new["lastUpdateId"].as_u64().unwrap() >= 1_140);
}

#[tokio::test]
async fn orders_that_are_misspelt_are_refused_as_a_whole() {
    let simulator = Simulator::usual().await;
    let refused = simulator.order(json!([{"skip_trades": 1}, {"skip_trade": 1}])).await;
    assert!(refused["error"].as_str().unwrap().contains("skip_trade"), "{refused}");
    assert_eq!(simulator.get("/control/status").await["faults"]["begun"], json!({}));
    let refused = simulator.order(json!({"burst": {"per_second": 1, "for": "1s", "symbol": "NOSUCH"}})).await;
    assert!(refused["error"].as_str().unwrap().contains("NOSUCH"), "{refused}");
}

#[tokio::test]
async fn a_scenario_begins_its_faults_on_time() {
    let scenario = "at = ['2s', '4s']\ndo = [{ skip_depth_updates = 3 }, { duplicate = { count = 1 } }]";
    let steps = exchange_simulator::scenario::Scenario::parse(scenario).unwrap();
    let simulator = Simulator::with(|config| config.scenario = steps).await;
    let mut client = simulator.connect(BOTH).await;
    let spans = depth_spans(&client.until_the_end().await);
    let jumps: Vec<usize> = (1..spans.len()).filter(|&at| spans[at].0 != spans[at - 1].1 + 1).collect();
    assert_eq!(jumps.len(), 2, "one gap, one repetition: {spans:?}");
    assert_eq!(spans[jumps[0]].0, spans[jumps[0] - 1].1 + 7, "three changes of 1, 2 and 3 ids");
    assert_eq!(spans[jumps[1]], spans[jumps[1] - 1]);
    let status = simulator.get("/control/status").await;
    let both_streams = json!({"duplicate": 2, "skip_depth_updates": 6});
    assert_eq!(status["faults"]["hits"], both_streams, "counts hold for @depth and @depth@100ms each");
}
