//! The venue's filters, kept before sending what it would refuse (Binance Spot filters, read 2026-07-21).

use common::market::{Instrument, Side};
use common::number::{Price, Qty, notional};
use common::order::{OrderRequest, OrderType};
use rust_decimal::Decimal;
use std::fmt;

/// A filter of the venue; displayed as the venue names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Range and tick of prices.
    Price,
    /// Distance of a price from the last one.
    PercentPrice,
    /// Range and step of quantities.
    LotSize,
    /// Range of price times quantity.
    Notional,
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Price => "PRICE_FILTER",
            Self::PercentPrice => "PERCENT_PRICE_BY_SIDE",
            Self::LotSize => "LOT_SIZE",
            Self::Notional => "NOTIONAL",
        })
    }
}

/// Which filter an order breaks, and how; displayed in the venue's words with ours behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// Which filter.
    pub(crate) filter: Filter,
    /// How, in words.
    pub(crate) detail: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter failure: {} ({})", self.filter, self.detail)
    }
}

/// Holds an order against the rules of its symbol; `last` is the last traded price, where one is known.
///
/// The venue measures PERCENT_PRICE_BY_SIDE and a market order's notional against its own reference or average price;
/// the last price is the nearest that everyone sees. Without any, these two are left to the venue.
///
/// # Errors
/// The first [`Breach`].
pub(crate) fn check(order: &OrderRequest, rules: &Instrument, last: Option<Price>) -> Result<(), Breach> {
    for (name, price) in [("price", order.price), ("stop price", order.stop_price)] {
        if let Some(price) = price {
            price_filter(name, price, rules)?;
        }
    }
    lot_size(order.quantity, rules)?;
    if let (Some(price), Some(last)) = (order.price, last) {
        percent_price(order.side, price, last, rules)?;
    }
    notional_range(order, rules, last)
}

fn price_filter(name: &str, price: Price, rules: &Instrument) -> Result<(), Breach> {
    let breach = |detail| Err(Breach { filter: Filter::Price, detail });
    if price < rules.min_price {
        return breach(format!("{name} {price} is below {}", rules.min_price));
    }
    if !rules.max_price.is_zero() && price > rules.max_price {
        return breach(format!("{name} {price} is above {}", rules.max_price));
    }
    if !price.is_multiple_of(rules.tick_size) {
        return breach(format!("{name} {price} is no multiple of {}", rules.tick_size));
    }
    Ok(())
}

fn lot_size(quantity: Qty, rules: &Instrument) -> Result<(), Breach> {
    let breach = |detail| Err(Breach { filter: Filter::LotSize, detail });
    if quantity < rules.min_quantity {
        return breach(format!("quantity {quantity} is below {}", rules.min_quantity));
    }
    if !rules.max_quantity.is_zero() && quantity > rules.max_quantity {
        return breach(format!("quantity {quantity} is above {}", rules.max_quantity));
    }
    if !quantity.is_multiple_of(rules.step_size) {
        return breach(format!("quantity {quantity} is no multiple of {}", rules.step_size));
    }
    Ok(())
}

fn percent_price(side: Side, price: Price, last: Price, rules: &Instrument) -> Result<(), Breach> {
    let (up, down) = match side {
        Side::Buy => (rules.bid_multiplier_up, rules.bid_multiplier_down),
        Side::Sell => (rules.ask_multiplier_up, rules.ask_multiplier_down),
    };
    let bound = |multiplier: Price| (last.decimal() * multiplier.decimal()).normalize();
    let (highest, lowest) = (bound(up), bound(down));
    let breach = |word, bound: Decimal| {
        Err(Breach { filter: Filter::PercentPrice, detail: format!("price {price} is {word} {bound}, last {last}") })
    };
    if !up.is_zero() && price.decimal() > highest {
        return breach("above", highest);
    }
    if price.decimal() < lowest {
        return breach("below", lowest);
    }
    Ok(())
}

fn notional_range(order: &OrderRequest, rules: &Instrument, last: Option<Price>) -> Result<(), Breach> {
    let Some(price) = order.price.or(last) else { return Ok(()) };
    let cost = notional(price, order.quantity);
    let breach = |detail| Err(Breach { filter: Filter::Notional, detail });
    if cost < rules.min_notional.decimal() {
        return breach(format!("{cost} is below {}", rules.min_notional));
    }
    // The venue holds market orders to the minimum only (applyMaxToMarket is false on its symbols).
    let capped = order.order_type != OrderType::Market && !rules.max_notional.is_zero();
    if capped && cost > rules.max_notional.decimal() {
        return breach(format!("{cost} is above {}", rules.max_notional));
    }
    Ok(())
}
