//! What an executor reports, booked into the ledger and told to whoever waits.

use common::error::ErrorKind;
use common::order::OrderEvent;
use common::time::UnixNanos;
use common::wire::{ErrorType, Execution, Response};

use super::{Alert, Desk, Output, Step};
use crate::executor::{ExecutorReport, Reported, ReportedFill};
use crate::ledger::{Answer, Booked};

impl Desk {
    pub(super) fn book(&mut self, report: ExecutorReport, now: UnixNanos, step: &mut Step) {
        let id = report.client_order_id.clone();
        let Some(entry) = self.ledger.get_mut(&id) else {
            self.doubt(report, step);
            return;
        };
        if entry.state.exchange_order_id.is_none() {
            entry.state.exchange_order_id.clone_from(&report.exchange_order_id);
        }
        let at = report.at;
        match &report.what {
            Reported::Accepted => {
                self.breaker_result(None, now, step);
                self.change(report, OrderEvent::Accepted, now, step);
            }
            Reported::Filled(fill) => match self.ledger.fill(&id, fill) {
                Booked::New => {
                    self.take_fee(&id, fill);
                    self.tell(&id, Some(fill), "", at, now, step);
                }
                Booked::Duplicate => self.stats.duplicate_fills += 1,
                Booked::Impossible => self.doubt(report, step),
            },
            Reported::Expired { .. } => self.change(report, OrderEvent::Expired, now, step),
            Reported::Canceled => {
                self.breaker_result(None, now, step);
                self.change(report, OrderEvent::Cancelled, now, step);
            }
            Reported::Refused { kind, reason } => self.refused(&id, *kind, &reason.clone(), report, now, step),
            Reported::CancelRefused { kind, reason } => {
                self.breaker_result(failure(*kind, reason), now, step);
                self.cancel_refused(&id, *kind, reason, now, step);
            }
        }
    }

    fn refused(
        &mut self,
        id: &str,
        kind: ErrorKind,
        reason: &str,
        report: ExecutorReport,
        now: UnixNanos,
        step: &mut Step,
    ) {
        self.breaker_result(failure(kind, reason), now, step);
        let unknown = kind == ErrorKind::Unknown;
        if self.ledger.get(id).is_some_and(|entry| entry.answer.is_none()) {
            let error_type = if unknown { ErrorType::Unknown } else { ErrorType::Rejected };
            self.answer(id, Answer::Failed { error_type, message: reason.to_owned(), at: now }, step);
        }
        if !unknown {
            self.change(report, OrderEvent::Refused, now, step);
        } else if !self.ledger.advance(id, OrderEvent::TimedOut) {
            self.doubt(report, step);
        }
        if kind == ErrorKind::Fatal {
            self.halted = true;
            step.outputs.push(Output::Alert(Alert::Fatal { reason: reason.to_owned() }));
            self.cancel_entries(step);
            self.change_state(reason, step);
        }
    }

    fn cancel_refused(&mut self, id: &str, kind: ErrorKind, reason: &str, now: UnixNanos, step: &mut Step) {
        let open = self.ledger.get(id).is_some_and(crate::ledger::Entry::is_open);
        if !open {
            // The cancel came too late; whoever waited for it was told how the order ended.
            self.settle_cancels(id, now, step);
            return;
        }
        let error_type = if kind == ErrorKind::Unknown { ErrorType::Unknown } else { ErrorType::Rejected };
        self.fail_cancels(id, error_type, reason, now, step);
    }

    /// Moves the order along its life and tells everyone; what cannot be is alerted and changes nothing.
    fn change(&mut self, report: ExecutorReport, event: OrderEvent, now: UnixNanos, step: &mut Step) {
        let ExecutorReport { client_order_id, at, what, .. } = &report;
        if !self.ledger.advance(client_order_id, event) {
            self.doubt(report, step);
            return;
        }
        let reason = match what {
            Reported::Refused { reason, .. } | Reported::Expired { reason } => reason,
            _ => "",
        };
        self.tell(client_order_id, None, reason, *at, now, step);
    }

    /// Answers who waits, then publishes the execution.
    fn tell(
        &mut self,
        id: &str,
        fill: Option<&ReportedFill>,
        reason: &str,
        at: UnixNanos,
        now: UnixNanos,
        step: &mut Step,
    ) {
        let Some(entry) = self.ledger.get(id) else { return };
        if entry.answer.is_none() {
            self.answer(id, Answer::Placed { at: now }, step);
        }
        let Some(entry) = self.ledger.get(id) else { return };
        let state = &entry.state;
        step.outputs.push(Output::Respond(Response::OrderExecution(Execution {
            client_order_id: id.to_owned(),
            exchange_order_id: state.exchange_order_id.clone().unwrap_or_default(),
            status: state.status,
            filled_quantity: state.filled_quantity,
            price: state.request.price,
            last_quantity: fill.map(|fill| fill.quantity),
            last_price: fill.map(|fill| fill.price),
            fee: fill.map(|fill| fill.fee),
            fee_asset: fill.map(|fill| fill.fee_asset.clone()),
            trade_id: fill.map(|fill| fill.trade_id),
            reason: reason.to_owned(),
            timestamp: at,
        })));
        if state.status.is_final() {
            self.settle_cancels(id, now, step);
        }
    }

    fn take_fee(&mut self, id: &str, fill: &ReportedFill) {
        let Some(entry) = self.ledger.get(id) else { return };
        let symbol = entry.state.request.symbol.clone();
        let rules = self.symbols.get(&symbol).and_then(|known| known.rules.as_ref());
        if rules.is_some_and(|rules| rules.base == fill.fee_asset) {
            self.ledger.pay_in_base(&symbol, fill.fee);
        }
    }

    /// A call came back; `failure` is why it failed, if it did.
    fn breaker_result(&mut self, failure: Option<&str>, now: UnixNanos, step: &mut Step) {
        if self.breaker.record(failure.is_none(), now) {
            let reason = failure.unwrap_or_default().to_owned();
            step.outputs.push(Output::Alert(Alert::CircuitOpened { reason }));
        }
    }

    fn doubt(&mut self, report: ExecutorReport, step: &mut Step) {
        self.stats.impossible_reports += 1;
        step.outputs.push(Output::Alert(Alert::ImpossibleReport { report: Box::new(report) }));
    }
}

/// A refusal is the venue at work; anything else is a failed call.
fn failure(kind: ErrorKind, reason: &str) -> Option<&str> {
    (kind != ErrorKind::Rejected).then_some(reason)
}
