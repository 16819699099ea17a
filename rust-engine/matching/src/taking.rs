//! What a taking order finds: the displayed levels, less what has traded since the venue told them.

use common::market::{Level, Side, TradePrint};
use common::number::{Price, Qty};
use common::time::UnixNanos;
use orderbook::Book;

use crate::queue::is_better;

/// The worst price that the market has taken from one side since the book was told, and how much of it.
#[derive(Clone, Copy, Debug)]
struct Sweep {
    price: Price,
    quantity: Qty,
    at: UnixNanos,
}

/// Displayed quantity that is no longer there.
///
/// A book is told in steps (100 ms); in between, prints say what is gone: every level better than the worst print, and
/// at its price what printed there. Our own taking is remembered until the venue tells the level again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gone {
    bids_swept: Option<Sweep>,
    asks_swept: Option<Sweep>,
    ours: Vec<(Side, Level)>,
}

impl Gone {
    /// The market took from the side that rests opposite the aggressor; `told_at` is the book's own time.
    #[inline]
    pub(crate) fn print(&mut self, print: &TradePrint, told_at: UnixNanos) {
        if print.exchange_ts <= told_at {
            return;
        }
        let resting = print.side.opposite();
        let swept = self.swept(resting);
        let quantity = match *swept {
            Some(sweep) if is_better(resting, print.price, sweep.price) => return,
            Some(sweep) if sweep.price == print.price => {
                sweep.quantity.checked_add(print.quantity).unwrap_or(print.quantity)
            }
            _ => print.quantity,
        };
        *swept = Some(Sweep { price: print.price, quantity, at: print.exchange_ts });
    }

    /// The venue told of the book as it was at `at`: what traded until then is in it.
    #[inline]
    pub(crate) fn told(&mut self, at: UnixNanos) {
        for swept in [&mut self.bids_swept, &mut self.asks_swept] {
            *swept = swept.filter(|sweep| sweep.at > at);
        }
    }

    /// It told this level.
    pub(crate) fn told_level(&mut self, side: Side, price: Price) {
        self.ours.retain(|(taken_from, taken)| (*taken_from, taken.price) != (side, price));
    }

    /// It told the whole book.
    pub(crate) fn told_anew(&mut self, at: UnixNanos) {
        self.told(at);
        self.ours.clear();
    }

    /// True where we have taken something of a level that has not been told since.
    #[inline]
    pub(crate) fn has_ours(&self) -> bool {
        !self.ours.is_empty()
    }

    /// The levels that an order of `side` gets, best first, up to its limit and the quantity it wants.
    pub(crate) fn available(&self, book: &Book, side: Side, limit: Option<Price>, wanted: Qty) -> Vec<Level> {
        match side {
            Side::Buy => self.walk(book.asks(), Side::Sell, limit, wanted),
            Side::Sell => self.walk(book.bids(), Side::Buy, limit, wanted),
        }
    }

    /// Remembers what an order of ours took.
    pub(crate) fn take(&mut self, side: Side, level: Level) {
        let resting = side.opposite();
        let known = self.ours.iter_mut().find(|(side, taken)| *side == resting && taken.price == level.price);
        match known {
            // A level holds what fits, so what was taken of it fits too.
            Some((_, taken)) => taken.quantity = taken.quantity.checked_add(level.quantity).unwrap_or(taken.quantity),
            None => self.ours.push((resting, level)),
        }
    }

    fn walk(
        &self,
        levels: impl Iterator<Item = Level>,
        resting: Side,
        limit: Option<Price>,
        wanted: Qty,
    ) -> Vec<Level> {
        let mut left = wanted;
        let mut found = Vec::new();
        for level in levels {
            let beyond = limit.is_some_and(|limit| is_better(resting, limit, level.price));
            if left.is_zero() || beyond {
                break;
            }
            let quantity = self.left_of(resting, level).min(left);
            if !quantity.is_zero() {
                left = left.saturating_sub(quantity);
                found.push(Level { price: level.price, quantity });
            }
        }
        found
    }

    fn left_of(&self, resting: Side, level: Level) -> Qty {
        let swept = if resting == Side::Buy { self.bids_swept } else { self.asks_swept };
        let there = match swept {
            Some(sweep) if is_better(resting, level.price, sweep.price) => Qty::ZERO,
            Some(sweep) if sweep.price == level.price => level.quantity.saturating_sub(sweep.quantity),
            _ => level.quantity,
        };
        self.ours
            .iter()
            .filter(|(side, taken)| *side == resting && taken.price == level.price)
            .fold(there, |there, (_, taken)| there.saturating_sub(taken.quantity))
    }

    #[inline]
    fn swept(&mut self, resting: Side) -> &mut Option<Sweep> {
        match resting {
            Side::Buy => &mut self.bids_swept,
            Side::Sell => &mut self.asks_swept,
        }
    }
}
