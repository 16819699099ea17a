//! Prints exactly once: ids are consecutive per symbol, so a repeated one is dropped and a jump is a gap.

use std::collections::VecDeque;

/// Gaps remembered, to tell a late print from a repeated one.
const GAPS_KEPT: usize = 64;
/// Prints that an outage may cost: a jump beyond is a wrong id, unless the next print goes on from there.
const MOST_MISSED: u64 = 100_000;

/// What a print's id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TradeVerdict {
    /// Never seen; so many ids before it were never seen either.
    New { missed: u64 },
    /// Seen on the connection before this one: the two overlap.
    Overlap,
    /// Seen on this connection.
    Duplicate,
    /// Never seen, but newer ones were.
    OutOfOrder,
    /// So far ahead that it cannot be true before another print says the same.
    TooFar,
}

/// The ids of one symbol's prints.
#[derive(Clone, Debug, Default)]
pub(crate) struct TradeSequence {
    last: u64,
    last_of_stream: u64,
    missing: VecDeque<(u64, u64)>,
    too_far: Option<u64>,
}

impl TradeSequence {
    /// Takes the id of a print that came.
    pub(crate) fn offer(&mut self, id: u64) -> TradeVerdict {
        if id > self.last {
            let missed = if self.last == 0 { 0 } else { id - self.last - 1 };
            let follows_far = self.too_far.take().is_some_and(|far| id > far && id - far <= MOST_MISSED);
            if missed > MOST_MISSED && !follows_far {
                self.too_far = Some(id);
                return TradeVerdict::TooFar;
            }
            if missed > 0 {
                if self.missing.len() == GAPS_KEPT {
                    self.missing.pop_front();
                }
                self.missing.push_back((self.last + 1, id - 1));
            }
            (self.last, self.last_of_stream) = (id, id);
            return TradeVerdict::New { missed };
        }
        let repeated = id <= self.last_of_stream;
        self.last_of_stream = self.last_of_stream.max(id);
        match repeated {
            false => TradeVerdict::Overlap,
            true if self.missing.iter().any(|&(first, last)| (first..=last).contains(&id)) => TradeVerdict::OutOfOrder,
            true => TradeVerdict::Duplicate,
        }
    }

    /// The newest id; 0 before the first.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// Prints come from another connection from now on: it may repeat what the old one told.
    pub(crate) const fn new_stream(&mut self) {
        self.last_of_stream = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tells_gaps_repeats_and_late_prints_apart() {
        use TradeVerdict::{Duplicate, New, OutOfOrder, Overlap};
        let mut ids = TradeSequence::default();
        let verdicts = [7, 8, 8, 11, 9, 7, 12].map(|id| ids.offer(id));
        let new = New { missed: 0 };
        assert_eq!(verdicts, [new, new, Duplicate, New { missed: 2 }, OutOfOrder, Duplicate, new]);
        ids.new_stream();
        assert_eq!([10, 11, 12, 12, 13].map(|id| ids.offer(id)), [Overlap, Overlap, Overlap, Duplicate, new]);
    }

    #[test]
    fn one_wrong_id_does_not_make_all_others_old() {
        use TradeVerdict::{New, TooFar};
        let mut ids = TradeSequence::default();
        let new = New { missed: 0 };
        assert_eq!([7, 8, u64::MAX, 9, 10].map(|id| ids.offer(id)), [new, new, TooFar, new, new]);
        let far = 5_000_000_000;
        let jumped = New { missed: far + 1 - 11 };
        assert_eq!([far, far + 1, far + 2].map(|id| ids.offer(id)), [TooFar, jumped, new], "two say the same");
    }

    proptest! {
        #[test]
        fn every_print_is_taken_once_and_every_missing_one_counted(ids in proptest::collection::vec(1..60_u64, 1..80)) {
            let (mut sequence, mut taken, mut missed) = (TradeSequence::default(), Vec::new(), 0);
            for &id in &ids {
                if let TradeVerdict::New { missed: jump } = sequence.offer(id) {
                    taken.push(id);
                    missed += jump;
                }
            }
            prop_assert!(taken.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(missed, taken[taken.len() - 1] - taken[0] + 1 - taken.len() as u64);
        }
    }
}
