//! The one list of keys, read from `config/schema.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;

use super::value::Value;

/// What a key's values are.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A finite number within limits, both inclusive.
    Float {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// A whole number within limits, both inclusive.
    Int {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// Yes or no.
    Bool,
    /// Text; one of a closed set where `allowed` is not empty.
    Text {
        /// The closed set.
        allowed: Vec<String>,
    },
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float { min, max } => write!(f, "a number from {min} to {max}"),
            Self::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Bool => f.write_str("true or false"),
            Self::Text { allowed } if allowed.is_empty() => f.write_str("text"),
            Self::Text { allowed } => write!(f, "one of {}", allowed.join(", ")),
        }
    }
}

/// One key.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What its values are.
    pub kind: Kind,
    /// The built-in value.
    pub default: Value,
    /// A change needs a restart; a hot reload refuses it.
    pub restart: bool,
    /// What it means.
    pub doc: String,
}

/// Every section and key.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    sections: BTreeMap<String, BTreeMap<String, Rule>>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum RawRule {
    Float {
        default: f64,
        min: f64,
        max: f64,
        #[serde(default)]
        restart: bool,
        doc: String,
    },
    Int {
        default: i64,
        min: i64,
        max: i64,
        #[serde(default)]
        restart: bool,
        doc: String,
    },
    Bool {
        default: bool,
        #[serde(default)]
        restart: bool,
        doc: String,
    },
    String {
        default: String,
        #[serde(default)]
        allowed: Vec<String>,
        #[serde(default)]
        restart: bool,
        doc: String,
    },
}

impl From<RawRule> for Rule {
    fn from(raw: RawRule) -> Self {
        match raw {
            RawRule::Float { default, min, max, restart, doc } => {
                Self { kind: Kind::Float { min, max }, default: Value::Float(default), restart, doc }
            }
            RawRule::Int { default, min, max, restart, doc } => {
                Self { kind: Kind::Int { min, max }, default: Value::Int(default), restart, doc }
            }
            RawRule::Bool { default, restart, doc } => {
                Self { kind: Kind::Bool, default: Value::Bool(default), restart, doc }
            }
            RawRule::String { default, allowed, restart, doc } => {
                Self { kind: Kind::Text { allowed }, default: Value::Text(default), restart, doc }
            }
        }
    }
}

impl Schema {
    /// The schema that this build was made with.
    ///
    /// # Panics
    /// Never in a build whose tests pass: the text is part of the program.
    pub fn built_in() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| {
            let text = include_str!("../../../../config/schema.toml");
            let raw: BTreeMap<String, BTreeMap<String, RawRule>> =
                toml::from_str(text).unwrap_or_else(|error| panic!("config/schema.toml: {error}"));
            let rules =
                |keys: BTreeMap<String, RawRule>| keys.into_iter().map(|(key, rule)| (key, rule.into())).collect();
            Self { sections: raw.into_iter().map(|(section, keys)| (section, rules(keys))).collect() }
        })
    }

    /// The keys of a section.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&BTreeMap<String, Rule>> {
        self.sections.get(name)
    }

    /// Every key, by section and name.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &str, &Rule)> {
        self.sections
            .iter()
            .flat_map(|(section, keys)| keys.iter().map(move |(key, rule)| (section.as_str(), key.as_str(), rule)))
    }

    /// The known name that an unknown `section` or `section.key` was probably meant to be.
    pub(super) fn nearest(&self, unknown: &str) -> Option<String> {
        let mut known: Vec<String> = self.keys().map(|(section, key, _)| format!("{section}.{key}")).collect();
        known.extend(["symbols.base".to_owned(), "symbols.quote".to_owned()]);
        known.sort_unstable();
        let last = unknown.rsplit('.').next().unwrap_or(unknown);
        if let Some(moved) = known.iter().find(|name| name.rsplit('.').next() == Some(last)) {
            return Some(moved.clone());
        }
        if !unknown.contains('.') {
            known = self.sections.keys().cloned().chain(["symbols".to_owned()]).collect();
            known.sort_unstable();
        }
        let distance = |name: &String| strsim::levenshtein(name, unknown);
        let limit = (last.chars().count() / 3).max(2);
        known.into_iter().min_by_key(distance).filter(|name| distance(name) <= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_allowed_and_every_key_is_explained() {
        for (section, key, rule) in Schema::built_in().keys() {
            let text = match &rule.default {
                Value::Text(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(rule.kind.accept_text(&text), Ok(rule.default.clone()), "{section}.{key}");
            assert!(!rule.doc.is_empty(), "{section}.{key} has no doc");
        }
    }
}
