//! What a lying venue can say: each lie is counted by its reason and changes nothing.

mod support;

use common::market::{Symbol, Trust};
use common::time::UnixNanos;
use support::rejected;
use support::script::{FIRST, SYMBOL, Script, diff, snapshot_request, trade};

#[test]
fn every_bad_message_is_counted_by_its_reason_and_changes_nothing() {
    let now = Script::quick().now;
    let depth = |bids: &[(&str, &str)]| diff(now, 11, 12, bids, &[]);
    let whole = depth(&[("99.00", "1")]);
    let late = UnixNanos(now.0 - 3_600_000_000_000);
    let early = UnixNanos(now.0 + 11_000_000_000);
    let cases = [
        ("truncated", whole[..whole.len() / 2].to_owned()),
        ("truncated", "{\"stream\":".to_owned()),
        ("malformed", "not JSON at all".to_owned()),
        ("malformed", whole.replace("\"U\":11", "\"U\":-11")),
        ("malformed", whole.replace("\"U\":11", "\"U\":13")),
        ("malformed", whole.replace("\"s\":\"BTCUSDT\",", "")),
        ("malformed", whole.replace("depthUpdate", "trade")),
        ("malformed", depth(&[("NaN", "1")])),
        ("malformed", depth(&[("Infinity", "1")])),
        ("malformed", depth(&[("1e5", "1")])),
        ("malformed", whole.replace("\"99.00\"", "99.00")),
        ("non_positive_price", depth(&[("98.00", "1"), ("-1", "1")])),
        ("non_positive_price", depth(&[("0.00", "1")])),
        ("non_positive_price", trade(now, 5, "-0.01", "1")),
        ("bad_quantity", depth(&[("99.00", "-1")])),
        ("bad_quantity", trade(now, 5, "100.00", "0.00000000")),
        ("absurd", depth(&[("99999999999999999999", "1")])),
        ("absurd", depth(&[("99.000000001", "1")])),
        ("absurd", depth(&[("1000000.01", "1")])),
        ("absurd", trade(now, 5, "0.00000001", "1")),
        ("wrong_time", diff(late, 11, 12, &[("99.00", "1")], &[])),
        ("wrong_time", diff(early, 11, 12, &[("99.00", "1")], &[])),
        ("wrong_time", diff(UnixNanos(0), 11, 12, &[("99.00", "1")], &[])),
        ("wrong_time", trade(early, 5, "100.00", "1")),
        ("duplicate", diff(now, 10, 10, &[("99.00", "1")], &[])),
        ("out_of_order", diff(now, 8, 9, &[("99.00", "1")], &[])),
        ("unknown_symbol", whole.replace("BTCUSDT", "ETHUSDT")),
        ("unknown_event", r#"{"stream":"btcusdt@miniTicker","data":{"e":"24hrMiniTicker","E":1}}"#.to_owned()),
        ("unknown_event", r#"{"stream":"!newThing","data":{"x":1}}"#.to_owned()),
    ];
    for (reason, bytes) in cases {
        let mut script = Script::quick().in_sync();
        let before = script.feed.book(&Symbol::new(SYMBOL)).map(|(book, id)| (book.clone(), id));
        script.frame(FIRST, &bytes);
        assert_eq!((script.books().len(), script.prints().len(), script.trust().len()), (0, 0, 0), "{bytes}");
        assert_eq!(script.feed.book(&Symbol::new(SYMBOL)).map(|(book, id)| (book.clone(), id)), before, "{bytes}");
        assert_eq!(script.logged(reason), 1, "{bytes}");
        assert_eq!(rejected(&script.health()), [(reason, 1)], "{bytes}");
    }
}

#[test]
fn a_reason_is_logged_once_a_minute_and_counted_always() {
    let mut script = Script::quick().in_sync();
    for _ in 0..500 {
        script.frame(FIRST, "{");
    }
    assert_eq!(script.logged("truncated"), 1);
    assert_eq!(rejected(&script.health()), [("truncated", 500)]);
    script.pass(60_000, |_| {});
    script.frame(FIRST, "{");
    assert_eq!(script.logged("499 more"), 1);
}

#[test]
fn unknown_fields_and_a_late_answer_to_nothing_are_no_faults() {
    let mut script = Script::quick().in_sync();
    let more = diff(script.now, 11, 11, &[("99.50", "1")], &[]).replace("\"U\":", "\"new\":{\"a\":[1]},\"U\":");
    script.frame(FIRST, &more);
    script.frame(FIRST, r#"{"result":null,"id":1}"#);
    script.answer_snapshot(99, &[("50.00", "1")], &[("51.00", "1")]);
    assert_eq!(script.books().len(), 1);
    assert_eq!(rejected(&script.health()), []);
}

#[test]
fn a_repeated_print_and_a_late_one_are_told_apart() {
    let mut script = Script::quick().in_sync();
    for id in [7, 8, 8, 10, 9, 11] {
        script.trade(FIRST, id);
    }
    assert_eq!(script.prints(), [7, 8, 10, 11]);
    let health = script.health();
    assert_eq!(rejected(&health), [("duplicate", 1), ("out_of_order", 1)]);
    assert_eq!(health.gap_count, 1);
}

#[test]
fn a_crossed_book_is_never_published_and_is_rebuilt() {
    let mut script = Script::quick().in_sync();
    script.diff(FIRST, 11, 11, &[("101.00", "1")], &[]);
    assert_eq!(script.books().len(), 0);
    assert_eq!(script.trust(), [Trust::Broken, Trust::Rebuilding]);
    assert_eq!(script.fetched(), [snapshot_request()]);
    script.diff(FIRST, 12, 12, &[("99.00", "3")], &[]);
    script.answer_snapshot(11, &[("100.00", "1")], &[("101.00", "1")]);
    assert_eq!(script.books().len(), 1);
    assert_eq!(script.books()[0].last_update_id, 12);
    assert_eq!(rejected(&script.health()), [("crossed", 1)]);
}

#[test]
fn a_bad_snapshot_is_counted_and_fetched_again() {
    for (reason, body) in [
        ("crossed", r#"{"lastUpdateId":11,"bids":[["101.00","1"]],"asks":[["100.00","1"]]}"#),
        ("malformed", r#"{"lastUpdateId":11,"bids":[["99.00","1"],["100.00","1"]],"asks":[]}"#),
        ("non_positive_price", r#"{"lastUpdateId":11,"bids":[["0","1"]],"asks":[]}"#),
        ("truncated", r#"{"lastUpdateId":11,"bids":[["99.00""#),
        ("malformed", "<html>502</html>"),
    ] {
        let mut script = Script::quick().connected();
        script.diff(FIRST, 10, 11, &[("100.00", "1")], &[]);
        assert_eq!(script.fetched().last(), Some(&snapshot_request()));
        script.answer(snapshot_request(), body);
        script.said.clear();
        assert_eq!(rejected(&script.health()), [(reason, 1)], "{body}");
        assert_eq!(script.fetched(), [snapshot_request()], "{body}");
        script.answer_snapshot(11, &[("100.00", "1")], &[("101.00", "1")]);
        assert_eq!(script.books().len(), 1, "{body}");
    }
}
