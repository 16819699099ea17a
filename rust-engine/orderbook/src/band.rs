//! What rests near the touch, summed exactly.

use common::market::Level;
use common::number::nearest_f64;
use rust_decimal::Decimal;

const QUANTITY_SCALE: u32 = 8;
const NOTIONAL_SCALE: u32 = 16;
/// A `Decimal` holds 96 bits; sums beyond that give up decimals from the right, never the number.
const DECIMAL_LIMIT: i128 = 1 << 96;

/// Both sides of a book within a distance of mid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Band {
    /// What is bid.
    pub bid: BandSide,
    /// What is asked.
    pub ask: BandSide,
}

/// One side of a [`Band`], in hundred-millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BandSide {
    /// Levels in the band.
    pub levels: usize,
    quantity: i128,
    notional: i128,
}

impl BandSide {
    /// Sums levels; a sum that is too large stays at the largest.
    pub(crate) fn sum(levels: impl Iterator<Item = Level>) -> Self {
        levels.fold(Self::default(), |sum, level| Self {
            levels: sum.levels + 1,
            quantity: sum.quantity + i128::from(level.quantity.raw()),
            notional: sum.notional.saturating_add(notional_of(&level)),
        })
    }

    /// True where the sum is not at its largest.
    pub(crate) fn is_exact(&self) -> bool {
        self.notional < i128::MAX
    }

    /// The sum with one more level; none where it is too large. A level without quantity is none.
    #[inline]
    pub(crate) fn with(self, level: Level) -> Option<Self> {
        Some(Self {
            levels: self.levels + usize::from(!level.quantity.is_zero()),
            quantity: self.quantity + i128::from(level.quantity.raw()),
            notional: self.notional.checked_add(notional_of(&level))?,
        })
    }

    /// The sum with one level less. A level without quantity is none.
    #[inline]
    pub(crate) fn without(self, level: Level) -> Option<Self> {
        Some(Self {
            levels: self.levels - usize::from(!level.quantity.is_zero()),
            quantity: self.quantity - i128::from(level.quantity.raw()),
            notional: self.notional.checked_sub(notional_of(&level))?,
        })
    }

    /// Base units.
    #[must_use]
    pub fn quantity(&self) -> Decimal {
        decimal(self.quantity, QUANTITY_SCALE)
    }

    /// Quote units.
    #[must_use]
    pub fn notional(&self) -> Decimal {
        decimal(self.notional, NOTIONAL_SCALE)
    }

    /// Base units as a statistic: the float nearest to the sum, which its decimal text reads as too.
    #[must_use]
    #[inline]
    pub fn quantity_f64(&self) -> f64 {
        nearest_f64(self.quantity, QUANTITY_SCALE)
    }

    /// Quote units as a statistic: the float nearest to the sum, which its decimal text reads as too.
    #[must_use]
    #[inline]
    pub fn notional_f64(&self) -> f64 {
        nearest_f64(self.notional, NOTIONAL_SCALE)
    }
}

#[inline]
fn notional_of(level: &Level) -> i128 {
    i128::from(level.price.raw()) * i128::from(level.quantity.raw())
}

fn decimal(mut value: i128, mut scale: u32) -> Decimal {
    while value >= DECIMAL_LIMIT && scale > 0 {
        value /= 10;
        scale -= 1;
    }
    Decimal::try_from_i128_with_scale(value, scale).unwrap_or(Decimal::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Book;

    fn level(price: &str, quantity: &str) -> Level {
        Level { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() }
    }

    #[test]
    fn sums_exactly_within_the_distance_of_mid() {
        let mut book = Book::new();
        book.apply_snapshot(
            &[level("99.9", "1"), level("99.75", "2"), level("99.7499", "4")],
            &[level("100.1", "1"), level("100.25", "2.5"), level("100.2501", "4")],
        );
        let band = book.band(25.0, 0, "0.01".parse().unwrap()).expect("both sides");
        assert_eq!((band.bid.levels, band.ask.levels), (2, 2));
        assert_eq!(band.bid.quantity().to_string(), "3.00000000");
        assert_eq!(band.bid.notional().normalize().to_string(), "299.4");
        assert_eq!(band.ask.notional().normalize().to_string(), "350.725");
    }

    #[test]
    fn reaches_the_least_number_of_ticks_where_the_percentage_is_narrower() {
        let mut book = Book::new();
        book.apply_snapshot(&[level("0.10", "1"), level("0.06", "1"), level("0.05", "1")], &[level("0.11", "1")]);
        let band = book.band(25.0, 4, "0.01".parse().unwrap()).expect("both sides");
        assert_eq!(band.bid.levels, 1, "0.06 is 4.5 ticks from mid");
        let band = book.band(25.0, 5, "0.01".parse().unwrap()).expect("both sides");
        assert_eq!(band.bid.levels, 2);
    }

    #[test]
    fn a_one_sided_book_has_no_band_and_huge_sums_stay_numbers() {
        let mut book = Book::new();
        book.apply_snapshot(&[level("1", "1")], &[]);
        assert_eq!(book.band(25.0, 10, "0.01".parse().unwrap()), None);
        let huge = level("92233720368", "92233720368.54775807");
        let notional = BandSide::sum([huge, huge].into_iter()).notional().to_string();
        assert_eq!(notional, "17014118345945879640163.390739");
        let higher = level("92233720367", "92233720368.54775807");
        book.apply_snapshot(&[huge, higher], &[level("92233720368.5", "1")]);
        assert_eq!(book.follow_band(25.0, 10, "0.01".parse().unwrap()).map(|band| band.bid.levels), Some(2));
        book.apply_diff(&[level("92233720367", "0")], &[]);
        assert_eq!(book.follow_band(25.0, 10, "0.01".parse().unwrap()), book.band(25.0, 10, "0.01".parse().unwrap()));
    }
}
