//! Warm-up: the last minutes as bars, joined to the live prints without a hole.
//!
//! The second in which the prints began to flow is waited for; then REST tells the bars before its end and the last print
//! in them. What the live prints may have missed in between is paged by aggregate id.

use common::market::{Bar, MarketEvent, TradePrint};
use common::time::{NANOS_PER_MILLI, NANOS_PER_SECOND, UnixNanos};
use common::wire::DataMessage;

use crate::bars::second_of;
use crate::binance::AggTrade;
use crate::market::Market;
use crate::publish::trade_message;
use crate::request::{PAGE, Request};
use crate::scene::Scene;

/// A second counts as closed so long after its end: prints are often a little late.
const LATE_PRINTS: i64 = 300 * NANOS_PER_MILLI;
/// History is not fetched more often than this.
const PAUSE: i64 = 30 * NANOS_PER_SECOND;
/// Failures in a row after which the bars are left as the prints made them.
pub(crate) const HISTORY_ATTEMPTS: u32 = 5;

#[derive(Clone, Debug)]
enum Phase {
    /// Nothing is wanted.
    Idle,
    /// The second that ends then is waited for.
    Waiting(UnixNanos),
    /// Bars before then are asked for.
    Bars(UnixNanos),
    /// The last print in these bars is asked for.
    LastPrint(UnixNanos, Vec<Bar>),
    /// Prints up to this id are asked for.
    Missed(u64),
}

/// How far the history is.
#[derive(Clone, Debug)]
pub(crate) struct Warmup {
    phase: Phase,
    begun_at: Option<UnixNanos>,
    first_live: Option<u64>,
    /// The prints have a hole that only history fills.
    hole: bool,
    /// Bars are wanted by somebody once this second has ended.
    bars_due: Option<UnixNanos>,
}

impl Warmup {
    pub(crate) const fn new() -> Self {
        Self { phase: Phase::Idle, begun_at: None, first_live: None, hole: false, bars_due: None }
    }

    const fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }
}

impl Market {
    /// A print that was never seen before.
    pub(crate) fn print(&mut self, scene: &mut Scene<'_>, print: TradePrint, missed: u64) {
        if missed > 0 {
            self.health.gap();
            scene.warn(format!("{} {missed} trades missing before {}", self.symbol, print.trade_id));
            self.warmup.first_live = Some(print.trade_id);
            self.warmup.hole = true;
        }
        self.warmup.first_live.get_or_insert(print.trade_id);
        self.bars.add(&print, 1);
        scene.publish(trade_message(&print));
        scene.tell(MarketEvent::Trade(print));
    }

    /// Somebody wants the rules, the history and the book: the bars follow once this second has ended, so that they
    /// and the prints that he hears from now on leave no hole.
    pub(crate) fn snapshot_wanted(&mut self, scene: &mut Scene<'_>) {
        self.publish_instrument(scene);
        self.publish_book(scene);
        self.warmup.bars_due.get_or_insert(second_of(scene.venue_now()) + NANOS_PER_SECOND);
    }

    /// Fetches the history anew, unless that was just done.
    fn begin_history(&mut self, scene: &Scene<'_>) {
        let recently = self.warmup.begun_at.is_some_and(|begun| scene.now.since(begun) < PAUSE);
        if scene.config.warmup_seconds > 0 && self.warmup.is_idle() && !recently {
            self.warmup.begun_at = Some(scene.now);
            self.warmup.hole = false;
            self.warmup.phase = Phase::Waiting(second_of(scene.venue_now()) + NANOS_PER_SECOND);
        }
    }

