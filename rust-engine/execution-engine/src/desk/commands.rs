//! What the strategy may ask, and the one answer it gets.

use common::market::{Symbol, Trust};
use common::number::Price;
use common::order::{OrderRequest, OrderStatus};
use common::time::UnixNanos;
use common::wire::{Command, CommandKind, ErrorType, Response};

use super::{Desk, Output, Step};
use crate::executor::ExecutorCall;
use crate::journal::JournalEntry;
use crate::ledger::Answer;
use crate::risk::{Approved, Circumstances, Refused, not_from_the_future};

const UNWRITABLE: &str = "the paper journal cannot be written";

impl Desk {
    pub(super) fn obey(&mut self, command: Command, now: UnixNanos, step: &mut Step) {
        self.stats.commands += 1;
        let Command { command_id, expires_at, kind, .. } = command;
        let expired = now > expires_at;
        if let Some(reason) = self.unwritable.clone().filter(|_| self.would_tell(&kind)) {
            let message = format!("{UNWRITABLE}: {reason}; ask again once it is");
            self.refuse(command_id, ErrorType::Unknown, message, now, step);
            return;
        }
        match kind {
            // An order that is known is answered whatever the time: it may be in the book.
            CommandKind::PlaceOrder { order } if self.ledger.get(&order.client_order_id).is_some() => {
                self.place_again(command_id, &order, now, step);
            }
            CommandKind::PlaceOrder { order } => self.place(command_id, order, expired, now, step),
            _ if expired => {
                self.refuse(command_id, ErrorType::Expired, "the command came past its expiry", now, step);
            }
            CommandKind::CancelOrder { client_order_id, symbol, decided_at } => {
                match not_from_the_future(decided_at, now) {
                    Ok(()) => {
                        let call = ExecutorCall::Cancel { client_order_id, symbol, decided_at: Some(decided_at) };
                        self.cancel(command_id, call, now, step);
                    }
                    Err(Refused { error_type, message }) => self.refuse(command_id, error_type, message, now, step),
                }
            }
            CommandKind::QueryOrder { client_order_id } => self.query(command_id, &client_order_id, now, step),
            CommandKind::QueryOpenOrders { symbol } => self.list_open(command_id, symbol.as_ref(), now, step),
            CommandKind::QueryFills { symbol, .. } if !self.ledger.lists(&symbol) => {
                self.refuse_symbol(command_id, &symbol, now, step);
            }
            CommandKind::QueryFills { symbol, after_trade_id } => {
                step.calls.push(ExecutorCall::TellFills { command_id, symbol, after_trade_id });
            }
            CommandKind::QueryAccount {} => step.calls.push(ExecutorCall::TellAccount { command_id }),
            CommandKind::RequestSnapshot { symbol } => self.request_snapshot(command_id, symbol, now, step),
            CommandKind::Heartbeat {} => {
                respond(step, Response::Success { command_id, message: "heartbeat".into(), timestamp: now });
                if self.switch.beat(now) {
                    self.change_state("the strategy's heartbeat is back", step);
                }
            }
            CommandKind::Shutdown {} => {
                respond(step, Response::Success { command_id, message: "shutting down".into(), timestamp: now });
                self.stop("shutdown command", step);
            }
        }
    }

    /// True where the answer tells how orders and money stand, which nobody must hear before it is kept.
    fn would_tell(&self, kind: &CommandKind) -> bool {
        let over = |id: &str| self.ledger.get(id).is_some_and(|entry| !entry.is_open());
        match kind {
            CommandKind::PlaceOrder { order } => {
                self.ledger.get(&order.client_order_id).is_some_and(|entry| entry.answer.is_some())
            }
            CommandKind::CancelOrder { client_order_id, .. } => over(client_order_id),
            CommandKind::QueryOrder { .. }
            | CommandKind::QueryOpenOrders { .. }
            | CommandKind::QueryFills { .. }
            | CommandKind::QueryAccount {} => true,
            CommandKind::RequestSnapshot { .. } | CommandKind::Heartbeat {} | CommandKind::Shutdown {} => false,
        }
    }

