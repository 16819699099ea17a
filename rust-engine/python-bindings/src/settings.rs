//! A perception's settings, from Python's configuration.

use indicators::{CandleRules, Settings};
use pyo3::prelude::*;

/// Python's `CandleRules`.
pub(crate) type Rules = (u32, usize, usize, usize);

/// What Python's `CandleRules` are, in their order.
pub(crate) fn candle_rules(
    (candle_seconds, extremum_window_seconds, range_window_samples, min_range_samples): Rules,
) -> CandleRules {
    CandleRules { candle_seconds, extremum_window_seconds, range_window_samples, min_range_samples }
}

/// What Python's configuration, `BookLimits` and `CandleRules` set.
pub(crate) fn settings(config: &Bound<'_, PyAny>, limits: (f64, f64), rules: Rules) -> PyResult<Settings> {
    let number = |key: &str| config.getattr(key)?.extract::<f64>();
    let seconds = |key: &str| config.getattr(key)?.extract::<usize>();
    let count = |key: &str| config.getattr(key)?.extract::<u32>();
    Ok(Settings {
        volatility_window_seconds: seconds("volatility_window_seconds")?,
        volatility_multiplier: number("volatility_multiplier")?,
        volatility_absolute_threshold: number("volatility_absolute_threshold")?,
        acceleration_threshold: number("acceleration_threshold")?,
        obi_threshold: number("obi_threshold")?,
        spread_expansion_multiplier: number("spread_expansion_multiplier")?,
        spread_min_bps: number("spread_min_bps")?,
        volume_delta_window_seconds: seconds("volume_delta_window_seconds")?,
        volume_delta_z_threshold: number("volume_delta_z_threshold")?,
        velocity_multiplier: number("velocity_multiplier")?,
        velocity_min_messages: number("velocity_min_messages")?,
        fire_hold_seconds: number("fire_hold_seconds")?,
        required_core_indicators: count("required_core_indicators")?,
        required_with_velocity: count("required_with_velocity")?,
        min_event_move_pct: number("min_event_move_pct")?,
        violent_range_threshold: number("violent_range_threshold")?,
        baseline_window_seconds: seconds("baseline_window_seconds")?,
        book_warmup_seconds: seconds("book_warmup_seconds")?,
        jitter_buffer_seconds: number("jitter_buffer_seconds")?,
        max_late_ms: number("max_late_ms")?,
        min_liquidity_usd: number("min_liquidity_usd")?,
        max_spread_pct: limits.0,
        pause_spread_multiplier: limits.1,
        candles: candle_rules(rules),
    })
}
