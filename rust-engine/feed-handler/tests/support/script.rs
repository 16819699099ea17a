//! A venue of words and virtual time: it says what the script tells it to, and nothing waits.

use common::market::{MarketEvent, Symbol, Trust};
use common::time::UnixNanos;
use common::wire::{DataMessage, HealthMetrics, OrderBookSnapshot};
use feed_handler::{Answer, ConnectionId, Feed, FeedConfig, Input, Output, Request};
use serde_json::json;

use super::{config, symbol_rules};

pub(crate) const SYMBOL: &str = "BTCUSDT";
const START: i64 = 1_700_000_000_000_000_000;
pub(crate) const FIRST: ConnectionId = ConnectionId(1);
pub(crate) const SECOND: ConnectionId = ConnectionId(2);

pub(crate) struct Script {
    pub(crate) feed: Feed,
    pub(crate) now: UnixNanos,
    /// Everything that the feed said since it was last looked at.
    pub(crate) said: Vec<Output>,
}

/// Levels as the venue prints them: `&[("100.00", "1")]`.
pub(crate) type Side<'a> = &'a [(&'a str, &'a str)];

impl Script {
    pub(crate) fn new(config: FeedConfig) -> Self {
        Self { feed: Feed::new(config, &[Symbol::new(SYMBOL)], 7), now: UnixNanos(START), said: Vec::new() }
    }

    /// Without history, which has its own tests.
    pub(crate) fn quick() -> Self {
        Self::new(FeedConfig { warmup_seconds: 0, ..config() })
    }

    /// Rules known, first connection open, nothing said by the venue yet.
    pub(crate) fn connected(mut self) -> Self {
        self.step(Input::Tick);
        self.answer_rules();
        self.step(Input::Opened(FIRST));
        self
    }

    /// In sync at update 10: bid 1 at 100, ask 1 at 101.
    pub(crate) fn in_sync(self) -> Self {
        let mut script = self.connected();
        script.diff(FIRST, 10, 10, &[("100.00", "1")], &[]);
        script.answer_snapshot(10, &[("100.00", "1")], &[("101.00", "1")]);
        assert_eq!(script.trust(), vec![Trust::Trusted]);
        script.said.clear();
        script
    }

    pub(crate) fn step(&mut self, input: Input<'_>) {
        let said = self.feed.step(self.now, input);
        let asked_for_time = said.contains(&Output::Fetch(Request::Time));
        self.said.extend(said);
        if asked_for_time {
            self.answer(Request::Time, &json!({"serverTime": self.now.micros()}).to_string());
        }
    }

    /// Lets time pass, tick by tick; `each` may speak for the venue before each tick.
    pub(crate) fn pass(&mut self, millis: i64, mut each: impl FnMut(&mut Self)) {
        for _ in 0..millis / 100 {
            self.now = self.now + 100_000_000;
            each(self);
            self.step(Input::Tick);
        }
    }

    pub(crate) fn frame(&mut self, connection: ConnectionId, text: &str) {
        self.step(Input::Frame { connection, bytes: text.as_bytes() });
    }

    pub(crate) fn diff(&mut self, from: ConnectionId, first: u64, last: u64, bids: Side<'_>, asks: Side<'_>) {
        self.frame(from, &diff(self.now, first, last, bids, asks));
    }

    pub(crate) fn trade(&mut self, from: ConnectionId, id: u64) {
        self.frame(from, &trade(self.now, id, "100.50", "2"));
    }

    pub(crate) fn answer(&mut self, request: Request, body: &str) {
        self.answer_status(request, 200, None, body);
    }

    pub(crate) fn answer_status(&mut self, request: Request, status: u16, retry_after: Option<u64>, body: &str) {
        let answer = Answer::Replied { status, used_weight: None, retry_after, body: body.as_bytes() };
        let sent_at = self.now;
        self.step(Input::Answer { request, sent_at, answer });
    }

