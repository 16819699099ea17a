//! Command line of the exchange simulator.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use exchange_simulator::default_tape;
use exchange_simulator::faults::Span;
use exchange_simulator::scenario::Scenario;
use exchange_simulator::server::{SimulatorConfig, serve};
use exchange_simulator::span::Point;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Exit code of a start that could not be.
const CANNOT_START: u8 = 2;

/// A venue on this machine that speaks Binance Spot: replays a tape in real time, and lies on request.
///
/// Streams: ws://HOST:PORT/ws, /stream. REST: http://HOST:PORT/api/v3. Orders to the simulator itself:
/// http://HOST:PORT/control/{status,book,faults,server-shutdown,shutdown}.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:
  exchange-simulator                                     the default tape, made on first use
  exchange-simulator --tape day.tape --from 21:27:30 --to 21:28:40
  exchange-simulator --scenario tests/scenarios/sequence_gap.toml
  curl -d '{\"stall\": {\"for\": \"5s\"}}' http://127.0.0.1:9080/control/faults"
)]
struct Arguments {
    /// Tape to replay; the default tape if not given.
    #[arg(long, value_name = "FILE")]
    tape: Option<PathBuf>,
    /// Begin here: 2025-10-10T21:27:30Z, 21:27:30 (UTC), Unix time, or seconds after the tape's own start.
    #[arg(long, value_name = "TIME")]
    from: Option<Point>,
    /// End here.
    #[arg(long, value_name = "TIME")]
    to: Option<Point>,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 9080)]
    port: u16,
    /// Scenario file: which faults happen when.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Stay open after the end of the tape.
    #[arg(long)]
    linger: bool,
    /// Begin after this long (such as 0s) instead of with the first client that subscribes.
    #[arg(long, value_name = "TIME")]
    start_after: Option<Span>,
    /// Times faster than life; for tests.
    #[arg(long, default_value_t = 1.0, value_parser = positive)]
    speed: f64,
}

fn positive(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if speed.is_finite() && speed > 0.0 { Ok(speed) } else { Err("must be above 0".to_owned()) }
}

impl Arguments {
    fn config(self) -> Result<SimulatorConfig, String> {
        let tape = match self.tape {
            Some(tape) => tape,
            None => {
                let here = std::env::current_dir().map_err(|error| format!("no working directory: {error}"))?;
                default_tape::ensure(&here).map_err(|error| error.to_string())?
            }
        };
        let mut config = SimulatorConfig::new(tape, SocketAddr::new(self.host, self.port));
        config.from = self.from;
        config.to = self.to;
        if let Some(path) = self.scenario {
            config.scenario = Scenario::read(&path).map_err(|error| error.to_string())?;
        }
        config.manners.linger = self.linger;
        config.manners.start_after = self.start_after.map(|span| Duration::from_nanos(span.nanos().unsigned_abs()));
        config.speed = self.speed;
        Ok(config)
    }
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let started = arguments
        .config()
        .and_then(|config| tokio::runtime::Runtime::new().map(|runtime| (config, runtime)).map_err(|e| e.to_string()));
    match started {
        Ok((config, runtime)) => runtime.block_on(simulate(config)),
        Err(message) => fail(&message),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("exchange-simulator: {message}");
    ExitCode::from(CANNOT_START)
}

async fn simulate(config: SimulatorConfig) -> ExitCode {
    let shutdown = CancellationToken::new();
    let tape = config.tape.display().to_string();
    let signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return fail(&format!("cannot wait for signals: {error}")),
    };
    tokio::spawn({
        let shutdown = shutdown.clone();
        async move {
            signals.first().await;
            shutdown.cancel();
        }
    });
    let running = match serve(config, shutdown).await {
        Ok(running) => running,
        Err(error) => return fail(&error.to_string()),
    };
    if let Some(warning) = running.warning {
        eprintln!("exchange-simulator: {warning}");
    }
    println!("exchange-simulator ready on http://{} tape={tape} shift={}", running.addr, running.shift_seconds);
    match running.done.await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("exchange-simulator: {error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("exchange-simulator: internal fault: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Ctrl-C and SIGTERM.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn first(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
