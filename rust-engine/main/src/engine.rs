//! The run of the engine: every part is started, watched, and ended in order.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use clock::WallClock;
use common::market::Symbol;
use common::wire::DataMessage;
use crossbeam_channel::Sender;
use data_bridge::{Bridge, Counts, DataSender};
use feed_handler::io::{self as feed_io, Delivery, End};
use feed_handler::{Feed, FeedConfig};
use tokio::sync::{mpsc, oneshot};

use crate::desk::{self, ClockOffset, Job, Outlets};
use crate::error::CannotStart;
use crate::settings::Settings;
use crate::supervise::{Ending, Tasks, asked_to_stop};
use crate::{record, rooms, venue};

const END_OF_TAPE: &str = "end of tape";
/// After the end of a tape, commands are answered for so long.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
const CONTROL_QUEUE: usize = 256;

/// Runs until the end of the tape, a signal, a command or a failure.
///
/// # Errors
/// [`CannotStart`]; nothing is left running.
pub(crate) async fn run(settings: &Settings, record_to: Option<&Path>) -> Result<Ending, CannotStart> {
    check(settings)?;
    let clock = WallClock::start();
    // Commands that come early wait in the bridge until the desk is there.
    let (to_desk, desk_known) = oneshot::channel();
    let bridge = Bridge::open(&settings.bridge(), clock, commands_to(desk_known))?;
    let mut tasks = Tasks::new();
    tasks.spawn("signals", asked_to_stop(tasks.stop_token()));
    match start(settings, record_to, clock, &bridge, &mut tasks).await {
        Ok(parts) => {
            // The bridge's receiver lives until its shutdown.
            let _ = to_desk.send(parts.jobs.clone());
            announce(&bridge);
            Ok(watch(tasks, parts, bridge).await)
        }
        Err(error) => {
            drop(to_desk);
            tasks.end().await;
            let _ = bridge.shutdown();
            Err(error)
        }
    }
}

/// What must be ended one after the other.
struct Parts {
    jobs: Sender<Job>,
    desk: JoinHandle<()>,
    recording: Option<record::Recording>,
}

/// Starts everything but the bridge.
async fn start(
    settings: &Settings,
    record_to: Option<&Path>,
    clock: WallClock,
    bridge: &Bridge,
    tasks: &mut Tasks,
) -> Result<Parts, CannotStart> {
    let (record_into, recording) = record_to.map(record::begin).transpose()?.unzip();
    let found = venue::find(settings, tasks.stop_token()).await?;
    let names: Vec<&str> = found.symbols.iter().map(Symbol::as_str).collect();
    tracing::info!("following {} at {}", names.join(", "), found.rest_url);

    let offset = ClockOffset::default();
    let (control, control_of_feed) = mpsc::channel(CONTROL_QUEUE);
    let (shutdown, shut_down) = oneshot::channel();
    let outlets = Outlets { data: bridge.data(), responses: bridge.responses(), feed: control, shutdown };
    let (desk_config, paper_config) = (rooms::desk(&settings.config), rooms::paper(&settings.config));
    let started = desk::start(&desk_config, &paper_config, clock, offset.clone(), outlets);
    let (jobs, desk) = started.map_err(CannotStart::Thread)?;

    tasks.spawn("desk", async move {
        let reason = shut_down.await.map_err(|_| "its thread has failed".to_owned())?;
        Ok(Some(Ending::InOrder(reason)))
    });
    if let Some(simulator) = found.simulator {
        tasks.spawn("simulator", async move {
            let played = simulator.done.await.map_err(|error| error.to_string())?;
            played.map(|()| None).map_err(|error| error.to_string())
        });
    }
    let feed = Feed::new(FeedConfig::from_config(&settings.config), &found.symbols, clock.now().0.unsigned_abs());
    let deliver = Deliver { data: bridge.data(), jobs: jobs.clone(), offset, counts: bridge.counts(), first: None };
    let venue = feed_io::Venue { rest_url: found.rest_url, stream_url: found.stream_url, clock };
    let running = feed_io::run(feed, venue, control_of_feed, deliver.into_fn(), record_into, tasks.stop_token());
    tasks.spawn("feed", async move {
        Ok(match running.await {
            End::EndOfTape => Some(Ending::InOrder(END_OF_TAPE.to_owned())),
            End::Cancelled => None,
            End::GaveUp(reason) => Some(Ending::Failed(reason)),
        })
    });
    Ok(Parts { jobs, desk, recording })
}

