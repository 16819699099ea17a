//! The recorded markets and the paper desk in them, as Python replays them.

use std::sync::Arc;

use common::market::{Instrument, Level, Trust};
use common::time::UnixNanos;
use common::wire;
use orderbook::Book;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use replay::{BookShape, Pause, Recorded, Rows, Scan, Seen, Setup, Survey, What, kind};
use rust_decimal::Decimal;

use crate::columns::{Arrays, Borrowed};
use crate::domain::{book_view, trust_member};
use crate::perception::Perception;
use crate::settings::{Rules, settings};

/// What is assumed of fills and costs; money as decimal text.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Assumed {
    fill_model: String,
    order_latency_ns: i64,
    maker_fee_rate: String,
    taker_fee_rate: String,
    slippage_bps: String,
    initial_capital: String,
}

/// A recording: the venue's rules as JSON, from when on it is told, the rows of its seldom events, its columns.
#[derive(FromPyObject)]
pub(crate) struct Given(String, i64, Vec<usize>, Arrays);

/// How much of a book is told: levels a side, and the reach of the depth band.
#[derive(Clone, Copy, Debug, FromPyObject)]
pub(crate) struct Shape {
    levels: usize,
    band_bps: f64,
    band_min_ticks: u32,
}

const TOLD: u8 = 0;
const PERCEIVED: u8 = 1;
const REFUSED: u8 = 2;
const SELDOM: u8 = 3;

impl From<Shape> for BookShape {
    fn from(Shape { levels, band_bps, band_min_ticks }: Shape) -> Self {
        Self { levels, band_bps, band_min_ticks }
    }
}

/// Where a replay of one recording may leap to.
#[pyclass(frozen)]
pub(crate) struct Checkpoints(Arc<replay::Checkpoints>);

#[pymethods]
impl Checkpoints {
    /// Are they of use to a session with these settings?
    fn fit(&self, config: &Bound<'_, PyAny>, limits: (f64, f64), rules: Rules) -> PyResult<bool> {
        Ok(self.0.fit(&settings(config, limits, rules)?))
    }
}

/// Recorded markets, our orders in them, and one clock.
#[pyclass]
pub(crate) struct Markets {
    scan: Scan,
    survey: Option<Survey>,
    rules: Vec<Instrument>,
    arrays: Vec<Arrays>,
    shape: Shape,
}

#[pymethods]
impl Markets {
    /// Raises ValueError for what cannot be read.
    #[new]
    #[pyo3(signature = (recordings, assumed, shape, checkpoints = None))]
    fn new(
        py: Python<'_>,
        recordings: Vec<Given>,
        assumed: Assumed,
        shape: Shape,
        checkpoints: Option<Bound<'_, Checkpoints>>,
    ) -> PyResult<Self> {
        let mut recorded = Vec::new();
        let mut arrays = Vec::new();
        for Given(rules, live_from, seldom_rows, columns) in recordings {
            let rules = serde_json::from_str(&rules).map_err(|error| invalid("instrument", &error))?;
            recorded.push(Recorded { rules, seldom_rows, live_from: UnixNanos(live_from) });
            arrays.push(columns);
        }
        let rules = recorded.iter().map(|recorded| recorded.rules.clone()).collect();
        let setup = setup(&assumed)?;
        let held = borrow(py, &arrays)?;
        let mut scan = Scan::new(&setup, shape.into(), &recorded, &rows(&held)?);
        if let Some(checkpoints) = checkpoints {
            scan = scan.leaping(checkpoints.get().0.clone());
        }
        drop(held);
        Ok(Self { scan, survey: None, rules, arrays, shape })
    }

    /// From now on find the checkpoints of the one recording, for sessions that wake at no smaller fall.
    fn survey(&mut self, mut perception: PyRefMut<'_, Perception>, least_fall: f64) {
        self.survey = Some(Survey::new(perception.native(), least_fall));
    }

