//! Gaps, silence, audits, lost and late connections: what is told, what is published, what is done.

mod support;

use common::market::{MarketEvent, Symbol, Trust};
use common::wire::DataMessage;
use feed_handler::{Answer, BookMode, ConnectionId, FeedConfig, Input, Output, Request};
use serde_json::json;
use support::config;
use support::script::{FIRST, SECOND, SYMBOL, Script, audit_request, snapshot_request, trade};

const BID: (&str, &str) = ("100.00", "1");
const ASK: (&str, &str) = ("101.00", "1");

/// Updates from `next` on, one each 100 ms, that change nothing but the far bid's quantity.
fn steady(connection: ConnectionId, mut next: u64) -> impl FnMut(&mut Script) {
    move |script| {
        script.diff(connection, next, next, &[("90.00", if next.is_multiple_of(2) { "1" } else { "2" })], &[]);
        next += 1;
    }
}

#[test]
fn a_book_starts_from_the_first_snapshot_that_fits_the_updates_kept() {
    let mut script = Script::quick().connected();
    assert_eq!(script.fetched(), [Request::ExchangeInfo(vec![Symbol::new(SYMBOL)])], "no snapshot before an update");
    script.diff(FIRST, 10, 12, &[("99.00", "5")], &[]);
    script.diff(FIRST, 13, 15, &[("99.00", "6")], &[]);
    assert_eq!(script.fetched().len(), 2);
    script.answer_snapshot(8, &[BID], &[ASK]);
    assert_eq!((script.books().len(), script.logged("too old")), (0, 1));
    script.said.clear();
    script.pass(300, |_| {});
    assert_eq!(script.fetched(), [snapshot_request()]);
    script.answer_snapshot(13, &[BID, ("99.00", "5")], &[("100.10", "1")]);
    let books = script.books();
    assert_eq!((books.len(), books[0].last_update_id, books[0].trust), (1, 15, Trust::Trusted));
    assert_eq!(books[0].bid_band_notional.normalize().to_string(), "100", "99 is outside of 25 bps");
    let told: Vec<&MarketEvent> = script
        .said
        .iter()
        .filter_map(|output| if let Output::Market(event) = output { Some(event) } else { None })
        .collect();
    let [MarketEvent::Book(change), MarketEvent::Trust { trust: Trust::Trusted, .. }] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert!(change.replaces_all && change.final_update_id == 15);
}

#[test]
fn nothing_is_published_from_a_gap_until_the_book_is_rebuilt() {
    let mut script = Script::quick().in_sync();
    script.diff(FIRST, 11, 11, &[("99.90", "2")], &[]);
    assert_eq!(script.books().len(), 1);
    script.said.clear();
    script.diff(FIRST, 13, 14, &[("99.80", "2")], &[]);
    script.diff(FIRST, 15, 15, &[("99.70", "2")], &[]);
    assert_eq!(script.trust(), [Trust::Broken, Trust::Rebuilding]);
    assert_eq!((script.books().len(), script.fetched()), (0, vec![snapshot_request()]));
    script.step(Input::SnapshotWanted(Symbol::new(SYMBOL)));
    assert_eq!(script.books().len(), 0, "not even on request");
    script.answer_snapshot(14, &[BID, ("99.90", "2"), ("99.80", "2")], &[ASK]);
    assert_eq!(script.books().iter().map(|book| book.last_update_id).collect::<Vec<_>>(), [15]);
    assert_eq!(script.books()[0].changed_levels, 0, "a rebuilt book is no activity of the market");
    assert_eq!(script.trust().last(), Some(&Trust::Trusted));
    assert_eq!(script.health().gap_count, 1);
}

