//! One symbol's perception, fed with Python's events.

use indicators::{Bar, Baselines, Flags, Inputs, Memory, Refusal, Watch};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::bars::SeenBars;
use crate::domain::{bar, fall_extent, invalid_data, trust_member};
use crate::events::{Levels, book, print};
use crate::settings::{Rules, settings};

/// Bars as Python has them.
type PyBars<'py> = Bound<'py, PyList>;

/// What the detector and the trading rules see of one market; see `src/event_detector/perception.py`.
#[pyclass(module = "src._native")]
pub(crate) struct Perception {
    native: indicators::Perception,
    limits: (f64, f64),
    rules: Rules,
    last_book: Option<Py<PyAny>>,
    levels: Levels,
    seen: SeenBars,
}

impl Perception {
    /// The engine's own, for a loop that needs no Python.
    pub(crate) fn native(&mut self) -> &mut indicators::Perception {
        &mut self.native
    }

    /// Shows the book that a loop without Python has taken last.
    pub(crate) fn show_book(&mut self, book: Py<PyAny>) {
        self.last_book = Some(book);
    }
}

#[pymethods]
impl Perception {
    #[new]
    fn new(
        config: &Bound<'_, PyAny>,
        limits: (f64, f64),
        rules: Rules,
        tick_size: f64,
        lot_size: f64,
    ) -> PyResult<Self> {
        Ok(Self {
            native: indicators::Perception::new(settings(config, limits, rules)?, tick_size, lot_size),
            limits,
            rules,
            last_book: None,
            levels: Levels::default(),
            seen: SeenBars::default(),
        })
    }

    fn trade(&mut self, py: Python<'_>, event: &Bound<'_, PyAny>) -> PyResult<u32> {
        told(py, self.native.print(&print(event)?))
    }

    fn book(&mut self, py: Python<'_>, event: &Bound<'_, PyAny>) -> PyResult<u32> {
        let book = book(event, &mut self.levels)?;
        let flags = told(py, self.native.book(&book))?;
        self.last_book = Some(event.clone().unbind());
        Ok(flags)
    }

    fn tick(&mut self, ts_ns: i64) -> u32 {
        self.native.tick(ts_ns).0
    }

    fn sense(&mut self, event: &Bound<'_, PyAny>, now_ns: i64, holding: bool) -> PyResult<u32> {
        let flags = if event.hasattr(intern!(event.py(), "trade_id"))? {
            self.native.sense_print(&print(event)?, now_ns, holding)
        } else if event.hasattr(intern!(event.py(), "bid_prices"))? {
            let flags = self.native.sense_book(&book(event, &mut self.levels)?, now_ns, holding);
            self.last_book = Some(event.clone().unbind());
            flags
        } else {
            self.native.sense_silence(now_ns, holding)
        };
        Ok(flags.0)
    }

    fn watch(&mut self, heed: u8, until_ns: i64, seconds: bool, floor: f64, ceiling: f64) {
        self.native.watch(Watch { heed: Inputs(heed), until_ns, seconds, floor, ceiling });
    }

    fn freeze_until(&mut self, frozen_until_ns: i64) {
        self.native.freeze_until(frozen_until_ns);
    }

