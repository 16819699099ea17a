//! Whose orders a market works.

use rust_decimal::Decimal;

use crate::order::{OrderKey, Outcome};

/// Hears what becomes of its orders, in the order in which it happens, and knows what it can pay for.
///
/// A list of outcomes is one that can pay for everything.
pub trait Owner {
    /// True where an order that arrives now is covered: `spends` quote units of a purchase, base units of a sale.
    fn covers(&mut self, key: OrderKey, spends: Decimal) -> bool;

    /// Hears what became of an order.
    fn hear(&mut self, outcome: Outcome);
}

impl Owner for Vec<Outcome> {
    fn covers(&mut self, _key: OrderKey, _spends: Decimal) -> bool {
        true
    }

    fn hear(&mut self, outcome: Outcome) {
        self.push(outcome);
    }
}
