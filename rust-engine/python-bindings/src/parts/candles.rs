//! Candles and local extremes.

use pyo3::prelude::*;

use crate::domain::{bar, bars, domain_bar};
use crate::perception::all_bars;
use crate::settings::{Rules, candle_rules};

#[pyclass(module = "src._native")]
pub(crate) struct CandleWatch(indicators::CandleWatch);

#[pymethods]
impl CandleWatch {
    #[new]
    fn new(rules: Rules) -> Self {
        Self(indicators::CandleWatch::new(candle_rules(rules)))
    }

    fn rebuild(&mut self, bars: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.rebuild(&all_bars(bars)?);
        Ok(())
    }

    fn close<'py>(&mut self, closed: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.0.close(&all_bars(closed)?);
        bars(closed.py(), self.0.completed())
    }

    #[getter]
    fn before<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.before().map(|candle| domain_bar(py, candle)).transpose()
    }

    #[getter]
    fn median_range(&self) -> Option<f64> {
        self.0.median_range()
    }

    #[getter]
    fn seconds_since_low(&self) -> Option<u64> {
        self.0.seconds_since_low()
    }
}

#[pyclass(module = "src._native")]
pub(crate) struct LocalExtremes(indicators::LocalExtremes);

#[pymethods]
impl LocalExtremes {
    #[new]
    fn new(window_seconds: usize) -> Self {
        Self(indicators::LocalExtremes::new(window_seconds))
    }

    fn close(&mut self, closed: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.0.close(&bar(closed)?))
    }

    #[getter]
    fn seconds_since_low(&self) -> Option<u64> {
        self.0.seconds_since_low()
    }
}
