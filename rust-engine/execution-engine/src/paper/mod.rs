//! The paper executor: orders on the live book, filled by the rules of `matching`, with no venue involved.

mod account;
mod books;

use std::collections::BTreeMap;

use common::market::{BookChange, Level, MarketEvent, Side, Symbol, TradePrint, Trust};
use common::number::Price;
use common::order::OrderRequest;
use common::time::UnixNanos;
use common::wire::{Balance, Fill};
use matching::{Market, Model, OrderKey, Outcome, Owner};
use orderbook::{Band, Book};

use crate::by_market::ByMarket;
use crate::config::PaperConfig;
use crate::executor::ExecutorReport;
use crate::journal::{JournalEntry, PaperAccount};
use account::Account;
use books::{Books, Left, cancel_refused};

/// What the paper executor has seen since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaperStats {
    /// Orders taken.
    pub orders: u64,
    /// Orders that came after the moment they should have been effective, and were effective at once instead.
    pub late_orders: u64,
    /// The same of cancels.
    pub late_cancels: u64,
}

/// Executes orders against the market that it is shown. Order and trade ids are counted, never drawn; both counters
/// are the account's, and go on where its journal ends.
#[derive(Clone, Debug)]
pub struct Paper {
    model: Model,
    markets: ByMarket<Market>,
    books: Books,
    /// Orders of an earlier life that wait for a book to stand in.
    waiting: BTreeMap<Symbol, Vec<OrderKey>>,
    stats: PaperStats,
}

impl Paper {
    /// An executor that has seen no market yet.
    #[must_use]
    pub fn new(config: &PaperConfig, account: PaperAccount) -> Self {
        Self {
            model: config.model(),
            markets: ByMarket::default(),
            books: Books::new(Account::new(account)),
            waiting: BTreeMap::new(),
            stats: PaperStats::default(),
        }
    }

    /// Does again what a journal says was done. Before the first event only.
    ///
    /// # Errors
    /// Words where it cannot have been.
    pub(crate) fn replay(&mut self, entry: &JournalEntry) -> Result<(), String> {
        self.books.replay(entry)
    }

    /// The journal is replayed: what still works waits for its market.
    pub(crate) fn begin(&mut self) {
        for (key, symbol) in self.books.open() {
            self.waiting.entry(symbol.clone()).or_default().push(key);
        }
    }

    /// Counters since the start.
    #[must_use]
    pub const fn stats(&self) -> PaperStats {
        self.stats
    }

    /// Names the account.
    #[must_use]
    pub fn account_id(&self) -> &str {
        self.books.account().id()
    }

    /// The trade id of the last fill; none is missing below it.
    #[must_use]
    pub const fn last_trade_id(&self) -> u64 {
        self.books.account().last_trade_id()
    }

    /// What the account owns, by asset.
    #[must_use]
    pub fn balances(&self) -> Vec<Balance> {
        self.books.balances()
    }

    /// A page of a symbol's fills above a trade id, oldest first, and whether others follow.
    ///
    /// # Errors
    /// Words where some of them are too old to be told.
    pub fn fills(&self, symbol: &Symbol, after_trade_id: Option<u64>) -> Result<(Vec<Fill>, bool), String> {
        self.books.account().fills(symbol, after_trade_id)
    }

    /// Sees the market, and tells what that did to our orders.
    pub fn market(&mut self, event: &MarketEvent) -> Vec<ExecutorReport> {
        match event {
            MarketEvent::Book(change) => {
                self.at(&change.symbol, |market, books| market.on_book(change, books));
            }
            MarketEvent::Trade(print) => self.at(&print.symbol, |market, books| market.on_print(print, books)),
            MarketEvent::Trust { symbol, trust: Trust::Trusted, .. } => self.stand_again(symbol),
            MarketEvent::Trust { .. } => {}
            MarketEvent::Rules(rules) => {
                self.books.list(&rules.symbol, &rules.base, &rules.quote);
                self.at(&rules.symbol, |market, _| market.set_tick_size(rules.tick_size));
            }
        }
        self.books.take_reports()
    }

    /// Where a market that was seen stands from now on.
    pub(crate) fn place_of(&self, symbol: &Symbol) -> Option<usize> {
        self.markets.place(symbol)
    }

    pub(crate) fn market_at(&self, place: usize) -> &Market {
        self.markets.at(place)
    }

    /// Takes what `other` has seen of the market at a place.
    pub(crate) fn leap(&mut self, place: usize, other: &Self) {
        self.markets.at_mut(place).leap(other.markets.at(place));
    }

    /// The market at a place told its book, or a change of it; says how many levels changed.
    #[inline]
    pub(crate) fn on_book(&mut self, place: usize, change: &BookChange) -> usize {
        self.markets.at_mut(place).on_book(change, &mut self.books)
    }

