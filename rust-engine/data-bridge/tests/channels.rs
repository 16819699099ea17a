//! The bridge over real ZeroMQ sockets, on ports that the system chose.

use std::collections::BTreeMap;

use clock::WallClock;
use common::market::{Level, Side, Symbol, Trust};
use common::number::{Price, Qty};
use common::time::UnixNanos;
use common::wire::{
    BookEncoding, Command, CommandKind, DataMessage, EngineState, ErrorType, Header, Levels, OrderBookSnapshot,
    Response, TradeTick, decode, encode,
};
use data_bridge::{Bridge, BridgeConfig, BridgeError};

const DEADLINE_MS: i32 = 10_000;
const ANY_PORT: &str = "tcp://127.0.0.1:*";

fn config() -> BridgeConfig {
    BridgeConfig {
        data_publisher_address: ANY_PORT.into(),
        command_receiver_address: ANY_PORT.into(),
        response_publisher_address: ANY_PORT.into(),
        data_high_water_mark: 150_000,
    }
}

fn open(config: &BridgeConfig) -> (Bridge, crossbeam_channel::Receiver<Command>) {
    let (to_test, commands) = crossbeam_channel::unbounded();
    let bridge = Bridge::open(config, WallClock::start(), move |command| {
        to_test.send(command).expect("the test waits for commands");
    });
    (bridge.unwrap_or_else(|error| panic!("{error}")), commands)
}

struct Subscriber(zmq::Socket);

impl Subscriber {
    fn connect(endpoint: &str, high_water_mark: i32) -> Self {
        let socket = zmq::Context::new().socket(zmq::SUB).expect("a socket");
        socket.set_rcvhwm(high_water_mark).expect("a mark");
        socket.set_rcvtimeo(DEADLINE_MS).expect("a deadline");
        socket.connect(endpoint).expect("the bridge listens");
        socket.set_subscribe(b"").expect("a subscription");
        Self(socket)
    }

    /// Connects, and returns once the publisher knows of the subscription: messages sent from now on arrive.
    fn synced(endpoint: &str, high_water_mark: i32, send: impl Fn(&str)) -> Self {
        let subscriber = Self::connect(endpoint, high_water_mark);
        while subscriber.0.poll(zmq::POLLIN, 1).expect("a poll") == 0 {
            send("hello");
        }
        send("last hello");
        while !String::from_utf8_lossy(&subscriber.next().2).contains("last hello") {}
        subscriber
    }

    fn next(&self) -> (String, Header, Vec<u8>) {
        let frames = self.0.recv_multipart(0).expect("a message before the deadline");
        let [topic, header, payload] = frames.try_into().expect("three frames");
        (String::from_utf8(topic).expect("a text"), Header::parse(&header).expect("a header"), payload)
    }

    fn next_response(&self) -> Response {
        decode(&self.next().2).expect("a response")
    }
}

fn data_subscriber(bridge: &Bridge, high_water_mark: i32) -> Subscriber {
    let data = bridge.data();
    Subscriber::synced(&bridge.endpoints().data, high_water_mark, |reason| {
        data.send(state_change(reason)).expect("an open bridge");
    })
}

fn response_subscriber(bridge: &Bridge) -> Subscriber {
    let responses = bridge.responses();
    Subscriber::synced(&bridge.endpoints().responses, 1_000, |message| {
        let timestamp = UnixNanos::ZERO;
        let hello = Response::Success { command_id: String::new(), message: message.into(), timestamp };
        responses.send(hello).expect("an open bridge");
    })
}

fn state_change(reason: &str) -> DataMessage {
    DataMessage::StateChange {
        timestamp: UnixNanos(1),
        old_state: EngineState::Starting,
        new_state: EngineState::Live,
        reason: reason.into(),
    }
}

fn trade(symbol: &str, trade_id: u64) -> DataMessage {
    DataMessage::Trade(TradeTick {
        symbol: Symbol::new(symbol),
        trade_id,
        price: "61837.64".parse().expect("a price"),
        quantity: Qty::ZERO,
        side: Side::Buy,
        timestamp: UnixNanos(1),
        exchange_timestamp: UnixNanos(1),
    })
}

fn book(last_update_id: u64) -> DataMessage {
    let level = Level { price: Price::ZERO, quantity: Qty::ZERO };
    let levels = || Levels::encode(&[level; 20], BookEncoding::Decimal);
    DataMessage::OrderBookSnapshot(OrderBookSnapshot {
        symbol: Symbol::new("BTCUSDT"),
        bids: levels(),
        asks: levels(),
        timestamp: UnixNanos(1),
        exchange_timestamp: UnixNanos(1),
        last_update_id,
        changed_levels: 3,
        bid_band_quantity: Default::default(),
        bid_band_notional: Default::default(),
        ask_band_quantity: Default::default(),
        ask_band_notional: Default::default(),
        trust: Trust::Trusted,
    })
}

