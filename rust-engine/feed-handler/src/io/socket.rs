//! One task per connection: frames in, pongs out (the library answers pings), nothing else is ever sent.

use std::time::Duration;

use clock::WallClock;
use common::time::UnixNanos;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_util::sync::CancellationToken;

use super::run::Happened;
use crate::event::ConnectionId;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The largest frame that is taken: a venue's own are a few hundred kilobytes at most.
const LARGEST_FRAME: usize = 16 << 20;

pub(super) struct Socket {
    pub(super) id: ConnectionId,
    pub(super) url: String,
    pub(super) clock: WallClock,
    pub(super) events: mpsc::Sender<(UnixNanos, Happened)>,
    pub(super) cancel: CancellationToken,
}

impl Socket {
    /// Connects, reads until the end, and says why it ended.
    pub(super) async fn run(self) {
        let reason = self.live().await;
        let (connection, reason) = (self.id, reason.unwrap_or_else(|error| error));
        self.tell(Happened::Closed { connection, reason }).await;
    }

    async fn live(&self) -> Result<String, String> {
        let config =
            WebSocketConfig::default().max_message_size(Some(LARGEST_FRAME)).max_frame_size(Some(LARGEST_FRAME));
        let connecting = connect_async_with_config(self.url.as_str(), Some(config), true);
        let connected = tokio::select! {
            biased;
            () = self.cancel.cancelled() => return Ok("closed by us".to_owned()),
            connected = tokio::time::timeout(CONNECT_TIMEOUT, connecting) => connected,
        };
        let (mut stream, _) = connected
            .map_err(|_| format!("no connection to {} within {CONNECT_TIMEOUT:?}", self.url))?
            .map_err(|error| format!("no connection to {}: {error}", self.url))?;
        self.tell(Happened::Opened(self.id)).await;
        loop {
            let message = tokio::select! {
                biased;
                () = self.cancel.cancelled() => {
                    let _ = tokio::time::timeout(CLOSE_TIMEOUT, stream.close(None)).await;
                    return Ok("closed by us".to_owned());
                }
                message = stream.next() => message,
            };
            match message {
                Some(Ok(Message::Text(text))) => self.frame(text).await,
                Some(Ok(Message::Binary(bytes))) => match Utf8Bytes::try_from(bytes) {
                    Ok(text) => self.frame(text).await,
                    Err(_) => self.frame(Utf8Bytes::from_static("binary")).await,
                },
                Some(Ok(Message::Ping(_))) => self.tell(Happened::Ping(self.id)).await,
                Some(Ok(Message::Close(Some(frame)))) => {
                    let _ = tokio::time::timeout(CLOSE_TIMEOUT, stream.flush()).await;
                    return Ok(format!("closed by the venue: {} {}", frame.code, frame.reason));
                }
                Some(Ok(Message::Close(None))) | None => return Ok("closed by the venue".to_owned()),
                Some(Ok(Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(error)) => return Err(format!("connection lost: {error}")),
            }
        }
    }

    async fn frame(&self, text: Utf8Bytes) {
        self.tell(Happened::Frame { connection: self.id, text }).await;
    }

    /// A full queue makes the sender wait, and in the end the venue: nothing is dropped here.
    async fn tell(&self, happened: Happened) {
        // The receiver is gone only when the feed has ended, and then nobody wants to know.
        let _ = self.events.send((self.clock.now(), happened)).await;
    }
}
