//! The real binary against the real simulator, over real sockets on ports that the system chose.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use common::market::{Side, Symbol};
use common::order::{OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce};
use common::time::UnixNanos;
use common::wire::{self, CommandKind, DataMessage, EngineState, Header, Response, decode, encode};
use exchange_simulator::generator::{Options, Scenario};
use exchange_simulator::server::{RunningServer, SimulatorConfig, serve};
use tokio_util::sync::CancellationToken;

const DEADLINE_MS: i32 = 20_000;
/// The clock of no command in these tests runs out.
const NEVER: UnixNanos = UnixNanos(i64::MAX);

/// A calm tape of a few seconds, made once per run.
fn tape() -> &'static Path {
    static TAPE: OnceLock<PathBuf> = OnceLock::new();
    TAPE.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine_calm.tape");
        let calm = Options { scenario: Scenario::Calm, history: 20.0, lead: 6.0, tail: 2.0, ..Options::default() };
        calm.generate(&path).expect("a tape");
        path
    })
}

struct Venue {
    server: RunningServer,
    stop: CancellationToken,
    runtime: tokio::runtime::Runtime,
}

impl Venue {
    fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let config = SimulatorConfig::new(tape(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let stop = CancellationToken::new();
        let server = runtime.block_on(serve(config, stop.clone())).expect("a free port");
        Self { server, stop, runtime }
    }

    fn settings(&self) -> Vec<String> {
        let at = self.server.addr;
        vec![format!("exchange.rest_url=http://{at}"), format!("exchange.stream_url=ws://{at}")]
    }

    fn end(self) {
        self.stop.cancel();
        self.runtime.block_on(self.server.done).expect("no panic").expect("a good tape");
    }
}

fn engine(config: &Path, settings: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_main"));
    command.arg("--config-dir").arg(config).env("NO_COLOR", "1").env("RUST_LOG", "warn");
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn any_ports() -> Vec<String> {
    let keys = ["data_publisher_address", "command_receiver_address", "response_publisher_address"];
    keys.map(|key| format!("zmq.{key}=tcp://127.0.0.1:*")).to_vec()
}

/// An engine that runs, and the strategy's side of its channels.
struct Running {
    child: Child,
    data: zmq::Socket,
    commands: zmq::Socket,
    responses: zmq::Socket,
    sent: u64,
    _config: tempfile::TempDir,
}

impl Running {
    fn start(venue: &Venue, options: &[&str]) -> Self {
        let config = tempfile::tempdir().expect("a folder");
        let settings = [venue.settings(), any_ports()].concat();
        let mut child = engine(config.path(), &settings).args(options).spawn().expect("the binary");
        let mut ready = String::new();
        let stdout = child.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut ready).expect("a line");
        let mut at = |name: &str| {
            let found = ready.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            found.unwrap_or_else(|| panic!("no {name} in {ready:?}: {}", rest(&mut child))).to_owned()
        };
        let context = zmq::Context::new();
        let socket = |kind, endpoint: &str| {
            let socket = context.socket(kind).expect("a socket");
            socket.set_rcvtimeo(DEADLINE_MS).expect("a deadline");
            socket.set_linger(0).expect("linger");
            socket.set_rcvhwm(150_000).expect("a mark");
            socket.connect(endpoint).expect("the engine listens");
            socket
        };
        let [data, responses] = [at("data"), at("responses")].map(|endpoint| socket(zmq::SUB, &endpoint));
        let commands = socket(zmq::PUSH, &at("commands"));
        data.set_subscribe(b"").expect("a subscription");
        responses.set_subscribe(b"").expect("a subscription");
        let mut running = Self { child, data, commands, responses, sent: 0, _config: config };
        // The handshake of the channels: heartbeats until the answers are heard.
        while running.responses.poll(zmq::POLLIN, 20).expect("a poll") == 0 {
            running.command(CommandKind::Heartbeat {});
        }
        running
    }

    /// Sends a command; returns its id.
    fn command(&mut self, kind: CommandKind) -> String {
        self.sent += 1;
        let command_id = format!("c{}", self.sent);
        let command = wire::Command { command_id: command_id.clone(), trace_id: "t".into(), expires_at: NEVER, kind };
        let header = Header { sequence: self.sent, sent_at: UnixNanos(1) }.to_bytes();
        let frames = [&b"command"[..], &header[..], &encode(&command)[..]];
        self.commands.send_multipart(frames, 0).expect("an engine that listens");
        command_id
    }

    fn next_data(&self) -> (String, Header, DataMessage) {
        let frames = self.data.recv_multipart(0).expect("a message before the deadline");
        let topic = String::from_utf8(frames[0].clone()).expect("text");
        (topic, Header::parse(&frames[1]).expect("a header"), decode(&frames[2]).expect("a message"))
    }

    /// Waits for a message on the data channel.
    fn data_until<T>(&self, wanted: impl Fn(DataMessage) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.next_data().2) {
                return found;
            }
        }
    }

    fn response_until<T>(&self, wanted: impl Fn(Response) -> Option<T>) -> T {
        loop {
            let frames = self.responses.recv_multipart(0).expect("a response before the deadline");
            if let Some(found) = wanted(decode(&frames[2]).expect("a response")) {
                return found;
            }
        }
    }

    fn signal(&self, name: &str) {
        let killed = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(killed.expect("kill").success());
    }

    fn exit_code(mut self) -> (Option<i32>, String) {
        let stderr = rest(&mut self.child);
        (self.child.wait().expect("an end").code(), stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rest(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.as_mut().expect("a pipe").read_to_string(&mut text).expect("text");
    text
}

fn end_of(message: DataMessage) -> Option<String> {
    match message {
        DataMessage::StateChange { new_state: EngineState::Shutdown, reason, .. } => Some(reason),
        _ => None,
    }
}

#[test]
fn it_publishes_answers_trades_on_paper_and_ends_with_the_tape() {
    let venue = Venue::start();
    let mut engine = Running::start(&venue, &[]);
    let symbol = Symbol::new("BTCUSDT");
    let asked = engine.command(CommandKind::RequestSnapshot { symbol: symbol.clone() });
    engine.response_until(|response| match response {
        Response::Success { command_id, .. } if command_id == asked => Some(()),
        _ => None,
    });
    let (mut rules, mut bars, mut book, mut trades, mut health) = (false, 0, false, 0, false);
    let mut sequences = std::collections::BTreeMap::new();
    while !(rules && bars > 0 && book && trades > 5 && health) {
        let (topic, header, message) = engine.next_data();
        if let Some(before) = sequences.insert(topic.clone(), header.sequence) {
            assert_eq!(header.sequence, before + 1, "{topic}");
        }
        match message {
            DataMessage::Instrument(found) => {
                rules = found.rules.symbol == symbol && found.rules.quote == "USDT" && found.time_shift_ns > 0;
            }
            DataMessage::Bars { bars: found, .. } => bars = bars.max(found.len()),
            DataMessage::OrderBookSnapshot(snapshot) => book = snapshot.last_update_id > 0,
            DataMessage::Trade(_) => trades += 1,
            DataMessage::HealthMetrics(metrics) => health = metrics.msgs_per_second > 0.0,
            DataMessage::OrderBookUpdate(_) | DataMessage::StateChange { .. } => {}
        }
    }

    let order = OrderRequest {
        client_order_id: "test-1".into(),
        symbol,
        side: Side::Buy,
        order_type: OrderType::Market,
        price: None,
        quantity: "0.01".parse().expect("a quantity"),
        time_in_force: TimeInForce::Gtc,
        stop_price: None,
        iceberg_qty: None,
        purpose: Purpose::Entry,
        decided_at: UnixNanos(1),
    };
    let placing = engine.command(CommandKind::PlaceOrder { order });
    engine.response_until(|response| match response {
        Response::OrderPlaced { command_id, .. } => (command_id == placing).then_some(()),
        Response::Error { command_id, message, .. } if command_id == placing => panic!("{message}"),
        _ => None,
    });
    let fee = engine.response_until(|response| match response {
        Response::OrderExecution(execution) if execution.status == OrderStatus::Filled => execution.fee,
        _ => None,
    });
    assert!(!fee.is_zero());

    assert_eq!(engine.data_until(end_of), "end of tape");
    let last = engine.command(CommandKind::Heartbeat {});
    engine.response_until(|response| match response {
        Response::Success { command_id, .. } if command_id == last => Some(()),
        _ => None,
    });
    let (code, stderr) = engine.exit_code();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("end of tape"), "{stderr}");
    venue.end();
}

#[test]
fn a_signal_ends_it_in_order_and_the_recording_is_whole() {
    let venue = Venue::start();
    let folder = tempfile::tempdir().expect("a folder");
    let recorded = folder.path().join("run.tape");
    let engine = Running::start(&venue, &["--record", recorded.to_str().expect("text")]);
    engine.data_until(|message| matches!(message, DataMessage::OrderBookSnapshot(_)).then_some(()));
    engine.signal("INT");
    assert!(engine.data_until(end_of).contains("Ctrl-C"));
    let (code, stderr) = engine.exit_code();
    assert_eq!(code, Some(0), "{stderr}");
    venue.end();

    let tape = tape::Tape::open(&recorded).expect("a good tape");
    assert_eq!((tape.warning(), tape.header().symbol_names()), (None, vec!["BTCUSDT"]));
    assert!(tape.line_count() > 3);
}

#[test]
fn a_shutdown_command_ends_it() {
    let venue = Venue::start();
    let mut engine = Running::start(&venue, &[]);
    engine.command(CommandKind::Shutdown {});
    engine.data_until(end_of);
    assert_eq!(engine.exit_code().0, Some(0));
    venue.end();
}

fn refused(config: &Path, settings: &[String]) -> String {
    let Output { status, stderr, stdout } = engine(config, settings).output().expect("the binary");
    let stderr = String::from_utf8(stderr).expect("text");
    assert_eq!((status.code(), stdout.is_empty()), (Some(2), true), "{stderr}");
    stderr
}

#[test]
fn what_cannot_start_says_so_once_with_exit_code_2() {
    let config = tempfile::tempdir().expect("a folder");
    let bad = "[zmq]\nbook_levles = 5\nbook_mode = \"all\"\n";
    std::fs::write(config.path().join("local.toml"), bad).expect("a file");
    let message = refused(config.path(), &any_ports());
    for word in ["2 problems", "local.toml", "zmq.book_levels", "zmq.book_mode", "snapshot, incremental"] {
        assert!(message.contains(word), "no {word} in {message}");
    }
    std::fs::remove_file(config.path().join("local.toml")).expect("a file");

    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = holder.local_addr().expect("bound").port();
    let taken = [any_ports(), vec![format!("zmq.command_receiver_address=tcp://127.0.0.1:{port}")]].concat();
    let message = refused(config.path(), &taken);
    for word in ["command_receiver_address", &port.to_string(), &format!("process {}", std::process::id())] {
        assert!(message.contains(word), "no {word} in {message}");
    }

    let elsewhere = [any_ports(), vec!["exchange.venue=binance".into()]].concat();
    assert!(refused(config.path(), &elsewhere).contains("[symbol] base and quote are not set"));

    let nobody = [any_ports(), vec![format!("exchange.rest_url=http://127.0.0.1:{}", free_port())]].concat();
    assert!(refused(config.path(), &nobody).contains("no venue at http://127.0.0.1"));

    let missing = [any_ports(), vec!["exchange.simulator_port=0".into(), "exchange.tape=nowhere.tape".into()]].concat();
    assert!(refused(config.path(), &missing).contains("nowhere.tape"));

    let real = [any_ports(), vec!["execution.mode=real".into()]].concat();
    assert!(refused(config.path(), &real).contains("paper orders only"));
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("bound").port()
}

#[test]
fn with_nothing_on_the_port_it_starts_the_simulator_itself() {
    let config = tempfile::tempdir().expect("a folder");
    let tape = format!("exchange.tape={}", tape().display());
    let settings = [any_ports(), vec!["exchange.simulator_port=0".into(), tape]].concat();
    let Output { status, stderr, stdout } = engine(config.path(), &settings).output().expect("the binary");
    let stderr = String::from_utf8(stderr).expect("text");
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("started the built-in one"), "{stderr}");
    assert!(String::from_utf8(stdout).expect("text").starts_with("engine ready: "));
}

