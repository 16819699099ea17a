//! The levels of both sides, best level at the end of a sorted vector: nearly all changes happen there.

use common::market::{Level, Side};
use common::number::{Price, Qty};

use crate::band::{Band, BandSide};

/// A book of absolute quantities per price. Prices are exact numbers, so `0.10` and `0.1` are one level.
///
/// ```
/// use common::market::{Level, Side};
/// use orderbook::Book;
/// let level = |price: &str, quantity: &str| Level { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() };
/// let mut book = Book::new();
/// book.apply_snapshot(&[level("99", "1"), level("98", "2")], &[level("101", "3")]);
/// assert_eq!(book.apply_diff(&[level("99", "0"), level("97", "5")], &[level("102", "0")]), 2);
/// assert_eq!(book.best_bid(), Some(level("98", "2")));
/// assert_eq!(book.quantity_at(Side::Sell, "101".parse().unwrap()), "3".parse().unwrap());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Ascending: the best bid is last.
    bids: Vec<Level>,
    /// Descending: the best ask is last.
    asks: Vec<Level>,
}

impl Book {
    /// An empty book.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets everything and takes these levels, in any order; zero quantities are left out, and of two levels at one
    /// price the later counts.
    pub fn apply_snapshot(&mut self, bids: &[Level], asks: &[Level]) {
        self.bids.clear();
        self.asks.clear();
        // Venues print best first; from worst to best each level is appended instead of moved in.
        for &level in bids.iter().rev() {
            set_level(&mut self.bids, level, |held, price| held < price);
        }
        for &level in asks.iter().rev() {
            set_level(&mut self.asks, level, |held, price| held > price);
        }
    }

    /// Sets absolute quantities (zero removes; removing what is not there is normal).
    ///
    /// Returns how many price levels changed: a repeated quantity and a removal of nothing are no changes.
    pub fn apply_diff(&mut self, bids: &[Level], asks: &[Level]) -> usize {
        let mut changed = 0;
        for &level in bids {
            changed += usize::from(set_level(&mut self.bids, level, |held, price| held < price));
        }
        for &level in asks {
            changed += usize::from(set_level(&mut self.asks, level, |held, price| held > price));
        }
        changed
    }

    /// The highest bid.
    #[must_use]
    #[inline]
    pub fn best_bid(&self) -> Option<Level> {
        self.bids.last().copied()
    }

    /// The lowest ask.
    #[must_use]
    #[inline]
    pub fn best_ask(&self) -> Option<Level> {
        self.asks.last().copied()
    }

    /// True where the best bid is at or above the best ask: such a book is out of sync.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        matches!((self.best_bid(), self.best_ask()), (Some(bid), Some(ask)) if bid.price >= ask.price)
    }

    /// Bid levels from the best down.
    pub fn bids(&self) -> impl ExactSizeIterator<Item = Level> + '_ {
        self.bids.iter().rev().copied()
    }

    /// Ask levels from the best up.
    pub fn asks(&self) -> impl ExactSizeIterator<Item = Level> + '_ {
        self.asks.iter().rev().copied()
    }

    /// The best `count` levels of each side, best first.
    #[must_use]
    pub fn top(&self, count: usize) -> (Vec<Level>, Vec<Level>) {
        (self.bids().take(count).collect(), self.asks().take(count).collect())
    }

    /// Number of bid and of ask levels held.
    #[must_use]
    pub fn depth(&self) -> (usize, usize) {
        (self.bids.len(), self.asks.len())
    }

    /// What rests at a price: [`Side::Buy`] asks the bids, [`Side::Sell`] the asks. Zero where nothing does.
    #[must_use]
    pub fn quantity_at(&self, side: Side, price: Price) -> Qty {
        let (levels, at) = match side {
            Side::Buy => (&self.bids, self.bids.partition_point(|held| held.price < price)),
            Side::Sell => (&self.asks, self.asks.partition_point(|held| held.price > price)),
        };
        levels.get(at).filter(|level| level.price == price).map_or(Qty::ZERO, |level| level.quantity)
    }

    /// Sums both sides within `bps` hundredths of a percent of mid, or `min_ticks` ticks of `tick` where that is farther.
    ///
    /// `bps` counts to two decimals. `None` without a best level on both sides.
    #[must_use]
    pub fn band(&self, bps: f64, min_ticks: u32, tick: Price) -> Option<Band> {
        let parts_per_million = i128::from((bps * 100.0).round() as i64);
        let twice_mid = i128::from(self.best_bid()?.price.raw()) + i128::from(self.best_ask()?.price.raw());
        // Distances from mid are compared doubled, so that a mid between two ticks stays exact.
        let reach = share(twice_mid, parts_per_million).max(2 * i128::from(min_ticks) * i128::from(tick.raw()));
        let lowest = raw_price((twice_mid - reach + 1).div_euclid(2).max(0));
        let highest = raw_price((twice_mid + reach).div_euclid(2));
        // Each side is sorted towards its best level, which is last.
        let bids = self.bids.partition_point(|level| level.price.raw() < lowest);
        let asks = self.asks.partition_point(|level| level.price.raw() > highest);
        Some(Band { bid: BandSide::sum(&self.bids[bids..]), ask: BandSide::sum(&self.asks[asks..]) })
    }
}

/// So many millionths of a value; the short way where it fits.
fn share(value: i128, millionths: i128) -> i128 {
    const MILLION: i64 = 1_000_000;
    let short = |value: i128, millionths: i128| {
        i64::try_from(value).ok()?.checked_mul(i64::try_from(millionths).ok()?).map(|product| product / MILLION)
    };
    short(value, millionths).map_or_else(|| value * millionths / i128::from(MILLION), i128::from)
}

/// A bound of prices: beyond the largest there is none.
fn raw_price(bound: i128) -> i64 {
    i64::try_from(bound).unwrap_or(i64::MAX)
}

/// Sets one level of a side whose best level is last; true where it changed.
#[inline]
fn set_level(side: &mut Vec<Level>, level: Level, is_worse: impl Fn(Price, Price) -> bool) -> bool {
    let at = side.partition_point(|held| is_worse(held.price, level.price));
    let held = side.get_mut(at).filter(|held| held.price == level.price);
    match held {
        Some(held) if held.quantity == level.quantity => return false,
        Some(_) if level.quantity.is_zero() => {
            side.remove(at);
        }
        Some(held) => held.quantity = level.quantity,
        None if level.quantity.is_zero() => return false,
        None => side.insert(at, level),
    }
    true
}
