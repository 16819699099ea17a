//! Where the price wants to be: the story's drift, swings about it, and the measured small moves.

use std::f64::consts::TAU;

use super::dice::Dice;
use super::measured as m;
use super::script::{Script, Weather};

/// Seconds of one swing, up and down, and of the quicker one on top of it.
const SWING_SECONDS: (f64, f64) = (2.7, 1.1);
/// Their shares of the amplitude.
const SWING_SHARES: (f64, f64) = (0.85, 0.25);
/// Noise on the swings: its share of the amplitude, and how long it remembers, in seconds.
const SWING_NOISE: (f64, f64) = (0.18, 0.3);

/// A price path, asked step by step.
pub(crate) struct Path {
    dice: Dice,
    small_moves_bps: f64,
    phases: (f64, f64),
    noise: f64,
}

/// The path at one step.
pub(crate) struct Step {
    /// Log price against the start, in basis points.
    pub(crate) bps: f64,
    pub(crate) weather: Weather,
    /// True where a small move happened in this step.
    pub(crate) moved: bool,
}

impl Path {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 1);
        let phases = (dice.unit() * TAU, dice.unit() * TAU);
        Self { dice, small_moves_bps: 0.0, phases, noise: 0.0 }
    }

    /// The path `seconds` after the live start (before it: calm), a step of `dt` seconds after the last one.
    pub(crate) fn step(&mut self, script: &Script, seconds: f64, dt: f64) -> Step {
        let (drift, weather) = script.at(seconds);
        let moved = self.dice.chance(m::MOVES_PER_SECOND * dt);
        if moved {
            let size = self.dice.draw(&m::MOVE_BPS);
            self.small_moves_bps += if self.dice.chance(0.5) { size } else { -size };
        }
        let mut turn = |period: f64| TAU * dt / period * (1.0 + 0.6 * self.dice.normal());
        self.phases.0 += turn(SWING_SECONDS.0);
        self.phases.1 += turn(SWING_SECONDS.1);
        let keep = 1.0 - dt / SWING_NOISE.1;
        self.noise = keep * self.noise + (1.0 - keep * keep).sqrt() * self.dice.normal();
        let swing =
            SWING_SHARES.0 * self.phases.0.sin() + SWING_SHARES.1 * self.phases.1.sin() + SWING_NOISE.0 * self.noise;
        Step { bps: drift + self.small_moves_bps + weather.swing_bps * swing, weather, moved }
    }
}
