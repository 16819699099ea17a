//! Every order that was ever asked for, by client id, and what we hold because of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use common::error::ErrorKind;
use common::market::{Side, Symbol};
use common::number::{Price, Qty, notional};
use common::order::{OrderEvent, OrderRequest, OrderState, OrderStatus, transition};
use common::time::UnixNanos;
use common::wire::ErrorType;
use rust_decimal::Decimal;

use crate::executor::{ExecutorReport, Reported, ReportedFill};
use crate::journal::JournalEntry;
use crate::risk::Refused;

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

    pub(crate) fn is_entry(&self) -> bool {
        self.state.request.is_entry()
    }

    fn remaining(&self) -> Qty {
        self.state.request.quantity.saturating_sub(self.state.filled_quantity)
    }
}

/// What a report did to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Booked {
    /// It is new, and counted.
    New,
    /// It was counted before.
    Duplicate,
    /// It cannot be: the order is unknown, finished, or smaller.
    Impossible,
    /// It tells of no change.
    Nothing,
}

/// All orders, and the base units held per symbol.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    entries: BTreeMap<String, Entry>,
    /// Those that can still change, so that reviewing an order does not read the whole book of the day.
    working: BTreeSet<String>,
    finished: VecDeque<String>,
    held: BTreeMap<Symbol, Held>,
    /// The base asset of every market that we have heard of.
    bases: BTreeMap<Symbol, String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Held {
    quantity: Decimal,
    price: Price,
}

impl Ledger {
    /// Learns of a market; false where it is known.
    pub(crate) fn list(&mut self, symbol: &Symbol, base: &str) -> bool {
        let new = !self.bases.contains_key(symbol);
        if new {
            self.bases.insert(symbol.clone(), base.to_owned());
        }
        new
    }

    /// True for a market that we have heard of, in this life or an earlier one.
    pub(crate) fn lists(&self, symbol: &Symbol) -> bool {
        self.bases.contains_key(symbol)
    }

    pub(crate) fn get(&self, client_order_id: &str) -> Option<&Entry> {
        self.entries.get(client_order_id)
    }

    pub(crate) fn get_mut(&mut self, client_order_id: &str) -> Option<&mut Entry> {
        self.entries.get_mut(client_order_id)
    }

    /// Opens a page. `value_price` is what the limits value it at; whoever waits for the answer is entered there.
    pub(crate) fn open(&mut self, request: OrderRequest, value_price: Price) -> &mut Entry {
        let id = request.client_order_id.clone();
        let state =
            OrderState { request, exchange_order_id: None, status: OrderStatus::Pending, filled_quantity: Qty::ZERO };
        let entry = Entry {
            state,
            answer: None,
            placing: Vec::new(),
            canceling: Vec::new(),
            cancel_sent: false,
            value_price,
            fills_seen: BTreeSet::new(),
        };
        self.working.insert(id.clone());
        self.entries.entry(id).insert_entry(entry).into_mut()
    }

    /// Ends an order that was not let through.
    pub(crate) fn refuse(&mut self, client_order_id: &str, refused: Refused, at: UnixNanos) {
        self.advance(client_order_id, OrderEvent::Refused);
        let Refused { error_type, message } = refused;
        self.settle(client_order_id, Answer::Failed { error_type, message, at });
    }

    /// Books what an executor reports, and with it the answer that is still owed; `now` is our wall clock.
    pub(crate) fn book(&mut self, report: &ExecutorReport, now: UnixNanos) -> Booked {
        let id = report.client_order_id.as_str();
        let Some(entry) = self.entries.get_mut(id) else { return Booked::Impossible };
        if entry.state.exchange_order_id.is_none() {
            entry.state.exchange_order_id.clone_from(&report.exchange_order_id);
        }
        let (event, answer) = match &report.what {
            Reported::CancelRefused { .. } => return Booked::Nothing,
            Reported::Filled(fill) => {
                let booked = self.fill(id, fill);
                if booked == Booked::New {
                    self.settle(id, Answer::Placed { at: now });
                }
                return booked;
            }
            Reported::Accepted => (OrderEvent::Accepted, Answer::Placed { at: now }),
            Reported::Expired { .. } => (OrderEvent::Expired, Answer::Placed { at: now }),
            Reported::Canceled => (OrderEvent::Cancelled, Answer::Placed { at: now }),
            Reported::Refused { kind, reason } => {
                let (event, error_type) = match kind {
                    ErrorKind::Unknown => (OrderEvent::TimedOut, ErrorType::Unknown),
                    _ => (OrderEvent::Refused, ErrorType::Rejected),
                };
                (event, Answer::Failed { error_type, message: reason.clone(), at: now })
            }
        };
        if !self.advance(id, event) {
            return Booked::Impossible;
        }
        self.settle(id, answer);
        Booked::New
    }

    /// Does again what a journal says was done.
    ///
    /// # Errors
    /// Words where it cannot have been.
    pub(crate) fn replay(&mut self, entry: &JournalEntry) -> Result<(), String> {
        match entry {
            JournalEntry::Market { symbol, base, .. } => {
                self.list(symbol, base);
            }
            JournalEntry::Order { request, value_price, refused, at } => {
                let id = request.client_order_id.as_str();
                if self.entries.contains_key(id) {
                    return Err(format!("order {id} is asked for a second time"));
                }
                self.open(request.clone(), *value_price);
                if let Some(refused) = refused {
                    self.refuse(id, refused.clone(), *at);
                }
            }
            JournalEntry::Report { report, at } if self.book(report, *at) != Booked::New => {
                return Err(format!("what became of order {} cannot be", report.client_order_id));
            }
            JournalEntry::Report { .. } | JournalEntry::Outage { .. } => {}
        }
        Ok(())
    }

    /// The first answer to an order's placing is the one that everybody gets.
    fn settle(&mut self, client_order_id: &str, answer: Answer) {
        if let Some(entry) = self.entries.get_mut(client_order_id) {
            entry.answer.get_or_insert(answer);
        }
    }

    /// Moves an order along its life; false where it cannot go there.
    fn advance(&mut self, client_order_id: &str, event: OrderEvent) -> bool {
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
    fn fill(&mut self, client_order_id: &str, fill: &ReportedFill) -> Booked {
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
        let held = self.held.entry(symbol.clone()).or_default();
        held.price = fill.price;
        let paid = if self.bases.get(&symbol) == Some(&fill.fee_asset) { fill.fee } else { Decimal::ZERO };
        held.quantity = match side {
            Side::Buy => held.quantity + fill.quantity.decimal() - paid,
            Side::Sell => held.quantity - fill.quantity.decimal() - paid,
        };
        held.quantity = held.quantity.max(Decimal::ZERO);
        self.advance(client_order_id, OrderEvent::Fill { complete: filled == ordered });
        Booked::New
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
