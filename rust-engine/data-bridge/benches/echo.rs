//! Two sentences about the way between the processes, measured in one run and printed as JSON on stdout:
//!
//! 1. A book handed to the bridge is in ZeroMQ's hands well before a ZeroMQ message would have crossed (`out` against
//!    `one_way`).
//! 2. A tick that a peer answers with an order is back in `echo`, the floor, when the peer is bare Rust; with
//!    `--external` another process is the peer (`tick_to_order`): it connects to the printed addresses, sends a
//!    heartbeat, and answers each book with an order named `bench-<last_update_id>`.
//!
//! Options: `--rate N` messages a second (default 1000; four prints to one book), `--seconds N` (default 5),
//! `--encoding decimal|packed`, `--external`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use clock::WallClock;
use common::market::{Level, Side, Symbol, Trust};
use common::number::{Price, Qty};
use common::time::UnixNanos;
use common::wire::{
    BookEncoding, Command, CommandKind, DataMessage, Header, Levels, OrderBookSnapshot, TradeTick, decode, encode,
};
use crossbeam_channel::{Receiver, bounded};
use data_bridge::{Bridge, BridgeConfig};
use serde_json::{Value, json};

const ANY_PORT: &str = "tcp://127.0.0.1:*";
const LEVELS: i64 = 20;
const PRINTS_PER_BOOK: u64 = 4;
const WARM_UP_BOOKS: usize = 50;
const PATIENCE: Duration = Duration::from_secs(60);

struct Options {
    rate: u64,
    seconds: u64,
    encoding: BookEncoding,
    external: bool,
}

fn options() -> Options {
    let words: Vec<String> = std::env::args().collect();
    let after = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1)).cloned();
    let number = |name, default| after(name).map_or(default, |text| text.parse().expect("a whole number"));
    let packed = after("--encoding").is_some_and(|name| name == "packed");
    Options {
        rate: number("--rate", 1_000),
        seconds: number("--seconds", 5),
        encoding: if packed { BookEncoding::Packed } else { BookEncoding::Decimal },
        external: words.iter().any(|word| word == "--external"),
    }
}

fn fixed(raw: i64) -> Price {
    Price::from_raw(raw).expect("not negative")
}

fn book(id: u64, now: UnixNanos, encoding: BookEncoding) -> DataMessage {
    let level =
        |price, at: i64| Level { price: fixed(price), quantity: Qty::from_raw(12_345_678 + at * 77_777).expect("q") };
    let bids: Vec<Level> = (0..LEVELS).map(|at| level(6_183_764_000_000 - at * 1_000_000, at)).collect();
    let asks: Vec<Level> = (0..LEVELS).map(|at| level(6_183_765_000_000 + at * 1_000_000, at)).collect();
    let band = "958501.8922871".parse().expect("a decimal");
    DataMessage::OrderBookSnapshot(OrderBookSnapshot {
        symbol: Symbol::new("BTCUSDT"),
        bids: Levels::encode(&bids, encoding),
        asks: Levels::encode(&asks, encoding),
        timestamp: now,
        exchange_timestamp: now,
        last_update_id: id,
        changed_levels: 12,
        bid_band_quantity: band,
        bid_band_notional: band,
        ask_band_quantity: band,
        ask_band_notional: band,
        trust: Trust::Trusted,
    })
}

fn print(trade_id: u64, now: UnixNanos) -> DataMessage {
    DataMessage::Trade(TradeTick {
        symbol: Symbol::new("BTCUSDT"),
        trade_id,
        price: fixed(6_183_764_000_000),
        quantity: Qty::from_raw(170_000).expect("q"),
        side: Side::Sell,
        timestamp: now,
        exchange_timestamp: now,
    })
}

/// Calls `send` with 1, 2, 3 ... at an even rate.
fn pace(options: &Options, mut send: impl FnMut(u64)) {
    let start = Instant::now();
    for n in 1..=options.rate * options.seconds {
        let due = start + Duration::from_secs_f64(n as f64 / options.rate as f64);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        send(n);
    }
}

fn figures(name: &str, nanos: Vec<i64>) -> Value {
    let mut nanos: Vec<i64> = nanos.into_iter().skip(WARM_UP_BOOKS).collect();
    nanos.sort_unstable();
    let at = |share: f64| nanos.get((nanos.len() as f64 * share) as usize).map(|ns| *ns as f64 / 1_000.0);
    json!({ "name": name, "unit": "us", "n": nanos.len(), "median": at(0.5), "p99": at(0.99), "p999": at(0.999) })
}

fn subscriber(context: &zmq::Context, endpoint: &str) -> zmq::Socket {
    let socket = context.socket(zmq::SUB).expect("a socket");
    socket.set_rcvhwm(150_000).expect("a mark");
    socket.set_subscribe(b"").expect("a subscription");
    socket.connect(endpoint).expect("it listens");
    socket
}

fn bridge(clock: WallClock) -> (Bridge, Receiver<(Command, UnixNanos)>) {
    let (sender, commands) = bounded(100_000);
    let config = BridgeConfig {
        data_publisher_address: ANY_PORT.into(),
        command_receiver_address: ANY_PORT.into(),
        response_publisher_address: ANY_PORT.into(),
        data_high_water_mark: 150_000,
    };
    let bridge = Bridge::open(&config, clock, move |command| {
        sender.try_send((command, clock.now())).expect("the bench takes commands");
    });
    (bridge.expect("free ports"), commands)
}

