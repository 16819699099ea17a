//! The only part of the room that touches the outside.

mod paper_journal;

pub use paper_journal::{AppendError, Found, JournalError, PaperJournal};