    fn place(&mut self, command_id: String, order: OrderRequest, expired: bool, now: UnixNanos, step: &mut Step) {
        let client_order_id = order.client_order_id.clone();
        let symbol = self.symbols.get(&order.symbol);
        let value_price = order.price.or(symbol.and_then(|known| known.last_price)).unwrap_or(Price::ZERO);
        let review = if expired {
            Err(Refused::new(ErrorType::Expired, "the command came past its expiry; the order was not placed"))
        } else {
            self.review(&order, now)
        };
        self.ledger.open(order.clone(), value_price).placing.push(command_id);
        let refused = review.as_ref().err().cloned();
        step.entries.push(JournalEntry::Order { request: order, value_price, refused, at: now });
        match review {
            Ok(approved) => step.calls.push(ExecutorCall::Place(approved)),
            Err(refused) => {
                self.ledger.refuse(&client_order_id, refused, now);
                self.give_answers(&client_order_id, step);
            }
        }
    }

    fn review(&mut self, order: &OrderRequest, now: UnixNanos) -> Result<Approved<OrderRequest>, Refused> {
        let symbol = self.symbols.get(&order.symbol);
        let Some((symbol, rules)) = symbol.and_then(|known| Some((known, known.rules.as_ref()?))) else {
            let message = format!("no rules are known for {}", order.symbol);
            return Err(Refused::new(ErrorType::UnknownSymbol, message));
        };
        if let Some(reason) = self.unwritable.as_ref().filter(|_| order.is_entry()) {
            return Err(Refused::new(ErrorType::Paused, format!("{UNWRITABLE}: {reason}; no entries until it is")));
        }
        let circumstances = Circumstances {
            state: self.state,
            trust: symbol.trust.unwrap_or(Trust::Rebuilding),
            rules,
            last_price: symbol.last_price,
            now,
            exposure: self.ledger.exposure(|symbol| self.symbols.get(symbol).and_then(|known| known.last_price)),
        };
        let approved = self.limits.review(order.clone(), &circumstances)?;
        let protective = !order.is_entry();
        if !protective && !self.breaker.allows(now) {
            return Err(Refused::new(ErrorType::CircuitOpen, "the circuit to the venue is open: no entries"));
        }
        self.bucket.take(now, protective).map_err(too_fast)?;
        self.breaker.begin(now);
        Ok(approved)
    }

    fn place_again(&mut self, command_id: String, order: &OrderRequest, now: UnixNanos, step: &mut Step) {
        self.stats.duplicate_orders += 1;
        let Some(entry) = self.ledger.get_mut(&order.client_order_id) else { return };
        if entry.state.request != *order {
            let message = format!("{} was used for a different order", order.client_order_id);
            self.refuse(command_id, ErrorType::Invalid, message, now, step);
            return;
        }
        entry.placing.push(command_id);
        self.give_answers(&order.client_order_id, step);
    }

    /// Gives everyone who waits for an order's placing the answer, if there is one yet.
    pub(super) fn give_answers(&mut self, client_order_id: &str, step: &mut Step) {
        let Some(entry) = self.ledger.get_mut(client_order_id) else { return };
        let Some(answer) = entry.answer.clone() else { return };
        let exchange_order_id = entry.state.exchange_order_id.clone();
        for command_id in std::mem::take(&mut entry.placing) {
            respond(
                step,
                match answer.clone() {
                    Answer::Placed { at: timestamp } => Response::OrderPlaced {
                        command_id,
                        client_order_id: client_order_id.to_owned(),
                        exchange_order_id: exchange_order_id.clone(),
                        timestamp,
                    },
                    Answer::Failed { error_type, message, at: timestamp } => {
                        *self.stats.refused.entry(error_type).or_default() += 1;
                        Response::Error { command_id, error_type, message, timestamp }
                    }
                },
            );
        }
    }

