//! A tape with history: what lies before its live start becomes bars.

mod support;

use common::time::{NANOS_PER_SECOND, UnixNanos};
use common::wire::DataMessage;
use feed_handler::Output;
use feed_handler::replay::Replay;
use support::script::{SYMBOL, diff, snapshot as book, trade};
use support::{config, frame, published, snapshot, symbol_rules};
use tape::{Header, Source};

const START: i64 = 1_700_000_000 * NANOS_PER_SECOND;

fn at(millis: i64) -> UnixNanos {
    UnixNanos(START + millis * 1_000_000)
}

#[test]
fn history_becomes_bars_and_the_running_second_is_told_again() {
    let mut header = Header::new(Source::Generated, vec![symbol_rules(SYMBOL, "0.01000000")]);
    header.live_from_ns = Some(at(2_500));
    let mut replay = Replay::new(config(), &header);
    let mut lines = vec![snapshot(at(0).0, SYMBOL, 1000, &book(10, &[("100.00", "1")], &[("101.00", "1")]))];
    for tick in 0..40_i64 {
        let (now, id) = (at(tick * 100), 11 + tick as u64);
        lines.push(frame(now.0, &diff(now, id, id, &[("99.00", if id % 2 == 0 { "1" } else { "2" })], &[])));
        lines.push(frame(now.0, &trade(now, 100 + tick as u64, "100.50", "1")));
    }
    let outputs: Vec<Output> = lines.iter().flat_map(|line| replay.line(line)).collect();
    let (mut prints, mut books, mut bars) = (Vec::new(), Vec::new(), Vec::new());
    for message in published(&outputs) {
        match message {
            DataMessage::Trade(print) => prints.push(print.trade_id),
            DataMessage::OrderBookSnapshot(book) => books.push(book.last_update_id),
            DataMessage::Bars { bars: closed, last_trade_id, .. } => bars.push((closed.clone(), *last_trade_id)),
            _ => {}
        }
    }
    let [(bars, last_trade_id)] = bars.as_slice() else { panic!("told once") };
    assert_eq!(bars.iter().map(|bar| (bar.start, bar.trade_count)).collect::<Vec<_>>(), [(at(0), 10), (at(1_000), 10)]);
    assert_eq!(*last_trade_id, 119);
    assert_eq!(prints, (120..140).collect::<Vec<_>>(), "from the first print after the bars");
    assert_eq!(books, (36..51).collect::<Vec<_>>(), "from the live start");
}

#[test]
fn prints_of_a_second_that_closed_before_the_live_start_are_told_as_bars_only() {
    let mut header = Header::new(Source::Generated, vec![symbol_rules(SYMBOL, "0.01000000")]);
    header.live_from_ns = Some(at(2_000));
    let mut replay = Replay::new(config(), &header);
    let lines = (10..30_i64).filter(|tick| *tick != 20).zip(110..);
    let outputs: Vec<Output> = lines
        .map(|(tick, id)| frame(at(tick * 100).0, &trade(at(tick * 100), id, "100.50", "1")))
        .flat_map(|line| replay.line(&line))
        .collect();
    let (mut prints, mut last) = (Vec::new(), None);
    for message in published(&outputs) {
        match message {
            DataMessage::Trade(print) => prints.push(print.trade_id),
            DataMessage::Bars { last_trade_id, .. } => last = Some(*last_trade_id),
            _ => {}
        }
    }
    assert_eq!(last, Some(119));
    assert_eq!(prints, (120..129).collect::<Vec<_>>());
}
