//! What the paper account owns: exact, covered by what it has, and told when asked.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeMap;

use common::market::{Side, Symbol};
use common::order::{OrderRequest, OrderStatus, OrderType};
use common::wire::{Balance, CommandKind, ErrorType, Fill, Response};
use proptest::prelude::*;
use rust_decimal::Decimal;
use support::moves::moves;
use support::*;

const NOT_COVERED: &str = "Account has insufficient balance for requested action.";

fn market_order(order: OrderRequest) -> OrderRequest {
    OrderRequest { order_type: OrderType::Market, price: None, ..order }
}

/// Free and locked, by asset.
fn balances(bench: &mut Bench) -> BTreeMap<String, (String, String)> {
    let told = bench.send("account", CommandKind::QueryAccount {});
    let [Response::Account { command_id, account_id, balances, .. }] = &told[..] else { panic!("{told:?}") };
    assert_eq!((command_id.as_str(), account_id), ("account", &account().account_id));
    let texts = |balance: &Balance| (balance.free.normalize().to_string(), balance.locked.normalize().to_string());
    balances.iter().map(|balance| (balance.asset.clone(), texts(balance))).collect()
}

fn owns(pairs: &[(&str, &str, &str)]) -> BTreeMap<String, (String, String)> {
    pairs.iter().map(|(asset, free, locked)| ((*asset).into(), ((*free).into(), (*locked).into()))).collect()
}

fn fills(bench: &mut Bench, after_trade_id: Option<u64>) -> Vec<Fill> {
    let told = bench.send("fills", CommandKind::QueryFills { symbol: symbol(), after_trade_id });
    let [Response::Fills { fills, more: false, .. }] = &told[..] else { panic!("{told:?}") };
    fills.clone()
}

#[test]
fn it_begins_with_its_capital_in_the_quote_asset_of_the_first_market() {
    let mut bench = Bench::cold();
    assert_eq!(balances(&mut bench), owns(&[]), "the currency is not known yet");
    bench.meet_market();
    assert_eq!(balances(&mut bench), owns(&[("USDT", "10000", "0")]));
}

#[test]
fn working_orders_lock_what_they_can_spend_from_their_arrival_to_their_end() {
    let mut bench = Bench::live();
    bench.place("p1", entry(1, "99", "5", 0));
    assert_eq!(balances(&mut bench), owns(&[("USDT", "10000", "0")]), "it is under way");
    bench.tick(50);
    assert_eq!(balances(&mut bench), owns(&[("USDT", "9505", "495")]));
    bench.market(print(Side::Sell, "98.9", "2", 60));
    // 2 at 99; the fee of 0.001 TRX is paid in what was bought.
    assert_eq!(balances(&mut bench), owns(&[("TRX", "1.999", "0"), ("USDT", "9505", "297")]));
    bench.place("p2", exit(2, "110", "1.9", 60));
    bench.tick(110);
    assert_eq!(balances(&mut bench), owns(&[("TRX", "0.099", "1.9"), ("USDT", "9505", "297")]));
    bench.now_ms = 110;
    bench.cancel("c1", 1);
    bench.cancel("c2", 2);
    bench.tick(160);
    assert_eq!(balances(&mut bench), owns(&[("TRX", "1.999", "0"), ("USDT", "9802", "0")]));
}

#[test]
fn an_order_that_the_balance_does_not_cover_when_it_arrives_is_refused_as_the_venue_does() {
    let mut bench = Bench::holding("9.8");
    let held = owns(&[("TRX", "9.7902", "0"), ("USDT", "9010.2", "0")]);
    assert_eq!(balances(&mut bench), held);
    for (number, order) in [(1, exit(1, "110", "9.8", 50)), (2, market_order(exit(2, "0", "9.8", 50)))] {
        assert_eq!(bench.place("p", order), [], "what arrives later is judged later");
        let told = responses(bench.tick(100 * i64::from(number)));
        assert_eq!(refusal(&told[..1]), (ErrorType::Rejected, NOT_COVERED));
        assert_eq!(executions(&told)[0].status, OrderStatus::Rejected);
        assert_eq!(balances(&mut bench), held);
    }
    bench.place("p3", exit(3, "110", "9.7", 200));
    bench.place("p4", exit(4, "110", "0.1", 200));
    let told = responses(bench.tick(300));
    assert_eq!(refusal(&told[2..3]), (ErrorType::Rejected, NOT_COVERED), "the first one locks it: {told:?}");
    bench.cancel("c3", 3);
    bench.place("p5", exit(5, "110", "9.7", 300));
    let told = responses(bench.tick(400));
    let statuses: Vec<OrderStatus> = executions(&told).iter().map(|execution| execution.status).collect();
    assert_eq!(statuses, [OrderStatus::Canceled, OrderStatus::New], "a cancel that arrives first makes room");
}

#[test]
fn fills_are_told_by_market_after_a_trade_id() {
    let mut bench = Bench::holding("9.8");
    bench.place("p1", exit(1, "100", "3", 50));
    bench.tick(100);
    for (quantity, ms) in [("1", 110), ("5", 120)] {
        bench.market(print(Side::Buy, "100.5", quantity, ms));
    }
    let all = fills(&mut bench, None);
    let ids: Vec<(u64, &str)> = all.iter().map(|fill| (fill.trade_id, fill.client_order_id.as_str())).collect();
    assert_eq!(ids, [(1, "run-900"), (2, "run-1"), (3, "run-1")]);
    let sold = Fill {
        client_order_id: "run-1".into(),
        symbol: symbol(),
        side: Side::Sell,
        trade_id: 3,
        price: "100".parse().unwrap(),
        quantity: "2".parse().unwrap(),
        fee: "0.1".parse().unwrap(),
        fee_asset: "USDT".into(),
        timestamp: at(120),
    };
    assert_eq!(fills(&mut bench, Some(2)), [sold]);
    assert_eq!(fills(&mut bench, Some(3)), []);
    let symbol = Symbol::new("NOPE");
    let told = bench.send("f", CommandKind::QueryFills { symbol, after_trade_id: None });
    assert_eq!(refusal(&told).0, ErrorType::UnknownSymbol);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn balances_are_the_capital_and_the_sum_of_the_fills_to_the_last_digit(
        actions in prop::collection::vec(moves(), 1..80),
    ) {
        let mut bench = Bench::holding("9.8");
        for (number, action) in actions.iter().enumerate() {
            bench.make(number, action);
        }
        let (mut usdt, mut trx) = (Decimal::from(10_000), Decimal::ZERO);
        for fill in fills(&mut bench, None) {
            let (price, quantity) = (fill.price.decimal(), fill.quantity.decimal());
            match fill.side {
                Side::Buy => (usdt, trx) = (usdt - price * quantity, trx + quantity - fill.fee),
                Side::Sell => (usdt, trx) = (usdt + price * quantity - fill.fee, trx - quantity),
            }
        }
        let owned: BTreeMap<String, Balance> =
            bench.desk.paper().balances().into_iter().map(|balance| (balance.asset.clone(), balance)).collect();
        prop_assert_eq!(owned["USDT"].free + owned["USDT"].locked, usdt);
        prop_assert_eq!(owned["TRX"].free + owned["TRX"].locked, trx);
        for balance in owned.values() {
            prop_assert!(balance.free >= Decimal::ZERO && balance.locked >= Decimal::ZERO, "{:?}", balance);
        }
    }
}
