//! The desk and the paper executor, wired into one step.

use std::collections::VecDeque;

use common::time::UnixNanos;

use crate::config::{DeskConfig, PaperConfig};
use crate::desk::{Desk, Input, Output};
use crate::paper::Paper;

/// Paper trading behind one door. Deterministic: the same inputs at the same times give the same outputs.
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
        let mut outputs = Vec::new();
        let reports = match &input {
            Input::Market(event) => self.paper.market(event),
            Input::Tick { exchange_now } => self.paper.tick(*exchange_now),
            Input::Command(_) | Input::Report(_) | Input::Stop { .. } => Vec::new(),
        };
        let mut inputs: VecDeque<Input> = reports.into_iter().map(Input::Report).collect();
        inputs.push_back(input);
        while let Some(input) = inputs.pop_front() {
            let step = self.desk.step(input, now);
            outputs.extend(step.outputs);
            for call in &step.calls {
                inputs.extend(self.paper.call(call).into_iter().map(Input::Report));
            }
        }
        outputs
    }
}
