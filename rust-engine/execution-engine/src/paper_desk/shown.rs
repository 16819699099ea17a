//! The desk for whoever shows it markets by the million: the same as a step of each event, without looking for names.

use common::market::{BookChange, Level, MarketEvent, Side, Symbol, TradePrint};
use common::time::UnixNanos;
use orderbook::{Band, Book};

use super::PaperDesk;
use crate::desk::{Input, Output};

/// A market that its desk was told of, found once; of no use to another desk.
#[derive(Clone, Copy, Debug)]
pub struct ShownMarket {
    in_desk: usize,
    in_paper: usize,
}

impl PaperDesk {
    /// Finds a market whose rules were told.
    #[must_use]
    pub fn market(&self, symbol: &Symbol) -> Option<ShownMarket> {
        Some(ShownMarket { in_desk: self.desk.place_of(symbol)?, in_paper: self.paper.place_of(symbol)? })
    }

    /// The market traded.
    #[inline]
    pub fn on_print(&mut self, market: ShownMarket, print: &TradePrint, now: UnixNanos) -> Vec<Output> {
        self.paper.on_print(market.in_paper, print);
        if !self.paper.has_reports() {
            self.desk.printed(market.in_desk, print.price);
            return Vec::new();
        }
        let reports = self.paper.take_reports();
        self.go_on(reports, Some(Input::Market(MarketEvent::Trade(print.clone()))), now)
    }

    /// The market told its book, or a change of it; says how many levels changed too, none where the whole book was told.
    #[inline]
    pub fn on_book(&mut self, market: ShownMarket, change: &BookChange, now: UnixNanos) -> (usize, Vec<Output>) {
        let changed = self.paper.on_book(market.in_paper, change);
        (changed, self.after_book(now))
    }

    /// The same of a change's levels alone.
    #[inline]
    pub fn on_levels(
        &mut self,
        market: ShownMarket,
        exchange_ts: UnixNanos,
        levels: impl IntoIterator<Item = (Side, Level)>,
        now: UnixNanos,
    ) -> (usize, Vec<Output>) {
        let changed = self.paper.on_levels(market.in_paper, exchange_ts, levels);
        (changed, self.after_book(now))
    }

    /// Takes from `other`, a desk that had the same markets from the start and never an order, what it has seen of one.
    /// False, and nothing is taken, where an order of ours is under way, works, or has left its mark there.
    pub fn leap(&mut self, market: ShownMarket, other: &Self) -> bool {
        if !self.paper.is_idle() || !self.paper.market_at(market.in_paper).is_untouched() {
            return false;
        }
        self.paper.leap(market.in_paper, &other.paper);
        self.desk.see_as(market.in_desk, &other.desk);
        true
    }

    /// The displayed book of a market.
    #[must_use]
    #[inline]
    pub fn displayed(&self, market: ShownMarket) -> &Book {
        self.paper.displayed(market.in_paper)
    }

    /// What that book holds near the touch; see [`Book::follow_band`].
    #[must_use]
    #[inline]
    pub fn follow_band(&mut self, market: ShownMarket, bps: f64, min_ticks: u32) -> Option<Band> {
        self.paper.follow_band(market.in_paper, bps, min_ticks)
    }

    /// A book itself tells the desk nothing: only what it did to our orders does.
    #[inline]
    fn after_book(&mut self, now: UnixNanos) -> Vec<Output> {
        if !self.paper.has_reports() {
            return Vec::new();
        }
        let reports = self.paper.take_reports();
        self.go_on(reports, None, now)
    }
}
