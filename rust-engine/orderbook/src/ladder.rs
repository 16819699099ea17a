//! One side of a book, and the sums of its levels near the touch, kept up as they change.

use common::market::Level;
use common::number::{Price, Qty};

use crate::band::BandSide;

/// Levels with the best one last: nearly all changes happen there. The bids are `Ladder<false>`, the asks `Ladder<true>`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ladder<const ASKS: bool> {
    levels: Vec<Level>,
    near: Option<Near>,
}

/// What rests at a price and at all better ones.
#[derive(Clone, Copy, Debug)]
struct Near {
    worst: Price,
    sum: BandSide,
}

/// Two sides are equal that hold the same, whatever was asked of them.
impl<const ASKS: bool> PartialEq for Ladder<ASKS> {
    fn eq(&self, other: &Self) -> bool {
        self.levels == other.levels
    }
}

impl<const ASKS: bool> Eq for Ladder<ASKS> {}

impl<const ASKS: bool> Ladder<ASKS> {
    pub(crate) fn levels(&self) -> &[Level] {
        &self.levels
    }

    #[inline]
    pub(crate) fn best(&self) -> Option<Level> {
        self.levels.last().copied()
    }

    pub(crate) fn clear(&mut self) {
        self.levels.clear();
        self.near = None;
    }

    /// What rests at a price; zero where nothing does.
    pub(crate) fn quantity_at(&self, price: Price) -> Qty {
        self.levels
            .get(self.place(price))
            .filter(|level| level.price == price)
            .map_or(Qty::ZERO, |level| level.quantity)
    }

    /// Sets one level, or removes it with a quantity of zero; true where something changed.
    #[inline]
    pub(crate) fn set(&mut self, level: Level) -> bool {
        let at = self.place(level.price);
        let held = self.levels.get_mut(at).filter(|held| held.price == level.price);
        let before = held.as_ref().map_or(Qty::ZERO, |held| held.quantity);
        match held {
            Some(held) if held.quantity == level.quantity => return false,
            Some(_) if level.quantity.is_zero() => {
                self.levels.remove(at);
            }
            Some(held) => held.quantity = level.quantity,
            None if level.quantity.is_zero() => return false,
            None => self.levels.insert(at, level),
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
        BandSide::sum(&self.levels[self.place(worst)..])
    }

    /// The same as [`Ladder::sum`], from what was summed last and what has changed since.
    pub(crate) fn follow(&mut self, worst: Price) -> BandSide {
        let to = self.place(worst);
        let moved = self.near.and_then(|near| {
            let from = self.place(near.worst);
            let step =
                |sum: Option<BandSide>, level: &Level| if to < from { sum?.with(*level) } else { sum?.without(*level) };
            let between = &self.levels[from.min(to)..from.max(to)];
            // A long way is shorter from the touch.
            (between.len() < self.levels.len() - to).then(|| between.iter().fold(Some(near.sum), step)).flatten()
        });
        let sum = moved.unwrap_or_else(|| BandSide::sum(&self.levels[to..]));
        self.near = sum.is_exact().then_some(Near { worst, sum });
        sum
    }

    /// Where the level of a price stands, or would stand.
    #[inline]
    fn place(&self, price: Price) -> usize {
        self.levels.partition_point(|held| is_worse::<ASKS>(held.price, price))
    }
}

#[inline]
fn is_worse<const ASKS: bool>(one: Price, other: Price) -> bool {
    if ASKS { one > other } else { one < other }
}
