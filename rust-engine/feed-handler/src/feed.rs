//! The feed's one door: what happened in, what is to be done out. No socket, no clock, no file.

use std::collections::BTreeMap;

use common::market::{MarketEvent, Symbol};
use common::time::{NANOS_PER_SECOND, UnixNanos};
use orderbook::Book;

use crate::backoff::Backoff;
use crate::binance::{Frame, parse_frame};
use crate::config::FeedConfig;
use crate::event::{ConnectionId, Input, LogLevel, Output};
use crate::failover::{Links, Replace};
use crate::health::OncePerMinute;
use crate::liveness::Liveness;
use crate::market::{Market, MarketFrame};
use crate::offset::ClockOffset;
use crate::reason::Reason;
use crate::request::{Request, percent_encoded};
use crate::requests::Requests;
use crate::scene::Scene;

/// Time between two looks at the venue's clock; the first few follow each other quickly.
const CLOCK_CHECK: i64 = 10 * NANOS_PER_SECOND;
const FIRST_CLOCK_CHECKS: usize = 3;
/// Bars are kept a minute longer than the warm-up, so that an answer is complete while seconds pass.
const SPARE_BARS: usize = 60;

/// The market-data feed of several symbols over one connection.
///
/// ```
/// use common::config::{Config, Layers};
/// use common::market::Symbol;
/// use common::time::UnixNanos;
/// use feed_handler::{ConnectionId, Feed, FeedConfig, Input, Output};
/// let config = FeedConfig::from_config(&Config::read(&Layers::default()).unwrap());
/// let mut feed = Feed::new(config, &[Symbol::new("BTCUSDT")], 7);
/// assert_eq!(feed.stream_path(), "/stream?streams=btcusdt@depth@100ms/btcusdt@trade&timeUnit=MICROSECOND");
/// let todo = feed.step(UnixNanos(1_700_000_000_000_000_000), Input::Tick);
/// assert!(todo.contains(&Output::Open(ConnectionId(1))));
/// ```
#[derive(Clone, Debug)]
pub struct Feed {
    pub(crate) config: FeedConfig,
    pub(crate) markets: BTreeMap<Symbol, Market>,
    pub(crate) requests: Requests,
    pub(crate) offset: ClockOffset,
    pub(crate) once: OncePerMinute,
    pub(crate) links: Links,
    pub(crate) all_streams: Liveness,
    pub(crate) late_since: Option<UnixNanos>,
    pub(crate) second_began: Option<UnixNanos>,
    clock_check_at: UnixNanos,
    pub(crate) flat: bool,
    pub(crate) dropped: u64,
    pub(crate) ended: bool,
}

impl Feed {
    /// A feed of these symbols. The same seed and the same inputs give the same outputs.
    #[must_use]
    pub fn new(config: FeedConfig, symbols: &[Symbol], seed: u64) -> Self {
        let backoff = |salt| Backoff::new(config.reconnect_initial, config.reconnect_max, seed.wrapping_add(salt));
        let bars_kept = config.warmup_seconds as usize + SPARE_BARS;
        let (links, mut requests) = (Links::new(backoff(0), config.max_connection_age), Requests::new(backoff(1)));
        requests.want(Request::ExchangeInfo(symbols.to_vec()));
        Self {
            markets: symbols.iter().map(|symbol| (symbol.clone(), Market::new(symbol.clone(), bars_kept))).collect(),
            config,
            requests,
            links,
            offset: ClockOffset::default(),
            once: OncePerMinute::default(),
            all_streams: Liveness::default(),
            late_since: None,
            second_began: None,
            clock_check_at: UnixNanos::ZERO,
            flat: true,
            dropped: 0,
            ended: false,
        }
    }

    /// Path and query of the market streams to connect to.
    #[must_use]
    pub fn stream_path(&self) -> String {
        let streams: Vec<String> = self
            .markets
            .keys()
            .map(|symbol| percent_encoded(&symbol.as_str().to_lowercase()))
            .map(|name| format!("{name}@depth@100ms/{name}@trade"))
            .collect();
        format!("/stream?streams={}&timeUnit=MICROSECOND", streams.join("/"))
    }

