//! What the paper account owns, and every execution that made it so.

use std::collections::{BTreeMap, VecDeque};

use common::market::{Side, Symbol};
use common::number::notional;
use common::wire::Fill;
use rust_decimal::Decimal;

use crate::journal::PaperAccount;

/// Fills in one answer.
pub(crate) const FILLS_A_PAGE: usize = 1_000;
/// Fills that are told when asked for; older ones stand in the journal alone.
const REMEMBERED: usize = 200_000;

/// The two assets of a market.
#[derive(Clone, Debug)]
pub(super) struct Assets {
    pub(super) base: String,
    pub(super) quote: String,
}

/// Totals by asset, exact, and fills by trade id: one counter of the account, across markets and lives.
#[derive(Clone, Debug)]
pub(super) struct Account {
    born: PaperAccount,
    currency: Option<String>,
    totals: BTreeMap<String, Decimal>,
    fills: VecDeque<Fill>,
    last_trade_id: u64,
}

impl Account {
    pub(super) fn new(born: PaperAccount) -> Self {
        Self { born, currency: None, totals: BTreeMap::new(), fills: VecDeque::new(), last_trade_id: 0 }
    }

    pub(super) fn id(&self) -> &str {
        &self.born.account_id
    }

    pub(super) const fn last_trade_id(&self) -> u64 {
        self.last_trade_id
    }

    /// The first market's quote asset is what the account began with.
    pub(super) fn list(&mut self, assets: &Assets) {
        if self.currency.is_none() {
            self.currency = Some(assets.quote.clone());
            self.totals.insert(assets.quote.clone(), self.born.initial_capital);
        }
    }

    /// What is owned of an asset, locked or not.
    pub(super) fn total(&self, asset: &str) -> Decimal {
        self.totals.get(asset).copied().unwrap_or_default()
    }

    /// Every asset that something is owned of, and the account's currency in any case.
    pub(super) fn totals(&self) -> impl Iterator<Item = (&str, Decimal)> {
        let told = |(asset, total): &(&String, &Decimal)| !total.is_zero() || self.currency.as_ref() == Some(*asset);
        self.totals.iter().filter(told).map(|(asset, total)| (asset.as_str(), *total))
    }

    /// Books a fill: both assets move, and the fee is paid.
    pub(super) fn book(&mut self, fill: Fill, assets: &Assets) {
        let (quantity, cost) = (fill.quantity.decimal(), notional(fill.price, fill.quantity));
        let (base, quote) = match fill.side {
            Side::Buy => (quantity, -cost),
            Side::Sell => (-quantity, cost),
        };
        for (asset, change) in [(&assets.base, base), (&assets.quote, quote), (&fill.fee_asset, -fill.fee)] {
            *self.totals.entry(asset.clone()).or_default() += change;
        }
        self.last_trade_id = fill.trade_id;
        self.fills.push_back(fill);
        if self.fills.len() > REMEMBERED {
            self.fills.pop_front();
        }
    }

    /// A page of a symbol's fills above a trade id, oldest first, and whether others follow.
    ///
    /// # Errors
    /// Words where some of them are forgotten.
    pub(super) fn fills(&self, symbol: &Symbol, after_trade_id: Option<u64>) -> Result<(Vec<Fill>, bool), String> {
        let after = after_trade_id.unwrap_or_default();
        let oldest = self.fills.front().map_or(1, |fill| fill.trade_id);
        if after.saturating_add(1) < oldest {
            return Err(format!("trades before {oldest} stand in the paper journal only: ask for those after it"));
        }
        let from = self.fills.partition_point(|fill| fill.trade_id <= after);
        let mut told = self.fills.range(from..).filter(|fill| fill.symbol == *symbol);
        let page = told.by_ref().take(FILLS_A_PAGE).cloned().collect();
        Ok((page, told.next().is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::time::UnixNanos;

    fn fill(trade_id: u64, symbol: &str) -> Fill {
        Fill {
            client_order_id: "run-1".into(),
            symbol: Symbol::new(symbol),
            side: Side::Buy,
            trade_id,
            price: "2".parse().unwrap(),
            quantity: "0.5".parse().unwrap(),
            fee: Decimal::new(1, 3),
            fee_asset: "TRX".into(),
            timestamp: UnixNanos(1),
        }
    }

    fn account(fills: u64) -> Account {
        let assets = Assets { base: "TRX".into(), quote: "USDT".into() };
        let mut account = Account::new(PaperAccount::born(UnixNanos(1), Decimal::from(1_000_000)));
        account.list(&assets);
        for id in 1..=fills {
            account.book(fill(id, if id % 2 == 0 { "TRXUSDT" } else { "POLUSDT" }), &assets);
        }
        account
    }

    #[test]
    fn fills_are_told_by_the_page_each_once_in_their_order() {
        let account = account(4_000);
        let (mut after, mut told, mut pages) = (None, Vec::new(), Vec::new());
        loop {
            let (page, more) = account.fills(&Symbol::new("TRXUSDT"), after).unwrap();
            after = page.last().map(|fill| fill.trade_id);
            pages.push(page.len());
            told.extend(page.into_iter().map(|fill| fill.trade_id));
            if !more {
                break;
            }
        }
        assert_eq!(pages, [1_000, 1_000], "a full page that nothing follows says so");
        assert_eq!(told, (1..=2_000).map(|n| 2 * n).collect::<Vec<u64>>());
        assert_eq!(account.fills(&Symbol::new("TRXUSDT"), Some(4_000)), Ok((Vec::new(), false)));
        assert_eq!(account.fills(&Symbol::new("TRXUSDT"), Some(u64::MAX)), Ok((Vec::new(), false)));
    }

    #[test]
    fn what_is_forgotten_is_refused_and_not_left_out() {
        let account = account(REMEMBERED as u64 + 5);
        assert!(account.fills(&Symbol::new("TRXUSDT"), None).unwrap_err().contains("trades before 6"));
        assert!(account.fills(&Symbol::new("TRXUSDT"), Some(4)).is_err());
        assert_eq!(account.fills(&Symbol::new("TRXUSDT"), Some(5)).unwrap().0[0].trade_id, 6);
    }
}