    pub(crate) fn answer_rules(&mut self) {
        let body = json!({
            "serverTime": self.now.millis(), "symbols": [symbol_rules(SYMBOL, "0.01000000")],
            "rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000}],
            "simulator": {"tapeShiftSeconds": 60},
        });
        self.answer(Request::ExchangeInfo(vec![Symbol::new(SYMBOL)]), &body.to_string());
    }

    pub(crate) fn answer_snapshot(&mut self, id: u64, bids: Side<'_>, asks: Side<'_>) {
        self.answer(snapshot_request(), &snapshot(id, bids, asks));
    }

    pub(crate) fn answer_audit(&mut self, id: u64, bids: Side<'_>, asks: Side<'_>) {
        self.answer(audit_request(), &snapshot(id, bids, asks));
    }

    pub(crate) fn fetched(&self) -> Vec<Request> {
        self.said
            .iter()
            .filter_map(|output| match output {
                Output::Fetch(request) if *request != Request::Time => Some(request.clone()),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn opened(&self) -> Vec<ConnectionId> {
        self.said.iter().filter_map(|output| if let Output::Open(id) = output { Some(*id) } else { None }).collect()
    }

    pub(crate) fn closed(&self) -> Vec<ConnectionId> {
        self.said.iter().filter_map(|output| if let Output::Close(id) = output { Some(*id) } else { None }).collect()
    }

    pub(crate) fn trust(&self) -> Vec<Trust> {
        self.said
            .iter()
            .filter_map(|output| match output {
                Output::Market(MarketEvent::Trust { trust, .. }) => Some(*trust),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn published(&self) -> impl Iterator<Item = &DataMessage> {
        super::published(&self.said)
    }

    pub(crate) fn books(&self) -> Vec<&OrderBookSnapshot> {
        self.published()
            .filter_map(|message| if let DataMessage::OrderBookSnapshot(book) = message { Some(book) } else { None })
            .collect()
    }

    pub(crate) fn prints(&self) -> Vec<u64> {
        self.published()
            .filter_map(|message| if let DataMessage::Trade(print) = message { Some(print.trade_id) } else { None })
            .collect()
    }

    /// Health of the second that ends now.
    pub(crate) fn health(&mut self) -> HealthMetrics {
        self.pass(1_000, |_| {});
        self.published()
            .filter_map(
                |message| if let DataMessage::HealthMetrics(health) = message { Some(health.clone()) } else { None },
            )
            .last()
            .expect("a second passed")
    }

    pub(crate) fn logged(&self, words: &str) -> usize {
        self.said.iter().filter(|output| matches!(output, Output::Log(_, text) if text.contains(words))).count()
    }
}

pub(crate) fn snapshot_request() -> Request {
    Request::Snapshot { symbol: Symbol::new(SYMBOL), limit: 5_000 }
}

pub(crate) fn audit_request() -> Request {
    Request::Audit { symbol: Symbol::new(SYMBOL), limit: 100 }
}

pub(crate) fn snapshot(id: u64, bids: Side<'_>, asks: Side<'_>) -> String {
    json!({"lastUpdateId": id, "bids": bids, "asks": asks}).to_string()
}

pub(crate) fn diff(at: UnixNanos, first: u64, last: u64, bids: Side<'_>, asks: Side<'_>) -> String {
    json!({"stream": "btcusdt@depth@100ms", "data": {
        "e": "depthUpdate", "E": at.micros(), "s": SYMBOL, "U": first, "u": last, "b": bids, "a": asks,
    }})
    .to_string()
}

pub(crate) fn trade(at: UnixNanos, id: u64, price: &str, quantity: &str) -> String {
    json!({"stream": "btcusdt@trade", "data": {
        "e": "trade", "E": at.micros(), "s": SYMBOL, "t": id, "p": price, "q": quantity, "T": at.micros(), "m": true, "M": true,
    }})
    .to_string()
}
