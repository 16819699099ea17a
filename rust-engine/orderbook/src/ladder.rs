//! One side of a book, and the sums of its levels near the touch, kept up as they change.

use common::market::Level;
use common::number::{Price, Qty};

use crate::band::BandSide;
use crate::sorted::{Sorted, is_worse};
use crate::window::{FEWEST_LEVELS, Window};

/// Levels near the touch in a window, all others in a list. The bids are `Ladder<false>`, the asks `Ladder<true>`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ladder<const ASKS: bool> {
    window: Window<ASKS>,
    rest: Sorted<ASKS>,
    /// Changes of the list since the window was fitted.
    missed: usize,
    near: Option<Near>,
}

/// What rests at a price and at all better ones.
#[derive(Clone, Copy, Debug)]
struct Near {
    worst: Price,
    sum: BandSide,
}

/// Two sides are equal that hold the same, whatever was asked of them and wherever they hold it.
impl<const ASKS: bool> PartialEq for Ladder<ASKS> {
    fn eq(&self, other: &Self) -> bool {
        self.levels().eq(other.levels())
    }
}

impl<const ASKS: bool> Eq for Ladder<ASKS> {}

impl<const ASKS: bool> Ladder<ASKS> {
    /// Forgets everything and takes these levels; of two at one price the later counts.
    pub(crate) fn replace<'a>(&mut self, levels: impl Iterator<Item = &'a Level>) {
        self.near = None;
        self.window.clear();
        self.rest.fill(&[]);
        for &level in levels {
            self.rest.set(level);
        }
        self.fit();
    }

    pub(crate) fn len(&self) -> usize {
        self.window.len() + self.rest.len()
    }

    #[inline]
    pub(crate) fn best(&self) -> Option<Level> {
        match (self.window.best(), self.rest.best()) {
            (Some(one), Some(other)) => Some(if is_worse::<ASKS>(one.price, other.price) { other } else { one }),
            (one, other) => one.or(other),
        }
    }

    /// All levels, best first.
    pub(crate) fn levels(&self) -> impl ExactSizeIterator<Item = Level> + '_ {
        let mut all = self.beyond(None);
        (0..self.len()).map(move |_| all.next().expect("they are counted"))
    }

    /// What rests at a price; zero where nothing does.
    pub(crate) fn quantity_at(&self, price: Price) -> Qty {
        self.window.at(price).map_or_else(|| self.rest.quantity_at(price), |at| self.window.quantity(at))
    }

    /// Sets one level, or removes it with a quantity of zero; true where something changed.
    #[inline]
    pub(crate) fn set(&mut self, level: Level) -> bool {
        let before = match self.window.at(level.price) {
            Some(at) => self.window.set(at, level.quantity),
            None => self.set_rest(level),
        };
        if before == level.quantity {
            return false;
        }
        if let Some(near) = self.near.as_mut().filter(|near| !is_worse::<ASKS>(level.price, near.worst)) {
            let kept = near.sum.without(Level { quantity: before, ..level }).and_then(|rest| rest.with(level));
            match kept {
                Some(sum) => near.sum = sum,
                None => self.near = None,
            }
        }
        true
    }

    /// Sums everything at `worst` and better prices.
    pub(crate) fn sum(&self, worst: Price) -> BandSide {
        BandSide::sum(self.beyond(None).take_while(|level| !is_worse::<ASKS>(level.price, worst)))
    }

    /// The same as [`Ladder::sum`], from what was summed last and what has changed since.
    pub(crate) fn follow(&mut self, worst: Price) -> BandSide {
        let sum = self.near.and_then(|near| self.moved(near, worst)).unwrap_or_else(|| self.sum(worst));
        self.near = sum.is_exact().then_some(Near { worst, sum });
        sum
    }

    /// The sum with another end; none where it is too large, or sooner found from the touch.
    fn moved(&self, near: Near, worst: Price) -> Option<BandSide> {
        if worst == near.worst {
            return Some(near.sum);
        }
        let widens = is_worse::<ASKS>(worst, near.worst);
        let (from, to) = if widens { (near.worst, worst) } else { (worst, near.worst) };
        let far = |price: Price| price.raw().abs_diff(worst.raw());
        if far(near.worst) > far(self.best()?.price) {
            return None;
        }
        let mut between = self.beyond(Some(from)).take_while(|level| !is_worse::<ASKS>(level.price, to));
        between.try_fold(near.sum, |sum, level| if widens { sum.with(level) } else { sum.without(level) })
    }

    /// Levels worse than a price, best first; all of them where there is no price.
    fn beyond(&self, price: Option<Price>) -> Levels<'_, ASKS> {
        let at = self.window.next(price.map_or(0, |price| self.window.beyond(price)));
        Levels { window: &self.window, at, rest: self.rest.beyond(price) }
    }

    #[cold]
    #[inline(never)]
    fn set_rest(&mut self, level: Level) -> Qty {
        let before = self.rest.set(level);
        if before != level.quantity {
            self.missed += 1;
            self.keep_up();
        }
        before
    }

    /// Keeps the window where the changes are: moves it after the touch, and fits it anew where so many changes missed
    /// it that they pay for that.
    fn keep_up(&mut self) {
        if self.missed >= (self.len() / 2).max(FEWEST_LEVELS) {
            self.fit();
        } else if let Some(low) = self.best().and_then(|best| self.window.off_centre(best.price)) {
            for level in self.window.slide(low).into_iter().rev() {
                self.rest.set(level);
            }
            self.fill();
        }
    }

    /// Makes the window suit the levels held.
    fn fit(&mut self) {
        let levels: Vec<_> = self.levels().collect();
        self.missed = 0;
        self.window.fit(&levels);
        self.rest.fill(&levels);
        self.fill();
    }

    /// Moves from the list to the window what belongs there.
    fn fill(&mut self) {
        let (best, worst) = self.window.range();
        self.rest.give(best, worst, |level| {
            let at = self.window.at(level.price);
            at.map(|at| self.window.set(at, level.quantity)).is_some()
        });
    }
}

