//! HTTP: requests from clients to the endpoints and streams, and their answers with the venue's headers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};

use crate::control;
use crate::event::{TimeUnit, Times};
use crate::rest_market::error::ApiError;
use crate::rest_market::limits::{Refusal, WEIGHT_LIMIT};
use crate::rest_market::params::Params;
use crate::rest_market::{Endpoint, View};
use crate::state::State;
use crate::streams::connection;
use crate::streams::names::Wish;

/// What endpoints that Binance has removed answer.
const GONE: &str = "<html>\r\n<head><title>410 Gone</title></head>\r\n<body>\r\n<center><h1>410 Gone</h1></center>\r\n\
                    <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
/// How long a ban ordered by a fault lasts.
const ORDERED_BAN_MS: i64 = 120_000;

/// All routes.
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/ws", any(stream))
        .route("/ws/", any(stream))
        .route("/ws/{*streams}", any(stream))
        .route("/stream", any(stream))
        .route("/control/status", get(control::status))
        .route("/control/book", get(control::book))
        .route("/control/faults", post(control::faults))
        .route("/control/server-shutdown", post(control::server_shutdown))
        .route("/control/shutdown", post(control::shutdown))
        .route("/api/v3/userDataStream", any(gone))
        .fallback(rest)
        .with_state(state)
}

async fn gone() -> Response {
    (StatusCode::GONE, [(header::CONTENT_TYPE, "text/html")], GONE).into_response()
}

async fn stream(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    uri: Uri,
    upgrade: WebSocketUpgrade,
) -> Response {
    let wish = match Wish::of_url(uri.path(), uri.query().unwrap_or("")) {
        Ok(wish) => wish,
        Err(error) => return refusal(&error, None, None),
    };
    let wall = state.clock.now();
    let (allowed, refused) = {
        let mut core = state.core();
        let now = core.schedule.tape_time(wall);
        (core.limits.connect(client.ip(), wall), now < core.refuse_until)
    };
    if refused {
        return refusal(&ApiError::of_status(503, WEIGHT_LIMIT, 0), None, None);
    }
    if !allowed {
        return refusal(&ApiError::too_many(WEIGHT_LIMIT), None, Some(300));
    }
    upgrade.on_upgrade(move |socket| {
        let hub = Arc::clone(&state.hub);
        let timing = state.timing;
        async move { connection::serve(socket, wish, hub, timing, move |streams| state.heard(streams)).await }
    })
}

async fn rest(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path();
    let params = Params::parse(uri.query().unwrap_or(""));
    let endpoint = Endpoint::of_path(path).filter(|_| method == Method::GET);
    let wall = state.clock.now();
    let (used, limited, verdict) = {
        let mut core = state.core();
        *core.requests.entry(path.to_owned()).or_default() += 1;
        let weight = endpoint.map_or(1, |endpoint| endpoint.weight(&params));
        let (used, limited) = core.limits.charge(client.ip(), weight, wall);
        let now = core.schedule.tape_time(wall);
        (used, limited, core.http.judge(path, now))
    };
    if verdict.late_ns > 0 {
        let late = u64::try_from(verdict.late_ns).unwrap_or(0);
        tokio::time::sleep(Duration::from_nanos(late)).await;
    }
    if let Some(limited) = limited {
        let (error, retry_after) = match limited {
            Refusal::TooMany { retry_after } => (ApiError::too_many(WEIGHT_LIMIT), retry_after),
            Refusal::Banned { until, retry_after } => (ApiError::banned(until.millis()), retry_after),
        };
        return refusal(&error, Some(used), Some(retry_after));
    }
    if let Some((status, retry_after)) = verdict.status {
        let error = ApiError::of_status(status, WEIGHT_LIMIT, wall.millis() + ORDERED_BAN_MS);
        return refusal(&error, Some(used), retry_after);
    }
    let Some(endpoint) = endpoint else { return refusal(&ApiError::unknown_path(path), Some(used), None) };
    let unit = match headers.get("x-mbx-time-unit").map(|name| name.to_str().ok().and_then(TimeUnit::named)) {
        None => TimeUnit::default(),
        Some(Some(unit)) => unit,
        Some(None) => return refusal(&ApiError::invalid_time_unit(), Some(used), None),
    };
    let answer = {
        let mut core = state.core();
        let wall = state.clock.now();
        core.schedule.keep_promise(wall);
        let times = Times { shift_ns: core.schedule.shift_ns(), unit };
        let now = core.schedule.tape_time(wall);
        let shift_seconds = core.schedule.shift_seconds();
        let view = View { venue: &core.venue, now, times, shift_seconds, stale_ns: verdict.stale_ns };
        endpoint.answer(view, &params)
    };
    match answer {
        Ok(body) => json_response(StatusCode::OK, body, Some(used), None),
        Err(error) => refusal(&error, Some(used), None),
    }
}

fn refusal(error: &ApiError, used: Option<u32>, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_response(status, error.body(), used, retry_after)
}

/// An answer as the venue sends it. Clients check the content type, and some need the weight headers.
pub(crate) fn json_response(status: StatusCode, body: String, used: Option<u32>, retry_after: Option<u64>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    if let Some(used) = used {
        headers.insert("x-mbx-used-weight", used.into());
        headers.insert("x-mbx-used-weight-1m", used.into());
    }
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