#[test]
fn a_replay_writes_the_same_bytes_each_time() {
    let config = tempfile::tempdir().expect("a folder");
    let replay = |options: &[&str]| {
        let mut command = engine(config.path(), &[]);
        command.args(["replay", "--tape"]).arg(tape()).args(options);
        let Output { status, stderr, stdout } = command.output().expect("the binary");
        assert_eq!(status.code(), Some(0), "{}", String::from_utf8_lossy(&stderr));
        stdout
    };
    let whole = replay(&[]);
    assert!(whole == replay(&[]), "the same tape gives the same bytes");

    let messages = frames(&whole);
    let kinds = |wanted: fn(&DataMessage) -> bool| messages.iter().filter(|message| wanted(message)).count();
    assert_eq!(kinds(|message| matches!(message, DataMessage::Bars { .. })), 1);
    assert!(kinds(|message| matches!(message, DataMessage::OrderBookSnapshot(_))) > 50);
    assert!(kinds(|message| matches!(message, DataMessage::Trade(_))) > 10);
    assert_eq!(messages.last().cloned().and_then(end_of).as_deref(), Some("end of tape"));

    let books = |messages: &[DataMessage]| -> Vec<(u64, UnixNanos)> {
        let book = |message: &DataMessage| match message {
            DataMessage::OrderBookSnapshot(book) => Some((book.last_update_id, book.timestamp)),
            _ => None,
        };
        messages.iter().filter_map(book).collect()
    };
    let (whole, part) = (books(&messages), books(&frames(&replay(&["--from", "2", "--to", "4"]))));
    let (first, last) = (part[0], part[part.len() - 1]);
    let between: Vec<_> = whole.into_iter().filter(|book| (first.0..=last.0).contains(&book.0)).collect();
    assert_eq!(part, between, "a span is a part of the whole");
    assert!((1_000_000_000..=2_000_000_000).contains(&last.1.since(first.1)), "of two seconds");
}

fn frames(mut bytes: &[u8]) -> Vec<DataMessage> {
    let mut messages = Vec::new();
    let take = |bytes: &mut &[u8]| {
        let (length, rest) = bytes.split_at(4);
        let (part, rest) = rest.split_at(u32::from_le_bytes(length.try_into().expect("four bytes")) as usize);
        *bytes = rest;
        part.to_vec()
    };
    while !bytes.is_empty() {
        let frame = take(&mut bytes);
        let mut frame = &frame[..];
        let parts: Vec<Vec<u8>> = (0..3).map(|_| take(&mut frame)).collect();
        let message: DataMessage = decode(&parts[2]).expect("a message");
        assert_eq!(parts[0], message.topic().as_bytes());
        messages.push(message);
    }
    messages
}
