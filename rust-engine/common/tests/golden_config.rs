//! The configuration cases that both languages must read alike: `tests/golden/config`.

use std::collections::BTreeMap;
use std::path::Path;

use common::config::{Config, ConfigError, Layers, Value};
use serde::Deserialize;
use serde_json::{Value as Json, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    layers: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    flags: Vec<String>,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Expect {
    Effective { effective: BTreeMap<String, Json>, symbols: Option<Json> },
    Problems { problems: Vec<Json> },
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Float(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Bool(value) => json!(value),
        Value::Text(value) => json!(value),
    }
}

fn problems_of(error: &ConfigError) -> Vec<Json> {
    let problem = |problem: &common::config::Problem| {
        let mut row = json!({ "file": problem.source, "key": problem.key, "problem": problem.kind });
        if row["problem"] == "unknown_key" {
            row["nearest"] = json!(problem.nearest);
        }
        row
    };
    sorted(error.0.iter().map(problem).collect())
}

fn sorted(mut rows: Vec<Json>) -> Vec<Json> {
    rows.sort_by_key(ToString::to_string);
    rows
}

fn check(case: Case) {
    let name = case.name;
    let read = Config::read(&Layers { files: case.layers, env: case.env, flags: case.flags });
    match (case.expect, read) {
        (Expect::Problems { problems }, Err(error)) => assert_eq!(problems_of(&error), sorted(problems), "{name}"),
        (Expect::Problems { .. }, Ok(_)) => panic!("{name}: accepted"),
        (Expect::Effective { .. }, Err(error)) => panic!("{name}: {error}"),
        (Expect::Effective { effective, symbols }, Ok(config)) => {
            for (path, wanted) in effective {
                let (section, key) = path.split_once('.').expect("section.key");
                let found = config.get(section, key).unwrap_or_else(|| panic!("{name}: no key {path}"));
                assert_eq!(json!({ "value": json_of(&found.value), "source": found.source }), wanted, "{name}: {path}");
            }
            if let Some(wanted) = symbols {
                let pairs = config.symbols().iter();
                let found: Vec<Json> = pairs.map(|pair| json!({ "base": pair.base, "quote": pair.quote })).collect();
                assert_eq!(Json::from(found), wanted, "{name}: symbols");
            }
        }
    }
}

#[test]
fn every_case_is_read_as_agreed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/config");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder of cases exists") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&path).expect("a readable case");
            let case: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(path.file_stem().and_then(|stem| stem.to_str()), Some(case.name.as_str()), "named as its file");
            check(case);
            seen += 1;
        }
    }
    assert!(seen >= 30, "only {seen} cases found");
}

#[test]
fn the_shipped_files_are_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut layers = Layers::default();
    for name in ["strategy_constants.toml", "config.toml"] {
        layers.files.insert(name.to_owned(), std::fs::read_to_string(folder.join(name)).expect("a shipped file"));
    }
    Config::read(&layers).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_problem_names_file_key_value_and_what_is_allowed() {
    let mut layers = Layers::default();
    layers.files.insert("config.toml".into(), "[zmq]\nbook_levels = 0\nbook_mode = \"all\"\n".into());
    let message = Config::read(&layers).expect_err("two problems").to_string();
    assert_eq!(
        message,
        "the configuration has 2 problems:\n  \
         config.toml: zmq.book_levels = 0 is out of range; allowed: a whole number from 1 to 5000\n  \
         config.toml: zmq.book_mode = \"all\" is not allowed; allowed: one of snapshot, incremental"
    );
}
