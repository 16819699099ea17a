//! Which markets a request means.

use super::View;
use super::error::ApiError;
use super::params::Params;
use crate::venue::market::Market;

const STATUSES: [&str; 5] = ["TRADING", "END_OF_DAY", "HALT", "BREAK", "CANCEL_ONLY"];

/// One market asked for by name, or several.
pub(super) enum Selection<'a> {
    /// By `symbol`: the answer is one object.
    One(&'a Market),
    /// By `symbols`, or all: the answer is a list.
    Many(Vec<&'a Market>),
}

/// The market named by the mandatory `symbol`.
pub(super) fn one_market<'a>(view: View<'a>, params: &Params) -> Result<&'a Market, ApiError> {
    params.mandatory("symbol")?;
    match select(view, params)? {
        Selection::One(market) => Ok(market),
        Selection::Many(_) => Err(ApiError::mandatory("symbol")),
    }
}

/// The markets named by `symbol` or `symbols`, narrowed by `symbolStatus`; all without them.
pub(super) fn select<'a>(view: View<'a>, params: &Params) -> Result<Selection<'a>, ApiError> {
    let status = params.get("symbolStatus");
    if status.is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(ApiError::invalid_symbol_status());
    }
    let matches = |market: &Market| status.is_none_or(|status| market.info()["status"] == status);
    match (params.symbol()?, params.symbols()?) {
        (Some(_), Some(_)) => Err(ApiError::combination()),
        (Some(symbol), None) => match view.venue.market(symbol) {
            None => Err(ApiError::invalid_symbol()),
            Some(market) if !matches(market) => Err(ApiError::status_mismatch()),
            Some(market) => Ok(Selection::One(market)),
        },
        (None, Some(symbols)) => symbols
            .iter()
            .map(|symbol| view.venue.market(symbol).ok_or_else(ApiError::invalid_symbol))
            .collect::<Result<Vec<_>, _>>()
            .map(|markets| Selection::Many(markets.into_iter().filter(|market| matches(market)).collect())),
        (None, None) => Ok(Selection::Many(view.venue.markets().filter(|market| matches(market)).collect())),
    }
}
