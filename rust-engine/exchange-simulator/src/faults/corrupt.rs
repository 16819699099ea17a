//! Damage to one message.

use common::number::Price;
use rand::{Rng, RngExt as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::digits::Fixed;

/// How a message is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Cut off in the middle.
    Truncated,
    /// One bit of it is wrong.
    BitFlip,
    /// Not JSON at all.
    NotJson,
    /// A price is `NaN`.
    Nan,
    /// A price is below zero.
    Negative,
    /// A price is zero.
    Zero,
    /// A price is a thousand times what it should be.
    Absurd,
    /// A number where text should be.
    WrongType,
    /// A bid above the best ask.
    Crossed,
    /// A level is left out, and nothing shows it.
    MissingLevel,
    /// An event that nobody has heard of.
    UnknownEvent,
}

/// Damages a payload; `best_ask` is the best price of the book that the message belongs to.
pub fn damage(payload: &str, how: How, best_ask: Option<Price>, rng: &mut impl Rng) -> String {
    match how {
        How::Truncated => payload[..payload.len() / 2].to_owned(),
        How::BitFlip => flip_bit(payload, rng),
        How::NotJson => "<html><body>502 Bad Gateway</body></html>".to_owned(),
        How::UnknownEvent => json!({"e": "unheardOf", "E": 0}).to_string(),
        How::Crossed => edit(payload, |fields| cross(fields, best_ask)),
        How::MissingLevel => edit(payload, lose_level),
        How::Nan => edit_price(payload, |_| json!("NaN")),
        How::Negative => edit_price(payload, |price| json!(format!("-{price}"))),
        How::Zero => edit_price(payload, |_| json!("0.00000000")),
        How::Absurd => edit_price(payload, |price| json!(times_thousand(price))),
        How::WrongType => edit_price(payload, |price| json!(price.parse::<f64>().unwrap_or_default())),
    }
}

/// Flips one low bit of one byte, so that the text stays text (WebSocket text frames must be UTF-8).
fn flip_bit(payload: &str, rng: &mut impl Rng) -> String {
    let mut bytes = payload.as_bytes().to_vec();
    let at = rng.random_range(0..bytes.len().max(1));
    if let Some(byte) = bytes.get_mut(at).filter(|byte| byte.is_ascii()) {
        *byte ^= 1 << rng.random_range(0..4);
    }
    String::from_utf8(bytes).unwrap_or_else(|_| payload.to_owned())
}

fn edit(payload: &str, change: impl FnOnce(&mut Value)) -> String {
    let Ok(mut fields) = serde_json::from_str(payload) else { return payload.to_owned() };
    change(&mut fields);
    fields.to_string()
}

/// Changes the price of a print, or of the first level that a book change holds.
fn edit_price(payload: &str, change: impl FnOnce(&str) -> Value) -> String {
    edit(payload, |fields| {
        let path =
            ["/p", "/b/0/0", "/a/0/0"].into_iter().find(|path| fields.pointer(path).is_some_and(Value::is_string));
        if let Some(price) = path.and_then(|path| fields.pointer_mut(path)) {
            *price = change(price.as_str().unwrap_or_default());
        }
    })
}

fn times_thousand(price: &str) -> String {
    let raw = price.parse::<Price>().map_or(0, Price::raw);
    Fixed(raw.saturating_mul(1_000)).to_string()
}

fn cross(fields: &mut Value, best_ask: Option<Price>) {
    let Some(best_ask) = best_ask else { return };
    let above = Fixed(best_ask.raw().saturating_mul(2)).to_string();
    if let Some(bids) = fields.get_mut("b").and_then(Value::as_array_mut) {
        bids.insert(0, json!([above, "1.00000000"]));
    }
}

fn lose_level(fields: &mut Value) {
    for side in ["b", "a"] {
        if let Some(levels) = fields.get_mut(side).and_then(Value::as_array_mut).filter(|levels| !levels.is_empty()) {
            levels.remove(0);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    const DEPTH: &str = r#"{"e":"depthUpdate","E":5,"s":"A","U":1,"u":2,"b":[["9.00000000","1.00000000"]],"a":[]}"#;
    const TRADE: &str =
        r#"{"e":"trade","E":5,"s":"A","t":1,"p":"9.50000000","q":"1.00000000","T":5,"m":true,"M":true}"#;

    fn damaged(payload: &str, how: How) -> String {
        damage(payload, how, "10".parse().ok(), &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn each_damage_is_the_one_asked_for() {
        for (payload, how, expected) in [
            (TRADE, How::Nan, r#""p":"NaN""#),
            (TRADE, How::Negative, r#""p":"-9.50000000""#),
            (TRADE, How::Zero, r#""p":"0.00000000""#),
            (TRADE, How::Absurd, r#""p":"9500.00000000""#),
            (TRADE, How::WrongType, r#""p":9.5"#),
            (DEPTH, How::Negative, r#""b":[["-9.00000000""#),
            (DEPTH, How::Crossed, r#""b":[["20.00000000","1.00000000"],["9"#),
            (DEPTH, How::MissingLevel, r#""b":[],"a":[]"#),
            (DEPTH, How::UnknownEvent, r#""e":"unheardOf""#),
        ] {
            let text = damaged(payload, how);
            assert!(text.contains(expected), "{how:?}: {text}");
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "{how:?} leaves JSON whole");
        }
    }

    #[test]
    fn broken_text_is_broken() {
        for how in [How::Truncated, How::NotJson] {
            assert!(serde_json::from_str::<Value>(&damaged(DEPTH, how)).is_err(), "{how:?}");
        }
        let flipped = damaged(DEPTH, How::BitFlip);
        let different = flipped.bytes().zip(DEPTH.bytes()).filter(|(a, b)| a != b).count();
        assert_eq!((flipped.len(), different), (DEPTH.len(), 1));
    }
}
