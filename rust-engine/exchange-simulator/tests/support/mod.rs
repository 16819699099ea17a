//! A tape made by hand, a simulator in this process, and a client of its streams.
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)] // each test file uses its own part

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use common::time::UnixNanos;
use exchange_simulator::server::{RunningServer, SimulatorConfig, serve};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tape::{Header, Line, Source, Writer};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

pub const SYMBOL: &str = "TRXUSDT";
/// 2025-10-10T21:27:30.000123Z: with microseconds that must survive.
pub const LIVE_MICROS: i64 = 1_760_131_650_000_123;
pub const FIRST_ID: u64 = 1_000;
/// Everything in a test has to happen within this.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A market that moves in a fixed way: a change of the book each 100 ms, a print each 250 ms.
pub struct TapeMaker {
    pub history_seconds: i64,
    pub live_seconds: i64,
    pub snapshot_after: usize,
    pub extra: Vec<(i64, String)>,
}

impl Default for TapeMaker {
    fn default() -> Self {
        Self { history_seconds: 5, live_seconds: 10, snapshot_after: 0, extra: Vec::new() }
    }
}

pub fn symbol_info(symbol: &str) -> Value {
    json!({"symbol": symbol, "status": "TRADING", "baseAsset": symbol.trim_end_matches("USDT"), "baseAssetPrecision": 8,
           "quoteAsset": "USDT", "quotePrecision": 8, "quoteAssetPrecision": 8, "permissionSets": [["SPOT", "MARGIN"]],
           "filters": [{"filterType": "PRICE_FILTER", "minPrice": "0.0001", "maxPrice": "1000", "tickSize": "0.0001"},
                       {"filterType": "LOT_SIZE", "minQty": "0.1", "maxQty": "9000000", "stepSize": "0.1"}]})
}

fn price(ticks: i64) -> String {
    format!("{}.{:04}0000", ticks / 10_000, ticks % 10_000)
}

impl TapeMaker {
    /// All lines but the snapshot, in order of time: depth ids are contiguous from `FIRST_ID + 1` on.
    fn frames(&self) -> Vec<(i64, String)> {
        let mut lines = Vec::new();
        let mut id = FIRST_ID;
        let begin = -self.history_seconds * 10;
        for tenth in begin..self.live_seconds * 10 {
            let at = LIVE_MICROS + tenth * 100_000;
            let (first, last) = (id + 1, id + 1 + (tenth.rem_euclid(3)).unsigned_abs());
            id = last;
            let quantity = 100 + tenth.rem_euclid(7);
            let gone = if tenth.rem_euclid(4) == 0 { "0.00000000".to_owned() } else { format!("{quantity}.00000000") };
            let frame = json!({"stream": "trxusdt@depth@100ms", "data": {"e": "depthUpdate", "E": at, "s": SYMBOL, "U": first, "u": last,
                "b": [[price(3_190 - tenth.rem_euclid(9)), gone]], "a": [[price(3_200 + tenth.rem_euclid(11)), format!("{quantity}.50000000")]]}});
            lines.push((at + 3_000, frame.to_string()));
        }
        for quarter in begin * 2 / 5..self.live_seconds * 4 {
            let at = LIVE_MICROS + quarter * 250_000 + 7;
            let number = 70_000 + quarter - begin * 2 / 5;
            let frame = json!({"stream": "trxusdt@trade", "data": {"e": "trade", "E": at + 500, "s": SYMBOL, "t": number,
                "p": price(3_195 + quarter.rem_euclid(5)), "q": "12.50000000", "T": at, "m": quarter % 2 == 0, "M": true}});
            lines.push((at + 2_000, frame.to_string()));
        }
        lines.extend(self.extra.iter().map(|(micros, text)| (LIVE_MICROS + micros, text.clone())));
        lines.sort_by_key(|&(at, _)| at);
        lines
    }

    pub fn snapshot() -> Value {
        let side = |from: i64, step: i64| -> Vec<Value> {
            (0..30).map(|level| json!([price(from + step * level), "50.00000000"])).collect()
        };
        json!({"lastUpdateId": FIRST_ID, "bids": side(3_190, -1), "asks": side(3_200, 1)})
    }

