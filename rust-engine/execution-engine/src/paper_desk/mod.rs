//! The desk and the paper executor, wired into one step, and the account's journal between them and the world.

mod shown;

use std::collections::VecDeque;

use common::error::ErrorKind;
use common::order::OrderRequest;
use common::time::UnixNanos;
use common::wire::{ErrorType, Response};

use crate::config::{DeskConfig, PaperConfig};
use crate::desk::{Desk, Input, Output};
use crate::executor::{ExecutorCall, ExecutorReport, Reported};
use crate::journal::{JournalEntry, PaperAccount};
use crate::paper::Paper;
use crate::recovered::Recovered;
use crate::risk::Approved;

pub use shown::ShownMarket;

/// Paper trading behind one door. Deterministic: the same inputs at the same times give the same outputs.
///
/// Give it every market event (books too: paper orders fill on them), every command, and a tick at least every 100 ms,
/// or what is due in a silent market stays unanswered.
///
/// An order is executed, and what became of it is told, only after it was kept: where the last output is an
/// [`Output::Keep`], write it, and step [`Input::Journal`] before anything else. What could not be kept is given again
/// at the next step that changes something and at every tick, until it is; meanwhile nobody hears of it.
///
/// ```
/// use common::time::UnixNanos;
/// use common::wire::{Command, CommandKind, Response};
/// # use execution_engine::{BreakerConfig, DeskConfig, FillModel, PaperConfig, RateLimitConfig};
/// use execution_engine::{Input, Output, PaperAccount, PaperDesk};
/// # let breaker =
/// #     BreakerConfig { consecutive_failures: 5, failure_rate: 0.5, window_ns: 1, min_samples: 10, open_ns: 1 };
/// # let desk_config = DeskConfig {
/// #     max_order_notional: 1000.into(), max_exposure: 5000.into(), heartbeat_timeout_ms: 2000, breaker,
/// #     rate_limit: RateLimitConfig { calls: 50, window_ns: 1, reserve: 10 },
/// # };
/// # let paper_config = PaperConfig {
/// #     order_latency_ms: 50.0, fill_model: FillModel::Queue, maker_fee_rate: 0.into(), taker_fee_rate: 0.into(),
/// #     slippage_bps: 0.into(),
/// # };
/// let account = PaperAccount::born(UnixNanos(1), 10_000.into());
/// let mut desk = PaperDesk::new(&desk_config, &paper_config, account);
/// let kind = CommandKind::Heartbeat {};
/// let command = Command { command_id: "c1".into(), trace_id: "t1".into(), expires_at: UnixNanos(9), kind };
/// let outputs = desk.step(Input::Command(command), UnixNanos(5));
/// assert!(matches!(&outputs[..], [Output::Respond(Response::Success { command_id, .. })] if command_id == "c1"));
/// ```
#[derive(Clone, Debug)]
pub struct PaperDesk {
    desk: Desk,
    paper: Paper,
    /// What has happened and is not kept yet, oldest first.
    unkept: Vec<JournalEntry>,
    /// What may be told once it is.
    withheld: Vec<Output>,
    asked: Option<Asked>,
}

/// An order that waits for being kept, or for being refused because it could not be.
#[derive(Clone, Debug)]
struct Asked {
    /// Let through; none where it was refused anyway.
    order: Option<Approved<OrderRequest>>,
    /// What was unkept before it.
    unkept: usize,
    /// What was withheld before its answer.
    withheld: usize,
}

/// What one step has led to so far.
#[derive(Debug, Default)]
struct Flow {
    outputs: Vec<Output>,
    entries: Vec<JournalEntry>,
    order: Option<Approved<OrderRequest>>,
    reports: VecDeque<ExecutorReport>,
}

impl PaperDesk {
    /// A desk that trades on paper. What its account's journal holds is to be replayed before it begins.
    #[must_use]
    pub fn new(desk: &DeskConfig, paper: &PaperConfig, account: PaperAccount) -> Self {
        let (desk, paper) = (Desk::new(desk), Paper::new(paper, account));
        Self { desk, paper, unkept: Vec::new(), withheld: Vec::new(), asked: None }
    }

    /// Does again what a journal says was done: the same orders, fills, money and counters as if it had never ended.
    ///
    /// # Errors
    /// Words where it cannot have been: the journal is damaged, or of something else.
    pub fn replay(&mut self, entry: &JournalEntry) -> Result<(), String> {
        self.desk.replay(entry)?;
        self.paper.replay(entry)
    }

    /// Goes on where the journal ends, at `now` (our wall clock). Orders that still work stand again, behind everybody
    /// else, as soon as their book is trusted; entries among them are taken back unless a heartbeat comes in time.
    pub fn begin(&mut self, now: UnixNanos) {
        self.desk.begin(now);
        self.paper.begin();
    }

    /// What was found in the journal.
    #[must_use]
    pub fn recovered(&self) -> Recovered {
        Recovered {
            account_id: self.paper.account_id().to_owned(),
            working: self.desk.working().map(str::to_owned).collect(),
            fills: self.paper.last_trade_id(),
            balances: self.paper.balances(),
        }
    }

    /// The desk, to read its state and counters.
    #[must_use]
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The executor, to read its counters.
    #[must_use]
    #[inline]
    pub const fn paper(&self) -> &Paper {
        &self.paper
    }

