//! Warm-up: bars from REST, joined to the live prints without a hole, and told again on request.

mod support;

use common::market::{Bar, Symbol};
use common::time::{NANOS_PER_SECOND, UnixNanos};
use common::wire::DataMessage;
use feed_handler::{Answer, Input, Request};
use serde_json::{Value, json};
use support::config;
use support::script::{FIRST, SYMBOL, Script};

struct Told {
    bars: Vec<Bar>,
    last_trade_id: u64,
}

fn told(script: &Script) -> Vec<Told> {
    script
        .published()
        .filter_map(|message| match message {
            DataMessage::Bars { bars, last_trade_id, .. } => {
                Some(Told { bars: bars.clone(), last_trade_id: *last_trade_id })
            }
            _ => None,
        })
        .collect()
}

/// The venue's bars before `end` and one that still runs, each with two prints at 100.
fn klines(start: UnixNanos, end: UnixNanos) -> String {
    let row = |at: i64| {
        let (open, close) = (at / 1_000_000, at / 1_000_000 + 999);
        json!([open, "100", "101", "99", "100", "4", close, "400", 2, "1.5", "150", "0"])
    };
    let rows: Vec<Value> =
        (0..).map(|n| start.0 + n * NANOS_PER_SECOND).take_while(|at| *at <= end.0).map(row).collect();
    Value::Array(rows).to_string()
}

fn aggregate(id: u64, first: u64, last: u64, at: UnixNanos) -> Value {
    json!({"a": id, "p": "100.50", "q": "3", "f": first, "l": last, "T": at.millis(), "m": false, "M": true})
}

/// Connected and ticking until the bars are asked for; the live prints begin at `first_live`.
fn asked_for_bars(first_live: u64) -> (Script, UnixNanos, UnixNanos) {
    let mut script = Script::new(config()).connected();
    let mut id = first_live;
    script.pass(1_500, |script| {
        script.trade(FIRST, id);
        id += 1;
    });
    let asked = script.fetched().into_iter().find_map(|request| match request {
        Request::Klines { start, end, .. } => Some((start, end)),
        _ => None,
    });
    let (start, end) = asked.expect("asked once the second in which the prints began has ended");
    assert_eq!(end.since(start), 320 * NANOS_PER_SECOND);
    (script, start, end)
}

fn answer_bars(script: &mut Script, start: UnixNanos, end: UnixNanos) {
    let symbol = Symbol::new(SYMBOL);
    script.answer(Request::Klines { symbol, start, end }, &klines(start, end));
}

fn last_print(end: UnixNanos) -> Request {
    Request::LastAggTrade { symbol: Symbol::new(SYMBOL), before: end }
}

#[test]
fn the_bars_end_where_the_live_prints_begin() {
    let (mut script, start, end) = asked_for_bars(500);
    answer_bars(&mut script, start, end);
    assert!(script.fetched().contains(&last_print(end)));
    assert_eq!(told(&script).len(), 0);
    // Prints began with 500 within the second that ends at `end`; 508 was the last in it.
    script.answer(last_print(end), &json!([aggregate(77, 507, 508, end - 1_000_000)]).to_string());
    let told = told(&script);
    assert_eq!((told.len(), told[0].bars.len(), told[0].last_trade_id), (1, 320, 508));
    assert_eq!(told[0].bars[0].start, start);
    assert_eq!(told[0].bars[319].start, end - NANOS_PER_SECOND, "the running second is dropped");
    assert_eq!((told[0].bars[0].trade_count, told[0].bars[0].buy_volume.to_string()), (2, "1.5".to_owned()));
    let instruments: Vec<i64> = script
        .published()
        .filter_map(
            |message| if let DataMessage::Instrument(rules) = message { Some(rules.time_shift_ns) } else { None },
        )
        .collect();
    assert!(instruments.iter().all(|shift| *shift == 60 * NANOS_PER_SECOND) && !instruments.is_empty());
    assert_eq!(script.prints(), (500..515).collect::<Vec<_>>(), "every live print once");
}

