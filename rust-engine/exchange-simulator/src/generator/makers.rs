//! Those who rest in the book: they fill it to the measured profile, fidget in it, and withdraw when told to.

use common::market::Side;

use super::dice::{Dice, Quantiles};
use super::ladder::Ladder;
use super::measured as m;
use super::symbol::Market;

/// How much of the ordinary depth there is on each side; 1 is calm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Depth {
    pub(crate) bids: f64,
    pub(crate) asks: f64,
}

impl Depth {
    pub(crate) const ORDINARY: Self = Self { bids: 1.0, asks: 1.0 };

    fn of(self, side: Side) -> f64 {
        match side {
            Side::Buy => self.bids,
            Side::Sell => self.asks,
        }
    }
}

/// A measured slice of depth in ticks of this market; `from` 0 is the best level.
struct TickBin {
    from: i64,
    to: i64,
    levels: f64,
    /// Share of changes that fall into this bin or a nearer one.
    share_up_to: f64,
    resting: &'static Quantiles,
    placed: &'static Quantiles,
    /// Share of what is placed that is dust; as much of what is removed must be, or the mix would change.
    dust_share: f64,
    /// Share of what rests that is not dust.
    big_share: f64,
}

/// Levels that are there, in one bin of one side.
#[derive(Clone, Copy, Default)]
struct Present {
    levels: f64,
    /// Those among them that are not dust.
    big: f64,
}

impl TickBin {
    /// Levels wanted at this depth, and how many measured levels each of them stands for: where ticks are coarse, several
    /// measured levels fall on one.
    fn wanted(&self, depth: f64) -> (f64, f64) {
        let measured = self.levels * depth.sqrt();
        let room = (self.to - self.from) as f64;
        (measured.min(room), (measured / room).max(1.0))
    }
}

/// The makers of one market.
pub(crate) struct Makers {
    bins: Vec<TickBin>,
    lots_per_unit: f64,
    /// Bids and asks by bin, as last counted.
    present: [Vec<Present>; 2],
    changes_since_count: usize,
}

/// The book is counted anew after so many changes: counting costs as much as they do.
const CHANGES_PER_COUNT: usize = 40;

/// Ticks of a level that lies `offset` ticks behind the best one.
fn behind(side: Side, best: i64, offset: i64) -> i64 {
    match side {
        Side::Buy => best - offset,
        Side::Sell => best + offset,
    }
}

impl Makers {
    /// Makers for a market at about `price_ticks`, whose books hold `scale` times as much as the measured one (in quote units).
    pub(crate) fn new(market: &Market, price_ticks: i64, scale: f64) -> Self {
        let price = market.tick.to_f64() * price_ticks as f64;
        let ticks_per_bp = price_ticks as f64 / 1e4;
        let mut bins: Vec<TickBin> = Vec::new();
        let (mut levels, mut share) = (0.0, 0.0);
        let mut from = 0;
        for measured in &m::DEPTH {
            levels += measured.levels;
            share += measured.change_share;
            let to = (measured.to_bps * ticks_per_bp).floor() as i64;
            if to <= from {
                continue;
            }
            let (resting, placed) = (measured.resting, measured.placed);
            let dust_share = placed.share_below(m::DUST);
            let big_share = 1.0 - resting.share_below(m::DUST);
            bins.push(TickBin { from, to, levels, share_up_to: share, resting, placed, dust_share, big_share });
            levels = 0.0;
            from = to;
        }
        let all = bins.last().map_or(1.0, |last| last.share_up_to);
        bins.iter_mut().for_each(|bin| bin.share_up_to /= all);
        Self {
            bins,
            lots_per_unit: scale * m::PRICE / price / market.step.to_f64(),
            present: [Vec::new(), Vec::new()],
            changes_since_count: CHANGES_PER_COUNT,
        }
    }

    /// Lots for a measured quantity.
    pub(crate) fn lots(&self, quantity: f64) -> i64 {
        ((quantity * self.lots_per_unit).round() as i64).max(1)
    }

    /// Draws the lots of a level that stands for `merged` measured ones.
    fn draw(&self, dice: &mut Dice, table: &Quantiles, merged: f64, depth: f64) -> i64 {
        let draws = (merged.ceil() as usize).clamp(1, 4);
        let sum: f64 = (0..draws).map(|_| dice.draw(table)).sum();
        self.lots(sum * merged / draws as f64 * depth.sqrt())
    }

    /// Fills an empty book around a touch.
    pub(crate) fn fill(&self, ladder: &mut Ladder, dice: &mut Dice, bid: i64, ask: i64) {
        for (side, best) in [(Side::Buy, bid), (Side::Sell, ask)] {
            self.place_best(ladder, dice, side, best, Depth::ORDINARY);
            for bin in &self.bins {
                let (wanted, merged) = bin.wanted(1.0);
                let first = bin.from.max(1);
                let sparse = merged <= 1.0;
                let levels = if sparse { wanted.round() as i64 } else { bin.to - first };
                for nth in 0..levels {
                    let offset = if sparse { dice.between(first, bin.to) } else { first + nth };
                    let ticks = behind(side, best, offset);
                    if ticks > 0 {
                        ladder.set(side, ticks, self.draw(dice, bin.resting, merged, 1.0));
                    }
                }
            }
        }
    }

