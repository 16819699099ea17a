//! Every order that was ever asked for, by client id, and what we hold because of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use common::market::{Side, Symbol};
use common::number::{Price, Qty, notional};
use common::order::{OrderEvent, OrderRequest, OrderState, OrderStatus, transition};
use common::time::UnixNanos;
use common::wire::ErrorType;
use rust_decimal::Decimal;

use crate::executor::ReportedFill;

/// Finished orders that are remembered for duplicates and queries; older ones are forgotten.
const REMEMBERED: usize = 10_000;

/// The answer that a `place_order` got, and gets again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Placed { at: UnixNanos },
    Failed { error_type: ErrorType, message: String, at: UnixNanos },
}

/// One order's page.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) state: OrderState,
    /// None while the executor owes it.
    pub(crate) answer: Option<Answer>,
    /// Commands that wait for the answer.
    pub(crate) placing: Vec<String>,
    /// Commands that wait for the cancel.
    pub(crate) canceling: Vec<String>,
    /// A cancel is under way.
    pub(crate) cancel_sent: bool,
    /// What a base unit of it is worth, for the limits.
    value_price: Price,
    fills_seen: BTreeSet<u64>,
}

impl Entry {
    pub(crate) fn is_open(&self) -> bool {
        !self.state.status.is_final()
    }

    fn is_entry(&self) -> bool {
        self.state.request.is_entry()
    }

    fn remaining(&self) -> Qty {
        self.state.request.quantity.saturating_sub(self.state.filled_quantity)
    }
}

/// What a fill did to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Booked {
    /// It is new, and counted.
    New,
    /// It was counted before.
    Duplicate,
    /// It cannot be: the order is finished, or smaller.
    Impossible,
}

/// All orders, and the base units held per symbol.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    entries: BTreeMap<String, Entry>,
    /// Those that can still change, so that reviewing an order does not read the whole book of the day.
    working: BTreeSet<String>,
    finished: VecDeque<String>,
    held: BTreeMap<Symbol, Held>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Held {
    quantity: Decimal,
    price: Price,
}

impl Ledger {
    pub(crate) fn get(&self, client_order_id: &str) -> Option<&Entry> {
        self.entries.get(client_order_id)
    }

    pub(crate) fn get_mut(&mut self, client_order_id: &str) -> Option<&mut Entry> {
        self.entries.get_mut(client_order_id)
    }

    /// Opens a page. `value_price` is what the limits value it at.
    pub(crate) fn open(&mut self, request: OrderRequest, value_price: Price, command_id: String) {
        let id = request.client_order_id.clone();
        let state =
            OrderState { request, exchange_order_id: None, status: OrderStatus::Pending, filled_quantity: Qty::ZERO };
        let entry = Entry {
            state,
            answer: None,
            placing: vec![command_id],
            canceling: Vec::new(),
            cancel_sent: false,
            value_price,
            fills_seen: BTreeSet::new(),
        };
        self.working.insert(id.clone());
        self.entries.insert(id, entry);
    }

    /// Moves an order along its life; false where it cannot go there.
    pub(crate) fn advance(&mut self, client_order_id: &str, event: OrderEvent) -> bool {
        let Some(entry) = self.entries.get_mut(client_order_id) else { return false };
        let Some(next) = transition(entry.state.status, event) else { return false };
        entry.state.status = next;
        if next.is_final() {
            self.working.remove(client_order_id);
            self.finished.push_back(client_order_id.to_owned());
            if self.finished.len() > REMEMBERED {
                let forgotten = self.finished.pop_front();
                forgotten.map(|id| self.entries.remove(&id));
            }
        }
        true
    }

    /// Books a fill, once.
    pub(crate) fn fill(&mut self, client_order_id: &str, fill: &ReportedFill) -> Booked {
        let Some(entry) = self.entries.get_mut(client_order_id) else { return Booked::Impossible };
        if entry.fills_seen.contains(&fill.trade_id) {
            return Booked::Duplicate;
        }
        let ordered = entry.state.request.quantity;
        let filled = entry.state.filled_quantity.checked_add(fill.quantity).filter(|filled| *filled <= ordered);
        let Some(filled) = filled.filter(|_| entry.is_open() && !fill.quantity.is_zero()) else {
            return Booked::Impossible;
        };
        entry.fills_seen.insert(fill.trade_id);
        entry.state.filled_quantity = filled;
        let (side, symbol) = (entry.state.request.side, entry.state.request.symbol.clone());
        let held = self.held.entry(symbol).or_default();
        held.price = fill.price;
        held.quantity = match side {
            Side::Buy => held.quantity + fill.quantity.decimal(),
            Side::Sell => (held.quantity - fill.quantity.decimal()).max(Decimal::ZERO),
        };
        self.advance(client_order_id, OrderEvent::Fill { complete: filled == ordered });
        Booked::New
    }

    /// A fee was paid in the base asset: so much less is held.
    pub(crate) fn pay_in_base(&mut self, symbol: &Symbol, fee: Decimal) {
        if let Some(held) = self.held.get_mut(symbol) {
            held.quantity = (held.quantity - fee).max(Decimal::ZERO);
        }
    }

    /// Base units held, by symbol.
    pub(crate) fn holdings(&self) -> impl Iterator<Item = (&Symbol, Decimal)> {
        self.held.iter().map(|(symbol, held)| (symbol, held.quantity))
    }

    /// Orders that still work, by client id.
    pub(crate) fn open_orders(&self) -> impl Iterator<Item = &Entry> {
        self.working.iter().filter_map(|id| self.entries.get(id))
    }

    /// Marks every working entry that nobody is taking back, and names them.
    pub(crate) fn begin_canceling_entries(&mut self) -> Vec<(String, Symbol)> {
        let mut begun = Vec::new();
        for id in &self.working {
            let Some(entry) = self.entries.get_mut(id) else { continue };
            if entry.is_entry() && !entry.cancel_sent {
                entry.cancel_sent = true;
                begun.push((id.clone(), entry.state.request.symbol.clone()));
            }
        }
        begun
    }

    /// What is held, at the last price, and what working entries may add, in quote currency.
    pub(crate) fn exposure(&self, last_price: impl Fn(&Symbol) -> Option<Price>) -> Decimal {
        let holdings = self.held.iter().map(|(symbol, held)| {
            let price = last_price(symbol).unwrap_or(held.price);
            price.decimal() * held.quantity
        });
        let working = self.open_orders().filter(|entry| entry.is_entry());
        holdings.sum::<Decimal>() + working.map(|entry| notional(entry.value_price, entry.remaining())).sum::<Decimal>()
    }
}
