//! Guards and order in time.

use pyo3::prelude::*;

use crate::domain::{invalid_data, place};
use crate::events::{Levels, book, print};

/// Raises InvalidData for a print that may not reach an indicator.
#[pyfunction]
pub(crate) fn check_trade(event: &Bound<'_, PyAny>) -> PyResult<()> {
    indicators::check_print(&print(event)?).map_err(|refusal| invalid_data(event.py(), &refusal))
}

/// Raises InvalidData for a book that may not reach an indicator.
#[pyfunction]
pub(crate) fn check_book(event: &Bound<'_, PyAny>) -> PyResult<()> {
    let mut levels = Levels::default();
    indicators::check_book(&book(event, &mut levels)?).map_err(|refusal| invalid_data(event.py(), &refusal))
}

#[pyclass(module = "src._native")]
pub(crate) struct TradeIds(indicators::TradeIds);

#[pymethods]
impl TradeIds {
    #[new]
    #[pyo3(signature = (newest = 0))]
    fn new(newest: i64) -> Self {
        Self(indicators::TradeIds::new(newest))
    }

    #[getter]
    fn newest(&self) -> i64 {
        self.0.newest()
    }

    fn admit(&mut self, py: Python<'_>, trade_id: i64) -> PyResult<i64> {
        self.0.admit(trade_id).map_err(|refusal| invalid_data(py, &refusal))
    }
}

#[pyclass(module = "src._native")]
pub(crate) struct Ordering(indicators::Ordering);

#[pymethods]
impl Ordering {
    #[new]
    fn new(buffer_seconds: f64, max_late_ms: f64) -> Self {
        Self(indicators::Ordering::new(buffer_seconds, max_late_ms))
    }

    fn trade<'py>(&mut self, event: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = event.py();
        let found = self.0.print(&print(event)?).map_err(|refusal| invalid_data(py, &refusal))?;
        place(py, found)
    }

    fn book<'py>(&mut self, event: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let mut levels = Levels::default();
        let told = book(event, &mut levels)?;
        place(event.py(), self.0.book(told.exchange_ts_ns, told.recv_ts_ns))
    }

    fn tick(&mut self, ts_ns: i64) -> bool {
        self.0.tick(ts_ns)
    }

    fn interrupted(&mut self) {
        self.0.interrupted();
    }

    fn seen_up_to(&mut self, last_trade_id: i64) {
        self.0.seen_up_to(last_trade_id);
    }

    fn offset(&mut self, clock_offset_ms: f64) {
        self.0.offset(clock_offset_ms);
    }

    #[getter]
    fn holding(&self) -> bool {
        self.0.holding()
    }

    #[getter]
    fn now_ns(&self) -> i64 {
        self.0.now_ns()
    }
}
