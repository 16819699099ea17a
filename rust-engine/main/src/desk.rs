//! The desk's thread: market events, commands and time go in by one queue, in order; answers go out by its own socket.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use clock::WallClock;
use common::market::MarketEvent;
use common::time::{NANOS_PER_MILLI, NANOS_PER_SECOND, UnixNanos};
use common::wire::{DataMessage, EngineState, Response};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use data_bridge::{Incoming, Publisher};
use execution_engine::io::{AppendError, PaperJournal};
use execution_engine::{Alert, Input, JournalEntry, Output, PaperDesk};
use feed_handler::io::Control;
use tokio::sync::{mpsc, oneshot};

use crate::supervise::Ending;

/// Events that may wait for the desk; beyond that the feed waits: nothing is lost.
pub(crate) const QUEUE: usize = 65_536;
const TICK: Duration = Duration::from_millis(100);
/// Simulated fills of a silent market are judged so long behind the clock: by then, what happened has arrived.
const TICK_DELAY: i64 = 250 * NANOS_PER_MILLI;

/// What the desk is handed.
#[derive(Debug)]
pub(crate) enum Job {
    /// The market did something.
    Market(MarketEvent),
    /// Something came on the command channel.
    Incoming(Incoming),
    /// The engine is going away; why, in words.
    Stop(String),
    /// Nothing more comes.
    End,
}

/// Our clock less the venue's, in nanoseconds, as the feed's health last told it.
pub(crate) type ClockOffset = Arc<AtomicI64>;

/// The desk and where its outputs go.
pub(crate) struct Desk {
    pub(crate) desk: PaperDesk,
    pub(crate) journal: PaperJournal,
    pub(crate) clock: WallClock,
    pub(crate) offset: ClockOffset,
    /// The response channel.
    pub(crate) responses: Publisher<Response>,
    /// State changes, for the data channel.
    pub(crate) data: mpsc::Sender<DataMessage>,
    /// Wishes of the desk, for the feed.
    pub(crate) feed: mpsc::Sender<Control>,
    /// Told once, when the engine's state has become shutdown, or the desk cannot go on.
    pub(crate) ending: Option<oneshot::Sender<Ending>>,
}