    /// The book of a symbol and the last update in it; none while it is rebuilt.
    #[must_use]
    pub fn book(&self, symbol: &Symbol) -> Option<(&Book, u64)> {
        let market = self.markets.get(symbol)?;
        Some((&market.book, market.local()?))
    }

    /// Counts messages that a full queue dropped on their way.
    pub const fn count_dropped(&mut self, messages: u64) {
        self.dropped += messages;
    }

    /// Takes what happened at `now` (our clock), and says what is to be done, in this order.
    pub fn step(&mut self, now: UnixNanos, input: Input<'_>) -> Vec<Output> {
        let mut out = Vec::new();
        match input {
            Input::Frame { connection, bytes } => self.frame(now, connection, bytes, &mut out),
            Input::Tick => self.tick(now, &mut out),
            Input::Opened(connection) => self.opened(now, connection, &mut out),
            Input::Closed { connection, reason } => self.closed(now, connection, reason, &mut out),
            Input::Ping(connection) => self.links.heard(connection, now),
            Input::Answer { request, sent_at, answer } => self.answer(now, request, sent_at, answer, &mut out),
            Input::SnapshotWanted(symbol) => {
                let (markets, mut scene) = self.split(now, &mut out);
                match markets.get_mut(&symbol) {
                    Some(market) => market.snapshot_wanted(&mut scene),
                    None => scene.warn(format!("a snapshot of {symbol} was asked for, which is not followed")),
                }
            }
            Input::PositionOpen(open) => self.flat = !open,
        }
        self.fetch(now, &mut out);
        let mut told_first = Vec::new();
        self.publish_health(now, &mut told_first, |market| market.health.take_untold_loss());
        if told_first.is_empty() {
            return out;
        }
        told_first.append(&mut out);
        told_first
    }

