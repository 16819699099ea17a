//! Is our book still the venue's? A fresh snapshot is compared at the first update that reaches its id.
//!
//! The answer comes later than the updates it holds, so from the question on a copy of the book and the updates since
//! are kept; with the answer they are replayed to the snapshot's id.

use std::collections::BTreeSet;

use common::market::{Level, Side};
use common::number::Price;
use common::time::{NANOS_PER_SECOND, UnixNanos};
use orderbook::Book;

use crate::binance::{DepthDiff, DepthSnapshot};

/// Updates kept while an answer is awaited: a minute of a 100 ms stream. An answer later than that says nothing.
const LOG_LIMIT: usize = 600;
/// How long the stream may take to reach the snapshot's id.
const PATIENCE: i64 = 5 * NANOS_PER_SECOND;

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The venue's levels are ours.
    Equal,
    /// They are not; the first difference in words.
    Different(String),
    /// They are not, and the stream does not tell why; the first difference in words.
    Untold(String),
    /// The snapshot cannot be compared.
    Inconclusive,
}

/// One audit under way.
#[derive(Clone, Debug)]
pub(crate) struct Audit {
    book: Book,
    local: u64,
    log: Vec<DepthDiff>,
    answer: Option<(DepthSnapshot, usize)>,
    answered_at: UnixNanos,
}

impl Audit {
    /// Begins when the snapshot is asked for: `book` holds everything up to `local`.
    pub(crate) fn begin(book: &Book, local: u64) -> Self {
        Self { book: book.clone(), local, log: Vec::new(), answer: None, answered_at: UnixNanos::ZERO }
    }

    /// The book applied an update.
    pub(crate) fn applied(&mut self, diff: &DepthDiff) -> Option<Finding> {
        self.log.push(diff.clone());
        if self.answer.is_some() {
            return self.try_compare();
        }
        (self.log.len() > LOG_LIMIT).then_some(Finding::Inconclusive)
    }

    /// The snapshot came at `now`; it was asked for with `limit` levels a side.
    pub(crate) fn answered(&mut self, snapshot: DepthSnapshot, limit: u32, now: UnixNanos) -> Option<Finding> {
        self.answer = Some((snapshot, limit as usize));
        self.answered_at = now;
        self.try_compare()
    }

    /// The stream should have reached the snapshot's id long ago: compares the book as it stands.
    pub(crate) fn overdue(&mut self, now: UnixNanos) -> Option<Finding> {
        let (snapshot, limit) = self.answer.as_ref().filter(|_| now.since(self.answered_at) > PATIENCE)?;
        Some(match compare(&self.book, snapshot, *limit, None) {
            Finding::Different(words) => Finding::Untold(words),
            finding => finding,
        })
    }

    fn try_compare(&mut self) -> Option<Finding> {
        let (snapshot, limit) = self.answer.as_ref()?;
        let wanted = snapshot.last_update_id;
        if wanted < self.local {
            return Some(Finding::Inconclusive); // a cached answer from before the question
        }
        let mut straddling = None;
        for diff in self.log.drain(..) {
            if self.local >= wanted {
                break;
            }
            self.book.apply_diff(&diff.bids, &diff.asks);
            self.local = diff.final_update_id;
            if diff.final_update_id > wanted {
                straddling = Some(diff);
            }
        }
        if self.local < wanted {
            return None; // the updates up to the snapshot are still to come
        }
        Some(compare(&self.book, snapshot, *limit, straddling.as_ref()))
    }
}

/// Compares the prices that the snapshot covers, leaving out what the straddling update changed.
fn compare(book: &Book, snapshot: &DepthSnapshot, limit: usize, straddling: Option<&DepthDiff>) -> Finding {
    for side in [Side::Buy, Side::Sell] {
        let (theirs, changed) = match side {
            Side::Buy => (&snapshot.bids, straddling.map(|diff| &diff.bids)),
            Side::Sell => (&snapshot.asks, straddling.map(|diff| &diff.asks)),
        };
        let left_out: BTreeSet<Price> = changed.into_iter().flatten().map(|level| level.price).collect();
        // A full answer ends where its levels end; a short one is the whole side.
        let end = if theirs.len() < limit { None } else { theirs.last().map(|level| level.price) };
        let covered = |level: &Level| match (end, side) {
            (None, _) => true,
            (Some(end), Side::Buy) => level.price >= end,
            (Some(end), Side::Sell) => level.price <= end,
        };
        let counted = |level: &Level| !left_out.contains(&level.price);
        let ours: Vec<Level> = match side {
            Side::Buy => book.bids().take_while(covered).filter(counted).collect(),
            Side::Sell => book.asks().take_while(covered).filter(counted).collect(),
        };
        let theirs: Vec<Level> = theirs.iter().copied().filter(counted).collect();
        if ours != theirs {
            return Finding::Different(first_difference(side, &ours, &theirs));
        }
    }
    Finding::Equal
}