impl Desk {
    /// Starts the desk's thread.
    pub(crate) fn start(mut self, jobs: Receiver<Job>) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name("desk".to_owned()).spawn(move || {
            if let Err(lost) = self.run(&jobs) {
                self.end(Ending::Failed(lost.to_string()));
            }
        })
    }

    fn run(&mut self, jobs: &Receiver<Job>) -> Result<(), AppendError> {
        let (mut ticked_at, mut exchange_now) = (self.clock.now(), UnixNanos::ZERO);
        self.desk.begin(ticked_at);
        if !self.desk.desk().is_flat() {
            self.tell_feed(Control::PositionOpen(true));
        }
        loop {
            let waited = jobs.recv_timeout(TICK);
            let now = self.clock.now();
            match waited {
                Ok(Job::Market(event)) => self.step(Input::Market(event), now)?,
                Ok(Job::Incoming(Incoming::Command(mut command))) => {
                    command.expires_at = on_our_clock(command.expires_at, self.clock.wall_drift());
                    self.step(Input::Command(command), now)?;
                }
                Ok(Job::Incoming(Incoming::Refused(answer))) => self.responses.publish(&answer),
                Ok(Job::Stop(reason)) => self.step(Input::Stop { reason }, now)?,
                Ok(Job::End) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if now.since(ticked_at) >= TICK.as_nanos() as i64 {
                ticked_at = now;
                // While events wait, the market is not seen up to now; that time passes is told all the same.
                if jobs.is_empty() {
                    exchange_now = now - self.offset.load(Ordering::Relaxed) - TICK_DELAY;
                }
                self.step(Input::Tick { exchange_now }, now)?;
                if let Some(slept) = self.clock.catch_up() {
                    tracing::error!("the machine slept for {} s, or its clock was wrong", slept / NANOS_PER_SECOND);
                }
            }
        }
    }

    /// Steps, and does what is asked for; what is to be kept is on the disk before anything else is done.
    fn step(&mut self, input: Input, now: UnixNanos) -> Result<(), AppendError> {
        let was_flat = self.desk.desk().is_flat();
        let mut outputs = VecDeque::from(self.desk.step(input, now));
        while let Some(output) = outputs.pop_front() {
            outputs.extend(self.put(output, now)?);
        }
        let is_flat = self.desk.desk().is_flat();
        if is_flat != was_flat {
            self.tell_feed(Control::PositionOpen(!is_flat));
        }
        Ok(())
    }

    /// Does one thing; returns what the desk wants because of it.
    fn put(&mut self, output: Output, now: UnixNanos) -> Result<Vec<Output>, AppendError> {
        match output {
            Output::Keep(entries) => return self.keep(&entries, now),
            Output::Respond(response) => self.responses.publish(&response),
            Output::PublishSnapshot(symbol) => self.tell_feed(Control::SnapshotWanted(symbol)),
            Output::StateChanged { old_state, new_state, reason } => {
                self.change_state(old_state, new_state, reason, now)
            }
            Output::Alert(alert) => tell_a_person(&alert),
        }
        Ok(Vec::new())
    }

    fn keep(&mut self, entries: &[JournalEntry], now: UnixNanos) -> Result<Vec<Output>, AppendError> {
        let kept = match self.journal.append(entries) {
            Ok(()) => Ok(()),
            Err(AppendError::NotKept(reason)) => Err(reason.to_string()),
            Err(lost) => return Err(lost),
        };
        Ok(self.desk.step(Input::Journal(kept), now))
    }

    fn change_state(&mut self, old_state: EngineState, new_state: EngineState, reason: String, timestamp: UnixNanos) {
        tracing::info!("engine {}: {reason}", format!("{old_state:?} -> {new_state:?}").to_lowercase());
        let message = DataMessage::StateChange { timestamp, old_state, new_state, reason: reason.clone() };
        if let Err(error) = self.data.try_send(message) {
            tracing::error!("the state change is not published: {error}");
        }
        if new_state == EngineState::Shutdown {
            self.end(Ending::InOrder(reason));
        }
    }

    fn end(&mut self, how: Ending) {
        if let Some(ending) = self.ending.take() {
            // Nobody waits for it where the engine is ending for another reason.
            let _ = ending.send(how);
        }
    }

    fn tell_feed(&self, control: Control) {
        if let Err(error) = self.feed.try_send(control) {
            tracing::warn!("the feed does not listen: {error}");
        }
    }
}

/// When a command expires. The strategy writes it by the wall, which both processes read; our own clock does not jump
/// with the wall.
fn on_our_clock(expires_at: UnixNanos, wall_drift: i64) -> UnixNanos {
    UnixNanos(expires_at.0.saturating_sub(wall_drift))
}

fn tell_a_person(alert: &Alert) {
    match alert {
        Alert::StrategyLost => tracing::error!("the strategy is silent: its entries are being cancelled, no new ones"),
        Alert::CircuitOpened { reason } => tracing::error!("too many failed orders, no entries for a while: {reason}"),
        Alert::Fatal { reason } => tracing::error!("the venue wants no more of us, halted: {reason}"),
        Alert::JournalUnwritable { reason } => tracing::error!(
            "the paper journal cannot be written: {reason}; no entries, and what fills is told once it can; \
             free the disk, nothing else is needed"
        ),
        Alert::ImpossibleReport { report } => tracing::error!("a report that does not fit its order: {report:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_that_is_set_moves_no_expiry() {
        // At 10 on both clocks the wall is set 3 back; what is then written to expire 2 later is 9 on it, 12 on ours.
        assert_eq!(on_our_clock(UnixNanos(9), -3), UnixNanos(12));
        assert_eq!(on_our_clock(UnixNanos(15), 3), UnixNanos(12));
        assert_eq!(on_our_clock(UnixNanos(i64::MAX), -3), UnixNanos(i64::MAX));
    }
}
