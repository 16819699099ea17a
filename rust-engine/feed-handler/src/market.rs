//! One symbol: its book, its trust, its prints, its history and its health.

use std::collections::VecDeque;

use common::market::{Instrument, Symbol, TradePrint};
use common::number::Price;
use common::time::{NANOS_PER_SECOND, UnixNanos};
use orderbook::{Book, BookFault, Sequenced, Sequencer, TrustEvent, TrustState, Verdict};

use crate::audit::Audit;
use crate::bars::Bars;
use crate::binance::DepthDiff;
use crate::health::Health;
use crate::history::Warmup;
use crate::liveness::Stream;
use crate::reason::Reason;
use crate::request::Request;
use crate::scene::Scene;
use crate::trades::{TradeSequence, TradeVerdict};

/// A snapshot is asked for after the first update, as the venue says; a market that is quiet so long starts without one.
const QUIET_START: i64 = NANOS_PER_SECOND;
/// Frames of the next connection that are kept for the handover.
const STANDBY_LIMIT: usize = 50_000;
/// Ids that lie behind while the venue's time has gone on by more than this: one of them was wrong, or they began anew.
const IDS_CONTRADICT: i64 = 2 * NANOS_PER_SECOND;

impl Sequenced for DepthDiff {
    fn first_update_id(&self) -> u64 {
        self.first_update_id
    }

    fn final_update_id(&self) -> u64 {
        self.final_update_id
    }
}

/// A frame that belongs to one symbol.
#[derive(Clone, Debug)]
pub(crate) enum MarketFrame {
    Depth(DepthDiff),
    Trade(TradePrint),
}

#[derive(Clone, Debug)]
pub(crate) struct Market {
    pub(crate) symbol: Symbol,
    pub(crate) instrument: Option<Instrument>,
    pub(crate) time_shift_ns: i64,
    pub(crate) sequencer: Sequencer<DepthDiff>,
    pub(crate) book: Book,
    pub(crate) trust: TrustState,
    last_update: Option<(u64, u64)>,
    /// Exchange time up to which the update ids have gone on.
    ids_went_on_at: UnixNanos,
    /// From when on a book may start without an update of the stream; none while there is no connection.
    quiet_start_at: Option<UnixNanos>,
    pub(crate) audit: Option<Audit>,
    pub(crate) audit_at: UnixNanos,
    pub(crate) synced_at: Option<UnixNanos>,
    pub(crate) exchange_ts: UnixNanos,
    pub(crate) recv_ts: UnixNanos,
    pub(crate) changed_levels: u64,
    pub(crate) full_book_at: UnixNanos,
    /// The venue's book has moved on, and the stream does not tell.
    pub(crate) stalled: bool,
    pub(crate) trades: TradeSequence,
    pub(crate) bars: Bars,
    pub(crate) warmup: Warmup,
    pub(crate) health: Health,
    depth_stream: Stream,
    trade_stream: Stream,
    standby: VecDeque<MarketFrame>,
}

impl Market {
    pub(crate) fn new(symbol: Symbol, bars_kept: usize) -> Self {
        Self {
            symbol,
            instrument: None,
            time_shift_ns: 0,
            sequencer: Sequencer::new(),
            book: Book::new(),
            trust: TrustState::start(),
            last_update: None,
            ids_went_on_at: UnixNanos::ZERO,
            quiet_start_at: None,
            audit: None,
            audit_at: UnixNanos::ZERO,
            synced_at: None,
            exchange_ts: UnixNanos::ZERO,
            recv_ts: UnixNanos::ZERO,
            changed_levels: 0,
            full_book_at: UnixNanos::ZERO,
            stalled: false,
            trades: TradeSequence::default(),
            bars: Bars::new(bars_kept),
            warmup: Warmup::new(),
            health: Health::new(),
            depth_stream: Stream::default(),
            trade_stream: Stream::default(),
            standby: VecDeque::new(),
        }
    }

