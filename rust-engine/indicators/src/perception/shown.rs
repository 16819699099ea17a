//! What a perception shows to those who decide.

use super::{BookCondition, Perception};
use crate::candle_watch::CandleWatch;
use crate::flags::Inputs;
use crate::market::Bar;
use crate::ordering::Ordering;
use crate::senses::Senses;

impl Perception {
    /// Events in their order: history, the clock's offset.
    pub fn ordering_mut(&mut self) -> &mut Ordering {
        &mut self.ordering
    }

    /// Events in their order: now, holding.
    #[must_use]
    #[inline]
    pub fn ordering(&self) -> &Ordering {
        &self.ordering
    }

    /// Bars, indicators, fall and range.
    #[must_use]
    pub fn senses(&self) -> &Senses {
        &self.senses
    }

    /// The bars that closed with the last event, as they closed, and the candles that they completed; oldest first.
    #[must_use]
    pub fn closed_now(&self) -> (&[Bar], &[Bar]) {
        let completed = if self.closed_now.is_empty() { &[] } else { self.candles.completed() };
        (&self.closed_now, completed)
    }

    /// What the candles are judged by.
    #[must_use]
    pub fn candles(&self) -> &CandleWatch {
        &self.candles
    }

    /// Mask of the firings held at the last judgement.
    #[must_use]
    pub fn held(&self) -> u8 {
        self.quorum.held()
    }

    /// What the state is judged by, as of the last event.
    #[must_use]
    pub fn inputs(&self) -> Inputs {
        self.inputs
    }

    /// Price of the last print; 0 before the first.
    #[must_use]
    pub fn last_price(&self) -> f64 {
        self.last_price
    }

    /// Best bid of a trusted book; 0 without one.
    #[must_use]
    pub fn best_bid(&self) -> f64 {
        self.best_bid
    }

    /// The condition of the book; none until it is told (again).
    #[must_use]
    pub fn book_condition(&self) -> Option<BookCondition> {
        self.book
    }

    /// Notional in the band of the last book, and its spread as a fraction of mid.
    #[must_use]
    pub fn book_figures(&self) -> (f64, f64) {
        (self.liquidity, self.spread)
    }

    /// Was the former run taken up?
    #[must_use]
    pub fn recalled(&self) -> bool {
        self.recalled
    }
}
