//! What the engine's operator sets: sections `[risk]`, `[fees]` and `[execution]`, already typed.

use common::time::NANOS_PER_MILLI;
use matching::{FeeRates, FillModel, Model};
use rust_decimal::Decimal;

use crate::breaker::BreakerConfig;
use crate::rate_limit::RateLimitConfig;

/// The desk's limits. Ranges of single values are the schema's; [`DeskConfig::problems`] finds what contradicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeskConfig {
    /// Largest notional of one entry, in quote currency (`[risk] max_order_notional`).
    pub max_order_notional: Decimal,
    /// Largest notional held and working over all symbols, in quote currency (`[risk] max_exposure`).
    pub max_exposure: Decimal,
    /// Silence of the strategy after which it counts as lost, in ms (`[risk] heartbeat_timeout_ms`).
    pub heartbeat_timeout_ms: i64,
    /// When calls stop (`[risk] breaker_*`).
    pub breaker: BreakerConfig,
    /// How fast calls may go (`[risk] order_rate_*`).
    pub rate_limit: RateLimitConfig,
}

impl DeskConfig {
    /// What cannot work, one sentence each; empty where all is well.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.rate_limit.reserve >= self.rate_limit.calls {
            problems.push(format!(
                "[risk] order_rate_reserve = {} leaves no entry of order_rate_limit = {}: it must be smaller",
                self.rate_limit.reserve, self.rate_limit.calls
            ));
        }
        if self.max_order_notional > self.max_exposure {
            problems.push(format!(
                "[risk] max_order_notional = {} is above max_exposure = {}: it could never be reached",
                self.max_order_notional, self.max_exposure
            ));
        }
        problems
    }

    pub(crate) const fn heartbeat_timeout_ns(&self) -> i64 {
        self.heartbeat_timeout_ms * NANOS_PER_MILLI
    }
}

/// How paper orders fill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaperConfig {
    /// From a decision until it is effective, in ms (`[execution] order_latency_ms`).
    pub order_latency_ms: f64,
    /// When a resting order fills (`[execution] fill_model`).
    pub fill_model: FillModel,
    /// Fee of a resting fill, as a fraction (`[fees] maker_fee_rate`).
    pub maker_fee_rate: Decimal,
    /// Fee of a taking fill, as a fraction (`[fees] taker_fee_rate`).
    pub taker_fee_rate: Decimal,
    /// How much worse taking fills are, in basis points; zero where `[fees] enable_slippage` is off.
    pub slippage_bps: Decimal,
}

impl PaperConfig {
    pub(crate) fn model(&self) -> Model {
        Model {
            fill_model: self.fill_model,
            order_latency_ns: (self.order_latency_ms * NANOS_PER_MILLI as f64).round() as i64,
            fees: FeeRates { maker: self.maker_fee_rate, taker: self.taker_fee_rate },
            slippage_bps: self.slippage_bps,
        }
    }
}
