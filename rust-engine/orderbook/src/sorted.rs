//! Levels of one side in a sorted list.

use common::market::Level;
use common::number::{Price, Qty};

/// Levels with the best one last: most changes happen near it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sorted<const ASKS: bool>(Vec<Level>);

impl<const ASKS: bool> Sorted<ASKS> {
    /// Forgets everything and takes these levels, which stand best first.
    pub(crate) fn fill(&mut self, levels: &[Level]) {
        self.0.clear();
        self.0.extend(levels.iter().rev());
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(crate) fn best(&self) -> Option<Level> {
        self.0.last().copied()
    }

    pub(crate) fn quantity_at(&self, price: Price) -> Qty {
        self.0.get(self.place(price)).filter(|held| held.price == price).map_or(Qty::ZERO, |held| held.quantity)
    }

    /// Sets one level, or removes it with a quantity of zero; returns what was there.
    pub(crate) fn set(&mut self, level: Level) -> Qty {
        let at = self.place(level.price);
        match self.0.get_mut(at).filter(|held| held.price == level.price) {
            Some(_) if level.quantity.is_zero() => self.0.remove(at).quantity,
            Some(held) => std::mem::replace(&mut held.quantity, level.quantity),
            None => {
                if !level.quantity.is_zero() {
                    self.0.insert(at, level);
                }
                Qty::ZERO
            }
        }
    }

    /// Levels worse than a price, the worst first; all of them where there is no price.
    #[inline]
    pub(crate) fn beyond(&self, price: Option<Price>) -> &[Level] {
        &self.0[..price.map_or(self.0.len(), |price| self.place(price))]
    }

    /// Gives away what is taken of the levels from `best` to `worst`.
    pub(crate) fn give(&mut self, best: Price, worst: Price, mut takes: impl FnMut(Level) -> bool) {
        let from = self.place(worst);
        let to = from + self.0[from..].partition_point(|held| !is_worse::<ASKS>(best, held.price));
        self.0.extract_if(from..to, |level| takes(*level)).for_each(drop);
    }

    /// Where the level of a price stands, or would stand.
    #[inline]
    fn place(&self, price: Price) -> usize {
        match self.0.last() {
            Some(best) if !is_worse::<ASKS>(best.price, price) => {
                self.0.partition_point(|held| is_worse::<ASKS>(held.price, price))
            }
            // Seen from the touch all of a list is far, and a snapshot comes in order: there is nothing to search.
            _ => self.0.len(),
        }
    }
}

#[inline]
pub(crate) fn is_worse<const ASKS: bool>(one: Price, other: Price) -> bool {
    if ASKS { one > other } else { one < other }
}