    /// Takes one event at `now` (our wall clock), and says what is to be done.
    ///
    /// Market events and ticks reach our orders first: a fill is told before anything that the event itself causes.
    pub fn step(&mut self, input: Input, now: UnixNanos) -> Vec<Output> {
        let reports = match &input {
            Input::Market(event) => self.paper.market(event),
            Input::Tick { exchange_now } => self.paper.tick(*exchange_now),
            Input::Journal(Ok(())) => return self.kept(now),
            Input::Journal(Err(reason)) => return self.not_kept(reason.clone(), now),
            Input::Command(_) | Input::Report(_) | Input::Stop { .. } => Vec::new(),
        };
        self.go_on(reports, Some(input), now)
    }

    /// Takes what the executor reports of an event, and then the event, where the desk has not seen it.
    fn go_on(&mut self, reports: Vec<ExecutorReport>, input: Option<Input>, now: UnixNanos) -> Vec<Output> {
        let ticks = matches!(input, Some(Input::Tick { .. }));
        let mut flow = Flow::default();
        for report in reports {
            self.take(Input::Report(report), now, &mut flow);
        }
        if let Some(input) = input {
            self.take(input, now, &mut flow);
        }
        self.follow(now, &mut flow);
        if let [JournalEntry::Order { .. }] = &flow.entries[..] {
            let (order, unkept, withheld) = (flow.order.take(), self.unkept.len(), self.withheld.len());
            self.asked = Some(Asked { order, unkept, withheld });
        }
        let to_be_kept = !flow.entries.is_empty() || ticks && !self.unkept.is_empty();
        self.hold(flow, to_be_kept)
    }

    /// Everything is on the disk: it is told, and the order that waited for it goes on its way.
    fn kept(&mut self, now: UnixNanos) -> Vec<Output> {
        self.unkept.clear();
        let mut outputs = std::mem::take(&mut self.withheld);
        let mut flow = Flow::default();
        self.take(Input::Journal(Ok(())), now, &mut flow);
        if let Some(order) = self.asked.take().and_then(|asked| asked.order) {
            flow.reports.extend(self.paper.place(order.get()));
            self.follow(now, &mut flow);
        }
        let to_be_kept = !flow.entries.is_empty();
        outputs.extend(self.hold(flow, to_be_kept));
        outputs
    }

    /// Nothing is on the disk. An order that was to be kept never was; what has happened waits.
    fn not_kept(&mut self, reason: String, now: UnixNanos) -> Vec<Output> {
        let mut outputs = Vec::new();
        if let Some(asked) = self.asked.take() {
            self.unkept.truncate(asked.unkept);
            outputs = self.withheld.split_off(asked.withheld);
            if let Some(order) = asked.order {
                let mut refusal = Flow::default();
                self.take(Input::Report(unkept(order.get(), &reason)), now, &mut refusal);
                outputs.extend(refusal.outputs);
            }
        }
        let mut flow = Flow::default();
        self.take(Input::Journal(Err(reason)), now, &mut flow);
        outputs.extend(self.hold(flow, false));
        outputs
    }

    fn take(&mut self, input: Input, now: UnixNanos, flow: &mut Flow) {
        let step = self.desk.step(input, now);
        flow.outputs.extend(step.outputs);
        flow.entries.extend(step.entries);
        for call in step.calls {
            match call {
                ExecutorCall::Place(order) => flow.order = Some(order),
                ExecutorCall::Cancel { client_order_id, symbol, decided_at } => {
                    flow.reports.extend(self.paper.cancel(&client_order_id, &symbol, decided_at));
                }
                ExecutorCall::TellFills { command_id, symbol, after_trade_id } => {
                    let timestamp = now;
                    flow.outputs.push(Output::Respond(match self.paper.fills(&symbol, after_trade_id) {
                        Ok((fills, more)) => Response::Fills { command_id, fills, more, timestamp },
                        Err(message) => {
                            let error_type = ErrorType::Invalid;
                            Response::Error { command_id, error_type, message, timestamp }
                        }
                    }));
                }
                ExecutorCall::TellAccount { command_id } => {
                    let (account_id, balances) = (self.paper.account_id().to_owned(), self.paper.balances());
                    let account = Response::Account { command_id, account_id, balances, timestamp: now };
                    flow.outputs.push(Output::Respond(account));
                }
            }
        }
    }

    /// Takes what the executor reported of the desk's own calls, and what follows from that.
    fn follow(&mut self, now: UnixNanos, flow: &mut Flow) {
        while let Some(report) = flow.reports.pop_front() {
            self.take(Input::Report(report), now, flow);
        }
    }

    /// Withholds what follows from something that is not kept yet, and returns the rest.
    fn hold(&mut self, flow: Flow, to_be_kept: bool) -> Vec<Output> {
        let mut outputs = flow.outputs;
        if !flow.entries.is_empty() {
            let (told, withheld) = outputs.into_iter().partition(|output| !tells_of_orders(output));
            outputs = told;
            self.withheld.extend::<Vec<Output>>(withheld);
            self.unkept.extend(flow.entries);
        }
        if to_be_kept {
            outputs.push(Output::Keep(self.unkept.clone()));
        }
        outputs
    }
}

fn tells_of_orders(output: &Output) -> bool {
    matches!(output, Output::Respond(response) if !matches!(response, Response::Success { .. }))
}

fn unkept(order: &OrderRequest, reason: &str) -> ExecutorReport {
    let reason = format!("the paper journal cannot be written: {reason}; the order was not placed");
    ExecutorReport {
        client_order_id: order.client_order_id.clone(),
        exchange_order_id: None,
        at: order.decided_at,
        what: Reported::Refused { kind: ErrorKind::Rejected, reason },
    }
}
