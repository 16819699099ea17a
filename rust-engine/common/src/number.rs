//! Prices and quantities: exact, small and fast.
//!
//! Binance prints at most 8 decimals, and caps the largest number it shows at `i64::MAX / 1e8`; so an `i64` that
//! counts hundred-millionths holds every price and quantity exactly, compares in one instruction and copies freely.
//! Products of the two (notional, fees, profit) do not fit and are [`Decimal`].

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Decimal places that a [`Price`] or [`Qty`] carries.
pub const SCALE: u32 = 8;
const ONE: i64 = 100_000_000;
/// Every whole number up to this is a float, so that a quotient of two is rounded once.
const EXACT_IN_F64: i64 = 1 << 53;
/// By so many bits a dividend is longer than its divisor, so that the quotient fits an `i64`.
const QUOTIENT_BITS: u32 = 62;
const EXPONENT_OF_ONE: i32 = 1023;
const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;

/// Why a text or a decimal is not a price or a quantity.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NumberError {
    /// Not plain decimal text: a sign, an exponent, a stray character or nothing at all.
    #[error("not a plain decimal number")]
    Malformed,
    /// More than eight decimals that are not zero.
    #[error("more than 8 decimals")]
    TooPrecise,
    /// Larger than 92233720368.54775807.
    #[error("too large")]
    TooLarge,
    /// Below zero, where only zero or more has a meaning.
    #[error("negative")]
    Negative,
}

/// Reads plain decimal text into hundred-millionths. The only decimal parser of the engine's hot path.
///
/// # Errors
/// [`NumberError`] for anything but digits with at most one dot, at most 8 significant decimals, and a value that fits.
pub fn parse_fixed(text: &[u8]) -> Result<i64, NumberError> {
    let mut value: i64 = 0;
    let mut digits = 0_usize;
    let mut bytes = text.iter();
    for &byte in bytes.by_ref() {
        match byte {
            b'0'..=b'9' => {
                value = push_digit(value, byte)?;
                digits += 1;
            }
            b'.' if digits > 0 => return parse_fraction(value, bytes.as_slice()),
            b'-' if digits == 0 => return Err(NumberError::Negative),
            _ => return Err(NumberError::Malformed),
        }
    }
    if digits == 0 {
        return Err(NumberError::Malformed);
    }
    value.checked_mul(ONE).ok_or(NumberError::TooLarge)
}

fn push_digit(value: i64, byte: u8) -> Result<i64, NumberError> {
    value.checked_mul(10).and_then(|tens| tens.checked_add(i64::from(byte - b'0'))).ok_or(NumberError::TooLarge)
}

fn parse_fraction(whole: i64, fraction: &[u8]) -> Result<i64, NumberError> {
    if fraction.is_empty() {
        return Err(NumberError::Malformed);
    }
    let mut value = whole;
    for (place, &byte) in fraction.iter().enumerate() {
        match byte {
            b'0'..=b'9' if place < SCALE as usize => value = push_digit(value, byte)?,
            b'0' => {}
            b'1'..=b'9' => return Err(NumberError::TooPrecise),
            _ => return Err(NumberError::Malformed),
        }
    }
    for _ in fraction.len()..SCALE as usize {
        value = value.checked_mul(10).ok_or(NumberError::TooLarge)?;
    }
    Ok(value)
}

fn write_fixed(raw: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (whole, fraction) = (raw / ONE, (raw % ONE).unsigned_abs());
    if fraction == 0 {
        return write!(f, "{whole}");
    }
    let digits = format!("{fraction:08}");
    write!(f, "{whole}.{}", digits.trim_end_matches('0'))
}

/// The float nearest to `value / 10^scale`, for values from zero on and at most 19 decimals.
///
/// ```
/// use common::number::nearest_f64;
/// assert_eq!(nearest_f64(9_007_199_254_740_993, 8), 90_071_992.547_409_93);
/// ```
#[must_use]
#[inline]
pub fn nearest_f64(value: i128, scale: u32) -> f64 {
    let value = value.max(0).unsigned_abs();
    if value == 0 {
        return 0.0;
    }
    if value <= EXACT_IN_F64 as u128 && scale <= SCALE {
        return value as u64 as f64 / 10_u64.pow(scale) as f64;
    }
    // A quotient of 62 or 63 bits, the last of which says whether anything was cut off: one rounding is left, to nearest.
    let divisor = 10_u128.pow(scale);
    let bits = QUOTIENT_BITS + u128::BITS - divisor.leading_zeros();
    let shift = value.leading_zeros() as i32 - (u128::BITS - bits) as i32;
    let shifted = if shift < 0 { value >> -shift } else { value << shift };
    let quotient = shifted / divisor;
    let is_cut = shifted != quotient * divisor || shift < 0 && value != shifted << -shift;
    let rounded = (quotient as i64 | i64::from(is_cut)) as f64;
    rounded * f64::from_bits(((EXPONENT_OF_ONE - shift) as u64) << MANTISSA_BITS)
}

