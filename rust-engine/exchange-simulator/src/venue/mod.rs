//! The venue itself, in tape time: records go in, stream messages come out, REST reads what it knows.
//!
//! Belongs here: books, prints, bars, ids. Never here: sockets, the wall clock, how clients are connected, or faults.

pub mod bars;
pub mod book_history;
pub mod burst;
pub mod interval;
pub mod market;
mod merge;
pub mod names;
pub mod prints;
pub mod ticker;

use std::collections::BTreeMap;

use common::market::Symbol;
use common::time::{NANOS_PER_MILLI, UnixNanos};
use serde_json::Value;

use self::burst::Burst;
use self::interval::SECOND;
use self::market::Market;
use crate::event::{Event, Payload};
use crate::record::{Item, Record};

/// A second's messages come this long after it: prints of its end are on their way that long.
const SECOND_SETTLES_NS: i64 = 50 * NANOS_PER_MILLI;

/// All markets of a tape. Time comes in with records and with [`Venue::advance`].
#[derive(Clone, Debug)]
pub struct Venue {
    markets: BTreeMap<Symbol, Market>,
    next_second: UnixNanos,
    shift_ns: i64,
    bursts: Vec<Burst>,
}

impl Venue {
    /// A venue with these `exchangeInfo` symbol objects, at the beginning of time.
    #[must_use]
    pub fn new(symbols: &[Value]) -> Self {
        let named = symbols.iter().filter_map(|info| Some((Symbol::new(info["symbol"].as_str()?), info.clone())));
        let markets = named.map(|(symbol, info)| (symbol.clone(), Market::new(symbol, info))).collect();
        Self { markets, next_second: UnixNanos::ZERO, shift_ns: 0, bursts: Vec::new() }
    }

    /// The market of a symbol, in the venue's spelling.
    #[must_use]
    pub fn market(&self, symbol: &str) -> Option<&Market> {
        self.markets.get(&Symbol::new(symbol))
    }

    /// All markets, by name.
    pub fn markets(&self) -> impl ExactSizeIterator<Item = &Market> {
        self.markets.values()
    }

    /// Sets the clock without telling anything: the end of history. Clients' clocks are `shift_ns` ahead of the tape's.
    pub fn start_at(&mut self, now: UnixNanos, shift_ns: i64) {
        self.shift_ns = shift_ns;
        self.next_second = SECOND.next(SECOND.floor(now));
        for market in self.markets.values_mut() {
            market.settle(now);
            market.each_second(SECOND.floor(now), now, shift_ns);
        }
    }

    /// Takes one record and says what clients hear of it.
    pub fn step(&mut self, record: &Record) -> Vec<Event> {
        let at = record.at;
        match &record.item {
            Item::Depth { diff, slow } => self.at(&diff.symbol, |market| market.depth(at, diff, *slow)),
            Item::Trade(print, sent) => self.at(&print.symbol, |market| market.trade(print, *sent)),
            Item::BookTicker(ticker) => self.at(&ticker.symbol, |market| market.book_ticker(ticker)),
            Item::AggTrade(symbol, aggregate, sent) => self.at(symbol, |market| market.agg_trade(aggregate, *sent)),
            Item::Snapshot(symbol, snapshot) => self.at(symbol, |market| {
                market.snapshot(snapshot);
                Vec::new()
            }),
            Item::Verbatim(stream, fields) => {
                let symbol = stream.split_once('@').map_or("", |(symbol, _)| symbol).to_uppercase();
                match self.markets.get_mut(&Symbol::new(&symbol)) {
                    Some(market) => market.verbatim(stream, fields),
                    None => vec![Event { stream: stream.as_str().into(), payload: Payload::Verbatim(fields.clone()) }],
                }
            }
            Item::Text(text) => vec![Event { stream: "!text".into(), payload: Payload::Text(text.clone()) }],
            Item::Nothing => Vec::new(),
        }
    }

    fn at(&mut self, symbol: &Symbol, act: impl FnOnce(&mut Market) -> Vec<Event>) -> Vec<Event> {
        self.markets.get_mut(symbol).map_or_else(Vec::new, act)
    }

    /// Adds messages of the venue's own to a market (the first by name, if none is given).
    ///
    /// Returns false where there is no such market.
    pub fn burst(&mut self, symbol: Option<&str>, now: UnixNanos, per_second: u64, length_ns: i64) -> bool {
        let wanted = match symbol {
            Some(symbol) => self.market(symbol),
            None => self.markets.values().next(),
        };
        let found = wanted.map(|market| market.symbol().clone());
        let is_found = found.is_some();
        self.bursts.extend(found.map(|symbol| Burst::new(symbol, now, per_second, length_ns)));
        is_found
    }

    /// The next time at which the venue has something to say of its own.
    #[must_use]
    pub fn next_deadline(&self) -> UnixNanos {
        let settles = self.markets.values().filter_map(Market::settles_at);
        let bursts = self.bursts.iter().filter_map(Burst::next_at);
        settles.chain(bursts).fold(self.next_second + SECOND_SETTLES_NS, UnixNanos::min)
    }

    /// What the venue says of its own up to `now`.
    pub fn advance(&mut self, now: UnixNanos) -> Vec<Event> {
        let mut events = Vec::new();
        for market in self.markets.values_mut() {
            events.extend(market.settle(now));
        }
        while self.next_second + SECOND_SETTLES_NS <= now {
            let second = self.next_second;
            for market in self.markets.values_mut() {
                events.extend(market.each_second(second, second + SECOND_SETTLES_NS, self.shift_ns));
            }
            self.next_second = SECOND.next(second);
        }
        self.advance_bursts(now, &mut events);
        events
    }

    fn advance_bursts(&mut self, now: UnixNanos, events: &mut Vec<Event>) {
        for burst in &mut self.bursts {
            while let Some(at) = burst.next_at().filter(|&at| at <= now) {
                let extra = burst.take();
                if let Some(market) = self.markets.get_mut(burst.symbol()) {
                    events.extend(market.extra(extra, at));
                }
            }
        }
        self.bursts.retain(|burst| burst.next_at().is_some());
    }
}

#[cfg(test)]
mod tests;
