//! The desk against an executor that fails, stalls, repeats itself and contradicts itself.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use common::error::ErrorKind;
use common::market::{MarketEvent, Trust};
use common::order::{OrderRequest, OrderStatus};
use common::time::UnixNanos;
use common::wire::{CommandKind, EngineState, ErrorType, Response};
use execution_engine::{Alert, Desk, ExecutorCall, Input, Output, Reported, ReportedFill, Step};
use rust_decimal::Decimal;
use support::*;

fn live() -> Desk {
    let mut desk = Desk::new(&desk_config());
    for event in [MarketEvent::Rules(rules()), trust(Trust::Trusted, 0)] {
        desk.step(Input::Market(event), at(0));
    }
    desk
}

fn place(desk: &mut Desk, order: OrderRequest, ms: i64) -> Step {
    let id = format!("c-{}", order.client_order_id);
    desk.step(Input::Command(command(&id, CommandKind::PlaceOrder { order }, ms + 1_000)), at(ms))
}

fn tell(desk: &mut Desk, number: u32, what: Reported, ms: i64) -> Step {
    desk.step(report(number, what, ms), at(ms))
}

fn refused(kind: ErrorKind) -> Reported {
    Reported::Refused { kind, reason: "the venue's words".into() }
}

fn fill(trade_id: u64, quantity: &str) -> Reported {
    let (price, quantity) = ("99".parse().unwrap(), quantity.parse().unwrap());
    Reported::Filled(ReportedFill { trade_id, price, quantity, fee: Decimal::ZERO, fee_asset: "USDT".into() })
}

fn status(desk: &mut Desk, number: u32) -> (OrderStatus, String) {
    let kind = CommandKind::QueryOrder { client_order_id: format!("run-{number}") };
    let step = desk.step(Input::Command(command("q", kind, i64::from(u32::MAX))), at(0));
    match &step.outputs[..] {
        [Output::Respond(Response::OrderStatus { order, .. })] => (order.status, order.filled_quantity.to_string()),
        other => panic!("a status expected: {other:?}"),
    }
}

fn calls(step: &Step) -> Vec<&str> {
    let mut names = Vec::new();
    for call in &step.calls {
        names.push(match call {
            ExecutorCall::Place(order) => order.get().client_order_id.as_str(),
            ExecutorCall::Cancel { client_order_id, .. } => client_order_id.as_str(),
            other => panic!("a call about an order expected: {other:?}"),
        });
    }
    names
}

#[test]
fn failed_calls_open_the_circuit_for_entries_until_a_probe_succeeds() {
    let mut desk = live();
    for number in 1..=3 {
        assert_eq!(calls(&place(&mut desk, entry(number, "99", "1", 0), 0)).len(), 1);
        let step = tell(&mut desk, number, refused(ErrorKind::Retryable), 10);
        let opened = Output::Alert(Alert::CircuitOpened { reason: "the venue's words".into() });
        assert_eq!(step.outputs.contains(&opened), number == 3);
    }
    assert_eq!(refusal(&responses(place(&mut desk, entry(4, "99", "1", 20), 20).outputs)).0, ErrorType::CircuitOpen);
    assert_eq!(calls(&place(&mut desk, exit(5, "110", "1", 20), 20)), ["run-5"], "exits always");
    tell(&mut desk, 5, Reported::Accepted, 30);
    assert_eq!(refusal(&responses(place(&mut desk, entry(6, "99", "1", 40), 40).outputs)).0, ErrorType::CircuitOpen);
    assert_eq!(calls(&place(&mut desk, entry(7, "99", "1", 30_010), 30_010)), ["run-7"], "the probe");
    let second = place(&mut desk, entry(8, "99", "1", 30_011), 30_011);
    assert_eq!(refusal(&responses(second.outputs)).0, ErrorType::CircuitOpen, "one probe at a time");
    tell(&mut desk, 7, Reported::Accepted, 30_020);
    assert_eq!(calls(&place(&mut desk, entry(9, "99", "1", 30_030), 30_030)), ["run-9"]);
}

