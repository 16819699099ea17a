//! The life of one stream connection: subscribe, be told, be pinged, be limited, end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use super::control::{Change, MOST_STREAMS, Subscriptions};
use super::hub::{Hub, Out};
use super::names::Wish;
use crate::event::TimeUnit;

const NORMAL: u16 = 1_000;
const POLICY: u16 = 1_008;
/// Messages that are written before the socket is flushed.
const FLUSH_AFTER: usize = 256;

/// The clockwork of a connection; the defaults are Binance's.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Between two pings.
    pub ping_every: Duration,
    /// A ping must be answered within this.
    pub pong_within: Duration,
    /// The longest life of a connection.
    pub longest_life: Duration,
    /// Incoming messages in any second.
    pub messages_per_second: usize,
    /// Messages that may wait for a slow client.
    pub queue: usize,
    /// How long a closing client is waited for.
    pub close_within: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(20),
            pong_within: Duration::from_secs(60),
            longest_life: Duration::from_secs(24 * 3_600),
            messages_per_second: 5,
            queue: 50_000,
            close_within: Duration::from_secs(2),
        }
    }
}

/// Serves one connection until it ends. `on_streams` is called when streams are added.
pub async fn serve(
    socket: WebSocket,
    wish: Wish,
    hub: Arc<Hub>,
    timing: Timing,
    on_streams: impl Fn(&[String]) + Send,
) {
    let (sink, incoming) = socket.split();
    let (queue, waiting) = mpsc::channel(timing.queue);
    let cut = CancellationToken::new();
    let combined = Arc::new(AtomicBool::new(wish.combined));
    let writer = Writer { sink, waiting, unit: wish.unit, combined: Arc::clone(&combined) };
    let id = hub.connect(queue.clone(), cut.clone());
    let writing = tokio::spawn({
        let cut = cut.clone();
        async move {
            tokio::select! {
                biased;
                () = cut.cancelled() => {}
                () = writer.run() => {}
            }
        }
    });
    let too_many = wish.streams.len() > MOST_STREAMS;
    let mut reader = Reader {
        id,
        incoming,
        queue,
        hub: Arc::clone(&hub),
        subscriptions: Subscriptions { streams: wish.streams, combined: wish.combined },
        combined,
        timing,
        pings: VecDeque::new(),
        heard: VecDeque::new(),
    };
    if too_many {
        reader.close(POLICY, "Too many streams");
    } else {
        hub.change(id, &reader.subscriptions.streams, &[]);
        on_streams(&reader.subscriptions.streams);
    }
    tokio::select! {
        biased;
        () = cut.cancelled() => {}
        () = reader.run(&on_streams) => {}
        // The writer ends after a close, or when the client is gone.
        _ = writing => reader.await_goodbye().await,
    }
    hub.disconnect(id);
    cut.cancel();
}

struct Writer {
    sink: SplitSink<WebSocket, Message>,
    waiting: Receiver<Out>,
    unit: TimeUnit,
    combined: Arc<AtomicBool>,
}

impl Writer {
    async fn run(mut self) {
        while let Some(out) = self.waiting.recv().await {
            if !self.write_all(out).await {
                return;
            }
        }
    }

    /// Writes one message and what waits behind it; false once the connection has ended.
    async fn write_all(&mut self, first: Out) -> bool {
        let mut next = Some(first);
        for _ in 0..FLUSH_AFTER {
            let Some(out) = next else { break };
            let goes_on = match out {
                Out::Frame(frame) => {
                    let text = frame.text(self.unit, self.combined.load(Ordering::Relaxed));
                    self.sink.feed(Message::Text(text)).await.is_ok()
                }
                Out::Answer(text) => self.sink.feed(Message::Text(text.into())).await.is_ok(),
                Out::Ping(payload) => self.sink.feed(Message::Ping(payload.into())).await.is_ok(),
                Out::Stall { until, lost } => self.sink.flush().await.is_ok() && self.stall(until, lost).await,
                Out::Close { code, reason } => {
                    let close = CloseFrame { code, reason: reason.into() };
                    // The client may be gone already; either way this is the end.
                    let _ = self.sink.send(Message::Close(Some(close))).await;
                    return false;
                }
            };
            if !goes_on {
                return false;
            }
            next = self.waiting.try_recv().ok();
        }
        match next {
            None => self.sink.flush().await.is_ok(),
            Some(out) => self.sink.flush().await.is_ok() && Box::pin(self.write_all(out)).await,
        }
    }