    fn cancel(&mut self, command_id: String, call: ExecutorCall, now: UnixNanos, step: &mut Step) {
        let ExecutorCall::Cancel { client_order_id, symbol, .. } = &call else { return };
        let entry = self.ledger.get_mut(client_order_id).filter(|entry| entry.state.request.symbol == *symbol);
        let Some(entry) = entry else {
            let message = format!("no order {client_order_id} was placed in {symbol}");
            self.refuse(command_id, ErrorType::UnknownOrder, message, now, step);
            return;
        };
        entry.canceling.push(command_id);
        if !entry.is_open() {
            self.settle_cancels(client_order_id, now, step);
        } else if !entry.cancel_sent {
            if let Err(wait) = self.bucket.take(now, true) {
                let Refused { error_type, message } = too_fast(wait);
                self.fail_cancels(client_order_id, error_type, &message, now, step);
                return;
            }
            entry.cancel_sent = true;
            step.calls.push(call);
        }
    }

    /// Tells those who wait for a cancel how the order ended: taken back, or otherwise, with its final state.
    pub(super) fn settle_cancels(&mut self, client_order_id: &str, now: UnixNanos, step: &mut Step) {
        let Some(entry) = self.ledger.get_mut(client_order_id) else { return };
        for command_id in std::mem::take(&mut entry.canceling) {
            respond(
                step,
                if entry.state.status == OrderStatus::Canceled {
                    let client_order_id = client_order_id.to_owned();
                    Response::OrderCanceled { command_id, client_order_id, timestamp: now }
                } else {
                    Response::OrderStatus { command_id, order: entry.state.clone() }
                },
            );
        }
    }

    /// Tells those who wait for a cancel that it failed; another may be tried.
    pub(super) fn fail_cancels(
        &mut self,
        client_order_id: &str,
        error_type: ErrorType,
        message: &str,
        now: UnixNanos,
        step: &mut Step,
    ) {
        let Some(entry) = self.ledger.get_mut(client_order_id) else { return };
        entry.cancel_sent = false;
        for command_id in std::mem::take(&mut entry.canceling) {
            self.refuse(command_id, error_type, message, now, step);
        }
    }

    fn query(&mut self, command_id: String, client_order_id: &str, now: UnixNanos, step: &mut Step) {
        match self.ledger.get(client_order_id) {
            Some(entry) => respond(step, Response::OrderStatus { command_id, order: entry.state.clone() }),
            None => {
                let message = format!("no order {client_order_id} was placed here");
                self.refuse(command_id, ErrorType::UnknownOrder, message, now, step);
            }
        }
    }

    fn list_open(&mut self, command_id: String, symbol: Option<&Symbol>, now: UnixNanos, step: &mut Step) {
        if let Some(symbol) = symbol.filter(|symbol| !self.ledger.lists(symbol)) {
            self.refuse_symbol(command_id, symbol, now, step);
            return;
        }
        let orders = self.ledger.open_orders().map(|entry| &entry.state);
        let orders = orders.filter(|order| symbol.is_none_or(|symbol| order.request.symbol == *symbol)).cloned();
        respond(step, Response::OpenOrders { command_id, orders: orders.collect() });
    }

    fn request_snapshot(&mut self, command_id: String, symbol: Symbol, now: UnixNanos, step: &mut Step) {
        if self.symbols.get(&symbol).is_none_or(|known| known.rules.is_none()) {
            self.refuse_symbol(command_id, &symbol, now, step);
            return;
        }
        let message = format!("publishing {symbol}");
        respond(step, Response::Success { command_id, message, timestamp: now });
        step.outputs.push(Output::PublishSnapshot(symbol));
    }

    fn refuse_symbol(&mut self, command_id: String, symbol: &Symbol, now: UnixNanos, step: &mut Step) {
        self.refuse(command_id, ErrorType::UnknownSymbol, format!("no rules are known for {symbol}"), now, step);
    }

    fn refuse(
        &mut self,
        command_id: String,
        error_type: ErrorType,
        message: impl Into<String>,
        now: UnixNanos,
        step: &mut Step,
    ) {
        *self.stats.refused.entry(error_type).or_default() += 1;
        respond(step, Response::Error { command_id, error_type, message: message.into(), timestamp: now });
    }
}

fn too_fast(wait_ns: i64) -> Refused {
    Refused::new(ErrorType::Limit, format!("too many calls: the next is free in {} ms", wait_ns / 1_000_000 + 1))
}

fn respond(step: &mut Step, response: Response) {
    step.outputs.push(Output::Respond(response));
}