#[test]
fn refusals_by_the_venue_are_no_failures() {
    let mut desk = live();
    for number in 1..=20 {
        assert_eq!(calls(&place(&mut desk, entry(number, "99", "1", 0), 0)).len(), 1, "{number}");
        let told = responses(tell(&mut desk, number, refused(ErrorKind::Rejected), 0).outputs);
        assert!(matches!(&told[0], Response::Error { error_type: ErrorType::Rejected, .. }));
    }
}

#[test]
fn an_unknown_order_is_told_as_unknown_and_keeps_counting_until_it_is_resolved() {
    let mut desk = live();
    place(&mut desk, entry(1, "99", "10", 0), 0);
    let told = responses(tell(&mut desk, 1, refused(ErrorKind::Unknown), 10).outputs);
    assert_eq!(refusal(&told), (ErrorType::Unknown, "the venue's words"));
    assert_eq!(status(&mut desk, 1).0, OrderStatus::Unknown);
    let again = place(&mut desk, entry(1, "99", "10", 0), 20);
    assert_eq!(refusal(&responses(again.outputs)).0, ErrorType::Unknown, "the first answer again");
    assert_eq!(again.calls, [], "never sent again");
    place(&mut desk, entry(2, "99", "10", 20), 20);
    let over = place(&mut desk, entry(3, "99", "1", 20), 20);
    assert_eq!(refusal(&responses(over.outputs)).0, ErrorType::Limit, "its worst case counts");
    let told = responses(tell(&mut desk, 1, fill(7, "10"), 30).outputs);
    assert_eq!(executions(&told)[0].status, OrderStatus::Filled);
}

#[test]
fn a_fatal_answer_halts_everything() {
    let mut desk = live();
    place(&mut desk, entry(1, "99", "1", 0), 0);
    tell(&mut desk, 1, Reported::Accepted, 1);
    place(&mut desk, entry(2, "99", "1", 0), 0);
    let step = tell(&mut desk, 2, refused(ErrorKind::Fatal), 10);
    assert!(step.outputs.contains(&Output::Alert(Alert::Fatal { reason: "the venue's words".into() })));
    assert_eq!(calls(&step), ["run-1"], "the other entry is taken back");
    assert_eq!(desk.state(), EngineState::Halted);
    for order in [entry(3, "99", "1", 20), exit(4, "110", "1", 20)] {
        assert_eq!(refusal(&responses(place(&mut desk, order, 20).outputs)).0, ErrorType::Paused);
    }
}

#[test]
fn fills_count_once_and_never_more_than_was_ordered() {
    let mut desk = live();
    place(&mut desk, entry(1, "99", "5", 0), 0);
    tell(&mut desk, 1, Reported::Accepted, 10);
    tell(&mut desk, 1, fill(7, "2"), 20);
    assert_eq!(tell(&mut desk, 1, fill(7, "2"), 30), Step::default(), "the same fill again");
    let step = tell(&mut desk, 1, fill(8, "3.1"), 40);
    assert!(matches!(&step.outputs[..], [Output::Alert(Alert::ImpossibleReport { .. })]));
    assert_eq!(status(&mut desk, 1), (OrderStatus::PartiallyFilled, "2".into()));
    tell(&mut desk, 1, fill(9, "3"), 50);
    for what in [fill(10, "1"), Reported::Canceled, Reported::Accepted, refused(ErrorKind::Rejected)] {
        let step = tell(&mut desk, 1, what, 60);
        assert!(matches!(&step.outputs[..], [Output::Alert(Alert::ImpossibleReport { .. })]), "{step:?}");
    }
    assert_eq!(status(&mut desk, 1), (OrderStatus::Filled, "5".into()));
    assert_eq!(desk.stats().duplicate_fills, 1);
    assert_eq!(desk.stats().impossible_reports, 5);
}

