//! The engine's command line, and the wiring of everything below it.
//!
//! Belongs here: settings, start, supervision, end. Never here: a decision about markets or orders.

mod account;
mod cli;
mod desk;
mod engine;
mod error;
mod feed;
mod frames;
mod record;
mod replay;
mod rooms;
mod settings;
mod supervise;
mod telemetry;
mod venue;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use error::CannotStart;
use replay::{ReplayError, Replayed};
use settings::Settings;
use supervise::Ending;

const FAILED: u8 = 1;
const CANNOT_START: u8 = 2;
/// For the simulator, where it runs in this process: the engine's own parts have threads of their own.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // TLS wants one provider for the whole process, chosen before the first connection; a second choice changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = match Settings::read(&cli.options) {
        Ok(settings) => settings,
        Err(error) => return cannot_start(&error),
    };
    telemetry::start(settings.config.text("monitoring", "log_format") == "json");
    match cli.command {
        Some(Command::Replay(command)) => match replay::to_stdout(&settings, &command) {
            Ok(Replayed::Whole | Replayed::ReaderGone) => ExitCode::SUCCESS,
            Err(ReplayError::CannotStart(error)) => cannot_start(&error),
            Err(error) => failed(&error.to_string()),
        },
        None => live(&settings, &cli),
    }
}

fn live(settings: &Settings, cli: &Cli) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return cannot_start(&CannotStart::Thread(error)),
    };
    match runtime.block_on(engine::run(settings, cli.options.record.as_deref())) {
        Ok(Ending::InOrder(reason)) => {
            eprintln!("engine ended: {reason}");
            ExitCode::SUCCESS
        }
        Ok(Ending::Failed(reason)) => failed(&reason),
        Err(error) => cannot_start(&error),
    }
}

fn cannot_start(error: &CannotStart) -> ExitCode {
    eprintln!("engine cannot start: {error}");
    ExitCode::from(CANNOT_START)
}

fn failed(reason: &str) -> ExitCode {
    eprintln!("engine failed: {reason}");
    ExitCode::from(FAILED)
}