macro_rules! fixed_point {
    ($name:ident, $what:literal) => {
        #[doc = $what]
        ///
        /// Written on the wire as plain decimal text without trailing zeros.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// Builds a value from hundred-millionths.
            ///
            /// # Errors
            /// [`NumberError::Negative`] below zero.
            #[inline]
            pub fn from_raw(raw: i64) -> Result<Self, NumberError> {
                if raw < 0 { Err(NumberError::Negative) } else { Ok(Self(raw)) }
            }

            /// The value in hundred-millionths.
            #[must_use]
            #[inline]
            pub const fn raw(self) -> i64 {
                self.0
            }

            /// Reads plain decimal text.
            ///
            /// # Errors
            /// [`NumberError`] where the text is not plain, too precise, negative or too large.
            pub fn parse(text: &[u8]) -> Result<Self, NumberError> {
                parse_fixed(text).map(Self)
            }

            /// Builds a value from an exact decimal.
            ///
            /// # Errors
            /// [`NumberError`] where the decimal is negative, has more than 8 decimals or is too large.
            pub fn from_decimal(value: Decimal) -> Result<Self, NumberError> {
                if value.is_sign_negative() && !value.is_zero() {
                    return Err(NumberError::Negative);
                }
                let scaled = value.checked_mul(Decimal::from(ONE)).ok_or(NumberError::TooLarge)?;
                if !scaled.fract().is_zero() {
                    return Err(NumberError::TooPrecise);
                }
                i64::try_from(scaled.trunc()).map(Self).map_err(|_| NumberError::TooLarge)
            }

            /// The same value as an exact decimal.
            #[must_use]
            #[inline]
            pub fn decimal(self) -> Decimal {
                Decimal::new(self.0, SCALE)
            }

            /// The value as a statistic: the float nearest to it, which its decimal text reads as too.
            #[must_use]
            #[inline]
            pub fn to_f64(self) -> f64 {
                if self.0 <= EXACT_IN_F64 { self.0 as f64 / ONE as f64 } else { nearest_f64(self.0.into(), SCALE) }
            }

            /// True for zero.
            #[must_use]
            #[inline]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// True for a whole number of `step`s; a zero step switches the rule off (the venue's own convention).
            #[must_use]
            pub const fn is_multiple_of(self, step: Self) -> bool {
                step.0 == 0 || self.0 % step.0 == 0
            }

            /// The largest whole number of `step`s that is not above the value.
            #[must_use]
            pub const fn floor_to(self, step: Self) -> Self {
                if step.0 == 0 { self } else { Self(self.0 - self.0 % step.0) }
            }

            /// The sum, or `None` where it does not fit.
            #[must_use]
            #[inline]
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// The difference, or zero where `other` is larger.
            #[must_use]
            #[inline]
            pub fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0).max(0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_fixed(self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NumberError;

            fn from_str(text: &str) -> Result<Self, NumberError> {
                Self::parse(text.as_bytes())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("plain decimal text")
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::parse(text.as_bytes()).map_err(|error| E::custom(format!("{text:?} is {error}")))
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}

fixed_point!(Price, "A price, in quote units per base unit.");
fixed_point!(Qty, "A quantity, in base units.");

/// What a quantity costs at a price, in quote units, exactly.
///
/// ```
/// use common::number::{Price, Qty, notional};
/// let cost = notional("0.3198".parse().unwrap(), "1500".parse().unwrap());
/// assert_eq!(cost.to_string(), "479.7");
/// ```
#[must_use]
pub fn notional(price: Price, quantity: Qty) -> Decimal {
    (price.decimal() * quantity.decimal()).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_the_venue_prints() {
        for (text, raw) in [
            ("0.00000001", 1),
            ("61837.64000000", 6_183_764_000_000),
            ("0", 0),
            ("0.00000000", 0),
            ("100", 10_000_000_000),
            ("0.1000000000", 10_000_000),
            ("92233720368.54775807", i64::MAX),
        ] {
            assert_eq!(parse_fixed(text.as_bytes()), Ok(raw), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else_by_reason() {
        use NumberError::{Malformed, Negative, TooLarge, TooPrecise};
        for (text, reason) in [
            ("", Malformed),
            (".", Malformed),
            (".5", Malformed),
            ("5.", Malformed),
            ("1.2.3", Malformed),
            ("1e-8", Malformed),
            ("NaN", Malformed),
            ("inf", Malformed),
            (" 1", Malformed),
            ("+1", Malformed),
            ("-1", Negative),
            ("0.000000001", TooPrecise),
            ("92233720368.54775808", TooLarge),
            ("99999999999999999999", TooLarge),
        ] {
            assert_eq!(parse_fixed(text.as_bytes()), Err(reason), "{text}");
        }
    }

    #[test]
    fn rounds_to_steps() {
        let price: Price = "0.31987".parse().unwrap();
        let tick: Price = "0.0001".parse().unwrap();
        assert_eq!(price.floor_to(tick).to_string(), "0.3198");
        assert!(!price.is_multiple_of(tick));
        assert!(price.is_multiple_of(Price::ZERO), "a zero step switches the rule off");
    }

    proptest! {
        #[test]
        fn text_and_number_are_the_same_value(raw in 0..=i64::MAX) {
            let price = Price::from_raw(raw).unwrap();
            prop_assert_eq!(price.to_string().parse::<Price>(), Ok(price));
            prop_assert_eq!(Price::from_decimal(price.decimal()), Ok(price));
        }

        #[test]
        fn a_statistic_is_what_its_text_reads_as(
            raw in 0..=i64::MAX, value in 0..=i128::MAX, shorter in 0..127_u32, scale in 0..=19_u32,
        ) {
            let value = value >> shorter;
            let price = Price::from_raw(raw).unwrap();
            prop_assert_eq!(price.to_f64(), price.to_string().parse::<f64>().unwrap());
            let text = format!("{value}e-{scale}");
            prop_assert_eq!(nearest_f64(value, scale), text.parse::<f64>().unwrap());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse_fixed(&bytes);
        }
    }
}
