//! Exact decimals as plain text: no exponent, no trailing zeros, no sign on zero. For `#[serde(with = "...")]`.

use std::fmt;

use rust_decimal::Decimal;
use serde::de::{self, Visitor};
use serde::{Deserializer, Serializer};

/// Writes the text.
///
/// # Errors
/// The serializer's own.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&value.normalize())
}

/// Reads the text.
///
/// # Errors
/// For anything but plain decimal text that fits exactly.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    struct Text;
    impl Visitor<'_> for Text {
        type Value = Decimal;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("plain decimal text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
            match Decimal::from_str_exact(text) {
                Ok(value) if plain => Ok(value),
                _ => Err(E::custom(format!("{text:?} is not plain decimal text"))),
            }
        }
    }
    deserializer.deserialize_str(Text)
}

/// The same for a value that may be absent.
pub(super) mod optional {
    use super::{Decimal, Deserializer, Serializer};
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Wrapped(#[serde(with = "super")] Decimal);

    pub(crate) fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Wrapped>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
    }
}
