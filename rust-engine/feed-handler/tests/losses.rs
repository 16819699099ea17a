//! What was lost or cannot be true: told before what follows it, and never believed.

mod support;

use common::market::{Symbol, Trust};
use common::wire::DataMessage;
use feed_handler::{Answer, Input, Output, Request};
use serde_json::json;
use support::script::{FIRST, SECOND, SYMBOL, Script, audit_request, diff, snapshot_request, trade};

const BID: (&str, &str) = ("100.00", "1");
const ASK: (&str, &str) = ("101.00", "1");

fn kinds(script: &Script) -> Vec<&'static str> {
    script
        .published()
        .map(|message| match message {
            DataMessage::HealthMetrics(_) => "health",
            DataMessage::Trade(_) => "trade",
            DataMessage::OrderBookSnapshot(_) => "book",
            _ => "other",
        })
        .collect()
}

#[test]
fn a_loss_is_told_before_the_print_that_shows_it() {
    let mut script = Script::quick().in_sync();
    script.trade(FIRST, 1);
    script.said.clear();
    script.trade(FIRST, 3);
    assert_eq!(kinds(&script), ["health", "trade"]);
}

#[test]
fn a_reconnection_is_told_before_anything_that_comes_over_it() {
    let mut script = Script::quick().in_sync();
    script.step(Input::Closed { connection: FIRST, reason: "cut" });
    script.pass(600, |_| {});
    script.said.clear();
    script.step(Input::Opened(SECOND));
    let told: Vec<u64> = script
        .published()
        .filter_map(|message| match message {
            DataMessage::HealthMetrics(health) => Some(health.reconnection_count),
            _ => None,
        })
        .collect();
    assert_eq!(told, [1]);
}

#[test]
fn a_new_connection_reads_the_rules_again_and_a_refusal_then_ends_nothing() {
    let mut script = Script::quick().in_sync();
    script.step(Input::Closed { connection: FIRST, reason: "cut" });
    script.pass(600, |_| {});
    script.step(Input::Opened(SECOND));
    let request = Request::ExchangeInfo(vec![Symbol::new(SYMBOL)]);
    assert_eq!(script.fetched(), std::slice::from_ref(&request));
    script.answer_status(request, 400, None, r#"{"code":-1121,"msg":"Invalid symbol."}"#);
    assert!(!script.said.iter().any(|output| matches!(output, Output::GiveUp(_))), "a position may be open");
    assert_eq!(script.logged("Invalid symbol"), 1);
}

#[test]
fn a_message_with_an_impossible_time_says_nothing_of_the_latency() {
    let mut script = Script::quick().in_sync();
    for wrong in [common::time::UnixNanos(0), script.now + 3_600_000_000_000] {
        script.frame(FIRST, &trade(wrong, 1, "100.00", "1"));
    }
    script.trade(FIRST, 2);
    let health = script.health();
    assert_eq!((health.feed_latency_ms, health.rejected["wrong_time"]), (0.0, 2));
}

#[test]
fn one_wrong_update_id_does_not_freeze_the_book() {
    let mut script = Script::quick().in_sync();
    script.diff(FIRST, 11, 9_000_011, &[("90.00", "1")], &[]);
    let mut next = 12;
    script.pass(2_000, |script| {
        script.diff(FIRST, next, next, &[("90.00", &next.to_string())], &[]);
        next += 1;
    });
    assert_eq!(script.trust(), []);
    script.said.clear();
    script.pass(200, |script| {
        script.diff(FIRST, next, next, &[("90.00", &next.to_string())], &[]);
        next += 1;
    });
    assert_eq!((script.trust(), script.fetched()), (vec![Trust::Broken, Trust::Rebuilding], vec![snapshot_request()]));
    script.answer_snapshot(next - 1, &[BID], &[ASK]);
    assert_eq!(script.trust().last(), Some(&Trust::Trusted));
    assert_eq!(script.health().gap_count, 1);
}

#[test]
fn a_stream_that_stops_while_the_venues_book_moves_on_is_left() {
    let mut script = Script::quick().in_sync();
    let mut id = 1;
    let mut prints = move |script: &mut Script| {
        script.trade(FIRST, id);
        id += 1;
    };
    script.pass(10_000, &mut prints);
    assert_eq!(script.fetched(), [audit_request()]);
    script.said.clear();
    script.answer_audit(20, &[("100.00", "7")], &[ASK]);
    script.pass(5_000, &mut prints);
    assert_eq!((script.trust(), script.opened()), (vec![], vec![]), "the stream may only be late");
    script.pass(200, &mut prints);
    assert_eq!((script.trust(), script.opened()), (vec![Trust::Suspect], vec![SECOND]));
    assert_eq!(script.closed(), [], "make before break");
}

#[test]
fn a_book_that_an_audit_clears_is_published_as_trusted_at_once() {
    let mut script = Script::quick().in_sync();
    script.pass(10_000, |_| {});
    script.answer_audit(10, &[("100.00", "7")], &[ASK]);
    script.pass(1_000, |_| {});
    script.answer_audit(10, &[BID], &[ASK]);
    let marks: Vec<Trust> = script.books().iter().map(|book| book.trust).collect();
    assert_eq!(marks, [Trust::Suspect, Trust::Trusted]);
}

#[test]
fn no_number_of_the_venue_is_too_large() {
    let mut script = Script::quick();
    script.step(Input::Tick);
    let most = u64::MAX;
    let limits = json!([{"rateLimitType": "REQUEST_WEIGHT", "interval": "DAY", "intervalNum": 200_000_000_000_000_u64, "limit": most},
                        {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": most, "limit": most}]);
    let rules = json!({"serverTime": 1, "rateLimits": limits, "simulator": {"tapeShiftSeconds": i64::MAX},
                       "symbols": [support::symbol_rules(SYMBOL, "0.01000000")]});
    script.answer(Request::ExchangeInfo(vec![Symbol::new(SYMBOL)]), &rules.to_string());
    script.step(Input::Opened(FIRST));
    let body = json!({"serverTime": 9_000_000_000_000_000_i64}).to_string();
    let (sent_at, request) = (script.now, Request::Time);
    let answer =
        Answer::Replied { status: 200, used_weight: Some(most), retry_after: Some(most), body: body.as_bytes() };
    script.step(Input::Answer { request, sent_at, answer });
    script.frame(FIRST, &trade(script.now, most, "92233720368.54775807", "92233720368.54775807"));
    script.frame(
        FIRST,
        &diff(script.now, most, most, &[("0.01", "92233720368.54775807")], &[("1000000", "92233720368.54775807")]),
    );
    script.answer_snapshot(most, &[BID], &[("101.00", "92233720368.54775807")]);
    script.frame(FIRST, r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}"#);
    script.pass(1_000, |_| {});
    script.step(Input::Opened(SECOND));
    script.diff(SECOND, most, most, &[BID], &[]);
    script.trade(SECOND, most);
    script.pass(20_000, |_| {});
    assert_eq!(script.health().clock_offset_ms, 0.0, "a clock that cannot be right is not believed");
}
