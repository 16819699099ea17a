//! Columns that numpy holds: handed over without a copy, and read where they lie.

use numpy::{IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use replay::{Columns, Rows};

/// The six columns of a recording, in the order of [`Columns`].
#[derive(Debug, FromPyObject, IntoPyObject)]
pub(crate) struct Arrays(
    Py<PyArray1<u8>>,
    Py<PyArray1<i64>>,
    Py<PyArray1<i64>>,
    Py<PyArray1<u64>>,
    Py<PyArray1<i64>>,
    Py<PyArray1<i64>>,
);

impl Arrays {
    /// Gives columns to numpy, which frees them.
    pub(crate) fn give(py: Python<'_>, columns: Columns) -> Self {
        Self(
            columns.kind.into_pyarray(py).unbind(),
            columns.exchange_ts_ns.into_pyarray(py).unbind(),
            columns.recv_ts_ns.into_pyarray(py).unbind(),
            columns.id.into_pyarray(py).unbind(),
            columns.price.into_pyarray(py).unbind(),
            columns.quantity.into_pyarray(py).unbind(),
        )
    }

    /// Borrows the columns, to read.
    pub(crate) fn borrow<'py>(&self, py: Python<'py>) -> PyResult<Borrowed<'py>> {
        Ok(Borrowed(
            self.0.bind(py).try_readonly()?,
            self.1.bind(py).try_readonly()?,
            self.2.bind(py).try_readonly()?,
            self.3.bind(py).try_readonly()?,
            self.4.bind(py).try_readonly()?,
            self.5.bind(py).try_readonly()?,
        ))
    }
}

/// Columns that cannot change while they are read.
pub(crate) struct Borrowed<'py>(
    PyReadonlyArray1<'py, u8>,
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, u64>,
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, i64>,
);

impl Borrowed<'_> {
    /// The rows in them.
    pub(crate) fn rows(&self) -> PyResult<Rows<'_>> {
        Ok(Rows {
            kind: self.0.as_slice()?,
            exchange_ts_ns: self.1.as_slice()?,
            recv_ts_ns: self.2.as_slice()?,
            id: self.3.as_slice()?,
            price: self.4.as_slice()?,
            quantity: self.5.as_slice()?,
        })
    }
}

/// Checks every row of a recording, once. Raises ValueError that names row and column.
#[pyfunction]
pub(crate) fn check_rows(py: Python<'_>, columns: Arrays) -> PyResult<()> {
    let borrowed = columns.borrow(py)?;
    borrowed.rows()?.check().map_err(|fault| PyValueError::new_err(fault.to_string()))
}
