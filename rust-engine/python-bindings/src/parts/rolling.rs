//! Statistics, windows, fall and quorum.

use indicators::{FOREVER, MIN_BASELINE_SAMPLES, Quota, nanos};
use pyo3::prelude::*;

use crate::domain::fall_extent;

macro_rules! statistic {
    ($name:ident, { $($methods:tt)* }) => {
        #[pyclass(module = "src._native")]
        pub(crate) struct $name(pub(super) indicators::$name);

        #[pymethods]
        impl $name {
            #[new]
            #[pyo3(signature = (capacity, minimum = MIN_BASELINE_SAMPLES))]
            fn new(capacity: usize, minimum: usize) -> Self {
                Self(indicators::$name::new(capacity, minimum))
            }

            fn push(&mut self, sample: f64) {
                self.0.push(sample);
            }

            #[getter]
            fn ready(&self) -> bool {
                self.0.is_ready()
            }

            fn samples<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
                pyo3::types::PyTuple::new(py, self.0.samples())
            }

            fn refill(&mut self, samples: Vec<f64>) {
                self.0.refill(&samples);
            }

            $($methods)*
        }
    };
}

statistic!(RollingMean, {
    fn rebuild(&mut self) {
        self.0.rebuild();
    }

    #[getter]
    fn mean(&self) -> f64 {
        self.0.mean()
    }
});

statistic!(RollingMoments, {
    fn rebuild(&mut self) {
        self.0.rebuild();
    }

    #[getter]
    fn mean(&self) -> f64 {
        self.0.mean()
    }

    #[getter]
    fn stdev(&self) -> f64 {
        self.0.stdev()
    }
});

statistic!(RollingMedian, {
    #[getter]
    fn median(&self) -> f64 {
        self.0.median()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }
});

#[pyclass(module = "src._native")]
pub(crate) struct TimedSum(indicators::TimedSum);

#[pymethods]
impl TimedSum {
    #[new]
    fn new(window_ns: i64) -> Self {
        Self(indicators::TimedSum::new(window_ns))
    }

    fn add(&mut self, ts_ns: i64, amount: f64) {
        self.0.add(ts_ns, amount);
    }

    fn advance(&mut self, now_ns: i64) {
        self.0.advance(now_ns);
    }

    #[getter]
    fn total(&self) -> f64 {
        self.0.total()
    }
}

#[pyclass(module = "src._native")]
pub(crate) struct PriceRange(indicators::PriceRange);

#[pymethods]
impl PriceRange {
    #[new]
    #[pyo3(signature = (window_ns, *, low_since_high = false))]
    fn new(window_ns: i64, low_since_high: bool) -> Self {
        let range = if low_since_high { indicators::PriceRange::since_high } else { indicators::PriceRange::new };
        Self(range(window_ns))
    }

    fn set(&mut self, ts_ns: i64, price: f64) {
        self.0.set(ts_ns, price);
    }

    fn advance(&mut self, now_ns: i64) {
        self.0.advance(now_ns);
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    #[getter]
    fn known(&self) -> bool {
        self.0.high().is_some()
    }

    #[getter]
    fn high(&self) -> Option<f64> {
        self.0.high()
    }

    #[getter]
    fn low(&self) -> Option<f64> {
        self.0.low()
    }

    #[getter]
    fn high_end_ns(&self) -> i64 {
        self.0.high_end_ns().unwrap_or(FOREVER)
    }
}

#[pyclass(module = "src._native")]
pub(crate) struct MidLow(indicators::MidLow);

#[pymethods]
impl MidLow {
    #[new]
    fn new(window_ns: i64) -> Self {
        Self(indicators::MidLow::new(window_ns))
    }

    fn set(&mut self, ts_ns: i64, mid: f64) {
        self.0.set(ts_ns, mid);
    }

    fn since(&mut self, ts_ns: i64) -> Option<f64> {
        self.0.since(ts_ns)
    }

    fn __len__(&self) -> usize {
        self.0.kept()
    }
}

#[pyclass(module = "src._native")]
pub(crate) struct FallGate(indicators::FallGate);

#[pymethods]
impl FallGate {
    #[new]
    fn new(min_move: f64) -> Self {
        Self(indicators::FallGate::new(min_move))
    }

    #[pyo3(name = "move")]
    fn change(&mut self, ts_ns: i64, price: f64) {
        self.0.change(ts_ns, price);
    }

    fn move_mid(&mut self, ts_ns: i64, mid: f64) {
        self.0.change_mid(ts_ns, mid);
    }

    fn close(&mut self, close: f64) {
        self.0.close(close);
    }

    fn judge(&mut self, now_ns: i64) -> bool {
        self.0.judge(now_ns)
    }

    #[getter]
    fn extent<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.extent().map(|extent| fall_extent(py, extent)).transpose()
    }

    fn forget_book(&mut self) {
        self.0.forget_book();
    }
}

#[pyclass(module = "src._native")]
pub(crate) struct Quorum(indicators::Quorum);

#[pymethods]
impl Quorum {
    #[new]
    fn new(hold_seconds: f64, required_core: u32, required_with_velocity: u32) -> Self {
        let hold_ns = nanos(hold_seconds);
        Self(indicators::Quorum::new(Quota { hold_ns, required_core, required_with_velocity }))
    }

    #[pyo3(signature = (now_ns, fired, *, gate_open))]
    fn judge(&mut self, now_ns: i64, fired: u8, gate_open: bool) -> bool {
        self.0.judge(now_ns, fired, gate_open)
    }

    #[getter]
    fn held(&self) -> u8 {
        self.0.held()
    }

    #[getter]
    fn core_held(&self) -> u32 {
        self.0.core_held()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}
