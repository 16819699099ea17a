//! What must hold for any interleaving of commands, market events, time and reports.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use common::error::ErrorKind;
use common::market::{MarketEvent, Trust};
use common::number::Qty;
use common::order::{OrderRequest, OrderStatus, Purpose};
use common::wire::{CommandKind, EngineState, Response};
use execution_engine::{Desk, ExecutorCall, Input, Output, Reported, ReportedFill};
use proptest::prelude::*;
use rust_decimal::Decimal;
use support::moves::{Move, moves, request};
use support::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn each_command_is_answered_once_and_each_order_lives_once(actions in prop::collection::vec(moves(), 1..100)) {
        let mut bench = Bench::live();
        let mut asked: Vec<String> = Vec::new();
        let mut told: Vec<Response> = Vec::new();
        let mut first_requests: BTreeMap<String, OrderRequest> = BTreeMap::new();
        let mut forbidden: BTreeSet<String> = BTreeSet::new();
        let mut trusted = true;
        for (number, action) in actions.iter().enumerate() {
            let command_id = format!("c{number}");
            let ms = bench.now_ms;
            let commanded = match action {
                Move::Place { stale, .. } => {
                    let mut order = request(action, ms).unwrap();
                    if let Some(known) = first_requests.get(&order.client_order_id) {
                        order = known.clone();
                    } else {
                        let closed = bench.state() != EngineState::Live || !trusted;
                        if *stale || order.purpose == Purpose::Entry && closed {
                            forbidden.insert(order.client_order_id.clone());
                        }
                        first_requests.insert(order.client_order_id.clone(), order.clone());
                    }
                    let expires = if *stale { ms - 1 } else { ms };
                    Some(command(&command_id, CommandKind::PlaceOrder { order }, expires))
                }
                Move::Cancel { number } => {
                    Some(command(&command_id, cancel(*number, ms), ms))
                }
                Move::Query { number } => {
                    let kind = CommandKind::QueryOrder { client_order_id: format!("run-{number}") };
                    Some(command(&command_id, kind, ms))
                }
                Move::Heartbeat => Some(command(&command_id, CommandKind::Heartbeat {}, ms)),
                _ => None,
            };
            let outputs = match (commanded, action) {
                (Some(command), _) => {
                    asked.push(command_id);
                    bench.step(Input::Command(command))
                }
                (None, Move::Print { side, price, quantity }) => {
                    bench.step(Input::Market(print(*side, &price.to_string(), &quantity.to_string(), ms)))
                }
                (None, Move::Trust(now)) => {
                    trusted = *now == Trust::Trusted;
                    bench.step(Input::Market(trust(*now, ms)))
                }
                (None, Move::Tick { after }) => bench.tick(ms + after),
                (None, _) => unreachable!("every other move is a command"),
            };
            told.extend(responses(outputs));
        }
        let end = bench.now_ms;
        for later in [100, 200, 300] {
            told.extend(responses(bench.tick(end + later)));
        }

        let mut answered: Vec<&str> = told.iter().filter_map(ends).collect();
        answered.sort_unstable();
        asked.sort_unstable();
        prop_assert_eq!(answered, asked, "every command exactly once");

        let mut filled: BTreeMap<&str, Qty> = BTreeMap::new();
        let mut finished: BTreeSet<&str> = BTreeSet::new();
        let mut venue_ids: BTreeMap<&str, &str> = BTreeMap::new();
        let mut trade_ids = BTreeSet::new();
        for execution in executions(&told) {
            let id = execution.client_order_id.as_str();
            prop_assert!(!finished.contains(id), "{:?} after the end", execution);
            prop_assert!(!forbidden.contains(id), "{:?} of an order that must not be", execution);
            let sum = filled.entry(id).or_default();
            *sum = sum.checked_add(execution.last_quantity.unwrap_or(Qty::ZERO)).unwrap();
            prop_assert_eq!(*sum, execution.filled_quantity);
            let ordered = first_requests[id].quantity;
            prop_assert!(*sum <= ordered);
            prop_assert_eq!(execution.status == OrderStatus::Filled, *sum == ordered);
            if execution.status.is_final() {
                finished.insert(id);
            }
            let venue_id = venue_ids.entry(id).or_insert(&execution.exchange_order_id);
            prop_assert_eq!(*venue_id, &execution.exchange_order_id);
            if let Some(trade_id) = execution.trade_id {
                prop_assert!(trade_ids.insert(trade_id), "each fill once");
            }
        }
        let distinct: BTreeSet<&&str> = venue_ids.values().collect();
        prop_assert_eq!(distinct.len(), venue_ids.len(), "one order per client id");
    }

    #[test]
    fn a_lost_strategy_leaves_no_entry_working(actions in prop::collection::vec(moves(), 1..60)) {
        let mut bench = Bench::live();
        bench.send("h", CommandKind::Heartbeat {});
        for (number, action) in actions.iter().enumerate() {
            let ms = bench.now_ms;
            match action {
                Move::Place { .. } => drop(bench.place(&format!("c{number}"), request(action, ms).unwrap())),
                Move::Tick { after } => drop(bench.tick(ms + after)),
                _ => {}
            }
        }
        let lost = bench.now_ms + 2_001;
        bench.tick(lost);
        bench.tick(lost + 100);
        prop_assert_eq!(bench.state(), EngineState::Paused);
        let kind = CommandKind::QueryOpenOrders { symbol: None };
        let told = bench.send("open", kind);
        let [Response::OpenOrders { orders, .. }] = &told[..] else { panic!("{told:?}") };
        prop_assert!(orders.iter().all(|order| order.request.purpose == Purpose::Exit), "{:?}", orders);
    }

    #[test]
    fn no_executor_makes_an_order_live_twice(
        reports in prop::collection::vec((1..4_u32, 0..9_u8, 1..4_u64, 1..6_i64), 1..60),
    ) {
        let mut desk = Desk::new(&desk_config());
        for event in [MarketEvent::Rules(rules()), trust(Trust::Trusted, 0)] {
            desk.step(Input::Market(event), at(0));
        }
        let mut told = Vec::new();
        let mut calls = 0;
        for number in 1..4 {
            let order = entry(number, "99", "5", 0);
            let step = desk.step(Input::Command(command(&format!("c{number}"), CommandKind::PlaceOrder { order }, 0)), at(0));
            calls += step.calls.iter().filter(|call| matches!(call, ExecutorCall::Place(_))).count();
        }
        prop_assert_eq!(calls, 3);
        for (number, what, trade_id, quantity) in reports {
            let reason = String::new();
            let what = match what {
                0 => Reported::Accepted,
                1 => Reported::Refused { kind: ErrorKind::Unknown, reason },
                2 => Reported::Refused { kind: ErrorKind::Rejected, reason },
                3 => Reported::Expired { reason },
                4 => Reported::Canceled,
                5 => Reported::CancelRefused { kind: ErrorKind::Rejected, reason },
                _ => Reported::Filled(ReportedFill {
                    trade_id,
                    price: "99".parse().unwrap(),
                    quantity: quantity.to_string().parse().unwrap(),
                    fee: Decimal::ZERO,
                    fee_asset: "USDT".into(),
                }),
            };
            let step = desk.step(report(number, what, 1), at(1));
            prop_assert!(step.calls.iter().all(|call| !matches!(call, ExecutorCall::Place(_))), "nothing is sent again");
            told.extend(step.outputs.into_iter().filter_map(|output| match output {
                Output::Respond(response) => Some(response),
                _ => None,
            }));
        }
        let answered: Vec<&str> = told.iter().filter_map(ends).collect();
        let once: BTreeSet<&str> = answered.iter().copied().collect();
        prop_assert_eq!(once.len(), answered.len());
        let mut state: BTreeMap<&str, (Qty, OrderStatus)> = BTreeMap::new();
        for execution in executions(&told) {
            if let Some((filled, status)) = state.get(execution.client_order_id.as_str()) {
                prop_assert!(!status.is_final());
                prop_assert!(execution.filled_quantity >= *filled);
            }
            prop_assert!(execution.filled_quantity <= "5".parse().unwrap());
            state.insert(&execution.client_order_id, (execution.filled_quantity, execution.status));
        }
    }
}
