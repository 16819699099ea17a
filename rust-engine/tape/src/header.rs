//! The first line of a tape: where it comes from and what is on it.

use common::time::UnixNanos;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The format that this crate writes, and the only one it reads.
const VERSION: u32 = 1;

/// How a tape came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Drawn from a seed.
    Generated,
    /// Received from a venue.
    Recorded,
    /// Made from files in another format.
    Converted,
}

/// What a reader must know before the first frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    tape: u32,
    /// The venue whose frames these are; `binance`.
    pub venue: String,
    /// One `exchangeInfo` symbol object per market on the tape, as the venue writes it.
    pub symbols: Vec<Value>,
    /// How the tape came about.
    pub source: Source,
    /// True where the book was made up around real trades.
    pub synthetic_book: bool,
    /// True where the trades were made up.
    pub synthetic_trades: bool,
    /// Constant error of the recorder's clock, in nanoseconds: receive time minus this is the venue's time.
    pub clock_error_ns: i64,
    /// Earliest exchange time on the tape; `None` where it was not known when the tape was begun.
    pub first_ts_ns: Option<UnixNanos>,
    /// Latest exchange time on the tape; `None` where it was not known when the tape was begun.
    pub last_ts_ns: Option<UnixNanos>,
    /// Where a replay starts by default; what lies before is history. `None`: at the beginning.
    pub live_from_ns: Option<UnixNanos>,
    /// For people.
    pub notes: String,
    /// Scenario, seed and options of a generated tape.
    pub generator: Option<Value>,
}

impl Header {
    /// A header for markets of Binance Spot; set the other fields as needed.
    #[must_use]
    pub fn new(source: Source, symbols: Vec<Value>) -> Self {
        Self {
            tape: VERSION,
            venue: "binance".to_owned(),
            symbols,
            source,
            synthetic_book: false,
            synthetic_trades: false,
            clock_error_ns: 0,
            first_ts_ns: None,
            last_ts_ns: None,
            live_from_ns: None,
            notes: String::new(),
            generator: None,
        }
    }

    /// The markets on the tape, in the venue's spelling.
    #[must_use]
    pub fn symbol_names(&self) -> Vec<&str> {
        self.symbols.iter().filter_map(|symbol| symbol["symbol"].as_str()).collect()
    }

    /// Reads the first line of a tape, or says what is wrong with it.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            tape: u32,
        }
        let version: Version =
            serde_json::from_slice(line).map_err(|error| format!("the first line is no header: {error}"))?;
        if version.tape != VERSION {
            return Err(format!("it has format {}, this program reads format {VERSION}", version.tape));
        }
        let header: Self = serde_json::from_slice(line).map_err(|error| format!("bad header: {error}"))?;
        if header.symbols.is_empty() || header.symbol_names().len() != header.symbols.len() {
            return Err("the header names no symbol, or one without a name".to_owned());
        }
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn refuses_other_formats_unknown_keys_and_nameless_symbols() {
        let good = serde_json::to_value(Header::new(Source::Recorded, vec![json!({"symbol": "A"})])).unwrap();
        let with = |key: &str, value: Value| {
            let mut changed = good.clone();
            changed[key] = value;
            Header::parse(changed.to_string().as_bytes()).unwrap_err()
        };
        assert!(Header::parse(good.to_string().as_bytes()).is_ok());
        assert!(with("tape", json!(2)).contains("format 2"));
        assert!(with("lenght", json!(2)).contains("lenght"));
        assert!(with("symbols", json!([])).contains("no symbol"));
        assert!(with("symbols", json!([{"status": "TRADING"}])).contains("without a name"));
        assert!(Header::parse(b"{}").unwrap_err().contains("no header"));
    }
}
