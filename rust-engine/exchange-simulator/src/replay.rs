//! The driver: plays records, the venue's own words and faults at their times.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use common::time::UnixNanos;
use tape::TapeError;
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::event::{Event, Payload};
use crate::playback::Playback;
use crate::record::Record;
use crate::schedule::Stage;
use crate::state::{Core, State};
use crate::streams::frame::Frame;
use crate::streams::hub::Out;

/// Batches of records that are read ahead.
const BATCHES_AHEAD: usize = 8;
/// Steps that are made before the lock is given up once.
const STEPS_AT_ONCE: usize = 256;
const CLOSED_NORMALLY: u16 = 1_000;

/// How a replay begins and ends.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Begin after this long, listened to or not; `None`: with the first client that subscribes.
    pub start_after: Option<Duration>,
    /// Keep everything open after the end.
    pub linger: bool,
    /// How long REST and streams stay open after the end otherwise.
    pub grace: Duration,
}

type Batches = mpsc::Receiver<Result<Vec<Record>, TapeError>>;

/// Reads a tape on a thread of its own; the channel ends with the tape.
pub(crate) fn read_ahead(mut playback: Playback) -> Batches {
    let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
    tokio::task::spawn_blocking(move || {
        loop {
            let batch = playback.next_batch();
            let is_end = matches!(&batch, Ok(records) if records.is_empty());
            let is_last = is_end || batch.is_err();
            // Nobody listens any more once the replay was stopped.
            if is_end || sender.blocking_send(batch).is_err() || is_last {
                return;
            }
        }
    });
    receiver
}

/// Runs the replay from waiting to the end, or until it is stopped.
///
/// # Errors
/// [`TapeError`] where the tape turns out to be damaged on the way; what was played stays played.
pub(crate) async fn run(
    state: Arc<State>,
    batches: Batches,
    ends_at: Option<UnixNanos>,
    manners: Manners,
) -> Result<(), TapeError> {
    let stop = state.stop.clone();
    tokio::select! {
        biased;
        () = stop.cancelled() => Ok(()),
        played = play(&state, batches, ends_at, manners) => {
            if manners.linger && played.is_ok() {
                stop.cancelled().await;
            }
            played
        }
    }
}

async fn play(
    state: &State,
    mut batches: Batches,
    ends_at: Option<UnixNanos>,
    manners: Manners,
) -> Result<(), TapeError> {
    wait_for_start(state, manners.start_after).await;
    let mut ahead = catch_up(state, &mut batches).await?;
    tracing::info!(shift_seconds = state.core().schedule.shift_seconds(), "the replay begins");
    let mut last = state.core().schedule.live_from();
    loop {
        if ahead.is_empty() {
            match batches.recv().await.transpose()? {
                Some(batch) => ahead.extend(batch),
                None => break,
            }
        }
        last = ahead.back().map_or(last, |record: &Record| record.at);
        drive(state, &mut ahead, None).await;
    }
    let end = ends_at.map_or(last, |end| end.max(last));
    drive(state, &mut ahead, Some(end)).await;
    say_goodbye(state, end, manners).await;
    Ok(())
}

async fn wait_for_start(state: &State, start_after: Option<Duration>) {
    if let Some(delay) = start_after {
        sleep(delay).await;
        state.core().schedule.begin(state.clock.now());
    }
    while state.core().schedule.stage() == Stage::Waiting {
        state.changed.notified().await;
    }
}

/// Plays what lies before the moment at which the replay begins, unheard; returns the records that follow.
async fn catch_up(state: &State, batches: &mut Batches) -> Result<VecDeque<Record>, TapeError> {
    let (begins, shift_ns) = {
        let core = state.core();
        (core.schedule.tape_time(state.clock.now()), core.schedule.shift_ns())
    };
    let mut ahead = VecDeque::new();
    while ahead.is_empty() {
        let Some(batch) = batches.recv().await.transpose()? else { break };
        let mut core = state.core();
        for record in batch {
            if ahead.is_empty() && record.at <= begins {
                core.venue.step(&record);
            } else {
                ahead.push_back(record);
            }
        }
    }
    state.core().venue.start_at(begins, shift_ns);
    Ok(ahead)
}

/// Plays until no record is left and, where an end is given, that time has come.
async fn drive(state: &State, ahead: &mut VecDeque<Record>, end: Option<UnixNanos>) {
    loop {
        let mut frames: Vec<Arc<Frame>> = Vec::new();
        let wait = {
            let mut core = state.core();
            let now = core.schedule.tape_time(state.clock.now());
            let next = (0..STEPS_AT_ONCE).find_map(|_| step(state, &mut core, ahead, now, end, &mut frames).err());
            // Published under the lock: a snapshot asked for afterwards is never older than what was sent.
            state.hub.publish(&frames);
            if ahead.is_empty() && end.is_none_or(|end| now >= end) {
                return;
            }
            next.map(|at| core.schedule.wait_for(at, state.clock.now()))
        };
        match wait {
            None => tokio::task::yield_now().await,
            Some(nanos) => {
                tokio::select! {
                    () = sleep(Duration::from_nanos(nanos)) => {}
                    () = state.changed.notified() => {}
                }
            }
        }
    }
}

/// Does the earliest thing that is due at `now`; otherwise says when the next one is.
fn step(
    state: &State,
    core: &mut Core,
    ahead: &mut VecDeque<Record>,
    now: UnixNanos,
    end: Option<UnixNanos>,
    frames: &mut Vec<Arc<Frame>>,
) -> Result<(), UnixNanos> {
    let never = UnixNanos(i64::MAX);
    let script = core.script.front().map_or(never, |&(at, _)| at);
    let closing = core.closing.as_ref().map_or(never, |&(at, _)| at);
    let delayed = core.injector.next_deadline().unwrap_or(never);
    let own = core.venue.next_deadline();
    let record = ahead.front().map_or(never, |record| record.at);
    let earliest = script.min(closing).min(delayed).min(own).min(record);
    if earliest > now {
        return Err(earliest.min(end.unwrap_or(never)));
    }
    if earliest == script {
        if let Some((at, fault)) = core.script.pop_front()
            && let Err(reason) = state.apply(core, &fault, at)
        {
            tracing::warn!(fault = fault.name(), reason, "a fault of the scenario cannot be carried out");
        }
    } else if earliest == closing {
        if let Some((_, ids)) = core.closing.take() {
            state.hub.close(&ids, CLOSED_NORMALLY, "server shutdown");
        }
    } else if earliest == delayed {
        let due = core.injector.due(earliest);
        core.frame(due, frames);
    } else if earliest == own {
        let events = core.venue.advance(earliest);
        core.say(events, earliest, frames);
    } else if let Some(record) = ahead.pop_front() {
        let events = core.venue.step(&record);
        core.say(events, earliest, frames);
    }
    Ok(())
}

/// Says that the tape has ended, and after a while ends the connections.
async fn say_goodbye(state: &State, end: UnixNanos, manners: Manners) {
    {
        let mut core = state.core();
        let mut frames = Vec::new();
        let late = core.injector.due(UnixNanos(i64::MAX));
        core.frame(late, &mut frames);
        let notice = Event { stream: "!endOfTape".into(), payload: Payload::Notice("endOfTape", end) };
        frames.push(Frame::new(notice, core.schedule.shift_ns(), None));
        state.hub.publish(&frames);
        core.schedule.end();
    }
    tracing::info!("end of tape");
    if !manners.linger {
        sleep(manners.grace).await;
        state.hub.tell_all(&Out::Close { code: CLOSED_NORMALLY, reason: "end of tape" });
    }
}
