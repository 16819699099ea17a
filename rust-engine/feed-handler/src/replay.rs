//! A tape through the same door, as fast as it can be read: no socket, no clock, no waiting.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Seek};

use common::market::{Bar, Symbol, TradePrint};
use common::time::{NANOS_PER_SECOND, UnixNanos};
use common::wire::DataMessage;
use serde_json::json;
use tape::{Content, Header, Line, Lines, TapeError};

use crate::bars::{Bars, second_of};
use crate::config::FeedConfig;
use crate::event::{Answer, ConnectionId, Input, Output};
use crate::feed::Feed;
use crate::publish::trade_message;
use crate::request::{Request, percent_encoded};

const LEAD: i64 = 60 * NANOS_PER_SECOND;
const CONNECTION: ConnectionId = ConnectionId(1);

/// The feed over a tape. Lines before the tape's live start build the book and become bars; the rest comes out as the
/// live feed would tell it. Nothing ticks: silence, audits and the health of each second are left out.
pub struct Replay {
    feed: Feed,
    live_from: UnixNanos,
    history: Option<BTreeMap<Symbol, History>>,
    opening: Vec<Output>,
    last_recv_ts: UnixNanos,
}

struct History {
    bars: Bars,
    /// Prints of the running second: they are told again after the bars.
    running: Vec<TradePrint>,
}

impl Replay {
    /// Prepares the replay of a tape with this header.
    #[must_use]
    pub fn new(config: FeedConfig, header: &Header) -> Self {
        let symbols: Vec<Symbol> = header.symbol_names().into_iter().map(Symbol::new).collect();
        let live_from = header.live_from_ns.unwrap_or(UnixNanos::ZERO);
        let kept = config.warmup_seconds as usize;
        let history = symbols
            .iter()
            .map(|symbol| (symbol.clone(), History { bars: Bars::new(kept.max(1)), running: Vec::new() }));
        let mut replay = Self {
            history: (live_from > UnixNanos::ZERO).then(|| history.collect()),
            feed: Feed::new(FeedConfig { warmup_seconds: 0, ..config }, &symbols, 0),
            live_from,
            opening: Vec::new(),
            last_recv_ts: UnixNanos::ZERO,
        };
        let rules = json!({ "serverTime": 0, "symbols": header.symbols }).to_string();
        // Long enough before the first line that a book may start without an update.
        let start = header.first_ts_ns.map_or(UnixNanos::ZERO, |first| first - LEAD);
        replay.opening.extend(replay.feed.step(start, Input::Tick));
        let request = Request::ExchangeInfo(symbols);
        replay.opening.extend(replay.feed.step(start, answered(request, start, rules.as_bytes())));
        replay.opening.extend(replay.feed.step(start, Input::Opened(CONNECTION)));
        replay
    }

    /// Takes the next line; says what the feed would have done. Requests and connections are the tape's business.
    pub fn line(&mut self, line: &Line) -> Vec<Output> {
        let now = line.recv_ts;
        self.last_recv_ts = now;
        let mut out = std::mem::take(&mut self.opening);
        out.retain(|output| !matches!(output, Output::Open(_) | Output::Close(_) | Output::Fetch(_)));
        if self.history.is_some() && now >= self.live_from {
            self.go_live(now, &mut out);
        }
        let outputs = match &line.content {
            Content::Frame(frame) => self.frame(now, frame.get().as_bytes()),
            Content::Text(text) => self.frame(now, text.as_bytes()),
            Content::Rest { path, body } => match self.snapshot_request(path) {
                Some(request) => self.feed.step(now, answered(request, now, body.get().as_bytes())),
                None => Vec::new(),
            },
        };
        for output in outputs {
            match (&mut self.history, output) {
                (_, Output::Open(_) | Output::Close(_) | Output::Fetch(_)) => {}
                (Some(history), Output::Market(common::market::MarketEvent::Trade(print))) => remember(history, print),
                // The desk and the log are told of the history too; the strategy gets it as bars.
                (Some(_), Output::Publish(_)) => {}
                (_, output) => out.push(output),
            }
        }
        out
    }