fn heartbeat(command_id: &str) -> Command {
    Command {
        command_id: command_id.into(),
        trace_id: "t1".into(),
        expires_at: UnixNanos(5),
        kind: CommandKind::Heartbeat {},
    }
}

fn pusher(bridge: &Bridge) -> zmq::Socket {
    let socket = zmq::Context::new().socket(zmq::PUSH).expect("a socket");
    socket.set_linger(0).expect("linger");
    socket.connect(&bridge.endpoints().commands).expect("the bridge listens");
    socket
}

#[test]
fn every_topic_is_numbered_without_gaps() {
    let (bridge, _commands) = open(&config());
    let subscriber = data_subscriber(&bridge, 150_000);
    let data = bridge.data();
    for round in 1..=500 {
        data.send(trade("BTCUSDT", round)).expect("an open bridge");
        data.send(trade("ETHUSDT", round)).expect("an open bridge");
    }
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..1_000 {
        let (topic, header, payload) = subscriber.next();
        let before = last.insert(topic.clone(), header.sequence).unwrap_or_default();
        assert_eq!(header.sequence, before + 1, "{topic}");
        let DataMessage::Trade(tick) = decode(&payload).expect("a message") else { panic!("only trades were sent") };
        assert_eq!((tick.trade_id, format!("trade.{}", tick.symbol)), (header.sequence, topic));
        assert!(header.sent_at > UnixNanos(1));
    }
    assert!(bridge.shutdown());
}

#[test]
fn a_backlog_loses_no_trade_and_no_changed_level() {
    const ROUNDS: u64 = 10_000;
    let (bridge, _commands) = open(&config());
    let subscriber = data_subscriber(&bridge, 150_000);
    let (data, counts) = (bridge.data(), bridge.counts());
    for round in 1..=ROUNDS {
        data.send(book(round)).expect("an open bridge");
        data.send(book(round)).expect("an open bridge");
        data.send(trade("BTCUSDT", round)).expect("an open bridge");
    }
    let (mut received, mut trades, mut changed) = (0, 0, 0);
    while trades < ROUNDS {
        received += 1;
        match decode(&subscriber.next().2).expect("a message") {
            DataMessage::Trade(tick) => {
                trades += 1;
                assert_eq!(tick.trade_id, trades);
            }
            DataMessage::OrderBookSnapshot(book) => {
                changed += book.changed_levels;
                assert_eq!(book.last_update_id, trades + 1, "a book does not overtake a trade");
            }
            other => panic!("{other:?} was never sent"),
        }
    }
    assert!(bridge.shutdown());
    assert_eq!((trades, changed), (ROUNDS, ROUNDS * 6));
    assert_eq!(received + counts.merged(), ROUNDS * 3);
}

#[test]
fn a_slow_subscriber_sees_what_it_missed_as_a_gap() {
    let (bridge, _commands) = open(&BridgeConfig { data_high_water_mark: 10, ..config() });
    let subscriber = data_subscriber(&bridge, 10);
    let (data, counts) = (bridge.data(), bridge.counts());
    let long = "x".repeat(100_000);
    for _ in 0..2_000 {
        data.send(state_change(&long)).expect("an open bridge");
    }
    assert!(bridge.shutdown(), "a slow subscriber holds up nobody");
    subscriber.0.set_rcvtimeo(1_000).expect("a deadline");
    let mut sequences = Vec::new();
    while let Ok(frames) = subscriber.0.recv_multipart(0) {
        sequences.push(Header::parse(&frames[1]).expect("a header").sequence);
    }
    assert!(sequences.is_sorted() && !sequences.is_empty());
    let missed = counts.published() - sequences.last().copied().unwrap_or_default()
        + sequences.windows(2).map(|pair| pair[1] - pair[0] - 1).sum::<u64>();
    assert!(missed > 0, "200 MB fit into no buffer here");
}

#[test]
fn commands_arrive_in_order() {
    let (bridge, commands) = open(&config());
    let socket = pusher(&bridge);
    for n in 1..=100 {
        let header = Header { sequence: n, sent_at: UnixNanos(1) }.to_bytes();
        let payload = encode(&heartbeat(&n.to_string()));
        socket.send_multipart([&b"command"[..], &header[..], &payload[..]], 0).expect("a bridge that listens");
    }
    for n in 1..=100 {
        assert_eq!(commands.recv().expect("a command"), heartbeat(&n.to_string()));
    }
    assert_eq!(bridge.counts().commands(), 100);
    assert!(bridge.shutdown());
}

