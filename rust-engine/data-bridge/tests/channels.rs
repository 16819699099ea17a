//! The bridge over real ZeroMQ sockets, on ports that the system chose.

use std::collections::BTreeMap;

use clock::WallClock;
use common::market::{Side, Symbol};
use common::number::Qty;
use common::time::UnixNanos;
use common::wire::{
    Command, CommandKind, DataMessage, EngineState, ErrorType, Header, Response, TradeTick, decode, encode,
};
use data_bridge::{Bridge, BridgeConfig, BridgeError, Endpoints, Incoming, Publisher};

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

fn open(config: &BridgeConfig) -> (Bridge, crossbeam_channel::Receiver<Incoming>) {
    let (to_test, commands) = crossbeam_channel::unbounded();
    let bridge = Bridge::open(config, WallClock::start(), move |incoming| {
        to_test.send(incoming).expect("the test waits for commands");
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
    fn synced(endpoint: &str, high_water_mark: i32, mut send: impl FnMut(&str)) -> Self {
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
}

fn data_subscriber(bridge: &mut Bridge, high_water_mark: i32) -> Subscriber {
    let data = &mut bridge.data;
    Subscriber::synced(&bridge.endpoints.data, high_water_mark, |reason| data.publish(&state_change(reason)))
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

fn heartbeat(command_id: &str) -> Command {
    Command {
        command_id: command_id.into(),
        trace_id: "t1".into(),
        expires_at: UnixNanos(5),
        kind: CommandKind::Heartbeat {},
    }
}

fn pusher(endpoints: &Endpoints) -> zmq::Socket {
    let socket = zmq::Context::new().socket(zmq::PUSH).expect("a socket");
    socket.set_linger(0).expect("linger");
    socket.connect(&endpoints.commands).expect("the bridge listens");
    socket
}

/// Ends every part.
fn close(bridge: Bridge) {
    assert!(bridge.receiver.stop());
    drop((bridge.data, bridge.responses));
}

#[test]
fn every_topic_is_numbered_without_gaps() {
    let (mut bridge, _commands) = open(&config());
    let subscriber = data_subscriber(&mut bridge, 150_000);
    for round in 1..=500 {
        bridge.data.publish(&trade("BTCUSDT", round));
        bridge.data.publish(&trade("ETHUSDT", round));
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
    close(bridge);
}

#[test]
fn what_was_published_is_sent_before_the_channel_closes() {
    let (mut bridge, _commands) = open(&config());
    let subscriber = data_subscriber(&mut bridge, 150_000);
    for id in 1..=10_000 {
        bridge.data.publish(&trade("BTCUSDT", id));
    }
    close(bridge);
    for id in 1..=10_000 {
        assert_eq!(decode(&subscriber.next().2), Ok(trade("BTCUSDT", id)));
    }
}

#[test]
fn a_slow_subscriber_holds_up_nobody_and_sees_what_it_missed() {
    const MESSAGES: u64 = 2_000;
    let (mut bridge, _commands) = open(&BridgeConfig { data_high_water_mark: 10, ..config() });
    let subscriber = data_subscriber(&mut bridge, 10);
    let before = bridge.counts.published();
    let long = "x".repeat(100_000);
    for _ in 0..MESSAGES {
        bridge.data.publish(&state_change(&long));
    }
    assert_eq!(bridge.counts.published() - before, MESSAGES);
    close(bridge);
    subscriber.0.set_rcvtimeo(1_000).expect("a deadline");
    let mut sequences = Vec::new();
    while let Ok(frames) = subscriber.0.recv_multipart(0) {
        sequences.push(Header::parse(&frames[1]).expect("a header").sequence);
    }
    assert!(sequences.is_sorted() && !sequences.is_empty());
    assert!((sequences.len() as u64) < MESSAGES, "200 MB fit into no buffer here");
    let gaps = sequences.windows(2).filter(|pair| pair[1] > pair[0] + 1).count() as u64;
    let cut_off = before + MESSAGES - sequences.last().copied().unwrap_or_default();
    assert!(gaps + cut_off > 0);
}

#[test]
fn commands_arrive_in_order() {
    let (bridge, commands) = open(&config());
    let socket = pusher(&bridge.endpoints);
    for n in 1..=100 {
        let header = Header { sequence: n, sent_at: UnixNanos(1) }.to_bytes();
        let payload = encode(&heartbeat(&n.to_string()));
        socket.send_multipart([&b"command"[..], &header[..], &payload[..]], 0).expect("a bridge that listens");
    }
    for n in 1..=100 {
        assert_eq!(commands.recv(), Ok(Incoming::Command(heartbeat(&n.to_string()))));
    }
    assert_eq!(bridge.counts.commands(), 100);
    close(bridge);
    assert!(commands.recv().is_err(), "the receiver's thread has ended");
}

#[test]
fn what_is_no_command_is_counted_refused_and_changes_nothing() {
    let (bridge, commands) = open(&config());
    let socket = pusher(&bridge.endpoints);
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
        let Ok(Incoming::Refused(Response::Error { command_id, error_type, message, .. })) = commands.recv() else {
            panic!("{reason}: not refused")
        };
        assert_eq!((command_id.as_str(), error_type), ("", ErrorType::Invalid));
        assert!(message.contains(hint), "{reason}: {message}");
    }
    let wanted = [("command_frames", 1), ("command_header", 1), ("command_payload", 2), ("command_topic", 1)];
    assert_eq!(bridge.counts.invalid(), BTreeMap::from(wanted));
    socket.send_multipart([&b"command"[..], &header[..], &good[..]], 0).expect("a bridge that listens");
    assert_eq!(commands.recv(), Ok(Incoming::Command(heartbeat("c1"))));
    close(bridge);
}

#[test]
fn answers_have_a_channel_of_their_own() {
    let (mut bridge, _commands) = open(&config());
    let success =
        |message: &str| Response::Success { command_id: "c1".into(), message: message.into(), timestamp: UnixNanos(1) };
    let responses: &mut Publisher<Response> = &mut bridge.responses;
    let subscriber =
        Subscriber::synced(&bridge.endpoints.responses, 1_000, |message| responses.publish(&success(message)));
    bridge.responses.publish(&success("alive"));
    let (topic, _, payload) = subscriber.next();
    assert_eq!((topic.as_str(), decode(&payload)), ("response", Ok(success("alive"))));
    close(bridge);
}

#[test]
fn a_taken_port_names_its_key_and_leaves_nothing_open() {
    let (first, _commands) = open(&config());
    let second = BridgeConfig { response_publisher_address: first.endpoints.responses.clone(), ..config() };
    let error = Bridge::open(&second, WallClock::start(), |_| {}).err().expect("the port is taken");
    let message = error.to_string();
    assert!(message.contains("[zmq] response_publisher_address"), "{message}");
    assert!(message.contains(&error.taken_port().expect("a port").to_string()), "{message}");
    close(first);
    let (again, _commands) = open(&second);
    close(again);
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
    let (mut first, _commands) = open(&over_file);
    let second = Bridge::open(&over_file, WallClock::start(), |_| {}).err();
    assert!(matches!(second, Some(BridgeError::Taken { key: "data_publisher_address", .. })));
    let subscriber = data_subscriber(&mut first, 100);
    first.data.publish(&trade("BTCUSDT", 1));
    assert_eq!(subscriber.next().0, "trade.BTCUSDT");
    close(first);
}
