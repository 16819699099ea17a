//! Bars as Python has them, made once.

use indicators::Bar;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::domain::domain_bar;

/// So many seconds are kept: what a decision looks at after each closed second.
const KEPT: usize = 128;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// The newest bars that Python has seen: who looks at the same ones again is shown the same values. Each has the place of
/// its second, until another one with that place is shown.
pub(crate) struct SeenBars(Vec<Option<(Bar, Py<PyAny>)>>);

impl Default for SeenBars {
    fn default() -> Self {
        Self((0..KEPT).map(|_| None).collect())
    }
}

impl SeenBars {
    /// The engine's bars as those of Python's domain.
    pub(crate) fn show<'py>(&mut self, py: Python<'py>, shown: &[Bar]) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for bar in shown {
            list.append(self.one(py, bar)?)?;
        }
        Ok(list)
    }

    /// The engine's bar as one of Python's domain.
    pub(crate) fn one<'py>(&mut self, py: Python<'py>, bar: &Bar) -> PyResult<Bound<'py, PyAny>> {
        let place = (bar.start_ns / NANOS_PER_SECOND) as usize % KEPT;
        if let Some((seen, value)) = &self.0[place]
            && seen == bar
        {
            return Ok(value.bind(py).clone());
        }
        let value = domain_bar(py, bar)?;
        self.0[place] = Some((*bar, value.clone().unbind()));
        Ok(value)
    }
}
