//! The scenarios under `tests/golden/fills`: readable markets with the outcomes that every user of the fill rule owes.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::PathBuf;

use common::market::{BookChange, Level, Side, Symbol, TradePrint};
use common::number::{Price, Qty};
use common::order::{OrderRequest, OrderType, Purpose, TimeInForce};
use common::time::{NANOS_PER_MILLI, UnixNanos};
use matching::{FeeAsset, FeeRates, Liquidity, Market, Model, NewOrder, OrderKey, Outcome};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    #[serde(rename = "why")]
    _why: String,
    model: Rules,
    tick_size: Price,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    fill_model: String,
    order_latency_ms: i64,
    maker_fee_rate: String,
    taker_fee_rate: String,
    slippage_bps: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(default)]
    at_ms: i64,
    book: Option<Levels>,
    diff: Option<Levels>,
    print: Option<Print>,
    tick: Option<bool>,
    place: Option<Place>,
    cancel: Option<Cancel>,
    #[serde(default)]
    then: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Levels {
    bids: Vec<(Price, Qty)>,
    asks: Vec<(Price, Qty)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Print {
    side: Side,
    price: Price,
    quantity: Qty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    key: u64,
    decided_at_ms: i64,
    side: Side,
    #[serde(rename = "type")]
    order_type: OrderType,
    price: Option<Price>,
    stop_price: Option<Price>,
    quantity: Qty,
    time_in_force: Option<TimeInForce>,
    #[serde(default)]
    late: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cancel {
    key: u64,
    decided_at_ms: i64,
    #[serde(default)]
    late: bool,
}

fn at(ms: i64) -> UnixNanos {
    UnixNanos(ms * NANOS_PER_MILLI)
}

fn levels(pairs: &[(Price, Qty)]) -> Vec<Level> {
    pairs.iter().map(|&(price, quantity)| Level { price, quantity }).collect()
}

fn change(levels_of: &Levels, replaces_all: bool, at_ms: i64) -> BookChange {
    BookChange {
        symbol: Symbol::new("BTCUSDT"),
        replaces_all,
        bids: levels(&levels_of.bids),
        asks: levels(&levels_of.asks),
        final_update_id: 1,
        exchange_ts: at(at_ms),
        recv_ts: at(at_ms),
    }
}

fn step(market: &mut Market, step: &Step) -> Vec<Outcome> {
    let mut out = Vec::new();
    match step {
        Step { book: Some(book), .. } => {
            market.on_book(&change(book, true, step.at_ms), &mut out);
        }
        Step { diff: Some(diff), .. } => {
            market.on_book(&change(diff, false, step.at_ms), &mut out);
        }
        Step { print: Some(Print { side, price, quantity }), .. } => {
            let print = TradePrint {
                symbol: Symbol::new("BTCUSDT"),
                trade_id: 1,
                price: *price,
                quantity: *quantity,
                side: *side,
                exchange_ts: at(step.at_ms),
                recv_ts: at(step.at_ms),
            };
            market.on_print(&print, &mut out);
        }
        Step { tick: Some(true), .. } => market.on_tick(at(step.at_ms), &mut out),
        Step { place: Some(place), .. } => {
            let request = OrderRequest {
                client_order_id: format!("run-{}", place.key),
                symbol: Symbol::new("BTCUSDT"),
                side: place.side,
                order_type: place.order_type,
                price: place.price,
                quantity: place.quantity,
                time_in_force: place.time_in_force.unwrap_or(TimeInForce::Gtc),
                stop_price: place.stop_price,
                iceberg_qty: None,
                purpose: Purpose::Entry,
                decided_at: at(place.decided_at_ms),
            };
            let order = NewOrder::from_request(OrderKey(place.key), &request).unwrap();
            let arrival = market.place(order, request.decided_at, &mut out);
            assert_eq!(arrival.late, place.late, "order {} late", place.key);
        }
        Step { cancel: Some(cancel), .. } => {
            let arrival = market.cancel(OrderKey(cancel.key), at(cancel.decided_at_ms), &mut out);
            assert_eq!(arrival.late, cancel.late, "cancel of {} late", cancel.key);
        }
        _ => panic!("a step without an event"),
    }
    out
}

fn reading(outcome: &Outcome) -> Value {
    let ms = |at: UnixNanos| at.0 / NANOS_PER_MILLI;
    match outcome {
        Outcome::Accepted { key, at } => json!({"accepted": key.0, "at_ms": ms(*at)}),
        Outcome::Refused { key, refusal, at } => {
            json!({"refused": key.0, "at_ms": ms(*at), "reason": refusal.to_string()})
        }
        Outcome::Expired { key, expiry, at } => {
            json!({"expired": key.0, "at_ms": ms(*at), "reason": expiry.to_string()})
        }
        Outcome::Canceled { key, at } => json!({"canceled": key.0, "at_ms": ms(*at)}),
        Outcome::CancelRefused { key, at } => json!({"cancel_refused": key.0, "at_ms": ms(*at)}),
        Outcome::Filled(fill) => json!({
            "filled": fill.key.0,
            "at_ms": ms(fill.at),
            "price": fill.price.to_string(),
            "quantity": fill.quantity.to_string(),
            "liquidity": if fill.liquidity == Liquidity::Maker { "maker" } else { "taker" },
            "fee": fill.fee.to_string(),
            "fee_asset": if fill.fee_asset == FeeAsset::Base { "base" } else { "quote" },
        }),
    }
}

#[test]
fn every_scenario_ends_as_written() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/fills");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert!(files.len() >= 16, "only {} scenarios in {}", files.len(), folder.display());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let scenario: Scenario = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        let fees = FeeRates {
            maker: scenario.model.maker_fee_rate.parse().unwrap(),
            taker: scenario.model.taker_fee_rate.parse().unwrap(),
        };
        let model = Model {
            fill_model: scenario.model.fill_model.parse().unwrap(),
            order_latency_ns: scenario.model.order_latency_ms * NANOS_PER_MILLI,
            fees,
            slippage_bps: scenario.model.slippage_bps.parse().unwrap(),
        };
        let mut market = Market::new(model, scenario.tick_size);
        for (number, event) in scenario.steps.iter().enumerate() {
            let got: Vec<Value> = step(&mut market, event).iter().map(reading).collect();
            assert_eq!(got, event.then, "{}: step {} ({file:?})", scenario.name, number + 1);
        }
    }
}
