//! What happens when: receipt decides, over all recordings, and the desk hears before the session does.

use common::market::{BookChange, Instrument, Level, Side, Symbol, TradePrint};
use common::number::Qty;
use common::order::{OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce};
use common::time::UnixNanos;
use common::wire::{Command, CommandKind, Execution, Response};
use execution_engine::FillModel;
use replay::{Columns, Happened, Recorded, Replay, Rows, Setup, What};
use rust_decimal::Decimal;

const SECOND: i64 = 1_000_000_000;
const LATENCY: i64 = 50_000_000;

fn setup() -> Setup {
    Setup {
        fill_model: FillModel::Queue,
        order_latency_ns: LATENCY,
        maker_fee_rate: Decimal::new(5, 4),
        taker_fee_rate: Decimal::new(1, 3),
        slippage_bps: Decimal::ZERO,
        initial_capital: Decimal::from(10_000),
    }
}

fn recorded(symbol: &str, seldom_rows: Vec<usize>, live_from: i64) -> Recorded {
    let (price, quantity) =
        (|text: &str| text.parse().expect("a number"), |text: &str| text.parse().expect("a number"));
    let rules = Instrument {
        symbol: Symbol::new(symbol),
        base: symbol.trim_end_matches("USDT").to_owned(),
        quote: "USDT".to_owned(),
        tick_size: price("0.01"),
        min_price: price("0.01"),
        max_price: price("100000"),
        step_size: quantity("0.001"),
        min_quantity: quantity("0.001"),
        max_quantity: quantity("100000"),
        min_notional: price("5"),
        max_notional: price("0"),
        bid_multiplier_up: price("5"),
        bid_multiplier_down: price("0.2"),
        ask_multiplier_up: price("5"),
        ask_multiplier_down: price("0.2"),
    };
    Recorded { rules, seldom_rows, live_from: UnixNanos(live_from) }
}

fn level(price: &str, quantity: &str) -> Level {
    Level { price: price.parse().expect("a number"), quantity: quantity.parse().expect("a number") }
}

struct Tape(Columns, Symbol);

impl Tape {
    fn of(symbol: &str) -> Self {
        Self(Columns::default(), Symbol::new(symbol))
    }

    fn book(mut self, at: i64, recv: i64, bid: &str, ask: &str) -> Self {
        self.0.frame(
            &BookChange {
                symbol: self.1.clone(),
                replaces_all: true,
                bids: vec![level(bid, "10")],
                asks: vec![level(ask, "10")],
                final_update_id: 1,
                exchange_ts: UnixNanos(at),
                recv_ts: UnixNanos(recv),
            },
            false,
        );
        self
    }

    fn trade(mut self, at: i64, recv: i64, price: &str, quantity: &str) -> Self {
        let Level { price, quantity } = level(price, quantity);
        self.0.print(&TradePrint {
            symbol: self.1.clone(),
            trade_id: 1,
            price,
            quantity,
            side: Side::Sell,
            exchange_ts: UnixNanos(at),
            recv_ts: UnixNanos(recv),
        });
        self
    }
}

