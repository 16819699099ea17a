//! An order's words and its one life table.

use serde::{Deserialize, Serialize};

use crate::market::{Side, Symbol};
use crate::number::{Price, Qty};
use crate::time::UnixNanos;

/// How an order is priced (Binance Spot).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderType {
    /// Takes what is there.
    Market,
    /// Takes or rests at a limit.
    Limit,
    /// Rests at a limit, or is refused.
    LimitMaker,
    /// Becomes a limit order when the stop price trades.
    StopLossLimit,
}

/// How long an order works (Binance Spot).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeInForce {
    /// Until cancelled.
    Gtc,
    /// What cannot be had at once expires.
    Ioc,
    /// All at once, or nothing.
    Fok,
}

/// Why an order exists: entries are cancelled when trust is lost, exits never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Opens or enlarges a position.
    Entry,
    /// Closes or reduces a position.
    Exit,
}

/// An order as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    /// The strategy's id: run id and counter; the same id is the same order, always.
    pub client_order_id: String,
    /// The market.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// How it is priced.
    pub order_type: OrderType,
    /// Limit price; none for a market order.
    pub price: Option<Price>,
    /// Base units.
    pub quantity: Qty,
    /// How long it works.
    pub time_in_force: TimeInForce,
    /// Trigger price of stop orders.
    pub stop_price: Option<Price>,
    /// Visible part of an iceberg order.
    pub iceberg_qty: Option<Qty>,
    /// Entry or exit.
    pub purpose: Purpose,
    /// Exchange time of the event that decided it.
    pub decided_at: UnixNanos,
}

impl OrderRequest {
    /// True where it may enlarge what is held: an entry, or a purchase that calls itself an exit. What protects a
    /// position passes limits that such an order must not.
    ///
    /// ```
    /// use common::market::{Side, Symbol};
    /// use common::order::{OrderRequest, OrderType, Purpose, TimeInForce};
    /// use common::time::UnixNanos;
    /// let mut order = OrderRequest {
    ///     client_order_id: "run-1".into(), symbol: Symbol::new("BTCUSDT"), side: Side::Sell,
    ///     order_type: OrderType::Market, price: None, quantity: "1".parse().unwrap(),
    ///     time_in_force: TimeInForce::Gtc, stop_price: None, iceberg_qty: None, purpose: Purpose::Exit,
    ///     decided_at: UnixNanos(1),
    /// };
    /// assert!(!order.is_entry());
    /// order.side = Side::Buy;
    /// assert!(order.is_entry());
    /// ```
    #[must_use]
    pub fn is_entry(&self) -> bool {
        self.purpose == Purpose::Entry || self.side == Side::Buy
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// On its way to the venue.
    Pending,
    /// Its fate is open: the venue is being asked.
    Unknown,
    /// Working, nothing filled.
    New,
    /// Working, part filled.
    PartiallyFilled,
    /// All filled.
    Filled,
    /// Taken back by us.
    Canceled,
    /// Refused.
    Rejected,
    /// Ended by the venue.
    Expired,
}

impl OrderStatus {
    /// True when nothing can happen to the order any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Filled | Self::Canceled | Self::Rejected | Self::Expired)
    }
}

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderEvent {
    /// The venue took it.
    Accepted,
    /// The venue refused it.
    Refused,
    /// No answer came in time.
    TimedOut,
    /// A part (or all, `complete`) of it traded.
    Fill {
        /// Nothing remains.
        complete: bool,
    },
    /// The venue confirmed our cancel.
    Cancelled,
    /// The venue ended it.
    Expired,
}

/// The next status, or `None` where the event cannot happen: the desk then asks the venue; it does not guess.
#[must_use]
pub const fn transition(status: OrderStatus, event: OrderEvent) -> Option<OrderStatus> {
    use OrderEvent as E;
    use OrderStatus as S;
    match (status, event) {
        (S::Pending | S::Unknown, E::Accepted) => Some(S::New),
        (S::Pending | S::Unknown, E::Refused) => Some(S::Rejected),
        (S::Pending, E::TimedOut) => Some(S::Unknown),
        (S::Pending | S::Unknown | S::New | S::PartiallyFilled, E::Fill { complete: true }) => Some(S::Filled),
        (S::Pending | S::Unknown | S::New | S::PartiallyFilled, E::Fill { complete: false }) => {
            Some(S::PartiallyFilled)
        }
        (S::Pending | S::Unknown | S::New | S::PartiallyFilled, E::Cancelled) => Some(S::Canceled),
        (S::Pending | S::Unknown | S::New | S::PartiallyFilled, E::Expired) => Some(S::Expired),
        _ => None,
    }
}

/// An order and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderState {
    /// What was asked for.
    pub request: OrderRequest,
    /// The venue's id, once it has one.
    pub exchange_order_id: Option<String>,
    /// Where it stands.
    pub status: OrderStatus,
    /// Base units filled so far.
    pub filled_quantity: Qty,
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderStatus as S;

    const STATUSES: [S; 8] =
        [S::Pending, S::Unknown, S::New, S::PartiallyFilled, S::Filled, S::Canceled, S::Rejected, S::Expired];
    const EVENTS: [OrderEvent; 7] = [
        OrderEvent::Accepted,
        OrderEvent::Refused,
        OrderEvent::TimedOut,
        OrderEvent::Fill { complete: false },
        OrderEvent::Fill { complete: true },
        OrderEvent::Cancelled,
        OrderEvent::Expired,
    ];

    #[test]
    fn nothing_happens_to_a_finished_order() {
        for status in STATUSES.into_iter().filter(|status| status.is_final()) {
            for event in EVENTS {
                assert_eq!(transition(status, event), None, "{status:?} {event:?}");
            }
        }
    }

    #[test]
    fn an_unknown_order_is_resolved_and_never_becomes_pending_again() {
        for status in STATUSES {
            for event in EVENTS {
                assert_ne!(transition(status, event), Some(S::Pending));
            }
        }
        assert_eq!(transition(S::Unknown, OrderEvent::Accepted), Some(S::New));
        assert_eq!(transition(S::New, OrderEvent::TimedOut), None);
    }
}
