//! Channel 2, strategy to engine: what is to be done.

use serde::{Deserialize, Serialize};

use crate::market::Symbol;
use crate::order::OrderRequest;
use crate::time::UnixNanos;

/// One command. Each gets exactly one terminal response; past `expires_at` that is an error, and nothing is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Ties the response to the command.
    pub command_id: String,
    /// Ties the command to the decision behind it.
    pub trace_id: String,
    /// On the wall clock of the machine, which both processes read.
    pub expires_at: UnixNanos,
    /// What is to be done.
    #[serde(flatten)]
    pub kind: CommandKind,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum CommandKind {
    /// Place an order; the same `client_order_id` twice gets the first answer again, and one order.
    PlaceOrder {
        /// The order.
        order: OrderRequest,
    },
    /// Take an order back.
    CancelOrder {
        /// Which.
        client_order_id: String,
        /// Where.
        symbol: Symbol,
        /// Exchange time of the event that decided it.
        decided_at: UnixNanos,
    },
    /// Tell where an order stands.
    QueryOrder {
        /// Which.
        client_order_id: String,
    },
    /// List the working orders.
    QueryOpenOrders {
        /// Of one symbol, or of all.
        symbol: Option<Symbol>,
    },
    /// Tell the executions of a symbol, oldest first.
    QueryFills {
        /// Of which symbol.
        symbol: Symbol,
        /// Only those with a larger trade id; none: from the first one on.
        after_trade_id: Option<u64>,
    },
    /// Tell whose account it is, and what is in it.
    QueryAccount {},
    /// Publish rules, history and a full book again.
    RequestSnapshot {
        /// Of which symbol.
        symbol: Symbol,
    },
    /// The strategy lives.
    Heartbeat {},
    /// End the engine.
    Shutdown {},
}