fn first_difference(side: Side, ours: &[Level], theirs: &[Level]) -> String {
    let at = ours.iter().zip(theirs).position(|(our, their)| our != their).unwrap_or(ours.len().min(theirs.len()));
    let show = |levels: &[Level]| {
        levels.get(at).map_or_else(|| "nothing".to_owned(), |level| format!("{} at {}", level.quantity, level.price))
    };
    let side = if side == Side::Buy { "bid" } else { "ask" };
    format!("{side} level {}: ours {}, the venue's {}", at + 1, show(ours), show(theirs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::market::Symbol;

    const NOW: UnixNanos = UnixNanos(0);

    fn level(price: &str, quantity: &str) -> Level {
        Level { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() }
    }

    fn diff(first: u64, last: u64, bids: &[(&str, &str)]) -> DepthDiff {
        DepthDiff {
            symbol: Symbol::new("X"),
            event_ts: UnixNanos(0),
            recv_ts: UnixNanos(0),
            first_update_id: first,
            final_update_id: last,
            bids: bids.iter().map(|(price, quantity)| level(price, quantity)).collect(),
            asks: vec![],
        }
    }

    fn snapshot(id: u64, bids: &[(&str, &str)]) -> DepthSnapshot {
        let bids = bids.iter().map(|(price, quantity)| level(price, quantity)).collect();
        DepthSnapshot { last_update_id: id, bids, asks: vec![level("101", "1")] }
    }

    fn book() -> Book {
        let mut book = Book::new();
        book.apply_snapshot(&[level("99", "1"), level("98", "2"), level("97", "3")], &[level("101", "1")]);
        book
    }

    #[test]
    fn compares_at_once_where_the_book_stands_at_the_snapshot() {
        let mut audit = Audit::begin(&book(), 10);
        assert_eq!(
            audit.answered(snapshot(10, &[("99", "1"), ("98", "2"), ("97", "3")]), 100, NOW),
            Some(Finding::Equal)
        );
    }

    #[test]
    fn waits_for_the_update_that_reaches_the_snapshot() {
        let mut audit = Audit::begin(&book(), 10);
        assert_eq!(audit.answered(snapshot(13, &[("99", "5"), ("98", "2"), ("97", "3")]), 100, NOW), None);
        assert_eq!(audit.applied(&diff(11, 12, &[("99", "4")])), None);
        assert_eq!(audit.applied(&diff(13, 13, &[("99", "5")])), Some(Finding::Equal));
    }

    #[test]
    fn replays_to_an_answer_that_came_late() {
        let mut audit = Audit::begin(&book(), 10);
        for (id, quantity) in [(11, "4"), (12, "5"), (13, "6")] {
            assert_eq!(audit.applied(&diff(id, id, &[("99", quantity)])), None);
        }
        assert_eq!(
            audit.answered(snapshot(12, &[("99", "5"), ("98", "2"), ("97", "3")]), 100, NOW),
            Some(Finding::Equal)
        );
    }

    #[test]
    fn what_the_straddling_update_changed_is_left_out() {
        let mut audit = Audit::begin(&book(), 10);
        audit.applied(&diff(11, 15, &[("99", "9"), ("98", "0"), ("96", "1")]));
        let venue = [("99", "1"), ("98", "2"), ("97", "3")];
        assert_eq!(audit.clone().answered(snapshot(13, &venue), 100, NOW), Some(Finding::Equal));
        let other = [("99", "1"), ("98", "2"), ("97", "4")];
        let Some(Finding::Different(words)) = audit.answered(snapshot(13, &other), 100, NOW) else {
            panic!("97 differs")
        };
        assert_eq!(words, "bid level 1: ours 3 at 97, the venue's 4 at 97");
    }

    #[test]
    fn a_full_answer_covers_no_more_than_its_levels() {
        let mut audit = Audit::begin(&book(), 10);
        assert_eq!(audit.clone().answered(snapshot(10, &[("99", "1")]), 1, NOW), Some(Finding::Equal));
        let Some(Finding::Different(words)) = audit.answered(snapshot(10, &[("99", "1")]), 2, NOW) else {
            panic!("a short answer is the whole side")
        };
        assert_eq!(words, "bid level 2: ours 2 at 98, the venue's nothing");
    }

    #[test]
    fn a_stream_that_does_not_reach_the_answer_is_judged_by_the_levels() {
        let late = UnixNanos(PATIENCE + 1);
        for (venue, untold) in
            [([("99", "1"), ("98", "2"), ("97", "3")], false), ([("99", "7"), ("98", "2"), ("97", "3")], true)]
        {
            let mut audit = Audit::begin(&book(), 10);
            assert_eq!(audit.answered(snapshot(13, &venue), 100, NOW), None);
            assert_eq!(audit.overdue(UnixNanos(PATIENCE)), None);
            assert_eq!(matches!(audit.overdue(late), Some(Finding::Untold(_))), untold);
            assert_eq!(audit.overdue(late) == Some(Finding::Equal), !untold);
        }
        assert_eq!(Audit::begin(&book(), 10).overdue(late), None, "no answer yet");
    }

    #[test]
    fn an_answer_from_before_the_question_says_nothing() {
        let mut audit = Audit::begin(&book(), 10);
        assert_eq!(audit.answered(snapshot(9, &[("1", "1")]), 100, NOW), Some(Finding::Inconclusive));
    }
}
