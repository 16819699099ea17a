//! Settings like the shipped ones.

use indicators::{CandleRules, Settings};

pub(crate) fn settings() -> Settings {
    Settings {
        volatility_window_seconds: 10,
        volatility_multiplier: 3.0,
        volatility_absolute_threshold: 0.003,
        acceleration_threshold: -0.001,
        obi_threshold: -0.6,
        spread_expansion_multiplier: 4.0,
        spread_min_bps: 5.0,
        volume_delta_window_seconds: 5,
        volume_delta_z_threshold: 3.0,
        velocity_multiplier: 3.0,
        velocity_min_messages: 20.0,
        fire_hold_seconds: 3.0,
        required_core_indicators: 3,
        required_with_velocity: 2,
        min_event_move_pct: 0.015,
        violent_range_threshold: 0.004,
        baseline_window_seconds: 300,
        book_warmup_seconds: 30,
        jitter_buffer_seconds: 1.5,
        max_late_ms: 500.0,
        min_liquidity_usd: 100_000.0,
        max_spread_pct: 0.015,
        pause_spread_multiplier: 10.0,
        candles: CandleRules {
            candle_seconds: 1,
            extremum_window_seconds: 60,
            range_window_samples: 300,
            min_range_samples: 30,
        },
    }
}
