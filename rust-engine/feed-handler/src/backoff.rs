//! Waiting longer after each failure, and never all at once.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Doubling delays with seeded jitter.
///
/// ```
/// use feed_handler::Backoff;
/// let mut backoff = Backoff::new(100, 1_000, 7);
/// let delays: Vec<i64> = (0..6).map(|failures| backoff.delay(failures)).collect();
/// assert!(delays.iter().zip([100, 200, 400, 800, 1_000, 1_000]).all(|(delay, full)| (full / 2..=full).contains(delay)));
/// ```
#[derive(Clone, Debug)]
pub struct Backoff {
    initial: i64,
    longest: i64,
    jitter: ChaCha8Rng,
}

impl Backoff {
    /// Delays from `initial` to `longest`, in nanoseconds; the same seed gives the same delays.
    #[must_use]
    pub fn new(initial: i64, longest: i64, seed: u64) -> Self {
        Self { initial: initial.max(1), longest: longest.max(1), jitter: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// How long to wait after so many failures in a row: between half and all of the doubled delay, at least half of
    /// it, so that many clients cut at once do not come back at once.
    pub fn delay(&mut self, failures: u32) -> i64 {
        let doubled = self.initial.saturating_mul(1_i64.checked_shl(failures.min(40)).unwrap_or(i64::MAX));
        let full = doubled.clamp(1, self.longest);
        self.jitter.random_range((full / 2).max(1)..=full)
    }
}
