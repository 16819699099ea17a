//! What can be set about a perception.

use crate::candle_watch::CandleRules;
use crate::market::NANOS_PER_SECOND;

/// Thresholds and times, by the names of their keys in the configuration. Seconds are event time; fractions are of price.
///
/// They come validated: windows and baselines hold at least one second, thresholds are finite.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the configuration's schema documents each key")]
pub struct Settings {
    pub volatility_window_seconds: usize,
    pub volatility_multiplier: f64,
    pub volatility_absolute_threshold: f64,
    pub acceleration_threshold: f64,
    pub obi_threshold: f64,
    pub spread_expansion_multiplier: f64,
    pub spread_min_bps: f64,
    pub volume_delta_window_seconds: usize,
    pub volume_delta_z_threshold: f64,
    pub velocity_multiplier: f64,
    pub velocity_min_messages: f64,
    pub fire_hold_seconds: f64,
    pub required_core_indicators: u32,
    pub required_with_velocity: u32,
    pub min_event_move_pct: f64,
    pub violent_range_threshold: f64,
    pub baseline_window_seconds: usize,
    pub book_warmup_seconds: usize,
    pub jitter_buffer_seconds: f64,
    pub max_late_ms: f64,
    pub min_liquidity_usd: f64,
    pub max_spread_pct: f64,
    pub pause_spread_multiplier: f64,
    pub candles: CandleRules,
}

impl Settings {
    /// Do both perceive the same, whatever they make of it? Only thresholds and candles may differ.
    #[must_use]
    pub fn perceives_like(&self, other: &Self) -> bool {
        let judging_like_other = Self {
            volatility_multiplier: other.volatility_multiplier,
            volatility_absolute_threshold: other.volatility_absolute_threshold,
            acceleration_threshold: other.acceleration_threshold,
            obi_threshold: other.obi_threshold,
            spread_expansion_multiplier: other.spread_expansion_multiplier,
            spread_min_bps: other.spread_min_bps,
            volume_delta_z_threshold: other.volume_delta_z_threshold,
            velocity_multiplier: other.velocity_multiplier,
            velocity_min_messages: other.velocity_min_messages,
            required_core_indicators: other.required_core_indicators,
            required_with_velocity: other.required_with_velocity,
            min_event_move_pct: other.min_event_move_pct,
            violent_range_threshold: other.violent_range_threshold,
            candles: other.candles,
            ..*self
        };
        judging_like_other == *other
    }
}

/// Seconds as whole nanoseconds, halves to the even one.
#[must_use]
pub fn nanos(seconds: f64) -> i64 {
    (seconds * NANOS_PER_SECOND as f64).round_ties_even() as i64
}
