//! How connections live and end: pings, limits, the end of the tape, slow clients, starts that cannot be.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use common::time::UnixNanos;
use exchange_simulator::server::{SimulatorConfig, serve};
use futures_util::StreamExt as _;
use serde_json::json;
use support::{Heard, Simulator, TapeMaker, of_stream};
use tape::{Header, Source, Writer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

const MILLIS: fn(u64) -> Duration = Duration::from_millis;

#[tokio::test]
async fn pings_carry_a_payload_that_the_pong_repeats() {
    let simulator = Simulator::with(|config| {
        config.timing.ping_every = MILLIS(50);
        config.timing.pong_within = MILLIS(400);
        config.timing.messages_per_second = 1_000;
    })
    .await;
    let mut client = simulator.connect("/ws/trxusdt@trade").await;
    let mut payloads = Vec::new();
    let mut ended = false;
    while !ended {
        match client.0.next().await.unwrap().unwrap() {
            // The client answers by itself while it reads.
            Message::Ping(payload) => payloads.push(payload),
            Message::Text(text) => ended = text.contains("endOfTape"),
            other => panic!("{other:?}"),
        }
    }
    assert!(payloads.len() >= 5 && !payloads[0].is_empty());
    assert!(payloads.windows(2).all(|pair| pair[0] != pair[1]));
}

#[tokio::test]
async fn who_does_not_answer_pings_is_cut_off() {
    let simulator = Simulator::with(|config| {
        config.timing.ping_every = MILLIS(50);
        config.timing.pong_within = MILLIS(300);
        config.timing.close_within = MILLIS(100);
    })
    .await;
    // A bare socket answers nothing.
    let mut socket = TcpStream::connect(simulator.running.addr).await.unwrap();
    let request = "GET /ws HTTP/1.1\r\nHost: venue\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    tokio::time::timeout(support::PATIENCE, socket.read_to_end(&mut received)).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&received);
    assert!(text.starts_with("HTTP/1.1 101"), "{text}");
    assert!(text.ends_with("Pong timeout"), "{text}");
    let code = 1_008_u16.to_be_bytes();
    assert!(received[..received.len() - 12].ends_with(&code), "{received:?}");
}

#[tokio::test]
async fn a_connection_has_an_end() {
    let simulator = Simulator::with(|config| config.timing.longest_life = MILLIS(100)).await;
    let mut client = simulator.connect("/ws").await;
    assert!(matches!(client.hear().await, Heard::Closed(Some((1_000, _)))));
}

#[tokio::test]
async fn six_messages_in_a_second_are_too_many() {
    let simulator = Simulator::usual().await;
    let mut client = simulator.connect("/ws").await;
    for id in 1..=6 {
        client.say(json!({"method": "LIST_SUBSCRIPTIONS", "id": id})).await;
    }
    for id in 1..=5 {
        assert_eq!(client.next().await, json!({"result": [], "id": id}));
    }
    match client.hear().await {
        Heard::Closed(Some((code, reason))) => assert_eq!((code, reason.as_str()), (1_008, "Too many requests")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_end_of_the_tape_is_told_to_everyone_and_ends_everything() {
    let simulator = Simulator::with(|config| {
        config.manners.grace = MILLIS(500);
        config.to = "2".parse().ok();
    })
    .await;
    let mut combined = simulator.connect("/stream?streams=trxusdt@trade").await;
    let mut raw = simulator.connect("/ws").await;
    let trades = combined.until_the_end().await;
    assert!(of_stream(&trades, "trxusdt@trade").len() <= 40, "--to ends it early");
    let end = raw.next().await;
    assert_eq!(end["e"], "endOfTape");
    assert!(end["E"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(simulator.get("/control/status").await["state"], "ended", "REST stays open for a while");
    for mut client in [combined, raw] {
        assert!(matches!(client.hear().await, Heard::Closed(Some((1_000, _)))));
    }
}

#[tokio::test]
async fn a_simulator_that_lingers_ends_only_when_it_is_told() {
    let mut simulator = Simulator::with(|config| config.manners.linger = true).await;
    let mut client = simulator.connect("/ws/trxusdt@trade").await;
    client.until_the_end().await;
    assert_eq!(simulator.get("/api/v3/ping").await, json!({}));
    simulator.http.post(simulator.url("/control/shutdown")).send().await.unwrap();
    assert!(matches!(client.hear().await, Heard::Closed(Some((1_000, _)))));
    let done = tokio::time::timeout(support::PATIENCE, &mut simulator.running.done).await;
    assert!(done.unwrap().unwrap().is_ok());
}

#[tokio::test]
async fn nothing_is_missed_by_the_first_client_however_late() {
    let simulator = Simulator::usual().await;
    assert_eq!(simulator.get("/control/status").await["state"], "waiting");
    let idle = simulator.connect("/ws").await;
    assert_eq!(simulator.get("/control/status").await["state"], "waiting", "nobody has subscribed yet");
    let mut client = simulator.connect("/stream?streams=trxusdt@trade").await;
    let trades = client.until_the_end().await;
    let first = trades[0]["data"]["t"].as_u64().unwrap();
    assert!(first <= 70_000 + 5 * 4, "the first live print is {}, heard from {first}", 70_000 + 5 * 4);
    drop(idle);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_and_counted() {
    let simulator = Simulator::with(|config| {
        config.timing.queue = 64;
        config.speed = 1.0;
    })
    .await;
    let slow = simulator.connect("/ws/trxusdt@trade").await;
    simulator.order(json!({"burst": {"per_second": 400_000, "for": "8s", "symbol": "TRXUSDT"}})).await;
    let until = tokio::time::Instant::now() + support::PATIENCE;
    while simulator.get("/control/status").await["too_slow"] == 0 {
        assert!(tokio::time::Instant::now() < until, "never cut");
        tokio::time::sleep(MILLIS(20)).await;
    }
    assert_eq!(simulator.get("/control/status").await["connections"], json!([]));
    drop(slow);
}

#[tokio::test]
async fn starts_that_cannot_be_say_why() {
    let tape = TapeMaker::default().write();
    let fails = async |change: &dyn Fn(&mut SimulatorConfig)| {
        let mut config = tape.config();
        change(&mut config);
        serve(config, CancellationToken::new()).await.map(|_| ()).unwrap_err().to_string()
    };
    let missing = tape.folder.path().join("no.tape");
    assert!(fails(&|config| config.tape = missing.clone()).await.contains("no.tape"));

    let damaged = tape.folder.path().join("damaged.tape");
    let mut bytes = std::fs::read(&tape.path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    std::fs::write(&damaged, bytes).unwrap();
    assert!(fails(&|config| config.tape = damaged.clone()).await.contains("damaged"));

    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address: SocketAddr = taken.local_addr().unwrap();
    let words = fails(&|config| config.address = address).await;
    assert!(words.contains(&address.port().to_string()) && words.contains("--port"), "{words}");
    assert!(words.contains(&std::process::id().to_string()), "the holder is named: {words}");

    let words = fails(&|config| config.from = "2030-01-01T00:00:00Z".parse().ok()).await;
    assert!(words.contains("--from 2030") && words.contains("2025-10-10"), "{words}");

    let empty = tape.folder.path().join("empty.tape");
    let header = Header::new(Source::Generated, vec![support::symbol_info("TRXUSDT")]);
    Writer::create(&empty, &header).unwrap().finish().unwrap();
    assert!(fails(&|config| config.tape = empty.clone()).await.contains("nothing to replay"));
}

#[tokio::test]
async fn an_unfinished_tape_is_replayed_with_a_warning() {
    let tape = TapeMaker::default().write();
    let bytes = std::fs::read(&tape.path).unwrap();
    std::fs::write(&tape.path, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let simulator = Simulator::start(tape.config()).await;
    assert!(simulator.running.warning.as_ref().unwrap().contains("unfinished"));
    let mut client = simulator.connect("/stream?streams=trxusdt@trade").await;
    assert!(client.until_the_end().await.len() > 5);
}

#[tokio::test]
async fn late_prints_come_as_late_as_they_did() {
    // Real prints of a stalled venue arrive seconds after they happened.
    let late = json!({"stream": "trxusdt@aggTrade", "data": {"e": "aggTrade", "E": support::LIVE_MICROS + 1_000_000, "s": "TRXUSDT", "a": 9,
                      "p": "0.3", "q": "1", "f": 1, "l": 1, "T": support::LIVE_MICROS + 1_000_000, "m": true, "M": true}});
    let tape = TapeMaker { extra: vec![(3_000_000, late.to_string())], ..TapeMaker::default() }.write();
    let mut config = tape.config();
    config.speed = 4.0;
    let simulator = Simulator::start(config).await;
    let mut client = simulator.connect("/stream?streams=trxusdt@aggTrade&timeUnit=MICROSECOND").await;
    let message = client.until(|message| message["data"]["a"] == 9).await;
    let status = simulator.get("/control/status").await;
    let behind = status["time_ns"].as_i64().unwrap() / 1_000 - message["data"]["T"].as_i64().unwrap();
    assert!((2_000_000..3_500_000).contains(&behind), "{behind} us");
    assert!(UnixNanos(status["time_ns"].as_i64().unwrap()) > UnixNanos(0));
}
