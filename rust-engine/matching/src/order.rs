//! Orders as a venue sees them, and what becomes of them.

use std::fmt;

use common::market::Side;
use common::number::{Price, Qty};
use common::order::{OrderRequest, OrderType, TimeInForce};
use common::time::UnixNanos;
use rust_decimal::Decimal;
use thiserror::Error;

use crate::fees::FeeAsset;

/// Names one order within one [`crate::Market`]; given by the caller, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey(pub u64);

/// How an order is priced, with the prices that its type needs and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pricing {
    /// Takes what is there; what is not there expires.
    Market,
    /// Takes up to the limit; the rest works as its time in force says.
    Limit(Price),
    /// Rests at the limit, or is refused.
    LimitMaker(Price),
    /// Becomes a limit order when the market prints at the stop price or beyond.
    StopLossLimit {
        /// Where it wakes.
        stop: Price,
        /// What it then bids or asks.
        limit: Price,
    },
}

/// Why a request is no order at all.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Malformed {
    /// The quantity is zero.
    #[error("the quantity is zero")]
    Quantity,
    /// The price is missing, zero, or given where the type takes none.
    #[error("the price is missing, zero, or not taken by this order type")]
    Price,
    /// The stop price is missing, zero, or given where the type takes none.
    #[error("the stop price is missing, zero, or not taken by this order type")]
    StopPrice,
    /// Market and limit-maker orders have no time in force but GTC, as the venue reports them.
    #[error("this order type takes no time in force but gtc")]
    TimeInForce,
    /// A part of the order would be hidden.
    #[error("iceberg orders are not simulated; leave iceberg_qty out")]
    Iceberg,
}

impl Pricing {
    /// The pricing that a request asks for.
    ///
    /// # Errors
    /// [`Malformed`] where a price is missing, or given and not taken.
    pub fn of(request: &OrderRequest) -> Result<Self, Malformed> {
        let given = |price: Option<Price>| price.filter(|price| !price.is_zero());
        let stop_free = request.stop_price.is_none();
        match request.order_type {
            OrderType::Market if request.price.is_some() => Err(Malformed::Price),
            OrderType::Market | OrderType::Limit | OrderType::LimitMaker if !stop_free => Err(Malformed::StopPrice),
            OrderType::Market => Ok(Self::Market),
            OrderType::Limit => given(request.price).map(Self::Limit).ok_or(Malformed::Price),
            OrderType::LimitMaker => given(request.price).map(Self::LimitMaker).ok_or(Malformed::Price),
            OrderType::StopLossLimit => {
                let limit = given(request.price).ok_or(Malformed::Price)?;
                let stop = given(request.stop_price).ok_or(Malformed::StopPrice)?;
                Ok(Self::StopLossLimit { stop, limit })
            }
        }
    }
}

/// An order on its way to a venue; well-formed by construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    pub(crate) key: OrderKey,
    pub(crate) side: Side,
    pub(crate) pricing: Pricing,
    pub(crate) quantity: Qty,
    pub(crate) time_in_force: TimeInForce,
}

impl NewOrder {
    /// Takes a request under a key.
    ///
    /// # Errors
    /// [`Malformed`] for a request that no venue would read.
    pub fn from_request(key: OrderKey, request: &OrderRequest) -> Result<Self, Malformed> {
        let pricing = Pricing::of(request)?;
        if request.quantity.is_zero() {
            return Err(Malformed::Quantity);
        }
        if request.iceberg_qty.is_some() {
            return Err(Malformed::Iceberg);
        }
        let untimed = matches!(pricing, Pricing::Market | Pricing::LimitMaker(_));
        if untimed && request.time_in_force != TimeInForce::Gtc {
            return Err(Malformed::TimeInForce);
        }
        let (side, quantity, time_in_force) = (request.side, request.quantity, request.time_in_force);
        Ok(Self { key, side, pricing, quantity, time_in_force })
    }
}

/// Whether a fill rested or took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liquidity {
    /// It rested.
    Maker,
    /// It crossed.
    Taker,
}

/// Why the venue refuses an order, in the venue's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A limit-maker order that is marketable when it arrives.
    WouldTake,
    /// A stop whose price has been passed when it arrives.
    WouldTrigger,
    /// Its owner cannot pay for it.
    NotCovered,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WouldTake => "Order would immediately match and take.",
            Self::WouldTrigger => "Order would trigger immediately.",
            Self::NotCovered => "Account has insufficient balance for requested action.",
        })
    }
}

/// Why the venue ends an order that is not filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// A market order used up the displayed book.
    NoLiquidity,
    /// What an IOC order could not have at once.
    Ioc,
    /// A FOK order could not have everything at once.
    Fok,
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLiquidity => "the displayed book is used up",
            Self::Ioc => "immediate or cancel: the rest was not there",
            Self::Fok => "fill or kill: the whole was not there",
        })
    }
}

/// One execution of one of our orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Whose.
    pub key: OrderKey,
    /// Quote units per base unit.
    pub price: Price,
    /// Base units.
    pub quantity: Qty,
    /// Rested or took.
    pub liquidity: Liquidity,
    /// What it costs.
    pub fee: Decimal,
    /// What the cost is paid in.
    pub fee_asset: FeeAsset,
    /// Exchange time.
    pub at: UnixNanos,
}

/// What becomes of an order, in the order in which it happens. All times are exchange time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is with the venue.
    Accepted {
        /// Whose.
        key: OrderKey,
        /// When.
        at: UnixNanos,
    },
    /// The venue did not take it.
    Refused {
        /// Whose.
        key: OrderKey,
        /// Why.
        refusal: Refusal,
        /// When.
        at: UnixNanos,
    },
    /// A part of it, or all that was left, traded.
    Filled(Fill),
    /// The venue ended it.
    Expired {
        /// Whose.
        key: OrderKey,
        /// Why.
        expiry: Expiry,
        /// When.
        at: UnixNanos,
    },
    /// It was taken back.
    Canceled {
        /// Whose.
        key: OrderKey,
        /// When.
        at: UnixNanos,
    },
    /// It could not be taken back: when the cancel arrived, it was not working.
    CancelRefused {
        /// Whose.
        key: OrderKey,
        /// When.
        at: UnixNanos,
    },
}