    /// The markets, and what their steps may look at.
    pub(crate) fn split<'a>(
        &'a mut self,
        now: UnixNanos,
        out: &'a mut Vec<Output>,
    ) -> (&'a mut BTreeMap<Symbol, Market>, Scene<'a>) {
        let scene = Scene {
            config: &self.config,
            now,
            clock_offset: self.offset.nanos(),
            requests: &mut self.requests,
            once: &mut self.once,
            out,
        };
        (&mut self.markets, scene)
    }

    fn frame(&mut self, now: UnixNanos, connection: ConnectionId, bytes: &[u8], out: &mut Vec<Output>) {
        let (is_current, is_next) = (self.links.is_current(connection), self.links.is_next(connection));
        if !is_current && !is_next {
            return; // the last words of a connection that was dropped
        }
        self.links.heard(connection, now);
        if is_current {
            self.all_streams.heard(now);
        }
        match parse_frame(bytes, now) {
            Ok(Frame::Depth(diff)) => {
                let (symbol, sent) = (diff.symbol.clone(), diff.event_ts);
                self.market_frame(now, is_current, &symbol, sent, MarketFrame::Depth(diff), out);
            }
            Ok(Frame::Trade(print)) => {
                let (symbol, sent) = (print.symbol.clone(), print.exchange_ts);
                self.market_frame(now, is_current, &symbol, sent, MarketFrame::Trade(print), out);
            }
            Ok(Frame::ServerShutdown { .. }) => self.replace(Replace::ServerShutdown, out),
            Ok(Frame::EndOfTape { .. }) => {
                if !std::mem::replace(&mut self.ended, true) {
                    out.push(Output::EndOfTape);
                }
            }
            Ok(Frame::Reply { id, error: Some(error) }) => {
                out.push(Output::Log(LogLevel::Warn, format!("the venue refused stream request {id}: {error}")));
            }
            // Streams that a recording may hold beside ours.
            Ok(Frame::Reply { .. } | Frame::BookTicker(_) | Frame::AggTrade(_) | Frame::Kline(_)) => {}
            Ok(Frame::Other(event)) => self.refuse(now, bytes, Reason::UnknownEvent, &event, out),
            Err(error) => self.refuse(now, bytes, error.reason(), &error.to_string(), out),
        }
        if is_next {
            self.try_handover(now, out);
        }
    }

    fn market_frame(
        &mut self,
        now: UnixNanos,
        is_current: bool,
        symbol: &Symbol,
        sent: UnixNanos,
        frame: MarketFrame,
        out: &mut Vec<Output>,
    ) {
        let (markets, mut scene) = self.split(now, out);
        match markets.get_mut(symbol) {
            Some(market) if is_current => {
                let is_believed = !Scene::is_wrong_time(sent, now);
                market.health.frame(is_believed.then(|| now.since(sent) - scene.clock_offset));
                market.frame(&mut scene, frame);
            }
            Some(market) => market.stand_by(frame),
            None => self.refuse(now, &[], Reason::UnknownSymbol, symbol.as_str(), out),
        }
    }

    /// Counts a refused frame with the symbol that its stream's name tells, or else with the first.
    fn refuse(&mut self, now: UnixNanos, bytes: &[u8], reason: Reason, detail: &str, out: &mut Vec<Output>) {
        let named = stream_symbol(bytes);
        let (markets, mut scene) = self.split(now, out);
        let named = named.filter(|symbol| markets.contains_key(symbol));
        let market = match named {
            Some(symbol) => markets.get_mut(&symbol),
            None => markets.values_mut().next(),
        };
        if let Some(market) = market {
            market.health.frame(None);
            scene.reject(&mut market.health, reason, &format!("{} {detail}", market.symbol));
        }
    }

    fn tick(&mut self, now: UnixNanos, out: &mut Vec<Output>) {
        if self.ended {
            return;
        }
        if now >= self.clock_check_at {
            let quick = self.offset.samples() < FIRST_CLOCK_CHECKS;
            self.clock_check_at = now + if quick { NANOS_PER_SECOND } else { CLOCK_CHECK };
            self.requests.want(Request::Time);
        }
        self.tick_links(now, out);
        let connected = self.links.is_connected();
        let (markets, mut scene) = self.split(now, out);
        markets.values_mut().for_each(|market| market.tick(&mut scene, connected));
        if markets.values_mut().any(Market::take_stalled) {
            self.replace(Replace::Silence, out);
        }
        self.second(now, out);
    }

    fn fetch(&mut self, now: UnixNanos, out: &mut Vec<Output>) {
        if self.requests.is_idle() {
            return;
        }
        for request in self.requests.due(now, self.offset.venue(now)) {
            let (markets, mut scene) = self.split(now, out);
            if let Some(market) = request.symbol().and_then(|symbol| markets.get_mut(symbol)) {
                market.fetching(&mut scene, &request);
            }
            out.push(Output::Fetch(request));
        }
    }

    /// Takes the venue's rules of the symbols followed.
    pub(crate) fn take_rules(&mut self, now: UnixNanos, info: crate::binance::ExchangeInfo, out: &mut Vec<Output>) {
        self.requests.budget.set_limits(&info.rate_limits);
        let (markets, mut scene) = self.split(now, out);
        for found in info.symbols {
            let Some(market) = markets.get_mut(&found.instrument.symbol) else { continue };
            if found.status != "TRADING" {
                scene.warn(format!("{} is not trading at the venue: {}", market.symbol, found.status));
            }
            market.time_shift_ns = info.time_shift_ns;
            market.instrument = Some(found.instrument.clone());
            scene.tell(MarketEvent::Rules(found.instrument));
            market.publish_instrument(&mut scene);
            market.want_snapshot_if_begun(&mut scene);
        }
        for market in markets.values().filter(|market| market.instrument.is_none()) {
            scene.out.push(Output::GiveUp(format!("the venue does not know {}", market.symbol)));
        }
    }
}

/// The symbol in `{"stream":"btcusdt@trade",...`, as far as damaged bytes still tell it.
fn stream_symbol(bytes: &[u8]) -> Option<Symbol> {
    const KEY: &[u8] = b"\"stream\":\"";
    let start = bytes.windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
    let name = bytes.get(start..)?.split(|&byte| byte == b'@').next()?;
    std::str::from_utf8(name).ok().map(|name| Symbol::new(&name.to_uppercase()))
}
