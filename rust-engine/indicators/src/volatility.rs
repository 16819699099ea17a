//! Indicator 1: realised volatility of the last seconds against its own five minutes.

use std::collections::VecDeque;

use crate::rolling::{MIN_BASELINE_SAMPLES, RollingMean, sum};
use crate::verdict::Verdict;

const FLOOR: f64 = 1e-6;

/// σ = root mean square of the running return ln(P / last close) and the closed 1-s log returns before it.
///
/// The window holds `window_seconds` returns, the running one included; σ₀ is the same over the baseline's closed
/// returns, at least 1e-6. Fires when σ / σ₀ > `multiplier` or σ > `absolute_threshold`. No mean is subtracted: over
/// seconds it is noise (Andersen & Bollerslev 1998).
#[derive(Clone, Debug)]
pub struct Volatility {
    /// As of the last price.
    pub verdict: Verdict,
    /// Squared returns of the baseline.
    pub squares: RollingMean,
    multiplier: f64,
    absolute_threshold: f64,
    closed_returns: usize,
    returns: VecDeque<f64>,
    sum_of_squares: f64,
    /// What the running return is measured from: the last close, or the first price.
    anchor: f64,
    anchor_closed: bool,
}

impl Volatility {
    /// Before any price. `window_seconds` is at least 2.
    #[must_use]
    pub fn new(window_seconds: usize, baseline_seconds: usize, multiplier: f64, absolute_threshold: f64) -> Self {
        Self {
            verdict: Verdict::default(),
            squares: RollingMean::new(baseline_seconds, MIN_BASELINE_SAMPLES),
            multiplier,
            absolute_threshold,
            closed_returns: window_seconds - 1,
            returns: VecDeque::with_capacity(window_seconds),
            sum_of_squares: 0.0,
            anchor: 0.0,
            anchor_closed: false,
        }
    }

    /// The price is `price` now; judges it.
    pub fn change(&mut self, price: f64) {
        if self.anchor == 0.0 {
            self.anchor = price;
        }
        if !self.verdict.ready {
            return;
        }
        let running = (price / self.anchor).ln();
        let value = ((self.sum_of_squares + running * running) / (self.returns.len() + 1) as f64).sqrt();
        let ratio = value / self.verdict.baseline;
        self.verdict.show(value, ratio, self.fires(value, ratio));
    }

    /// A second closed at `close`; the price now is `price`.
    ///
    /// `take`: the return that leaves the window joins the baseline. The first second after a start or a gap has no
    /// close before it, hence no return.
    pub fn close(&mut self, close: f64, price: f64, take: bool) {
        if self.anchor_closed {
            if self.is_full() {
                let leaving = self.returns.pop_front().unwrap_or_default();
                if take {
                    self.squares.push(leaving * leaving);
                }
            }
            self.returns.push_back((close / self.anchor).ln());
            self.add_squares();
        }
        self.anchor = close;
        self.anchor_closed = true;
        self.verdict.ready = self.is_full() && self.squares.is_ready();
        if self.verdict.ready {
            let mean = self.squares.mean().max(0.0); // a rolling sum may round below zero
            self.verdict.baseline = mean.sqrt().max(FLOOR);
        }
        self.change(price);
    }

    /// Late prints changed recent closes: `closes` (oldest first, at least one) are the right ones.
    pub fn amend(&mut self, closes: &[f64], price: f64) {
        let held = self.returns.len();
        for back in 1..=held.min(closes.len() - 1) {
            self.returns[held - back] = (closes[closes.len() - back] / closes[closes.len() - back - 1]).ln();
        }
        self.add_squares();
        if self.anchor_closed {
            self.anchor = closes[closes.len() - 1];
            self.change(price);
        }
    }

    /// Starts the short window anew: what came before a gap must not judge what comes after it.
    pub fn forget(&mut self) {
        self.returns.clear();
        self.sum_of_squares = 0.0;
        self.anchor = 0.0;
        self.anchor_closed = false;
        self.verdict.not_ready();
    }

    fn fires(&self, value: f64, ratio: f64) -> bool {
        ratio > self.multiplier || value > self.absolute_threshold
    }

    /// Judges by other thresholds from now on, what stands too.
    pub(crate) fn set_thresholds(&mut self, multiplier: f64, absolute_threshold: f64) {
        (self.multiplier, self.absolute_threshold) = (multiplier, absolute_threshold);
        self.verdict.fired = self.verdict.ready && self.fires(self.verdict.value, self.verdict.ratio);
    }

    fn is_full(&self) -> bool {
        self.returns.len() == self.closed_returns
    }

    fn add_squares(&mut self) {
        self.sum_of_squares = sum(self.returns.iter().map(|r| r * r));
    }
}
