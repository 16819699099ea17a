//! The venue's rules of a local book (docs of 2025-11-12): buffer, take a snapshot, drop what it holds, apply the rest in
//! sequence, and start over at a gap.

use std::collections::VecDeque;

use crate::faults::BookFault;

/// Updates kept while a snapshot is awaited: five minutes of a 100 ms stream. Beyond that the oldest go, which only
/// means that an older snapshot will not do.
const BUFFER_LIMIT: usize = 3_000;

/// An update that covers the ids `first_update_id..=final_update_id`.
pub trait Sequenced {
    /// The venue's `U`.
    fn first_update_id(&self) -> u64;
    /// The venue's `u`.
    fn final_update_id(&self) -> u64;
}

/// What becomes of an update that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<T> {
    /// Next in sequence: apply it.
    Apply(T),
    /// Kept until a snapshot comes.
    Buffered,
    /// Already in the book, or in the buffer: drop it, no harm done.
    Stale,
    /// Updates are missing. The book is lost; this update is kept for the next snapshot.
    Gap(BookFault),
}

/// What becomes of a snapshot that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Synced<T> {
    /// The book is the snapshot, and then these updates in this order.
    Replay(Vec<T>),
    /// Older than the first kept update: fetch another.
    TooOld,
    /// The kept updates do not follow each other: fetch another.
    Gap(BookFault),
    /// No snapshot was awaited: it is not needed.
    Unneeded,
}

/// Where one symbol stands in the venue's sequence of update ids.
#[derive(Clone, Debug)]
pub struct Sequencer<T> {
    local: Option<u64>,
    buffer: VecDeque<T>,
}

impl<T> Default for Sequencer<T> {
    fn default() -> Self {
        Self { local: None, buffer: VecDeque::new() }
    }
}

impl<T: Sequenced> Sequencer<T> {
    /// Waiting for a snapshot, with nothing kept.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The last update id in the book; none while a snapshot is awaited.
    #[must_use]
    pub const fn local(&self) -> Option<u64> {
        self.local
    }

    /// Number of updates kept for the next snapshot.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Takes an update of the stream.
    pub fn offer(&mut self, update: T) -> Verdict<T> {
        match self.local {
            None => self.keep(update),
            Some(local) => match follow(local, &update) {
                Follow::Stale => Verdict::Stale,
                Follow::Next => {
                    self.local = Some(update.final_update_id());
                    Verdict::Apply(update)
                }
                Follow::Gap(fault) => {
                    self.restart();
                    self.buffer.push_back(update);
                    Verdict::Gap(fault)
                }
            },
        }
    }

    /// Takes a snapshot that holds everything up to `last_update_id`.
    pub fn snapshot(&mut self, last_update_id: u64) -> Synced<T> {
        if self.local.is_some() {
            return Synced::Unneeded;
        }
        // Strictly older than the first kept update; one that ends just before it fits, but cannot be told from one
        // with a hole in between except by the id, which the gap test below reads.
        if self.buffer.front().is_some_and(|first| last_update_id.saturating_add(1) < first.first_update_id()) {
            return Synced::TooOld;
        }
        let mut local = last_update_id;
        let mut replay = Vec::with_capacity(self.buffer.len());
        while let Some(update) = self.buffer.pop_front() {
            match follow(local, &update) {
                Follow::Stale => {}
                Follow::Next => {
                    local = update.final_update_id();
                    replay.push(update);
                }
                Follow::Gap(fault) => {
                    self.buffer.push_front(update);
                    return Synced::Gap(fault);
                }
            }
        }
        self.local = Some(local);
        Synced::Replay(replay)
    }

    /// Gives the book up: from now on updates are kept until a snapshot comes.
    pub fn restart(&mut self) {
        self.local = None;
        self.buffer.clear();
    }

    fn keep(&mut self, update: T) -> Verdict<T> {
        if self.buffer.back().is_some_and(|last| update.final_update_id() <= last.final_update_id()) {
            return Verdict::Stale;
        }
        if self.buffer.len() == BUFFER_LIMIT {
            self.buffer.pop_front();
        }
        self.buffer.push_back(update);
        Verdict::Buffered
    }
}

