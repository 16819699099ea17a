//! Where the venue is; and the built-in one, started where nobody else has.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use common::market::Symbol;
use exchange_simulator::default_tape;
use exchange_simulator::server::{RunningServer, SimulatorConfig, serve};
use feed_handler::io::discover;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::error::CannotStart;
use crate::settings::Settings;

const SIMULATOR: &str = "simulator";

/// A venue that answers.
pub(crate) struct Found {
    /// Origin of the REST API.
    pub(crate) rest_url: String,
    /// Origin of the market streams.
    pub(crate) stream_url: String,
    /// The markets to follow.
    pub(crate) symbols: Vec<Symbol>,
    /// The simulator in this process, where it had to be started.
    pub(crate) simulator: Option<RunningServer>,
}

/// Finds the venue; starts the built-in simulator where it is wanted and nothing listens on its port.
pub(crate) async fn find(settings: &Settings, stop: CancellationToken) -> Result<Found, CannotStart> {
    let config = &settings.config;
    let name = config.text("exchange", "venue").to_owned();
    if settings.symbols.is_empty() && name != SIMULATOR {
        return Err(CannotStart::Settings(vec![format!(
            "[symbol] base and quote are not set, and venue {name} has no tape to take them from: set them, or use \
             --symbol BTC/USDT"
        )]));
    }
    let own = |key, default: String| match config.text("exchange", key) {
        "" => default,
        set => set.to_owned(),
    };
    let rest_is_set = !config.text("exchange", "rest_url").is_empty();
    // Addresses of 2026-07-21.
    let (rest, stream, simulator) = match name.as_str() {
        "binance" => ("https://api.binance.com".to_owned(), "wss://stream.binance.com:9443".to_owned(), None),
        "testnet" => {
            ("https://testnet.binance.vision".to_owned(), "wss://stream.testnet.binance.vision".to_owned(), None)
        }
        _ => {
            let port = u16::try_from(config.int("exchange", "simulator_port")).unwrap_or_default();
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let wanted = !rest_is_set && (port == 0 || TcpStream::connect(address).await.is_err());
            let simulator = if wanted { Some(start_simulator(settings, address, stop).await?) } else { None };
            let address = simulator.as_ref().map_or(address, |server| server.addr);
            (format!("http://{address}"), format!("ws://{address}"), simulator)
        }
    };
    let (rest_url, stream_url) = (own("rest_url", rest), own("stream_url", stream));
    let known = discover(&rest_url, &settings.symbols).await?;
    let symbols = known.symbols.into_iter().map(|symbol| symbol.instrument.symbol).collect();
    Ok(Found { rest_url, stream_url, symbols, simulator })
}

async fn start_simulator(
    settings: &Settings,
    address: SocketAddr,
    stop: CancellationToken,
) -> Result<RunningServer, CannotStart> {
    let path = tape_path(settings).await?;
    let server = serve(SimulatorConfig::new(&path, address), stop).await?;
    if let Some(warning) = &server.warning {
        tracing::warn!("{warning}");
    }
    eprintln!("no exchange on {address}: started the built-in one on http://{}, tape {}", server.addr, path.display());
    Ok(server)
}

/// The tape to replay: the configured one, else the demo tape, which is generated at its first use.
async fn tape_path(settings: &Settings) -> Result<PathBuf, CannotStart> {
    let root = settings.root.clone();
    match settings.config.text("exchange", "tape") {
        "" => {
            if !default_tape::place(&root).is_file() {
                eprintln!("generating the demo tape, once, at its first use");
            }
            let made = tokio::task::spawn_blocking(move || default_tape::ensure(&root)).await;
            Ok(made.expect("generating a tape does not panic, and nobody aborts it")?)
        }
        tape => Ok(root.join(tape)),
    }
}