/// Waits for the end, and ends every part in order: no new market data, no new commands, the last words, the sockets.
async fn watch(mut tasks: Tasks, parts: Parts, bridge: Bridge) -> Ending {
    let ending = tasks.ending().await;
    let (Ending::InOrder(reason) | Ending::Failed(reason)) = &ending;
    // A desk whose thread has failed takes nothing any more.
    let _ = parts.jobs.send(Job::Stop(reason.clone()));
    if reason == END_OF_TAPE {
        tokio::time::sleep(LAST_ANSWERS).await;
    }
    let mut faults = tasks.end().await;
    let _ = parts.jobs.send(Job::End);
    if parts.desk.join().is_err() {
        faults.push("the desk's thread has failed".to_owned());
    }
    if !bridge.shutdown() {
        faults.push("a thread of the bridge has failed".to_owned());
    }
    match parts.recording.map(record::Recording::finish) {
        Some(Ok(kept)) => eprintln!("{kept}"),
        Some(Err(fault)) => faults.push(fault),
        None => {}
    }
    match ending {
        Ending::InOrder(_) if !faults.is_empty() => Ending::Failed(faults.join("; ")),
        ending => {
            faults.iter().for_each(|fault| tracing::error!("{fault}"));
            ending
        }
    }
}

fn check(settings: &Settings) -> Result<(), CannotStart> {
    let mut problems = rooms::desk(&settings.config).problems();
    let mode = settings.config.text("execution", "mode");
    if mode != "paper" {
        problems.push(format!("[execution] mode = {mode:?}: this engine carries out paper orders only"));
    }
    if problems.is_empty() { Ok(()) } else { Err(CannotStart::Settings(problems)) }
}

/// Hands commands on, once the desk is there.
fn commands_to(desk_known: oneshot::Receiver<Sender<Job>>) -> impl FnMut(common::wire::Command) + Send + 'static {
    let mut waiting = Some(desk_known);
    let mut jobs: Option<Sender<Job>> = None;
    move |command| {
        if let Some(desk_known) = waiting.take() {
            jobs = desk_known.blocking_recv().ok();
        }
        let taken = jobs.as_ref().is_some_and(|jobs| jobs.send(Job::Command(command)).is_ok());
        if !taken {
            tracing::debug!("a command came after the desk was closed");
        }
    }
}

fn announce(bridge: &Bridge) {
    let at = bridge.endpoints();
    // A closed stdout takes the line from nobody who waits for it.
    let mut out = std::io::stdout();
    let _ = writeln!(out, "engine ready: data={} commands={} responses={}", at.data, at.commands, at.responses);
    let _ = out.flush();
}

/// Where the feed's words go.
struct Deliver {
    data: DataSender,
    jobs: Sender<Job>,
    offset: ClockOffset,
    counts: Counts,
    /// The symbol whose health tells the bridge's own counts as well.
    first: Option<Symbol>,
}

impl Deliver {
    fn into_fn(mut self) -> impl FnMut(Delivery) {
        move |delivery| {
            let delivered = match delivery {
                Delivery::Publish(message) => {
                    let message = self.completed(message);
                    self.data.send(message).is_ok()
                }
                Delivery::Market(event) => self.jobs.send(Job::Market(event)).is_ok(),
            };
            if !delivered {
                tracing::debug!("a delivery of the feed comes after the end");
            }
        }
    }

    /// Health is where refused commands and failed messages are told too.
    fn completed(&mut self, mut message: DataMessage) -> DataMessage {
        if let DataMessage::HealthMetrics(health) = &mut message {
            self.offset.store((health.clock_offset_ms * 1e6) as i64, Ordering::Relaxed);
            if *self.first.get_or_insert_with(|| health.symbol.clone()) == health.symbol {
                let invalid = self.counts.invalid().into_iter().map(|(reason, count)| (reason.to_owned(), count));
                health.rejected.extend(invalid);
                health.dropped += self.counts.failed();
            }
        }
        message
    }
}