enum Follow {
    Stale,
    Next,
    Gap(BookFault),
}

fn follow<T: Sequenced>(local: u64, update: &T) -> Follow {
    if update.final_update_id() <= local {
        return Follow::Stale; // u <= local: old, harmless
    }
    let (expected, got) = (local + 1, update.first_update_id());
    if got > expected {
        return Follow::Gap(BookFault::Gap { expected, got }); // U > local + 1; overlapping is allowed
    }
    Follow::Next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Ids(u64, u64);

    impl Sequenced for Ids {
        fn first_update_id(&self) -> u64 {
            self.0
        }
        fn final_update_id(&self) -> u64 {
            self.1
        }
    }

    fn waiting(updates: &[Ids]) -> Sequencer<Ids> {
        let mut sequencer = Sequencer::new();
        for &update in updates {
            assert_eq!(sequencer.offer(update), Verdict::Buffered);
        }
        sequencer
    }

    #[test]
    fn drops_what_the_snapshot_holds_and_replays_the_rest() {
        for (snapshot, replayed) in [
            (9, vec![Ids(10, 12), Ids(13, 13), Ids(14, 20)]),  // adjacent
            (11, vec![Ids(10, 12), Ids(13, 13), Ids(14, 20)]), // within the first
            (12, vec![Ids(13, 13), Ids(14, 20)]),
            (13, vec![Ids(14, 20)]),
            (20, vec![]),
            (25, vec![]), // newer than everything kept
        ] {
            let mut sequencer = waiting(&[Ids(10, 12), Ids(13, 13), Ids(14, 20)]);
            assert_eq!(sequencer.snapshot(snapshot), Synced::Replay(replayed), "snapshot {snapshot}");
            assert_eq!(sequencer.local(), Some(snapshot.max(20)));
        }
    }

    #[test]
    fn a_snapshot_older_than_the_buffer_is_fetched_again_and_the_buffer_stays() {
        let mut sequencer = waiting(&[Ids(10, 12), Ids(13, 15)]);
        assert_eq!(sequencer.snapshot(8), Synced::TooOld);
        assert_eq!(sequencer.buffered(), 2);
        assert_eq!(sequencer.snapshot(12), Synced::Replay(vec![Ids(13, 15)]));
    }

    #[test]
    fn a_gap_gives_the_book_up_and_keeps_the_update_that_showed_it() {
        let mut sequencer = waiting(&[Ids(10, 12)]);
        sequencer.snapshot(12);
        assert_eq!(sequencer.offer(Ids(13, 14)), Verdict::Apply(Ids(13, 14)));
        assert_eq!(sequencer.offer(Ids(14, 16)), Verdict::Apply(Ids(14, 16)), "events may overlap");
        assert_eq!(sequencer.offer(Ids(13, 16)), Verdict::Stale);
        assert_eq!(sequencer.offer(Ids(18, 19)), Verdict::Gap(BookFault::Gap { expected: 17, got: 18 }));
        assert_eq!(sequencer.local(), None);
        assert_eq!(sequencer.snapshot(18), Synced::Replay(vec![Ids(18, 19)]));
        assert_eq!(sequencer.snapshot(30), Synced::Unneeded);
    }

    #[test]
    fn a_gap_within_the_buffer_needs_a_newer_snapshot() {
        let mut sequencer = waiting(&[Ids(10, 12), Ids(20, 22)]);
        assert_eq!(sequencer.snapshot(11), Synced::Gap(BookFault::Gap { expected: 13, got: 20 }));
        assert_eq!(sequencer.snapshot(19), Synced::Replay(vec![Ids(20, 22)]));
    }

    #[test]
    fn the_buffer_is_bounded() {
        let mut sequencer = Sequencer::new();
        for id in 1..=(BUFFER_LIMIT as u64 + 10) {
            sequencer.offer(Ids(id, id));
        }
        assert_eq!(sequencer.buffered(), BUFFER_LIMIT);
        assert_eq!(sequencer.snapshot(5), Synced::TooOld);
    }
}
