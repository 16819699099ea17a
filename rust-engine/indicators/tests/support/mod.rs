//! A symbol in a quiet market, and the shipped settings.

use indicators::{Book, CandleRules, Print, Settings, Side, Trust};

pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const START_NS: i64 = 1_760_131_600 * SECOND;
pub(crate) const TICK: f64 = 0.01;

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

/// Nanoseconds after the start.
pub(crate) fn at(seconds: f64) -> i64 {
    START_NS + (seconds * SECOND as f64).round() as i64
}

pub(crate) fn print(seconds: f64, trade_id: i64, price: f64) -> Print {
    let ts_ns = at(seconds);
    Print {
        exchange_ts_ns: ts_ns,
        recv_ts_ns: ts_ns,
        trade_id,
        price,
        quantity: 5.0,
        side: if trade_id % 2 == 0 { Side::Buy } else { Side::Sell },
    }
}

/// A book of one level a side around 100, with a band that is liquid.
pub(crate) const fn book(ts_ns: i64) -> Book<'static> {
    Book {
        bid_prices: &[99.99],
        bid_quantities: &[1.0],
        ask_prices: &[100.01],
        ask_quantities: &[1.0],
        bid_band_quantity: 1e4,
        bid_band_notional: 1e6,
        ask_band_quantity: 1e4,
        ask_band_notional: 1e6,
        changed_levels: 5,
        trust: Trust::Trusted,
        last_update_id: 7,
        exchange_ts_ns: ts_ns,
        recv_ts_ns: ts_ns,
    }
}