#[test]
fn changed_levels_are_what_changed_since_the_last_published_book() {
    let mut script = Script::quick().in_sync();
    script.diff(FIRST, 11, 11, &[("99.00", "1"), ("98.00", "0"), ("100.00", "1")], &[("101.00", "2")]);
    script.diff(FIRST, 12, 12, &[("99.00", "0")], &[]);
    assert_eq!(script.books().iter().map(|book| book.changed_levels).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn incremental_mode_publishes_changes_and_a_full_book_each_second() {
    let incremental = FeedConfig { book_mode: BookMode::Incremental, warmup_seconds: 0, ..config() };
    let mut script = Script::new(incremental).in_sync();
    script.pass(3_000, steady(FIRST, 11));
    let updates = script.published().filter(|message| matches!(message, DataMessage::OrderBookUpdate(_))).count();
    assert_eq!((updates, script.books().len()), (30, 3));
    assert_eq!(script.books().iter().map(|book| book.changed_levels).sum::<u64>(), 30);
    script.step(Input::SnapshotWanted(Symbol::new(SYMBOL)));
    assert_eq!(script.books().len(), 4);
}

#[test]
fn a_silent_stream_makes_the_book_suspect_until_an_audit_finds_it_equal() {
    let mut script = Script::quick().in_sync();
    script.pass(5_000, steady(FIRST, 11));
    script.said.clear();
    script.pass(1_000, |_| {});
    assert_eq!(script.trust(), []);
    script.pass(100, |_| {});
    assert_eq!(script.trust(), [Trust::Suspect]);
    assert_eq!(script.books().last().map(|book| book.trust), Some(Trust::Suspect), "published, and marked");
    assert_eq!(script.fetched(), [audit_request()]);
    script.answer_audit(60, &[BID, ("90.00", "1")], &[ASK]);
    assert_eq!(script.trust(), [Trust::Suspect, Trust::Trusted]);
}

#[test]
fn a_quiet_market_is_no_silence() {
    let mut script = Script::quick().in_sync();
    for update in 11..31 {
        script.diff(FIRST, update, update, &[("90.00", &update.to_string())], &[]);
        script.pass(3_000, |_| {});
    }
    assert_eq!((script.trust(), script.opened()), (vec![], vec![]));
}

#[test]
fn the_second_audit_in_a_row_that_differs_breaks_the_book() {
    let mut script = Script::quick().in_sync();
    let mut flow = steady(FIRST, 11);
    script.pass(10_000, &mut flow);
    assert_eq!(script.fetched(), [audit_request()]);
    script.said.clear();
    script.answer_audit(110, &[("100.00", "7"), ("90.00", "1")], &[ASK]);
    assert_eq!(script.trust(), [Trust::Suspect]);
    assert_eq!(script.logged("audit found a difference: bid level 1"), 1);
    script.pass(1_000, &mut flow);
    assert_eq!(script.fetched(), [audit_request()], "looked at again soon");
    script.said.clear();
    script.answer_audit(120, &[("100.00", "7"), ("90.00", "1")], &[ASK]);
    assert_eq!(script.trust(), [Trust::Broken, Trust::Rebuilding]);
    assert_eq!(script.fetched(), [snapshot_request()]);
    script.pass(100, &mut flow);
    assert_eq!(script.books().len(), 0);
    script.answer_snapshot(121, &[("100.00", "7")], &[ASK]);
    assert_eq!((script.trust().last(), script.books().len()), (Some(&Trust::Trusted), 1));
}

#[test]
fn an_audit_that_fails_says_nothing() {
    let mut script = Script::quick().in_sync();
    script.pass(10_000, steady(FIRST, 11));
    let request = audit_request();
    script.step(Input::Answer { request, sent_at: script.now, answer: Answer::Failed("no route") });
    assert_eq!(script.trust(), []);
}

#[test]
fn a_server_that_shuts_down_is_left_without_a_gap_and_without_a_repeated_print() {
    let mut script = Script::quick().in_sync();
    script.trade(FIRST, 1);
    script.frame(FIRST, r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}"#);
    script.pass(100, |_| {});
    assert_eq!((script.opened(), script.closed()), (vec![SECOND], vec![]), "make before break");
    script.step(Input::Opened(SECOND));
    for connection in [FIRST, SECOND] {
        script.trade(connection, 2);
    }
    assert_eq!(script.closed(), [], "no update tells yet that the new connection follows the old one");
    for connection in [FIRST, SECOND] {
        script.diff(connection, 11, 11, &[("99.00", "1")], &[]);
    }
    assert_eq!(script.closed(), [FIRST]);
    script.trade(SECOND, 3);
    assert_eq!((script.prints(), script.books().len()), (vec![1, 2, 3], 1));
    let health = script.health();
    assert_eq!((health.gap_count, health.reconnection_count, health.rejected.len()), (0, 1, 0));
}

#[test]
fn both_connections_run_until_the_new_one_follows_the_old_one_exactly() {
    let mut script = Script::quick().in_sync();
    script.trade(FIRST, 1);
    script.frame(FIRST, r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}"#);
    script.pass(100, |_| {});
    script.step(Input::Opened(SECOND));
    // The new connection is ahead: its first update is 14 while the old one has told up to 10.
    script.diff(SECOND, 14, 14, &[("99.00", "3")], &[]);
    script.trade(SECOND, 3);
    assert_eq!(script.closed(), []);
    script.diff(FIRST, 11, 13, &[("99.00", "2")], &[]);
    script.trade(FIRST, 2);
    script.trade(FIRST, 3);
    script.diff(SECOND, 15, 15, &[("99.00", "4")], &[]);
    assert_eq!(script.closed(), [FIRST]);
    script.diff(FIRST, 14, 15, &[("99.00", "4")], &[]);
    script.trade(SECOND, 4);
    assert_eq!(script.books().iter().map(|book| book.last_update_id).collect::<Vec<_>>(), [13, 14, 15]);
    assert_eq!(script.prints(), [1, 2, 3, 4]);
    let health = script.health();
    assert_eq!((health.gap_count, health.reconnection_count, health.rejected.len()), (0, 1, 0));
}

#[test]
fn a_stalled_connection_is_replaced_and_the_book_rebuilt() {
    let mut script = Script::quick().in_sync();
    script.pass(5_000, steady(FIRST, 11));
    script.said.clear();
    script.pass(2_200, |_| {});
    assert_eq!((script.opened(), script.closed()), (vec![SECOND], vec![]));
    script.step(Input::Opened(SECOND));
    script.diff(SECOND, 80, 80, &[("99.00", "3")], &[]);
    assert_eq!(script.closed(), [FIRST]);
    assert_eq!(script.trust(), [Trust::Suspect, Trust::Broken, Trust::Rebuilding]);
    script.answer_snapshot(80, &[BID], &[ASK]);
    assert_eq!(script.trust().last(), Some(&Trust::Trusted));
    script.frame(FIRST, &trade(script.now, 9, "100.00", "1"));
    assert!(script.prints().is_empty(), "a dropped connection is not listened to");
}

#[test]
fn latency_that_does_not_recover_replaces_the_connection() {
    let late = |millis: i64| {
        let mut next = 11;
        move |script: &mut Script| {
            let (real, sent) = (script.now, script.now - millis * 1_000_000);
            let bytes = support::script::diff(
                sent,
                next,
                next,
                &[("90.00", if next.is_multiple_of(2) { "1" } else { "2" })],
                &[],
            );
            script.now = real;
            script.frame(FIRST, &bytes);
            next += 1;
        }
    };
    let mut punctual = Script::quick().in_sync();
    punctual.pass(30_000, late(400));
    assert_eq!(punctual.opened(), []);
    let mut script = Script::quick().in_sync();
    let mut flow = late(600);
    script.pass(2_500, &mut flow);
    assert_eq!(script.opened(), [], "it may recover");
    script.pass(1_500, &mut flow);
    assert_eq!(script.opened(), [SECOND]);
    let health = script.health();
    assert!((health.feed_latency_p50_ms - 600.0).abs() < 6.0, "{health:?}");
}

#[test]
fn a_lost_connection_breaks_the_book_and_comes_back() {
    let mut script = Script::quick().in_sync();
    script.step(Input::Closed { connection: FIRST, reason: "cut" });
    assert_eq!(script.trust(), [Trust::Broken]);
    script.pass(1_000, |_| {});
    assert_eq!(script.opened(), [SECOND]);
    assert_eq!(script.fetched(), [], "without updates a snapshot is of no use");
    script.step(Input::Opened(SECOND));
    script.diff(SECOND, 50, 50, &[], &[("101.50", "1")]);
    script.answer_snapshot(50, &[BID], &[ASK]);
    assert_eq!(script.trust(), [Trust::Broken, Trust::Rebuilding, Trust::Trusted]);
    let health = script.health();
    assert_eq!((health.reconnection_count, health.gap_count), (1, 0));
}

#[test]
fn a_snapshot_from_before_the_cut_starts_no_book() {
    let mut script = Script::quick().connected();
    script.diff(FIRST, 10, 10, &[BID], &[]);
    script.step(Input::Closed { connection: FIRST, reason: "cut" });
    script.answer_snapshot(10, &[BID], &[ASK]);
    assert_eq!((script.books().len(), script.trust()), (0, vec![]));
    script.pass(1_000, |_| {});
    script.step(Input::Opened(SECOND));
    script.answer_snapshot(10, &[BID], &[ASK]);
    assert_eq!((script.books().len(), script.trust()), (0, vec![]), "nothing tells yet that it is not old");
    script.diff(SECOND, 30, 30, &[], &[("101.50", "1")]);
    script.answer_snapshot(30, &[BID], &[ASK]);
    assert_eq!((script.books().len(), script.trust()), (1, vec![Trust::Trusted]));
}

#[test]
fn a_market_without_updates_starts_from_a_snapshot_alone() {
    let mut script = Script::quick().connected();
    script.pass(1_100, |_| {});
    assert_eq!(script.fetched().last(), Some(&snapshot_request()));
    script.answer_snapshot(10, &[BID], &[ASK]);
    assert_eq!(script.books().len(), 1);
}

#[test]
fn ten_failed_attempts_end_it_while_flat_and_never_with_a_position() {
    for (position, ends) in [(false, true), (true, false)] {
        let mut script = Script::quick().in_sync();
        script.step(Input::PositionOpen(position));
        script.step(Input::Closed { connection: FIRST, reason: "cut" });
        let mut tried = 1;
        script.pass(600_000, |script| {
            while script.opened().len() >= tried {
                tried += 1;
                let connection = ConnectionId(u32::try_from(tried).unwrap());
                script.step(Input::Closed { connection, reason: "refused" });
            }
        });
        let gave_up = script.said.iter().any(|output| matches!(output, Output::GiveUp(_)));
        assert_eq!(gave_up, ends);
        assert!(
            if ends { script.opened().len() == 9 } else { script.opened().len() > 12 },
            "{}",
            script.opened().len()
        );
    }
}

#[test]
fn a_refusing_venue_is_left_alone_for_as_long_as_it_says() {
    for (status, said, seconds) in [(429, Some(7), 7), (418, Some(120), 120), (418, None, 120)] {
        let mut script = Script::quick().connected();
        script.diff(FIRST, 10, 10, &[BID], &[]);
        script.said.clear();
        script.answer_status(snapshot_request(), status, said, "{}");
        script.pass(seconds * 1_000 - 100, |_| {});
        assert_eq!(script.fetched(), [], "{status}");
        script.pass(200, |_| {});
        assert_eq!(script.fetched(), [snapshot_request()], "{status}");
    }
}

#[test]
fn a_symbol_that_the_venue_does_not_know_ends_it_with_the_venues_words() {
    let mut script = Script::quick();
    script.step(Input::Tick);
    let request = Request::ExchangeInfo(vec![Symbol::new(SYMBOL)]);
    script.answer_status(request, 400, None, r#"{"code":-1121,"msg":"Invalid symbol."}"#);
    assert!(
        script.said.iter().any(|output| matches!(output, Output::GiveUp(words) if words.contains("Invalid symbol")))
    );
}

#[test]
fn the_end_of_a_tape_is_told_once() {
    let mut script = Script::quick().in_sync();
    let end = json!({"stream": "!endOfTape", "data": {"e": "endOfTape", "E": 1}}).to_string();
    script.frame(FIRST, &end);
    script.frame(FIRST, &end);
    assert_eq!(script.said.iter().filter(|output| **output == Output::EndOfTape).count(), 1);
}

#[test]
fn the_same_inputs_give_the_same_outputs() {
    let run = || {
        let mut script = Script::quick().in_sync();
        script.pass(5_000, steady(FIRST, 11));
        script.step(Input::Closed { connection: FIRST, reason: "cut" });
        script.pass(5_000, |_| {});
        script.said
    };
    assert_eq!(run(), run());
}
