//! A simulator as a whole: opened, bound, running, ended.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clock::WallClock;
use tape::TapeError;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::http::router;
use crate::playback::{Playback, PlaybackError};
use crate::port::holder;
use crate::replay::{Manners, read_ahead, run};
use crate::scenario::{Scenario, ScenarioError};
use crate::schedule::Schedule;
use crate::span::Point;
use crate::state::{Core, State};
use crate::streams::connection::Timing;

/// REST and streams stay open this long after the end of the tape.
const GRACE: Duration = Duration::from_secs(5);
/// Open requests and connections are given this long when the simulator stops.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a simulator is asked to do.
#[derive(Clone, Debug)]
pub struct SimulatorConfig {
    /// The tape to replay.
    pub tape: PathBuf,
    /// Where to begin; `None`: where the tape says.
    pub from: Option<Point>,
    /// Where to end; `None`: at the tape's end.
    pub to: Option<Point>,
    /// Where to listen; port 0 takes any free one.
    pub address: SocketAddr,
    /// Faults to come.
    pub scenario: Scenario,
    /// How the replay begins and ends.
    pub manners: Manners,
    /// 1 is real time; more is for tests.
    pub speed: f64,
    /// The clockwork of stream connections.
    pub timing: Timing,
}

impl SimulatorConfig {
    /// The usual simulator for a tape: real time, begins with the first client, ends with the tape.
    #[must_use]
    pub fn new(tape: impl Into<PathBuf>, address: SocketAddr) -> Self {
        Self {
            tape: tape.into(),
            from: None,
            to: None,
            address,
            scenario: Scenario::default(),
            manners: Manners { start_after: None, linger: false, grace: GRACE },
            speed: 1.0,
            timing: Timing::default(),
        }
    }
}

/// Why a simulator cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The tape cannot be replayed.
    #[error(transparent)]
    Playback(#[from] PlaybackError),
    /// The scenario cannot be played.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Somebody else listens there.
    #[error("port {port} is taken{holder}; end that process or choose another port with --port")]
    PortTaken {
        /// Which port.
        port: u16,
        /// By whom, if it can be seen.
        holder: String,
    },
    /// The system does not let us listen there.
    #[error("cannot listen on {address}: {source}; choose another --host or --port")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
}

/// A simulator that runs.
#[derive(Debug)]
pub struct RunningServer {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Seconds added to the tape's times, if a client subscribes within about two seconds; the final number stands in
    /// exchangeInfo and in `/control/status`.
    pub shift_seconds: i64,
    /// What the operator should know of the tape, such as that it is unfinished.
    pub warning: Option<String>,
    /// Done when the simulator has ended: after the tape, or when it was stopped.
    pub done: JoinHandle<Result<(), TapeError>>,
}

/// Opens the tape, binds the port and begins to serve; `shutdown` ends it.
///
/// # Errors
/// [`StartError`] where the tape or the port cannot be had; nothing is left running.
pub async fn serve(config: SimulatorConfig, shutdown: CancellationToken) -> Result<RunningServer, StartError> {
    let listener = TcpListener::bind(config.address).await.map_err(|source| bind_error(config.address, source))?;
    let addr = listener.local_addr().map_err(|source| StartError::Bind { address: config.address, source })?;
    let (path, from, to) = (config.tape.clone(), config.from, config.to);
    let mut playback = tokio::task::spawn_blocking(move || Playback::open(&path, from, to))
        .await
        .expect("opening a tape does not panic, and nobody aborts it")?;

    let clock = WallClock::start();
    let schedule = Schedule::new(playback.live_from, playback.lead, config.speed, clock.now());
    let venue = std::mem::replace(&mut playback.venue, crate::venue::Venue::new(&[]));
    let core = Core::new(venue, schedule, config.scenario.steps);
    let name = config.tape.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let state = Arc::new(State::new(core, playback.header.clone(), name, clock, config.timing, shutdown.child_token()));
    let (ends_at, warning) = (playback.ends_at, playback.warning.clone());
    let batches = read_ahead(playback);
    let running = tokio::spawn(run(Arc::clone(&state), batches, ends_at, config.manners));
    let serving = tokio::spawn(listen(listener, Arc::clone(&state)));
    let done = tokio::spawn(end(running, serving, Arc::clone(&state)));
    Ok(RunningServer { addr, shift_seconds: schedule.shift_seconds(), warning, done })
}

fn bind_error(address: SocketAddr, source: io::Error) -> StartError {
    if source.kind() != io::ErrorKind::AddrInUse {
        return StartError::Bind { address, source };
    }
    let holder = holder(address.port()).map_or_else(String::new, |(pid, name)| format!(" by process {pid} ({name})"));
    StartError::PortTaken { port: address.port(), holder }
}

async fn listen(listener: TcpListener, state: Arc<State>) {
    let service = router(Arc::clone(&state)).into_make_service_with_connect_info::<SocketAddr>();
    let stop = state.stop.clone();
    let served = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "the listener failed");
    }
}

/// Waits for the end of the replay, then lets open requests finish and cuts what remains.
async fn end(
    running: JoinHandle<Result<(), TapeError>>,
    serving: JoinHandle<()>,
    state: Arc<State>,
) -> Result<(), TapeError> {
    let played = running.await.expect("the replay does not panic, and nobody aborts it");
    state.hub.tell_all(&crate::streams::hub::Out::Close { code: 1_000, reason: "the simulator ends" });
    state.stop.cancel();
    let aborting = serving.abort_handle();
    if tokio::time::timeout(FAREWELL, serving).await.is_err() {
        aborting.abort();
    }
    state.hub.cut_all();
    played
}
