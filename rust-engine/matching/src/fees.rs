//! What a fill costs.

use common::market::Side;
use common::number::{Price, Qty, SCALE, notional};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::order::Liquidity;

/// The asset of a symbol that a fee is paid in: always the one received (Binance, without the BNB discount).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeeAsset {
    /// A buyer receives, and pays in, the base asset.
    Base,
    /// A seller receives, and pays in, the quote asset.
    Quote,
}

/// Fee rates, as fractions of what a fill receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeRates {
    /// For fills that rested.
    pub maker: Decimal,
    /// For fills that took.
    pub taker: Decimal,
}

impl FeeRates {
    /// The fee of one fill, and what it is paid in.
    ///
    /// Rounded up to 8 decimals, the venue's commission precision, so that a cost is never understated.
    ///
    /// ```
    /// use common::market::Side;
    /// use matching::{FeeAsset, FeeRates, Liquidity};
    /// let rates = FeeRates { maker: "0.0005".parse().unwrap(), taker: "0.001".parse().unwrap() };
    /// let (price, quantity) = ("0.32".parse().unwrap(), "1500".parse().unwrap());
    /// let (fee, asset) = rates.fee(Side::Sell, price, quantity, Liquidity::Taker);
    /// assert_eq!((fee.to_string().as_str(), asset), ("0.48", FeeAsset::Quote));
    /// ```
    #[must_use]
    pub fn fee(&self, side: Side, price: Price, quantity: Qty, liquidity: Liquidity) -> (Decimal, FeeAsset) {
        let rate = match liquidity {
            Liquidity::Maker => self.maker,
            Liquidity::Taker => self.taker,
        };
        let (received, asset) = match side {
            Side::Buy => (quantity.decimal(), FeeAsset::Base),
            Side::Sell => (notional(price, quantity), FeeAsset::Quote),
        };
        let fee = (received * rate).round_dp_with_strategy(SCALE, RoundingStrategy::AwayFromZero);
        (fee.normalize(), asset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_pays_in_what_it_receives_rounded_up() {
        let rates = FeeRates { maker: Decimal::new(5, 4), taker: Decimal::new(1, 3) };
        for (side, price, quantity, liquidity, fee, asset) in [
            (Side::Buy, "0.32", "1500", Liquidity::Maker, "0.75", FeeAsset::Base),
            (Side::Buy, "0.32", "1500", Liquidity::Taker, "1.5", FeeAsset::Base),
            (Side::Sell, "0.32", "1500", Liquidity::Maker, "0.24", FeeAsset::Quote),
            (Side::Sell, "9000.51", "0.0015", Liquidity::Taker, "0.01350077", FeeAsset::Quote),
            (Side::Buy, "60000", "0.00000001", Liquidity::Taker, "0.00000001", FeeAsset::Base),
        ] {
            let (price, quantity) = (price.parse().unwrap(), quantity.parse().unwrap());
            let (got, paid_in) = rates.fee(side, price, quantity, liquidity);
            assert_eq!((got.to_string().as_str(), paid_in), (fee, asset), "{side:?} {quantity} at {price}");
        }
    }
}
