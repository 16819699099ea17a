//! The paper venue's own records: whose order is which, what works, what it fills and what that costs.

use std::collections::BTreeMap;

use common::error::ErrorKind;
use common::market::{Side, Symbol};
use common::number::{Qty, notional};
use common::order::{OrderRequest, OrderType};
use common::time::UnixNanos;
use common::wire::{Balance, Fill};
use matching::{FeeAsset, Malformed, NewOrder, OrderKey, Outcome, Owner};
use rust_decimal::Decimal;

use super::account::{Account, Assets};
use crate::executor::{ExecutorReport, Reported, ReportedFill};
use crate::journal::JournalEntry;

/// An order that can still be heard of.
#[derive(Clone, Debug)]
struct PaperOrder {
    request: OrderRequest,
    remaining: Qty,
    /// It has arrived and was accepted; from then on it locks what it can spend.
    works: bool,
}

impl PaperOrder {
    fn spends<'a>(&self, assets: &'a Assets) -> &'a str {
        match self.request.side {
            Side::Buy => &assets.quote,
            Side::Sell => &assets.base,
        }
    }

    /// A market order is over in the moment of its arrival, and locks nothing.
    fn locks(&self) -> Decimal {
        match (self.works, self.request.side, self.request.price) {
            (true, Side::Sell, Some(_)) => self.remaining.decimal(),
            (true, Side::Buy, Some(limit)) => notional(limit, self.remaining),
            _ => Decimal::ZERO,
        }
    }
}

/// What is left of an order, as a market takes it.
#[derive(Clone, Debug)]
pub(super) struct Left {
    pub(super) order: Result<NewOrder, Malformed>,
    pub(super) symbol: Symbol,
    pub(super) decided_at: UnixNanos,
    /// True where it stood in a book before.
    pub(super) works: bool,
}

/// Orders, account and markets. It is the [`Owner`] of every paper order: what becomes of one is booked as it is heard.
#[derive(Clone, Debug)]
pub(super) struct Books {
    account: Account,
    markets: BTreeMap<Symbol, Assets>,
    orders: BTreeMap<OrderKey, PaperOrder>,
    keys: BTreeMap<String, OrderKey>,
    last_key: u64,
    /// The latest exchange time of a report.
    latest: UnixNanos,
    reports: Vec<ExecutorReport>,
}

impl Books {
    pub(super) fn new(account: Account) -> Self {
        Self {
            account,
            markets: BTreeMap::new(),
            orders: BTreeMap::new(),
            keys: BTreeMap::new(),
            last_key: 0,
            latest: UnixNanos::ZERO,
            reports: Vec::new(),
        }
    }

    pub(super) const fn account(&self) -> &Account {
        &self.account
    }

    pub(super) const fn latest(&self) -> UnixNanos {
        self.latest
    }

