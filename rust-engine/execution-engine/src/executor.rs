//! What the desk asks of an executor, and what an executor reports: the same words for paper and for a real venue.

use common::error::ErrorKind;
use common::market::Symbol;
use common::number::{Price, Qty};
use common::order::OrderRequest;
use common::time::UnixNanos;
use common::wire::text;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::risk::Approved;

/// What an executor is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutorCall {
    /// Send an order.
    Place(Approved<OrderRequest>),
    /// Take one back.
    Cancel {
        /// Which.
        client_order_id: String,
        /// Where.
        symbol: Symbol,
        /// Exchange time of the event that decided it; none where the desk did, which has seen no more than we have.
        decided_at: Option<UnixNanos>,
    },
    /// Tell the executions of a symbol, oldest first.
    TellFills {
        /// Who asks.
        command_id: String,
        /// Where.
        symbol: Symbol,
        /// Only those with a larger trade id; none: from the first one on.
        after_trade_id: Option<u64>,
    },
    /// Tell whose account it is, and what is in it.
    TellAccount {
        /// Who asks.
        command_id: String,
    },
}

/// What happened to an order at the venue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutorReport {
    /// Ours.
    pub client_order_id: String,
    /// The venue's, where it gave one.
    pub exchange_order_id: Option<String>,
    /// Exchange time.
    pub at: UnixNanos,
    /// What.
    pub what: Reported,
}

/// The ways an order can fare. Each `Place` ends in `Accepted` or `Refused`, each `Cancel` in `Canceled`,
/// `CancelRefused` or another end of its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reported {
    /// It works.
    Accepted,
    /// It does not work, or (`ErrorKind::Unknown`) nobody knows.
    Refused {
        /// Did it happen, and may it be repeated?
        kind: ErrorKind,
        /// The venue's words.
        reason: String,
    },
    /// A part or the rest of it traded.
    Filled(ReportedFill),
    /// The venue ended it.
    Expired {
        /// The venue's words.
        reason: String,
    },
    /// Our cancel took effect.
    Canceled,
    /// Our cancel had no effect, or (`ErrorKind::Unknown`) nobody knows.
    CancelRefused {
        /// Did it happen, and may it be repeated?
        kind: ErrorKind,
        /// The venue's words.
        reason: String,
    },
}

/// One execution at the venue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedFill {
    /// The venue's id of it; the same id twice is the same fill.
    pub trade_id: u64,
    /// Quote units per base unit.
    pub price: Price,
    /// Base units.
    pub quantity: Qty,
    /// What it cost.
    #[serde(with = "text")]
    pub fee: Decimal,
    /// The asset of the cost.
    pub fee_asset: String,
}