#[test]
fn what_is_no_command_is_counted_answered_and_changes_nothing() {
    let (bridge, commands) = open(&config());
    let subscriber = response_subscriber(&bridge);
    let socket = pusher(&bridge);
    let header = Header { sequence: 1, sent_at: UnixNanos(1) }.to_bytes();
    let mut other_version = header;
    other_version[1] = 9;
    let good = encode(&heartbeat("c1"));
    let nonsense: [(&str, Vec<&[u8]>, &str); 5] = [
        ("command_frames", vec![&good], "1 frames"),
        ("command_topic", vec![b"comand", &header, &good], "636f6d616e64"),
        ("command_header", vec![b"command", &other_version, &good], "version 9"),
        ("command_payload", vec![b"command", &header, b"\xc1\xff"], "c1ff"),
        ("command_payload", vec![b"command", &header, &good[..good.len() - 1]], "starts 84"),
    ];
    for (reason, frames, hint) in nonsense {
        socket.send_multipart(frames, 0).expect("a bridge that listens");
        let Response::Error { command_id, error_type, message, .. } = subscriber.next_response() else {
            panic!("{reason}: not an error")
        };
        assert_eq!((command_id.as_str(), error_type), ("", ErrorType::Invalid));
        assert!(message.contains(hint), "{reason}: {message}");
    }
    let wanted = [("command_frames", 1), ("command_header", 1), ("command_payload", 2), ("command_topic", 1)];
    assert_eq!(bridge.counts().invalid(), BTreeMap::from(wanted));
    socket.send_multipart([&b"command"[..], &header[..], &good[..]], 0).expect("a bridge that listens");
    assert_eq!(commands.recv().expect("the good one"), heartbeat("c1"));
    assert!(bridge.shutdown());
}

#[test]
fn what_was_handed_over_is_sent_before_the_end_and_then_nothing_is_taken() {
    let (bridge, _commands) = open(&config());
    let subscriber = data_subscriber(&bridge, 1_000);
    let (data, responses) = (bridge.data(), bridge.responses());
    for id in 1..=100 {
        data.send(trade("BTCUSDT", id)).expect("an open bridge");
    }
    assert!(bridge.shutdown());
    for id in 1..=100 {
        assert_eq!(decode(&subscriber.next().2), Ok(trade("BTCUSDT", id)));
    }
    assert!(data.send(state_change("too late")).is_err());
    let answer = Response::Success { command_id: "c".into(), message: String::new(), timestamp: UnixNanos::ZERO };
    assert!(responses.send(answer).is_err());
}

#[test]
fn a_taken_port_names_its_key_and_leaves_nothing_open() {
    let (first, _commands) = open(&config());
    let second = BridgeConfig { response_publisher_address: first.endpoints().responses.clone(), ..config() };
    let error = Bridge::open(&second, WallClock::start(), |_| {}).err().expect("the port is taken");
    let message = error.to_string();
    assert!(message.contains("[zmq] response_publisher_address"), "{message}");
    assert!(message.contains(&error.taken_port().expect("a port").to_string()), "{message}");
    assert!(first.shutdown());
    let (again, _commands) = open(&second);
    assert!(again.shutdown());
}

#[test]
fn addresses_off_this_machine_are_refused() {
    for endpoint in ["tcp://0.0.0.0:5555", "tcp://*:5555", "tcp://192.168.1.5:5555", "udp://127.0.0.1:1", "5555"] {
        let far = BridgeConfig { data_publisher_address: endpoint.into(), ..config() };
        let error = Bridge::open(&far, WallClock::start(), |_| {}).err();
        assert!(matches!(error, Some(BridgeError::NotLocal { key: "data_publisher_address", .. })), "{endpoint}");
    }
}

#[test]
fn a_socket_file_serves_one_bridge_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = format!("ipc://{}/data", folder.path().display());
    let over_file = BridgeConfig { data_publisher_address: path, ..config() };
    let (first, _commands) = open(&over_file);
    let second = Bridge::open(&over_file, WallClock::start(), |_| {}).err();
    assert!(matches!(second, Some(BridgeError::Taken { key: "data_publisher_address", .. })));
    let subscriber = data_subscriber(&first, 100);
    first.data().send(trade("BTCUSDT", 1)).expect("an open bridge");
    assert_eq!(subscriber.next().0, "trade.BTCUSDT");
    assert!(first.shutdown());
}
