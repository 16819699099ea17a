//! The baselines of the running indicators: kept over a restart, dropped, and told if they are the market's own.

use super::Running;

/// The samples of every baseline, one per second taken, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baselines {
    /// Of volatility.
    pub squared_returns: Vec<f64>,
    /// Of the spread.
    pub spreads: Vec<f64>,
    /// Of volume delta.
    pub volume_deltas: Vec<f64>,
    /// Of message velocity.
    pub print_counts: Vec<f64>,
    /// Of message velocity.
    pub level_counts: Vec<f64>,
}

impl Running {
    /// Makes room for history: drops the baselines of prints.
    pub(crate) fn forget_print_baselines(&mut self) {
        self.volatility.squares.refill(&[]);
        self.volume_delta.sums.refill(&[]);
        self.message_velocity.print_counts.refill(&[]);
    }

    /// Baselines stand still from here on: it is asked later if they have got over it.
    pub(crate) fn mark(&mut self) {
        self.volatility.squares.mark();
        self.spread.mark();
        self.volume_delta.sums.mark();
        self.message_velocity.print_counts.mark();
        self.message_velocity.level_counts.mark();
    }

    /// Are the baselines, to the last bit, what they would be without the mark? Nothing is left in them from before it.
    pub(crate) fn is_past_mark(&self) -> bool {
        self.volatility.squares.is_rebuilt_past_mark()
            && self.spread.is_past_mark()
            && self.volume_delta.sums.is_rebuilt_past_mark()
            && self.message_velocity.print_counts.is_past_mark()
            && self.message_velocity.level_counts.is_past_mark()
    }

    /// The samples of every baseline.
    #[must_use]
    pub fn baselines(&self) -> Baselines {
        Baselines {
            squared_returns: self.volatility.squares.samples(),
            spreads: self.spread.samples.samples(),
            volume_deltas: self.volume_delta.sums.samples(),
            print_counts: self.message_velocity.print_counts.samples(),
            level_counts: self.message_velocity.level_counts.samples(),
        }
    }

    /// Takes the samples of a former run in place of all there are.
    pub(crate) fn recall_baselines(&mut self, baselines: &Baselines) {
        self.volatility.squares.refill(&baselines.squared_returns);
        self.spread.samples.refill(&baselines.spreads);
        self.volume_delta.sums.refill(&baselines.volume_deltas);
        self.message_velocity.print_counts.refill(&baselines.print_counts);
        self.message_velocity.level_counts.refill(&baselines.level_counts);
        self.volume_delta.refresh();
        self.message_velocity.refresh();
    }
}
