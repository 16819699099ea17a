//! The book against a naive map, and the sequencer against a naive reading of the venue's rules.

use std::collections::BTreeMap;

use common::market::{Level, Side};
use common::number::{Price, Qty};
use orderbook::{Book, Sequenced, Sequencer, Synced, Verdict};
use proptest::prelude::*;

type Change = (Side, i64, i64);

fn price(raw: i64) -> Price {
    Price::from_raw(raw).expect("not negative")
}

fn level(at: i64, quantity: i64) -> Level {
    Level { price: price(at), quantity: Qty::from_raw(quantity).expect("not negative") }
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    proptest::collection::vec((side, 1..40_i64, 0..4_i64), 0..12)
}

fn of(changes: &[Change], wanted: Side) -> Vec<Level> {
    changes.iter().filter(|(side, ..)| *side == wanted).map(|&(_, price, quantity)| level(price, quantity)).collect()
}

fn expected(map: &BTreeMap<i64, i64>) -> Vec<Level> {
    map.iter().map(|(&price, &quantity)| level(price, quantity)).collect()
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Update {
    first: u64,
    last: u64,
    changes: Vec<Change>,
}

impl Sequenced for Update {
    fn first_update_id(&self) -> u64 {
        self.first
    }
    fn final_update_id(&self) -> u64 {
        self.last
    }
}

/// What a stream can do to us: deliver, lose, repeat, swap with the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Deliver,
    Lose,
    Repeat,
    Swap,
    SnapshotNow,
}

proptest! {
    #[test]
    fn a_band_that_is_followed_is_the_band(
        start in changes(),
        diffs in proptest::collection::vec((changes(), 0..4_u32, any::<bool>(), any::<bool>()), 0..40),
    ) {
        let mut book = Book::new();
        book.apply_snapshot(&of(&start, Side::Buy), &of(&start, Side::Sell));
        for (diff, ticks, anew, asked) in diffs {
            let (bids, asks) = (of(&diff, Side::Buy), of(&diff, Side::Sell));
            if anew { book.apply_snapshot(&bids, &asks) } else { book.apply_diff(&bids, &asks); }
            if asked {
                prop_assert_eq!(book.band(25.0, 4 * ticks, price(1)), book.follow_band(25.0, 4 * ticks, price(1)));
            }
        }
    }

    #[test]
    fn a_book_is_a_map_from_price_to_quantity(start in changes(), diffs in proptest::collection::vec(changes(), 0..30)) {
        let (mut book, mut bids, mut asks) = (Book::new(), BTreeMap::new(), BTreeMap::new());
        book.apply_snapshot(&of(&start, Side::Buy), &of(&start, Side::Sell));
        // A snapshot is read from worst to best, so of two levels at one price the first printed stays.
        for (side, price, quantity) in start.into_iter().rev() {
            let map = if side == Side::Buy { &mut bids } else { &mut asks };
            if quantity > 0 { map.insert(price, quantity); } else { map.remove(&price); }
        }
        for diff in diffs {
            let mut changed = 0;
            for &(side, price, quantity) in diff.iter().filter(|change| change.0 == Side::Buy).chain(diff.iter().filter(|change| change.0 == Side::Sell)) {
                let map = if side == Side::Buy { &mut bids } else { &mut asks };
                let before = if quantity > 0 { map.insert(price, quantity) } else { map.remove(&price) };
                changed += usize::from(before.unwrap_or(0) != quantity);
            }
            prop_assert_eq!(book.apply_diff(&of(&diff, Side::Buy), &of(&diff, Side::Sell)), changed);
        }
        let mut best_first = expected(&bids);
        best_first.reverse();
        prop_assert_eq!(book.bids().collect::<Vec<_>>(), best_first);
        prop_assert_eq!(book.asks().collect::<Vec<_>>(), expected(&asks));
        prop_assert_eq!(book.depth(), (bids.len(), asks.len()));
        let crossed = matches!((bids.last_key_value(), asks.first_key_value()), (Some((bid, _)), Some((ask, _))) if bid >= ask);
        prop_assert_eq!(book.is_crossed(), crossed);
        for at in 1..40 {
            prop_assert_eq!(book.quantity_at(Side::Buy, price(at)).raw(), bids.get(&at).copied().unwrap_or(0));
            prop_assert_eq!(book.quantity_at(Side::Sell, price(at)).raw(), asks.get(&at).copied().unwrap_or(0));
        }
    }

    /// Whatever is lost, repeated or swapped: whenever the sequencer says it is in sync, the book is the venue's.
    #[test]
    fn in_sync_means_equal_to_the_venue(
        updates in proptest::collection::vec((1..4_u64, changes()), 1..40),
        fates in proptest::collection::vec(prop_oneof![
            8 => Just(Fate::Deliver), 1 => Just(Fate::Lose), 1 => Just(Fate::Repeat), 1 => Just(Fate::Swap), 3 => Just(Fate::SnapshotNow),
        ], 40),
    ) {
        let (mut venue, mut ours) = (Book::new(), Book::new());
        let mut sequencer = Sequencer::new();
        let mut truth = vec![(0, venue.clone())];
        let mut held_back = None;
        let mut next_id = 1;
        for ((span, changes), fate) in updates.into_iter().zip(fates) {
            venue.apply_diff(&of(&changes, Side::Buy), &of(&changes, Side::Sell));
            let update = Update { first: next_id, last: next_id + span - 1, changes };
            next_id += span;
            truth.push((update.last, venue.clone()));
            let deliveries = match fate {
                Fate::Lose => vec![],
                Fate::Repeat => vec![update.clone(), update],
                Fate::Swap if held_back.is_none() => { held_back = Some(update); vec![] }
                Fate::Deliver | Fate::Swap | Fate::SnapshotNow => {
                    let mut both = vec![update];
                    both.extend(held_back.take());
                    both
                }
            };
            for update in deliveries {
                if let Verdict::Apply(update) = sequencer.offer(update) {
                    ours.apply_diff(&of(&update.changes, Side::Buy), &of(&update.changes, Side::Sell));
                }
            }
            if fate == Fate::SnapshotNow && let Synced::Replay(replay) = sequencer.snapshot(next_id - 1) {
                let (bids, asks) = venue.top(usize::MAX);
                ours.apply_snapshot(&bids, &asks);
                prop_assert!(replay.is_empty(), "the snapshot held everything");
            }
            if let Some(local) = sequencer.local() {
                let (_, then) = truth.iter().find(|(id, _)| *id == local).expect("an id of the venue's");
                prop_assert_eq!(&ours, then);
            }
        }
    }
}
