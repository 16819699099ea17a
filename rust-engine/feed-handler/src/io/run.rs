//! The loop around the feed: what happens goes in, what is to be done is done.

use std::collections::BTreeMap;
use std::time::Duration;

use clock::WallClock;
use common::market::{MarketEvent, Symbol};
use common::time::UnixNanos;
use common::wire::DataMessage;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::rest::{Reply, Rest};
use super::socket::Socket;
use super::{Received, choose_cryptography};
use crate::event::{Answer, ConnectionId, Input, LogLevel, Output};
use crate::feed::Feed;
use crate::request::Request;

const TICK: Duration = Duration::from_millis(100);
/// Frames that may wait for the feed; beyond that the sockets wait, and in the end the venue.
const QUEUE: usize = 8_192;
const BATCH: usize = 64;
const FAREWELL: Duration = Duration::from_secs(2);

/// Where the venue is, and how to look at the time.
#[derive(Clone, Debug)]
pub struct Venue {
    /// Origin of the REST API, such as `https://api.binance.com`.
    pub rest_url: String,
    /// Origin of the market streams, such as `wss://stream.binance.com:9443`.
    pub stream_url: String,
    /// Our clock.
    pub clock: WallClock,
}

/// What the rest of the engine tells the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// Publish rules, history and a full book of a symbol.
    SnapshotWanted(Symbol),
    /// Whether a position is open: with one the feed never gives up.
    PositionOpen(bool),
}

/// What the feed tells the rest of the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// For the data channel.
    Publish(DataMessage),
    /// For the desk.
    Market(MarketEvent),
}

/// Why the feed ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A replaying venue came to the end of its tape.
    EndOfTape,
    /// It was asked to.
    Cancelled,
    /// It cannot go on; why, in words.
    GaveUp(String),
}

/// Something that happened at a socket.
pub(super) enum Happened {
    Opened(ConnectionId),
    Closed { connection: ConnectionId, reason: String },
    Frame { connection: ConnectionId, text: Utf8Bytes },
    Ping(ConnectionId),
    Answered { request: Request, sent_at: UnixNanos, reply: Reply },
}

/// Runs the feed until its end. `deliver` is called in the feed's order and must not block; `record` gets everything
/// that was received, and what does not fit into it is counted as dropped.
pub async fn run(
    feed: Feed,
    venue: Venue,
    mut control: mpsc::Receiver<Control>,
    deliver: impl FnMut(Delivery),
    record: Option<mpsc::Sender<Received>>,
    cancel: CancellationToken,
) -> End {
    choose_cryptography();
    let rest = match Rest::new(&venue.rest_url) {
        Ok(rest) => rest,
        Err(reason) => return End::GaveUp(reason),
    };
    let (events, mut happened) = mpsc::channel(QUEUE);
    let stop = cancel.child_token();
    let mut shell = Shell {
        url: format!("{}{}", venue.stream_url.trim_end_matches('/'), feed.stream_path()),
        feed,
        clock: venue.clock,
        rest,
        deliver,
        record,
        events,
        stop: stop.clone(),
        sockets: BTreeMap::new(),
        tasks: TaskTracker::new(),
    };
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut batch = Vec::with_capacity(BATCH);
    let mut controlled = true;
    let end = loop {
        let ended = tokio::select! {
            biased;
            () = cancel.cancelled() => Some(End::Cancelled),
            wish = control.recv(), if controlled => match wish {
                Some(Control::SnapshotWanted(symbol)) => shell.step(shell.clock.now(), Input::SnapshotWanted(symbol)),
                Some(Control::PositionOpen(open)) => shell.step(shell.clock.now(), Input::PositionOpen(open)),
                None => {
                    controlled = false;
                    None
                }
            },
            _ = ticks.tick() => shell.step(shell.clock.now(), Input::Tick),
            _ = happened.recv_many(&mut batch, BATCH) => {
                batch.drain(..).fold(None, |ended, (at, what)| ended.or_else(|| shell.take(at, what)))
            }
        };
        if let Some(end) = ended {
            break end;
        }
    };
    stop.cancel();
    drop(happened);
    shell.tasks.close();
    let _ = tokio::time::timeout(FAREWELL, shell.tasks.wait()).await;
    end
}

struct Shell<D> {
    feed: Feed,
    url: String,
    clock: WallClock,
    rest: Rest,
    deliver: D,
    record: Option<mpsc::Sender<Received>>,
    events: mpsc::Sender<(UnixNanos, Happened)>,
    stop: CancellationToken,
    sockets: BTreeMap<ConnectionId, CancellationToken>,
    tasks: TaskTracker,
}

impl<D: FnMut(Delivery)> Shell<D> {
    fn take(&mut self, at: UnixNanos, happened: Happened) -> Option<End> {
        match happened {
            Happened::Frame { connection, text } => {
                let end = self.step(at, Input::Frame { connection, bytes: text.as_bytes() });
                self.record(|| Received::Frame { recv_ts: at, text });
                end
            }
            Happened::Opened(connection) => self.step(at, Input::Opened(connection)),
            Happened::Closed { connection, reason } => {
                self.sockets.remove(&connection);
                self.step(at, Input::Closed { connection, reason: &reason })
            }
            Happened::Ping(connection) => self.step(at, Input::Ping(connection)),
            Happened::Answered { request, sent_at, reply } => {
                let answer = match &reply {
                    Reply::Replied { status, used_weight, retry_after, body } => {
                        Answer::Replied { status: *status, used_weight: *used_weight, retry_after: *retry_after, body }
                    }
                    Reply::Failed(reason) => Answer::Failed(reason),
                };
                let path = request.path();
                let end = self.step(at, Input::Answer { request, sent_at, answer });
                if let Reply::Replied { status: 200, body, .. } = reply {
                    self.record(|| Received::Rest { recv_ts: at, path, body });
                }
                end
            }
        }
    }

    fn step(&mut self, at: UnixNanos, input: Input<'_>) -> Option<End> {
        let mut end = None;
        for output in self.feed.step(at, input) {
            match output {
                Output::Publish(message) => (self.deliver)(Delivery::Publish(message)),
                Output::Market(event) => (self.deliver)(Delivery::Market(event)),
                Output::Open(id) => self.open(id),
                Output::Close(id) => {
                    if let Some(socket) = self.sockets.remove(&id) {
                        socket.cancel();
                    }
                }
                Output::Fetch(request) => {
                    let fetch = self.rest.clone().fetch(request, self.clock, self.events.clone());
                    self.tasks.spawn(self.stop.clone().run_until_cancelled_owned(fetch));
                }
                Output::Log(LogLevel::Info, text) => tracing::info!(target: "feed", "{text}"),
                Output::Log(LogLevel::Warn, text) => tracing::warn!(target: "feed", "{text}"),
                Output::EndOfTape => end = Some(End::EndOfTape),
                Output::GiveUp(reason) => end = Some(End::GaveUp(reason)),
            }
        }
        end
    }

    fn open(&mut self, id: ConnectionId) {
        let cancel = self.stop.child_token();
        let socket = Socket {
            id,
            url: self.url.clone(),
            clock: self.clock,
            events: self.events.clone(),
            cancel: cancel.clone(),
        };
        self.sockets.insert(id, cancel);
        self.tasks.spawn(socket.run());
    }

    fn record(&mut self, received: impl FnOnce() -> Received) {
        if let Some(record) = &self.record
            && record.try_send(received()).is_err()
        {
            self.feed.count_dropped(1);
        }
    }
}
