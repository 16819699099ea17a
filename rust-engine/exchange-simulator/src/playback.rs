//! A tape, opened for replay: the venue as it stands at the start, and the records that follow.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::path::Path;

use common::market::Symbol;
use common::time::{NANOS_PER_SECOND, UnixNanos};
use tape::{Header, Lines, Tape, TapeError};
use thiserror::Error;

use crate::record::{Item, Record};
use crate::schedule::Lead;
use crate::span::{Point, printed};
use crate::venue::Venue;

/// REST history reaches this far back before the start: the five minutes that clients ask for, and some.
const HISTORY_NS: i64 = 330 * NANOS_PER_SECOND;
/// Recordings may hold their first snapshot after the first changes: it is looked for this far ahead.
const LOOKAHEAD: usize = 5_000;
/// Records that are handed over at once.
const BATCH: usize = 512;

/// Why a tape cannot be replayed.
#[derive(Debug, Error)]
pub enum PlaybackError {
    /// The tape cannot be read.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// The span asked for is not on the tape.
    #[error("{option} {asked} is not on the tape, which holds {first} to {last}")]
    Outside {
        /// `--from` or `--to`.
        option: &'static str,
        /// What was asked for.
        asked: String,
        /// First time on the tape.
        first: String,
        /// Last time on the tape.
        last: String,
    },
    /// Nothing to replay.
    #[error("tape {name}: nothing to replay from {start} on; choose another --from, or none")]
    Empty {
        /// The tape.
        name: String,
        /// Where the replay was to start.
        start: String,
    },
}

/// A tape at the beginning of its replay.
pub struct Playback {
    /// What the tape says of itself.
    pub header: Header,
    /// What the operator should know, such as a tape that is unfinished.
    pub warning: Option<String>,
    /// Books, prints and bars as they stand shortly before the start: a client may subscribe a little earlier than it, and
    /// then hears what lies between.
    pub venue: Venue,
    /// Start of the replay, in tape time.
    pub live_from: UnixNanos,
    /// How early clients may come.
    pub lead: Lead,
    /// End of the replay, in tape time; `None`: with the last record.
    pub ends_at: Option<UnixNanos>,
    ahead: VecDeque<Record>,
    lines: Lines<File>,
}

impl Playback {
    /// Opens a tape and plays what lies before the start into the venue.
    ///
    /// # Errors
    /// [`PlaybackError`] where the tape cannot be used or does not hold the span.
    pub fn open(path: &Path, from: Option<Point>, to: Option<Point>) -> Result<Self, PlaybackError> {
        let tape = Tape::open(path)?;
        let (header, warning) = (tape.header().clone(), tape.warning());
        let span = tape.span();
        let own_start = |span: tape::Span| header.live_from_ns.unwrap_or(span.first);
        let start = match (from, span) {
            (Some(from), Some(span)) => {
                let start = from.on_tape(span.first, own_start(span));
                overlap("--from", start <= span.last, start, span)?;
                Some(start.max(span.first))
            }
            _ => header.live_from_ns,
        };
        let ends_at = match (to, span) {
            (Some(to), Some(span)) => {
                let end = to.on_tape(start.unwrap_or(span.first), own_start(span));
                overlap("--to", end >= span.first, end, span)?;
                Some(end)
            }
            _ => None,
        };
        let venue = Venue::new(&header.symbols);
        let live_from = start.unwrap_or(UnixNanos::ZERO);
        let has_before = span.is_some_and(|span| live_from.since(span.first) >= Lead::Long.longest());
        let lead = if has_before { Lead::Long } else { Lead::Short };
        let mut playback =
            Self { header, warning, venue, live_from, lead, ends_at, ahead: VecDeque::new(), lines: tape.into_lines() };
        playback.play_history(start)?;
        playback.seed_books()?;
        match playback.ahead.front() {
            Some(first) if start.is_none() => playback.live_from = first.at,
            Some(_) => {}
            None => {
                return Err(PlaybackError::Empty { name: path.display().to_string(), start: printed(live_from) });
            }
        }
        Ok(playback)
    }

    /// Plays records before the start: books from the tape's beginning on, the rest of the last minutes.
    fn play_history(&mut self, start: Option<UnixNanos>) -> Result<(), PlaybackError> {
        let start = start.map(|start| start - self.lead.longest());
        while let Some(record) = self.read()? {
            let is_book = matches!(record.item, Item::Depth { .. } | Item::Snapshot(..));
            match start {
                Some(start) if record.at < start => {
                    if is_book || record.at >= start - HISTORY_NS {
                        self.venue.step(&record);
                    }
                }
                // Without a start, what was asked of REST before the first frame stands at the beginning.
                None if matches!(record.item, Item::Snapshot(..) | Item::Nothing) => {
                    self.venue.step(&record);
                }
                _ => {
                    self.ahead.push_back(record);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Gives books that have no levels yet the first snapshot to come; changes that it holds already are then ignored.
    fn seed_books(&mut self) -> Result<(), PlaybackError> {
        let mut wanted: BTreeSet<Symbol> = self
            .venue
            .markets()
            .filter(|market| market.books().now().last_update_id == 0)
            .map(|market| market.symbol().clone())
            .collect();
        while !wanted.is_empty() && self.ahead.len() < LOOKAHEAD {
            let Some(record) = self.read()? else { break };
            if let Item::Snapshot(symbol, _) = &record.item
                && wanted.remove(symbol)
            {
                self.venue.step(&record);
            }
            self.ahead.push_back(record);
        }
        Ok(())
    }

    fn read(&mut self) -> Result<Option<Record>, TapeError> {
        let line = self.lines.next().transpose()?;
        Ok(line.map(|line| Record::read(&line, self.header.clock_error_ns)))
    }

    /// The next records, or an empty list at the end.
    ///
    /// # Errors
    /// [`TapeError`] where the tape turns out to be damaged.
    pub fn next_batch(&mut self) -> Result<Vec<Record>, TapeError> {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH {
            let next = match self.ahead.pop_front() {
                Some(record) => Some(record),
                None => self.read()?,
            };
            match next.filter(|record| self.ends_at.is_none_or(|end| record.at <= end)) {
                Some(record) => batch.push(record),
                None => break,
            }
        }
        Ok(batch)
    }
}

/// Refuses a span that leaves nothing of the tape; one that reaches beyond its ends plays what there is.
fn overlap(option: &'static str, overlaps: bool, asked: UnixNanos, span: tape::Span) -> Result<(), PlaybackError> {
    if overlaps {
        return Ok(());
    }
    Err(PlaybackError::Outside { option, asked: printed(asked), first: printed(span.first), last: printed(span.last) })
}
