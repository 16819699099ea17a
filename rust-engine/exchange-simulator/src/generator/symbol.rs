//! A market's grid of prices and quantities, and the `exchangeInfo` object that tells clients of it.

use common::number::{Price, Qty};
use serde_json::{Value, json};
use thiserror::Error;

use crate::digits::Fixed;

/// Quote assets that a symbol's name may end in, longest first.
const QUOTES: [&str; 14] =
    ["FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USD1", "EUR", "TRY", "BRL", "BTC", "ETH", "BNB", "JPY", "DAI"];

/// Why a market cannot be described.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("symbol {symbol}: {reason}")]
pub struct SymbolError {
    symbol: String,
    reason: &'static str,
}

/// A market: its name and the smallest steps of price and quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// The venue's spelling, upper case.
    pub symbol: String,
    /// Prices are multiples of it; not zero.
    pub tick: Price,
    /// Quantities are multiples of it; not zero.
    pub step: Qty,
}

impl Market {
    /// A market by name and grid.
    ///
    /// # Errors
    /// [`SymbolError`] for a name that is not upper-case ASCII ending in a known quote asset, or a zero step.
    pub fn new(symbol: &str, tick: Price, step: Qty) -> Result<Self, SymbolError> {
        let fault = |reason| Err(SymbolError { symbol: symbol.to_owned(), reason });
        if !symbol.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            return fault("a symbol is written in capitals and digits, such as BTCUSDT");
        }
        if tick.is_zero() || step.is_zero() {
            return fault("tick and step must be above zero");
        }
        let market = Self { symbol: symbol.to_owned(), tick, step };
        if market.assets().is_none() {
            return fault("its quote asset is not known: a name ends in USDT, USDC, BTC or the like");
        }
        Ok(market)
    }

    /// Base and quote asset.
    fn assets(&self) -> Option<(&str, &str)> {
        QUOTES.iter().find_map(|quote| {
            let base = self.symbol.strip_suffix(quote).filter(|base| !base.is_empty())?;
            Some((base, &self.symbol[base.len()..]))
        })
    }

    /// Lower-case name, as in stream names.
    #[must_use]
    pub fn stream_name(&self) -> String {
        self.symbol.to_lowercase()
    }

    /// The symbol object of `exchangeInfo`, with the rules that the venue has for markets like it.
    ///
    /// PRICE_FILTER comes first: a widely used client reads `filters[0].tickSize`.
    #[must_use]
    pub fn exchange_info(&self) -> Value {
        let (base, quote) = self.assets().expect("Market::new checked the name");
        let tick = Fixed(self.tick.raw());
        let step = Fixed(self.step.raw());
        let largest_price = Fixed(self.tick.raw().saturating_mul(100_000_000).min(100_000_000_000_000));
        let largest_quantity = Fixed(self.step.raw().saturating_mul(900_000_000).min(900_000_000_000_000_000));
        let smallest_notional = match quote {
            "BTC" => "0.00010000",
            "ETH" => "0.00100000",
            "BNB" => "0.01000000",
            "JPY" => "100.00000000",
            _ => "5.00000000",
        };
        json!({
            "symbol": self.symbol,
            "status": "TRADING",
            "baseAsset": base,
            "baseAssetPrecision": 8,
            "quoteAsset": quote,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "baseCommissionPrecision": 8,
            "quoteCommissionPrecision": 8,
            "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT",
                "TAKE_PROFIT_LIMIT"],
            "icebergAllowed": true,
            "ocoAllowed": true,
            "otoAllowed": true,
            "opoAllowed": true,
            "quoteOrderQtyMarketAllowed": true,
            "allowTrailingStop": true,
            "cancelReplaceAllowed": true,
            "amendAllowed": true,
            "pegInstructionsAllowed": true,
            "isSpotTradingAllowed": true,
            "isMarginTradingAllowed": false,
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": tick.to_string(), "maxPrice": largest_price.to_string(),
                    "tickSize": tick.to_string()},
                {"filterType": "LOT_SIZE", "minQty": step.to_string(), "maxQty": largest_quantity.to_string(),
                    "stepSize": step.to_string()},
                {"filterType": "ICEBERG_PARTS", "limit": 100},
                {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": largest_quantity.to_string(),
                    "stepSize": "0.00000000"},
                {"filterType": "TRAILING_DELTA", "minTrailingAboveDelta": 10, "maxTrailingAboveDelta": 2000,
                    "minTrailingBelowDelta": 10, "maxTrailingBelowDelta": 2000},
                {"filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "5", "bidMultiplierDown": "0.2",
                    "askMultiplierUp": "5", "askMultiplierDown": "0.2", "avgPriceMins": 5},
                {"filterType": "NOTIONAL", "minNotional": smallest_notional, "applyMinToMarket": true,
                    "maxNotional": "9000000.00000000", "applyMaxToMarket": false, "avgPriceMins": 5},
                {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
                {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
                {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
                {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10}
            ],
            "permissions": [],
            "permissionSets": [["SPOT"]],
            "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
            "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use feed_handler::binance::parse_exchange_info;

    fn market(symbol: &str) -> Result<Market, SymbolError> {
        Market::new(symbol, "0.0001".parse().unwrap(), "0.1".parse().unwrap())
    }

    #[test]
    fn our_own_client_reads_the_rules() {
        let info = json!({"symbols": [market("TRXUSDT").unwrap().exchange_info()]});
        let parsed = parse_exchange_info(info.to_string().as_bytes()).unwrap();
        let rules = &parsed.symbols[0].instrument;
        assert_eq!((rules.base.as_str(), rules.quote.as_str()), ("TRX", "USDT"));
        assert_eq!((rules.tick_size.to_string(), rules.step_size.to_string()), ("0.0001".into(), "0.1".into()));
        assert_eq!(rules.min_notional.to_string(), "5");
        assert!(rules.max_quantity > rules.min_quantity && rules.max_price > rules.min_price);
    }

    #[test]
    fn refuses_names_without_a_known_quote() {
        assert!(market("btcusdt").is_err());
        assert!(market("USDT").is_err());
        assert!(market("FOOBAR").unwrap_err().to_string().contains("quote asset"));
        assert_eq!(market("BTCFDUSD").unwrap().assets(), Some(("BTC", "FDUSD")));
    }
}
