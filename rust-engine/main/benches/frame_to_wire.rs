//! A frame of the venue is in ZeroMQ's hands sooner than a ZeroMQ message crosses to its reader.
//!
//! A calm generated market at 1,000 frames a second goes through the feed and the bridge to a reader in another thread:
//! `step` is parse and apply, `frame_to_wire` from the bytes in hand to the send, `one_way` from there to the reader.
//! Both sides of the ratio come from one run. Prints JSON on stdout. Options: `--seconds N` (default 10),
//! `--encoding decimal|packed`.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use clock::WallClock;
use common::config::{Config, Layers};
use common::time::UnixNanos;
use common::wire::{DataMessage, Header, decode};
use data_bridge::{Bridge, BridgeConfig};
use exchange_simulator::generator::{Options, Scenario};
use feed_handler::replay::Replay;
use feed_handler::{FeedConfig, Output};
use serde_json::{Value, json};
use tape::{Content, Tape};

const ANY_PORT: &str = "tcp://127.0.0.1:*";
const RATE: f64 = 1_000.0;
const WARM_UP: usize = 500;
const GOODBYE: &str = "bench over";

/// What a message is known by on both sides.
fn key(message: &DataMessage) -> Option<(bool, u64)> {
    match message {
        DataMessage::OrderBookSnapshot(book) => Some((true, book.last_update_id)),
        DataMessage::Trade(tick) => Some((false, tick.trade_id)),
        _ => None,
    }
}

fn figures(name: &str, nanos: Vec<i64>) -> Value {
    let mut nanos: Vec<i64> = nanos.into_iter().skip(WARM_UP).collect();
    nanos.sort_unstable();
    let at = |share: f64| nanos.get((nanos.len() as f64 * share) as usize).map(|ns| *ns as f64 / 1_000.0);
    json!({ "name": name, "unit": "us", "n": nanos.len(), "median": at(0.5), "p99": at(0.99), "p999": at(0.999) })
}

fn after(name: &str) -> Option<String> {
    let words: Vec<String> = std::env::args().collect();
    words.iter().position(|word| word == name).and_then(|at| words.get(at + 1)).cloned()
}

type Arrivals = HashMap<(bool, u64), (UnixNanos, UnixNanos)>;

/// When each message was sent and when it arrived here.
fn read(endpoint: &str, clock: WallClock) -> Arrivals {
    let socket = zmq::Context::new().socket(zmq::SUB).expect("a socket");
    socket.set_rcvhwm(150_000).expect("a mark");
    socket.set_subscribe(b"").expect("a subscription");
    socket.connect(endpoint).expect("the bridge listens");
    let mut arrivals = Arrivals::new();
    loop {
        let frames = socket.recv_multipart(0).expect("a message");
        let arrived = clock.now();
        let sent = Header::parse(&frames[1]).expect("a header").sent_at;
        let message: DataMessage = decode(&frames[2]).expect("a message");
        if matches!(&message, DataMessage::StateChange { reason, .. } if reason == GOODBYE) {
            return arrivals;
        }
        if let Some(key) = key(&message) {
            arrivals.insert(key, (sent, arrived));
        }
    }
}

fn main() {
    let seconds: f64 = after("--seconds").map_or(10.0, |text| text.parse().expect("seconds"));
    let encoding = after("--encoding").unwrap_or_else(|| "decimal".to_owned());
    let layers = Layers { flags: vec![format!("zmq.book_encoding={encoding}")], ..Layers::default() };
    let config = FeedConfig::from_config(&Config::read(&layers).expect("a good configuration"));

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("calm.tape");
    let calm =
        Options { scenario: Scenario::Calm, history: 0.0, lead: 60.0 * seconds, tail: 0.0, ..Options::default() };
    calm.generate(&path).expect("a tape");
    let tape = Tape::open(&path).expect("a tape");
    let mut replay = Replay::new(config, tape.header());
    let lines = tape.into_lines().map(|line| line.expect("a good line"));

    let clock = WallClock::start();
    let at_any_port = BridgeConfig {
        data_publisher_address: ANY_PORT.into(),
        command_receiver_address: ANY_PORT.into(),
        response_publisher_address: ANY_PORT.into(),
        data_high_water_mark: 150_000,
    };
    let bridge = Bridge::open(&at_any_port, clock, |_| {}).expect("free ports");
    let endpoint = bridge.endpoints().data.clone();
    let reader = thread::spawn(move || read(&endpoint, clock));
    let data = bridge.data();

    let (mut stepped, mut taken) = (Vec::new(), Vec::new());
    let start = Instant::now();
    for (n, line) in lines.take((RATE * seconds) as usize).enumerate() {
        let due = start + Duration::from_secs_f64(n as f64 / RATE);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let in_hand = clock.now();
        let outputs = replay.line(&line);
        if matches!(line.content, Content::Frame(_)) {
            stepped.push(clock.now().since(in_hand));
        }
        for output in outputs {
            if let Output::Publish(message) = output {
                taken.extend(key(&message).map(|key| (key, in_hand)));
                data.send(message).expect("an open bridge");
            }
        }
    }
    let (timestamp, state) = (clock.now(), common::wire::EngineState::Live);
    let goodbye =
        DataMessage::StateChange { timestamp, old_state: state, new_state: state, reason: GOODBYE.to_owned() };
    data.send(goodbye).expect("an open bridge");
    let arrivals = reader.join().expect("the reader ends with the goodbye");
    assert!(bridge.shutdown());

    let found: Vec<_> = taken.iter().filter_map(|(key, in_hand)| Some((*in_hand, *arrivals.get(key)?))).collect();
    let out = found.iter().map(|(in_hand, (sent, _))| sent.since(*in_hand)).collect();
    let one_way = found.iter().map(|(_, (sent, arrived))| arrived.since(*sent)).collect();
    let rows = [figures("step", stepped), figures("frame_to_wire", out), figures("one_way", one_way)];
    println!("{}", json!({ "bench": "frame_to_wire", "rate": RATE, "encoding": encoding, "rows": rows }));
}
