//! One symbol's book, and what it was a little while ago.

use std::collections::VecDeque;

use common::market::Level;
use common::time::UnixNanos;
use orderbook::Book;

/// Changes that can be taken back: a minute of 100 ms diffs.
const KEPT_CHANGES: usize = 600;

#[derive(Clone, Debug)]
struct Change {
    at: UnixNanos,
    final_update_id: u64,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

/// A book and the update id that it carries.
#[derive(Clone, Debug, Default)]
pub struct NumberedBook {
    /// The levels.
    pub book: Book,
    /// The last update id in it.
    pub last_update_id: u64,
}

/// The book now, and as it was up to a minute of changes ago.
#[derive(Clone, Debug, Default)]
pub struct BookHistory {
    now: NumberedBook,
    oldest: NumberedBook,
    changes: VecDeque<Change>,
}

impl BookHistory {
    /// The book now.
    #[must_use]
    pub fn now(&self) -> &NumberedBook {
        &self.now
    }

    /// Forgets everything and begins with this book.
    pub fn restart(&mut self, last_update_id: u64, bids: &[Level], asks: &[Level]) {
        self.changes.clear();
        self.now.book.apply_snapshot(bids, asks);
        self.now.last_update_id = last_update_id;
        self.oldest = self.now.clone();
    }

    /// Applies a change that was seen at `at`; one that the book already holds changes nothing.
    pub fn apply(&mut self, at: UnixNanos, final_update_id: u64, bids: &[Level], asks: &[Level]) {
        if final_update_id <= self.now.last_update_id {
            return;
        }
        self.now.book.apply_diff(bids, asks);
        self.now.last_update_id = final_update_id;
        self.changes.push_back(Change { at, final_update_id, bids: bids.to_vec(), asks: asks.to_vec() });
        if self.changes.len() > KEPT_CHANGES {
            let change = self.changes.pop_front();
            change.into_iter().for_each(|change| self.oldest.apply(&change));
        }
    }

    /// The book after the last change whose id is not above `update_id`; `None` where that is too long ago.
    #[must_use]
    pub fn at_id(&self, update_id: u64) -> Option<NumberedBook> {
        (update_id >= self.oldest.last_update_id).then(|| self.until(|change| change.final_update_id <= update_id))
    }

    /// The book as it was at a time, or the oldest that is kept.
    #[must_use]
    pub fn at_time(&self, at: UnixNanos) -> NumberedBook {
        self.until(|change| change.at <= at)
    }

    fn until(&self, wanted: impl Fn(&Change) -> bool) -> NumberedBook {
        let mut book = self.oldest.clone();
        self.changes.iter().take_while(|change| wanted(change)).for_each(|change| book.apply(change));
        book
    }
}

impl NumberedBook {
    fn apply(&mut self, change: &Change) {
        self.book.apply_diff(&change.bids, &change.asks);
        self.last_update_id = change.final_update_id;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(price: &str, quantity: &str) -> Level {
        Level { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() }
    }

    #[test]
    fn yesterdays_book_can_be_had_by_id_and_by_time() {
        let mut history = BookHistory::default();
        history.restart(100, &[level("9", "1")], &[level("11", "1")]);
        for id in 101..=105 {
            history.apply(UnixNanos(id), id.cast_unsigned(), &[level("9", &id.to_string())], &[]);
        }
        let quantity = |book: &NumberedBook| book.book.best_bid().unwrap().quantity.to_string();
        assert_eq!(quantity(history.now()), "105");
        assert_eq!(quantity(&history.at_id(103).unwrap()), "103");
        assert_eq!(history.at_time(UnixNanos(102)).last_update_id, 102);
        assert_eq!(history.at_id(100).unwrap().last_update_id, 100);
        assert!(history.at_id(99).is_none(), "before the beginning");
    }

    #[test]
    fn old_changes_are_folded_away() {
        let mut history = BookHistory::default();
        history.restart(0, &[], &[level("11", "1")]);
        for id in 1..=2_000_u64 {
            history.apply(UnixNanos(0), id, &[level("9", &id.to_string())], &[]);
        }
        assert_eq!(history.changes.len(), KEPT_CHANGES);
        assert_eq!(history.at_id(1_400).unwrap().book.best_bid().unwrap().quantity.to_string(), "1400");
        assert!(history.at_id(1_399).is_none());
    }

    #[test]
    fn a_change_that_is_known_changes_nothing() {
        let mut history = BookHistory::default();
        history.restart(10, &[level("9", "1")], &[]);
        history.apply(UnixNanos(1), 10, &[level("9", "5")], &[]);
        assert_eq!(history.now().book.best_bid(), Some(level("9", "1")));
    }
}