    /// The last update id in the book; none while it is rebuilt.
    pub(crate) const fn local(&self) -> Option<u64> {
        self.sequencer.local()
    }

    /// Takes a frame of the connection that is followed.
    pub(crate) fn frame(&mut self, scene: &mut Scene<'_>, frame: MarketFrame) {
        match frame {
            MarketFrame::Depth(diff) => self.depth(scene, diff),
            MarketFrame::Trade(print) => self.trade(scene, print),
        }
    }

    fn depth(&mut self, scene: &mut Scene<'_>, diff: DepthDiff) {
        self.depth_stream.heard(scene.now);
        if let Some(reason) = self.fault_of(&diff) {
            return scene.reject(&mut self.health, reason, &format!("{} update {}", self.symbol, diff.final_update_id));
        }
        let ids = (diff.first_update_id, diff.final_update_id);
        let contradicts = diff.event_ts.since(self.ids_went_on_at) > IDS_CONTRADICT;
        let behind = self.local().into_iter().chain(self.last_update.map(|last| last.1)).find(|last| ids.1 <= *last);
        if let Some(expected) = behind.filter(|_| contradicts) {
            self.sequencer.restart();
            self.last_update = None;
            self.broke(scene, BookFault::Gap { expected: expected.saturating_add(1), got: ids.0 });
        }
        if let Some(last) = self.last_update.filter(|last| ids.1 <= last.1) {
            let reason = if ids == last { Reason::Duplicate } else { Reason::OutOfOrder };
            let detail = format!("{} updates {}..={} after {}", self.symbol, ids.0, ids.1, last.1);
            return scene.reject(&mut self.health, reason, &detail);
        }
        self.last_update = Some(ids);
        let event_ts = diff.event_ts;
        match self.sequencer.offer(diff) {
            Verdict::Apply(diff) => self.apply(scene, diff),
            Verdict::Buffered => self.want_snapshot(scene),
            Verdict::Stale => return,
            Verdict::Gap(fault) => self.broke(scene, fault),
        }
        self.ids_went_on(event_ts);
    }

    /// The update ids have gone on up to this exchange time.
    pub(crate) fn ids_went_on(&mut self, event_ts: UnixNanos) {
        self.ids_went_on_at = self.ids_went_on_at.max(event_ts);
    }

    /// True once where the connection tells no updates although the venue's book has moved on.
    pub(crate) const fn take_stalled(&mut self) -> bool {
        std::mem::replace(&mut self.stalled, false)
    }

    fn fault_of(&self, diff: &DepthDiff) -> Option<Reason> {
        let absurd = || diff.bids.iter().chain(&diff.asks).any(|level| self.is_out_of_range(level.price));
        match () {
            () if Scene::is_wrong_time(diff.event_ts, diff.recv_ts) => Some(Reason::WrongTime),
            () if absurd() => Some(Reason::Absurd),
            () => None,
        }
    }

    fn is_out_of_range(&self, price: Price) -> bool {
        self.instrument
            .as_ref()
            .is_some_and(|rules| price < rules.min_price || (!rules.max_price.is_zero() && price > rules.max_price))
    }

    fn trade(&mut self, scene: &mut Scene<'_>, print: TradePrint) {
        self.trade_stream.heard(scene.now);
        let refused = match () {
            () if Scene::is_wrong_time(print.exchange_ts, print.recv_ts) => Some(Reason::WrongTime),
            () if self.is_out_of_range(print.price) => Some(Reason::Absurd),
            () => None,
        };
        let verdict = if refused.is_none() { Some(self.trades.offer(print.trade_id)) } else { None };
        let reason = match verdict {
            Some(TradeVerdict::New { missed }) => return self.print(scene, print, missed),
            Some(TradeVerdict::Overlap) => return,
            Some(TradeVerdict::Duplicate) => Reason::Duplicate,
            Some(TradeVerdict::OutOfOrder) => Reason::OutOfOrder,
            Some(TradeVerdict::TooFar) => Reason::Absurd,
            None => refused.unwrap_or(Reason::Malformed),
        };
        scene.reject(&mut self.health, reason, &format!("{} trade {}", self.symbol, print.trade_id));
    }

