//! What a start found.

use std::fmt;

use common::wire::Balance;

/// What a start found in the journal, for a person to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Whose.
    pub account_id: String,
    /// Client ids of the orders that can still change.
    pub working: Vec<String>,
    /// Fills since the account was born.
    pub fills: u64,
    /// What is owned.
    pub balances: Vec<Balance>,
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let working = if self.working.is_empty() { "none".to_owned() } else { self.working.join(", ") };
        let owned = self.balances.iter().map(|balance| {
            let locked = if balance.locked.is_zero() { String::new() } else { format!(" ({} locked)", balance.locked) };
            format!("{} {}{locked}", (balance.free + balance.locked).normalize(), balance.asset)
        });
        let owned = owned.collect::<Vec<_>>().join(", ");
        let owned = if owned.is_empty() { "nothing yet" } else { &owned };
        write!(f, "account {}, {} fills, orders working: {working}, owned: {owned}", self.account_id, self.fills)
    }
}
