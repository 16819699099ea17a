//! One-second bars.

use indicators::Print;
use pyo3::prelude::*;

use crate::domain::{bar, bars, side};

#[pyclass(module = "src._native")]
pub(crate) struct BarSeries(indicators::BarSeries);

#[pymethods]
impl BarSeries {
    #[new]
    fn new(keep: usize) -> Self {
        Self(indicators::BarSeries::new(keep))
    }

    fn start(&mut self, running_start_ns: i64, price: f64) {
        self.0.start(running_start_ns, price);
    }

    fn add(
        &mut self,
        ts_ns: i64,
        trade_id: i64,
        price: f64,
        quantity: f64,
        aggressor: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.0.add(&print(ts_ns, trade_id, price, quantity, aggressor)?);
        Ok(())
    }

    fn amend(
        &mut self,
        ts_ns: i64,
        trade_id: i64,
        price: f64,
        quantity: f64,
        aggressor: &Bound<'_, PyAny>,
    ) -> PyResult<usize> {
        Ok(self.0.amend(&print(ts_ns, trade_id, price, quantity, aggressor)?))
    }

    fn close<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(bars(py, &[self.0.close()])?.pop())
    }

    fn push(&mut self, closed: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.push(bar(closed)?);
        Ok(())
    }

    #[getter]
    fn closed_count(&self) -> u64 {
        self.0.closed_count()
    }

    #[getter]
    fn running_start_ns(&self) -> i64 {
        self.0.running_start_ns()
    }

    #[getter]
    fn last_closed<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.ago(py, 0)
    }

    fn closed<'py>(&self, py: Python<'py>, count: usize) -> PyResult<Vec<Bound<'py, PyAny>>> {
        bars(py, self.0.closed(count))
    }

    fn ago<'py>(&self, py: Python<'py>, seconds: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.0.ago(seconds).map(|bar| bars(py, &[*bar])).transpose()?.and_then(|mut found| found.pop()))
    }
}

fn print(ts_ns: i64, trade_id: i64, price: f64, quantity: f64, aggressor: &Bound<'_, PyAny>) -> PyResult<Print> {
    Ok(Print { exchange_ts_ns: ts_ns, recv_ts_ns: ts_ns, trade_id, price, quantity, side: side(aggressor)? })
}
