//! Commands in, answers out, on paper: the whole way of an order inside the engine.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use common::market::{MarketEvent, Side, Symbol, Trust};
use common::order::{OrderRequest, OrderState, OrderStatus, OrderType, Purpose, TimeInForce};
use common::wire::{CommandKind, EngineState, ErrorType, Response};
use execution_engine::{Alert, Input, Output};
use support::*;

fn statuses(responses: &[Response]) -> Vec<OrderStatus> {
    executions(responses).iter().map(|execution| execution.status).collect()
}

#[test]
fn an_entry_is_placed_after_the_latency_and_filled_in_parts() {
    let mut bench = Bench::live();
    assert_eq!(bench.place("c1", entry(1, "99", "5", 0)), [], "it is under way");
    let told = responses(bench.tick(50));
    assert!(matches!(&told[0], Response::OrderPlaced { command_id, exchange_order_id: Some(id), .. }
            if command_id == "c1" && id == "paper-1"));
    assert_eq!(statuses(&told), [OrderStatus::New]);
    let told = bench.market(print(Side::Sell, "99", "2", 60));
    let [fill] = executions(&told)[..] else { panic!("one fill expected: {told:?}") };
    assert_eq!((fill.status, fill.filled_quantity.to_string().as_str()), (OrderStatus::PartiallyFilled, "2"));
    assert_eq!((fill.last_price, fill.price), (Some("99".parse().unwrap()), Some("99".parse().unwrap())));
    assert_eq!((fill.fee.unwrap().to_string().as_str(), fill.fee_asset.as_deref()), ("0.001", Some("TRX")));
    assert_eq!((fill.trade_id, fill.timestamp), (Some(1), at(60)));
    let told = bench.market(print(Side::Sell, "98.5", "50", 70));
    assert_eq!(statuses(&told), [OrderStatus::Filled]);
    assert_eq!(executions(&told)[0].last_quantity, Some("3".parse().unwrap()));
}

#[test]
fn the_same_order_twice_is_one_order_with_one_answer() {
    let mut bench = Bench::live();
    assert_eq!(bench.place("c1", entry(1, "99", "5", 0)), []);
    assert_eq!(bench.place("c2", entry(1, "99", "5", 0)), [], "the first answer is still owed");
    let told = responses(bench.tick(50));
    let ended: Vec<&str> = told.iter().filter_map(ends).collect();
    assert_eq!(ended, ["c1", "c2"]);
    let Response::OrderPlaced { timestamp, exchange_order_id, .. } = &told[0] else { panic!("{told:?}") };
    bench.now_ms = 5_000;
    let again = responses(bench.step(Input::Command(command(
        "c3",
        CommandKind::PlaceOrder { order: entry(1, "99", "5", 0) },
        4_000,
    ))));
    let first = Response::OrderPlaced {
        command_id: "c3".into(),
        client_order_id: "run-1".into(),
        exchange_order_id: exchange_order_id.clone(),
        timestamp: *timestamp,
    };
    assert_eq!(again, [first], "even past its expiry: the order is in the book");
    let told = bench.market(print(Side::Sell, "98", "50", 5_001));
    assert_eq!(executions(&told).len(), 1, "one order");
    assert_eq!(bench.desk.desk().stats().duplicate_orders, 2);
}

#[test]
fn a_refused_order_stays_refused_and_an_id_is_never_used_for_two_orders() {
    let mut bench = Bench::live();
    let first = bench.place("c1", entry(1, "99.005", "5", 0));
    let again = bench.place("c2", entry(1, "99.005", "5", 0));
    assert_eq!(refusal(&first), refusal(&again));
    let (error_type, message) = (ErrorType::Invalid, "run-1 was used for a different order");
    assert_eq!(refusal(&bench.place("c3", entry(1, "99", "5", 0))), (error_type, message));
    assert!(matches!(bench.query(1), Response::OrderStatus { order, .. } if order.status == OrderStatus::Rejected));
}