/// From a book in the engine's hands to ZeroMQ's (`out`), and from there to a reader in another thread (`one_way`).
fn out_and_one_way(options: &Options, clock: WallClock) -> [Value; 2] {
    let (bridge, _commands) = bridge(clock);
    let endpoint = bridge.endpoints().data.clone();
    let total = options.rate * options.seconds;
    let reader = thread::spawn(move || {
        let socket = subscriber(&zmq::Context::new(), &endpoint);
        let (mut out, mut one_way) = (Vec::new(), Vec::new());
        loop {
            let frames = socket.recv_multipart(0).expect("a message");
            let arrived = clock.now();
            let sent = Header::parse(&frames[1]).expect("a header").sent_at;
            if let DataMessage::OrderBookSnapshot(book) = decode(&frames[2]).expect("a message") {
                out.push(sent.since(book.timestamp));
                one_way.push(arrived.since(sent));
                if book.last_update_id + PRINTS_PER_BOOK >= total {
                    return (out, one_way);
                }
            }
        }
    });
    let data = bridge.data();
    pace(options, |n| data.send(message(n, clock.now(), options.encoding)).expect("an open bridge"));
    let (out, one_way) = reader.join().expect("the reader ends with the last book");
    assert!(bridge.shutdown());
    [figures("out", out), figures("one_way", one_way)]
}

fn message(n: u64, now: UnixNanos, encoding: BookEncoding) -> DataMessage {
    if n.is_multiple_of(PRINTS_PER_BOOK + 1) { book(n, now, encoding) } else { print(n, now) }
}

/// Bare sockets, bare bytes: PUB to SUB to PUSH to PULL, between two threads.
fn echo(options: &Options) -> Value {
    let context = zmq::Context::new();
    let (publish, pull) = (context.socket(zmq::PUB).expect("a socket"), context.socket(zmq::PULL).expect("a socket"));
    publish.bind(ANY_PORT).expect("a port");
    pull.bind(ANY_PORT).expect("a port");
    let at = |socket: &zmq::Socket| socket.get_last_endpoint().expect("bound").expect("text");
    let (data, commands) = (at(&publish), at(&pull));
    thread::spawn(move || {
        let context = zmq::Context::new();
        let subscribe = subscriber(&context, &data);
        let push = context.socket(zmq::PUSH).expect("a socket");
        push.connect(&commands).expect("it listens");
        while let Ok(frames) = subscribe.recv_multipart(0) {
            if frames[0] == b"book" {
                push.send(&frames[1], 0).expect("a peer that listens");
            }
        }
    });
    let origin = Instant::now();
    let total = options.rate * options.seconds;
    let receiver = thread::spawn(move || {
        let mut took = Vec::new();
        loop {
            let stamp = pull.recv_bytes(0).expect("an echo");
            let [sent, n] = [0, 8].map(|at| u64::from_le_bytes(stamp[at..at + 8].try_into().expect("8 bytes")));
            took.push(origin.elapsed().as_nanos() as i64 - sent as i64);
            if n + PRINTS_PER_BOOK >= total {
                return took;
            }
        }
    });
    let payload = encode(&book(1, UnixNanos(1), options.encoding));
    pace(options, |n| {
        let topic: &[u8] = if n.is_multiple_of(PRINTS_PER_BOOK + 1) { b"book" } else { b"trade" };
        let stamp = [(origin.elapsed().as_nanos() as u64).to_le_bytes(), n.to_le_bytes()].concat();
        publish.send_multipart([topic, &stamp, &payload], 0).expect("a send");
    });
    figures("echo", receiver.join().expect("the receiver ends with the last book"))
}

/// The same with the engine's own bridge, and another process that answers books with orders.
fn tick_to_order(options: &Options, clock: WallClock) -> Value {
    let (bridge, commands) = bridge(clock);
    let at = bridge.endpoints();
    println!("{}", json!({ "data": at.data, "commands": at.commands, "responses": at.responses }));
    std::io::stdout().flush().expect("stdout");
    commands.recv_timeout(PATIENCE).expect("a heartbeat of the peer");
    let data = bridge.data();
    let mut sent = BTreeMap::new();
    let mut took = Vec::new();
    let mut take = |sent: &BTreeMap<String, UnixNanos>, (command, arrived): (Command, UnixNanos)| {
        if let CommandKind::PlaceOrder { order } = command.kind
            && let Some(at) = sent.get(&order.client_order_id)
        {
            took.push(arrived.since(*at));
        }
    };
    pace(options, |n| {
        let now = clock.now();
        if n.is_multiple_of(PRINTS_PER_BOOK + 1) {
            sent.insert(format!("bench-{n}"), now);
        }
        data.send(message(n, now, options.encoding)).expect("an open bridge");
        commands.try_iter().for_each(|command| take(&sent, command));
    });
    while let Ok(command) = commands.recv_timeout(Duration::from_secs(1)) {
        take(&sent, command);
    }
    assert!(bridge.shutdown());
    let mut row = figures("tick_to_order", took);
    row["sent"] = json!(sent.len());
    row
}

fn main() {
    let options = options();
    let clock = WallClock::start();
    let mut rows = vec![echo(&options)];
    if options.external {
        rows.push(tick_to_order(&options, clock));
    } else {
        rows.extend(out_and_one_way(&options, clock));
    }
    let encoding = json!(options.encoding);
    println!("{}", json!({ "bench": "bridge", "rate": options.rate, "encoding": encoding, "rows": rows }));
}
