//! One symbol at the venue: its book, its prints, and every stream that follows from them.

mod each_second;

use std::collections::HashSet;
use std::sync::Arc;

use common::market::{Level, Side, Symbol, TradePrint};
use common::number::{Price, Qty};
use common::time::UnixNanos;
use feed_handler::binance::{AggTrade, BookTicker, DepthDiff, DepthSnapshot};
use serde_json::{Map, Value};

use super::bars::Bars;
use super::book_history::BookHistory;
use super::burst::Extra;
use super::merge::Merge;
use super::names::{Names, PARTIAL_LEVELS};
use super::prints::Prints;
use crate::event::{Depth, Event, Payload};

const DEEPEST_PARTIAL: usize = PARTIAL_LEVELS[PARTIAL_LEVELS.len() - 1];
/// Where exchangeInfo names no smallest quantity.
const SMALLEST_LOT: i64 = 100_000_000;

/// One symbol. Ids are the tape's own, raised by what bursts have added.
#[derive(Clone, Debug)]
pub struct Market {
    symbol: Symbol,
    info: Value,
    names: Names,
    /// Streams that the tape itself feeds; they are not derived.
    on_tape: HashSet<String>,
    books: BookHistory,
    seeded: bool,
    merge: Merge,
    changed_this_second: bool,
    last_best: Option<(Level, Level)>,
    prints: Prints,
    bars: Bars,
    extra_updates: u64,
    extra_prints: u64,
}

impl Market {
    /// A market without history, described by its `exchangeInfo` object.
    #[must_use]
    pub fn new(symbol: Symbol, info: Value) -> Self {
        Self {
            names: Names::of(symbol.as_str()),
            symbol,
            info,
            on_tape: HashSet::new(),
            books: BookHistory::default(),
            seeded: false,
            merge: Merge::default(),
            changed_this_second: false,
            last_best: None,
            prints: Prints::default(),
            bars: Bars::default(),
            extra_updates: 0,
            extra_prints: 0,
        }
    }

    /// Its name.
    #[must_use]
    pub fn symbol(&self) -> &Symbol {
        &self.symbol
    }

    /// Its `exchangeInfo` object.
    #[must_use]
    pub fn info(&self) -> &Value {
        &self.info
    }

    /// Its book, now and before.
    #[must_use]
    pub fn books(&self) -> &BookHistory {
        &self.books
    }

    /// Its prints.
    #[must_use]
    pub fn prints(&self) -> &Prints {
        &self.prints
    }

    /// Its bars.
    #[must_use]
    pub fn bars(&self) -> &Bars {
        &self.bars
    }

    /// Takes a whole book where it is newer than what is known.
    pub fn snapshot(&mut self, snapshot: &DepthSnapshot) {
        let last_update_id = snapshot.last_update_id + self.extra_updates;
        if !self.seeded || last_update_id > self.books.now().last_update_id {
            self.seeded = true;
            self.books.restart(last_update_id, &snapshot.bids, &snapshot.asks);
        }
    }

    /// A change of the book, from the fast stream or (where the tape has no other) from the slow one.
    pub fn depth(&mut self, at: UnixNanos, diff: &DepthDiff, slow: bool) -> Vec<Event> {
        let mut depth = Depth {
            symbol: self.symbol.clone(),
            event_ts: diff.event_ts,
            first_update_id: diff.first_update_id,
            final_update_id: diff.final_update_id,
            bids: diff.bids.clone(),
            asks: diff.asks.clone(),
        };
        depth.first_update_id += self.extra_updates;
        depth.final_update_id += self.extra_updates;
        if slow && self.on_tape.contains(&*self.names.depth_fast) {
            self.on_tape.insert(self.names.depth_slow.to_string());
            return vec![event(&self.names.depth_slow, Payload::Depth(depth))];
        }
        if !slow {
            self.on_tape.insert(self.names.depth_fast.to_string());
        }
        self.change(at, depth)
    }

    fn change(&mut self, at: UnixNanos, depth: Depth) -> Vec<Event> {
        if !self.seeded {
            // A tape without a snapshot: what its changes tell is all there is.
            self.seeded = true;
            self.books.restart(depth.first_update_id.saturating_sub(1), &[], &[]);
        }
        self.books.apply(at, depth.final_update_id, &depth.bids, &depth.asks);
        self.merge.add(&depth);
        self.changed_this_second = true;
        let mut events = vec![event(&self.names.depth_fast, Payload::Depth(depth))];
        self.partial(&self.names.partial_fast, &mut events);
        self.best(&mut events);
        events
    }

    fn partial(&self, names: &[Arc<str>; 3], events: &mut Vec<Event>) {
        let now = self.books.now();
        let top = Arc::new(now.book.top(DEEPEST_PARTIAL));
        for (name, levels) in names.iter().zip(PARTIAL_LEVELS) {
            let last_update_id = now.last_update_id;
            self.push(events, name, Payload::Partial { last_update_id, top: Arc::clone(&top), levels });
        }
    }

    fn best(&mut self, events: &mut Vec<Event>) {
        let now = self.books.now();
        let (Some(bid), Some(ask)) = (now.book.best_bid(), now.book.best_ask()) else { return };
        if self.last_best == Some((bid, ask)) {
            return;
        }
        let ticker = BookTicker { symbol: self.symbol.clone(), update_id: now.last_update_id, bid, ask };
        self.last_best = Some((bid, ask));
        self.push(events, &self.names.book_ticker, Payload::BookTicker(ticker));
    }