    /// The same of levels alone.
    #[inline]
    pub(crate) fn on_levels(
        &mut self,
        place: usize,
        exchange_ts: UnixNanos,
        levels: impl IntoIterator<Item = (Side, Level)>,
    ) -> usize {
        self.markets.at_mut(place).on_levels(exchange_ts, levels, &mut self.books)
    }

    /// The market at a place traded.
    #[inline]
    pub(crate) fn on_print(&mut self, place: usize, print: &TradePrint) {
        self.markets.at_mut(place).on_print(print, &mut self.books);
    }

    /// True where something was reported since the last time.
    #[inline]
    pub(crate) fn has_reports(&self) -> bool {
        self.books.has_reports()
    }

    /// What was reported since the last time.
    pub(crate) fn take_reports(&mut self) -> Vec<ExecutorReport> {
        self.books.take_reports()
    }

    /// True where no order is under way or works: time changes nothing then.
    #[must_use]
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.books.is_idle()
    }

    /// The displayed book of the market at a place.
    #[inline]
    pub(crate) fn displayed(&self, place: usize) -> &Book {
        self.markets.at(place).book()
    }

    /// What that book holds near the touch; see [`Book::follow_band`].
    #[inline]
    pub(crate) fn follow_band(&mut self, place: usize, bps: f64, min_ticks: u32) -> Option<Band> {
        self.markets.at_mut(place).follow_band(bps, min_ticks)
    }

    /// Nothing else happened up to and including `exchange_now`.
    pub fn tick(&mut self, exchange_now: UnixNanos) -> Vec<ExecutorReport> {
        self.markets.for_each(|market| market.on_tick(exchange_now, &mut self.books));
        self.books.take_reports()
    }

    /// Takes an order in.
    pub(crate) fn place(&mut self, request: &OrderRequest) -> Vec<ExecutorReport> {
        self.stats.orders += 1;
        let key = self.books.take(request);
        self.send(key);
        self.books.take_reports()
    }

    /// Takes an order back; a decision of ours, which has no time of its own, is made on what was seen last.
    pub(crate) fn cancel(
        &mut self,
        client_order_id: &str,
        symbol: &Symbol,
        decided_at: Option<UnixNanos>,
    ) -> Vec<ExecutorReport> {
        let seen = self.at(symbol, |market, _| market.now()).max(self.books.latest());
        let decided_at = decided_at.unwrap_or(seen);
        let Some(key) = self.books.key(client_order_id) else {
            let (client_order_id, what) = (client_order_id.to_owned(), cancel_refused());
            return vec![ExecutorReport { client_order_id, exchange_order_id: None, at: decided_at, what }];
        };
        if self.stop_waiting(symbol, key) {
            self.books.hear(Outcome::Canceled { key, at: decided_at.max(seen) });
        } else {
            let arrival = self.at(symbol, |market, books| market.cancel(key, decided_at, books));
            self.stats.late_cancels += u64::from(arrival.late);
        }
        self.books.take_reports()
    }

    /// What has been left of an earlier life stands in its book again, where the venue has its own back: nothing fills
    /// for the time away, and what had not arrived arrives.
    fn stand_again(&mut self, symbol: &Symbol) {
        for key in self.waiting.remove(symbol).unwrap_or_default() {
            match self.books.left_of(key) {
                Some(Left { order: Ok(order), works: true, .. }) => self.at(symbol, |market, _| market.stand(&order)),
                _ => self.send(key),
            }
        }
    }

    fn stop_waiting(&mut self, symbol: &Symbol, key: OrderKey) -> bool {
        let Some(waiting) = self.waiting.get_mut(symbol) else { return false };
        let before = waiting.len();
        waiting.retain(|held| *held != key);
        waiting.len() < before
    }

    /// Sends what the books hold of an order to its market.
    fn send(&mut self, key: OrderKey) {
        let Some(Left { order, symbol, decided_at, .. }) = self.books.left_of(key) else { return };
        match order {
            Ok(order) => {
                let arrival = self.at(&symbol, |market, books| market.place(order, decided_at, books));
                self.stats.late_orders += u64::from(arrival.late);
            }
            Err(malformed) => {
                let at = self.at(&symbol, |market, _| market.now());
                self.books.refuse(key, malformed.to_string(), at);
            }
        }
    }

    fn at<T>(&mut self, symbol: &Symbol, act: impl FnOnce(&mut Market, &mut Books) -> T) -> T {
        let market = self.markets.get_or_add(symbol, || Market::new(self.model, Price::ZERO));
        act(market, &mut self.books)
    }
}
