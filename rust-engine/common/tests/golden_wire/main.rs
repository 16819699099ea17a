//! The contract between the two languages: each message type as bytes and as a reading, under `tests/golden/wire`.
//!
//! `UPDATE_GOLDEN=1 cargo test --release -p common --test golden_wire` rewrites the files from the types; without it the
//! files are the judge. A message variant without a sample does not compile (see `samples!`).

mod commands;
mod data;
mod enums;
mod files;
mod rejects;
mod responses;

use std::collections::BTreeSet;

use common::time::UnixNanos;
use common::wire::{Command, DataMessage, Header, Response, decode, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use files::{Vector, check_folder, from_hex, hex, stored, wire_folder};

/// Lists the samples of an enum, one arm per variant: the same arms are an exhaustive `match`.
macro_rules! samples {
    ($of:ty, |$value:ident| $key:expr, { $($pattern:pat => [$($name:literal: $sample:expr),+ $(,)?]),+ $(,)? }) => {
        pub(crate) fn samples() -> Vec<(&'static str, $of)> {
            let mut all: Vec<(&'static str, $of)> = Vec::new();
            $($({
                let $value = $sample;
                assert!(matches!($key, $pattern), "the sample {} stands under another variant", $name);
                all.push(($name, $value));
            })+)+
            for (_, $value) in &all {
                match $key { $($pattern => {})+ }
            }
            all
        }
    };
}
pub(crate) use samples;

fn vectors<T: Serialize>(channel: &'static str, samples: &[(&'static str, T)], topic: fn(&T) -> String) -> Vec<Vector> {
    let vector = |(name, message): &(&'static str, T)| {
        let reading = serde_json::to_value(message).expect("every wire type is JSON too");
        Vector {
            name: (*name).to_owned(),
            channel,
            topic: topic(message),
            value: files::name_packed_levels(reading),
            hex: hex(&encode(message)),
        }
    };
    samples.iter().map(vector).collect()
}

fn header_vector() -> Vector {
    let header = Header { sequence: 258, sent_at: UnixNanos(1_700_000_000_123_456_789) };
    Vector {
        name: "header".into(),
        channel: "header",
        topic: String::new(),
        value: json!({ "sequence": header.sequence, "sent_at": header.sent_at }),
        hex: hex(&header.to_bytes()),
    }
}

fn all_vectors() -> Vec<Vector> {
    let mut all = vectors("data", &data::samples(), DataMessage::topic);
    all.extend(vectors("command", &commands::samples(), |_| String::new()));
    all.extend(vectors("response", &responses::samples(), |response| response.topic().to_owned()));
    all.push(header_vector());
    all
}

fn assert_reads_back<T: DeserializeOwned + PartialEq + std::fmt::Debug>(samples: Vec<(&'static str, T)>) {
    for (name, sample) in samples {
        let bytes = from_hex(stored(&wire_folder().join(format!("{name}.json")))["hex"].as_str().expect("hex text"));
        assert_eq!(decode::<T>(&bytes).as_ref(), Ok(&sample), "{name}");
    }
}

#[test]
fn every_message_is_written_as_its_vector() {
    check_folder(&wire_folder(), &all_vectors());
}

#[test]
fn every_vector_is_read_as_its_message() {
    assert_reads_back::<DataMessage>(data::samples());
    assert_reads_back::<Command>(commands::samples());
    assert_reads_back::<Response>(responses::samples());
}

#[test]
fn names_are_unique() {
    let all = all_vectors();
    let names: BTreeSet<&str> = all.iter().map(|vector| vector.name.as_str()).collect();
    assert_eq!(names.len(), all.len());
}

#[test]
fn every_reject_is_refused() {
    let rejects = rejects::all();
    check_folder(&wire_folder().join("rejects"), &rejects);
    for reject in rejects {
        let bytes = from_hex(&reject.hex);
        let refused = match reject.channel {
            "data" => decode::<DataMessage>(&bytes).is_err(),
            "command" => decode::<Command>(&bytes).is_err(),
            "response" => decode::<Response>(&bytes).is_err(),
            _ => Header::parse(&bytes).is_err(),
        };
        assert!(refused, "{}: {} was read", reject.name, reject.reason);
    }
}

#[test]
fn every_closed_set_has_its_names() {
    files::check_file(&wire_folder().join("enums/names.json"), &enums::names());
}