    pub(crate) fn tick_history(&mut self, scene: &mut Scene<'_>, connected: bool) {
        if self.instrument.is_none() {
            return;
        }
        let closed_until = second_of(scene.venue_now() - LATE_PRINTS);
        if connected && (self.warmup.begun_at.is_none() || self.warmup.hole) {
            self.begin_history(scene);
        }
        if let Phase::Waiting(end) = self.warmup.phase
            && closed_until >= end
        {
            let seconds = i64::from(scene.config.warmup_seconds);
            let (symbol, start) = (self.symbol.clone(), end - seconds * NANOS_PER_SECOND);
            scene.requests.want(Request::Klines { symbol, start, end });
            self.warmup.phase = Phase::Bars(end);
        }
        if self.warmup.is_idle() && self.warmup.bars_due.is_some_and(|due| closed_until >= due) {
            self.publish_bars(scene, closed_until);
        }
    }

    fn publish_bars(&mut self, scene: &mut Scene<'_>, until: UnixNanos) {
        self.warmup.bars_due = None;
        let (bars, last_trade_id) = self.bars.closed(until);
        let (symbol, timestamp) = (self.symbol.clone(), scene.now);
        scene.publish(DataMessage::Bars { symbol, bars, last_trade_id, timestamp });
    }

    /// Bars came. The running second is none of them.
    pub(crate) fn klines(&mut self, scene: &mut Scene<'_>, mut bars: Vec<Bar>) {
        if let Phase::Bars(end) = self.warmup.phase {
            bars.retain(|bar| bar.start < end);
            scene.requests.want(Request::LastAggTrade { symbol: self.symbol.clone(), before: end });
            self.warmup.phase = Phase::LastPrint(end, bars);
        }
    }

    /// The last print before the end of the bars came; none where the market never traded.
    pub(crate) fn last_print(&mut self, scene: &mut Scene<'_>, last: Option<&AggTrade>) {
        let Phase::LastPrint(end, bars) = std::mem::replace(&mut self.warmup.phase, Phase::Idle) else { return };
        let last_trade_id = last.map_or(0, |last| last.last_trade_id);
        self.bars.seed(bars, end, last_trade_id);
        let missed =
            self.warmup.first_live.filter(|&first| last_trade_id > 0 && first > last_trade_id.saturating_add(1));
        match (missed, last) {
            (Some(first_live), Some(last)) => {
                let from_id = last.agg_trade_id.saturating_add(1);
                scene.requests.want(Request::AggTrades { symbol: self.symbol.clone(), from_id });
                self.warmup.phase = Phase::Missed(first_live - 1);
            }
            _ => self.history_done(scene, "complete"),
        }
    }

    /// A page of the prints that the live stream missed came.
    pub(crate) fn missed_prints(&mut self, scene: &mut Scene<'_>, page: &[AggTrade]) {
        let Phase::Missed(up_to) = self.warmup.phase else { return };
        for trade in page.iter().filter(|trade| trade.first_trade_id <= up_to) {
            let last_trade_id = trade.last_trade_id.min(up_to);
            let print = TradePrint {
                symbol: self.symbol.clone(),
                trade_id: last_trade_id,
                price: trade.price,
                quantity: trade.quantity,
                side: trade.side,
                exchange_ts: trade.exchange_ts,
                recv_ts: scene.now,
            };
            self.bars.add(&print, (last_trade_id - trade.first_trade_id).saturating_add(1));
        }
        match page.last() {
            Some(last) if last.last_trade_id < up_to && page.len() >= PAGE => {
                let from_id = last.agg_trade_id.saturating_add(1);
                scene.requests.want(Request::AggTrades { symbol: self.symbol.clone(), from_id });
            }
            _ => self.history_done(scene, "complete"),
        }
    }

    /// The history cannot be had: the bars are what the prints made.
    pub(crate) fn history_failed(&mut self, scene: &mut Scene<'_>) {
        self.history_done(scene, "not to be had, bars begin with the live trades");
    }

    fn history_done(&mut self, scene: &mut Scene<'_>, how: &str) {
        self.warmup.phase = Phase::Idle;
        scene.info(format!("{} history {how}", self.symbol));
        self.publish_instrument(scene);
        let closed_until = second_of(scene.venue_now() - LATE_PRINTS);
        self.publish_bars(scene, closed_until);
    }
}