    /// The checkpoints that were found, at the end; None where none were looked for.
    fn surveyed(&mut self) -> Option<Checkpoints> {
        self.survey.take().map(|survey| Checkpoints(Arc::new(survey.found())))
    }

    /// Let time pass up to the receipt of what happens next, and say when that is; None at the end.
    fn arrive(&mut self, py: Python<'_>) -> PyResult<Option<i64>> {
        let held = borrow(py, &self.arrays)?;
        Ok(self.scan.replay_mut().arrive(&rows(&held)?).map(|now| now.0))
    }

    /// Let it happen: `(recording, index of a seldom event)`, or `(recording, None, print)` or
    /// `(recording, None, None, view of the book)`.
    fn happen<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let held = borrow(py, &self.arrays)?;
        let rows = rows(&held)?;
        let Some(happened) = self.scan.replay_mut().happen(&rows) else { return Ok(None) };
        let recording = happened.recording;
        let of = &rows[recording];
        let told = match happened.what {
            What::Seldom { index } => (recording, index).into_pyobject(py)?,
            What::Print { row } => (recording, py.None(), print(of, row)).into_pyobject(py)?,
            What::Book { row, changed } => {
                let book = self.scan.replay().displayed(recording);
                let seen = Seen { row, changed };
                (recording, py.None(), py.None(), self.view(py, book, recording, of, seen)?).into_pyobject(py)?
            }
        };
        Ok(Some(told))
    }

    /// Go on to what the session has to hear of; None at the end. Nothing but a tuple of its kind and what belongs to it:
    /// `(TOLD,)`, `(PERCEIVED, recording, flags)`, `(REFUSED, recording, reason, detail)`, `(SELDOM, recording, index)`.
    fn scan<'py>(
        &mut self,
        py: Python<'py>,
        mut perceptions: Vec<PyRefMut<'py, Perception>>,
    ) -> PyResult<Option<Stop<'py>>> {
        let held = borrow(py, &self.arrays)?;
        let rows = rows(&held)?;
        let pause = {
            let mut native: Vec<_> = perceptions.iter_mut().map(|perception| perception.native()).collect();
            match (&mut self.survey, &mut native[..]) {
                (Some(survey), [perception]) => survey.go_on(&mut self.scan, &rows, perception),
                _ => self.scan.go_on(&rows, &mut native),
            }
        };
        for (recording, perception) in perceptions.iter_mut().enumerate() {
            if let Some(seen) = self.scan.take_seen(recording) {
                let book = self.scan.replay().book_after(recording, &rows[recording], seen.row);
                perception.show_book(self.view(py, &book, recording, &rows[recording], seen)?.unbind());
            }
        }
        let Some(pause) = pause else { return Ok(None) };
        let stop = match pause {
            Pause::Told => (TOLD,).into_pyobject(py)?,
            Pause::Perceived { recording, flags } => (PERCEIVED, recording, flags.0).into_pyobject(py)?,
            Pause::Refused { recording, refusal } => {
                (REFUSED, recording, refusal.fault.reason(), refusal.detail).into_pyobject(py)?
            }
            Pause::Seldom { recording, index } => (SELDOM, recording, index).into_pyobject(py)?,
        };
        Ok(Some(stop))
    }

    /// Give the desk a command, as the wire writes it. Raises ValueError for what is none.
    fn command(&mut self, payload: &[u8]) -> PyResult<()> {
        let command = wire::decode(payload).map_err(|error| invalid("command", &error))?;
        self.scan.command(command);
        Ok(())
    }

    /// What the desk has said since the last time, as the wire writes it.
    fn told<'py>(&mut self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        if !self.scan.replay().has_told() {
            return Vec::new();
        }
        self.scan.take_told().iter().map(|response| PyBytes::new(py, &wire::encode(response))).collect()
    }

    /// How many rows a scan has passed over.
    #[getter]
    fn leapt_rows(&self) -> usize {
        self.scan.leapt_rows()
    }

    /// The time up to which the replay has come.
    #[getter]
    fn now_ns(&self) -> i64 {
        self.scan.replay().now().0
    }
}

