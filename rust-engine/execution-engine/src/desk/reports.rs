//! What an executor reports, booked into the ledger and told to whoever waits.

use common::error::ErrorKind;
use common::order::OrderStatus;
use common::time::UnixNanos;
use common::wire::{ErrorType, Execution, Response};

use super::{Alert, Desk, Output, Step};
use crate::executor::{ExecutorReport, Reported};
use crate::journal::JournalEntry;
use crate::ledger::{Booked, Entry};

impl Desk {
    pub(super) fn book(&mut self, report: ExecutorReport, now: UnixNanos, step: &mut Step) {
        if self.ledger.get(&report.client_order_id).is_none() {
            self.doubt(report, step);
            return;
        }
        self.judge_call(&report.what, now, step);
        let fatal = match &report.what {
            Reported::Refused { kind: ErrorKind::Fatal, reason } => Some(reason.clone()),
            _ => None,
        };
        match self.ledger.book(&report, now) {
            Booked::New => self.tell(report, now, step),
            Booked::Duplicate => self.stats.duplicate_fills += 1,
            Booked::Impossible => self.doubt(report, step),
            Booked::Nothing => self.cancel_refused(&report, now, step),
        }
        if let Some(reason) = fatal {
            self.halted = true;
            step.outputs.push(Output::Alert(Alert::Fatal { reason: reason.clone() }));
            self.cancel_entries(step);
            self.change_state(&reason, step);
        }
    }

    /// Keeps what was booked, answers who waits, then publishes the execution.
    fn tell(&mut self, report: ExecutorReport, now: UnixNanos, step: &mut Step) {
        let id = report.client_order_id.clone();
        self.give_answers(&id, step);
        if let Some(execution) = self.execution(&report) {
            step.outputs.push(Output::Respond(Response::OrderExecution(execution)));
        }
        step.entries.push(JournalEntry::Report { report, at: now });
        if !self.ledger.get(&id).is_some_and(Entry::is_open) {
            self.settle_cancels(&id, now, step);
        }
    }

    /// What the strategy hears of a report; nothing of one that leaves the order's fate open.
    fn execution(&self, report: &ExecutorReport) -> Option<Execution> {
        let state = &self.ledger.get(&report.client_order_id)?.state;
        if state.status == OrderStatus::Unknown {
            return None;
        }
        let (fill, reason) = match &report.what {
            Reported::Filled(fill) => (Some(fill), ""),
            Reported::Refused { reason, .. } | Reported::Expired { reason } => (None, reason.as_str()),
            _ => (None, ""),
        };
        Some(Execution {
            client_order_id: report.client_order_id.clone(),
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
            timestamp: report.at,
        })
    }

    fn cancel_refused(&mut self, report: &ExecutorReport, now: UnixNanos, step: &mut Step) {
        let Reported::CancelRefused { kind, reason } = &report.what else { return };
        let id = report.client_order_id.as_str();
        if !self.ledger.get(id).is_some_and(Entry::is_open) {
            // The cancel came too late; whoever waited for it was told how the order ended.
            self.settle_cancels(id, now, step);
            return;
        }
        let error_type = if *kind == ErrorKind::Unknown { ErrorType::Unknown } else { ErrorType::Rejected };
        self.fail_cancels(id, error_type, reason, now, step);
    }

    /// Each call that comes back is a result for the circuit. A refusal is the venue at work; anything else that
    /// did not happen is a failed call.
    fn judge_call(&mut self, what: &Reported, now: UnixNanos, step: &mut Step) {
        let failure = match what {
            Reported::Filled(_) | Reported::Expired { .. } => return,
            Reported::Accepted | Reported::Canceled => None,
            Reported::Refused { kind, reason } | Reported::CancelRefused { kind, reason } => {
                (*kind != ErrorKind::Rejected).then_some(reason)
            }
        };
        if self.breaker.record(failure.is_none(), now) {
            let reason = failure.cloned().unwrap_or_default();
            step.outputs.push(Output::Alert(Alert::CircuitOpened { reason }));
        }
    }

    fn doubt(&mut self, report: ExecutorReport, step: &mut Step) {
        self.stats.impossible_reports += 1;
        step.outputs.push(Output::Alert(Alert::ImpossibleReport { report: Box::new(report) }));
    }
}