    /// Ticks: silence, audits, history.
    pub(crate) fn tick(&mut self, scene: &mut Scene<'_>, connected: bool) {
        if connected {
            self.watch_silence(scene);
            if self.sequencer.local().is_none() && self.may_start(scene.now) {
                self.want_snapshot(scene);
            }
        }
        let overdue = self.audit.as_mut().and_then(|audit| audit.overdue(scene.now));
        self.found(scene, overdue);
        if self.trust.is_publishable() && self.audit.is_none() && scene.now >= self.audit_at {
            self.audit_at = scene.now + scene.config.audit_interval;
            let request = Request::Audit { symbol: self.symbol.clone(), limit: scene.config.audit_levels };
            scene.requests.want(request);
        }
        self.tick_history(scene, connected);
    }

    fn watch_silence(&mut self, scene: &mut Scene<'_>) {
        let patience = scene.config.heartbeat;
        let depth = self.depth_stream.falls_silent(scene.now, patience);
        let trade = self.trade_stream.falls_silent(scene.now, patience);
        if (depth || trade) && self.trust.is_publishable() {
            self.audit_at = scene.now;
            self.set_trust(scene, TrustEvent::Silent);
        }
    }

    /// The connection that is followed stands.
    pub(crate) fn connected(&mut self, scene: &Scene<'_>) {
        self.last_update = None;
        self.trades.new_stream();
        self.quiet_start_at = Some(scene.now + QUIET_START);
    }

    /// No connection is left.
    pub(crate) fn disconnected(&mut self, scene: &mut Scene<'_>) {
        self.quiet_start_at = None;
        self.standby.clear();
        (self.depth_stream, self.trade_stream) = (Stream::default(), Stream::default());
        self.sequencer.restart();
        if self.trust.is_publishable() {
            self.broke(scene, BookFault::Disconnected);
        }
    }

    /// True while the streams can tell something.
    pub(crate) const fn is_connected(&self) -> bool {
        self.quiet_start_at.is_some()
    }

    /// True where a book can be started: the stream has told an update, or was quiet for long enough.
    pub(crate) fn may_start(&self, now: UnixNanos) -> bool {
        self.sequencer.buffered() > 0 || self.quiet_start_at.is_some_and(|start| now >= start)
    }

    /// Keeps a frame of the connection that is to be followed next.
    pub(crate) fn stand_by(&mut self, frame: MarketFrame) {
        if self.standby.len() == STANDBY_LIMIT {
            self.standby.pop_front();
        }
        self.standby.push_back(frame);
    }

    /// The next connection is gone, and what it told with it: the one followed tells it too.
    pub(crate) fn forget_standby(&mut self) {
        self.standby.clear();
    }

    /// True where the frames kept follow what the book and the prints hold, so that the handover leaves no gap.
    pub(crate) fn is_ready_for_handover(&self) -> bool {
        let Some(local) = self.sequencer.local() else { return true };
        let depth = self.standby.iter().find_map(|frame| match frame {
            MarketFrame::Depth(diff) => Some(diff.first_update_id),
            MarketFrame::Trade(_) => None,
        });
        let trade = self.standby.iter().find_map(|frame| match frame {
            MarketFrame::Trade(print) => Some(print.trade_id),
            MarketFrame::Depth(_) => None,
        });
        let follows = |first: u64, last: u64| first <= last.saturating_add(1);
        depth.is_some_and(|first| follows(first, local)) && trade.is_none_or(|first| follows(first, self.trades.last()))
    }

    /// Follows the next connection: what it told so far comes first; what the old one told too is dropped by its ids.
    pub(crate) fn hand_over(&mut self, scene: &mut Scene<'_>) {
        self.connected(scene);
        for frame in std::mem::take(&mut self.standby) {
            self.frame(scene, frame);
        }
    }
}
