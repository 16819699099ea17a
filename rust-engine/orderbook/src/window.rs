//! Levels of one side near the touch, found by their price instead of searched for.

use common::market::Level;
use common::number::{Price, Qty};

/// Fewer levels than this are found and moved as fast in a list.
pub(crate) const FEWEST_LEVELS: usize = 64;
const SLOTS_PER_LEVEL: usize = 32;
/// Half a megabyte. On a recorded BTCUSDT book more than nine of ten changes fall into it.
const MOST_SLOTS: usize = 1 << 16;
/// One of so many slots is left for prices that are better than the best one.
const ROOM_AHEAD: u64 = 8;
/// The range is moved once it stands off by one of so many slots.
const SLACK: u64 = 16;
/// Levels that are asked for the price step.
const ASKED_FOR_STEP: usize = 64;
/// One of so many of them may stand off the grid.
const ODD_ONE_OF: usize = 8;
/// The most zeros at the end of an `i64`.
const MOST_ZEROS: u32 = 18;
const WORD: u64 = u64::BITS as u64;
const TOP: u64 = i64::MAX as u64;

/// A ring with one slot for each price step within a range of prices, and a bit for each slot that is taken.
///
/// Steps are counted so that the better has the lower number: the asks' from zero, the bids' down to zero. The range
/// moves with [`Window::slide`]; a step keeps its slot.
#[derive(Clone, Debug)]
pub(crate) struct Window<const ASKS: bool> {
    step: u64,
    /// 2^63 divided by the step, rounded up.
    reciprocal: u64,
    /// The first step of the range; a multiple of [`WORD`].
    low: u64,
    /// The best step that is taken; without a meaning where none is.
    best: u64,
    held: usize,
    quantities: Vec<Qty>,
    taken: Vec<u64>,
}

/// A window without a slot.
impl<const ASKS: bool> Default for Window<ASKS> {
    fn default() -> Self {
        Self { step: 1, reciprocal: TOP + 1, low: 0, best: 0, held: 0, quantities: Vec::new(), taken: Vec::new() }
    }
}

impl<const ASKS: bool> Window<ASKS> {
    /// Empties the window, and makes it suit these levels, which stand best first.
    pub(crate) fn fit(&mut self, levels: &[Level]) {
        let slots = match levels.len() {
            ..FEWEST_LEVELS => 0,
            many => (many * SLOTS_PER_LEVEL).next_power_of_two().min(MOST_SLOTS),
        };
        self.clear();
        self.quantities.resize(slots, Qty::ZERO);
        self.taken.resize(slots / WORD as usize, 0);
        if slots > 0 {
            self.step = price_step(levels);
            self.reciprocal = TOP / self.step + 1;
            self.low = self.centred(levels[0].price);
        }
    }