    /// True where no order can still be heard of.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.orders.is_empty()
    }

    /// True where something was reported since the last time.
    #[inline]
    pub(super) fn has_reports(&self) -> bool {
        !self.reports.is_empty()
    }

    /// What was reported since the last time.
    pub(super) fn take_reports(&mut self) -> Vec<ExecutorReport> {
        std::mem::take(&mut self.reports)
    }

    /// A market became known.
    pub(super) fn list(&mut self, symbol: &Symbol, base: &str, quote: &str) {
        if !self.markets.contains_key(symbol) {
            let assets = Assets { base: base.to_owned(), quote: quote.to_owned() };
            self.account.list(&assets);
            self.markets.insert(symbol.clone(), assets);
        }
    }

    /// Takes an order in, under a key that is never used again.
    pub(super) fn take(&mut self, request: &OrderRequest) -> OrderKey {
        self.last_key += 1;
        let key = OrderKey(self.last_key);
        self.keys.insert(request.client_order_id.clone(), key);
        let order = PaperOrder { request: request.clone(), remaining: request.quantity, works: false };
        self.orders.insert(key, order);
        key
    }

    pub(super) fn key(&self, client_order_id: &str) -> Option<OrderKey> {
        self.keys.get(client_order_id).copied()
    }

    /// The orders that can still be heard of, in the order in which they were asked for.
    pub(super) fn open(&self) -> impl Iterator<Item = (OrderKey, &Symbol)> {
        self.orders.iter().map(|(key, order)| (*key, &order.request.symbol))
    }

    /// What is left of an order. A stop that has filled has woken.
    pub(super) fn left_of(&self, key: OrderKey) -> Option<Left> {
        let PaperOrder { request, remaining, works } = self.orders.get(&key)?;
        let mut left = OrderRequest { quantity: *remaining, ..request.clone() };
        if left.order_type == OrderType::StopLossLimit && *remaining < request.quantity {
            (left.order_type, left.stop_price) = (OrderType::Limit, None);
        }
        let order = NewOrder::from_request(key, &left);
        Some(Left { order, symbol: left.symbol, decided_at: left.decided_at, works: *works })
    }

    pub(super) fn balances(&self) -> Vec<Balance> {
        let balance = |(asset, total): (&str, Decimal)| {
            let locked = self.locked(asset);
            Balance { asset: asset.to_owned(), free: total - locked, locked }
        };
        self.account.totals().map(balance).collect()
    }

    fn locked(&self, asset: &str) -> Decimal {
        let locks = |order: &PaperOrder| {
            let assets = self.markets.get(&order.request.symbol)?;
            (order.spends(assets) == asset).then(|| order.locks())
        };
        self.orders.values().filter_map(locks).sum()
    }

    /// Does again what a journal says was done.
    ///
    /// # Errors
    /// Words where it cannot have been.
    pub(super) fn replay(&mut self, entry: &JournalEntry) -> Result<(), String> {
        match entry {
            JournalEntry::Market { symbol, base, quote } => self.list(symbol, base, quote),
            JournalEntry::Order { request, refused: None, .. } => {
                self.take(request);
            }
            JournalEntry::Report { report, .. } => {
                let id = &report.client_order_id;
                let key = self.key(id).ok_or_else(|| format!("order {id} is not working"))?;
                if let Reported::Filled(fill) = &report.what
                    && fill.trade_id != self.account.last_trade_id() + 1
                {
                    let last = self.account.last_trade_id();
                    return Err(format!("trade {} follows trade {last}", fill.trade_id));
                }
                self.book(key, report);
            }
            JournalEntry::Order { .. } | JournalEntry::Outage { .. } => {}
        }
        Ok(())
    }

    /// Books what became of an order.
    fn book(&mut self, key: OrderKey, report: &ExecutorReport) {
        self.latest = self.latest.max(report.at);
        let Some(order) = self.orders.get_mut(&key) else { return };
        let ends = match &report.what {
            Reported::Accepted => {
                order.works = true;
                false
            }
            Reported::Filled(fill) => {
                order.remaining = order.remaining.saturating_sub(fill.quantity);
                let OrderRequest { client_order_id, symbol, side, .. } = &order.request;
                if let Some(assets) = self.markets.get(symbol) {
                    let fill = Fill {
                        client_order_id: client_order_id.clone(),
                        symbol: symbol.clone(),
                        side: *side,
                        trade_id: fill.trade_id,
                        price: fill.price,
                        quantity: fill.quantity,
                        fee: fill.fee,
                        fee_asset: fill.fee_asset.clone(),
                        timestamp: report.at,
                    };
                    self.account.book(fill, assets);
                }
                order.remaining.is_zero()
            }
            Reported::CancelRefused { .. } => false,
            Reported::Refused { .. } | Reported::Expired { .. } | Reported::Canceled => true,
        };
        if ends && let Some(order) = self.orders.remove(&key) {
            self.keys.remove(&order.request.client_order_id);
        }
    }

    /// Ends an order that no market reads.
    pub(super) fn refuse(&mut self, key: OrderKey, reason: String, at: UnixNanos) {
        self.report(key, at, refused(reason));
    }

    fn report(&mut self, key: OrderKey, at: UnixNanos, what: Reported) {
        // What is over is not heard of again: a cancel that comes too late.
        let Some(order) = self.orders.get(&key) else { return };
        let client_order_id = order.request.client_order_id.clone();
        let exchange_order_id = Some(format!("paper-{}", key.0));
        let report = ExecutorReport { client_order_id, exchange_order_id, at, what };
        self.book(key, &report);
        self.reports.push(report);
    }

    fn reported(&self, outcome: Outcome) -> Option<(OrderKey, UnixNanos, Reported)> {
        Some(match outcome {
            Outcome::Accepted { key, at } => (key, at, Reported::Accepted),
            Outcome::Refused { key, refusal, at } => (key, at, refused(refusal.to_string())),
            Outcome::Expired { key, expiry, at } => (key, at, Reported::Expired { reason: expiry.to_string() }),
            Outcome::Canceled { key, at } => (key, at, Reported::Canceled),
            Outcome::CancelRefused { key, at } => (key, at, cancel_refused()),
            Outcome::Filled(fill) => {
                let assets = self.markets.get(&self.orders.get(&fill.key)?.request.symbol)?;
                let fee_asset = match fill.fee_asset {
                    FeeAsset::Base => assets.base.clone(),
                    FeeAsset::Quote => assets.quote.clone(),
                };
                let (price, quantity, fee) = (fill.price, fill.quantity, fill.fee);
                let trade_id = self.account.last_trade_id() + 1;
                (fill.key, fill.at, Reported::Filled(ReportedFill { trade_id, price, quantity, fee, fee_asset }))
            }
        })
    }
}

impl Owner for Books {
    fn covers(&mut self, key: OrderKey, spends: Decimal) -> bool {
        self.orders.get(&key).is_some_and(|order| {
            self.markets.get(&order.request.symbol).is_some_and(|assets| {
                let asset = order.spends(assets);
                self.account.total(asset) - self.locked(asset) >= spends
            })
        })
    }

    fn hear(&mut self, outcome: Outcome) {
        if let Some((key, at, what)) = self.reported(outcome) {
            self.report(key, at, what);
        }
    }
}

const fn refused(reason: String) -> Reported {
    Reported::Refused { kind: ErrorKind::Rejected, reason }
}

pub(super) fn cancel_refused() -> Reported {
    Reported::CancelRefused { kind: ErrorKind::Rejected, reason: "Unknown order sent.".to_owned() }
}