    fn closed_now<'py>(&mut self, py: Python<'py>) -> PyResult<(PyBars<'py>, PyBars<'py>)> {
        let (closed, completed) = self.native.closed_now();
        let seconds = self.seen.show(py, closed)?;
        let candles = self.seen.show(py, completed)?;
        Ok((seconds, candles))
    }

    #[getter]
    fn candle_before<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.native.candles().before().map(|candle| self.seen.one(py, candle)).transpose()
    }

    #[getter]
    fn median_range(&self) -> Option<f64> {
        self.native.candles().median_range()
    }

    #[getter]
    fn seconds_since_low(&self) -> Option<u64> {
        self.native.candles().seconds_since_low()
    }

    fn recall(&mut self, memory: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = memory.py();
        let baselines = memory.getattr(intern!(py, "baselines"))?;
        let samples = |name: &str| baselines.getattr(name)?.extract::<Vec<f64>>();
        self.native.recall(Memory {
            second_end_ns: memory.getattr(intern!(py, "second_end_ns"))?.extract()?,
            bars: all_bars(&memory.getattr(intern!(py, "bars"))?)?,
            baselines: Baselines {
                squared_returns: samples("squared_returns")?,
                spreads: samples("spreads")?,
                volume_deltas: samples("volume_deltas")?,
                print_counts: samples("print_counts")?,
                level_counts: samples("level_counts")?,
            },
        });
        Ok(())
    }

    fn load_history(&mut self, bars: &Bound<'_, PyAny>, now_ns: i64) -> PyResult<()> {
        self.native.load_history(&all_bars(bars)?, now_ns);
        Ok(())
    }

    fn amend(&mut self, event: &Bound<'_, PyAny>) -> PyResult<()> {
        self.native.amend(&print(event)?);
        Ok(())
    }

    fn forget_prints(&mut self) {
        self.native.forget_prints();
    }

    fn interrupted(&mut self) {
        self.native.interrupted();
    }

    fn seen_up_to(&mut self, last_trade_id: i64) {
        self.native.ordering_mut().seen_up_to(last_trade_id);
    }

    fn pass_time(&mut self, ts_ns: i64) {
        self.native.ordering_mut().tick(ts_ns);
    }

    fn offset(&mut self, clock_offset_ms: f64) {
        self.native.ordering_mut().offset(clock_offset_ms);
    }

    fn set_instrument(&mut self, tick_size: f64, lot_size: f64) {
        self.native.set_instrument(tick_size, lot_size);
    }

    fn reconfigure(&mut self, config: &Bound<'_, PyAny>) -> PyResult<()> {
        self.native.reconfigure(settings(config, self.limits, self.rules)?);
        Ok(())
    }

    #[getter]
    fn inputs(&self) -> u8 {
        self.native.inputs().0
    }

    #[getter]
    fn last_price(&self) -> f64 {
        self.native.last_price()
    }

    #[getter]
    fn best_bid(&self) -> f64 {
        self.native.best_bid()
    }

    #[getter]
    fn condition<'py>(&self, py: Python<'py>) -> PyResult<Option<(Bound<'py, PyAny>, bool, bool)>> {
        let condition = self.native.book_condition();
        condition.map(|seen| Ok((trust_member(py, seen.trust)?, seen.liquid, seen.wide))).transpose()
    }

    #[getter]
    fn liquidity(&self) -> f64 {
        self.native.book_figures().0
    }

    #[getter]
    fn spread(&self) -> f64 {
        self.native.book_figures().1
    }

    #[getter]
    fn recalled(&self) -> bool {
        self.native.recalled()
    }

    #[getter]
    fn now_ns(&self) -> i64 {
        self.native.ordering().now_ns()
    }

    #[getter]
    fn data_ns(&self) -> i64 {
        self.native.ordering().data_ns()
    }

    #[getter]
    fn holding(&self) -> bool {
        self.native.ordering().holding()
    }

    #[getter]
    fn held(&self) -> u8 {
        self.native.held()
    }

    #[getter]
    fn closed_count(&self) -> u64 {
        self.native.senses().bars().closed_count()
    }

    fn closed<'py>(&mut self, py: Python<'py>, count: usize) -> PyResult<PyBars<'py>> {
        self.seen.show(py, self.native.senses().bars().closed(count))
    }

    #[getter]
    fn second_end_ns(&self) -> i64 {
        self.native.senses().second_end_ns()
    }

    fn verdicts(&self) -> Vec<(f64, f64, f64, bool, bool)> {
        let verdicts = self.native.senses().running().verdicts();
        verdicts.iter().map(|shown| (shown.value, shown.baseline, shown.ratio, shown.ready, shown.fired)).collect()
    }

    fn peak(&self, index: usize) -> f64 {
        self.native.senses().running().peak(index)
    }

    fn baselines<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let held = self.native.senses().running().baselines();
        let samples = |samples: Vec<f64>| PyTuple::new(py, samples);
        crate::domain::baselines(py)?.call1((
            samples(held.squared_returns)?,
            samples(held.spreads)?,
            samples(held.volume_deltas)?,
            samples(held.print_counts)?,
            samples(held.level_counts)?,
        ))
    }

    #[getter]
    fn spread_now(&self) -> Option<f64> {
        Some(self.native.senses().running().spread().now()).filter(|spread| *spread != 0.0)
    }

    #[getter]
    fn spread_baseline(&self) -> Option<f64> {
        self.native.senses().running().spread().usual()
    }

    #[getter]
    fn fall<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.native.senses().fall().extent().map(|extent| fall_extent(py, extent)).transpose()
    }

    #[getter]
    fn range(&self) -> Option<(f64, f64)> {
        self.native.senses().range()
    }

    #[getter]
    fn last_book(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.last_book.as_ref().map(|book| book.clone_ref(py))
    }
}

fn told(py: Python<'_>, flags: Result<Flags, Refusal>) -> PyResult<u32> {
    flags.map(|flags| flags.0).map_err(|refusal| invalid_data(py, &refusal))
}

pub(crate) fn all_bars(given: &Bound<'_, PyAny>) -> PyResult<Vec<Bar>> {
    given.try_iter()?.map(|given| bar(&given?)).collect()
}
