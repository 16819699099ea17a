//! Lengths of time as people write them.

use std::fmt;
use std::str::FromStr;

use common::time::NANOS_PER_SECOND;
use serde::{Deserialize, Serialize};

/// A length of time: `"250ms"`, `"2s"`, `"1.5s"`, `"3m"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(i64);

impl Span {
    /// From whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * common::time::NANOS_PER_MILLI)
    }

    /// In nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("{text:?} is no length of time; write it as \"250ms\", \"2s\" or \"3m\"");
        let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3_600e9,
            _ => return Err(refuse()),
        };
        let number: f64 = digits.parse().map_err(|_| refuse())?;
        let nanos = number * unit;
        // A year is more than any tape; beyond it is a slip of the pen.
        if !(0.0..=366.0 * 86_400e9).contains(&nanos) {
            return Err(refuse());
        }
        Ok(Self(nanos.round() as i64))
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % NANOS_PER_SECOND == 0 {
            write!(f, "{}s", self.0 / NANOS_PER_SECOND)
        } else {
            write!(f, "{}ms", self.0 as f64 / 1e6)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, nanos) in
            [("250ms", 250_000_000), ("2s", 2_000_000_000), ("1.5s", 1_500_000_000), ("3m", 180_000_000_000)]
        {
            assert_eq!(text.parse::<Span>().map(Span::nanos), Ok(nanos), "{text}");
        }
        for bad in ["", "2", "s", "-1s", "2 days", "NaNs", "1e30s"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
        assert_eq!(Span::from_millis(1_500).to_string(), "1500ms");
    }
}
