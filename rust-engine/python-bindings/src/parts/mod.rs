//! The parts of a perception one by one, by the names and signatures of their definitions: whoever describes an
//! indicator's behaviour can hold both to it.

mod bars;
mod candles;
mod indicators;
mod rolling;
mod time;

use pyo3::prelude::*;

/// Native twins of `src.indicators` and of the parts in `src.event_detector`.
#[pymodule]
pub(crate) mod parts {
    #[pymodule_export]
    use super::bars::BarSeries;
    #[pymodule_export]
    use super::candles::{CandleWatch, LocalExtremes};
    #[pymodule_export]
    use super::indicators::{Acceleration, Imbalance, MessageVelocity, Spread, Volatility, VolumeDelta};
    #[pymodule_export]
    use super::rolling::{FallGate, MidLow, PriceRange, Quorum, RollingMean, RollingMedian, RollingMoments, TimedSum};
    #[pymodule_export]
    use super::time::{Ordering, TradeIds, check_book, check_trade};
}
