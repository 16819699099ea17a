//! Connections: make before break, back off, keep within the venue's budget, give up only while flat.

use std::collections::VecDeque;
use std::fmt;

use common::time::{NANOS_PER_SECOND, UnixNanos};

use crate::backoff::Backoff;
use crate::event::ConnectionId;

/// The venue allows 300 connection attempts in 5 minutes from one address; a third is left to other clients on it.
const ATTEMPTS_ALLOWED: usize = 200;
const ATTEMPTS_WINDOW: i64 = 300 * NANOS_PER_SECOND;
/// A connection that lasted so long was a success: the next failure is a first one again.
const PROVEN_AFTER: i64 = 10 * NANOS_PER_SECOND;
/// The venue pings every 20 s; a connection without a ping or a frame for so long is dead.
const DEAD_AFTER: i64 = 60 * NANOS_PER_SECOND;
/// A connection that spoke within this time is alive again.
const STILL_SILENT: i64 = NANOS_PER_SECOND;
/// How long two connections run side by side at most.
const OVERLAP_LIMIT: i64 = 10 * NANOS_PER_SECOND;

/// Why a connection is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    /// Nothing comes although something should.
    Silence,
    /// What comes is late, and stays late.
    Latency,
    /// It nears the venue's 24 h cut.
    Age,
    /// The venue said that it is about to stop.
    ServerShutdown,
}

impl fmt::Display for Replace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silence => "silence",
            Self::Latency => "latency",
            Self::Age => "age",
            Self::ServerShutdown => "server shutdown",
        })
    }
}

/// What is to be done about connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkAction {
    Open(ConnectionId),
    /// So many attempts in a row failed, and no position is open.
    GiveUp(u32),
}

#[derive(Clone, Copy, Debug)]
struct Link {
    id: ConnectionId,
    open: bool,
    since: UnixNanos,
    heard: UnixNanos,
}

/// The connection that is followed, and the one that is to replace it.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    backoff: Backoff,
    current: Option<Link>,
    next: Option<Link>,
    replacing: Option<Replace>,
    count: u32,
    stood: u64,
    failures: u32,
    open_at: UnixNanos,
    attempts: VecDeque<UnixNanos>,
    max_age: i64,
}

impl Links {
    pub(crate) fn new(backoff: Backoff, max_age: i64) -> Self {
        Self {
            backoff,
            current: None,
            next: None,
            replacing: None,
            count: 0,
            stood: 0,
            failures: 0,
            open_at: UnixNanos::ZERO,
            attempts: VecDeque::new(),
            max_age,
        }
    }

    /// The connection whose frames count.
    pub(crate) fn is_current(&self, id: ConnectionId) -> bool {
        self.current.is_some_and(|link| link.id == id)
    }

    /// The connection whose frames are kept for the handover.
    pub(crate) fn is_next(&self, id: ConnectionId) -> bool {
        self.next.is_some_and(|link| link.id == id)
    }

    /// Whether frames can be expected.
    pub(crate) fn is_connected(&self) -> bool {
        self.current.is_some_and(|link| link.open)
    }

    /// Connections that stood after the first.
    pub(crate) const fn reconnections(&self) -> u64 {
        self.stood.saturating_sub(1)
    }

    pub(crate) fn opened(&mut self, id: ConnectionId, now: UnixNanos) {
        for link in [&mut self.current, &mut self.next].into_iter().flatten().filter(|link| link.id == id) {
            (link.open, link.since, link.heard) = (true, now, now);
            self.stood += 1;
        }
    }

    pub(crate) fn heard(&mut self, id: ConnectionId, now: UnixNanos) {
        for link in [&mut self.current, &mut self.next].into_iter().flatten().filter(|link| link.id == id) {
            link.heard = now;
        }
    }

    /// A connection ended or could not be opened. True where it was the one followed.
    pub(crate) fn closed(&mut self, id: ConnectionId, now: UnixNanos) -> bool {
        let was_current = self.is_current(id);
        let Some(link) = (if was_current { self.current.take() } else { self.next.take_if(|link| link.id == id) })
        else {
            return false; // one that was closed by us
        };
        self.failures = if link.open && now.since(link.since) >= PROVEN_AFTER { 0 } else { self.failures + 1 };
        self.open_at = self.open_at.max(now + self.backoff.delay(self.failures.saturating_sub(1)));
        if was_current {
            self.current = self.next.take();
            self.replacing = None;
        }
        was_current
    }

    /// Wants another connection in place of the current one; true where that is news.
    pub(crate) fn replace(&mut self, why: Replace) -> bool {
        let news = self.is_connected() && self.replacing.is_none();
        if news {
            self.replacing = Some(why);
        }
        news
    }

    /// True where the current connection is not worth waiting for: it is replaced for its silence, and still silent.
    pub(crate) fn is_current_lost(&self, now: UnixNanos) -> bool {
        self.replacing == Some(Replace::Silence)
            && self.current.is_none_or(|current| now.since(current.heard) >= STILL_SILENT)
    }

    /// True where both have run side by side long enough.
    pub(crate) fn is_overlap_over(&self, now: UnixNanos) -> bool {
        self.next.is_some_and(|next| next.open && now.since(next.since) >= OVERLAP_LIMIT)
    }

    /// Follows the next connection from now on; returns the one to close.
    pub(crate) fn promote(&mut self, now: UnixNanos) -> Option<ConnectionId> {
        let next = self.next.take()?;
        let old = self.current.replace(next);
        // A replacement that helped nothing is asked for again at once by the same reason: later each time.
        if let Some(old) = old {
            self.failures = if now.since(old.since) >= 6 * PROVEN_AFTER { 0 } else { self.failures + 1 };
            self.open_at = self.open_at.max(now + self.backoff.delay(self.failures));
        }
        self.replacing = None;
        old.map(|old| old.id)
    }

    /// Looks at the time. `attempts_allowed` failures in a row end it while flat.
    pub(crate) fn tick(&mut self, now: UnixNanos, flat: bool, attempts_allowed: u32) -> Vec<LinkAction> {
        if let Some(current) = self.current.filter(|link| link.open) {
            if now.since(current.since) >= self.max_age {
                self.replace(Replace::Age);
            } else if now.since(current.heard) >= DEAD_AFTER {
                self.replace(Replace::Silence);
            }
        }
        let wanted = self.current.is_none() || (self.replacing.is_some() && self.next.is_none());
        if !wanted || now < self.open_at {
            return Vec::new();
        }
        if self.current.is_none() && flat && self.failures >= attempts_allowed {
            return vec![LinkAction::GiveUp(self.failures)];
        }
        while self.attempts.front().is_some_and(|&first| now.since(first) >= ATTEMPTS_WINDOW) {
            self.attempts.pop_front();
        }
        if self.attempts.len() >= ATTEMPTS_ALLOWED {
            return Vec::new();
        }
        self.attempts.push_back(now);
        self.count += 1;
        let link = Link { id: ConnectionId(self.count), open: false, since: now, heard: now };
        let slot = if self.current.is_none() { &mut self.current } else { &mut self.next };
        *slot = Some(link);
        vec![LinkAction::Open(link.id)]
    }
}

#[cfg(test)]
#[path = "failover_tests.rs"]
mod tests;
