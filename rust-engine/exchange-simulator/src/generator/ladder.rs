//! A made-up book in whole ticks and lots, which knows what changed since the last diff.

use std::collections::BTreeMap;

use common::market::Side;

/// What one diff frame says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Diff {
    pub(crate) first_update_id: u64,
    pub(crate) final_update_id: u64,
    /// (ticks, lots), best first; zero lots removes.
    pub(crate) bids: Vec<(i64, i64)>,
    /// (ticks, lots), best first; zero lots removes.
    pub(crate) asks: Vec<(i64, i64)>,
}

/// The book. Every change has an update id of its own, so ids of diffs are contiguous whatever happens.
#[derive(Default)]
pub(crate) struct Ladder {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    touched: [Vec<i64>; 2],
    update_id: u64,
    told_id: u64,
}

fn slot(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

impl Ladder {
    /// An empty book whose next change has the id after `update_id`.
    pub(crate) fn new(update_id: u64) -> Self {
        Self { update_id, told_id: update_id, ..Self::default() }
    }

    pub(crate) fn update_id(&self) -> u64 {
        self.update_id
    }

    /// Levels of a side, by ticks ascending.
    pub(crate) fn side(&self, side: Side) -> &BTreeMap<i64, i64> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// Best ticks of a side.
    pub(crate) fn best(&self, side: Side) -> Option<i64> {
        match side {
            Side::Buy => self.bids.last_key_value().map(|level| *level.0),
            Side::Sell => self.asks.first_key_value().map(|level| *level.0),
        }
    }

    /// Lots at a level; zero where there is none.
    pub(crate) fn lots(&self, side: Side, ticks: i64) -> i64 {
        self.side(side).get(&ticks).copied().unwrap_or(0)
    }

    /// Sets a level; zero lots or less removes it.
    pub(crate) fn set(&mut self, side: Side, ticks: i64, lots: i64) {
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if lots > 0 {
            levels.insert(ticks, lots);
        } else if levels.remove(&ticks).is_none() {
            return;
        }
        self.touched[slot(side)].push(ticks);
        self.update_id += 1;
    }

    /// Ticks of a side that are better than `limit`, best first.
    pub(crate) fn better_than(&self, side: Side, limit: i64) -> Vec<i64> {
        match side {
            Side::Buy => self.bids.range(limit + 1..).rev().map(|level| *level.0).collect(),
            Side::Sell => self.asks.range(..limit).map(|level| *level.0).collect(),
        }
    }

    /// What changed since the last call, or `None` where nothing did.
    pub(crate) fn take_diff(&mut self) -> Option<Diff> {
        if self.update_id == self.told_id {
            return None;
        }
        let mut told = |side: Side| {
            let mut ticks = std::mem::take(&mut self.touched[slot(side)]);
            ticks.sort_unstable();
            ticks.dedup();
            if side == Side::Buy {
                ticks.reverse();
            }
            ticks
        };
        let (bids, asks) = (told(Side::Buy), told(Side::Sell));
        let with_lots = |side, ticks: Vec<i64>| ticks.into_iter().map(|t| (t, self.lots(side, t))).collect();
        let diff = Diff {
            first_update_id: self.told_id + 1,
            final_update_id: self.update_id,
            bids: with_lots(Side::Buy, bids),
            asks: with_lots(Side::Sell, asks),
        };
        self.told_id = self.update_id;
        Some(diff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diffs_are_contiguous_absolute_and_best_first() {
        let mut ladder = Ladder::new(10);
        assert_eq!(ladder.take_diff(), None);
        ladder.set(Side::Buy, 100, 5);
        ladder.set(Side::Buy, 101, 1);
        ladder.set(Side::Sell, 103, 2);
        ladder.set(Side::Buy, 100, 7);
        ladder.set(Side::Buy, 99, 0);
        let first = ladder.take_diff().unwrap();
        assert_eq!((first.first_update_id, first.final_update_id), (11, 14));
        assert_eq!((first.bids, first.asks), (vec![(101, 1), (100, 7)], vec![(103, 2)]));
        ladder.set(Side::Buy, 101, 0);
        let second = ladder.take_diff().unwrap();
        assert_eq!((second.first_update_id, second.final_update_id, second.bids), (15, 15, vec![(101, 0)]));
        assert_eq!(ladder.better_than(Side::Buy, 99), [100]);
    }
}
