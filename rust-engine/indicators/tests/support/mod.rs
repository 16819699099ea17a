//! A symbol in a quiet market, and settings.

mod settings;

use indicators::{Book, Print, Side, Trust};
pub(crate) use settings::settings;

pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const START_NS: i64 = 1_760_131_600 * SECOND;
pub(crate) const TICK: f64 = 0.01;

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
