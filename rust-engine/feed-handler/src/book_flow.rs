//! How updates, snapshots and audits bear on one symbol's book and the trust in it.

use common::market::{BookChange, MarketEvent, Trust};
use common::time::NANOS_PER_SECOND;
use orderbook::{Book, BookFault, Synced, TrustEvent};

use crate::audit::{Audit, Finding};
use crate::binance::{DepthDiff, DepthSnapshot};
use crate::market::Market;
use crate::reason::Reason;
use crate::request::Request;
use crate::scene::Scene;

/// How soon a suspect book is audited again.
const SECOND_LOOK: i64 = NANOS_PER_SECOND;

impl Market {
    /// Applies the next update in sequence, and tells what it made of the book.
    pub(crate) fn apply(&mut self, scene: &mut Scene<'_>, diff: DepthDiff) {
        let changed = self.book.apply_diff(&diff.bids, &diff.asks);
        if self.breaks_if_crossed(scene) {
            return;
        }
        self.changed_levels += changed as u64;
        (self.exchange_ts, self.recv_ts) = (diff.event_ts, diff.recv_ts);
        let finding = self.audit.as_mut().and_then(|audit| audit.applied(&diff));
        self.publish_update(scene, &diff);
        scene.tell(MarketEvent::Book(BookChange {
            symbol: diff.symbol,
            replaces_all: false,
            bids: diff.bids,
            asks: diff.asks,
            final_update_id: diff.final_update_id,
            exchange_ts: diff.event_ts,
            recv_ts: diff.recv_ts,
        }));
        self.found(scene, finding);
    }

    fn breaks_if_crossed(&mut self, scene: &mut Scene<'_>) -> bool {
        let (Some(bid), Some(ask)) = (self.book.best_bid(), self.book.best_ask()) else { return false };
        if !self.book.is_crossed() {
            return false;
        }
        let fault = BookFault::Crossed { bid, ask };
        scene.reject(&mut self.health, Reason::Crossed, &format!("{} {fault}", self.symbol));
        self.sequencer.restart();
        self.broke(scene, fault);
        true
    }

    /// The book is lost: nothing is published until it is rebuilt.
    pub(crate) fn broke(&mut self, scene: &mut Scene<'_>, fault: BookFault) {
        if fault != BookFault::Disconnected {
            self.health.gap();
        }
        self.audit = None;
        scene.warn(format!("{} book broken, {fault}; rebuilding", self.symbol));
        self.set_trust(scene, TrustEvent::Broke);
        if fault != BookFault::Disconnected {
            self.want_snapshot(scene);
        }
    }

    /// The venue's rules became known: the book can be started, if its updates flow already.
    pub(crate) fn want_snapshot_if_begun(&self, scene: &mut Scene<'_>) {
        if self.sequencer.buffered() > 0 {
            self.want_snapshot(scene);
        }
    }

    pub(crate) fn want_snapshot(&self, scene: &mut Scene<'_>) {
        if self.instrument.is_some() {
            scene.requests.want(self.snapshot_request(scene));
        }
    }

    fn snapshot_request(&self, scene: &Scene<'_>) -> Request {
        Request::Snapshot { symbol: self.symbol.clone(), limit: scene.config.snapshot_levels }
    }

    pub(crate) fn set_trust(&mut self, scene: &mut Scene<'_>, event: TrustEvent) {
        let before = self.trust.trust();
        self.trust = self.trust.after(event);
        let trust = self.trust.trust();
        if trust != before {
            let exchange_ts = self.exchange_ts.max(scene.venue_now());
            scene.tell(MarketEvent::Trust { symbol: self.symbol.clone(), trust, exchange_ts });
            if trust == Trust::Suspect {
                scene.warn(format!("{} book is suspect ({event:?})", self.symbol));
            }
            self.publish_book(scene);
        }
    }

    /// A request of this symbol goes out now.
    pub(crate) fn fetching(&mut self, scene: &mut Scene<'_>, request: &Request) {
        match request {
            Request::Snapshot { .. } => self.set_trust(scene, TrustEvent::SnapshotAwaited),
            Request::Audit { .. } => {
                self.audit = self.sequencer.local().map(|local| Audit::begin(&self.book, local));
            }
            _ => {}
        }
    }