#[test]
fn a_fill_that_outruns_its_acknowledgement_answers_the_command() {
    let mut desk = live();
    place(&mut desk, entry(1, "99", "5", 0), 0);
    let told = responses(tell(&mut desk, 1, fill(7, "5"), 10).outputs);
    assert!(matches!(&told[0], Response::OrderPlaced { command_id, .. } if command_id == "c-run-1"));
    assert_eq!(executions(&told)[0].status, OrderStatus::Filled);
}

#[test]
fn reports_of_strange_orders_are_alerted() {
    let mut desk = live();
    let step = tell(&mut desk, 1, Reported::Accepted, 0);
    assert!(matches!(&step.outputs[..], [Output::Alert(Alert::ImpossibleReport { .. })]));
}

#[test]
fn a_cancel_that_the_venue_could_not_take_is_repeated_while_the_strategy_is_lost() {
    let mut desk = live();
    place(&mut desk, entry(1, "99", "5", 0), 0);
    tell(&mut desk, 1, Reported::Accepted, 10);
    desk.step(Input::Command(command("h", CommandKind::Heartbeat {}, 1_000)), at(20));
    let tick = |desk: &mut Desk, ms| desk.step(Input::Tick { exchange_now: UnixNanos::ZERO }, at(ms));
    assert_eq!(calls(&tick(&mut desk, 2_021)), ["run-1"]);
    assert_eq!(calls(&tick(&mut desk, 2_121)), [""; 0], "it is under way");
    let reason = "busy".to_owned();
    let step = tell(&mut desk, 1, Reported::CancelRefused { kind: ErrorKind::Retryable, reason }, 2_150);
    assert_eq!(step, Step::default(), "nobody asked for it");
    assert_eq!(calls(&tick(&mut desk, 2_221)), ["run-1"]);
    tell(&mut desk, 1, Reported::Canceled, 2_250);
    assert_eq!(calls(&tick(&mut desk, 2_321)), [""; 0]);
}

#[test]
fn a_refused_cancel_is_told_and_may_be_tried_again() {
    let mut desk = live();
    place(&mut desk, entry(1, "99", "5", 0), 0);
    tell(&mut desk, 1, Reported::Accepted, 10);
    let take_back = |desk: &mut Desk, id: &str| desk.step(Input::Command(command(id, cancel(1, 20), 1_000)), at(20));
    assert_eq!(calls(&take_back(&mut desk, "x1")), ["run-1"]);
    assert_eq!(take_back(&mut desk, "x1b"), Step::default(), "one is under way");
    let reason = "no answer".to_owned();
    let told = tell(&mut desk, 1, Reported::CancelRefused { kind: ErrorKind::Unknown, reason }, 30);
    let told = responses(told.outputs);
    assert_eq!(told.iter().filter_map(ends).collect::<Vec<_>>(), ["x1", "x1b"]);
    assert_eq!(refusal(&told[..1]), (ErrorType::Unknown, "no answer"));
    assert_eq!(calls(&take_back(&mut desk, "x2")), ["run-1"]);
    let told = responses(tell(&mut desk, 1, Reported::Expired { reason: "session over".into() }, 40).outputs);
    assert!(matches!(&told[1], Response::OrderStatus { command_id, .. } if command_id == "x2"));
    assert_eq!(executions(&told)[0].reason, "session over");
}

#[test]
fn contradicting_limits_are_named() {
    assert_eq!(desk_config().problems(), [""; 0]);
    let mut config = desk_config();
    config.rate_limit.reserve = 50;
    config.max_order_notional = Decimal::from(3_000);
    let problems = config.problems();
    assert_eq!(problems.len(), 2);
    assert!(problems[0].contains("order_rate_reserve") && problems[1].contains("max_exposure"), "{problems:?}");
}
