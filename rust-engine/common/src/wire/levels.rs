//! Book levels on the wire: decimal text for any reader, or packed floats for the lowest latency.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::market::Level;
use crate::number::{Price, Qty};

/// How book levels are written (`[zmq] book_encoding`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookEncoding {
    /// `[[price, quantity], ...]` as decimal text.
    #[default]
    Decimal,
    /// One byte string of little-endian float64 pairs.
    Packed,
}

/// One side of a book on the wire, best level first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Levels {
    /// Exact.
    Decimal(Vec<Level>),
    /// Price and quantity as little-endian float64 pairs; a reader's floats without parsing.
    Packed(Vec<u8>),
}

impl Levels {
    /// Writes levels in the wanted encoding.
    #[must_use]
    pub fn encode(levels: &[Level], encoding: BookEncoding) -> Self {
        match encoding {
            BookEncoding::Decimal => Self::Decimal(levels.to_vec()),
            BookEncoding::Packed => {
                let mut bytes = Vec::with_capacity(levels.len() * 16);
                for level in levels {
                    bytes.extend_from_slice(&level.price.to_f64().to_le_bytes());
                    bytes.extend_from_slice(&level.quantity.to_f64().to_le_bytes());
                }
                Self::Packed(bytes)
            }
        }
    }
}

impl Serialize for Levels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Decimal(levels) => serializer.collect_seq(levels.iter().map(|level| (level.price, level.quantity))),
            Self::Packed(bytes) => serializer.serialize_bytes(bytes),
        }
    }
}

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EitherForm;
        impl<'de> Visitor<'de> for EitherForm {
            type Value = Levels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of [price, quantity], or packed float64 pairs")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Levels, A::Error> {
                let mut levels = Vec::new();
                while let Some((price, quantity)) = seq.next_element::<(Price, Qty)>()? {
                    levels.push(Level { price, quantity });
                }
                Ok(Levels::Decimal(levels))
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Levels, E> {
                if !bytes.len().is_multiple_of(16) {
                    return Err(E::custom(format!("{} bytes are no whole number of float64 pairs", bytes.len())));
                }
                let (words, _) = bytes.as_chunks::<8>();
                let mut numbers = words.iter().map(|word| f64::from_le_bytes(*word));
                if let Some(odd) = numbers.find(|number| !number.is_finite() || *number < 0.0) {
                    return Err(E::custom(format!("{odd} is no price and no quantity")));
                }
                Ok(Levels::Packed(bytes.to_vec()))
            }
        }
        deserializer.deserialize_any(EitherForm)
    }
}
