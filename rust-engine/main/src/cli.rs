//! What a person types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use exchange_simulator::span::Point;

const EXAMPLES: &str = "\
Examples:
  main                                       the engine, as config/ says
  main --venue binance --symbol BTC/USDT     the live market, on paper
  main --record run.tape                     keep everything that is received
  main --set zmq.book_encoding=packed        one key, this run only
  main replay --tape run.tape > frames.bin   a tape through the feed, as fast as it goes

RUST_LOG sets the log level (info, debug, feed_handler=debug, ...); logs go to stderr.
Exit code: 0 ended in order, 1 failed, 2 cannot start.";

/// The engine: market feed, order book, paper orders; speaks to the strategy over ZeroMQ.
#[derive(Debug, Parser)]
#[command(name = "main", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command understands.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Options {
    /// Folder of the configuration [default: the nearest config/ upwards from here]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) config_dir: Option<PathBuf>,
    /// Override one key; may be given several times
    #[arg(long = "set", global = true, value_name = "SECTION.KEY=VALUE")]
    pub(crate) overrides: Vec<String>,
    /// Which venue: simulator, binance or testnet
    #[arg(long, global = true)]
    pub(crate) venue: Option<String>,
    /// Which market, such as BTC/USDT or BTCUSDT; may be given several times
    #[arg(long = "symbol", global = true, value_name = "SYMBOL")]
    pub(crate) symbols: Vec<String>,
    /// Read best_params.toml as well
    #[arg(long, global = true)]
    pub(crate) best_params: bool,
    /// Write everything that is received to a tape
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

/// What else the engine can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the feed over a tape as fast as it goes, and write the wire frames to stdout, length-prefixed
    Replay(Replay),
}

/// A tape and a span of it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Replay {
    /// The tape
    #[arg(long, value_name = "FILE")]
    pub(crate) tape: PathBuf,
    /// Start this many seconds after the tape's live start
    #[arg(long, value_name = "SECONDS")]
    pub(crate) from: Option<Point>,
    /// End this many seconds after the tape's live start
    #[arg(long, value_name = "SECONDS")]
    pub(crate) to: Option<Point>,
}
