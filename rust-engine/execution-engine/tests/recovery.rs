//! A desk that died and begins again with what its journal kept.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use common::market::{Side, Trust};
use common::order::{OrderRequest, OrderStatus, OrderType};
use common::wire::{CommandKind, EngineState, ErrorType, Execution, Response};
use execution_engine::{Alert, Input, JournalEntry, Output};
use support::*;

fn status(bench: &mut Bench, number: u32) -> OrderStatus {
    match bench.query(number) {
        Response::OrderStatus { order, .. } => order.status,
        other => panic!("a status expected: {other:?}"),
    }
}

fn filled(told: &[Response]) -> Vec<(String, String)> {
    let fill = |execution: &&Execution| Some((execution.last_price?.to_string(), execution.last_quantity?.to_string()));
    executions(told).iter().filter_map(fill).collect()
}

fn pairs(fills: &[(&str, &str)]) -> Vec<(String, String)> {
    fills.iter().map(|(price, quantity)| ((*price).into(), (*quantity).into())).collect()
}

/// An order at 98 with 2 of 5 filled.
fn part_filled() -> Bench {
    let mut bench = Bench::live();
    bench.place("p1", entry(1, "98", "5", 0));
    bench.tick(50);
    bench.market(print(Side::Sell, "98", "12", 60));
    assert_eq!(status(&mut bench, 1), OrderStatus::PartiallyFilled);
    bench
}

#[test]
fn a_resting_order_stands_again_at_the_back_of_the_queue_with_what_is_left() {
    let mut bench = part_filled().reborn();
    assert_eq!(status(&mut bench, 1), OrderStatus::PartiallyFilled);
    assert_eq!(bench.market(print(Side::Sell, "97", "50", 70)), [], "no book is trusted yet: it does not stand");
    bench.now_ms = 100;
    bench.meet_market();
    assert_eq!(filled(&bench.market(print(Side::Sell, "98", "10", 110))), [], "10 are displayed, and served first");
    assert_eq!(filled(&bench.market(print(Side::Sell, "98", "9", 120))), pairs(&[("98", "3")]));
    assert_eq!(status(&mut bench, 1), OrderStatus::Filled);
    let told = bench.send("f", CommandKind::QueryFills { symbol: symbol(), after_trade_id: None });
    assert!(matches!(&told[..], [Response::Fills { fills, .. }] if fills.iter().map(|f| f.trade_id).eq([1, 2])));
}

#[test]
fn nothing_fills_for_the_time_away() {
    let mut bench = part_filled().reborn();
    bench.now_ms = 60_000;
    bench.send("h", CommandKind::Heartbeat {});
    for event in [
        common::market::MarketEvent::Rules(rules()),
        book(&[("90", "10")], &[("91", "20")], 60_000),
        trust(Trust::Trusted, 60_000),
    ] {
        assert_eq!(bench.market(event), [], "the market is far below, and what it did is over");
    }
    assert_eq!(responses(bench.tick(60_100)), []);
    assert_eq!(filled(&bench.market(print(Side::Sell, "91", "1", 60_200))), pairs(&[("98", "1")]));
}

#[test]
fn an_order_that_was_under_way_arrives_once_its_book_is_trusted() {
    let mut bench = Bench::live();
    assert_eq!(bench.place("p1", entry(1, "101", "5", 0)), []);
    let mut bench = bench.reborn();
    assert_eq!(status(&mut bench, 1), OrderStatus::Pending);
    assert_eq!(bench.place("p2", entry(1, "101", "5", 0)), [], "the answer is still owed");
    bench.now_ms = 500;
    bench.market(common::market::MarketEvent::Rules(rules()));
    bench.market(book(&[("98", "10")], &[("101", "20")], 500));
    let told = bench.market(trust(Trust::Trusted, 500));
    assert!(matches!(&told[0], Response::OrderPlaced { command_id, .. } if command_id == "p2"), "{told:?}");
    assert_eq!(filled(&told), pairs(&[("101", "5")]));
    assert_eq!(executions(&told)[1].exchange_order_id, "paper-1");
}

#[test]
fn a_stop_waits_for_its_price_again_and_a_woken_one_rests() {
    let mut bench = Bench::holding("9.8");
    let stop = |number, price, stop: &str| OrderRequest {
        order_type: OrderType::StopLossLimit,
        stop_price: Some(stop.parse().unwrap()),
        ..exit(number, price, "4", 0)
    };
    bench.place("p1", stop(1, "97", "97"));
    bench.place("p2", stop(2, "99", "99.5"));
    bench.tick(60);
    // Wakes the second, which asks 99; a buyer takes 1 of it.
    bench.market(print(Side::Sell, "99.5", "1", 70));
    bench.market(print(Side::Buy, "99", "1", 80));
    assert_eq!(status(&mut bench, 2), OrderStatus::PartiallyFilled);
    let mut bench = bench.reborn();
    bench.now_ms = 100;
    bench.meet_market();
    assert_eq!(status(&mut bench, 1), OrderStatus::New);
    assert_eq!(filled(&bench.market(print(Side::Buy, "99.2", "9", 110))), pairs(&[("99", "3")]));
    assert_eq!(filled(&bench.market(print(Side::Sell, "97", "1", 120))), [], "it wakes, and rests at 97");
    assert_eq!(filled(&bench.market(print(Side::Buy, "97.5", "9", 130))), pairs(&[("97", "4")]));
}

