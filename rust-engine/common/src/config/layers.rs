//! The layers, and how a later one wins over an earlier one.

use std::collections::BTreeMap;

use super::problem::{Problem, ProblemKind};
use super::schema::{Rule, Schema};
use super::value::{Fault, Value};
use super::{Config, Effective, SymbolParts};

/// The files that may be layers; a later one wins. `best_params.toml` is a layer only when it is asked for.
pub const FILES: [&str; 4] = ["strategy_constants.toml", "best_params.toml", "config.toml", "local.toml"];
const DEFAULT: &str = "default";
const ENVIRONMENT: &str = "environment";
const FLAGS: &str = "flags";
const PREFIX: &str = "FLASHCRASH__";

/// Everything that a configuration is made from, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// Text of the files that exist, by name (see [`FILES`]).
    pub files: BTreeMap<String, String>,
    /// The environment; variables without the prefix `FLASHCRASH__` are none of our business.
    pub env: BTreeMap<String, String>,
    /// Overrides of the command line, `section.key=value`.
    pub flags: Vec<String>,
}

/// How late a source's word comes.
pub(super) fn rank(source: &str) -> usize {
    let order = [DEFAULT].into_iter().chain(FILES).chain([ENVIRONMENT, FLAGS]);
    order.into_iter().position(|name| name == source).unwrap_or_default()
}

pub(super) fn merge(schema: &Schema, layers: &Layers) -> (Config, Vec<Problem>) {
    let mut merge = Merge { schema, values: BTreeMap::new(), symbols: Vec::new(), problems: Vec::new() };
    for (section, key, rule) in schema.keys() {
        merge.put(DEFAULT, section, key, rule.default.clone());
    }
    for file in FILES {
        if let Some(text) = layers.files.get(file) {
            merge.file(file, text);
        }
    }
    for (name, text) in &layers.env {
        if let Some(path) = name.strip_prefix(PREFIX) {
            merge.text(ENVIRONMENT, &path.to_lowercase().replacen("__", ".", 1), text);
        }
    }
    for flag in &layers.flags {
        match flag.split_once('=') {
            Some((path, text)) if path.contains('.') => merge.text(FLAGS, path, text),
            _ => merge.report(FLAGS, flag, ProblemKind::Syntax, "is not section.key=value".to_owned()),
        }
    }
    (Config { values: merge.values, symbols: merge.symbols }, merge.problems)
}

struct Merge<'a> {
    schema: &'a Schema,
    values: BTreeMap<(String, String), Effective>,
    symbols: Vec<SymbolParts>,
    problems: Vec<Problem>,
}

impl<'a> Merge<'a> {
    fn put(&mut self, source: &str, section: &str, key: &str, value: Value) {
        self.values.insert((section.to_owned(), key.to_owned()), Effective { value, source: source.to_owned() });
    }

    fn report(&mut self, source: &str, key: &str, kind: ProblemKind, detail: String) {
        self.problems.push(Problem { source: source.to_owned(), key: key.to_owned(), kind, nearest: None, detail });
    }

    fn report_unknown(&mut self, source: &str, path: &str) {
        let nearest = self.schema.nearest(path);
        let what = if path.contains('.') { "is no known key" } else { "is no known section" };
        let detail = match &nearest {
            Some(name) => format!("{what}; the nearest known one is {name}"),
            None => what.to_owned(),
        };
        let kind = ProblemKind::UnknownKey;
        self.problems.push(Problem { source: source.to_owned(), key: path.to_owned(), kind, nearest, detail });
    }

    fn file(&mut self, file: &str, text: &str) {
        let sections: toml::Table = match toml::from_str(text) {
            Ok(sections) => sections,
            Err(error) => {
                let detail = format!("is not readable as TOML: {}", error.to_string().trim_end());
                return self.report(file, "", ProblemKind::Syntax, detail);
            }
        };
        for (section, content) in &sections {
            match (section.as_str(), self.schema.section(section), content) {
                ("symbols", _, content) => self.symbols(file, content),
                (_, None, _) => self.report_unknown(file, section),
                (_, Some(rules), toml::Value::Table(keys)) => {
                    for (key, value) in keys {
                        self.take(file, section, key, rules.get(key), &value.to_string(), |rule| {
                            rule.kind.accept(value)
                        });
                    }
                }
                (_, Some(_), other) => {
                    let detail = format!("= {other} must be a table, [{section}]");
                    self.report(file, section, ProblemKind::WrongType, detail);
                }
            }
        }
    }

    fn text(&mut self, source: &str, path: &str, text: &str) {
        let (section, key) = path.split_once('.').unwrap_or((path, ""));
        match self.schema.section(section) {
            Some(rules) => {
                self.take(source, section, key, rules.get(key), text, |rule| rule.kind.accept_text(text));
            }
            None => self.report_unknown(source, section),
        }
    }

    fn take(
        &mut self,
        source: &str,
        section: &str,
        key: &str,
        rule: Option<&'a Rule>,
        shown: &str,
        accept: impl Fn(&Rule) -> Result<Value, Fault>,
    ) {
        let path = format!("{section}.{key}");
        let Some(rule) = rule else { return self.report_unknown(source, &path) };
        let (kind, why) = match accept(rule) {
            Ok(value) => return self.put(source, section, key, value),
            Err(Fault::WrongType) => (ProblemKind::WrongType, "has the wrong type"),
            Err(Fault::OutOfRange) => (ProblemKind::OutOfRange, "is out of range"),
            Err(Fault::NotAllowed) => (ProblemKind::NotAllowed, "is not allowed"),
        };
        self.report(source, &path, kind, format!("= {shown} {why}; allowed: {}", rule.kind));
    }

    fn symbols(&mut self, file: &str, content: &toml::Value) {
        let wrong = "needs [[symbols]] tables, each with a base and a quote";
        let Some(tables) = content.as_array() else {
            return self.report(file, "symbols", ProblemKind::WrongType, format!("= {content} {wrong}"));
        };
        let mut symbols = Vec::new();
        for table in tables {
            for key in table.as_table().into_iter().flatten().map(|(key, _)| key) {
                if key != "base" && key != "quote" {
                    self.report_unknown(file, &format!("symbols.{key}"));
                }
            }
            let part = |key| table.get(key).and_then(toml::Value::as_str).filter(|text| !text.is_empty());
            match (part("base"), part("quote")) {
                (Some(base), Some(quote)) => {
                    symbols.push(SymbolParts { base: base.to_owned(), quote: quote.to_owned() });
                }
                _ => self.report(file, "symbols", ProblemKind::WrongType, wrong.to_owned()),
            }
        }
        self.symbols = symbols;
    }
}
