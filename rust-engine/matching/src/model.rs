//! How believable a simulated fill is: latency, queue, fees, slippage.

use std::str::FromStr;

use common::market::Side;
use common::number::Price;
use rust_decimal::Decimal;
use thiserror::Error;

use crate::fees::FeeRates;

const BASIS_POINTS: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

/// When a resting order fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillModel {
    /// From prints at its price once the queue ahead is used up, and from prints through it.
    Queue,
    /// Only from prints through its price: nobody ahead ever leaves.
    Through,
    /// From any print at its price or through it, as if first in the queue. Optimistic: a report must say so.
    Touch,
}

/// A fill model that does not exist.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("fill model {0:?} is none of queue, through, touch")]
pub struct UnknownFillModel(String);

impl FromStr for FillModel {
    type Err = UnknownFillModel;

    fn from_str(name: &str) -> Result<Self, UnknownFillModel> {
        match name {
            "queue" => Ok(Self::Queue),
            "through" => Ok(Self::Through),
            "touch" => Ok(Self::Touch),
            _ => Err(UnknownFillModel(name.to_owned())),
        }
    }
}

/// Everything that decides how an order fills, apart from the market itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// When a resting order fills.
    pub fill_model: FillModel,
    /// Nanoseconds from a decision until it is effective at the venue; zero or more.
    pub order_latency_ns: i64,
    /// What a fill costs.
    pub fees: FeeRates,
    /// By how much taking fills are worsened, in basis points; zero for not at all.
    pub slippage_bps: Decimal,
}

impl Model {
    /// The price at which a taker really gets a level: worse by the slippage, on the tick, never beyond its own limit.
    pub(crate) fn slipped(&self, side: Side, price: Price, limit: Option<Price>, tick: Price) -> Price {
        if self.slippage_bps.is_zero() {
            return price;
        }
        let shift = price.decimal() * self.slippage_bps / BASIS_POINTS;
        let step = if tick.is_zero() { Decimal::new(1, common::number::SCALE) } else { tick.decimal() };
        let steps = match side {
            Side::Buy => ((price.decimal() + shift) / step).ceil(),
            Side::Sell => ((price.decimal() - shift) / step).floor().max(Decimal::ONE),
        };
        // Beyond the largest price there is nothing worse to pay than the level itself.
        let worse = Price::from_decimal(steps * step).unwrap_or(price);
        match (side, limit) {
            (_, None) => worse,
            (Side::Buy, Some(limit)) => worse.min(limit),
            (Side::Sell, Some(limit)) => worse.max(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(bps: &str) -> Model {
        let fees = FeeRates { maker: Decimal::ZERO, taker: Decimal::ZERO };
        Model { fill_model: FillModel::Queue, order_latency_ns: 0, fees, slippage_bps: bps.parse().unwrap() }
    }

    #[test]
    fn slippage_is_against_us_on_the_tick_and_within_the_limit() {
        for (bps, side, limit, slipped) in [
            ("0", Side::Buy, None, "100"),
            ("1", Side::Buy, None, "100.01"),
            ("1.5", Side::Buy, None, "100.02"),
            ("1.5", Side::Sell, None, "99.98"),
            ("50", Side::Buy, Some("100.1"), "100.1"),
            ("50", Side::Sell, Some("99.9"), "99.9"),
            ("20000", Side::Sell, None, "0.01"),
        ] {
            let limit = limit.map(|text| text.parse().unwrap());
            let got = model(bps).slipped(side, "100".parse().unwrap(), limit, "0.01".parse().unwrap());
            assert_eq!(got.to_string(), slipped, "{bps} bps {side:?}");
        }
    }

    #[test]
    fn names_of_fill_models_are_a_closed_set() {
        assert_eq!("through".parse(), Ok(FillModel::Through));
        assert!("Queue".parse::<FillModel>().unwrap_err().to_string().contains("queue, through, touch"));
    }
}
