//! What all parts of a running simulator share: the venue, its clockwork and its clients.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clock::WallClock;
use common::time::UnixNanos;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tape::Header;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::event::{Event, Payload};
use crate::faults::http::HttpFaults;
use crate::faults::injector::{Injector, Outgoing};
use crate::faults::{Fault, Span};
use crate::rest_market::limits::Limits;
use crate::schedule::{Schedule, Stage};
use crate::streams::connection::Timing;
use crate::streams::frame::{Damage, Frame};
use crate::streams::hub::{Hub, Out};
use crate::venue::Venue;

/// The part behind the lock: all of it pure, told the time.
pub(crate) struct Core {
    pub(crate) venue: Venue,
    pub(crate) schedule: Schedule,
    pub(crate) limits: Limits,
    pub(crate) http: HttpFaults,
    pub(crate) injector: Injector,
    /// Faults to come, by tape time.
    pub(crate) script: VecDeque<(UnixNanos, Fault)>,
    /// New stream connections are refused until then, in tape time.
    pub(crate) refuse_until: UnixNanos,
    /// Connections to be closed, and when, in tape time.
    pub(crate) closing: Option<(UnixNanos, Vec<u64>)>,
    /// Requests served, by path.
    pub(crate) requests: BTreeMap<String, u64>,
    /// Faults begun, by name.
    pub(crate) begun: BTreeMap<&'static str, u64>,
    rng: ChaCha8Rng,
}

/// Everything that a running simulator shares.
pub(crate) struct State {
    core: Mutex<Core>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) clock: WallClock,
    pub(crate) header: Header,
    pub(crate) tape_name: String,
    pub(crate) timing: Timing,
    /// Rung when the driver should look again: a client came, a fault was ordered.
    pub(crate) changed: Notify,
    pub(crate) stop: CancellationToken,
}

impl Core {
    pub(crate) fn new(venue: Venue, schedule: Schedule, script: Vec<(Span, Fault)>) -> Self {
        let begins = schedule.live_from();
        Self {
            venue,
            schedule,
            limits: Limits::default(),
            http: HttpFaults::default(),
            injector: Injector::default(),
            script: script.into_iter().map(|(at, fault)| (begins + at.nanos(), fault)).collect(),
            refuse_until: UnixNanos(i64::MIN),
            closing: None,
            requests: BTreeMap::new(),
            begun: BTreeMap::new(),
            // Damage is the same in every run.
            rng: ChaCha8Rng::seed_from_u64(1),
        }
    }

    /// Takes what the venue says at `now` through the faults; what is to be sent at once is added to `frames`.
    pub(crate) fn say(&mut self, events: Vec<Event>, now: UnixNanos, frames: &mut Vec<Arc<Frame>>) {
        for event in events {
            let sent = self.injector.pass(event, now);
            self.frame(sent, frames);
        }
    }

    /// Makes frames of messages that have passed the faults.
    pub(crate) fn frame(&mut self, messages: Vec<Outgoing>, frames: &mut Vec<Arc<Frame>>) {
        let shift_ns = self.schedule.shift_ns();
        for Outgoing { event, damage } in messages {
            let damage = damage.map(|how| {
                let symbol = match &event.payload {
                    Payload::Depth(depth) => depth.symbol.as_str(),
                    _ => "",
                };
                let best_ask = self.venue.market(symbol).and_then(crate::venue::market::Market::best_ask);
                Damage { how, seed: self.rng.next_u64(), best_ask }
            });
            frames.push(Frame::new(event, shift_ns, damage));
        }
    }
}

impl State {
    pub(crate) fn new(
        core: Core,
        header: Header,
        tape_name: String,
        clock: WallClock,
        timing: Timing,
        stop: CancellationToken,
    ) -> Self {
        Self {
            core: Mutex::new(core),
            hub: Arc::default(),
            clock,
            header,
            tape_name,
            timing,
            changed: Notify::new(),
            stop,
        }
    }

    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        // No statement under this lock leaves the venue half-changed and then panics.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody listens to these streams: the replay begins with the first.
    pub(crate) fn heard(&self, streams: &[String]) {
        if streams.is_empty() {
            return;
        }
        let mut core = self.core();
        if core.schedule.stage() == Stage::Waiting {
            core.schedule.begin(self.clock.now());
            self.changed.notify_one();
        }
    }

    /// Carries out a fault now.
    ///
    /// # Errors
    /// Why it cannot be carried out.
    pub(crate) fn order(&self, fault: &Fault) -> Result<(), String> {
        let mut core = self.core();
        let now = core.schedule.tape_time(self.clock.now());
        let done = self.apply(&mut core, fault, now);
        self.changed.notify_one();
        done
    }

    /// Carries out a fault at `now` (tape time).
    pub(crate) fn apply(&self, core: &mut Core, fault: &Fault, now: UnixNanos) -> Result<(), String> {
        if core.injector.add(fault, now) || core.http.add(fault, now) {
            *core.begun.entry(fault.name()).or_default() += 1;
            tracing::info!(fault = fault.name(), "fault begins");
            return Ok(());
        }
        match fault {
            Fault::Stall { r#for, lost } => {
                let nanos = core.schedule.wait_for(now + r#for.nanos(), self.clock.now());
                let until = Instant::now() + Duration::from_nanos(nanos);
                self.hub.tell_all(&Out::Stall { until, lost: *lost });
            }
            Fault::Cut { refuse_for } => {
                core.refuse_until = now + refuse_for.nanos();
                self.hub.cut_all();
            }
            Fault::Burst { per_second, r#for, symbol } => {
                if !core.venue.burst(symbol.as_deref(), now, *per_second, r#for.nanos()) {
                    return Err(format!("no symbol {symbol:?} on this tape"));
                }
            }
            Fault::ServerShutdown { close_after } => {
                let notice =
                    Event { stream: "!serverShutdown".into(), payload: Payload::Notice("serverShutdown", now) };
                self.hub.publish(&[Frame::new(notice, core.schedule.shift_ns(), None)]);
                core.closing = Some((now + close_after.nanos(), self.hub.ids()));
            }
            other => return Err(format!("{} is carried out by nobody", other.name())),
        }
        *core.begun.entry(fault.name()).or_default() += 1;
        tracing::info!(fault = fault.name(), "fault begins");
        Ok(())
    }
}
