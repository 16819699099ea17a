//! Tapes: what a venue said, kept word for word, so that a session can be had again.
//!
//! A tape is JSON Lines in independent zstd frames ("blocks") of at most one second of receive time each. The first
//! block holds the [`Header`]; the last holds a footer (index, count, SHA-256), and a skippable zstd frame behind it says
//! where the footer begins, so a finished tape is checked and sought without a scan and `zstd -dc` still prints it.
//! A tape without a footer is *unfinished* (its writer was killed): it reads to its last whole line, with a warning.
//!
//! Belongs here: the format, its writer and its reader. Never here: what the frames mean (books, trades, gaps), sockets,
//! and the wall clock.
//!
//! ```
//! use common::time::UnixNanos;
//! use tape::{Header, Line, Source, Tape, Writer};
//!
//! let symbol = serde_json::json!({"symbol": "BTCUSDT", "status": "TRADING"});
//! let mut writer = Writer::start(Vec::new(), &Header::new(Source::Generated, vec![symbol]))?;
//! writer.write(&Line::frame(UnixNanos(5), r#"{"stream":"btcusdt@trade","data":{"e":"trade","T":1}}"#))?;
//! let bytes = writer.finish()?;
//!
//! let tape = Tape::read("in memory", std::io::Cursor::new(bytes))?;
//! assert_eq!(tape.header().symbol_names(), ["BTCUSDT"]);
//! assert_eq!(tape.into_lines().count(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod block;
mod error;
mod footer;
mod header;
mod line;
mod lines;
mod reader;
mod writer;

pub use error::TapeError;
pub use header::{Header, Source};
pub use line::{Content, Line, StreamFrame};
pub use lines::Lines;
pub use reader::{Span, Tape};
pub use writer::{Writer, write_whole};
