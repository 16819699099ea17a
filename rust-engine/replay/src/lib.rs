//! Recordings, and their replay: a symbol's market in columns, and our orders in it.
//!
//! Belongs here: how a tape becomes columns, how columns become the market again, the loop over them. Never here: a rule
//! of fills (`matching`), of the desk (`execution-engine`), of the feed (`feed-handler`) or of indicators (`indicators`);
//! and no file but the tape that is read.

mod checkpoints;
mod columns;
mod history;
mod market;
mod pause;
mod reading;
mod rows;
mod scan;
mod ticks;
mod venue;

pub use checkpoints::{Checkpoints, Survey};
pub use columns::{Columns, kind};
pub use history::history;
pub use market::{Happened, Recorded, Replay, What};
pub use pause::{BookShape, Pause, Seen};
pub use reading::{Reading, TapeRecording, Wanted, read_tape};
pub use rows::{RowFault, Rows};
pub use scan::Scan;
pub use venue::{Setup, Venue};