fn borrow<'py>(py: Python<'py>, arrays: &[Arrays]) -> PyResult<Vec<Borrowed<'py>>> {
    arrays.iter().map(|columns| columns.borrow(py)).collect()
}

fn rows<'a>(held: &'a [Borrowed<'_>]) -> PyResult<Vec<Rows<'a>>> {
    held.iter().map(Borrowed::rows).collect()
}

fn invalid(what: &str, error: &dyn std::fmt::Display) -> PyErr {
    PyValueError::new_err(format!("{what}: {error}"))
}

fn setup(assumed: &Assumed) -> PyResult<Setup> {
    let money = |name, text: &str| text.parse::<Decimal>().map_err(|error| invalid(name, &error));
    Ok(Setup {
        fill_model: assumed.fill_model.parse().map_err(|error| invalid("fill_model", &error))?,
        order_latency_ns: assumed.order_latency_ns,
        maker_fee_rate: money("maker_fee_rate", &assumed.maker_fee_rate)?,
        taker_fee_rate: money("taker_fee_rate", &assumed.taker_fee_rate)?,
        slippage_bps: money("slippage_bps", &assumed.slippage_bps)?,
        initial_capital: money("initial_capital", &assumed.initial_capital)?,
    })
}

/// `(trade_id, price, quantity, buyer began it, exchange_ts_ns, recv_ts_ns)`.
fn print(rows: &Rows<'_>, row: usize) -> (u64, f64, f64, bool, i64, i64) {
    let Level { price, quantity } = rows.level(row);
    let bought = rows.kind[row] & kind::WHAT == kind::BUY_PRINT;
    (rows.id[row], price.to_f64(), quantity.to_f64(), bought, rows.exchange_ts_ns[row], rows.recv_ts_ns[row])
}

/// The desk has spoken; a perception has flags; it has refused something; something seldom is due.
type Stop<'py> = Bound<'py, PyTuple>;

impl Markets {
    /// A book view as Python's session sees it.
    fn view<'py>(
        &self,
        py: Python<'py>,
        book: &Book,
        recording: usize,
        rows: &Rows<'_>,
        Seen { row, changed }: Seen,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Shape { levels, band_bps, band_min_ticks } = self.shape;
        let (bids, asks) = book.top(levels);
        let rules = &self.rules[recording];
        let band = book.band(band_bps, band_min_ticks, rules.tick_size).unwrap_or_default();
        let prices = |levels: &[Level]| PyTuple::new(py, levels.iter().map(|level| level.price.to_f64()));
        let quantities = |levels: &[Level]| PyTuple::new(py, levels.iter().map(|level| level.quantity.to_f64()));
        let trust = if rows.kind[row] & kind::SUSPECT == 0 { Trust::Trusted } else { Trust::Suspect };
        let fields = [
            rules.symbol.as_str().into_pyobject(py)?.into_any(),
            prices(&bids)?.into_any(),
            quantities(&bids)?.into_any(),
            prices(&asks)?.into_any(),
            quantities(&asks)?.into_any(),
            band.bid.quantity_f64().into_pyobject(py)?.into_any(),
            band.bid.notional_f64().into_pyobject(py)?.into_any(),
            band.ask.quantity_f64().into_pyobject(py)?.into_any(),
            band.ask.notional_f64().into_pyobject(py)?.into_any(),
            changed.into_pyobject(py)?.into_any(),
            trust_member(py, trust)?,
            rows.id[row].into_pyobject(py)?.into_any(),
            rows.exchange_ts_ns[row].into_pyobject(py)?.into_any(),
            rows.recv_ts_ns[row].into_pyobject(py)?.into_any(),
        ];
        book_view(py)?.call1(PyTuple::new(py, fields)?)
    }
}
