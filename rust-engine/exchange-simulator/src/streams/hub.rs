//! Who hears what: the connections, their subscriptions and their queues.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::Sender;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::frame::Frame;

/// Something for a connection's writer.
#[derive(Clone, Debug)]
pub enum Out {
    /// A stream message.
    Frame(Arc<Frame>),
    /// The answer to a control message.
    Answer(String),
    /// A ping with its payload.
    Ping(Vec<u8>),
    /// Nothing is written until then; what waits meanwhile is thrown away if `lost`.
    Stall {
        /// When writing goes on.
        until: Instant,
        /// What waits meanwhile is never sent.
        lost: bool,
    },
    /// The connection ends in good order.
    Close {
        /// WebSocket close code.
        code: u16,
        /// In words.
        reason: &'static str,
    },
}

struct Link {
    queue: Sender<Out>,
    cut: CancellationToken,
    streams: HashSet<String>,
}

#[derive(Default)]
struct Links {
    next_id: u64,
    by_id: HashMap<u64, Link>,
    by_stream: HashMap<String, Vec<u64>>,
}

/// Counts for the status report.
#[derive(Debug, Default)]
pub struct Counts {
    /// Connections accepted so far.
    pub connections: AtomicU64,
    /// Messages handed to connections.
    pub messages: AtomicU64,
    /// Connections cut because their queue was full.
    pub too_slow: AtomicU64,
}

/// All stream connections.
#[derive(Default)]
pub struct Hub {
    links: Mutex<Links>,
    /// What has happened so far.
    pub counts: Counts,
}

impl Hub {
    fn links(&self) -> MutexGuard<'_, Links> {
        // The table is whole between any two statements that could panic.
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a new connection; `cut` ends it without a word.
    pub fn connect(&self, queue: Sender<Out>, cut: CancellationToken) -> u64 {
        let mut links = self.links();
        links.next_id += 1;
        let id = links.next_id;
        links.by_id.insert(id, Link { queue, cut, streams: HashSet::new() });
        self.counts.connections.fetch_add(1, Ordering::Relaxed);
        id
    }

    /// Forgets a connection.
    pub fn disconnect(&self, id: u64) {
        let mut links = self.links();
        if let Some(link) = links.by_id.remove(&id) {
            link.streams.iter().for_each(|stream| links.unlist(stream, id));
        }
    }

    /// Adds and removes streams of a connection.
    pub fn change(&self, id: u64, added: &[String], removed: &[String]) {
        let mut links = self.links();
        for stream in added {
            let is_new = links.by_id.get_mut(&id).is_some_and(|link| link.streams.insert(stream.clone()));
            if is_new {
                links.by_stream.entry(stream.clone()).or_default().push(id);
            }
        }
        for stream in removed {
            let is_gone = links.by_id.get_mut(&id).is_some_and(|link| link.streams.remove(stream));
            if is_gone {
                links.unlist(stream, id);
            }
        }
    }

    /// Hands messages to everyone who subscribed to them. A connection whose queue is full is cut: the venue does not
    /// wait for slow clients.
    pub fn publish(&self, frames: &[Arc<Frame>]) {
        let mut links = self.links();
        for frame in frames {
            let ids: Vec<u64> = if frame.is_for_all() {
                links.by_id.keys().copied().collect()
            } else {
                links.by_stream.get(frame.stream()).cloned().unwrap_or_default()
            };
            for id in ids {
                self.send(&mut links, id, Out::Frame(Arc::clone(frame)));
            }
        }
    }

    /// Hands something to every connection.
    pub fn tell_all(&self, out: &Out) {
        let mut links = self.links();
        let ids: Vec<u64> = links.by_id.keys().copied().collect();
        for id in ids {
            self.send(&mut links, id, out.clone());
        }
    }

    fn send(&self, links: &mut Links, id: u64, out: Out) {
        let Some(link) = links.by_id.get(&id) else { return };
        match link.queue.try_send(out) {
            Ok(()) => {
                self.counts.messages.fetch_add(1, Ordering::Relaxed);
            }
            Err(tokio::sync::mpsc::error::TrySendError::Closed(_)) => {}
            Err(tokio::sync::mpsc::error::TrySendError::Full(_)) => {
                tracing::warn!(connection = id, "client is too slow, cut");
                self.counts.too_slow.fetch_add(1, Ordering::Relaxed);
                link.cut.cancel();
                if let Some(link) = links.by_id.remove(&id) {
                    link.streams.iter().for_each(|stream| links.unlist(stream, id));
                }
            }
        }
    }

    /// Ends every connection without a word.
    pub fn cut_all(&self) {
        self.links().by_id.values().for_each(|link| link.cut.cancel());
    }

    /// The ids of all connections.
    #[must_use]
    pub fn ids(&self) -> Vec<u64> {
        self.links().by_id.keys().copied().collect()
    }

    /// Ends these connections in good order.
    pub fn close(&self, ids: &[u64], code: u16, reason: &'static str) {
        let mut links = self.links();
        for &id in ids {
            self.send(&mut links, id, Out::Close { code, reason });
        }
    }

    /// Every connection's streams, by connection, for the status report.
    #[must_use]
    pub fn overview(&self) -> Vec<(u64, Vec<String>)> {
        let links = self.links();
        let mut all: Vec<_> = links
            .by_id
            .iter()
            .map(|(&id, link)| {
                let mut streams: Vec<String> = link.streams.iter().cloned().collect();
                streams.sort_unstable();
                (id, streams)
            })
            .collect();
        all.sort_unstable();
        all
    }
}

impl Links {
    fn unlist(&mut self, stream: &str, id: u64) {
        if let Some(ids) = self.by_stream.get_mut(stream) {
            ids.retain(|&known| known != id);
            if ids.is_empty() {
                self.by_stream.remove(stream);
            }
        }
    }
}
