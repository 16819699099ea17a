//! Tapes, as Python reads them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use common::market::Symbol;
use common::time::UnixNanos;
use common::wire;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use replay::Wanted;

use crate::columns::Arrays;

/// One symbol of a tape.
#[derive(IntoPyObject)]
pub(crate) struct TapeRecording {
    symbol: String,
    columns: Arrays,
    /// The row before which each was told, and the wire's payload.
    seldom: Vec<(usize, Py<PyBytes>)>,
    refused: BTreeMap<String, u64>,
}

/// What was read of a tape.
#[derive(IntoPyObject)]
pub(crate) struct Reading {
    source: String,
    synthetic_book: bool,
    synthetic_trades: bool,
    notes: String,
    warning: Option<String>,
    live_from_ns: i64,
    recordings: Vec<TapeRecording>,
}

/// Reads the tape at `path`. Raises ValueError where it cannot be read, is no tape, or is damaged.
#[pyfunction]
pub(crate) fn read_tape(
    py: Python<'_>,
    path: PathBuf,
    warmup_seconds: u32,
    from_ns: Option<i64>,
    to_ns: Option<i64>,
) -> PyResult<Reading> {
    let wanted = Wanted { warmup_seconds, from: from_ns.map(UnixNanos), to: to_ns.map(UnixNanos) };
    let reading =
        py.detach(|| replay::read_tape(&path, wanted)).map_err(|error| PyValueError::new_err(error.to_string()))?;
    let header = reading.header;
    let source = serde_json::to_value(header.source).ok();
    Ok(Reading {
        source: source.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
        synthetic_book: header.synthetic_book,
        synthetic_trades: header.synthetic_trades,
        notes: header.notes,
        warning: reading.warning,
        live_from_ns: reading.live_from.0,
        recordings: reading
            .recordings
            .into_iter()
            .map(|recording| TapeRecording {
                symbol: recording.symbol.as_str().to_owned(),
                columns: Arrays::give(py, recording.columns),
                seldom: recording
                    .seldom
                    .iter()
                    .map(|(row, message)| (*row, PyBytes::new(py, &wire::encode(message)).unbind()))
                    .collect(),
                refused: recording.refused,
            })
            .collect(),
    })
}

/// The bars of the `seconds` before `until_ns`, by receipt, as the engine would publish them then.
#[pyfunction]
pub(crate) fn history<'py>(
    py: Python<'py>,
    columns: Arrays,
    symbol: &str,
    seconds: u32,
    until_ns: i64,
) -> PyResult<Bound<'py, PyBytes>> {
    let borrowed = columns.borrow(py)?;
    let bars = replay::history(&borrowed.rows()?, &Symbol::new(symbol), seconds, UnixNanos(until_ns));
    Ok(PyBytes::new(py, &wire::encode(&bars)))
}
