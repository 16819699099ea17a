//! Python's own words for the market's values (`src.domain`), looked up once.

use indicators::{Bar, FallExtent, Place, Refusal, Side, Trust};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

const MARKET: &str = "src.domain.market";

/// The bar of Python's domain as the engine's.
pub(crate) fn bar(given: &Bound<'_, PyAny>) -> PyResult<Bar> {
    let py = given.py();
    Ok(Bar {
        start_ns: given.getattr(intern!(py, "start_ns"))?.extract()?,
        open: given.getattr(intern!(py, "open"))?.extract()?,
        high: given.getattr(intern!(py, "high"))?.extract()?,
        low: given.getattr(intern!(py, "low"))?.extract()?,
        close: given.getattr(intern!(py, "close"))?.extract()?,
        volume: given.getattr(intern!(py, "volume"))?.extract()?,
        buy_volume: given.getattr(intern!(py, "buy_volume"))?.extract()?,
        sell_volume: given.getattr(intern!(py, "sell_volume"))?.extract()?,
        trade_count: given.getattr(intern!(py, "trade_count"))?.extract()?,
    })
}

/// The engine's bars as those of Python's domain.
pub(crate) fn bars<'py>(py: Python<'py>, bars: &[Bar]) -> PyResult<Vec<Bound<'py, PyAny>>> {
    bars.iter().map(|bar| domain_bar(py, bar)).collect()
}

/// The engine's bar as one of Python's domain.
pub(crate) fn domain_bar<'py>(py: Python<'py>, bar: &Bar) -> PyResult<Bound<'py, PyAny>> {
    static BAR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    BAR.import(py, MARKET, "Bar")?.call1((
        bar.start_ns,
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume,
        bar.buy_volume,
        bar.sell_volume,
        bar.trade_count,
    ))
}

/// The side that Python's member means.
pub(crate) fn side(member_of_side: &Bound<'_, PyAny>) -> PyResult<Side> {
    static BUY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = member_of_side.py();
    let buys = member_of_side.is(BUY.get_or_try_init(py, || member(py, MARKET, "Side", "BUY"))?);
    Ok(if buys { Side::Buy } else { Side::Sell })
}

/// The member of `Place` that means this.
pub(crate) fn place(py: Python<'_>, place: Place) -> PyResult<Bound<'_, PyAny>> {
    let name = match place {
        Place::Fresh => "FRESH",
        Place::AfterLoss => "AFTER_LOSS",
        Place::Late => "LATE",
        Place::TooOld => "TOO_OLD",
    };
    Ok(member(py, "src.event_detector.ordering", "Place", name)?.into_bound(py))
}

/// What a fall is measured by, in Python's words.
pub(crate) fn fall_extent(py: Python<'_>, extent: FallExtent) -> PyResult<Bound<'_, PyAny>> {
    static EXTENT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    EXTENT.import(py, "src.event_detector.quorum", "FallExtent")?.call1((extent.high, extent.low, extent.reference))
}

/// The member of `Trust` that means this.
pub(crate) fn trust_member(py: Python<'_>, trust: Trust) -> PyResult<Bound<'_, PyAny>> {
    static MEMBERS: PyOnceLock<[Py<PyAny>; 4]> = PyOnceLock::new();
    let members = MEMBERS.get_or_try_init(py, || {
        Ok::<_, PyErr>([
            member(py, MARKET, "Trust", "TRUSTED")?,
            member(py, MARKET, "Trust", "SUSPECT")?,
            member(py, MARKET, "Trust", "BROKEN")?,
            member(py, MARKET, "Trust", "REBUILDING")?,
        ])
    })?;
    let at = match trust {
        Trust::Trusted => 0,
        Trust::Suspect => 1,
        Trust::Broken => 2,
        Trust::Rebuilding => 3,
    };
    Ok(members[at].bind(py).clone())
}

fn member(py: Python<'_>, module: &str, class: &str, name: &str) -> PyResult<Py<PyAny>> {
    Ok(py.import(module)?.getattr(class)?.getattr(name)?.unbind())
}

/// The class of a session's book views.
pub(crate) fn book_view(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static BOOK_VIEW: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    BOOK_VIEW.import(py, "src.domain.events", "BookView")
}

/// The class of a detector's baselines.
pub(crate) fn baselines(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static BASELINES: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    BASELINES.import(py, "src.event_detector.memory", "Baselines")
}

/// `InvalidData` with the reason and the words of a refusal.
pub(crate) fn invalid_data(py: Python<'_>, refusal: &Refusal) -> PyErr {
    static INVALID_DATA: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    INVALID_DATA
        .import(py, "src.domain.errors", "InvalidData")
        .and_then(|class| class.call1((refusal.fault.reason(), refusal.detail.as_str())))
        .map_or_else(|error| error, PyErr::from_value)
}
