//! The desk and the paper executor, wired into one step.

use std::collections::VecDeque;

use common::time::UnixNanos;

use crate::config::{DeskConfig, PaperConfig};
use crate::desk::{Desk, Input, Output};
use crate::executor::ExecutorReport;
use crate::paper::Paper;

/// Paper trading behind one door. Deterministic: the same inputs at the same times give the same outputs.
///
/// Give it every market event (books too: paper orders fill on them), every command, and a tick at least every 100 ms,
/// or what is due in a silent market stays unanswered.
///
/// ```
/// use common::time::UnixNanos;
/// use common::wire::{Command, CommandKind, Response};
/// # use execution_engine::{BreakerConfig, DeskConfig, FillModel, PaperConfig, RateLimitConfig};
/// use execution_engine::{Input, Output, PaperDesk};
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
/// let mut desk = PaperDesk::new(&desk_config, &paper_config);
/// let kind = CommandKind::Heartbeat {};
/// let command = Command { command_id: "c1".into(), trace_id: "t1".into(), expires_at: UnixNanos(9), kind };
/// let outputs = desk.step(Input::Command(command), UnixNanos(5));
/// assert!(matches!(&outputs[..], [Output::Respond(Response::Success { command_id, .. })] if command_id == "c1"));
/// ```
#[derive(Clone, Debug)]
pub struct PaperDesk {
    desk: Desk,
    paper: Paper,
}

impl PaperDesk {
    /// A desk that trades on paper.
    #[must_use]
    pub fn new(desk: &DeskConfig, paper: &PaperConfig) -> Self {
        Self { desk: Desk::new(desk), paper: Paper::new(paper) }
    }

    /// The desk, to read its state and counters.
    #[must_use]
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The executor, to read its counters.
    #[must_use]
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
            Input::Command(_) | Input::Report(_) | Input::Stop { .. } => Vec::new(),
        };
        let mut outputs = Vec::new();
        let mut consequences = VecDeque::new();
        for report in reports {
            self.take(Input::Report(report), now, &mut outputs, &mut consequences);
        }
        self.take(input, now, &mut outputs, &mut consequences);
        while let Some(report) = consequences.pop_front() {
            self.take(Input::Report(report), now, &mut outputs, &mut consequences);
        }
        outputs
    }

    fn take(
        &mut self,
        input: Input,
        now: UnixNanos,
        outputs: &mut Vec<Output>,
        consequences: &mut VecDeque<ExecutorReport>,
    ) {
        let step = self.desk.step(input, now);
        outputs.extend(step.outputs);
        for call in &step.calls {
            consequences.extend(self.paper.call(call));
        }
    }
}
