//! Requests over HTTP.

use std::time::Duration;

use clock::WallClock;
use common::time::UnixNanos;
use reqwest::header::HeaderMap;
use tokio::sync::mpsc;

use super::run::Happened;
use crate::request::Request;

/// The venue itself gives up after 10 s.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client of one venue.
#[derive(Clone)]
pub(super) struct Rest {
    client: reqwest::Client,
    origin: String,
}

/// An answer, or why there is none.
pub(super) enum Reply {
    Replied { status: u16, used_weight: Option<u64>, retry_after: Option<u64>, body: bytes::Bytes },
    Failed(String),
}

impl Rest {
    /// A client of the venue at `origin`, such as `https://api.binance.com`.
    pub(super) fn new(origin: &str) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder().timeout(TIMEOUT).tcp_nodelay(true);
        if origin.starts_with("http://") {
            // A plain address is a venue on loopback: no proxy and no certificates are in between.
            builder = builder.no_proxy().tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| format!("no HTTP client: {}", causes(&error)))?;
        Ok(Self { client, origin: origin.trim_end_matches('/').to_owned() })
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        let asked = self.client.get(format!("{}{path}", self.origin)).header("X-MBX-TIME-UNIT", "MICROSECOND").send();
        let response = match asked.await {
            Ok(response) => response,
            Err(error) => return Reply::Failed(causes(&error)),
        };
        let status = response.status().as_u16();
        let used_weight = number(response.headers(), "x-mbx-used-weight-1m");
        let retry_after = number(response.headers(), "retry-after");
        match response.bytes().await {
            Ok(body) => Reply::Replied { status, used_weight, retry_after, body },
            Err(error) => Reply::Failed(causes(&error)),
        }
    }

    /// Sends a request and tells what came of it.
    pub(super) async fn fetch(self, request: Request, clock: WallClock, events: mpsc::Sender<(UnixNanos, Happened)>) {
        let sent_at = clock.now();
        let reply = self.get(&request.path()).await;
        // The receiver is gone only when the feed has ended.
        let _ = events.send((clock.now(), Happened::Answered { request, sent_at, reply })).await;
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// The error and what is behind it: the outermost alone says only that sending failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}
