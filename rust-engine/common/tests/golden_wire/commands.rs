//! Samples of the command channel.

use common::market::Side;
use common::order::{OrderRequest, OrderType, Purpose, TimeInForce};
use common::wire::{Command, CommandKind};

use crate::data::{NOW, btcusdt, price, qty};
use crate::samples;

fn command(kind: CommandKind) -> Command {
    Command { command_id: "r7k2-c41".into(), trace_id: "r7k2-e1093".into(), expires_at: NOW + 1_000_000_000, kind }
}

pub(crate) fn market_order() -> OrderRequest {
    OrderRequest {
        client_order_id: "r7k2-1".into(),
        symbol: btcusdt(),
        side: Side::Buy,
        order_type: OrderType::Market,
        price: None,
        quantity: qty("0.01617"),
        time_in_force: TimeInForce::Ioc,
        stop_price: None,
        iceberg_qty: None,
        purpose: Purpose::Entry,
        decided_at: NOW - 1_500_113,
    }
}

pub(crate) fn full_order() -> OrderRequest {
    OrderRequest {
        client_order_id: "r7k2-2".into(),
        side: Side::Sell,
        order_type: OrderType::StopLossLimit,
        price: Some(price("61500.5")),
        time_in_force: TimeInForce::Gtc,
        stop_price: Some(price("61501")),
        iceberg_qty: Some(qty("0.001")),
        purpose: Purpose::Exit,
        ..market_order()
    }
}

samples! { Command, |command| &command.kind, {
    &CommandKind::PlaceOrder { .. } => [
        "place_order": command(CommandKind::PlaceOrder { order: market_order() }),
        "place_order_full": command(CommandKind::PlaceOrder { order: full_order() }),
    ],
    &CommandKind::CancelOrder { .. } => [
        "cancel_order": command(CommandKind::CancelOrder {
            client_order_id: "r7k2-1".into(),
            symbol: btcusdt(),
            decided_at: NOW - 1_500_113,
        }),
    ],
    &CommandKind::QueryOrder { .. } => [
        "query_order": command(CommandKind::QueryOrder { client_order_id: "r7k2-1".into() }),
    ],
    &CommandKind::QueryOpenOrders { .. } => [
        "query_open_orders": command(CommandKind::QueryOpenOrders { symbol: None }),
        "query_open_orders_of_symbol": command(CommandKind::QueryOpenOrders { symbol: Some(btcusdt()) }),
    ],
    &CommandKind::QueryFills { .. } => [
        "query_fills": command(CommandKind::QueryFills { symbol: btcusdt(), after_trade_id: None }),
        "query_fills_after": command(CommandKind::QueryFills { symbol: btcusdt(), after_trade_id: Some(77) }),
    ],
    &CommandKind::QueryAccount {} => ["query_account": command(CommandKind::QueryAccount {})],
    &CommandKind::RequestSnapshot { .. } => [
        "request_snapshot": command(CommandKind::RequestSnapshot { symbol: btcusdt() }),
    ],
    &CommandKind::Heartbeat {} => ["heartbeat": command(CommandKind::Heartbeat {})],
    &CommandKind::Shutdown {} => ["shutdown": command(CommandKind::Shutdown {})],
}}