#[test]
fn prints_that_the_live_stream_missed_are_paged_in() {
    let (mut script, start, end) = asked_for_bars(500);
    answer_bars(&mut script, start, end);
    script.answer(last_print(end), &json!([aggregate(70, 489, 490, end - 1_000_000)]).to_string());
    let page = |from_id| Request::AggTrades { symbol: Symbol::new(SYMBOL), from_id };
    assert!(script.fetched().contains(&page(71)));
    assert_eq!(told(&script).len(), 0);
    script.answer(page(71), &json!([aggregate(71, 491, 495, end + 1), aggregate(72, 496, 503, end + 2)]).to_string());
    assert_eq!(told(&script).len(), 1);
    script.pass(1_500, |_| {});
    script.said.clear();
    script.step(Input::SnapshotWanted(Symbol::new(SYMBOL)));
    script.pass(2_000, |_| {});
    let told = told(&script);
    let bar = told[0].bars.iter().find(|bar| bar.start == end).expect("the second after the history");
    let live = bar.trade_count - 9;
    assert!((1..=10).contains(&live), "491..=499 from the page, the rest live: {bar:?}");
}

#[test]
fn a_request_is_answered_with_rules_and_book_at_once_and_bars_once_the_second_has_ended() {
    let (mut script, start, end) = asked_for_bars(500);
    script.diff(FIRST, 10, 10, &[("100.00", "1")], &[]);
    script.answer_snapshot(10, &[("100.00", "1")], &[("101.00", "1")]);
    answer_bars(&mut script, start, end);
    script.answer(last_print(end), &json!([aggregate(77, 507, 508, end - 1_000_000)]).to_string());
    script.said.clear();
    let mut id = 515;
    let mut flow = |script: &mut Script| {
        script.trade(FIRST, id);
        id += 1;
    };
    script.step(Input::SnapshotWanted(Symbol::new(SYMBOL)));
    assert_eq!(script.books().len(), 1);
    assert!(script.published().any(|message| matches!(message, DataMessage::Instrument(_))));
    let asked_at = script.now;
    script.pass(1_500, &mut flow);
    let told = told(&script);
    assert_eq!(told.len(), 1);
    let covered = told[0].bars.last().expect("bars").start + NANOS_PER_SECOND;
    assert!(covered > asked_at, "everything before the request is in the bars");
    let heard = script.prints();
    assert!(heard[0] <= told[0].last_trade_id + 1, "and what follows them was heard: no hole");
}

#[test]
fn without_history_the_bars_are_what_the_prints_made() {
    let (mut script, start, end) = asked_for_bars(500);
    let request = Request::Klines { symbol: Symbol::new(SYMBOL), start, end };
    for _ in 0..5 {
        let sent_at = script.now;
        script.step(Input::Answer { request: request.clone(), sent_at, answer: Answer::Failed("no route") });
        script.pass(10_000, |_| {});
    }
    let told = told(&script);
    assert_eq!(told.len(), 1);
    assert!(told[0].bars.len() < 60 && told[0].last_trade_id == 514, "{}", told[0].last_trade_id);
    assert_eq!(script.logged("history not to be had"), 1);
}

#[test]
fn a_hole_in_the_prints_brings_the_history_again_but_not_all_the_time() {
    let (mut script, start, end) = asked_for_bars(500);
    answer_bars(&mut script, start, end);
    script.answer(last_print(end), "[]");
    script.said.clear();
    let asked =
        |script: &Script| script.fetched().iter().filter(|request| matches!(request, Request::Klines { .. })).count();
    script.trade(FIRST, 900);
    script.pass(20_000, |_| {});
    assert_eq!(asked(&script), 0, "it was fetched less than half a minute ago");
    script.pass(12_000, |_| {});
    assert_eq!(asked(&script), 1);
    assert_eq!(script.health().gap_count, 1);
}
