//! Samples of the response channel.

use common::market::Side;
use common::number::Qty;
use common::order::{OrderState, OrderStatus};
use common::wire::{Balance, ErrorType, Execution, Fill, Response};

use crate::commands::{full_order, market_order};
use crate::data::{NOW, btcusdt, decimal, price, qty};
use crate::samples;

fn filled() -> OrderState {
    OrderState {
        request: market_order(),
        exchange_order_id: Some("P-1".into()),
        status: OrderStatus::Filled,
        filled_quantity: qty("0.01617"),
    }
}

fn pending() -> OrderState {
    OrderState {
        request: full_order(),
        exchange_order_id: None,
        status: OrderStatus::Pending,
        filled_quantity: Qty::ZERO,
    }
}

fn bought() -> Fill {
    Fill {
        client_order_id: "r7k2-1".into(),
        symbol: btcusdt(),
        side: Side::Buy,
        trade_id: 77,
        price: price("61837.65"),
        quantity: qty("0.004"),
        fee: decimal("0.000004"),
        fee_asset: "BTC".into(),
        timestamp: NOW - 1_500_113,
    }
}

fn sold() -> Fill {
    Fill {
        client_order_id: "r7k2-2".into(),
        side: Side::Sell,
        trade_id: 79,
        price: price("61900"),
        quantity: qty("0.00399"),
        fee: decimal("0.1234905"),
        fee_asset: "USDT".into(),
        timestamp: NOW,
        ..bought()
    }
}

fn balance(asset: &str, free: &str, locked: &str) -> Balance {
    Balance { asset: asset.into(), free: decimal(free), locked: decimal(locked) }
}

fn fill() -> Execution {
    Execution {
        client_order_id: "r7k2-1".into(),
        exchange_order_id: "P-1".into(),
        status: OrderStatus::PartiallyFilled,
        filled_quantity: qty("0.01"),
        price: None,
        last_quantity: Some(qty("0.004")),
        last_price: Some(price("61837.65")),
        fee: Some(decimal("0.2473506")),
        fee_asset: Some("USDT".into()),
        trade_id: Some(77),
        reason: String::new(),
        timestamp: NOW,
    }
}

fn expired() -> Execution {
    Execution {
        status: OrderStatus::Expired,
        filled_quantity: Qty::ZERO,
        price: Some(price("61837.65")),
        last_quantity: None,
        last_price: None,
        fee: None,
        fee_asset: None,
        trade_id: None,
        reason: "nothing rests on the other side".into(),
        ..fill()
    }
}

samples! { Response, |response| &response, {
    &Response::OrderPlaced { .. } => [
        "order_placed": Response::OrderPlaced {
            command_id: "r7k2-c41".into(),
            client_order_id: "r7k2-1".into(),
            exchange_order_id: Some("P-1".into()),
            timestamp: NOW,
        },
        "order_placed_without_exchange_id": Response::OrderPlaced {
            command_id: "r7k2-c41".into(),
            client_order_id: "r7k2-1".into(),
            exchange_order_id: None,
            timestamp: NOW,
        },
    ],
    &Response::OrderCanceled { .. } => [
        "order_canceled": Response::OrderCanceled {
            command_id: "r7k2-c42".into(),
            client_order_id: "r7k2-1".into(),
            timestamp: NOW,
        },
    ],
    &Response::OrderStatus { .. } => [
        "order_status": Response::OrderStatus { command_id: "r7k2-c43".into(), order: filled() },
    ],
    &Response::OpenOrders { .. } => [
        "open_orders": Response::OpenOrders { command_id: "r7k2-c44".into(), orders: vec![pending(), filled()] },
    ],
    &Response::Fills { .. } => [
        "fills": Response::Fills {
            command_id: "r7k2-c46".into(),
            fills: vec![bought(), sold()],
            more: true,
            timestamp: NOW,
        },
        "fills_none": Response::Fills {
            command_id: "r7k2-c47".into(),
            fills: vec![],
            more: false,
            timestamp: NOW,
        },
    ],
    &Response::Account { .. } => [
        "account": Response::Account {
            command_id: "r7k2-c48".into(),
            account_id: "paper-1760131685936042113".into(),
            balances: vec![balance("BTC", "0.00000601", "0"), balance("USDT", "9752.64940001", "247.3506")],
            timestamp: NOW,
        },
    ],
    &Response::OrderExecution(_) => [
        "order_execution": Response::OrderExecution(fill()),
        "order_execution_expired": Response::OrderExecution(expired()),
    ],
    &Response::Error { .. } => [
        "error": Response::Error {
            command_id: String::new(),
            error_type: ErrorType::Invalid,
            message: "payload is no known message: unknown variant (starts 81a474797065)".into(),
            timestamp: NOW,
        },
    ],
    &Response::Success { .. } => [
        "success": Response::Success { command_id: "r7k2-c45".into(), message: "alive".into(), timestamp: NOW },
    ],
}}
