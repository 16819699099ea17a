//! What an owner is asked before its order is taken, and orders that stand again.

#![allow(clippy::unwrap_used, missing_docs)]

use common::market::{BookChange, Level, Side, Symbol, TradePrint};
use common::order::{OrderRequest, OrderType, Purpose, TimeInForce};
use common::time::UnixNanos;
use matching::{FeeRates, FillModel, Market, Model, NewOrder, OrderKey, Outcome, Owner, Refusal};
use rust_decimal::Decimal;

/// Can pay for so much, and remembers what was asked.
struct Purse {
    holds: Decimal,
    asked: Vec<String>,
    heard: Vec<Outcome>,
}

impl Owner for Purse {
    fn covers(&mut self, _key: OrderKey, spends: Decimal) -> bool {
        self.asked.push(spends.normalize().to_string());
        spends <= self.holds
    }

    fn hear(&mut self, outcome: Outcome) {
        self.heard.push(outcome);
    }
}

fn purse(holds: i64) -> Purse {
    Purse { holds: holds.into(), asked: Vec::new(), heard: Vec::new() }
}

fn order(key: u64, side: Side, order_type: OrderType, price: &str, stop: &str, quantity: &str) -> NewOrder {
    let number = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    let request = OrderRequest {
        client_order_id: format!("run-{key}"),
        symbol: Symbol::new("BTCUSDT"),
        side,
        order_type,
        price: number(price),
        quantity: quantity.parse().unwrap(),
        time_in_force: TimeInForce::Gtc,
        stop_price: number(stop),
        iceberg_qty: None,
        purpose: Purpose::Entry,
        decided_at: UnixNanos(0),
    };
    NewOrder::from_request(OrderKey(key), &request).unwrap()
}

fn print(side: Side, price: &str, quantity: &str, at: i64) -> TradePrint {
    TradePrint {
        symbol: Symbol::new("BTCUSDT"),
        trade_id: 1,
        price: price.parse().unwrap(),
        quantity: quantity.parse().unwrap(),
        side,
        exchange_ts: UnixNanos(at),
        recv_ts: UnixNanos(at),
    }
}

/// 98 bid, 100 and 102 asked; what takes slips by one percent.
fn market(purse: &mut Purse) -> Market {
    let fees = FeeRates { maker: Decimal::ZERO, taker: Decimal::ZERO };
    let slippage_bps = Decimal::from(100);
    let model = Model { fill_model: FillModel::Queue, order_latency_ns: 0, fees, slippage_bps };
    let mut market = Market::new(model, "0.01".parse().unwrap());
    let level =
        |price: &str, quantity: &str| Level { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() };
    let change = BookChange {
        symbol: Symbol::new("BTCUSDT"),
        replaces_all: true,
        bids: vec![level("98", "5")],
        asks: vec![level("100", "1"), level("102", "9")],
        final_update_id: 1,
        exchange_ts: UnixNanos(10),
        recv_ts: UnixNanos(10),
    };
    market.on_book(&change, purse);
    market
}

#[test]
fn an_owner_is_asked_for_the_most_that_an_order_can_spend() {
    use OrderType::{Limit, LimitMaker, Market, StopLossLimit};
    for (side, order_type, price, stop, quantity, spends) in [
        (Side::Buy, Limit, "101", "", "2", "202"),
        (Side::Buy, LimitMaker, "97", "", "2", "194"),
        (Side::Buy, StopLossLimit, "105", "104", "2", "210"),
        (Side::Buy, Market, "", "", "2", "204.02"),
        (Side::Buy, Market, "", "", "20", "1028.18"),
        (Side::Sell, Limit, "101", "", "2", "2"),
        (Side::Sell, Market, "", "", "2", "2"),
    ] {
        let mut purse = purse(0);
        let mut market = market(&mut purse);
        let order = order(1, side, order_type, price, stop, quantity);
        market.place(order, UnixNanos(0), &mut purse);
        assert_eq!(purse.asked, [spends], "{side:?} {order_type:?} {quantity}");
        let refused = Outcome::Refused { key: OrderKey(1), refusal: Refusal::NotCovered, at: UnixNanos(10) };
        assert_eq!(purse.heard, [refused]);
    }
}

#[test]
fn what_is_asked_is_never_less_than_what_is_spent() {
    let mut purse = purse(1_000);
    let mut market = market(&mut purse);
    market.place(order(1, Side::Buy, OrderType::Market, "", "", "2"), UnixNanos(0), &mut purse);
    let spent: Decimal = purse
        .heard
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Filled(fill) => Some(fill.price.decimal() * fill.quantity.decimal()),
            _ => None,
        })
        .sum();
    assert_eq!((purse.asked, spent.normalize().to_string().as_str()), (vec!["204.02".to_owned()], "204.02"));
}

#[test]
fn an_order_that_stands_again_is_last_in_its_queue_and_takes_nothing() {
    let mut purse = purse(0);
    let mut market = market(&mut purse);
    for (key, side, order_type, price, stop) in [
        (1, Side::Buy, OrderType::Limit, "98", ""),
        (2, Side::Buy, OrderType::Limit, "101", ""),
        (3, Side::Sell, OrderType::StopLossLimit, "97", "97.5"),
        (4, Side::Buy, OrderType::Market, "", ""),
    ] {
        market.stand(&order(key, side, order_type, price, stop, "1"));
    }
    assert_eq!((purse.asked.len(), purse.heard.len()), (0, 0), "nobody is asked, nothing is taken");
    market.on_print(&print(Side::Sell, "101", "9", 10), &mut purse);
    assert!(purse.heard.is_empty(), "a print of the moment in which they came back is not theirs");
    market.on_print(&print(Side::Sell, "100.5", "0.4", 20), &mut purse);
    market.on_print(&print(Side::Sell, "98", "7", 30), &mut purse);
    let filled = |purse: &Purse| -> Vec<(u64, String, String)> {
        let fill = |outcome: &Outcome| match outcome {
            Outcome::Filled(fill) => Some((fill.key.0, fill.price.to_string(), fill.quantity.to_string())),
            _ => None,
        };
        purse.heard.iter().filter_map(fill).collect()
    };
    let text = |key, price: &str, quantity: &str| (key, price.to_owned(), quantity.to_owned());
    assert_eq!(filled(&purse), [text(2, "101", "0.4"), text(2, "101", "0.6"), text(1, "98", "1")]);
    market.on_print(&print(Side::Sell, "97.5", "1", 40), &mut purse);
    market.on_print(&print(Side::Buy, "97.2", "1", 50), &mut purse);
    assert_eq!(filled(&purse)[3..], [text(3, "97", "1")], "the stop wakes, and rests");
}
