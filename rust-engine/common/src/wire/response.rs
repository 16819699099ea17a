//! Channel 3, engine to strategy: answers to commands, and what becomes of orders.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::text;
use crate::market::{Side, Symbol};
use crate::number::{Price, Qty};
use crate::order::{OrderState, OrderStatus};
use crate::time::UnixNanos;

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorType {
    /// The message cannot be read.
    Invalid,
    /// It came past its expiry.
    Expired,
    /// No such symbol here.
    UnknownSymbol,
    /// No such order here.
    UnknownOrder,
    /// The venue's rules refuse it.
    Rules,
    /// The engine's own hard limits refuse it.
    Limit,
    /// The book is not trusted, and it is an entry.
    Untrusted,
    /// The engine takes no entries now (dead man's switch, pause, halt, shutdown).
    Paused,
    /// The circuit to the venue is open.
    CircuitOpen,
    /// The venue refused it.
    Rejected,
    /// The venue's answer is open; ask with `query_order`.
    Unknown,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// Ours.
    pub client_order_id: String,
    /// The venue's.
    pub exchange_order_id: String,
    /// Where the order stands after it.
    pub status: OrderStatus,
    /// Base units filled so far.
    pub filled_quantity: Qty,
    /// The order's limit price; none for a market order.
    pub price: Option<Price>,
    /// Base units of this fill.
    pub last_quantity: Option<Qty>,
    /// Price of this fill.
    pub last_price: Option<Price>,
    /// Fee of this fill.
    #[serde(with = "text::optional")]
    pub fee: Option<Decimal>,
    /// What the fee is paid in.
    pub fee_asset: Option<String>,
    /// The venue's id of this fill.
    pub trade_id: Option<u64>,
    /// Why an order was rejected or expired, in words; empty otherwise.
    pub reason: String,
    /// Exchange time.
    pub timestamp: UnixNanos,
}

/// One execution of an order of ours, as it is told when asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Ours.
    pub client_order_id: String,
    /// The market.
    pub symbol: Symbol,
    /// The order's side.
    pub side: Side,
    /// The venue's id of it; rises with time.
    pub trade_id: u64,
    /// Quote units per base unit.
    pub price: Price,
    /// Base units.
    pub quantity: Qty,
    /// What it cost.
    #[serde(with = "text")]
    pub fee: Decimal,
    /// What the cost was paid in.
    pub fee_asset: String,
    /// Exchange time.
    pub timestamp: UnixNanos,
}

/// What an account owns of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// Of which asset.
    pub asset: String,
    /// What may be spent.
    #[serde(with = "text")]
    pub free: Decimal,
    /// What working orders reserve.
    #[serde(with = "text")]
    pub locked: Decimal,
}

/// Everything that is published on the response channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Response {
    /// The order is with the venue.
    OrderPlaced {
        /// Which command.
        command_id: String,
        /// Ours.
        client_order_id: String,
        /// The venue's, once it has one.
        exchange_order_id: Option<String>,
        /// When it was answered.
        timestamp: UnixNanos,
    },
    /// The order is taken back.
    OrderCanceled {
        /// Which command.
        command_id: String,
        /// Ours.
        client_order_id: String,
        /// When it was answered.
        timestamp: UnixNanos,
    },
    /// Where an order stands.
    OrderStatus {
        /// Which command.
        command_id: String,
        /// The order.
        order: OrderState,
    },
    /// The working orders.
    OpenOrders {
        /// Which command.
        command_id: String,
        /// The orders.
        orders: Vec<OrderState>,
    },
    /// Executions of a symbol.
    Fills {
        /// Which command.
        command_id: String,
        /// Oldest first; at most 1000.
        fills: Vec<Fill>,
        /// Others follow: ask again, after the last of these.
        more: bool,
        /// When it was answered.
        timestamp: UnixNanos,
    },
    /// Whose account it is, and what is in it.
    Account {
        /// Which command.
        command_id: String,
        /// Another id is another account.
        account_id: String,
        /// By asset.
        balances: Vec<Balance>,
        /// When it was answered.
        timestamp: UnixNanos,
    },
    /// What became of an order; answers no command.
    OrderExecution(Execution),
    /// The command was not carried out.
    Error {
        /// Which command; empty where it could not be read.
        command_id: String,
        /// Why.
        error_type: ErrorType,
        /// In words.
        message: String,
        /// When it was answered.
        timestamp: UnixNanos,
    },
    /// The command was carried out.
    Success {
        /// Which command.
        command_id: String,
        /// In words.
        message: String,
        /// When it was answered.
        timestamp: UnixNanos,
    },
}

impl Response {
    /// The topic that the message is published under: `order` for executions, else `response`.
    #[must_use]
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::OrderExecution(_) => "order",
            _ => "response",
        }
    }
}