#[test]
fn a_command_past_its_expiry_does_nothing() {
    let mut bench = Bench::live();
    bench.now_ms = 2_000;
    for (id, kind) in [
        ("c1", CommandKind::PlaceOrder { order: entry(1, "99", "5", 0) }),
        ("c2", CommandKind::Heartbeat {}),
        ("c3", CommandKind::Shutdown {}),
        ("c4", CommandKind::QueryOpenOrders { symbol: None }),
    ] {
        let told = responses(bench.step(Input::Command(command(id, kind, 1_999))));
        assert_eq!(refusal(&told).0, ErrorType::Expired, "{id}");
    }
    assert_eq!(responses(bench.tick(3_000)), []);
    assert_eq!(bench.state(), EngineState::Live);
    assert_eq!(bench.desk.desk().stats().refused[&ErrorType::Expired], 4);
    assert_eq!(bench.desk.paper().stats().orders, 0);
}

#[test]
fn the_venues_filters_are_kept_before_sending() {
    type Change = fn(&mut OrderRequest);
    let cases: [(&str, Change, &str); 11] = [
        ("off the tick", |o| o.price = Some("99.005".parse().unwrap()), "Filter failure: PRICE_FILTER"),
        ("above the highest price", |o| o.price = Some("1000.01".parse().unwrap()), "Filter failure: PRICE_FILTER"),
        ("off the step", |o| o.quantity = "5.05".parse().unwrap(), "Filter failure: LOT_SIZE"),
        ("too small", |o| o.quantity = "0.01".parse().unwrap(), "Filter failure: LOT_SIZE"),
        ("too large", |o| o.quantity = "9000.1".parse().unwrap(), "Filter failure: LOT_SIZE"),
        (
            "worth too little",
            |o| (o.price, o.quantity) = (Some("49".parse().unwrap()), "0.1".parse().unwrap()),
            "Filter failure: NOTIONAL",
        ),
        ("worth too much", |o| o.quantity = "1020.5".parse().unwrap(), "Filter failure: NOTIONAL"),
        ("a buy too far below", |o| o.price = Some("19.99".parse().unwrap()), "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ("a buy too far above", |o| o.price = Some("500.01".parse().unwrap()), "Filter failure: PERCENT_PRICE_BY_SIDE"),
        (
            "a sell too far below",
            |o| (o.side, o.price) = (Side::Sell, Some("19.99".parse().unwrap())),
            "Filter failure: PERCENT_PRICE_BY_SIDE",
        ),
        (
            "a stop off the tick",
            |o| (o.order_type, o.stop_price) = (OrderType::StopLossLimit, Some("120.005".parse().unwrap())),
            "Filter failure: PRICE_FILTER",
        ),
    ];
    for (what, change, words) in cases {
        for purpose in [Purpose::Entry, Purpose::Exit] {
            let mut bench = Bench::live();
            let mut order = OrderRequest { purpose, ..entry(1, "99", "5", 0) };
            change(&mut order);
            let told = bench.place("c1", order);
            let (error_type, message) = refusal(&told);
            assert_eq!(error_type, ErrorType::Rules, "{what}");
            assert!(message.starts_with(words), "{what}: {message}");
        }
    }
}

#[test]
fn what_is_no_order_is_invalid() {
    type Change = fn(&mut OrderRequest);
    let cases: [(&str, Change); 10] = [
        ("no id", |o| o.client_order_id = String::new()),
        ("an id that no venue takes", |o| o.client_order_id = "run 1".into()),
        ("an id too long", |o| o.client_order_id = "x".repeat(37)),
        ("no quantity", |o| o.quantity = "0".parse().unwrap()),
        ("a limit order without a price", |o| o.price = None),
        ("a market order with a price", |o| o.order_type = OrderType::Market),
        ("a stop price on a plain order", |o| o.stop_price = Some("98".parse().unwrap())),
        ("a post-only order with a time in force", |o| {
            (o.order_type, o.time_in_force) = (OrderType::LimitMaker, TimeInForce::Ioc);
        }),
        ("an iceberg", |o| o.iceberg_qty = Some("1".parse().unwrap())),
        ("a decision from the far future", |o| o.decided_at = common::time::UnixNanos(i64::MAX)),
    ];
    for (what, change) in cases {
        let mut bench = Bench::live();
        let mut order = entry(1, "99", "5", 0);
        change(&mut order);
        let told = bench.place("c1", order);
        assert_eq!(refusal(&told).0, ErrorType::Invalid, "{what}");
    }
}

#[test]
fn no_rules_no_orders() {
    let mut bench = Bench::live();
    let order = OrderRequest { symbol: Symbol::new("NOPE"), ..entry(1, "99", "5", 0) };
    assert_eq!(refusal(&bench.place("c1", order)).0, ErrorType::UnknownSymbol);
    let symbol = Symbol::new("NOPE");
    let told = bench.send("c2", CommandKind::RequestSnapshot { symbol: symbol.clone() });
    assert_eq!(refusal(&told).0, ErrorType::UnknownSymbol);
    let told = bench.send("c3", CommandKind::QueryOpenOrders { symbol: Some(symbol) });
    assert_eq!(refusal(&told).0, ErrorType::UnknownSymbol);
}

#[test]
fn one_entry_is_capped_and_exits_are_not() {
    let mut bench = Bench::live();
    let told = bench.place("c1", entry(1, "99", "10.2", 0));
    assert_eq!(refusal(&told), (ErrorType::Limit, "notional 1009.8 is above max_order_notional 1000"));
    let market = OrderRequest { order_type: OrderType::Market, price: None, ..entry(2, "99", "10.1", 0) };
    assert_eq!(refusal(&bench.place("c2", market)).0, ErrorType::Limit, "valued at the last price");
    assert_eq!(bench.place("c3", exit(3, "110", "900", 0)), []);
}

#[test]
fn a_purchase_that_calls_itself_an_exit_is_an_entry() {
    let mut bench = Bench::live();
    let buy = |number, quantity| OrderRequest { side: Side::Buy, ..exit(number, "99", quantity, 0) };
    assert_eq!(refusal(&bench.place("c1", buy(1, "10.2"))).0, ErrorType::Limit);
    bench.market(trust(Trust::Suspect, 10));
    assert_eq!(refusal(&bench.place("c2", buy(2, "5"))).0, ErrorType::Untrusted);
}

#[test]
fn dust_that_cannot_be_sold_is_no_position() {
    let mut bench = Bench::live();
    bench.place("c1", entry(1, "99", "5", 0));
    bench.tick(50);
    bench.market(print(Side::Sell, "98.5", "50", 60));
    assert!(!bench.desk.desk().is_flat(), "4.995 held: the fee was paid in TRX");
    bench.place("c2", OrderRequest { order_type: OrderType::Market, price: None, ..exit(2, "0", "4.9", 60) });
    let sold = responses(bench.tick(120));
    assert_eq!(statuses(&sold), [OrderStatus::New, OrderStatus::Filled]);
    assert!(bench.desk.desk().is_flat(), "0.095 is less than a step");
}

#[test]
fn open_entries_and_holdings_count_against_the_exposure() {
    let mut bench = Bench::live();
    bench.place("c1", entry(1, "99", "10", 0));
    bench.place("c2", entry(2, "98.5", "10", 0));
    let over = bench.place("c3", entry(3, "98", "1", 0));
    assert_eq!(refusal(&over), (ErrorType::Limit, "exposure would be 2073, above max_exposure 2000"));
    bench.tick(100);
    bench.market(print(Side::Sell, "98.4", "100", 110));
    bench.tick(200);
    // 20 held, less 0.01 of fees in TRX, at 98.4: 1967.016
    let over = bench.place("c4", entry(4, "98", "1", 200));
    assert_eq!(refusal(&over), (ErrorType::Limit, "exposure would be 2065.016, above max_exposure 2000"));
    bench.place("c5", OrderRequest { order_type: OrderType::Market, price: None, ..exit(5, "0", "9", 200) });
    let sold = responses(bench.tick(250));
    assert_eq!(statuses(&sold), [OrderStatus::New, OrderStatus::Filled]);
    assert_eq!(bench.place("c6", entry(6, "98", "1", 250)), [], "selling makes room");
}

#[test]
fn a_canceled_entry_frees_its_exposure() {
    let mut bench = Bench::live();
    bench.place("c1", entry(1, "99", "10", 0));
    bench.place("c2", entry(2, "99", "10", 0));
    bench.tick(50);
    bench.cancel("c3", 1);
    bench.tick(100);
    assert_eq!(bench.place("c4", entry(4, "99", "10", 100)), []);
}

#[test]
fn entries_need_a_trusted_book_and_exits_do_not() {
    for doubt in [Trust::Suspect, Trust::Broken, Trust::Rebuilding] {
        let mut bench = Bench::live();
        bench.market(trust(doubt, 10));
        assert_eq!(refusal(&bench.place("c1", entry(1, "99", "5", 10))).0, ErrorType::Untrusted, "{doubt:?}");
        assert_eq!(bench.place("c2", exit(2, "110", "5", 10)), []);
        bench.market(trust(Trust::Trusted, 20));
        assert_eq!(bench.place("c3", entry(3, "99", "5", 20)), []);
    }
    let mut bench = Bench::cold();
    bench.market(MarketEvent::Rules(rules()));
    assert_eq!(refusal(&bench.place("c1", entry(1, "99", "5", 0))).0, ErrorType::Untrusted, "never heard of");
}

#[test]
fn the_dead_mans_switch_cancels_entries_and_pauses_until_the_heartbeat_is_back() {
    let mut bench = Bench::holding("9.8");
    bench.place("c1", entry(1, "99", "5", 0));
    bench.place("c2", exit(2, "110", "5", 0));
    bench.tick(9_000);
    assert_eq!(bench.state(), EngineState::Live, "not armed before the first heartbeat");
    bench.send("h1", CommandKind::Heartbeat {});
    assert_eq!(bench.tick(11_000), []);
    let outputs = bench.tick(11_001);
    let reason = "the strategy's heartbeat is lost".to_owned();
    let (old_state, new_state) = (EngineState::Live, EngineState::Paused);
    assert_eq!(outputs, [Output::Alert(Alert::StrategyLost), Output::StateChanged { old_state, new_state, reason }]);
    bench.place("c3", entry(3, "99", "5", 11_001));
    assert_eq!(refusal(&bench.place("c4", entry(4, "99", "5", 11_001))).0, ErrorType::Paused);
    assert_eq!(bench.place("c5", exit(5, "111", "4", 11_001)), []);
    let told = responses(bench.tick(11_060));
    assert_eq!(statuses(&told), [OrderStatus::Canceled, OrderStatus::New], "the entry goes, the exits stay");
    assert_eq!(executions(&told)[0].client_order_id, "run-1");
    let outputs = bench.step(Input::Command(command("h2", CommandKind::Heartbeat {}, 12_000)));
    assert!(matches!(&outputs[1], Output::StateChanged { new_state: EngineState::Live, .. }), "{outputs:?}");
    assert_eq!(bench.place("c6", entry(6, "99", "5", 11_060)), []);
}

#[test]
fn a_cancel_ends_in_one_answer_however_the_order_ends() {
    let mut bench = Bench::live();
    bench.place("p1", entry(1, "99", "5", 0));
    bench.place("p2", entry(2, "99", "5", 0));
    bench.tick(50);
    assert_eq!(bench.cancel("c1", 1), []);
    assert_eq!(bench.cancel("c2", 1), [], "one cancel is enough");
    let told = bench.market(print(Side::Sell, "99", "5", 60));
    assert_eq!(statuses(&told), [OrderStatus::Filled], "the print was faster than the cancel");
    let ended: Vec<&str> = told.iter().filter_map(ends).collect();
    assert_eq!(ended, ["c1", "c2"]);
    assert!(matches!(&told[1], Response::OrderStatus { order: OrderState { status: OrderStatus::Filled, .. }, .. }));
    assert_eq!(responses(bench.tick(200)), [], "the cancel that came too late says nothing more");

    assert_eq!(bench.cancel("c3", 2), []);
    let told = responses(bench.tick(300));
    assert_eq!(statuses(&told), [OrderStatus::Canceled]);
    assert!(matches!(&told[1], Response::OrderCanceled { command_id, .. } if command_id == "c3"));
    assert!(matches!(&bench.cancel("c4", 2)[..], [Response::OrderCanceled { .. }]), "again: the same");
    assert!(matches!(&bench.cancel("c5", 1)[..], [Response::OrderStatus { .. }]), "finished: its final state");
    assert_eq!(refusal(&bench.cancel("c6", 9)).0, ErrorType::UnknownOrder);
    let (client_order_id, symbol) = ("run-2".to_owned(), Symbol::new("BTCUSDT"));
    let elsewhere = CommandKind::CancelOrder { client_order_id, symbol, decided_at: at(300) };
    assert_eq!(refusal(&bench.send("c7", elsewhere)).0, ErrorType::UnknownOrder);
}

#[test]
fn an_order_can_be_canceled_while_it_is_under_way() {
    let mut bench = Bench::live();
    bench.place("p1", entry(1, "99", "5", 0));
    assert_eq!(bench.cancel("c1", 1), []);
    let told = responses(bench.tick(100));
    assert_eq!(told.iter().filter_map(ends).collect::<Vec<_>>(), ["p1", "c1"]);
    assert_eq!(statuses(&told), [OrderStatus::New, OrderStatus::Canceled]);
}

#[test]
fn a_cancel_counts_from_its_decision_however_far_the_market_has_been_seen() {
    for (seen_ms, print_ms, ended) in [(100, 149, OrderStatus::Filled), (100, 151, OrderStatus::Canceled)] {
        let mut bench = Bench::live();
        bench.place("p1", entry(1, "99", "5", 0));
        bench.tick(seen_ms);
        bench.market(print(Side::Sell, "99.5", "1", 130));
        assert_eq!(bench.send("c1", cancel(1, 100)), [], "it arrives at 150");
        assert_eq!(statuses(&bench.market(print(Side::Sell, "99", "5", print_ms))), [ended]);
        assert_eq!(bench.desk.paper().stats().late_cancels, 0);
    }
}

#[test]
fn a_cancel_from_the_far_future_is_invalid() {
    let mut bench = Bench::live();
    bench.place("p1", entry(1, "99", "5", 0));
    assert_eq!(refusal(&bench.send("c1", cancel(1, 10_001))).0, ErrorType::Invalid);
    assert_eq!(bench.send("c2", cancel(1, 10_000)), []);
}

#[test]
fn queries_tell_what_the_ledger_knows() {
    let mut bench = Bench::holding("9.8");
    bench.place("p1", entry(1, "99", "5", 0));
    assert!(matches!(bench.query(1), Response::OrderStatus { order, .. } if order.status == OrderStatus::Pending));
    bench.place("p2", exit(2, "110", "5", 0));
    bench.tick(50);
    bench.market(print(Side::Sell, "98", "1.5", 60));
    let Response::OrderStatus { order, .. } = bench.query(1) else { panic!("a status expected") };
    assert_eq!((order.status, order.filled_quantity.to_string().as_str()), (OrderStatus::PartiallyFilled, "1.5"));
    assert_eq!(order.exchange_order_id.as_deref(), Some("paper-2"));
    assert!(matches!(bench.query(7), Response::Error { error_type: ErrorType::UnknownOrder, .. }));
    for symbol in [None, Some(symbol())] {
        let told = bench.send("o", CommandKind::QueryOpenOrders { symbol });
        let [Response::OpenOrders { orders, .. }] = &told[..] else { panic!("{told:?}") };
        let ids: Vec<&str> = orders.iter().map(|order| order.request.client_order_id.as_str()).collect();
        assert_eq!(ids, ["run-1", "run-2"]);
    }
}

#[test]
fn a_snapshot_is_asked_of_the_bridge_and_answered() {
    let mut bench = Bench::live();
    let outputs = bench.step(Input::Command(command("s1", CommandKind::RequestSnapshot { symbol: symbol() }, 100)));
    assert!(matches!(&outputs[0], Output::Respond(Response::Success { command_id, .. }) if command_id == "s1"));
    assert_eq!(outputs[1..], [Output::PublishSnapshot(symbol())]);
}

#[test]
fn shutdown_takes_entries_back_and_still_closes_positions() {
    let mut bench = Bench::holding("9.8");
    bench.place("p1", entry(1, "99", "5", 0));
    bench.tick(50);
    let outputs = bench.step(Input::Command(command("x", CommandKind::Shutdown {}, 100)));
    assert!(matches!(&outputs[0], Output::Respond(Response::Success { .. })));
    assert!(matches!(&outputs[1], Output::StateChanged { new_state: EngineState::Shutdown, .. }));
    assert_eq!(refusal(&bench.place("p2", entry(2, "99", "5", 50))).0, ErrorType::Paused);
    assert_eq!(bench.place("p3", exit(3, "110", "5", 50)), []);
    assert_eq!(statuses(&responses(bench.tick(100))), [OrderStatus::Canceled, OrderStatus::New]);
}

#[test]
fn the_end_of_the_tape_is_a_state_with_a_reason() {
    let mut bench = Bench::live();
    let outputs = bench.step(Input::Stop { reason: "end of tape".into() });
    let (old_state, new_state, reason) = (EngineState::Live, EngineState::Shutdown, "end of tape".to_owned());
    assert_eq!(outputs, [Output::StateChanged { old_state, new_state, reason }]);
    assert_eq!(bench.step(Input::Stop { reason: "again".into() }), []);
}

#[test]
fn the_venues_own_refusal_is_told_in_its_words() {
    let mut bench = Bench::live();
    bench.place("p1", OrderRequest { order_type: OrderType::LimitMaker, ..entry(1, "101", "5", 0) });
    let told = responses(bench.tick(50));
    assert!(matches!(&told[0], Response::Error { error_type: ErrorType::Rejected, message, .. }
        if message == "Order would immediately match and take."));
    let [execution] = executions(&told)[..] else { panic!("{told:?}") };
    assert_eq!(execution.status, OrderStatus::Rejected);
    assert_eq!(execution.reason, "Order would immediately match and take.");
}

#[test]
fn the_rate_limit_keeps_a_reserve_for_cancels_and_exits() {
    let mut bench = Bench::live();
    for number in 1..=40 {
        assert_eq!(bench.place("p", entry(number, "50", "0.1", 0)), []);
    }
    let told = bench.place("p41", entry(41, "50", "0.1", 0));
    assert_eq!(refusal(&told).0, ErrorType::Limit);
    assert!(refusal(&told).1.contains("too many calls"), "{told:?}");
    for number in 42..=46 {
        assert_eq!(bench.place("x", exit(number, "110", "5", 0)), []);
        assert_eq!(bench.cancel("c", number - 41), []);
    }
    assert_eq!(refusal(&bench.cancel("c", 30)).0, ErrorType::Limit, "even the reserve ends");
    bench.now_ms = 200;
    assert_eq!(bench.cancel("c", 30), [], "and comes back");
}

#[test]
fn an_order_that_comes_too_late_is_effective_at_once_and_counted() {
    let mut bench = Bench::live();
    bench.tick(500);
    let told = bench.place("p1", entry(1, "101", "5", 400));
    assert_eq!(statuses(&told), [OrderStatus::New, OrderStatus::Filled]);
    assert_eq!(executions(&told)[0].timestamp, at(500));
    assert_eq!(bench.desk.paper().stats().late_orders, 1);
}
