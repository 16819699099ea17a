//! What must hold wherever a desk dies.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use common::number::Qty;
use common::order::OrderRequest;
use common::wire::{CommandKind, Response};
use proptest::prelude::*;
use support::moves::{Move, moves, request};
use support::*;

/// Everything that a strategy can learn about its orders and its money.
fn known(bench: &mut Bench, asked: &BTreeMap<u32, OrderRequest>) -> Vec<Response> {
    let mut told = Vec::new();
    for kind in [
        CommandKind::QueryAccount {},
        CommandKind::QueryFills { symbol: symbol(), after_trade_id: None },
        CommandKind::QueryOpenOrders { symbol: None },
    ] {
        told.extend(bench.send("q", kind));
    }
    for (number, order) in asked {
        told.push(bench.query(*number));
        // Where the first answer is still owed, nothing is said.
        told.extend(bench.place("again", order.clone()));
    }
    told
}

/// The first order under each number, so that asking again is asking for the same.
fn remember(asked: &mut BTreeMap<u32, OrderRequest>, action: &Move, ms: i64) {
    if let (Move::Place { number, .. }, Some(order)) = (action, request(action, ms)) {
        asked.entry(*number).or_insert(order);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_replayed_journal_is_never_having_died(actions in prop::collection::vec(moves(), 1..80)) {
        let mut bench = Bench::live();
        let mut asked = BTreeMap::new();
        for (number, action) in actions.iter().enumerate() {
            remember(&mut asked, action, bench.now_ms);
            bench.make(number, action);
        }
        let mut reborn = bench.reborn();
        prop_assert_eq!(reborn.desk.paper().last_trade_id(), bench.desk.paper().last_trade_id());
        prop_assert_eq!(reborn.desk.desk().is_flat(), bench.desk.desk().is_flat());
        prop_assert_eq!(known(&mut reborn, &asked), known(&mut bench, &asked));

    }

    #[test]
    fn counters_and_limits_go_on(actions in prop::collection::vec(moves(), 1..80)) {
        let mut bench = Bench::live();
        for (number, action) in actions.iter().enumerate() {
            bench.make(number, action);
        }
        // Nothing is under way, and nothing is left to the market: what remains is what was held.
        bench.tick(bench.now_ms + 10_000);
        let mut next = Vec::new();
        for mut bench in [bench.reborn(), bench] {
            bench.send("h", CommandKind::Heartbeat {});
            for number in 1..8 {
                bench.cancel("c", number);
            }
            bench.tick(bench.now_ms + 100);
            bench.meet_market();
            bench.send("h", CommandKind::Heartbeat {});
            let mut told = bench.place("big", entry(700, "99", "10", bench.now_ms));
            told.extend(bench.place("bigger", entry(701, "99", "10.1", bench.now_ms)));
            told.extend(bench.place("small", entry(702, "50", "0.1", bench.now_ms)));
            told.extend(responses(bench.tick(bench.now_ms + 100)));
            next.push(told);
        }
        prop_assert_eq!(&next[0], &next[1]);
    }

    #[test]
    fn over_many_lives_each_order_lives_once_and_each_fill_counts_once(
        lives in prop::collection::vec(prop::collection::vec(moves(), 1..30), 1..5),
    ) {
        let mut bench = Bench::live();
        let mut asked = BTreeMap::new();
        let mut told = Vec::new();
        for (life, actions) in lives.iter().enumerate() {
            if life > 0 {
                bench = bench.reborn();
                bench.send("h", CommandKind::Heartbeat {});
                bench.now_ms += 1_000;
                bench.meet_market();
            }
            for (number, action) in actions.iter().enumerate() {
                remember(&mut asked, action, bench.now_ms);
                told.extend(bench.make(number, action));
            }
        }
        let mut filled: BTreeMap<&str, Qty> = BTreeMap::new();
        let mut finished = BTreeSet::new();
        let mut trade_ids = BTreeSet::new();
        for execution in executions(&told) {
            let id = execution.client_order_id.as_str();
            prop_assert!(!finished.contains(id), "{:?} after the end", execution);
            let sum = filled.entry(id).or_default();
            *sum = sum.checked_add(execution.last_quantity.unwrap_or(Qty::ZERO)).unwrap();
            prop_assert!(execution.trade_id.is_none_or(|trade_id| trade_ids.insert(trade_id)));
            if execution.status.is_final() {
                finished.insert(id);
            }
        }
        for (number, order) in &asked {
            let sum = filled.get(order.client_order_id.as_str()).copied().unwrap_or_default();
            prop_assert!(sum <= order.quantity, "order {}", number);
        }
        prop_assert!(trade_ids.last().is_none_or(|last| *last <= bench.desk.paper().last_trade_id()));
    }
}
