//! The venue's numbers: decimal text read straight into fixed point, without a copy.
//!
//! Bad numbers do not end the reading; they are kept as faults, so that the refusal can name the reason.

use std::fmt;

use common::market::Level;
use common::number::{NumberError, Price, Qty, parse_fixed};
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::parse::ParseError;

/// Levels in an average 100 ms frame; a guess that saves the first few growths of the vector.
const USUAL_LEVELS: usize = 32;

/// Decimal text, read or refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(Result<i64, NumberError>);

impl Number {
    /// A price above zero.
    pub(super) fn price(self) -> Result<Price, ParseError> {
        match self.0 {
            Ok(raw) if raw > 0 => Price::from_raw(raw).map_err(|_| ParseError::NonPositivePrice),
            Ok(_) | Err(NumberError::Negative) => Err(ParseError::NonPositivePrice),
            Err(fault) => Err(other_fault(fault)),
        }
    }

    /// A quantity of zero or more.
    pub(super) fn quantity(self) -> Result<Qty, ParseError> {
        match self.0 {
            Ok(raw) => Qty::from_raw(raw).map_err(|_| ParseError::BadQuantity),
            Err(NumberError::Negative) => Err(ParseError::BadQuantity),
            Err(fault) => Err(other_fault(fault)),
        }
    }

    /// A quantity above zero.
    pub(super) fn traded(self) -> Result<Qty, ParseError> {
        self.quantity()
            .and_then(|quantity| if quantity.is_zero() { Err(ParseError::BadQuantity) } else { Ok(quantity) })
    }
}

fn other_fault(fault: NumberError) -> ParseError {
    match fault {
        NumberError::TooLarge | NumberError::TooPrecise => ParseError::Absurd(fault),
        NumberError::Malformed | NumberError::Negative => ParseError::Malformed(fault.to_string()),
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("decimal text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                Ok(Number(parse_fixed(text.as_bytes())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// `[["price","quantity"], ...]`, or the first fault in it.
#[derive(Debug)]
pub(super) struct LevelList(pub(super) Result<Vec<Level>, ParseError>);

impl<'de> Deserialize<'de> for LevelList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = LevelList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of [price, quantity]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<LevelList, A::Error> {
                let mut levels = Vec::with_capacity(USUAL_LEVELS);
                while let Some(Pair(price, quantity)) = seq.next_element()? {
                    match price.price().and_then(|price| Ok(Level { price, quantity: quantity.quantity()? })) {
                        Ok(level) => levels.push(level),
                        Err(fault) => {
                            while seq.next_element::<IgnoredAny>()?.is_some() {}
                            return Ok(LevelList(Err(fault)));
                        }
                    }
                }
                Ok(LevelList(Ok(levels)))
            }
        }
        deserializer.deserialize_seq(Pairs)
    }
}

/// One `["price","quantity"]`; further elements, which old recordings have, are ignored.
struct Pair(Number, Number);

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Two;
        impl<'de> Visitor<'de> for Two {
            type Value = Pair;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[price, quantity]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Pair, A::Error> {
                let price = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
                let quantity = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(1, &self))?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Pair(price, quantity))
            }
        }
        deserializer.deserialize_seq(Two)
    }
}