    /// Best levels that the tape itself tells.
    pub fn book_ticker(&mut self, ticker: &BookTicker) -> Vec<Event> {
        self.on_tape.insert(self.names.book_ticker.to_string());
        let ticker = BookTicker { update_id: ticker.update_id + self.extra_updates, ..ticker.clone() };
        vec![event(&self.names.book_ticker, Payload::BookTicker(ticker))]
    }

    /// A print.
    pub fn trade(&mut self, print: &TradePrint, sent: UnixNanos) -> Vec<Event> {
        let print = TradePrint { trade_id: print.trade_id + self.extra_prints, ..print.clone() };
        self.print(print, sent)
    }

    fn print(&mut self, print: TradePrint, sent: UnixNanos) -> Vec<Event> {
        let is_new = self.prints.add(&print);
        let mut events = Vec::with_capacity(2);
        if is_new {
            self.bars.add(&print);
            if !self.on_tape.contains(&*self.names.agg_trade) {
                let ended = self.prints.aggregate(&print);
                events.extend(ended.map(|ended| self.aggregate_event(ended, sent)));
            }
        }
        events.push(event(&self.names.trade, Payload::Trade(print, sent)));
        events
    }

    fn aggregate_event(&self, aggregate: AggTrade, sent: UnixNanos) -> Event {
        event(&self.names.agg_trade, Payload::AggTrade(self.symbol.clone(), aggregate, sent))
    }

    /// An aggregate that the tape itself tells.
    pub fn agg_trade(&mut self, aggregate: &AggTrade, sent: UnixNanos) -> Vec<Event> {
        self.on_tape.insert(self.names.agg_trade.to_string());
        let mut aggregate = aggregate.clone();
        aggregate.first_trade_id += self.extra_prints;
        aggregate.last_trade_id += self.extra_prints;
        self.prints.add_aggregate(aggregate.clone());
        vec![self.aggregate_event(aggregate, sent)]
    }

    /// A frame of a stream that is not understood, or does not hold what it should.
    pub fn verbatim(&mut self, stream: &str, fields: &Map<String, Value>) -> Vec<Event> {
        // Damaged frames of the streams that the venue derives from must not stop the deriving.
        if stream != &*self.names.trade && stream != &*self.names.depth_fast {
            self.on_tape.insert(stream.to_owned());
        }
        vec![Event { stream: stream.into(), payload: Payload::Verbatim(fields.clone()) }]
    }

    /// When the running aggregate ends.
    #[must_use]
    pub fn settles_at(&self) -> Option<UnixNanos> {
        self.prints.settles_at()
    }

    /// Ends the running aggregate if it is due.
    pub fn settle(&mut self, now: UnixNanos) -> Vec<Event> {
        if self.settles_at().is_none_or(|at| at > now) {
            return Vec::new();
        }
        let ended = self.prints.close();
        ended.map(|ended| self.aggregate_event(ended, now)).into_iter().collect()
    }

    /// One message of a burst. Nothing where the book has an empty side or nothing has traded yet.
    pub fn extra(&mut self, extra: Extra, now: UnixNanos) -> Vec<Event> {
        let book = &self.books.now().book;
        let (Some(bid), Some(ask), Some(last)) = (book.best_bid(), book.best_ask(), self.prints.last()) else {
            return Vec::new();
        };
        match extra {
            Extra::Depth => {
                let id = self.books.now().last_update_id + 1;
                self.extra_updates += 1;
                let symbol = self.symbol.clone();
                let (bids, asks) = (vec![bid], Vec::new());
                let depth = Depth { symbol, event_ts: now, first_update_id: id, final_update_id: id, bids, asks };
                self.change(now, depth)
            }
            Extra::Print(side) => {
                let price = if side == Side::Buy { ask.price } else { bid.price };
                let print = TradePrint {
                    symbol: self.symbol.clone(),
                    trade_id: last.trade_id + 1,
                    price,
                    quantity: self.smallest_lot(),
                    side,
                    exchange_ts: now,
                    recv_ts: now,
                };
                self.extra_prints += 1;
                self.print(print, now)
            }
        }
    }

    fn smallest_lot(&self) -> Qty {
        let filters = self.info["filters"].as_array().map_or(&[][..], Vec::as_slice);
        let lot = filters.iter().find(|filter| filter["filterType"] == "LOT_SIZE");
        let smallest = lot.and_then(|lot| lot["minQty"].as_str()).and_then(|text| text.parse::<Qty>().ok());
        let default = Qty::from_raw(SMALLEST_LOT).unwrap_or(Qty::ZERO);
        smallest.filter(|quantity| !quantity.is_zero()).unwrap_or(default)
    }

    /// The best opposite price, for faults that cross the book.
    #[must_use]
    pub fn best_ask(&self) -> Option<Price> {
        self.books.now().book.best_ask().map(|level| level.price)
    }

    fn push(&self, events: &mut Vec<Event>, name: &Arc<str>, payload: Payload) {
        if !self.on_tape.contains(&**name) {
            events.push(event(name, payload));
        }
    }
}

fn event(stream: &Arc<str>, payload: Payload) -> Event {
    Event { stream: Arc::clone(stream), payload }
}
