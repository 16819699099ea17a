//! Seeded chance: the same seed draws the same market.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, Poisson, StandardNormal};

/// A distribution as (probability, value) pairs, ascending in both; drawn from by logarithmic interpolation, which suits
/// values that span decades.
pub(crate) struct Quantiles(pub(crate) &'static [(f64, f64)]);

impl Quantiles {
    /// The value below which the share `p` of all draws lies.
    pub(crate) fn at(&self, p: f64) -> f64 {
        let points = self.0;
        let upper = points.partition_point(|point| point.0 < p).clamp(1, points.len() - 1);
        let ((p0, v0), (p1, v1)) = (points[upper - 1], points[upper]);
        let share = ((p - p0) / (p1 - p0)).clamp(0.0, 1.0);
        (v0.ln() + share * (v1.ln() - v0.ln())).exp()
    }

    /// The share of all draws that lie below `value`.
    pub(crate) fn share_below(&self, value: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if self.at(middle) < value { low = middle } else { high = middle }
        }
        low
    }
}

/// A source of draws.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// `stream` separates draws that must not disturb each other, such as the path and the book.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Even in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// Even in [from, to); `from` where the span is empty.
    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        if to <= from { from } else { self.0.random_range(from..to) }
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    pub(crate) fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        let draw: f64 = Exp1.sample(&mut self.0);
        draw * mean
    }

    /// A count with this mean; zero where the mean is not positive.
    pub(crate) fn poisson(&mut self, mean: f64) -> usize {
        Poisson::new(mean).map_or(0, |poisson| {
            let draw: f64 = poisson.sample(&mut self.0);
            draw as usize
        })
    }

    pub(crate) fn draw(&mut self, quantiles: &Quantiles) -> f64 {
        quantiles.at(self.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_hit_and_the_seed_decides() {
        let table = Quantiles(&[(0.0, 1.0), (0.5, 10.0), (1.0, 1000.0)]);
        assert!((table.at(0.5) - 10.0).abs() < 1e-9);
        assert!((table.at(0.75) - 100.0).abs() < 1e-9);
        assert!((table.share_below(100.0) - 0.75).abs() < 1e-9);
        let draws = |seed| {
            let mut dice = Dice::new(seed, 1);
            (0..1000).map(|_| dice.draw(&table)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
        let below = draws(1).iter().filter(|&&value| value < 10.0).count();
        assert!((450..550).contains(&below), "{below}");
    }
}
