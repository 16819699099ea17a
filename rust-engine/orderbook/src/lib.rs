//! One symbol's order book: what it holds, whether it is in sequence, and how far it may be believed.
//!
//! Belongs here: the levels, the venue's update-id rules, the trust states and the faults that break a book; all pure.
//! Never here: sockets, clocks, message formats, or when to fetch what (the feed decides that).

mod band;
mod book;
mod faults;
mod ladder;
mod sequencer;
mod sorted;
mod trust;
mod window;

pub use band::{Band, BandSide};
pub use book::Book;
pub use faults::BookFault;
pub use sequencer::{Sequenced, Sequencer, Synced, Verdict};
pub use trust::{TrustEvent, TrustState};
