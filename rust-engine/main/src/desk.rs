//! The desk's thread: market events, commands and time go in by one queue, in order; answers go out.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use clock::WallClock;
use common::market::MarketEvent;
use common::time::{NANOS_PER_MILLI, UnixNanos};
use common::wire::{Command, DataMessage, EngineState};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use data_bridge::{DataSender, ResponseSender};
use execution_engine::{Alert, DeskConfig, Input, Output, PaperConfig, PaperDesk};
use feed_handler::io::Control;
use tokio::sync::{mpsc, oneshot};

/// Events that may wait for the desk; beyond that the feed waits: nothing is lost.
const QUEUE: usize = 65_536;
const TICK: Duration = Duration::from_millis(100);
/// Simulated fills of a silent market are judged so long behind the clock: by then, what happened has arrived.
const TICK_DELAY: i64 = 250 * NANOS_PER_MILLI;

/// What the desk is handed.
#[derive(Debug)]
pub(crate) enum Job {
    /// The market did something.
    Market(MarketEvent),
    /// The strategy wants something.
    Command(Command),
    /// The engine is going away; why, in words.
    Stop(String),
    /// Nothing more comes.
    End,
}

/// Where the desk's outputs go.
pub(crate) struct Outlets {
    pub(crate) data: DataSender,
    pub(crate) responses: ResponseSender,
    pub(crate) feed: mpsc::Sender<Control>,
    /// Told once, when the engine's state has become shutdown, why.
    pub(crate) shutdown: oneshot::Sender<String>,
}

/// Our clock less the venue's, in nanoseconds, as the feed's health last told it.
pub(crate) type ClockOffset = Arc<AtomicI64>;

/// Starts the desk.
pub(crate) fn start(
    desk: &DeskConfig,
    paper: &PaperConfig,
    clock: WallClock,
    offset: ClockOffset,
    outlets: Outlets,
) -> std::io::Result<(Sender<Job>, JoinHandle<()>)> {
    let (sender, jobs) = bounded(QUEUE);
    let Outlets { data, responses, feed, shutdown } = outlets;
    let desk = PaperDesk::new(desk, paper);
    let mut thread = Thread { desk, clock, offset, data, responses, feed, shutdown: Some(shutdown), was_flat: true };
    let handle = std::thread::Builder::new().name("desk".to_owned()).spawn(move || thread.run(&jobs))?;
    Ok((sender, handle))
}

struct Thread {
    desk: PaperDesk,
    clock: WallClock,
    offset: ClockOffset,
    data: DataSender,
    responses: ResponseSender,
    feed: mpsc::Sender<Control>,
    shutdown: Option<oneshot::Sender<String>>,
    was_flat: bool,
}

impl Thread {
    fn run(&mut self, jobs: &Receiver<Job>) {
        let mut ticked_at = self.clock.now();
        loop {
            let waited = jobs.recv_timeout(TICK);
            let now = self.clock.now();
            match waited {
                Ok(Job::Market(event)) => self.step(Input::Market(event), now),
                Ok(Job::Command(command)) => self.step(Input::Command(command), now),
                Ok(Job::Stop(reason)) => self.step(Input::Stop { reason }, now),
                Ok(Job::End) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if now.since(ticked_at) >= TICK.as_nanos() as i64 {
                ticked_at = now;
                let exchange_now = now - self.offset.load(Ordering::Relaxed) - TICK_DELAY;
                self.step(Input::Tick { exchange_now }, now);
            }
        }
    }

    fn step(&mut self, input: Input, now: UnixNanos) {
        for output in self.desk.step(input, now) {
            self.put(output, now);
        }
        let is_flat = self.desk.desk().is_flat();
        if is_flat != self.was_flat {
            self.was_flat = is_flat;
            self.tell_feed(Control::PositionOpen(!is_flat));
        }
    }

    fn put(&mut self, output: Output, now: UnixNanos) {
        let sent = match output {
            Output::Respond(response) => self.responses.send(response),
            Output::PublishSnapshot(symbol) => {
                self.tell_feed(Control::SnapshotWanted(symbol));
                Ok(())
            }
            Output::StateChanged { old_state, new_state, reason } => {
                tracing::info!("engine {}: {reason}", format!("{old_state:?} -> {new_state:?}").to_lowercase());
                let sent = self.data.send(DataMessage::StateChange {
                    timestamp: now,
                    old_state,
                    new_state,
                    reason: reason.clone(),
                });
                if new_state == EngineState::Shutdown
                    && let Some(shutdown) = self.shutdown.take()
                {
                    // Nobody waits for it once the engine is ending for another reason.
                    let _ = shutdown.send(reason);
                }
                sent
            }
            Output::Alert(alert) => {
                tell_a_person(&alert);
                Ok(())
            }
        };
        if sent.is_err() {
            tracing::debug!("an output of the desk comes after the bridge was closed");
        }
    }

    fn tell_feed(&self, control: Control) {
        if let Err(error) = self.feed.try_send(control) {
            tracing::warn!("the feed does not listen: {error}");
        }
    }
}

fn tell_a_person(alert: &Alert) {
    match alert {
        Alert::StrategyLost => tracing::error!("the strategy is silent: its entries are being cancelled, no new ones"),
        Alert::CircuitOpened { reason } => tracing::error!("too many failed orders, no entries for a while: {reason}"),
        Alert::Fatal { reason } => tracing::error!("the venue wants no more of us, halted: {reason}"),
        Alert::ImpossibleReport { report } => tracing::error!("a report that does not fit its order: {report:?}"),
    }
}
