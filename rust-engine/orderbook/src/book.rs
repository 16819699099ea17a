//! The levels of both sides.

use common::market::{Level, Side};
use common::number::{Price, Qty};

use crate::band::Band;
use crate::ladder::Ladder;

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
    bids: Ladder<false>,
    asks: Ladder<true>,
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
        // Venues print best first; from worst to best each level is appended instead of moved in.
        self.bids.replace(bids.iter().rev());
        self.asks.replace(asks.iter().rev());
    }

    /// Sets absolute quantities (zero removes; removing what is not there is normal).
    ///
    /// Returns how many price levels changed: a repeated quantity and a removal of nothing are no changes.
    pub fn apply_diff(&mut self, bids: &[Level], asks: &[Level]) -> usize {
        let mut changed = 0;
        for &level in bids {
            changed += usize::from(self.bids.set(level));
        }
        for &level in asks {
            changed += usize::from(self.asks.set(level));
        }
        changed
    }

    /// Sets one absolute quantity of a side, as [`Book::apply_diff`] does; true where something changed.
    #[inline]
    pub fn set(&mut self, side: Side, level: Level) -> bool {
        match side {
            Side::Buy => self.bids.set(level),
            Side::Sell => self.asks.set(level),
        }
    }

    /// The highest bid.
    #[must_use]
    #[inline]
    pub fn best_bid(&self) -> Option<Level> {
        self.bids.best()
    }

    /// The lowest ask.
    #[must_use]
    #[inline]
    pub fn best_ask(&self) -> Option<Level> {
        self.asks.best()
    }

    /// True where the best bid is at or above the best ask: such a book is out of sync.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        matches!((self.best_bid(), self.best_ask()), (Some(bid), Some(ask)) if bid.price >= ask.price)
    }

    /// Bid levels from the best down.
    pub fn bids(&self) -> impl ExactSizeIterator<Item = Level> + '_ {
        self.bids.levels()
    }

    /// Ask levels from the best up.
    pub fn asks(&self) -> impl ExactSizeIterator<Item = Level> + '_ {
        self.asks.levels()
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
        match side {
            Side::Buy => self.bids.quantity_at(price),
            Side::Sell => self.asks.quantity_at(price),
        }
    }

    /// Sums both sides within `bps` hundredths of a percent of mid, or `min_ticks` ticks of `tick` where that is farther.
    ///
    /// `bps` counts to two decimals. `None` without a best level on both sides.
    #[must_use]
    pub fn band(&self, bps: f64, min_ticks: u32, tick: Price) -> Option<Band> {
        let (lowest, highest) = self.reach(bps, min_ticks, tick)?;
        Some(Band { bid: self.bids.sum(lowest), ask: self.asks.sum(highest) })
    }

    /// The same as [`Book::band`] for one who asks after each change: it remembers the sums, and follows what changes.
    #[must_use]
    pub fn follow_band(&mut self, bps: f64, min_ticks: u32, tick: Price) -> Option<Band> {
        let (lowest, highest) = self.reach(bps, min_ticks, tick)?;
        Some(Band { bid: self.bids.follow(lowest), ask: self.asks.follow(highest) })
    }

    /// The lowest bid and the highest ask of the band.
    fn reach(&self, bps: f64, min_ticks: u32, tick: Price) -> Option<(Price, Price)> {
        let parts_per_million = i128::from((bps * 100.0).round() as i64);
        let twice_mid = i128::from(self.best_bid()?.price.raw()) + i128::from(self.best_ask()?.price.raw());
        // Distances from mid are compared doubled, so that a mid between two ticks stays exact.
        let reach = share(twice_mid, parts_per_million).max(2 * i128::from(min_ticks) * i128::from(tick.raw()));
        Some((bound((twice_mid - reach + 1).div_euclid(2)), bound((twice_mid + reach).div_euclid(2))))
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

/// A bound of prices: beyond the smallest and the largest there is none.
fn bound(raw: i128) -> Price {
    let raw = i64::try_from(raw.max(0)).unwrap_or(i64::MAX);
    Price::from_raw(raw).expect("it is not negative")
}