    /// Forgets every level. What they took is put back one by one: a large window is mostly empty.
    pub(crate) fn clear(&mut self) {
        while self.held > 0 {
            self.set(self.best, Qty::ZERO);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.held
    }

    pub(crate) fn best(&self) -> Option<Level> {
        (self.held > 0).then(|| self.level(self.best))
    }

    /// The number of a price's step; none where the price is off the grid or out of the range.
    #[inline]
    pub(crate) fn at(&self, price: Price) -> Option<u64> {
        // A reciprocal that is rounded up divides multiples exactly; what is none is found out by the product.
        let raw = price.raw().cast_unsigned();
        let steps = ((u128::from(raw) * u128::from(self.reciprocal)) >> 63) as u64;
        let at = Self::facing(steps);
        (steps.wrapping_mul(self.step) == raw && at.wrapping_sub(self.low) < self.slots()).then_some(at)
    }

    #[inline]
    pub(crate) fn quantity(&self, at: u64) -> Qty {
        self.quantities[self.slot(at)]
    }

    /// Sets the quantity at a step; returns what was there.
    #[inline]
    pub(crate) fn set(&mut self, at: u64, quantity: Qty) -> Qty {
        let slot = self.slot(at);
        let before = std::mem::replace(&mut self.quantities[slot], quantity);
        let (word, bit) = (&mut self.taken[slot / WORD as usize], 1 << (at % WORD));
        *word = if quantity.is_zero() { *word & !bit } else { *word | bit };
        let was_empty = self.held == 0;
        self.held = self.held + usize::from(!quantity.is_zero()) - usize::from(!before.is_zero());
        if !quantity.is_zero() {
            self.best = if was_empty { at } else { self.best.min(at) };
        } else if at == self.best {
            self.best = self.next(at).unwrap_or_default();
        }
        before
    }

    /// The first step from `at` on that is taken.
    #[inline]
    pub(crate) fn next(&self, at: u64) -> Option<u64> {
        let end = self.low + self.slots();
        let mut from = at.max(self.low);
        while from < end {
            let bits = self.taken[self.slot(from) / WORD as usize] >> (from % WORD);
            if bits != 0 {
                return Some(from + u64::from(bits.trailing_zeros()));
            }
            from = (from / WORD + 1) * WORD;
        }
        None
    }

    /// The first step that is worse than a price.
    pub(crate) fn beyond(&self, price: Price) -> u64 {
        let raw = price.raw().cast_unsigned();
        if ASKS { raw / self.step + 1 } else { TOP + 1 - raw.div_ceil(self.step) }
    }

    #[inline]
    pub(crate) fn level(&self, at: u64) -> Level {
        Level { price: self.price(at), quantity: self.quantity(at) }
    }

    /// Where the range should begin if this were the best price; none where it begins near enough to that.
    pub(crate) fn off_centre(&self, best: Price) -> Option<u64> {
        let wanted = self.centred(best);
        (self.slots() > 0 && wanted.abs_diff(self.low) > self.slots() / SLACK).then_some(wanted)
    }

    /// Moves the range to begin at a step; returns the levels that are not in it any more, best first.
    pub(crate) fn slide(&mut self, low: u64) -> Vec<Level> {
        let mut left = Vec::new();
        let mut from = self.low;
        while let Some(at) = self.next(from) {
            if at.wrapping_sub(low) < self.slots() {
                from = low + self.slots(); // what stays is not looked at
                continue;
            }
            left.push(self.level(at));
            self.set(at, Qty::ZERO);
            from = at + 1;
        }
        self.low = low;
        left
    }

    /// The best and the worst price of the range.
    pub(crate) fn range(&self) -> (Price, Price) {
        (self.price(self.low), self.price(self.low + self.slots().saturating_sub(1)))
    }

    fn centred(&self, best: Price) -> u64 {
        let steps = best.raw().cast_unsigned() / self.step;
        Self::facing(steps).saturating_sub(self.slots() / ROOM_AHEAD) / WORD * WORD
    }

    pub(crate) fn slots(&self) -> u64 {
        self.quantities.len() as u64
    }

    fn slot(&self, at: u64) -> usize {
        at as usize & (self.quantities.len() - 1)
    }

    /// From steps above zero to the number of a step, and back.
    fn facing(steps: u64) -> u64 {
        if ASKS { steps } else { TOP.saturating_sub(steps) }
    }

    fn price(&self, at: u64) -> Price {
        let raw = Self::facing(at).saturating_mul(self.step).min(TOP);
        Price::from_raw(raw.cast_signed()).expect("it is not negative")
    }
}

/// The largest power of ten that nearly all of the best prices are multiples of: the venue's own step, or a part of it.
fn price_step(levels: &[Level]) -> u64 {
    let zeros = |raw: i64| (0..MOST_ZEROS).take_while(|&zeros| raw % 10_i64.pow(zeros + 1) == 0).count();
    let mut zeros: Vec<_> = levels.iter().take(ASKED_FOR_STEP).map(|level| zeros(level.price.raw())).collect();
    zeros.sort_unstable();
    10_u64.pow(zeros[zeros.len() / ODD_ONE_OF] as u32)
}