    /// Writes nothing until `until`.
    async fn stall(&mut self, until: Instant, lost: bool) -> bool {
        if !lost {
            sleep_until(until).await;
            return true;
        }
        while let Ok(out) = timeout_at(until, self.waiting.recv()).await {
            if out.is_none() {
                return false;
            }
        }
        true
    }
}

struct Reader {
    id: u64,
    incoming: SplitStream<WebSocket>,
    queue: Sender<Out>,
    hub: Arc<Hub>,
    subscriptions: Subscriptions,
    combined: Arc<AtomicBool>,
    timing: Timing,
    /// Pings without a pong, oldest first.
    pings: VecDeque<(Vec<u8>, Instant)>,
    /// When the last messages came.
    heard: VecDeque<Instant>,
}

impl Reader {
    async fn run(&mut self, on_streams: &(impl Fn(&[String]) + Send)) {
        let begun = Instant::now();
        let dies_at = begun + self.timing.longest_life;
        let mut ping_at = begun + self.timing.ping_every;
        loop {
            let pong_by = self.pings.front().map(|&(_, sent)| sent + self.timing.pong_within);
            tokio::select! {
                biased;
                () = sleep_until(dies_at) => self.close(NORMAL, "24 hours are over"),
                () = sleep_until(pong_by.unwrap_or(dies_at)), if pong_by.is_some() => self.close(POLICY, "Pong timeout"),
                () = sleep_until(ping_at) => {
                    self.ping(ping_at.duration_since(begun));
                    ping_at += self.timing.ping_every;
                    continue;
                }
                message = self.incoming.next() => match message {
                    Some(Ok(message)) if self.hears(&message, on_streams) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => self.close(POLICY, "Too many requests"),
                },
            }
            self.await_goodbye().await;
            return;
        }
    }

    /// Takes a message; false where the connection has to end.
    fn hears(&mut self, message: &Message, on_streams: &(impl Fn(&[String]) + Send)) -> bool {
        let now = Instant::now();
        while self.heard.front().is_some_and(|&earlier| now.duration_since(earlier) >= Duration::from_secs(1)) {
            self.heard.pop_front();
        }
        self.heard.push_back(now);
        if self.heard.len() > self.timing.messages_per_second {
            return false;
        }
        match message {
            Message::Text(text) => self.obey(text, on_streams),
            // Binary control messages are not documented; the ping is answered by the socket itself.
            Message::Binary(_) | Message::Ping(_) => {}
            Message::Pong(payload) => {
                if let Some(at) = self.pings.iter().position(|(sent, _)| sent[..] == payload[..]) {
                    self.pings.drain(..=at);
                }
            }
            Message::Close(_) => return false,
        }
        true
    }

    fn obey(&mut self, text: &str, on_streams: &(impl Fn(&[String]) + Send)) {
        let (answer, Change { added, removed }) = self.subscriptions.handle(text);
        self.combined.store(self.subscriptions.combined, Ordering::Relaxed);
        self.say(Out::Answer(answer));
        if !added.is_empty() || !removed.is_empty() {
            self.hub.change(self.id, &added, &removed);
            on_streams(&added);
        }
    }

    fn ping(&mut self, age: Duration) {
        // Any payload will do, as long as each ping has its own.
        let payload = age.as_millis().to_string().into_bytes();
        self.pings.push_back((payload.clone(), Instant::now()));
        self.say(Out::Ping(payload));
    }

    fn close(&self, code: u16, reason: &'static str) {
        self.say(Out::Close { code, reason });
    }

    /// A full queue means a client that is about to be cut for it; nothing more has to be said to it.
    fn say(&self, out: Out) {
        let _ = self.queue.try_send(out);
    }

    /// Waits a little for the client's side of the closing.
    async fn await_goodbye(&mut self) {
        let until = Instant::now() + self.timing.close_within;
        while let Ok(Some(Ok(_))) = timeout_at(until, self.incoming.next()).await {}
    }
}
