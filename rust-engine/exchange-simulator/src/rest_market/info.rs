//! exchangeInfo: limits and each symbol's rules, plus what only a replay has.

use serde_json::{Value, json};

use super::View;
use super::error::ApiError;
use super::limits;
use super::params::Params;
use super::selection::{Selection, select};
use crate::venue::market::Market;

pub(super) fn exchange_info(view: View<'_>, params: &Params) -> Result<Value, ApiError> {
    params.only(&["symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus"])?;
    let is_named = params.get("symbol").is_some() || params.get("symbols").is_some();
    let permissions = permissions(params)?;
    // Neither goes with a list of names (reference 4.1).
    if is_named && (permissions.is_some() || params.get("symbolStatus").is_some()) {
        return Err(ApiError::combination());
    }
    let markets = match select(view, params)? {
        Selection::One(market) => vec![market],
        Selection::Many(markets) => markets,
    };
    let show_permissions = params.flag("showPermissionSets", true)?;
    let symbols: Vec<Value> = markets
        .into_iter()
        .filter(|market| permissions.as_ref().is_none_or(|wanted| has_permission(market, wanted)))
        .map(|market| describe(market, show_permissions))
        .collect();
    Ok(json!({
        "timezone": "UTC",
        "serverTime": view.times.print(view.now),
        "rateLimits": limits::described(),
        "exchangeFilters": [],
        "symbols": symbols,
        // Not Binance's: what to take off a time to get the tape's.
        "simulator": {"tapeShiftSeconds": view.shift_seconds},
    }))
}

/// One name, or a JSON list of names.
fn permissions(params: &Params) -> Result<Option<Vec<String>>, ApiError> {
    match params.get("permissions") {
        None => Ok(None),
        Some(text) if text.starts_with('[') => {
            serde_json::from_str(text).map(Some).map_err(|_| ApiError::invalid_data("permissions"))
        }
        Some(name) => Ok(Some(vec![name.to_owned()])),
    }
}

fn has_permission(market: &Market, wanted: &[String]) -> bool {
    let sets = market.info()["permissionSets"].as_array().map_or(&[][..], Vec::as_slice);
    let named = |name: &Value| name.as_str().is_some_and(|name| wanted.iter().any(|wanted| wanted == name));
    sets.iter().any(|set| set.as_array().is_some_and(|set| set.iter().any(named)))
}

fn describe(market: &Market, show_permissions: bool) -> Value {
    let mut info = market.info().clone();
    if let Some(fields) = info.as_object_mut().filter(|_| !show_permissions) {
        fields.shift_remove("permissionSets");
    }
    info
}
