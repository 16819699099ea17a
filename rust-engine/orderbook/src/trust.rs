//! How far a book may be believed: one table of transitions.

use common::market::Trust;

/// What bears on the trust in a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrustEvent {
    /// A snapshot was taken and every later update follows it.
    Synced,
    /// A stream is silent where its recent rate says that it should not be.
    Silent,
    /// An audit found the venue's levels.
    AuditEqual,
    /// An audit found other levels.
    AuditMismatch,
    /// A gap, a crossed book, a lost connection.
    Broke,
    /// A snapshot was asked for.
    SnapshotAwaited,
}

/// The trust in one book, and how many audits in a row found other levels.
///
/// ```
/// use common::market::Trust;
/// use orderbook::{TrustEvent, TrustState};
/// let suspect = TrustState::start().after(TrustEvent::Synced).after(TrustEvent::AuditMismatch);
/// assert_eq!(suspect.trust(), Trust::Suspect);
/// assert_eq!(suspect.after(TrustEvent::AuditEqual).trust(), Trust::Trusted);
/// assert_eq!(suspect.after(TrustEvent::AuditMismatch).trust(), Trust::Broken);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustState {
    trust: Trust,
    mismatches: u8,
}

/// One mismatch may be the audit's own fault; two in a row are the book's.
const MISMATCHES_THAT_BREAK: u8 = 2;

impl TrustState {
    /// Before the first snapshot.
    #[must_use]
    pub const fn start() -> Self {
        Self { trust: Trust::Rebuilding, mismatches: 0 }
    }

    /// The state now.
    #[must_use]
    pub const fn trust(self) -> Trust {
        self.trust
    }

    /// True where the book may be published: a broken or unfinished one never is.
    #[must_use]
    pub const fn is_publishable(self) -> bool {
        matches!(self.trust, Trust::Trusted | Trust::Suspect)
    }

    /// The state after an event. Audits and silence say nothing about a book that is broken anyway.
    #[must_use]
    pub const fn after(self, event: TrustEvent) -> Self {
        use Trust::{Broken, Rebuilding, Suspect, Trusted};
        use TrustEvent as E;
        match (self.trust, event) {
            (Trusted | Suspect, E::AuditEqual) | (Rebuilding | Broken, E::Synced) => {
                Self { trust: Trusted, mismatches: 0 }
            }
            (Trusted | Suspect, E::Silent) => Self { trust: Suspect, ..self },
            (Trusted | Suspect, E::AuditMismatch) => {
                let mismatches = self.mismatches + 1;
                let trust = if mismatches >= MISMATCHES_THAT_BREAK { Broken } else { Suspect };
                Self { trust, mismatches }
            }
            (_, E::Broke) => Self { trust: Broken, mismatches: 0 },
            (Broken, E::SnapshotAwaited) => Self { trust: Rebuilding, mismatches: 0 },
            (Trusted | Suspect, E::Synced | E::SnapshotAwaited)
            | (Rebuilding, E::SnapshotAwaited)
            | (Broken | Rebuilding, E::Silent | E::AuditEqual | E::AuditMismatch) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[TrustEvent]) -> TrustState {
        events.iter().fold(TrustState::start(), |state, &event| state.after(event))
    }

    #[test]
    fn only_two_mismatches_in_a_row_break_a_book() {
        use TrustEvent::{AuditEqual, AuditMismatch, Silent, Synced};
        assert_eq!(after(&[Synced, AuditMismatch, AuditEqual, AuditMismatch]).trust(), Trust::Suspect);
        assert_eq!(after(&[Synced, AuditMismatch, AuditMismatch]).trust(), Trust::Broken);
        assert_eq!(after(&[Synced, Silent, AuditMismatch]).trust(), Trust::Suspect, "silence is no mismatch");
        assert_eq!(after(&[Synced, AuditMismatch, Silent, AuditMismatch]).trust(), Trust::Broken);
    }

    #[test]
    fn a_broken_book_is_rebuilt_from_a_snapshot_and_by_nothing_else() {
        use TrustEvent::{AuditEqual, Broke, Silent, SnapshotAwaited, Synced};
        let broken = after(&[Synced, Broke]);
        assert_eq!(broken.trust(), Trust::Broken);
        for event in [Silent, AuditEqual, TrustEvent::AuditMismatch] {
            assert_eq!(broken.after(event), broken, "{event:?}");
            assert_eq!(broken.after(SnapshotAwaited).after(event).trust(), Trust::Rebuilding, "{event:?}");
        }
        assert_eq!(broken.after(SnapshotAwaited).after(Synced).trust(), Trust::Trusted);
        assert!(!broken.is_publishable() && !broken.after(SnapshotAwaited).is_publishable());
    }
}
