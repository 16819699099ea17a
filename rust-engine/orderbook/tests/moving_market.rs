//! Large books that move: far and near, on any grid and off it, against a naive map.

use std::collections::BTreeMap;

use common::market::{Level, Side};
use common::number::{Price, Qty};
use orderbook::{Band, Book};
use proptest::collection::vec;
use proptest::prelude::*;

/// A level so many steps behind the touch, and so much off the grid.
#[derive(Clone, Copy, Debug)]
struct Change {
    side: Side,
    steps: i64,
    off: i64,
    quantity: i64,
}

/// What happens at once: the touch moves, levels change, somebody looks.
#[derive(Clone, Debug)]
struct Frame {
    moves: i64,
    /// Levels that the touch has passed go, as at a venue; else the book is crossed.
    passed_go: bool,
    replaces: bool,
    changes: Vec<Change>,
    /// A band to follow: hundredths of a percent and ticks.
    asked: Option<(f64, u32)>,
}

fn change() -> impl Strategy<Value = Change> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let steps = prop_oneof![8 => 0..150_i64, 6 => 0..3_000_i64, 2 => 0..60_000_i64, 1 => any::<i64>(), 1 => -50..0_i64];
    let off = prop_oneof![9 => Just(0_i64), 1 => 0..1_000_000_i64];
    (side, steps, off, 0..4_i64).prop_map(|(side, steps, off, quantity)| Change { side, steps, off, quantity })
}

fn frame() -> impl Strategy<Value = Frame> {
    let moves = prop_oneof![8 => -30..30_i64, 4 => -2_000..2_000_i64, 1 => -40_000..40_000_i64, 1 => any::<i32>().prop_map(i64::from)];
    let changes = prop_oneof![6 => vec(change(), 0..40), 1 => vec(change(), 0..800)];
    let asked = proptest::option::of((prop_oneof![Just(0.0), Just(25.0), Just(1_000.0)], 0..400_u32));
    (moves, any::<bool>(), prop::bool::weighted(0.1), changes, asked)
        .prop_map(|(moves, passed_go, replaces, changes, asked)| Frame { moves, passed_go, replaces, changes, asked })
}

/// Both sides, each from the best on: the bids' prices are negative.
#[derive(Default)]
struct Model {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

fn price(raw: i64) -> Price {
    Price::from_raw(raw).expect("not negative")
}

fn level(at: i64, quantity: i64) -> Level {
    Level { price: price(at), quantity: Qty::from_raw(quantity).expect("not negative") }
}

impl Model {
    fn set(&mut self, side: Side, level: Level) -> bool {
        let (map, at) = match side {
            Side::Buy => (&mut self.bids, -level.price.raw()),
            Side::Sell => (&mut self.asks, level.price.raw()),
        };
        let quantity = level.quantity.raw();
        let before = if quantity > 0 { map.insert(at, quantity) } else { map.remove(&at) };
        before.unwrap_or(0) != quantity
    }

    fn levels(&self, side: Side) -> Vec<Level> {
        let map = if side == Side::Buy { &self.bids } else { &self.asks };
        map.iter().map(|(&at, &quantity)| level(at.abs(), quantity)).collect()
    }

    /// Whether the book holds what the map does, by every way to ask it.
    fn agrees(&self, book: &Book) -> Result<(), TestCaseError> {
        let (bids, asks) = (self.levels(Side::Buy), self.levels(Side::Sell));
        prop_assert_eq!(book.depth(), (bids.len(), asks.len()));
        prop_assert_eq!((book.bids().len(), book.asks().len()), (bids.len(), asks.len()));
        prop_assert_eq!(book.best_bid(), bids.first().copied());
        prop_assert_eq!(book.best_ask(), asks.first().copied());
        for (side, levels) in [(Side::Buy, &bids), (Side::Sell, &asks)] {
            for held in levels {
                prop_assert_eq!(book.quantity_at(side, held.price), held.quantity);
            }
        }
        let top = book.top(20);
        prop_assert_eq!((&top.0[..], &top.1[..]), (&bids[..bids.len().min(20)], &asks[..asks.len().min(20)]));
        prop_assert_eq!(book.bids().collect::<Vec<_>>(), bids);
        prop_assert_eq!(book.asks().collect::<Vec<_>>(), asks);
        Ok(())
    }

