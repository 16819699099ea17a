//! The floor plan is a law: a crate imports only from floors below its own, and pure crates import no I/O.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const FLOORS: [(&str, u8); 13] = [
    ("common", 0),
    ("clock", 1),
    ("orderbook", 1),
    ("matching", 2),
    ("indicators", 2),
    ("tape", 2),
    ("data-bridge", 2),
    ("feed-handler", 3),
    ("execution-engine", 3),
    ("exchange-simulator", 4),
    ("replay", 4),
    ("main", 5),
    ("python-bindings", 5),
];
const PURE: [&str; 4] = ["common", "orderbook", "matching", "indicators"];
const IMPURE_CRATES: [&str; 8] =
    ["tokio", "tokio-tungstenite", "reqwest", "axum", "zmq", "clock", "crossbeam-channel", "futures-util"];
const FORBIDDEN_IN_PURE: [&str; 5] = ["std::fs", "std::net", "std::thread", "std::process", "std::env"];

fn engine_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace")
}

fn dependencies(krate: &str) -> Vec<String> {
    let manifest = engine_folder().join(krate).join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap_or_else(|error| panic!("{}: {error}", manifest.display()));
    text.lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_crate_has_a_floor() {
    let workspace = fs::read_to_string(engine_folder().join("Cargo.toml")).expect("the workspace has a manifest");
    let members: Vec<_> = workspace
        .lines()
        .skip_while(|line| !line.starts_with("members"))
        .skip(1)
        .take_while(|line| *line != "]")
        .map(|line| line.trim().trim_matches(['"', ',']).to_owned())
        .collect();
    let mut floors: Vec<_> = FLOORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut sorted = members.clone();
    floors.sort();
    sorted.sort();
    assert_eq!(sorted, floors);
}

#[test]
fn imports_point_down() {
    let floors: BTreeMap<_, _> = FLOORS.into_iter().collect();
    let mut faults = Vec::new();
    for (krate, floor) in FLOORS {
        for dependency in dependencies(krate) {
            if let Some(below) = floors.get(dependency.as_str())
                && *below >= floor
            {
                faults.push(format!("{krate} (floor {floor}) imports {dependency} (floor {below})"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn pure_crates_touch_nothing_outside() {
    let mut faults = Vec::new();
    for krate in PURE {
        for dependency in dependencies(krate) {
            if IMPURE_CRATES.contains(&dependency.as_str()) {
                faults.push(format!("{krate} imports {dependency}"));
            }
        }
        walk(&engine_folder().join(krate).join("src"), &mut |path, text| {
            for (number, line) in text.lines().enumerate() {
                for word in FORBIDDEN_IN_PURE {
                    if line.contains(word) {
                        faults.push(format!("{}:{} uses {word}", path.display(), number + 1));
                    }
                }
            }
        });
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn only_the_clock_reads_the_wall() {
    let mut faults = Vec::new();
    for (krate, _) in FLOORS.into_iter().filter(|(name, _)| *name != "clock") {
        walk(&engine_folder().join(krate).join("src"), &mut |path, text| {
            for (number, line) in text.lines().enumerate() {
                if line.contains("SystemTime::now") || line.contains("std::time::Instant::now") {
                    faults.push(format!("{}:{} reads the wall clock", path.display(), number + 1));
                }
            }
        });
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn sockets_and_files_live_in_io_folders() {
    let mut faults = Vec::new();
    for krate in ["feed-handler", "execution-engine"] {
        walk(&engine_folder().join(krate).join("src"), &mut |path, text| {
            let in_io = path.components().any(|part| part.as_os_str() == "io");
            for (number, line) in text.lines().enumerate() {
                let imports = ["tokio", "reqwest", "tokio_tungstenite", "zmq"]
                    .iter()
                    .any(|name| line.trim_start().starts_with(&format!("use {name}")));
                if (imports || line.contains("std::fs") || line.contains("fs::{self")) && !in_io {
                    faults.push(format!("{}:{} knows sockets or files outside io/", path.display(), number + 1));
                }
            }
        });
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a listed entry can be read").path();
        if path.is_dir() {
            walk(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &fs::read_to_string(&path).expect("sources are UTF-8"));
        }
    }
}
