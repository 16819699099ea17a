//! The paper executor: orders on the live book, filled by the rules of `matching`, with no venue involved.

use std::collections::BTreeMap;

use common::error::ErrorKind;
use common::market::{MarketEvent, Symbol};
use common::number::{Price, Qty};
use common::order::OrderRequest;
use common::time::UnixNanos;
use matching::{FeeAsset, Market, Model, NewOrder, OrderKey, Outcome};

use crate::config::PaperConfig;
use crate::executor::{ExecutorCall, ExecutorReport, Reported, ReportedFill};

/// What the paper executor has seen since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaperStats {
    /// Orders taken.
    pub orders: u64,
    /// Orders that came after the moment they should have been effective, and were effective at once instead.
    pub late_orders: u64,
    /// The same of cancels.
    pub late_cancels: u64,
    /// Fills made.
    pub fills: u64,
}

#[derive(Clone, Debug)]
struct Venue {
    market: Market,
    base: String,
    quote: String,
}

#[derive(Clone, Debug)]
struct PaperOrder {
    client_order_id: String,
    symbol: Symbol,
    remaining: Qty,
}

/// Executes orders against the market that it is shown. Order and trade ids are counted, never drawn.
#[derive(Clone, Debug)]
pub struct Paper {
    model: Model,
    venues: BTreeMap<Symbol, Venue>,
    /// Orders that can still be heard of.
    orders: BTreeMap<OrderKey, PaperOrder>,
    keys: BTreeMap<String, OrderKey>,
    outcomes: Vec<Outcome>,
    stats: PaperStats,
}

impl Paper {
    /// An executor that has seen no market yet.
    #[must_use]
    pub fn new(config: &PaperConfig) -> Self {
        Self {
            model: config.model(),
            venues: BTreeMap::new(),
            orders: BTreeMap::new(),
            keys: BTreeMap::new(),
            outcomes: Vec::new(),
            stats: PaperStats::default(),
        }
    }

    /// Counters since the start.
    #[must_use]
    pub const fn stats(&self) -> PaperStats {
        self.stats
    }

    /// Sees the market, and tells what that did to our orders.
    pub fn market(&mut self, event: &MarketEvent) -> Vec<ExecutorReport> {
        let mut outcomes = std::mem::take(&mut self.outcomes);
        match event {
            MarketEvent::Book(change) => self.venue(&change.symbol).market.on_book(change, &mut outcomes),
            MarketEvent::Trade(print) => self.venue(&print.symbol).market.on_print(print, &mut outcomes),
            MarketEvent::Trust { .. } => {}
            MarketEvent::Rules(rules) => {
                let venue = self.venue(&rules.symbol);
                venue.market.set_tick_size(rules.tick_size);
                venue.base.clone_from(&rules.base);
                venue.quote.clone_from(&rules.quote);
            }
        }
        self.report(outcomes)
    }

    /// Nothing else happened up to and including `exchange_now`.
    pub fn tick(&mut self, exchange_now: UnixNanos) -> Vec<ExecutorReport> {
        let mut outcomes = std::mem::take(&mut self.outcomes);
        for venue in self.venues.values_mut() {
            venue.market.on_tick(exchange_now, &mut outcomes);
        }
        self.report(outcomes)
    }

    /// Carries out what the desk asks.
    pub fn call(&mut self, call: &ExecutorCall) -> Vec<ExecutorReport> {
        match call {
            ExecutorCall::Place(approved) => self.place(approved.get()),
            ExecutorCall::Cancel { client_order_id, symbol, decided_at } => {
                self.cancel(client_order_id, symbol, *decided_at)
            }
        }
    }

    fn place(&mut self, request: &OrderRequest) -> Vec<ExecutorReport> {
        self.stats.orders += 1;
        let key = OrderKey(self.stats.orders);
        let order = match NewOrder::from_request(key, request) {
            Ok(order) => order,
            Err(malformed) => {
                let at = self.venue(&request.symbol).market.now();
                return vec![refused(&request.client_order_id, None, malformed.to_string(), at)];
            }
        };
        let client_order_id = request.client_order_id.clone();
        self.keys.insert(client_order_id.clone(), key);
        let symbol = request.symbol.clone();
        self.orders.insert(key, PaperOrder { client_order_id, symbol, remaining: request.quantity });
        let mut outcomes = std::mem::take(&mut self.outcomes);
        let arrival = self.venue(&request.symbol).market.place(order, request.decided_at, &mut outcomes);
        self.stats.late_orders += u64::from(arrival.late);
        self.report(outcomes)
    }

