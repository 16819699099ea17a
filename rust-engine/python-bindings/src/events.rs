//! Python's events of the market as the engine's.

use indicators::{Book, Print, Trust};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::domain::side;

/// Room for the levels of a book while it is judged.
#[derive(Default)]
pub(crate) struct Levels {
    bid_prices: Vec<f64>,
    bid_quantities: Vec<f64>,
    ask_prices: Vec<f64>,
    ask_quantities: Vec<f64>,
}

/// The print that Python's event tells of.
pub(crate) fn print(event: &Bound<'_, PyAny>) -> PyResult<Print> {
    let py = event.py();
    Ok(Print {
        exchange_ts_ns: event.getattr(intern!(py, "exchange_ts_ns"))?.extract()?,
        recv_ts_ns: event.getattr(intern!(py, "recv_ts_ns"))?.extract()?,
        trade_id: event.getattr(intern!(py, "trade_id"))?.extract()?,
        price: event.getattr(intern!(py, "price"))?.extract()?,
        quantity: event.getattr(intern!(py, "quantity"))?.extract()?,
        side: side(&event.getattr(intern!(py, "side"))?)?,
    })
}

/// The book that Python's event tells of; its levels lie in `levels`.
pub(crate) fn book<'a>(event: &Bound<'_, PyAny>, levels: &'a mut Levels) -> PyResult<Book<'a>> {
    let py = event.py();
    let number = |name: &Bound<'_, PyString>| event.getattr(name)?.extract::<f64>();
    let whole = |name: &Bound<'_, PyString>| event.getattr(name)?.extract::<i64>();
    read(&event.getattr(intern!(py, "bid_prices"))?, &mut levels.bid_prices)?;
    read(&event.getattr(intern!(py, "bid_quantities"))?, &mut levels.bid_quantities)?;
    read(&event.getattr(intern!(py, "ask_prices"))?, &mut levels.ask_prices)?;
    read(&event.getattr(intern!(py, "ask_quantities"))?, &mut levels.ask_quantities)?;
    Ok(Book {
        bid_prices: &levels.bid_prices,
        bid_quantities: &levels.bid_quantities,
        ask_prices: &levels.ask_prices,
        ask_quantities: &levels.ask_quantities,
        bid_band_quantity: number(intern!(py, "bid_band_quantity"))?,
        bid_band_notional: number(intern!(py, "bid_band_notional"))?,
        ask_band_quantity: number(intern!(py, "ask_band_quantity"))?,
        ask_band_notional: number(intern!(py, "ask_band_notional"))?,
        changed_levels: whole(intern!(py, "changed_levels"))?,
        trust: trust(&event.getattr(intern!(py, "trust"))?)?,
        last_update_id: whole(intern!(py, "last_update_id"))?,
        exchange_ts_ns: whole(intern!(py, "exchange_ts_ns"))?,
        recv_ts_ns: whole(intern!(py, "recv_ts_ns"))?,
    })
}

fn read(numbers: &Bound<'_, PyAny>, into: &mut Vec<f64>) -> PyResult<()> {
    into.clear();
    for number in numbers.cast::<PyTuple>()?.iter_borrowed() {
        into.push(number.extract()?);
    }
    Ok(())
}

fn trust(member: &Bound<'_, PyAny>) -> PyResult<Trust> {
    match member.cast::<PyString>()?.to_cow()?.as_ref() {
        "trusted" => Ok(Trust::Trusted),
        "suspect" => Ok(Trust::Suspect),
        "broken" => Ok(Trust::Broken),
        "rebuilding" => Ok(Trust::Rebuilding),
        other => Err(PyValueError::new_err(format!("trust {other:?}: must be one of src.domain.market.Trust"))),
    }
}
