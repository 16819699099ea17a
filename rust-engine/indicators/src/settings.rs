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

/// Seconds as whole nanoseconds, halves to the even one.
#[must_use]
pub fn nanos(seconds: f64) -> i64 {
    (seconds * NANOS_PER_SECOND as f64).round_ties_even() as i64
}
