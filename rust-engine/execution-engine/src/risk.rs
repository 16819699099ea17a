//! The one place that gives leave to send an order.

use common::market::{Instrument, Trust};
use common::number::{Price, notional};
use common::order::OrderRequest;
use common::time::{NANOS_PER_SECOND, UnixNanos};
use common::wire::{EngineState, ErrorType};
use matching::{NewOrder, OrderKey};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::config::DeskConfig;
use crate::rules;

/// How far the venue's clock may be ahead of ours: as far as the feed believes it. What comes from a farther future
/// would never arrive, nor be answered.
const MOST_AHEAD_NS: i64 = 10 * NANOS_PER_SECOND;

/// Leave to send. Only the desk's risk review can make one, and an executor takes nothing else.
///
/// ```compile_fail,E0423
/// let forged = execution_engine::Approved("an order that nobody reviewed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved<T>(T);

impl<T> Approved<T> {
    /// What may be sent.
    #[must_use]
    pub const fn get(&self) -> &T {
        &self.0
    }
}

/// Why an order was not let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// In the wire's closed set.
    pub error_type: ErrorType,
    /// In words.
    pub message: String,
}

impl Refused {
    pub(crate) fn new(error_type: ErrorType, message: impl Into<String>) -> Self {
        Self { error_type, message: message.into() }
    }
}

/// What an order meets when it comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances<'a> {
    /// The engine's own state.
    pub(crate) state: EngineState,
    /// How far the symbol's book may be believed.
    pub(crate) trust: Trust,
    /// The venue's rules for the symbol.
    pub(crate) rules: &'a Instrument,
    /// The last traded price of the symbol.
    pub(crate) last_price: Option<Price>,
    /// Our wall clock.
    pub(crate) now: UnixNanos,
    /// What is held and working over all symbols, in quote currency.
    pub(crate) exposure: Decimal,
}

/// The engine's hard limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    max_order_notional: Decimal,
    max_exposure: Decimal,
}

impl Limits {
    /// The limits of a configuration.
    #[must_use]
    pub(crate) const fn new(config: &DeskConfig) -> Self {
        Self { max_order_notional: config.max_order_notional, max_exposure: config.max_exposure }
    }

    /// Reviews an order. Exits pass state, trust and limits (a position must always be closable), but not the venue's
    /// own rules; in a halted engine nothing passes.
    ///
    /// # Errors
    /// [`Refused`] with the first reason.
    pub(crate) fn review(
        &self,
        order: OrderRequest,
        circumstances: &Circumstances<'_>,
    ) -> Result<Approved<OrderRequest>, Refused> {
        well_formed(&order, circumstances.now)?;
        let is_entry = order.is_entry();
        match circumstances.state {
            EngineState::Halted => {
                return Err(Refused::new(ErrorType::Paused, "the engine is halted: a person has to look first"));
            }
            EngineState::Paused | EngineState::Shutdown if is_entry => {
                let word = if circumstances.state == EngineState::Paused { "paused" } else { "shutting down" };
                return Err(Refused::new(ErrorType::Paused, format!("the engine is {word}: no entries")));
            }
            _ => {}
        }
        if is_entry && circumstances.trust != Trust::Trusted {
            let message = format!("the book of {} is {:?}: no entries", order.symbol, circumstances.trust);
            return Err(Refused::new(ErrorType::Untrusted, message));
        }
        rules::check(&order, circumstances.rules, circumstances.last_price)
            .map_err(|breach| Refused::new(ErrorType::Rules, breach.to_string()))?;
        if is_entry {
            self.within(&order, circumstances)?;
        }
        Ok(Approved(order))
    }

    fn within(&self, order: &OrderRequest, circumstances: &Circumstances<'_>) -> Result<(), Refused> {
        let refuse = |message| Err(Refused::new(ErrorType::Limit, message));
        let Some(price) = order.price.or(circumstances.last_price) else {
            return refuse(format!("nothing has traded in {} yet: a market entry cannot be valued", order.symbol));
        };
        let cost = notional(price, order.quantity);
        if cost > self.max_order_notional {
            return refuse(format!("notional {cost} is above max_order_notional {}", self.max_order_notional));
        }
        let after = circumstances.exposure + cost;
        if after > self.max_exposure {
            return refuse(format!(
                "exposure would be {}, above max_exposure {}",
                after.normalize(),
                self.max_exposure
            ));
        }
        Ok(())
    }
}

fn well_formed(order: &OrderRequest, now: UnixNanos) -> Result<(), Refused> {
    let id = order.client_order_id.as_bytes();
    let speakable = id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    if id.is_empty() || id.len() > 36 || !speakable {
        let message = "client_order_id must be 1 to 36 letters, digits, hyphens and underscores";
        return Err(Refused::new(ErrorType::Invalid, message));
    }
    not_from_the_future(order.decided_at, now)?;
    NewOrder::from_request(OrderKey(0), order)
        .map(|_| ())
        .map_err(|malformed| Refused::new(ErrorType::Invalid, malformed.to_string()))
}

/// Refuses a decision from the future.
pub(crate) fn not_from_the_future(decided_at: UnixNanos, now: UnixNanos) -> Result<(), Refused> {
    if decided_at > now + MOST_AHEAD_NS {
        let message = format!("decided_at {decided_at} is in the future (nanoseconds since 1970, exchange time)");
        return Err(Refused::new(ErrorType::Invalid, message));
    }
    Ok(())
}