    /// A snapshot to start from came. True where it did not do and another must be fetched.
    pub(crate) fn snapshot(&mut self, scene: &mut Scene<'_>, snapshot: &DepthSnapshot) -> bool {
        if self.sequencer.local().is_none() && !self.may_start(scene.now) {
            return self.is_connected(); // an answer from before the connection was lost
        }
        let mut fresh = Book::new();
        fresh.apply_snapshot(&snapshot.bids, &snapshot.asks);
        if fresh.is_crossed() {
            scene.reject(&mut self.health, Reason::Crossed, &format!("{} snapshot", self.symbol));
            return true;
        }
        let replay = match self.sequencer.snapshot(snapshot.last_update_id) {
            Synced::Replay(replay) => replay,
            Synced::Unneeded => return false,
            Synced::TooOld => {
                scene.info(format!("{} snapshot {} is too old; fetching again", self.symbol, snapshot.last_update_id));
                return true;
            }
            Synced::Gap(fault) => {
                self.health.gap();
                scene.warn(format!("{} {fault} within the kept updates; fetching again", self.symbol));
                return true;
            }
        };
        self.book = fresh;
        for diff in &replay {
            self.book.apply_diff(&diff.bids, &diff.asks);
            if self.breaks_if_crossed(scene) {
                return false;
            }
            (self.exchange_ts, self.recv_ts) = (diff.event_ts, diff.recv_ts);
        }
        if replay.is_empty() {
            (self.exchange_ts, self.recv_ts) = (self.exchange_ts.max(scene.venue_now()), scene.now);
        }
        self.synced(scene);
        false
    }

    fn synced(&mut self, scene: &mut Scene<'_>) {
        let (bids, asks) = self.book.top(usize::MAX);
        let local = self.sequencer.local().unwrap_or_default();
        scene.info(format!("{} book in sync at update {local}: {} bids, {} asks", self.symbol, bids.len(), asks.len()));
        scene.tell(MarketEvent::Book(BookChange {
            symbol: self.symbol.clone(),
            replaces_all: true,
            bids,
            asks,
            final_update_id: local,
            exchange_ts: self.exchange_ts,
            recv_ts: self.recv_ts,
        }));
        (self.synced_at, self.audit_at) = (Some(scene.now), scene.now + scene.config.audit_interval);
        self.changed_levels = 0;
        self.ids_went_on(self.exchange_ts);
        self.set_trust(scene, TrustEvent::Synced);
    }

    /// The snapshot of an audit came, or did not.
    pub(crate) fn audited(&mut self, scene: &mut Scene<'_>, snapshot: Option<DepthSnapshot>) {
        let (levels, now) = (scene.config.audit_levels, scene.now);
        let finding = match snapshot {
            Some(snapshot) => self.audit.as_mut().and_then(|audit| audit.answered(snapshot, levels, now)),
            None => Some(Finding::Inconclusive),
        };
        self.found(scene, finding);
    }

    pub(crate) fn found(&mut self, scene: &mut Scene<'_>, finding: Option<Finding>) {
        let Some(finding) = finding else { return };
        self.audit = None;
        match finding {
            Finding::Inconclusive => {}
            Finding::Equal => {
                self.synced_at = Some(scene.now);
                self.set_trust(scene, TrustEvent::AuditEqual);
            }
            Finding::Untold(words) => {
                scene.warn(format!("{} updates have stopped, and the venue's book moved on: {words}", self.symbol));
                self.stalled = true;
                self.set_trust(scene, TrustEvent::Silent);
            }
            Finding::Different(words) => {
                scene.warn(format!("{} audit found a difference: {words}", self.symbol));
                self.audit_at = scene.now + SECOND_LOOK;
                self.set_trust(scene, TrustEvent::AuditMismatch);
                if self.trust.trust() == Trust::Broken {
                    self.sequencer.restart();
                    self.broke(scene, BookFault::Mismatch);
                }
            }
        }
    }
}
