//! The run of the engine: every part is started, watched, and ended in order.

use std::io::Write as _;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use clock::WallClock;
use common::market::Symbol;
use common::wire::{DataMessage, Response};
use crossbeam_channel::{Receiver, Sender, bounded};
use data_bridge::{Bridge, Counts, Endpoints, Publisher};
use feed_handler::io::{End, Venue};
use feed_handler::{Feed, FeedConfig};
use tokio::sync::{mpsc, oneshot};

use crate::desk::{self, ClockOffset, Desk, Job};
use crate::error::CannotStart;
use crate::feed::FeedThread;
use crate::settings::Settings;
use crate::supervise::{Ending, Tasks, asked_to_stop};
use crate::{account, record, rooms, venue};

const END_OF_TAPE: &str = "end of tape";
/// After the end of a tape, commands are answered for so long.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// Wishes for the feed and state changes are rare: so many never wait.
const RARE: usize = 256;

/// Runs until the end of the tape, a signal, a command or a failure.
///
/// # Errors
/// [`CannotStart`]; nothing is left running.
pub(crate) async fn run(settings: &Settings, record_to: Option<&Path>) -> Result<Ending, CannotStart> {
    check(settings)?;
    let clock = WallClock::start();
    let (jobs, jobs_of_desk) = bounded(desk::QUEUE);
    let to_desk = jobs.clone();
    let take = move |incoming| {
        // Closed once the engine has ended: what comes then is answered by nobody.
        let _ = to_desk.send(Job::Incoming(incoming));
    };
    let Bridge { data, receiver, responses, endpoints, counts } = Bridge::open(&settings.bridge(), clock, take)?;
    let mut tasks = Tasks::new();
    let channels = Channels { data, responses, counts, jobs, jobs_of_desk };
    let started = tokio::select! {
        biased;
        asked = asked_to_stop() => asked.map(|_| None).map_err(CannotStart::Signals),
        parts = start(settings, record_to, clock, channels, &mut tasks) => parts.map(Some),
    };
    if let Ok(Some(parts)) = started {
        let stop = tasks.stop_token();
        tasks.spawn("signals", async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => Ok(None),
                asked = asked_to_stop() => match asked {
                    Ok(signal) => Ok(Some(Ending::InOrder(signal.to_owned()))),
                    Err(error) => Err(error.to_string()),
                }
            }
        });
        announce(&endpoints);
        return Ok(watch(tasks, parts, receiver).await);
    }
    tasks.end().await;
    let _ = receiver.stop();
    started.map(|_| Ending::InOrder("stopped before it had started".to_owned()))
}

fn check(settings: &Settings) -> Result<(), CannotStart> {
    let mut problems = rooms::desk(&settings.config).problems();
    problems.extend(FeedConfig::from_config(&settings.config).problems());
    let mode = settings.config.text("execution", "mode");
    if mode != "paper" {
        problems.push(format!("[execution] mode = {mode:?}: this engine carries out paper orders only"));
    }
    if problems.is_empty() { Ok(()) } else { Err(CannotStart::Settings(problems)) }
}

/// The ways between the parts.
struct Channels {
    data: Publisher<DataMessage>,
    responses: Publisher<Response>,
    counts: Counts,
    jobs: Sender<Job>,
    jobs_of_desk: Receiver<Job>,
}

/// What must be ended one after the other.
struct Parts {
    jobs: Sender<Job>,
    desk: JoinHandle<()>,
    feed: JoinHandle<()>,
    recording: Option<record::Recording>,
}

/// Starts everything but the bridge.
async fn start(
    settings: &Settings,
    record_to: Option<&Path>,
    clock: WallClock,
    channels: Channels,
    tasks: &mut Tasks,
) -> Result<Parts, CannotStart> {
    let Channels { data, responses, counts, jobs, jobs_of_desk } = channels;
    let (paper_desk, journal) = account::recover(settings, clock)?;
    let (record, recording) = record_to.map(record::begin).transpose()?.unzip();
    let found = venue::find(settings, tasks.stop_token()).await?;
    let names: Vec<&str> = found.symbols.iter().map(Symbol::as_str).collect();
    tracing::info!("following {} at {}", names.join(", "), found.rest_url);
    if let Some(simulator) = found.simulator {
        tasks.spawn("simulator", async move {
            let played = simulator.done.await.map_err(|error| error.to_string())?;
            played.map(|()| None).map_err(|error| error.to_string())
        });
    }

    let offset = ClockOffset::default();
    let (wishes, control) = mpsc::channel(RARE);
    let (state_changes, others) = mpsc::channel(RARE);
    let (ending, desk_ends) = oneshot::channel();
    let desk = Desk {
        desk: paper_desk,
        journal,
        clock,
        offset: offset.clone(),
        responses,
        data: state_changes,
        feed: wishes,
        ending: Some(ending),
    };
    let desk = desk.start(jobs_of_desk).map_err(CannotStart::Thread)?;
    tasks.spawn("desk", async move { desk_ends.await.map(Some).map_err(|_| "its thread has failed".to_owned()) });

    let (ended, end) = oneshot::channel();
    let feed = FeedThread {
        feed: Feed::new(FeedConfig::from_config(&settings.config), &found.symbols, clock.now().0.unsigned_abs()),
        venue: Venue { rest_url: found.rest_url, stream_url: found.stream_url, clock },
        control,
        data,
        others,
        desk: jobs.clone(),
        record,
        offset,
        counts,
    };
    let feed = feed.start(ended, tasks.stop_token()).map_err(CannotStart::Thread)?;
    tasks.spawn("feed", async move {
        Ok(match end.await.map_err(|_| "its thread has failed".to_owned())? {
            End::EndOfTape => Some(Ending::InOrder(END_OF_TAPE.to_owned())),
            End::Cancelled => None,
            End::GaveUp(reason) => Some(Ending::Failed(reason)),
        })
    });
    Ok(Parts { jobs, desk, feed, recording })
}

fn announce(at: &Endpoints) {
    // A closed stdout takes the line from nobody who waits for it.
    let mut out = std::io::stdout();
    let _ = writeln!(out, "engine ready: data={} commands={} responses={}", at.data, at.commands, at.responses);
    let _ = out.flush();
}

/// Waits for the end, and ends every part in order: no new market data, no new commands, the last words, the sockets.
async fn watch(mut tasks: Tasks, parts: Parts, receiver: data_bridge::Receiver) -> Ending {
    let ending = tasks.ending().await;
    let (Ending::InOrder(reason) | Ending::Failed(reason)) = &ending;
    // A desk whose thread has failed takes nothing any more; it is noticed below.
    let _ = parts.jobs.send(Job::Stop(reason.clone()));
    if reason == END_OF_TAPE {
        tokio::time::sleep(LAST_ANSWERS).await;
    }
    let mut faults = tasks.end().await;
    if !receiver.stop() {
        faults.push("the thread of the command channel has failed".to_owned());
    }
    let _ = parts.jobs.send(Job::End);
    for (name, thread) in [("desk", parts.desk), ("feed", parts.feed)] {
        if thread.join().is_err() {
            faults.push(format!("the thread of the {name} has failed"));
        }
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