#[test]
fn commands_work_before_the_market_is_seen_and_after() {
    let bench = part_filled();
    for seen in [false, true] {
        let mut bench = bench.reborn();
        bench.now_ms = 200;
        if seen {
            bench.meet_market();
        }
        let told = bench.send("o", CommandKind::QueryOpenOrders { symbol: Some(symbol()) });
        assert!(matches!(&told[..], [Response::OpenOrders { orders, .. }] if orders.len() == 1), "{told:?}");
        let mut told = bench.cancel("c", 1);
        told.extend(responses(bench.tick(300)));
        assert_eq!(told.iter().find_map(ends), Some("c"));
        assert_eq!(status(&mut bench, 1), OrderStatus::Canceled);
        assert!(executions(&told)[0].timestamp >= at(200), "{told:?}");
        bench.now_ms = 400;
        bench.meet_market();
        assert_eq!(bench.market(print(Side::Sell, "90", "100", 500)), [], "it does not stand again");
    }
}

#[test]
fn entries_that_stand_again_are_watched_from_the_start() {
    let mut bench = part_filled().reborn();
    bench.tick(2_050);
    assert_eq!(bench.state(), EngineState::Starting);
    let outputs = bench.tick(2_051);
    assert!(outputs.contains(&Output::Alert(Alert::StrategyLost)), "{outputs:?}");
    assert_eq!(status(&mut bench, 1), OrderStatus::Canceled);

    let mut bench = Bench::holding("9.8");
    bench.place("p1", exit(1, "110", "5", 0));
    bench.tick(100);
    let mut bench = bench.reborn();
    assert_eq!(bench.tick(9_000), [], "an exit may wait as long as it likes");
    assert!(!bench.desk.desk().is_flat(), "what is held is held");
}

/// Lets something happen whose entries reach the disk or not, and dies before anything of it is told.
fn killed(mut bench: Bench, input: Input, on_disk: bool) -> Bench {
    let outputs = bench.desk.step(input, at(bench.now_ms));
    let [Output::Keep(entries)] = &outputs[..] else { panic!("told before it was kept: {outputs:?}") };
    if on_disk {
        bench.journal.extend(entries.clone());
    }
    bench.reborn()
}

#[test]
fn killed_between_a_fill_and_its_telling_the_fill_is_there_or_never_was() {
    let through = Input::Market(print(Side::Sell, "97", "50", 70));
    let mut bench = killed(part_filled(), through.clone(), true);
    assert_eq!(status(&mut bench, 1), OrderStatus::Filled);
    assert_eq!(bench.desk.paper().last_trade_id(), 2);
    let mut bench = killed(part_filled(), through, false);
    assert_eq!(status(&mut bench, 1), OrderStatus::PartiallyFilled);
    bench.meet_market();
    assert_eq!(filled(&bench.market(print(Side::Sell, "97", "50", 80))), pairs(&[("98", "3")]));
}

#[test]
fn killed_between_an_order_and_its_call_it_stands_or_never_was() {
    let placing = || Input::Command(command("p1", CommandKind::PlaceOrder { order: entry(1, "99", "5", 0) }, 100));
    let mut bench = killed(Bench::live(), placing(), true);
    assert_eq!(status(&mut bench, 1), OrderStatus::Pending);
    bench.meet_market();
    bench.tick(100);
    assert_eq!(status(&mut bench, 1), OrderStatus::New);
    let mut bench = killed(Bench::live(), placing(), false);
    assert!(matches!(bench.query(1), Response::Error { error_type: ErrorType::UnknownOrder, .. }));
}

#[test]
fn an_order_that_cannot_be_kept_is_refused_and_never_was() {
    let mut bench = Bench::holding("9.8");
    bench.tick(100);
    bench.fault = Some("No space left on device".into());
    let outputs =
        bench.step(Input::Command(command("p1", CommandKind::PlaceOrder { order: exit(1, "110", "5", 100) }, 200)));
    assert!(matches!(&outputs[0], Output::Respond(Response::Error { error_type: ErrorType::Rejected, message, .. })
        if message.contains("the paper journal cannot be written: No space left on device")));
    let reason = "No space left on device".to_owned();
    assert!(outputs.contains(&Output::Alert(Alert::JournalUnwritable { reason })), "{outputs:?}");
    assert_eq!(bench.state(), EngineState::Paused);
    let told = bench.place("p2", entry(2, "99", "5", 100));
    assert_eq!(refusal(&told).0, ErrorType::Paused);
    assert!(refusal(&told).1.contains("No space left on device"), "{told:?}");
    let told = bench.place("p3", OrderRequest { quantity: "0.05".parse().unwrap(), ..exit(3, "110", "5", 100) });
    assert_eq!(refusal(&told).0, ErrorType::Rules, "its own refusal is told all the same");
    assert_eq!(bench.tick(200), [], "it is tried again at every tick, and alerted once");

    bench.fault = None;
    let outputs = bench.tick(300);
    assert!(matches!(&outputs[..], [Output::StateChanged { new_state: EngineState::Live, .. }]), "{outputs:?}");
    assert!(matches!(bench.journal.last(), Some(JournalEntry::Outage { .. })));
    assert_eq!(bench.place("p4", exit(4, "110", "5", 300)), []);
    assert_eq!(status(&mut bench, 1), OrderStatus::Rejected);
    let mut bench = bench.reborn();
    assert!(matches!(bench.query(1), Response::Error { error_type: ErrorType::UnknownOrder, .. }));
    assert_eq!(status(&mut bench, 4), OrderStatus::Pending);
}

