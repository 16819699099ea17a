//! The control plane: orders to the simulator itself, over HTTP, beside the venue's own paths.
//!
//! `POST /control/faults` (one fault or a list), `GET /control/status`, `GET /control/book?symbol=X[&at=<update id>]`,
//! `POST /control/server-shutdown`, `POST /control/shutdown`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use crate::faults::{Fault, Span};
use crate::http::json_response;
use crate::rest_market::params::Params;
use crate::spelling::write_levels;
use crate::state::State;

fn answer(status: StatusCode, body: &Value) -> Response {
    json_response(status, body.to_string(), None, None)
}

fn refuse(status: StatusCode, reason: &str) -> Response {
    answer(status, &json!({"error": reason}))
}

/// Begins faults now: all of them, or none where one of them is misspelt.
pub(crate) async fn faults(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let faults: Result<Vec<Fault>, String> =
        serde_json::from_slice::<Value>(&body).map_err(|error| format!("not JSON: {error}")).and_then(|order| {
            let list = match order {
                Value::Array(list) => list,
                one => vec![one],
            };
            list.into_iter().map(|fault| serde_json::from_value(fault).map_err(|error| error.to_string())).collect()
        });
    let begun = faults.and_then(|faults| faults.iter().try_for_each(|fault| state.order(fault)).map(|()| faults.len()));
    match begun {
        Ok(count) => answer(StatusCode::OK, &json!({"begun": count})),
        Err(reason) => refuse(StatusCode::BAD_REQUEST, &reason),
    }
}

/// What the simulator does and has done.
pub(crate) async fn status(Shared(state): Shared<Arc<State>>) -> Response {
    let wall = state.clock.now();
    let connections: Vec<Value> =
        state.hub.overview().into_iter().map(|(id, streams)| json!({"id": id, "streams": streams})).collect();
    let counts = &state.hub.counts;
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let core = state.core();
    let tape_time = core.schedule.tape_time(wall);
    let mut hits = core.injector.applied().clone();
    hits.extend(core.http.applied());
    let books: serde_json::Map<String, Value> = core
        .venue
        .markets()
        .map(|market| (market.symbol().as_str().to_owned(), market.books().now().last_update_id.into()))
        .collect();
    let body = json!({
        "state": core.schedule.stage().name(),
        "tape": {
            "name": state.tape_name,
            "symbols": state.header.symbol_names(),
            "source": state.header.source,
            "synthetic_book": state.header.synthetic_book,
            "synthetic_trades": state.header.synthetic_trades,
            "live_from_ns": core.schedule.live_from(),
        },
        "tape_time_ns": tape_time,
        "time_ns": tape_time + core.schedule.shift_ns(),
        "shift_seconds": core.schedule.shift_seconds(),
        "last_update_ids": books,
        "connections": connections,
        "connections_ever": count(&counts.connections),
        "messages": count(&counts.messages),
        "too_slow": count(&counts.too_slow),
        "requests": core.requests,
        "faults": {"begun": core.begun, "hits": hits, "to_come": core.script.len()},
    });
    answer(StatusCode::OK, &body)
}

/// A symbol's whole book, now or after the last change up to an update id.
pub(crate) async fn book(Shared(state): Shared<Arc<State>>, uri: Uri) -> Response {
    let params = Params::parse(uri.query().unwrap_or(""));
    let core = state.core();
    let Some(market) = params.get("symbol").and_then(|symbol| core.venue.market(symbol)) else {
        return refuse(StatusCode::NOT_FOUND, "no such symbol; give one as ?symbol=BTCUSDT");
    };
    let old;
    let book = match params.get("at").map(str::parse) {
        None => market.books().now(),
        Some(Err(_)) => return refuse(StatusCode::BAD_REQUEST, "`at` is an update id"),
        Some(Ok(update_id)) => match market.books().at_id(update_id) {
            Some(book) => {
                old = book;
                &old
            }
            None => return refuse(StatusCode::GONE, "that update id is too long ago"),
        },
    };
    let (bids, asks): (Vec<_>, Vec<_>) = (book.book.bids().collect(), book.book.asks().collect());
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write!(out, r#"{{"symbol":"{}","lastUpdateId":{},"bids":"#, market.symbol(), book.last_update_id);
    let _ = write_levels(&mut out, &bids);
    out.push_str(r#","asks":"#);
    let _ = write_levels(&mut out, &asks);
    out.push('}');
    json_response(StatusCode::OK, out, None, None)
}

/// Says `serverShutdown` on all streams and ends them two seconds later.
pub(crate) async fn server_shutdown(Shared(state): Shared<Arc<State>>) -> Response {
    match state.order(&Fault::ServerShutdown { close_after: Span::from_millis(2_000) }) {
        Ok(()) => answer(StatusCode::OK, &json!({"begun": 1})),
        Err(reason) => refuse(StatusCode::BAD_REQUEST, &reason),
    }
}

/// Ends the simulator.
pub(crate) async fn shutdown(Shared(state): Shared<Arc<State>>) -> Response {
    state.stop.cancel();
    answer(StatusCode::OK, &json!({"stopping": true}))
}