    /// Writes the tape to a folder of its own.
    pub fn write(&self) -> TestTape {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.tape");
        let mut header = Header::new(Source::Generated, vec![symbol_info(SYMBOL)]);
        header.live_from_ns = Some(UnixNanos(LIVE_MICROS * 1_000));
        let mut writer = Writer::create(&path, &header).unwrap();
        let frames = self.frames();
        for (index, (at, text)) in frames.iter().enumerate() {
            if index == self.snapshot_after {
                let rest = format!("/api/v3/depth?symbol={SYMBOL}&limit=1000");
                writer
                    .write(&Line::rest(UnixNanos(at * 1_000), &rest, &Self::snapshot().to_string()).unwrap())
                    .unwrap();
            }
            writer.write(&Line::frame(UnixNanos(at * 1_000), text)).unwrap();
        }
        writer.finish().unwrap();
        TestTape { folder, path }
    }
}

/// A tape on disk, gone with the test.
pub struct TestTape {
    pub folder: TempDir,
    pub path: PathBuf,
}

impl TestTape {
    pub fn config(&self) -> SimulatorConfig {
        let mut config = SimulatorConfig::new(&self.path, SocketAddr::from(([127, 0, 0, 1], 0)));
        config.speed = 10.0;
        config.manners.grace = Duration::from_millis(200);
        config
    }
}

/// A running simulator; dropping it ends it.
pub struct Simulator {
    pub running: RunningServer,
    pub http: reqwest::Client,
    shutdown: CancellationToken,
    _tape: Option<TestTape>,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Simulator {
    pub async fn start(config: SimulatorConfig) -> Self {
        let shutdown = CancellationToken::new();
        let running = serve(config, shutdown.clone()).await.unwrap();
        // The first of many tests in this process wins.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // No proxy and no certificates on loopback.
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Self { running, http, shutdown, _tape: None }
    }

    /// The usual simulator on the usual tape.
    pub async fn usual() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut SimulatorConfig)) -> Self {
        let tape = TapeMaker::default().write();
        let mut config = tape.config();
        change(&mut config);
        let mut simulator = Self::start(config).await;
        simulator._tape = Some(tape);
        simulator
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.addr)
    }

    pub async fn response(&self, path: &str) -> reqwest::Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.response(path).await.text().await.unwrap()).unwrap()
    }

    /// Status and code of a refusal.
    pub async fn refusal(&self, path: &str) -> (u16, i64) {
        let response = self.response(path).await;
        let status = response.status().as_u16();
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        (status, body["code"].as_i64().unwrap())
    }

    pub async fn order(&self, fault: Value) -> Value {
        let sent = self.http.post(self.url("/control/faults")).body(fault.to_string()).send().await.unwrap();
        serde_json::from_str(&sent.text().await.unwrap()).unwrap()
    }

    pub async fn connect(&self, path: &str) -> Client {
        let (socket, _) = connect_async(format!("ws://{}{path}", self.running.addr)).await.unwrap();
        Client(socket)
    }
}

/// A client of the market streams.
pub struct Client(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What a client received.
#[derive(Debug)]
pub enum Heard {
    Text(String),
    /// The connection ended in order.
    Closed(Option<(u16, String)>),
    /// The connection ended without a word.
    Cut,
}

impl Client {
    pub async fn say(&mut self, request: Value) {
        self.0.send(Message::text(request.to_string())).await.unwrap();
    }

    pub async fn hear(&mut self) -> Heard {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something within the patience");
            match next {
                Some(Ok(Message::Text(text))) => return Heard::Text(text.to_string()),
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Closed(frame.map(|frame| (frame.code.into(), frame.reason.to_string())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Cut,
            }
        }
    }

    /// The next text, as it came.
    pub async fn text(&mut self) -> String {
        match self.hear().await {
            Heard::Text(text) => text,
            other => panic!("a text was expected, not {other:?}"),
        }
    }

    /// The next message.
    pub async fn next(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// Reads until a message fits.
    pub async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.next().await;
            if fits(&message) {
                return message;
            }
        }
    }

    /// Everything up to the end of the tape.
    pub async fn until_the_end(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let message = self.next().await;
            if message["stream"] == "!endOfTape" || message["e"] == "endOfTape" {
                return all;
            }
            all.push(message);
        }
    }
}

/// The payloads of one stream of a combined connection.
pub fn of_stream<'a>(messages: &'a [Value], stream: &str) -> Vec<&'a Value> {
    messages.iter().filter(|message| message["stream"] == stream).map(|message| &message["data"]).collect()
}

/// True for a reply to a control message.
pub fn is_reply(message: &Value) -> bool {
    message.get("id").is_some()
}