#[test]
fn what_happens_while_nothing_can_be_kept_is_told_once_it_can() {
    let mut bench = part_filled();
    bench.place("p2", entry(2, "97", "5", 60));
    bench.tick(110);
    bench.fault = Some("full".into());
    let outputs = bench.step(Input::Market(print(Side::Sell, "97.5", "50", 120)));
    assert!(responses(outputs).is_empty(), "nobody hears of the fill");
    for kind in [
        CommandKind::QueryOrder { client_order_id: "run-1".into() },
        CommandKind::QueryOpenOrders { symbol: None },
        CommandKind::QueryFills { symbol: symbol(), after_trade_id: None },
        CommandKind::QueryAccount {},
        cancel(1, 120),
        CommandKind::PlaceOrder { order: entry(1, "98", "5", 0) },
    ] {
        assert_eq!(refusal(&bench.send("q", kind.clone())).0, ErrorType::Unknown, "{kind:?}");
    }
    assert!(matches!(&bench.send("h", CommandKind::Heartbeat {})[..], [Response::Success { .. }]));
    let mut dead = bench.reborn();
    assert_eq!(status(&mut dead, 1), OrderStatus::PartiallyFilled, "killed now, the fill never was");

    assert_eq!(responses(bench.tick(200)), [], "the other entry is taken back, unheard");
    assert_eq!(responses(bench.tick(300)), []);
    bench.fault = None;
    let told = responses(bench.tick(400));
    let statuses: Vec<OrderStatus> = executions(&told).iter().map(|execution| execution.status).collect();
    assert_eq!(statuses, [OrderStatus::Filled, OrderStatus::Canceled]);
    let mut dead = bench.reborn();
    assert_eq!([1, 2].map(|number| status(&mut dead, number)), [OrderStatus::Filled, OrderStatus::Canceled]);
}

#[test]
fn an_engine_whose_journal_cannot_be_written_still_ends() {
    let mut bench = part_filled();
    bench.fault = Some("full".into());
    bench.place("p2", entry(2, "97", "5", 60));
    let outputs = bench.step(Input::Command(command("x", CommandKind::Shutdown {}, 100)));
    assert!(matches!(&outputs[0], Output::Respond(Response::Success { .. })), "{outputs:?}");
    assert!(matches!(&outputs[1], Output::StateChanged { new_state: EngineState::Shutdown, .. }), "{outputs:?}");
}

#[test]
fn entries_that_cannot_have_been_are_refused_in_words() {
    let journal = part_filled().journal;
    let [JournalEntry::Market { .. }, order, accepted, fill] = &journal[..] else { panic!("{journal:?}") };
    for (entries, words) in [
        (vec![order, order], "run-1 is asked for a second time"),
        (vec![accepted], "run-1 cannot be"),
        (vec![order, accepted, fill, fill], "run-1 cannot be"),
        (vec![order, accepted, accepted], "run-1 cannot be"),
    ] {
        let mut desk = Bench::cold().desk;
        let replayed: Result<(), String> = entries.iter().try_for_each(|entry| desk.replay(entry));
        assert!(replayed.as_ref().is_err_and(|reason| reason.contains(words)), "{words}: {replayed:?}");
    }
    let mut later = fill.clone();
    let JournalEntry::Report { report, .. } = &mut later else { panic!("{later:?}") };
    let execution_engine::Reported::Filled(fill) = &mut report.what else { panic!("{report:?}") };
    fill.trade_id = 5;
    let mut desk = Bench::cold().desk;
    [order, accepted].into_iter().for_each(|entry| desk.replay(entry).unwrap());
    assert_eq!(desk.replay(&later), Err("trade 5 follows trade 0".to_owned()));
}

#[test]
fn a_person_reads_what_was_recovered() {
    let mut desk = Bench::cold().desk;
    for entry in &part_filled().journal {
        desk.replay(entry).unwrap();
    }
    let read = desk.recovered().to_string();
    let expected = "account paper-1700000000000000000, 1 fills, orders working: run-1, owned: 1.999 TRX, 9804 USDT \
                    (294 locked)";
    assert_eq!(read, expected);
}
