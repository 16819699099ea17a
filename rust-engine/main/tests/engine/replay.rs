//! A tape as wire frames on stdout.

use std::process::Output;

use common::time::UnixNanos;
use common::wire::{DataMessage, decode};

use crate::harness::{config_in, end_of, engine, home, tape};

#[test]
fn a_replay_writes_the_same_bytes_each_time() {
    let home = home();
    let config = config_in(&home);
    let replay = |options: &[&str]| {
        let mut command = engine(&config, &[]);
        command.args(["replay", "--tape"]).arg(tape()).args(options);
        let Output { status, stderr, stdout } = command.output().expect("the binary");
        assert_eq!(status.code(), Some(0), "{}", String::from_utf8_lossy(&stderr));
        stdout
    };
    let whole = replay(&[]);
    assert!(whole == replay(&[]), "the same tape gives the same bytes");

    let messages = frames(&whole);
    let kinds = |wanted: fn(&DataMessage) -> bool| messages.iter().filter(|message| wanted(message)).count();
    assert_eq!(kinds(|message| matches!(message, DataMessage::Bars { .. })), 1);
    assert!(kinds(|message| matches!(message, DataMessage::OrderBookSnapshot(_))) > 50);
    assert!(kinds(|message| matches!(message, DataMessage::Trade(_))) > 10);
    assert_eq!(messages.last().cloned().and_then(end_of).as_deref(), Some("end of tape"));

    let books = |messages: &[DataMessage]| -> Vec<(u64, UnixNanos)> {
        let book = |message: &DataMessage| match message {
            DataMessage::OrderBookSnapshot(book) => Some((book.last_update_id, book.timestamp)),
            _ => None,
        };
        messages.iter().filter_map(book).collect()
    };
    let (whole, part) = (books(&messages), books(&frames(&replay(&["--from", "2", "--to", "4"]))));
    let (first, last) = (part[0], part[part.len() - 1]);
    let between: Vec<_> = whole.into_iter().filter(|book| (first.0..=last.0).contains(&book.0)).collect();
    assert_eq!(part, between, "a span is a part of the whole");
    assert!((1_000_000_000..=2_000_000_000).contains(&last.1.since(first.1)), "of two seconds");
}

fn frames(mut bytes: &[u8]) -> Vec<DataMessage> {
    let mut messages = Vec::new();
    let take = |bytes: &mut &[u8]| {
        let (length, rest) = bytes.split_at(4);
        let (part, rest) = rest.split_at(u32::from_le_bytes(length.try_into().expect("four bytes")) as usize);
        *bytes = rest;
        part.to_vec()
    };
    while !bytes.is_empty() {
        let frame = take(&mut bytes);
        let mut frame = &frame[..];
        let parts: Vec<Vec<u8>> = (0..3).map(|_| take(&mut frame)).collect();
        let message: DataMessage = decode(&parts[2]).expect("a message");
        assert_eq!(parts[0], message.topic().as_bytes());
        messages.push(message);
    }
    messages
}