fn all(replay: &mut Replay, rows: &[Rows<'_>]) -> Vec<(i64, Happened)> {
    let mut seen = Vec::new();
    while let Some(now) = replay.arrive(rows) {
        seen.push((now.0, replay.happen(rows).expect("it was announced")));
    }
    seen
}

#[test]
fn receipt_decides_ties_go_to_the_first_recording_and_seldom_events_to_their_row() {
    let one = Tape::of("AUSDT").book(10, 30, "99", "101").trade(20, 40, "100", "1");
    let two = Tape::of("BUSDT").book(5, 30, "9", "11").trade(50, 35, "10", "1");
    let rows = [one.0.rows(), two.0.rows()];
    let recorded = [recorded("AUSDT", vec![0, 2, 3], 0), recorded("BUSDT", vec![0], 0)];
    let seen = all(&mut Replay::new(&setup(), &recorded, &rows), &rows);
    let happened = |recording, what| Happened { recording, what };
    assert_eq!(
        seen,
        [
            (30, happened(0, What::Seldom { index: 0 })),
            (30, happened(0, What::Book { row: 1, changed: 0 })),
            (30, happened(1, What::Seldom { index: 0 })),
            (30, happened(1, What::Book { row: 1, changed: 0 })),
            (35, happened(1, What::Print { row: 2 })),
            (40, happened(0, What::Seldom { index: 1 })),
            (40, happened(0, What::Print { row: 2 })),
            (40, happened(0, What::Seldom { index: 2 })),
        ]
    );
}

#[test]
fn before_the_live_start_the_book_is_built_and_nobody_is_told() {
    let tape = Tape::of("AUSDT").book(10, 10, "99", "101").trade(20, 20, "100", "1").trade(30, 30, "100", "1");
    let rows = [tape.0.rows()];
    let mut replay = Replay::new(&setup(), &[recorded("AUSDT", vec![], 25)], &rows);
    assert_eq!(replay.arrive(&rows), Some(UnixNanos(30)));
    assert_eq!(replay.displayed(0).best_bid(), Some(level("99", "10")));
    assert_eq!(all(&mut replay, &rows).len(), 1);
}

fn order(at: i64, price: &str) -> Command {
    let order = OrderRequest {
        client_order_id: "run-1".into(),
        symbol: Symbol::new("AUSDT"),
        side: Side::Buy,
        order_type: OrderType::Limit,
        price: Some(price.parse().expect("a number")),
        quantity: "1".parse::<Qty>().expect("a number"),
        time_in_force: TimeInForce::Gtc,
        stop_price: None,
        iceberg_qty: None,
        purpose: Purpose::Entry,
        decided_at: UnixNanos(at),
    };
    let kind = CommandKind::PlaceOrder { order };
    Command { command_id: "c1".into(), trace_id: "t1".into(), expires_at: UnixNanos(i64::MAX), kind }
}

#[test]
fn an_order_arrives_a_latency_later_also_where_its_market_is_silent() {
    let start = SECOND;
    let one = Tape::of("AUSDT").book(start, start, "99", "101").trade(9 * SECOND, 9 * SECOND, "99", "50");
    let two = Tape::of("BUSDT").book(start, start, "9", "11").trade(2 * SECOND, 2 * SECOND, "10", "1");
    let rows = [one.0.rows(), two.0.rows()];
    let markets = [recorded("AUSDT", vec![], 0), recorded("BUSDT", vec![], 0)];
    let mut replay = Replay::new(&setup(), &markets, &rows);
    replay.arrive(&rows);
    replay.happen(&rows);
    replay.command(order(start, "99"));
    assert!(!replay.has_told(), "it is under way");
    replay.arrive(&rows);
    replay.happen(&rows);
    assert!(!replay.has_told(), "no time has passed");
    assert_eq!(replay.arrive(&rows), Some(UnixNanos(2 * SECOND)), "the other market trades");
    let told = replay.take_told();
    assert!(matches!(&told[0], Response::OrderPlaced { command_id, .. } if command_id == "c1"), "{told:?}");
    assert!(matches!(&told[1], Response::OrderExecution(Execution { status: OrderStatus::New, timestamp, .. })
        if *timestamp == UnixNanos(start + LATENCY)));
    replay.happen(&rows);
    assert_eq!(replay.arrive(&rows), Some(UnixNanos(9 * SECOND)));
    replay.happen(&rows);
    let told = replay.take_told();
    assert!(
        matches!(&told[..], [Response::OrderExecution(Execution { status: OrderStatus::Filled, fee: Some(_), .. })]),
        "40 of the print serve the 10 ahead first: {told:?}"
    );
}

#[test]
fn what_the_account_cannot_pay_for_is_turned_away() {
    let tape = Tape::of("AUSDT").book(SECOND, SECOND, "99", "101").trade(3 * SECOND, 3 * SECOND, "99", "1");
    let rows = [tape.0.rows()];
    let poor = Setup { initial_capital: Decimal::from(50), ..setup() };
    let mut replay = Replay::new(&poor, &[recorded("AUSDT", vec![], 0)], &rows);
    replay.arrive(&rows);
    replay.happen(&rows);
    replay.command(order(SECOND, "99"));
    replay.arrive(&rows);
    let told = replay.take_told();
    assert!(
        matches!(&told[0], Response::Error { message, .. } if message.contains("insufficient balance")),
        "{told:?}"
    );
}