    fn cancel(&mut self, client_order_id: &str, symbol: &Symbol, decided_at: Option<UnixNanos>) -> Vec<ExecutorReport> {
        let key = self.keys.get(client_order_id).copied();
        let mut outcomes = std::mem::take(&mut self.outcomes);
        let market = &mut self.venue(symbol).market;
        let decided_at = decided_at.unwrap_or(market.now());
        let Some(key) = key else {
            let reason = "Unknown order sent.".to_owned();
            let what = Reported::CancelRefused { kind: ErrorKind::Rejected, reason };
            let client_order_id = client_order_id.to_owned();
            return vec![ExecutorReport { client_order_id, exchange_order_id: None, at: decided_at, what }];
        };
        let arrival = market.cancel(key, decided_at, &mut outcomes);
        self.stats.late_cancels += u64::from(arrival.late);
        self.report(outcomes)
    }

    fn venue(&mut self, symbol: &Symbol) -> &mut Venue {
        if !self.venues.contains_key(symbol) {
            let market = Market::new(self.model, Price::ZERO);
            self.venues.insert(symbol.clone(), Venue { market, base: String::new(), quote: String::new() });
        }
        self.venues.get_mut(symbol).expect("it was just put there")
    }

    /// Puts outcomes into the executor's words, and keeps their buffer for the next time.
    fn report(&mut self, mut outcomes: Vec<Outcome>) -> Vec<ExecutorReport> {
        let reports = outcomes.drain(..).filter_map(|outcome| self.translate(outcome)).collect();
        self.outcomes = outcomes;
        reports
    }

    fn translate(&mut self, outcome: Outcome) -> Option<ExecutorReport> {
        let (key, at, what, ends) = match outcome {
            Outcome::Accepted { key, at } => (key, at, Reported::Accepted, false),
            Outcome::Refused { key, refusal, at } => {
                (key, at, Reported::Refused { kind: ErrorKind::Rejected, reason: refusal.to_string() }, true)
            }
            Outcome::Expired { key, expiry, at } => (key, at, Reported::Expired { reason: expiry.to_string() }, true),
            Outcome::Canceled { key, at } => (key, at, Reported::Canceled, true),
            Outcome::CancelRefused { key, at } => {
                let reason = "Unknown order sent.".to_owned();
                (key, at, Reported::CancelRefused { kind: ErrorKind::Rejected, reason }, false)
            }
            Outcome::Filled(fill) => {
                let order = self.orders.get_mut(&fill.key)?;
                order.remaining = order.remaining.saturating_sub(fill.quantity);
                let venue = self.venues.get(&order.symbol)?;
                let fee_asset = match fill.fee_asset {
                    FeeAsset::Base => venue.base.clone(),
                    FeeAsset::Quote => venue.quote.clone(),
                };
                self.stats.fills += 1;
                let (trade_id, price, quantity, fee) = (self.stats.fills, fill.price, fill.quantity, fill.fee);
                let ends = order.remaining.is_zero();
                let what = Reported::Filled(ReportedFill { trade_id, price, quantity, fee, fee_asset });
                (fill.key, fill.at, what, ends)
            }
        };
        let client_order_id = self.orders.get(&key)?.client_order_id.clone();
        if ends {
            self.orders.remove(&key);
            self.keys.remove(&client_order_id);
        }
        Some(ExecutorReport { client_order_id, exchange_order_id: Some(format!("paper-{}", key.0)), at, what })
    }
}

fn refused(client_order_id: &str, exchange_order_id: Option<String>, reason: String, at: UnixNanos) -> ExecutorReport {
    let what = Reported::Refused { kind: ErrorKind::Rejected, reason };
    ExecutorReport { client_order_id: client_order_id.to_owned(), exchange_order_id, at, what }
}