    /// Puts a best level at `ticks`, which must not cross the other side.
    pub(crate) fn place_best(&self, ladder: &mut Ladder, dice: &mut Dice, side: Side, ticks: i64, depth: Depth) {
        let depth = depth.of(side);
        let lots = match self.bins.first() {
            Some(first) if first.to == 1 => self.draw(dice, first.resting, first.wanted(depth).1, depth),
            _ => self.lots(dice.draw(&m::BEST_QUANTITY) * depth),
        };
        ladder.set(side, ticks, lots);
    }

    /// Changes `count` levels here and there, so that the book drifts towards the measured profile times `depth`.
    pub(crate) fn churn(&mut self, ladder: &mut Ladder, dice: &mut Dice, count: usize, depth: Depth) {
        let (Some(bid), Some(ask)) = (ladder.best(Side::Buy), ladder.best(Side::Sell)) else { return };
        self.changes_since_count += count;
        if self.changes_since_count >= CHANGES_PER_COUNT {
            self.changes_since_count = 0;
            self.present = [self.count(ladder, Side::Buy, bid), self.count(ladder, Side::Sell, ask)];
        }
        for _ in 0..count {
            let (side, best) = if dice.chance(0.5) { (Side::Buy, bid) } else { (Side::Sell, ask) };
            self.change_one(ladder, dice, side, best, depth);
        }
    }

    fn change_one(&mut self, ladder: &mut Ladder, dice: &mut Dice, side: Side, best: i64, depth: Depth) {
        let draw = dice.unit();
        let nth = self.bins.partition_point(|bin| bin.share_up_to < draw).min(self.bins.len() - 1);
        let bin = &self.bins[nth];
        if bin.to == 1 || dice.chance(m::BEST_SHARE) {
            self.place_best(ladder, dice, side, best, depth);
            return;
        }
        let mut present = self.present[usize::from(side == Side::Sell)][nth];
        let (wanted, merged) = bin.wanted(depth.of(side));
        let remove = if merged > 1.0 { 0.03 } else { (0.5 * present.levels / wanted.max(0.5)).clamp(0.02, 0.98) };
        let ticks = behind(side, best, dice.between(bin.from.max(1), bin.to));
        let dust = self.lots(m::DUST);
        if dice.chance(remove) {
            let surplus = present.big / (wanted * bin.big_share).max(0.5);
            let wants_dust = dice.chance(bin.dust_share / surplus.max(1.0));
            if let Some(found) = find(ladder, side, best, ticks, |lots| (lots < dust) == wants_dust) {
                present.levels -= 1.0;
                present.big -= if ladder.lots(side, found) < dust { 0.0 } else { 1.0 };
                ladder.set(side, found, 0);
            }
        } else if ticks > 0 {
            let lots = self.draw(dice, bin.placed, merged, depth.of(side));
            if ladder.lots(side, ticks) == 0 {
                present.levels += 1.0;
                present.big += if lots < dust { 0.0 } else { 1.0 };
            }
            ladder.set(side, ticks, lots);
        }
        self.present[usize::from(side == Side::Sell)][nth] = present;
    }

    /// Levels in each bin.
    fn count(&self, ladder: &Ladder, side: Side, best: i64) -> Vec<Present> {
        let mut present = vec![Present::default(); self.bins.len()];
        let dust = self.lots(m::DUST);
        let mut nth = 0;
        let mut see = |(ticks, lots): (&i64, &i64)| {
            let offset = (ticks - best).abs();
            while nth < self.bins.len() && offset >= self.bins[nth].to {
                nth += 1;
            }
            if let Some(present) = present.get_mut(nth) {
                present.levels += 1.0;
                present.big += if *lots < dust { 0.0 } else { 1.0 };
            }
        };
        let levels = ladder.side(side).iter();
        match side {
            Side::Buy => levels.rev().for_each(&mut see),
            Side::Sell => levels.for_each(&mut see),
        }
        present
    }
}

/// A level near `ticks`, behind the best one, that `suits`; the nearest where none near by does.
fn find(ladder: &Ladder, side: Side, best: i64, ticks: i64, suits: impl Fn(i64) -> bool) -> Option<i64> {
    const LOOK_AT: usize = 12;
    let levels = ladder.side(side);
    let (up, down) = (levels.range(ticks..).take(LOOK_AT), levels.range(..ticks).rev().take(LOOK_AT));
    let mut candidates = up.chain(down).filter(|level| *level.0 != best);
    let mut nearest = None;
    candidates
        .find(|(ticks, lots)| {
            nearest = nearest.or(Some(**ticks));
            suits(**lots)
        })
        .map(|level| *level.0)
        .or(nearest)
}
