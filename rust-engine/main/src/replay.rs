//! `main replay`: a tape through the feed as fast as it goes, out as wire frames. The strategy steps through the same
//! bytes as it would live, without a clock, a socket or a wait.

use std::io::{self, BufWriter, ErrorKind, Write};

use common::market::{MarketEvent, Trust};
use common::time::UnixNanos;
use common::wire::{DataMessage, EngineState};
use feed_handler::replay::Replay;
use feed_handler::{FeedConfig, LogLevel, Output};
use tape::{Line, Tape};

use crate::cli;
use crate::error::CannotStart;
use crate::frames::FrameWriter;
use crate::settings::Settings;

const END_OF_TAPE: &str = "end of tape";
const OUT_BUFFER: usize = 1 << 20;

/// How a replay ended.
#[derive(Debug)]
pub(crate) enum Replayed {
    /// At the end of the span.
    Whole,
    /// Nobody reads any more.
    ReaderGone,
}

/// Why a replay broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    #[error(transparent)]
    CannotStart(#[from] CannotStart),
    #[error(transparent)]
    Tape(#[from] tape::TapeError),
    #[error("the feed cannot go on: {0}")]
    GaveUp(String),
    #[error("cannot write the frames: {0}")]
    Write(#[from] io::Error),
}

/// Replays a tape to stdout.
pub(crate) fn to_stdout(settings: &Settings, command: &cli::Replay) -> Result<Replayed, ReplayError> {
    match run(settings, command, BufWriter::with_capacity(OUT_BUFFER, io::stdout().lock())) {
        Ok(()) => Ok(Replayed::Whole),
        Err(ReplayError::Write(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(Replayed::ReaderGone),
        Err(error) => Err(error),
    }
}

fn run(settings: &Settings, command: &cli::Replay, out: impl Write) -> Result<(), ReplayError> {
    let tape = Tape::open(&command.tape).map_err(CannotStart::Tape)?;
    if let Some(warning) = tape.warning() {
        tracing::warn!("{warning}");
    }
    let mut header = tape.header().clone();
    let first = tape.span().map_or(UnixNanos::ZERO, |span| span.first);
    let start = header.live_from_ns.unwrap_or(first);
    let live_from = command.from.map_or(start, |from| from.on_tape(first, start));
    let end = command.to.map_or(UnixNanos(i64::MAX), |to| to.on_tape(live_from, start));
    if command.from.is_some() {
        header.live_from_ns = Some(live_from);
    }
    let mut feed = Replay::new(FeedConfig::from_config(&settings.config), &header);
    let mut told = Told { frames: FrameWriter::new(out), live_from, state: EngineState::Starting, trusted: false };
    let mut last = live_from;
    for line in tape.into_lines() {
        let line: Line = line?;
        if line.recv_ts > end {
            break;
        }
        last = line.recv_ts;
        told.tell(feed.line(&line), last)?;
    }
    told.tell(feed.health(), last)?;
    told.change_state(EngineState::Shutdown, END_OF_TAPE, last)?;
    Ok(told.frames.finish()?)
}

/// What the strategy hears, as from an engine.
struct Told<W> {
    frames: FrameWriter<W>,
    live_from: UnixNanos,
    state: EngineState,
    trusted: bool,
}

impl<W: Write> Told<W> {
    fn tell(&mut self, outputs: Vec<Output>, now: UnixNanos) -> Result<(), ReplayError> {
        for output in outputs {
            match output {
                Output::Publish(message) => self.frames.write(&message, now)?,
                Output::Market(MarketEvent::Trust { trust: Trust::Trusted, .. }) => self.trusted = true,
                Output::Log(LogLevel::Info, text) => tracing::debug!("{text}"),
                Output::Log(LogLevel::Warn, text) => tracing::warn!("{text}"),
                Output::GiveUp(why) => return Err(ReplayError::GaveUp(why)),
                Output::Market(_) | Output::EndOfTape | Output::Open(_) | Output::Close(_) | Output::Fetch(_) => {}
            }
        }
        if self.trusted && self.state == EngineState::Starting && now >= self.live_from {
            self.change_state(EngineState::Live, "the book is trusted", now)?;
        }
        Ok(())
    }

    fn change_state(&mut self, new_state: EngineState, reason: &str, timestamp: UnixNanos) -> io::Result<()> {
        let old_state = std::mem::replace(&mut self.state, new_state);
        let message = DataMessage::StateChange { timestamp, old_state, new_state, reason: reason.to_owned() };
        self.frames.write(&message, timestamp)
    }
}