/// The levels of a window from a step on and the levels of a list, best first.
struct Levels<'a, const ASKS: bool> {
    window: &'a Window<ASKS>,
    at: Option<u64>,
    rest: &'a [Level],
}

impl<const ASKS: bool> Iterator for Levels<'_, ASKS> {
    type Item = Level;

    #[inline]
    fn next(&mut self) -> Option<Level> {
        let listed = self.rest.split_last();
        let Some(at) = self.at else {
            let (&level, rest) = listed?;
            self.rest = rest;
            return Some(level);
        };
        let level = self.window.level(at);
        if let Some((&other, rest)) = listed.filter(|(other, _)| is_worse::<ASKS>(level.price, other.price)) {
            self.rest = rest;
            return Some(other);
        }
        self.at = self.window.next(at + 1);
        Some(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(raw: i64, quantity: i64) -> Level {
        Level { price: Price::from_raw(raw).unwrap(), quantity: Qty::from_raw(quantity).unwrap() }
    }

    /// Told again and again: levels held, and those of them that are not in the window.
    fn told<const ASKS: bool>(prices: impl Iterator<Item = i64> + Clone) -> (Ladder<ASKS>, usize, usize) {
        let mut ladder = Ladder::default();
        for quantity in 1..9 {
            prices.clone().for_each(|raw| {
                ladder.set(level(raw, quantity));
            });
        }
        let (held, outside) = (ladder.len(), ladder.rest.len());
        (ladder, held, outside)
    }

    #[test]
    fn what_is_near_the_touch_is_in_the_window_on_any_grid() {
        for step in [1, 500, 1_000_000, 3_000_000, 1_000_000_000_000] {
            let touch = 1_000_000 * step;
            let near = |held: i64| (0..held).map(move |count| touch + count * 2 * step);
            let (_, held, outside) = told::<true>(near(1_000));
            assert_eq!((held, outside), (1_000, 0), "step {step}");
            let (_, held, outside) = told::<false>(near(1_000));
            assert_eq!((held, outside), (1_000, 0), "step {step}");
        }
        let (_, held, outside) = told::<true>((1..91).map(|count| count * 100_000_000_000_000_000));
        assert_eq!((held, outside), (90, 0), "the range ends beyond the largest price");
        let odd_ones = (0..1_000).map(|count| 50_000_000_000 + count * 1_000_000 + i64::from(count % 20 == 0));
        let (_, held, outside) = told::<true>(odd_ones);
        assert_eq!((held, outside), (1_000, 50), "they stand off the grid");
    }

    #[test]
    fn the_window_goes_where_the_market_goes() {
        let (mut bids, mut asks) = (told::<false>(1..1_001).0, told::<true>(1..1_001).0);
        for touch in (1..300_000).chain((100_000..300_000).rev()) {
            for behind in 0..3 {
                bids.set(level(touch - behind.min(touch - 1), touch));
                asks.set(level(touch + behind, touch));
            }
            bids.set(level(touch + 1, 0));
            asks.set(level((touch - 1).max(1), 0));
        }
        // What was left behind is far; the touch is not.
        assert_eq!(bids.window.best(), bids.best());
        assert_eq!(asks.window.best(), asks.best());
        assert!(bids.rest.best().is_none_or(|far| far.price.raw() < 100_000 - 500));
        assert!(asks.rest.best().is_none_or(|far| far.price.raw() > 100_000 + 500));
    }

    #[test]
    fn memory_is_small_for_small_books_and_bounded_for_large_ones() {
        let slots = |held: i64, apart: i64| told::<true>((1..=held).map(|count| count * apart)).0.window.slots();
        assert_eq!(slots(50, 1), 0);
        assert_eq!(slots(2, 100_000_000_000_000), 0);
        assert!(slots(200, 1_000_000_000) <= 200 * 64);
        assert_eq!(slots(20_000, 1_000), 1 << 16);
    }
}