    /// How each symbol was seen over the whole tape.
    pub fn health(&mut self) -> Vec<Output> {
        let mut out = Vec::new();
        self.feed.end_second(self.last_recv_ts, NANOS_PER_SECOND, &mut out);
        out
    }

    /// The feed, to look at.
    #[must_use]
    pub const fn feed(&self) -> &Feed {
        &self.feed
    }

    fn frame(&mut self, now: UnixNanos, bytes: &[u8]) -> Vec<Output> {
        self.feed.step(now, Input::Frame { connection: CONNECTION, bytes })
    }

    fn go_live(&mut self, now: UnixNanos, out: &mut Vec<Output>) {
        let running_second = second_of(self.live_from);
        for (symbol, mut history) in self.history.take().unwrap_or_default() {
            let (bars, last_trade_id) = history.bars.closed(running_second);
            out.push(Output::Publish(DataMessage::Bars { symbol, bars, last_trade_id, timestamp: now }));
            let running = history.running.iter().filter(|print| print.exchange_ts >= running_second);
            out.extend(running.map(|print| Output::Publish(trade_message(print))));
        }
    }

    /// The request that a recorded book answers: one to start from, where one is awaited.
    fn snapshot_request(&self, path: &str) -> Option<Request> {
        let query = path.strip_prefix("/api/v3/depth?")?;
        let value = |name: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let named = value("symbol")?;
        let symbol = self.feed.markets.keys().find(|symbol| percent_encoded(symbol.as_str()) == named)?.clone();
        let limit = value("limit").map_or(Some(100), |limit| limit.parse().ok())?;
        self.feed.markets[&symbol].local().is_none().then_some(Request::Snapshot { symbol, limit })
    }
}

fn answered(request: Request, now: UnixNanos, body: &[u8]) -> Input<'_> {
    let answer = Answer::Replied { status: 200, used_weight: None, retry_after: None, body };
    Input::Answer { request, sent_at: now, answer }
}

fn remember(history: &mut BTreeMap<Symbol, History>, print: TradePrint) {
    let Some(history) = history.get_mut(&print.symbol) else { return };
    history.bars.add(&print, 1);
    let second = second_of(print.exchange_ts);
    history.running.retain(|earlier| earlier.exchange_ts >= second);
    history.running.push(print);
}

/// The bars that prints make of the last `kept` seconds before `until`, and the newest print in them (0: none), as a start
/// at that time would get them.
#[must_use]
pub fn history(prints: impl IntoIterator<Item = TradePrint>, kept: usize, until: UnixNanos) -> (Vec<Bar>, u64) {
    let mut bars = Bars::new(kept.max(1));
    let until = second_of(until);
    prints.into_iter().filter(|print| print.exchange_ts < until).for_each(|print| bars.add(&print, 1));
    bars.closed(until)
}

/// Every message that the feed would have published over a tape.
///
/// # Errors
/// Each item may be the tape's complaint, which ends it.
pub fn messages<R: Read + Seek>(
    config: FeedConfig,
    lines: Lines<R>,
) -> impl Iterator<Item = Result<DataMessage, TapeError>> {
    let replay = Replay::new(config, lines.header());
    Messages { replay, lines, ready: VecDeque::new() }
}

struct Messages<R> {
    replay: Replay,
    lines: Lines<R>,
    ready: VecDeque<DataMessage>,
}

impl<R: Read + Seek> Iterator for Messages<R> {
    type Item = Result<DataMessage, TapeError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            match self.lines.next()? {
                Ok(line) => self.ready.extend(self.replay.line(&line).into_iter().filter_map(|output| match output {
                    Output::Publish(message) => Some(message),
                    _ => None,
                })),
                Err(error) => return Some(Err(error)),
            }
        }
        self.ready.pop_front().map(Ok)
    }
}
