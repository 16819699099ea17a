//! Samples of the data channel.

use std::collections::BTreeMap;

use common::market::{Bar, Instrument, Level, Side, Symbol, Trust};
use common::number::{Price, Qty};
use common::time::UnixNanos;
use common::wire::{
    BookEncoding, DataMessage, EngineState, HealthMetrics, InstrumentRules, Levels, OrderBookSnapshot, OrderBookUpdate,
    TradeTick,
};
use rust_decimal::Decimal;

use crate::samples;

pub(crate) const NOW: UnixNanos = UnixNanos(1_760_131_685_936_042_113);

pub(crate) fn price(text: &str) -> Price {
    text.parse().expect("a sample price")
}

pub(crate) fn qty(text: &str) -> Qty {
    text.parse().expect("a sample quantity")
}

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).expect("a sample decimal")
}

pub(crate) fn btcusdt() -> Symbol {
    Symbol::new("BTCUSDT")
}

fn levels(pairs: &[(&str, &str)], encoding: BookEncoding) -> Levels {
    let levels: Vec<Level> =
        pairs.iter().map(|(at, amount)| Level { price: price(at), quantity: qty(amount) }).collect();
    Levels::encode(&levels, encoding)
}

fn snapshot(encoding: BookEncoding) -> OrderBookSnapshot {
    OrderBookSnapshot {
        symbol: btcusdt(),
        bids: levels(&[("61837.64", "0.5"), ("61837.63", "12.00017"), ("61830", "3")], encoding),
        asks: levels(&[("61837.65", "0.00001"), ("61838.2", "1.25")], encoding),
        timestamp: NOW,
        exchange_timestamp: NOW - 1_500_113,
        last_update_id: 52_914_207_731,
        changed_levels: 17,
        bid_band_quantity: decimal("15.50017"),
        bid_band_notional: decimal("958501.8922871"),
        ask_band_quantity: decimal("1.25001"),
        ask_band_notional: decimal("77298.3683765"),
        trust: Trust::Trusted,
    }
}

/// One empty side, the smallest price and the largest quantity that the engine holds.
fn extreme_snapshot() -> OrderBookSnapshot {
    OrderBookSnapshot {
        bids: levels(&[("0.00000001", "92233720368.54775807")], BookEncoding::Decimal),
        asks: levels(&[], BookEncoding::Decimal),
        bid_band_quantity: decimal("92233720368.54775807"),
        bid_band_notional: decimal("922.3372036854775807"),
        ask_band_quantity: Decimal::ZERO,
        ask_band_notional: Decimal::ZERO,
        trust: Trust::Suspect,
        ..snapshot(BookEncoding::Decimal)
    }
}

fn update(encoding: BookEncoding) -> OrderBookUpdate {
    OrderBookUpdate {
        symbol: btcusdt(),
        bids: levels(&[("61837.64", "0")], encoding),
        asks: levels(&[("61837.65", "0.75"), ("61840", "0")], encoding),
        timestamp: NOW,
        exchange_timestamp: NOW - 1_500_113,
        first_update_id: 52_914_207_729,
        last_update_id: 52_914_207_731,
        trust: Trust::Trusted,
    }
}

fn instrument() -> Instrument {
    Instrument {
        symbol: btcusdt(),
        base: "BTC".into(),
        quote: "USDT".into(),
        tick_size: price("0.01"),
        min_price: price("0.01"),
        max_price: price("1000000"),
        step_size: qty("0.00001"),
        min_quantity: qty("0.00001"),
        max_quantity: qty("9000"),
        min_notional: price("5"),
        max_notional: price("9000000"),
        bid_multiplier_up: price("5"),
        bid_multiplier_down: price("0.2"),
        ask_multiplier_up: price("5"),
        ask_multiplier_down: price("0.2"),
    }
}

fn bar(start: UnixNanos) -> Bar {
    Bar {
        start,
        open: price("61837.64"),
        high: price("61850"),
        low: price("61837.64"),
        close: price("61849.99"),
        volume: qty("3.5"),
        buy_volume: qty("2.25"),
        trade_count: 41,
    }
}

fn health() -> HealthMetrics {
    HealthMetrics {
        symbol: btcusdt(),
        timestamp: NOW,
        msgs_per_second: 412.0,
        feed_latency_ms: 1.75,
        feed_latency_p50_ms: 1.5,
        feed_latency_p99_ms: 9.25,
        gap_count: 1,
        reconnection_count: 2,
        orderbook_depth_bids: 1971,
        orderbook_depth_asks: 2962,
        last_snapshot_age_seconds: 4.5,
        clock_offset_ms: -0.25,
        rejected: BTreeMap::from([("malformed_json".to_owned(), 3), ("unknown_symbol".to_owned(), 1)]),
        dropped: 0,
    }
}

samples! { DataMessage, |message| &message, {
    &DataMessage::OrderBookSnapshot(_) => [
        "order_book_snapshot": DataMessage::OrderBookSnapshot(snapshot(BookEncoding::Decimal)),
        "order_book_snapshot_packed": DataMessage::OrderBookSnapshot(snapshot(BookEncoding::Packed)),
        "order_book_snapshot_extreme": DataMessage::OrderBookSnapshot(extreme_snapshot()),
    ],
    &DataMessage::OrderBookUpdate(_) => [
        "order_book_update": DataMessage::OrderBookUpdate(update(BookEncoding::Decimal)),
        "order_book_update_packed": DataMessage::OrderBookUpdate(update(BookEncoding::Packed)),
    ],
    &DataMessage::Trade(_) => [
        "trade": DataMessage::Trade(TradeTick {
            symbol: btcusdt(),
            trade_id: 5_366_201_187,
            price: price("61837.64"),
            quantity: qty("0.00017"),
            side: Side::Sell,
            timestamp: NOW,
            exchange_timestamp: NOW - 1_500_113,
        }),
    ],
    &DataMessage::Instrument(_) => [
        "instrument": DataMessage::Instrument(InstrumentRules {
            rules: instrument(),
            time_shift_ns: 1_209_600_000_000_000,
            timestamp: NOW,
        }),
    ],
    &DataMessage::Bars { .. } => [
        "bars": DataMessage::Bars {
            symbol: btcusdt(),
            bars: vec![bar(UnixNanos(1_760_131_683_000_000_000)), bar(UnixNanos(1_760_131_684_000_000_000))],
            last_trade_id: 5_366_201_186,
            timestamp: NOW,
        },
    ],
    &DataMessage::HealthMetrics(_) => ["health_metrics": DataMessage::HealthMetrics(health())],
    &DataMessage::StateChange { .. } => [
        "state_change": DataMessage::StateChange {
            timestamp: NOW,
            old_state: EngineState::Live,
            new_state: EngineState::Shutdown,
            reason: "end of tape".into(),
        },
    ],
}}
