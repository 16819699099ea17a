//! A venue, the binary, and the strategy's side of its channels.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use common::time::UnixNanos;
use common::wire::{self, CommandKind, DataMessage, EngineState, Header, Response, decode, encode};
use exchange_simulator::generator::{Options, Scenario};
use exchange_simulator::server::{RunningServer, SimulatorConfig, serve};
use tokio_util::sync::CancellationToken;

const DEADLINE_MS: i32 = 20_000;
/// The clock of no command in these tests runs out.
const NEVER: UnixNanos = UnixNanos(i64::MAX);

/// A calm tape of a few seconds, made once per run.
pub(crate) fn tape() -> &'static Path {
    static TAPE: OnceLock<PathBuf> = OnceLock::new();
    TAPE.get_or_init(|| generated("engine_calm.tape", Scenario::Calm, 6.0, 2.0))
}

/// A tape on which the price falls far, after a few calm seconds; made once per run.
pub(crate) fn crash_tape() -> &'static Path {
    static TAPE: OnceLock<PathBuf> = OnceLock::new();
    TAPE.get_or_init(|| generated("engine_crash.tape", Scenario::FlashCrash, 6.0, 20.0))
}

fn generated(name: &str, scenario: Scenario, lead: f64, tail: f64) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    Options { scenario, history: 20.0, lead, tail, ..Options::default() }.generate(&path).expect("a tape");
    path
}

/// A configuration folder with a folder of its own above it, where the engine's account will lie.
pub(crate) fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(config_in(&home)).expect("a folder");
    home
}

pub(crate) fn config_in(home: &tempfile::TempDir) -> PathBuf {
    home.path().join("config")
}

/// Where the engine of a home keeps its account.
pub(crate) fn journal_in(home: &tempfile::TempDir) -> PathBuf {
    home.path().join("data").join("paper.journal")
}

pub(crate) struct Venue {
    server: RunningServer,
    stop: CancellationToken,
    runtime: tokio::runtime::Runtime,
}

impl Venue {
    pub(crate) fn start() -> Self {
        Self::replaying(tape())
    }

    pub(crate) fn replaying(tape: &Path) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let config = SimulatorConfig::new(tape, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let stop = CancellationToken::new();
        let server = runtime.block_on(serve(config, stop.clone())).expect("a free port");
        Self { server, stop, runtime }
    }

    pub(crate) fn settings(&self) -> Vec<String> {
        let at = self.server.addr;
        vec![format!("exchange.rest_url=http://{at}"), format!("exchange.stream_url=ws://{at}")]
    }

    pub(crate) fn end(self) {
        self.stop.cancel();
        self.runtime.block_on(self.server.done).expect("no panic").expect("a good tape");
    }
}

pub(crate) fn engine(config: &Path, settings: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_main"));
    command.arg("--config-dir").arg(config).env("NO_COLOR", "1").env("RUST_LOG", "warn");
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn any_ports() -> Vec<String> {
    let keys = ["data_publisher_address", "command_receiver_address", "response_publisher_address"];
    keys.map(|key| format!("zmq.{key}=tcp://127.0.0.1:*")).to_vec()
}

/// An engine that runs, and the strategy's side of its channels.
pub(crate) struct Running {
    pub(crate) child: Child,
    data: zmq::Socket,
    commands: zmq::Socket,
    responses: zmq::Socket,
    sent: u64,
}

impl Running {
    pub(crate) fn start(venue: &Venue, home: &tempfile::TempDir, options: &[&str]) -> Self {
        let settings = [venue.settings(), any_ports()].concat();
        Self::of(engine(&config_in(home), &settings).args(options))
    }

    /// Starts an engine, and hears its answers: the handshake of the channels, heartbeats until they are heard.
    pub(crate) fn of(engine: &mut Command) -> Self {
        let mut running = Self::silent(engine);
        while running.responses.poll(zmq::POLLIN, 20).expect("a poll") == 0 {
            running.command(CommandKind::Heartbeat {});
        }
        running
    }

    /// Starts an engine that hears nothing of a strategy.
    pub(crate) fn silent(engine: &mut Command) -> Self {
        let mut child = engine.spawn().expect("the binary");
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
        Self { child, data, commands, responses, sent: 0 }
    }

    /// Sends a command; returns its id.
    pub(crate) fn command(&mut self, kind: CommandKind) -> String {
        self.sent += 1;
        let command_id = format!("c{}", self.sent);
        let command = wire::Command { command_id: command_id.clone(), trace_id: "t".into(), expires_at: NEVER, kind };
        let header = Header { sequence: self.sent, sent_at: UnixNanos(1) }.to_bytes();
        let frames = [&b"command"[..], &header[..], &encode(&command)[..]];
        self.commands.send_multipart(frames, 0).expect("an engine that listens");
        command_id
    }

    pub(crate) fn next_data(&self) -> (String, Header, DataMessage) {
        let frames = self.data.recv_multipart(0).expect("a message before the deadline");
        let topic = String::from_utf8(frames[0].clone()).expect("text");
        (topic, Header::parse(&frames[1]).expect("a header"), decode(&frames[2]).expect("a message"))
    }

    /// Waits for a message on the data channel.
    pub(crate) fn data_until<T>(&self, wanted: impl Fn(DataMessage) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.next_data().2) {
                return found;
            }
        }
    }

    pub(crate) fn response_until<T>(&self, wanted: impl Fn(Response) -> Option<T>) -> T {
        loop {
            let frames = self.responses.recv_multipart(0).expect("a response before the deadline");
            if let Some(found) = wanted(decode(&frames[2]).expect("a response")) {
                return found;
            }
        }
    }

    /// Sends a command, and waits for its one answer.
    pub(crate) fn ask(&mut self, kind: CommandKind) -> Response {
        let asked = self.command(kind);
        self.response_until(|response| (ends(&response) == Some(&asked)).then_some(response))
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a running engine");
        self.child.wait().expect("an end");
    }

    pub(crate) fn exit_code(mut self) -> (Option<i32>, String) {
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

/// The command that a response ends, if any.
fn ends(response: &Response) -> Option<&str> {
    match response {
        Response::OrderPlaced { command_id, .. }
        | Response::OrderCanceled { command_id, .. }
        | Response::OrderStatus { command_id, .. }
        | Response::OpenOrders { command_id, .. }
        | Response::Fills { command_id, .. }
        | Response::Account { command_id, .. }
        | Response::Error { command_id, .. }
        | Response::Success { command_id, .. } => Some(command_id),
        Response::OrderExecution(_) => None,
    }
}

pub(crate) fn rest(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.as_mut().expect("a pipe").read_to_string(&mut text).expect("text");
    text
}

pub(crate) fn end_of(message: DataMessage) -> Option<String> {
    match message {
        DataMessage::StateChange { new_state: EngineState::Shutdown, reason, .. } => Some(reason),
        _ => None,
    }
}

pub(crate) fn signal(child: &Child, name: &str) {
    let killed = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
    assert!(killed.expect("kill").success());
}
