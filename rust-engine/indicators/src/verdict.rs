//! What every running indicator shows.

/// The verdict of one indicator at the last judgement; all zero and false until it is ready.
///
/// `ratio` is value / baseline where the indicator is judged by a ratio, else the magnitude that is judged; `strongest`
/// is the largest `ratio` since the owner last reset it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The indicator's value.
    pub value: f64,
    /// What is usual.
    pub baseline: f64,
    /// What is judged.
    pub ratio: f64,
    /// The largest of late.
    pub strongest: f64,
    /// Has it its minimum history?
    pub ready: bool,
    /// Is its condition true?
    pub fired: bool,
}

impl Verdict {
    #[inline]
    pub(crate) fn show(&mut self, value: f64, ratio: f64, fired: bool) {
        self.value = value;
        self.ratio = ratio;
        self.strongest = if ratio > self.strongest { ratio } else { self.strongest };
        self.fired = fired;
    }

    /// Show nothing and fire nothing: the minimum history is missing.
    pub fn not_ready(&mut self) {
        *self = Self { strongest: self.strongest, ..Self::default() };
    }
}
