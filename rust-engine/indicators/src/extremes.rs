//! New highs and lows of the closed seconds: when the market turned, and when it is still falling.

use std::collections::VecDeque;

use crate::market::Bar;

const LOW_WINDOW_SECONDS: usize = 60;

/// Watches closed one-second bars for a new extreme of a short window and a new low of the last minute.
///
/// Only bars that traded can make an extreme; the first bar of all is not one, for there is nothing to compare.
#[derive(Clone, Debug)]
pub struct LocalExtremes {
    window_seconds: usize,
    lows: VecDeque<f64>,
    highs: VecDeque<f64>,
    minute: VecDeque<f64>,
    least_of_minute: f64,
    closed_since_low: Option<u64>,
}

impl LocalExtremes {
    /// Before the first bar; the short window holds so many.
    #[must_use]
    pub fn new(window_seconds: usize) -> Self {
        Self {
            window_seconds,
            lows: VecDeque::with_capacity(window_seconds),
            highs: VecDeque::with_capacity(window_seconds),
            minute: VecDeque::with_capacity(LOW_WINDOW_SECONDS),
            least_of_minute: f64::INFINITY,
            closed_since_low: None,
        }
    }

    /// Takes the next closed second; true when it made a new extreme of the short window.
    pub fn close(&mut self, bar: &Bar) -> bool {
        let mut new_extreme = false;
        self.closed_since_low = self.closed_since_low.map(|seconds| seconds + 1);
        if !self.lows.is_empty() && bar.trade_count > 0 {
            if bar.low < self.least_of_minute {
                self.closed_since_low = Some(0);
            }
            new_extreme = self.lows.iter().all(|low| bar.low < *low) || self.highs.iter().all(|high| bar.high > *high);
        }
        push(&mut self.lows, self.window_seconds, bar.low);
        push(&mut self.highs, self.window_seconds, bar.high);
        let leaves = push(&mut self.minute, LOW_WINDOW_SECONDS, bar.low);
        if bar.low <= self.least_of_minute {
            self.least_of_minute = bar.low;
        } else if leaves == Some(self.least_of_minute) {
            self.least_of_minute = self.minute.iter().copied().fold(f64::INFINITY, f64::min);
        }
        new_extreme
    }

    /// Closed seconds after the one that made the last new 60-second low; None when none was made.
    #[must_use]
    pub fn seconds_since_low(&self) -> Option<u64> {
        self.closed_since_low
    }
}

/// Puts a price into a window; returns the one that leaves it when it is full.
fn push(window: &mut VecDeque<f64>, capacity: usize, price: f64) -> Option<f64> {
    let oldest = if window.len() == capacity { window.pop_front() } else { None };
    window.push_back(price);
    oldest
}
