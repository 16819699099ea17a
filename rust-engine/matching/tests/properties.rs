//! What must hold for any market and any orders in it.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use common::market::{BookChange, Level, Side, Symbol, TradePrint};
use common::number::{Price, Qty};
use common::order::{OrderRequest, OrderType, Purpose, TimeInForce};
use common::time::UnixNanos;
use matching::{FeeAsset, FeeRates, FillModel, Liquidity, Market, Model, NewOrder, OrderKey, Outcome};
use proptest::prelude::*;
use rust_decimal::Decimal;

const LATENCY: i64 = 20;
const ONE: i64 = 100_000_000;

#[derive(Clone, Debug)]
enum Event {
    Book { replaces_all: bool, levels: Vec<(Side, i64, i64)> },
    Print { side: Side, price: i64, quantity: i64, late_by: i64 },
    Tick,
    Place { side: Side, order_type: OrderType, price: i64, quantity: i64, time_in_force: TimeInForce, age: i64 },
    Cancel { back: usize },
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

/// Bids live at 90..=99 and asks at 101..=110; orders and prints may be anywhere.
fn level() -> impl Strategy<Value = (Side, i64, i64)> {
    (side(), 0..10_i64, 0..6_i64).prop_map(|(side, away, quantity)| match side {
        Side::Buy => (side, 99 - away, quantity),
        Side::Sell => (side, 101 + away, quantity),
    })
}

fn order_type() -> impl Strategy<Value = OrderType> {
    use OrderType::{Limit, LimitMaker, Market, StopLossLimit};
    prop_oneof![4 => Just(Limit), 1 => Just(Market), 1 => Just(LimitMaker), 1 => Just(StopLossLimit)]
}

fn event() -> impl Strategy<Value = Event> {
    let place = (side(), order_type(), 90..111_i64, 1..9_i64, 0..3_u8, 0..60_i64).prop_map(
        |(side, order_type, price, quantity, tif, age)| {
            let timed = matches!(order_type, OrderType::Limit | OrderType::StopLossLimit);
            let time_in_force = match tif {
                1 if timed => TimeInForce::Ioc,
                2 if timed => TimeInForce::Fok,
                _ => TimeInForce::Gtc,
            };
            Event::Place { side, order_type, price, quantity, time_in_force, age }
        },
    );
    prop_oneof![
        3 => (prop::bool::weighted(0.1), prop::collection::vec(level(), 0..6))
            .prop_map(|(replaces_all, levels)| Event::Book { replaces_all, levels }),
        6 => (side(), 90..111_i64, 1..9_i64, 0..15_i64)
            .prop_map(|(side, price, quantity, late_by)| Event::Print { side, price, quantity, late_by }),
        1 => Just(Event::Tick),
        3 => place,
        1 => (0..6_usize).prop_map(|back| Event::Cancel { back }),
    ]
}

fn price(units: i64) -> Price {
    Price::from_raw(units * ONE).unwrap()
}

fn quantity(units: i64) -> Qty {
    Qty::from_raw(units * ONE / 2).unwrap()
}

fn model(fill_model: FillModel) -> Model {
    let fees = FeeRates { maker: Decimal::new(5, 4), taker: Decimal::new(1, 3) };
    Model { fill_model, order_latency_ns: LATENCY, fees, slippage_bps: Decimal::ZERO }
}

fn symbol() -> Symbol {
    Symbol::new("BTCUSDT")
}

fn print(side: Side, at_price: i64, units: i64, at: UnixNanos) -> TradePrint {
    let (price, quantity) = (price(at_price), quantity(units));
    TradePrint { symbol: symbol(), trade_id: 1, price, quantity, side, exchange_ts: at, recv_ts: at }
}

fn change(replaces_all: bool, levels: &[(Side, i64, i64)], at: UnixNanos) -> BookChange {
    let of = |wanted: Side| {
        let chosen = levels.iter().filter(move |(side, ..)| *side == wanted);
        chosen.map(|&(_, at, units)| Level { price: price(at), quantity: quantity(units) }).collect::<Vec<_>>()
    };
    BookChange {
        symbol: symbol(),
        replaces_all,
        bids: of(Side::Buy),
        asks: of(Side::Sell),
        final_update_id: 1,
        exchange_ts: at,
        recv_ts: at,
    }
}

fn request(number: u64, event: &Event, now: UnixNanos) -> Option<OrderRequest> {
    let &Event::Place { side, order_type, price: at, quantity: units, time_in_force, age } = event else { return None };
    let priced = order_type != OrderType::Market;
    let stops = order_type == OrderType::StopLossLimit;
    Some(OrderRequest {
        client_order_id: format!("run-{number}"),
        symbol: symbol(),
        side,
        order_type,
        price: priced.then(|| price(at)),
        quantity: quantity(units),
        time_in_force,
        stop_price: stops.then(|| price(at)),
        iceberg_qty: None,
        purpose: Purpose::Entry,
        decided_at: UnixNanos((now.0 - age).max(0)),
    })
}

/// Runs events ten nanoseconds apart, and hands each step's outcomes with the book of before to `check`.
fn run(
    fill_model: FillModel,
    events: &[Event],
    mut check: impl FnMut(&Event, UnixNanos, &Market, &[Outcome], &BTreeMap<u64, OrderRequest>),
) -> (BTreeMap<u64, OrderRequest>, Vec<Outcome>) {
    let mut market = Market::new(model(fill_model), price(1));
    let mut requests = BTreeMap::new();
    let mut all = Vec::new();
    let mut now = UnixNanos(1_000);
    for event in events.iter().chain([&Event::Tick, &Event::Tick, &Event::Tick, &Event::Tick]) {
        now = now + 10;
        let before = market.clone();
        let mut out = Vec::new();
        match event {
            Event::Book { replaces_all, levels } => {
                market.on_book(&change(*replaces_all, levels, now), &mut out);
            }
            Event::Print { side, price, quantity, late_by } => {
                market.on_print(&print(*side, *price, *quantity, now - *late_by), &mut out);
            }
            Event::Tick => market.on_tick(now, &mut out),
            Event::Place { .. } => {
                let number = requests.len() as u64 + 1;
                let request = request(number, event, now).unwrap();
                let order = NewOrder::from_request(OrderKey(number), &request).unwrap();
                requests.insert(number, request.clone());
                market.place(order, request.decided_at, &mut out);
            }
            Event::Cancel { back } => {
                let number = (requests.len() as u64).saturating_sub(*back as u64);
                if number > 0 {
                    market.cancel(OrderKey(number), market.now(), &mut out);
                }
            }
        }
        check(event, now, &before, &out, &requests);
        all.extend(out);
    }
    (requests, all)
}

fn fill_model() -> impl Strategy<Value = FillModel> {
    prop_oneof![3 => Just(FillModel::Queue), 1 => Just(FillModel::Through), 1 => Just(FillModel::Touch)]
}

fn key_of(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Accepted { key, .. }
        | Outcome::Refused { key, .. }
        | Outcome::Expired { key, .. }
        | Outcome::Canceled { key, .. }
        | Outcome::CancelRefused { key, .. } => key.0,
        Outcome::Filled(fill) => fill.key.0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_order_lives_once_and_fills_at_most_its_quantity(
        fill_model in fill_model(),
        events in prop::collection::vec(event(), 1..80),
    ) {
        let (requests, outcomes) = run(fill_model, &events, |_, _, _, _, _| {});
        let mut filled: BTreeMap<u64, Qty> = BTreeMap::new();
        let (mut begun, mut ended) = (BTreeSet::new(), BTreeSet::new());
        for outcome in &outcomes {
            let key = key_of(outcome);
            match outcome {
                Outcome::CancelRefused { .. } => continue,
                Outcome::Accepted { .. } => prop_assert!(begun.insert(key), "accepted twice"),
                Outcome::Refused { .. } => {
                    prop_assert!(begun.insert(key), "refused after it began");
                    ended.insert(key);
                    continue;
                }
                _ => {}
            }
            prop_assert!(begun.contains(&key), "{:?} before it was accepted", outcome);
            prop_assert!(!ended.contains(&key), "{:?} after its end", outcome);
            match outcome {
                Outcome::Filled(fill) => {
                    prop_assert!(!fill.quantity.is_zero());
                    let sum = filled.entry(key).or_default();
                    *sum = sum.checked_add(fill.quantity).unwrap();
                    prop_assert!(*sum <= requests[&key].quantity);
                    if *sum == requests[&key].quantity {
                        ended.insert(key);
                    }
                }
                Outcome::Expired { .. } | Outcome::Canceled { .. } => {
                    ended.insert(key);
                }
                _ => {}
            }
        }
        prop_assert_eq!(begun.len(), requests.len(), "every order is answered once its time has come");
    }

    #[test]
    fn no_fill_without_print_volume_or_displayed_liquidity(
        fill_model in fill_model(),
        events in prop::collection::vec(event(), 1..80),
    ) {
        let mut taken: BTreeMap<(Side, Price), Qty> = BTreeMap::new();
        run(fill_model, &events, |event, now, before, outcomes, requests| {
            let mut printed = match event {
                Event::Print { quantity: units, .. } => quantity(*units),
                _ => Qty::ZERO,
            };
            for outcome in outcomes {
                let Outcome::Filled(fill) = outcome else { continue };
                let request = &requests[&fill.key.0];
                let effective = UnixNanos(request.decided_at.0 + LATENCY);
                match fill.liquidity {
                    Liquidity::Maker => {
                        assert!(fill.quantity <= printed, "more than was printed");
                        printed = printed.saturating_sub(fill.quantity);
                        assert_eq!(Some(fill.price), request.price);
                        assert!(fill.at > effective, "a print of its arrival or before");
                    }
                    Liquidity::Taker => {
                        assert!(fill.at >= effective && fill.at <= now);
                        let level = (request.side.opposite(), fill.price);
                        let sum = taken.entry(level).or_default();
                        *sum = sum.checked_add(fill.quantity).unwrap();
                        assert!(*sum <= before.book().quantity_at(level.0, level.1), "more than was displayed");
                        match (request.side, request.price) {
                            (Side::Buy, Some(limit)) => assert!(fill.price <= limit),
                            (Side::Sell, Some(limit)) => assert!(fill.price >= limit),
                            (_, None) => {}
                        }
                    }
                }
            }
            if let Event::Book { replaces_all, levels } = event {
                taken.retain(|key, _| !replaces_all && levels.iter().all(|told| (told.0, price(told.1)) != *key));
            }
        });
    }

    #[test]
    fn fees_are_the_rates_of_what_was_received(events in prop::collection::vec(event(), 1..80)) {
        let (requests, outcomes) = run(FillModel::Queue, &events, |_, _, _, _, _| {});
        let smallest = Decimal::new(1, 8);
        for outcome in &outcomes {
            let Outcome::Filled(fill) = outcome else { continue };
            let rate = if fill.liquidity == Liquidity::Maker { Decimal::new(5, 4) } else { Decimal::new(1, 3) };
            let (received, asset) = match requests[&fill.key.0].side {
                Side::Buy => (fill.quantity.decimal(), FeeAsset::Base),
                Side::Sell => (fill.quantity.decimal() * fill.price.decimal(), FeeAsset::Quote),
            };
            let exact = received * rate;
            prop_assert!(fill.fee >= exact && fill.fee - exact < smallest);
            prop_assert_eq!(fill.fee_asset, asset);
        }
    }

    #[test]
    fn the_same_events_give_the_same_outcomes(events in prop::collection::vec(event(), 1..60)) {
        let first = run(FillModel::Queue, &events, |_, _, _, _, _| {});
        let second = run(FillModel::Queue, &events, |_, _, _, _, _| {});
        prop_assert_eq!(first.1, second.1);
    }

    #[test]
    fn what_comes_later_changes_nothing_that_happened(
        events in prop::collection::vec(event(), 2..80),
        cut in 1..79_usize,
    ) {
        let cut = cut.min(events.len());
        let mut whole = Vec::new();
        run(FillModel::Queue, &events, |_, _, _, outcomes, _| whole.push(outcomes.to_vec()));
        let mut part = Vec::new();
        run(FillModel::Queue, &events[..cut], |_, _, _, outcomes, _| part.push(outcomes.to_vec()));
        prop_assert_eq!(&whole[..cut], &part[..cut]);
    }

    #[test]
    fn the_models_are_ordered_from_pessimistic_to_optimistic(
        side in side(),
        limit in 96..105_i64,
        events in prop::collection::vec(event(), 1..60),
    ) {
        let market_only = events.into_iter().filter(|event| !matches!(event, Event::Place { .. } | Event::Cancel { .. }));
        let order_type = OrderType::Limit;
        let place = Event::Place { side, order_type, price: limit, quantity: 8, time_in_force: TimeInForce::Gtc, age: 0 };
        let events: Vec<Event> = [place].into_iter().chain(market_only).collect();
        let filled = |fill_model| {
            let (_, outcomes) = run(fill_model, &events, |_, _, _, _, _| {});
            outcomes.iter().map(|outcome| match outcome {
                Outcome::Filled(fill) => fill.quantity.decimal(),
                _ => Decimal::ZERO,
            }).sum::<Decimal>()
        };
        let (through, queue, touch) = (filled(FillModel::Through), filled(FillModel::Queue), filled(FillModel::Touch));
        prop_assert!(through <= queue && queue <= touch, "{} {} {}", through, queue, touch);
    }

    /// Why paper and backtest agree: when a message comes in does not matter as long as it is not late, nor do ticks.
    #[test]
    fn only_the_effective_time_counts(
        place in event().prop_filter("an order", |event| matches!(event, Event::Place { .. })),
        market in prop::collection::vec(
            event().prop_filter("market only", |event| matches!(event, Event::Book { .. } | Event::Print { .. })), 4..60),
        decided in 0..50_usize,
        delay in 0..=2_usize,
        ticks in any::<bool>(),
    ) {
        let decided = decided.min(market.len() - 3);
        let outcomes = |delay: usize, ticks: bool| {
            let mut venue = Market::new(model(FillModel::Queue), price(1));
            let mut out = Vec::new();
            for (number, event) in market.iter().enumerate() {
                let now = UnixNanos(1_000 + 10 * number as i64);
                match event {
                    Event::Book { replaces_all, levels } => {
            venue.on_book(&change(*replaces_all, levels, now), &mut out);
        }
                    Event::Print { side, price, quantity, .. } => {
                        venue.on_print(&print(*side, *price, *quantity, now), &mut out);
                    }
                    _ => unreachable!("filtered"),
                }
                if number == decided + delay {
                    let mut request = request(1, &place, now).unwrap();
                    request.decided_at = UnixNanos(1_000 + 10 * decided as i64);
                    let order = NewOrder::from_request(OrderKey(1), &request).unwrap();
                    let arrival = venue.place(order, request.decided_at, &mut out);
                    assert!(!arrival.late);
                    venue.cancel(OrderKey(1), UnixNanos(request.decided_at.0 + 100), &mut out);
                }
                if ticks {
                    venue.on_tick(UnixNanos(now.0 + if number == decided { 0 } else { 9 }), &mut out);
                }
            }
            venue.on_tick(UnixNanos(10_000), &mut out);
            out
        };
        let late_enough_for_ticks = if ticks { delay.min(1) } else { delay };
        prop_assert_eq!(outcomes(0, false), outcomes(late_enough_for_ticks, ticks));
    }
}
