//! Indicator 3: which side of the book is missing.

use crate::verdict::Verdict;

/// OBI = (Qᵇ - Qᵃ) / (Qᵇ + Qᵃ) of the depth band of the last believed book; fires when it is below `threshold`
/// (negative). Stands until the next book.
///
/// Source: queue imbalance, Cartea, Jaimungal & Penalva 2015; order-flow imbalance, Cont, Kukanov & Stoikov 2014.
///
/// ```
/// use indicators::Imbalance;
/// let mut imbalance = Imbalance::new(-0.6);
/// imbalance.update(1.0, 9.0);
/// assert!(imbalance.verdict.fired);
/// assert_eq!((imbalance.verdict.value, imbalance.verdict.ratio), (-0.8, 0.8));
/// ```
#[derive(Clone, Debug)]
pub struct Imbalance {
    /// As of the last book.
    pub verdict: Verdict,
    threshold: f64,
}

impl Imbalance {
    /// Without a book.
    #[must_use]
    pub fn new(threshold: f64) -> Self {
        Self { verdict: Verdict::default(), threshold }
    }

    /// Judges a new book by what rests in the band on either side, in base units.
    pub fn update(&mut self, bid_quantity: f64, ask_quantity: f64) {
        let total = bid_quantity + ask_quantity;
        if total <= 0.0 {
            self.verdict.not_ready();
            return;
        }
        self.verdict.ready = true;
        let value = (bid_quantity - ask_quantity) / total;
        self.verdict.show(value, value.abs(), value < self.threshold);
    }

    /// Judges by another threshold from now on, the last book too.
    pub(crate) fn set_threshold(&mut self, threshold: f64) {
        self.threshold = threshold;
        self.verdict.fired = self.verdict.ready && self.verdict.value < threshold;
    }
}
