//! A venue on loopback with real sockets; it says what the test tells it to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clock::WallClock;
use common::market::Symbol;
use common::wire::DataMessage;
use feed_handler::io::{self, Control, Delivery, End, Received};
use feed_handler::{Feed, FeedConfig};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_util::sync::CancellationToken;

use super::script::SYMBOL;
use super::{config, symbol_rules};

/// Far above what anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the venue answers to a depth request; the first are used up before the last is repeated.
pub(crate) type DepthAnswers = Arc<Mutex<VecDeque<(u16, String)>>>;

pub(crate) struct Venue {
    pub(crate) depth: DepthAnswers,
    pub(crate) clock: WallClock,
    rest: String,
    streams: String,
    sockets: mpsc::Receiver<(String, WebSocketStream<TcpStream>)>,
}

impl Venue {
    pub(crate) async fn start() -> Self {
        let depth: DepthAnswers = Arc::default();
        let rest = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let streams = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (rest_port, stream_port) = (port(&rest), port(&streams));
        tokio::spawn(serve_rest(rest, Arc::clone(&depth)));
        let (accepted, sockets) = mpsc::channel(16);
        tokio::spawn(accept_streams(streams, accepted));
        Self {
            depth,
            clock: WallClock::start(),
            rest: format!("http://127.0.0.1:{rest_port}"),
            streams: format!("ws://127.0.0.1:{stream_port}"),
            sockets,
        }
    }

    /// The next connection to the streams, and the path that it asked for.
    pub(crate) async fn accept(&mut self) -> (String, Stream) {
        let (path, socket) = within(self.sockets.recv()).await.expect("the listener lives");
        (path, Stream { socket, clock: self.clock })
    }

    pub(crate) fn answer_depth(&self, status: u16, body: &str) {
        self.depth.lock().expect("not poisoned").push_back((status, body.to_owned()));
    }

    /// Runs the feed against this venue.
    pub(crate) fn follow(&self, record: Option<mpsc::Sender<Received>>) -> Follower {
        let config = FeedConfig { warmup_seconds: 0, ..config() };
        let feed = Feed::new(config, &[Symbol::new(SYMBOL)], 5);
        let (control, controls) = mpsc::channel(8);
        let (deliver, deliveries) = mpsc::unbounded_channel();
        let cancel = CancellationToken::new();
        let venue = io::Venue { rest_url: self.rest.clone(), stream_url: self.streams.clone(), clock: self.clock };
        let deliver = move |delivery| deliver.send(delivery).unwrap_or_default();
        let running = tokio::spawn(io::run(feed, venue, controls, deliver, record, cancel.clone()));
        Follower { control, deliveries, cancel, running }
    }
}

/// The venue's end of one connection.
pub(crate) struct Stream {
    socket: WebSocketStream<TcpStream>,
    clock: WallClock,
}

impl Stream {
    pub(crate) async fn say(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.expect("the feed listens");
    }

    pub(crate) async fn diff(&mut self, first: u64, last: u64, bids: super::script::Side<'_>) {
        self.say(super::script::diff(self.clock.now(), first, last, bids, &[])).await;
    }

    pub(crate) async fn trade(&mut self, id: u64) {
        self.say(super::script::trade(self.clock.now(), id, "100.50", "2")).await;
    }

    pub(crate) async fn ping(&mut self, payload: &'static [u8]) {
        self.socket.send(Message::Ping(payload.into())).await.expect("the feed listens");
    }

    pub(crate) async fn hear(&mut self) -> Option<Message> {
        within(self.socket.next()).await.and_then(Result::ok)
    }
}

/// A feed that runs.
pub(crate) struct Follower {
    pub(crate) control: mpsc::Sender<Control>,
    pub(crate) deliveries: mpsc::UnboundedReceiver<Delivery>,
    pub(crate) cancel: CancellationToken,
    running: JoinHandle<End>,
}

impl Follower {
    /// Waits for the first published message that `wanted` takes.
    pub(crate) async fn published<T>(&mut self, mut wanted: impl FnMut(&DataMessage) -> Option<T>) -> T {
        loop {
            if let Some(Delivery::Publish(message)) = within(self.deliveries.recv()).await
                && let Some(found) = wanted(&message)
            {
                return found;
            }
        }
    }

    /// Waits for the book at an update.
    pub(crate) async fn book_at(&mut self, update: u64) {
        self.published(|message| match message {
            DataMessage::OrderBookSnapshot(book) if book.last_update_id == update => Some(()),
            _ => None,
        })
        .await;
    }

    pub(crate) async fn print(&mut self) -> u64 {
        self.published(|message| if let DataMessage::Trade(print) = message { Some(print.trade_id) } else { None })
            .await
    }

    pub(crate) async fn end(self) -> End {
        within(self.running).await.expect("the feed does not panic")
    }
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes no 20 s")
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("bound").port()
}

async fn accept_streams(listener: TcpListener, accepted: mpsc::Sender<(String, WebSocketStream<TcpStream>)>) {
    while let Ok((stream, _)) = listener.accept().await {
        let mut path = String::new();
        #[expect(clippy::result_large_err, reason = "the library's signature")]
        let note = |request: &Request, response: Response| {
            path = request.uri().to_string();
            Ok(response)
        };
        if let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, note).await
            && accepted.send((path, socket)).await.is_err()
        {
            return;
        }
    }
}

async fn serve_rest(listener: TcpListener, depth: DepthAnswers) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&depth)));
    }
}

async fn answer(mut stream: TcpStream, depth: DepthAnswers) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path.split('?').next().unwrap_or_default() {
        "/api/v3/time" => (200, json!({"serverTime": WallClock::start().now().micros()}).to_string()),
        "/api/v3/exchangeInfo" => {
            let rules = json!({"serverTime": 0, "rateLimits": [], "symbols": [symbol_rules(SYMBOL, "0.01000000")]});
            (200, rules.to_string())
        }
        "/api/v3/depth" => {
            let mut answers = depth.lock().expect("not poisoned");
            let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
            next.unwrap_or((503, "{}".to_owned()))
        }
        _ => (404, "{}".to_owned()),
    };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all((head + &body).as_bytes()).await;
    let _ = stream.shutdown().await;
}
