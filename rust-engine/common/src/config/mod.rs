//! The configuration: layers of text in, one checked table of values out, or every problem at once.
//!
//! Belongs here: the schema, the order of the layers, the checks. Never here: reading files or the environment, and
//! what a room does with its values.
//!
//! `config/schema.toml` is the one list of keys, for both languages; `tests/golden/config` holds both to one result.

mod address;
mod layers;
mod problem;
mod rules;
mod schema;
mod value;

use std::collections::BTreeMap;

pub use address::is_local_endpoint;
pub use layers::{FILES, Layers};
pub use problem::{ConfigError, Problem, ProblemKind};
pub use schema::{Kind, Rule, Schema};
pub use value::Value;

/// Base and quote asset of one market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolParts {
    /// The asset that is bought and sold.
    pub base: String,
    /// The asset that is paid with.
    pub quote: String,
}

/// A value and the layer that had the last word.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// The value.
    pub value: Value,
    /// `default`, a file's name, `environment` or `flags`.
    pub source: String,
}

/// The effective configuration: every key of the schema has exactly one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    values: BTreeMap<(String, String), Effective>,
    symbols: Vec<SymbolParts>,
}

impl Config {
    /// Merges and checks the layers.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem of every layer.
    ///
    /// ```
    /// use common::config::{Config, Layers};
    /// let mut layers = Layers::default();
    /// layers.files.insert("local.toml".into(), "[zmq]\nbook_levels = 10\n".into());
    /// let config = Config::read(&layers).unwrap();
    /// assert_eq!(config.int("zmq", "book_levels"), 10);
    ///
    /// layers.flags.push("zmq.book_levles=10".into());
    /// let refused = Config::read(&layers).unwrap_err();
    /// assert!(refused.to_string().contains("the nearest known one is zmq.book_levels"));
    /// ```
    pub fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let schema = Schema::built_in();
        let (config, mut problems) = layers::merge(schema, layers);
        if problems.is_empty() {
            problems = rules::check(&config);
        }
        if problems.is_empty() { Ok(config) } else { Err(ConfigError(problems)) }
    }

    /// The value of a key and where it came from; `None` where the schema has no such key.
    #[must_use]
    pub fn get(&self, section: &str, key: &str) -> Option<&Effective> {
        self.values.get(&(section.to_owned(), key.to_owned()))
    }

    /// Every value, by section and key.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &Effective)> {
        self.values.iter().map(|((section, key), effective)| (section.as_str(), key.as_str(), effective))
    }

    /// The markets of `[[symbols]]`; empty where there are none.
    #[must_use]
    pub fn symbols(&self) -> &[SymbolParts] {
        &self.symbols
    }

    fn known(&self, section: &str, key: &str) -> &Value {
        self.get(section, key).map_or_else(|| panic!("the schema has no key {section}.{key}"), |found| &found.value)
    }

    /// A number.
    ///
    /// # Panics
    /// Where the schema has no such float: a mistake in the caller, not in the configuration.
    #[must_use]
    pub fn float(&self, section: &str, key: &str) -> f64 {
        match self.known(section, key) {
            Value::Float(value) => *value,
            other => panic!("{section}.{key} is no float but {other}"),
        }
    }

    /// A whole number.
    ///
    /// # Panics
    /// Where the schema has no such int.
    #[must_use]
    pub fn int(&self, section: &str, key: &str) -> i64 {
        match self.known(section, key) {
            Value::Int(value) => *value,
            other => panic!("{section}.{key} is no int but {other}"),
        }
    }

    /// Yes or no.
    ///
    /// # Panics
    /// Where the schema has no such bool.
    #[must_use]
    pub fn flag(&self, section: &str, key: &str) -> bool {
        match self.known(section, key) {
            Value::Bool(value) => *value,
            other => panic!("{section}.{key} is no bool but {other}"),
        }
    }

    /// A text; empty means not set.
    ///
    /// # Panics
    /// Where the schema has no such string.
    #[must_use]
    pub fn text(&self, section: &str, key: &str) -> &str {
        match self.known(section, key) {
            Value::Text(value) => value,
            other => panic!("{section}.{key} is no string but {other}"),
        }
    }
}