    /// Levels, base and quote units of each side that are within the distance of mid.
    fn band(&self, bps: f64, min_ticks: u32, tick: i64) -> Option<[(usize, i128, i128); 2]> {
        let twice_mid = i128::from(*self.asks.first_key_value()?.0) - i128::from(*self.bids.first_key_value()?.0);
        let share = twice_mid * (bps * 100.0) as i128 / 1_000_000;
        let reach = share.max(2 * i128::from(min_ticks) * i128::from(tick));
        Some([(Side::Buy, 1), (Side::Sell, -1)].map(|(side, sign)| {
            let near = |level: &&Level| (twice_mid - 2 * i128::from(level.price.raw())) * sign <= reach;
            let levels = self.levels(side);
            levels.iter().filter(near).fold((0, 0, 0), |(count, quantity, notional), level| {
                let (at, held) = (i128::from(level.price.raw()), i128::from(level.quantity.raw()));
                (count + 1, quantity + held, notional + at * held)
            })
        }))
    }
}

fn told(band: Band) -> [(usize, i128, i128); 2] {
    [band.bid, band.ask].map(|side| (side.levels, side.quantity().mantissa(), side.notional().mantissa()))
}

proptest! {
    #[test]
    fn a_book_is_a_map_wherever_the_market_goes(
        step in prop_oneof![Just(1_i64), Just(2_500), Just(1_000_000), Just(50_000_000), Just(1_000_000_000_000), Just(1_000_000_000_000_000)],
        start in prop_oneof![4 => 0..200_000_i64, 1 => 0..i64::MAX, 1 => i64::MAX - 20_000..i64::MAX],
        frames in vec(frame(), 1..50),
    ) {
        let (mut book, mut model) = (Book::new(), Model::default());
        let mut touch = start;
        for Frame { moves, passed_go, replaces, changes, asked } in frames {
            touch = touch.saturating_add(moves).clamp(0, i64::MAX / step);
            let mut sides = [Vec::new(), Vec::new()];
            for Change { side, steps, off, quantity } in changes {
                let (at, told) = match side {
                    Side::Buy => (touch.saturating_sub(steps), &mut sides[0]),
                    Side::Sell => (touch.saturating_add(steps).saturating_add(1), &mut sides[1]),
                };
                told.push(level(at.clamp(0, i64::MAX / step).saturating_mul(step).saturating_add(off % step), quantity));
            }
            if passed_go && !replaces {
                let border = touch * step;
                sides[0].extend(model.levels(Side::Buy).iter().map(|held| held.price.raw()).filter(|at| *at > border).map(|at| level(at, 0)));
                sides[1].extend(model.levels(Side::Sell).iter().map(|held| held.price.raw()).filter(|at| *at <= border).map(|at| level(at, 0)));
            }
            let [bids, asks] = &sides;
            let mut changed = 0;
            if replaces {
                model = Model::default();
                book.apply_snapshot(bids, asks);
                // It is read from worst to best, so of two levels at one price the first printed stays.
                bids.iter().rev().for_each(|&level| { model.set(Side::Buy, level); });
                asks.iter().rev().for_each(|&level| { model.set(Side::Sell, level); });
            } else {
                bids.iter().for_each(|&level| changed += usize::from(model.set(Side::Buy, level)));
                asks.iter().for_each(|&level| changed += usize::from(model.set(Side::Sell, level)));
                prop_assert_eq!(book.apply_diff(bids, asks), changed);
            }
            model.agrees(&book)?;
            if let Some((bps, ticks)) = asked {
                let band = book.band(bps, ticks, price(step));
                prop_assert_eq!(book.follow_band(bps, ticks, price(step)), band);
                let expected = model.band(bps, ticks, step);
                // Beyond 96 bits a sum is told with fewer decimals.
                if expected.is_none_or(|sides| sides.iter().all(|side| side.2 < 1 << 96)) {
                    prop_assert_eq!(band.map(told), expected);
                }
            }
        }
        // Equal is what holds the same, whatever way it came to it.
        let mut fresh = Book::new();
        fresh.apply_snapshot(&model.levels(Side::Buy), &model.levels(Side::Sell));
        prop_assert_eq!(&fresh, &book);
        prop_assert_eq!(&book.clone(), &book);
        let Some(best) = book.best_bid() else { return Ok(()) };
        fresh.apply_diff(&[Level { quantity: Qty::from_raw(best.quantity.raw() + 1).expect("not negative"), ..best }], &[]);
        prop_assert_ne!(&fresh, &book);
    }
}
