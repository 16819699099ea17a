//! Indicators 1 to 6.

use pyo3::prelude::*;

use crate::domain::side;
use crate::parts::rolling::{RollingMean, RollingMedian};

macro_rules! indicator {
    ($name:ident, { $($methods:tt)* }) => {
        #[pyclass(module = "src._native")]
        pub(crate) struct $name(indicators::$name);

        #[pymethods]
        impl $name {
            #[getter]
            fn value(&self) -> f64 {
                self.0.verdict.value
            }

            #[getter]
            fn baseline(&self) -> f64 {
                self.0.verdict.baseline
            }

            #[getter]
            fn ratio(&self) -> f64 {
                self.0.verdict.ratio
            }

            #[getter]
            fn strongest(&self) -> f64 {
                self.0.verdict.strongest
            }

            #[getter]
            fn ready(&self) -> bool {
                self.0.verdict.ready
            }

            #[getter]
            fn fired(&self) -> bool {
                self.0.verdict.fired
            }

            $($methods)*
        }
    };
}

indicator!(Volatility, {
    #[new]
    fn new(window_seconds: usize, baseline_seconds: usize, multiplier: f64, absolute_threshold: f64) -> Self {
        Self(indicators::Volatility::new(window_seconds, baseline_seconds, multiplier, absolute_threshold))
    }

    #[pyo3(name = "move")]
    fn change(&mut self, price: f64) {
        self.0.change(price);
    }

    #[pyo3(signature = (close, price, *, take))]
    fn close(&mut self, close: f64, price: f64, take: bool) {
        self.0.close(close, price, take);
    }

    fn amend(&mut self, closes: Vec<f64>, price: f64) {
        self.0.amend(&closes, price);
    }

    fn forget(&mut self) {
        self.0.forget();
    }
});

indicator!(Acceleration, {
    #[new]
    fn new(threshold: f64) -> Self {
        Self(indicators::Acceleration::new(threshold))
    }

    #[pyo3(name = "move")]
    fn change(&mut self, ts_ns: i64, price: f64) {
        self.0.change(ts_ns, price);
    }

    fn judge(&mut self, now_ns: i64) -> bool {
        self.0.judge(now_ns)
    }

    fn forget(&mut self) {
        self.0.forget();
    }
});

indicator!(Imbalance, {
    #[new]
    fn new(threshold: f64) -> Self {
        Self(indicators::Imbalance::new(threshold))
    }

    fn update(&mut self, bid_quantity: f64, ask_quantity: f64) {
        self.0.update(bid_quantity, ask_quantity);
    }
});

indicator!(Spread, {
    #[new]
    fn new(baseline_seconds: usize, warmup_seconds: usize, multiplier: f64, min_bps: f64, tick_size: f64) -> Self {
        Self(indicators::Spread::new(baseline_seconds, warmup_seconds, multiplier, min_bps, tick_size))
    }

    fn update(&mut self, best_bid: f64, best_ask: f64) {
        self.0.update(best_bid, best_ask);
    }

    #[pyo3(signature = (*, take, frozen))]
    fn sample(&mut self, take: bool, frozen: bool) {
        self.0.sample(take, frozen);
    }

    fn set_tick_size(&mut self, tick_size: f64) {
        self.0.set_tick_size(tick_size);
    }

    fn forget(&mut self) {
        self.0.forget();
    }

    #[getter]
    fn spread(&self) -> f64 {
        self.0.now()
    }

    #[getter]
    fn samples(&self) -> RollingMedian {
        RollingMedian(self.0.samples.clone())
    }
});

indicator!(VolumeDelta, {
    #[new]
    fn new(window_seconds: usize, baseline_seconds: usize, z_threshold: f64, lot_size: f64) -> Self {
        Self(indicators::VolumeDelta::new(window_seconds, baseline_seconds, z_threshold, lot_size))
    }

    fn add(&mut self, ts_ns: i64, aggressor: &Bound<'_, PyAny>, quantity: f64) -> PyResult<()> {
        self.0.add(ts_ns, side(aggressor)?, quantity);
        Ok(())
    }

    fn judge(&mut self, now_ns: i64) -> bool {
        self.0.judge(now_ns)
    }

    fn sample(&mut self, total: f64) {
        self.0.sample(total);
    }

    fn set_lot_size(&mut self, lot_size: f64) {
        self.0.set_lot_size(lot_size);
    }
});

indicator!(MessageVelocity, {
    #[new]
    fn new(baseline_seconds: usize, warmup_seconds: usize, multiplier: f64, min_messages: f64) -> Self {
        Self(indicators::MessageVelocity::new(baseline_seconds, warmup_seconds, multiplier, min_messages))
    }

    fn add_print(&mut self, ts_ns: i64) {
        self.0.add_print(ts_ns);
    }

    fn add_levels(&mut self, ts_ns: i64, changed_levels: i64) {
        self.0.add_levels(ts_ns, changed_levels);
    }

    fn judge(&mut self, now_ns: i64) -> bool {
        self.0.judge(now_ns)
    }

    fn sample_prints(&mut self, count: f64) {
        self.0.sample_prints(count);
    }

    #[pyo3(signature = (now_ns, *, take, frozen))]
    fn sample_levels(&mut self, now_ns: i64, take: bool, frozen: bool) {
        self.0.sample_levels(now_ns, take, frozen);
    }

    #[getter]
    fn level_counts(&self) -> RollingMean {
        RollingMean(self.0.level_counts.clone())
    }
});
