//! The market's prints and their aggregates, by id and by time.

use std::collections::VecDeque;

use common::market::TradePrint;
use common::time::{NANOS_PER_MILLI, UnixNanos};
use feed_handler::binance::AggTrade;

/// Prints that are kept per symbol.
const KEPT: usize = 1_000_000;
/// An aggregate is told once nothing was added to it for this long: prints of one order arrive within microseconds.
const SETTLE_NS: i64 = 5 * NANOS_PER_MILLI;

/// What a paged query asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// The first id wanted.
    pub from_id: Option<u64>,
    /// The earliest time wanted.
    pub start: Option<UnixNanos>,
    /// The latest time wanted.
    pub end: Option<UnixNanos>,
    /// How many at most.
    pub limit: usize,
}

/// One symbol's prints and aggregates, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Prints {
    trades: VecDeque<TradePrint>,
    aggregates: VecDeque<AggTrade>,
    open: Option<AggTrade>,
    open_until: UnixNanos,
}

impl Prints {
    /// The last print.
    #[must_use]
    pub fn last(&self) -> Option<&TradePrint> {
        self.trades.back()
    }

    /// Keeps a print that is newer than all others; false where it is not.
    pub fn add(&mut self, print: &TradePrint) -> bool {
        if self.last().is_some_and(|last| print.trade_id <= last.trade_id) {
            return false;
        }
        self.trades.push_back(print.clone());
        if self.trades.len() > KEPT {
            self.trades.pop_front();
        }
        true
    }

    /// Keeps an aggregate that is newer than all others.
    pub fn add_aggregate(&mut self, aggregate: AggTrade) {
        if self.aggregates.back().is_none_or(|last| aggregate.agg_trade_id > last.agg_trade_id) {
            self.aggregates.push_back(aggregate);
        }
        if self.aggregates.len() > KEPT {
            self.aggregates.pop_front();
        }
    }

    /// Adds a print to the running aggregate; returns the one that it ended.
    ///
    /// One taker order at one price: same time, same price, same side, consecutive ids.
    pub fn aggregate(&mut self, print: &TradePrint) -> Option<AggTrade> {
        self.open_until = print.recv_ts + SETTLE_NS;
        if let Some(open) = &mut self.open {
            let together = open.exchange_ts == print.exchange_ts
                && open.price == print.price
                && open.side == print.side
                && open.last_trade_id + 1 == print.trade_id;
            if let Some(quantity) = open.quantity.checked_add(print.quantity).filter(|_| together) {
                open.quantity = quantity;
                open.last_trade_id = print.trade_id;
                return None;
            }
        }
        let ended = self.close();
        self.open = Some(AggTrade {
            agg_trade_id: self.aggregates.back().map_or(1, |last| last.agg_trade_id + 1),
            first_trade_id: print.trade_id,
            last_trade_id: print.trade_id,
            price: print.price,
            quantity: print.quantity,
            side: print.side,
            exchange_ts: print.exchange_ts,
        });
        ended
    }

    /// When the running aggregate ends on its own.
    #[must_use]
    pub fn settles_at(&self) -> Option<UnixNanos> {
        self.open.as_ref().map(|_| self.open_until)
    }

    /// Ends the running aggregate.
    pub fn close(&mut self) -> Option<AggTrade> {
        let ended = self.open.take()?;
        self.add_aggregate(ended.clone());
        Some(ended)
    }

    /// Prints from an id on, or the last ones.
    #[must_use]
    pub fn trades(&self, from_id: Option<u64>, limit: usize) -> Vec<TradePrint> {
        let page = Page { from_id, limit, ..Page::default() };
        select(&self.trades, page, |print| print.trade_id, |print| print.exchange_ts)
    }

    /// Aggregates from an id or a time on, or the last ones (up to a time).
    #[must_use]
    pub fn aggregates(&self, page: Page) -> Vec<AggTrade> {
        select(&self.aggregates, page, |aggregate| aggregate.agg_trade_id, |aggregate| aggregate.exchange_ts)
    }
}

/// The venue's paging: a first id or time gives the oldest items from it on, else the newest count.
fn select<T: Clone>(items: &VecDeque<T>, page: Page, id: impl Fn(&T) -> u64, time: impl Fn(&T) -> UnixNanos) -> Vec<T> {
    if let Some(from_id) = page.from_id {
        let first = items.partition_point(|item| id(item) < from_id);
        return items.range(first..).take(page.limit).cloned().collect();
    }
    let inside =
        |item: &&T| page.start.is_none_or(|start| time(item) >= start) && page.end.is_none_or(|end| time(item) <= end);
    if page.start.is_some() {
        return items.iter().filter(inside).take(page.limit).cloned().collect();
    }
    let mut newest: Vec<T> = items.iter().rev().filter(inside).take(page.limit).cloned().collect();
    newest.reverse();
    newest
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::market::{Side, Symbol};

    fn print(trade_id: u64, micros: i64, price: &str) -> TradePrint {
        TradePrint {
            symbol: Symbol::new("A"),
            trade_id,
            price: price.parse().unwrap(),
            quantity: "1.5".parse().unwrap(),
            side: Side::Sell,
            exchange_ts: UnixNanos(micros * 1_000),
            recv_ts: UnixNanos(micros * 1_000),
        }
    }

    fn filled() -> Prints {
        let mut prints = Prints::default();
        for print in [print(1, 10, "1"), print(2, 10, "1"), print(3, 10, "2"), print(5, 10, "2"), print(6, 30, "2")] {
            assert!(prints.add(&print));
            prints.aggregate(&print);
        }
        prints
    }

    #[test]
    fn fills_of_one_order_at_one_price_are_one_aggregate() {
        let mut prints = filled();
        assert_eq!(prints.settles_at(), Some(UnixNanos(30_000 + SETTLE_NS)));
        prints.close();
        let spans: Vec<_> = prints.aggregates(Page { limit: 10, ..Page::default() });
        let spans: Vec<_> = spans.iter().map(|agg| (agg.agg_trade_id, agg.first_trade_id, agg.last_trade_id)).collect();
        assert_eq!(spans, [(1, 1, 2), (2, 3, 3), (3, 5, 5), (4, 6, 6)], "a missing id is another order");
    }

    #[test]
    fn an_id_seen_before_is_not_kept() {
        let mut prints = filled();
        assert!(!prints.add(&print(6, 40, "2")));
        assert!(!prints.add(&print(4, 40, "2")));
    }

    #[test]
    fn pages_follow_the_venues_rules() {
        let mut prints = filled();
        prints.close();
        let ids = |page: Page| prints.aggregates(page).iter().map(|agg| agg.agg_trade_id).collect::<Vec<_>>();
        let at = |micros: i64| Some(UnixNanos(micros * 1_000));
        let page = Page { limit: 2, ..Page::default() };
        assert_eq!(ids(page), [3, 4], "the newest");
        assert_eq!(ids(Page { from_id: Some(2), ..page }), [2, 3], "fromId is inclusive");
        assert_eq!(ids(Page { start: at(10), ..page }), [1, 2], "the oldest from a time on");
        assert_eq!(ids(Page { end: at(29), ..page }), [2, 3], "the newest up to a time");
        assert_eq!(ids(Page { start: at(11), end: at(30), ..page }), [4]);
        assert_eq!(prints.trades(Some(3), 2).iter().map(|print| print.trade_id).collect::<Vec<_>>(), [3, 5]);
    }
}
