//! The recorded markets as one: what happens next, in the order of receipt, and the venue in it.

use std::borrow::Cow;

use common::market::{BookChange, Instrument, Symbol, TradePrint};
use common::time::UnixNanos;
use common::wire::{Command, Response};
use orderbook::{Band, Book};

use crate::history::{blank_change, blank_print};
use crate::rows::Rows;
use crate::venue::{Setup, Venue};

/// A recording, as a replay needs to know it before it reads the rows.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The venue's rules.
    pub rules: Instrument,
    /// Rows before which something seldom is told, in order; a row may come more than once.
    pub seldom_rows: Vec<usize>,
    /// What was received before builds the book and is told to nobody.
    pub live_from: UnixNanos,
}

/// What happens next to one of the recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Which recording.
    pub recording: usize,
    /// What.
    pub what: What,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The next seldom event.
    Seldom {
        /// Counted from 0.
        index: usize,
    },
    /// The market traded.
    Print {
        /// Where it stands.
        row: usize,
    },
    /// The book changed.
    Book {
        /// Where the last level of its frame stands.
        row: usize,
        /// How many levels changed.
        changed: usize,
    },
}

/// One recording while it is replayed. Nothing is allocated for an event: one print and one change serve them all.
#[derive(Clone, Debug)]
struct Lane {
    seldom_rows: Vec<usize>,
    live_from: i64,
    /// The next row.
    at: usize,
    /// The next seldom event, and the row before which it is told.
    seldom_at: usize,
    seldom_row: usize,
    /// When what comes next is received; the end of time behind the last.
    due: i64,
    /// Where the last level of the newest frame stands.
    framed: Option<usize>,
    print: TradePrint,
    change: BookChange,
}

impl Lane {
    fn new(recorded: &Recorded, rows: &Rows<'_>) -> Self {
        let symbol = &recorded.rules.symbol;
        let mut lane = Self {
            seldom_rows: recorded.seldom_rows.clone(),
            live_from: recorded.live_from.0,
            at: 0,
            seldom_at: 0,
            seldom_row: usize::MAX,
            due: i64::MIN,
            framed: None,
            print: blank_print(symbol),
            change: blank_change(symbol),
        };
        lane.look_at_seldom(0);
        lane.go_to(0, rows);
        lane
    }

    #[inline]
    fn is_seldom_due(&self) -> bool {
        self.seldom_row <= self.at
    }

    /// Goes past the seldom event that is due; says which it is.
    fn pass_seldom(&mut self, rows: &Rows<'_>) -> usize {
        let index = self.seldom_at;
        self.look_at_seldom(index + 1);
        self.go_to(self.at, rows);
        index
    }

    fn look_at_seldom(&mut self, index: usize) {
        self.seldom_at = index;
        self.seldom_row = self.seldom_rows.get(index).copied().unwrap_or(usize::MAX);
    }

    /// The next row is this one. A seldom event is told with the row behind it; what stands behind all rows, with the last.
    #[inline]
    fn go_to(&mut self, row: usize, rows: &Rows<'_>) {
        self.at = row;
        self.due = match rows.recv_ts_ns.get(row) {
            Some(recv_ts) => *recv_ts,
            None if self.is_seldom_due() => rows.recv_ts_ns.last().copied().unwrap_or(0),
            None => i64::MAX,
        };
    }
}

/// Recorded markets, our orders in them, and one clock: the receipt of what happens.
#[derive(Clone, Debug)]
pub struct Replay {
    lanes: Vec<Lane>,
    /// The lane that what happens next is on, once it was announced.
    announced: Option<usize>,
    venue: Venue,
}

impl Replay {
    /// A replay from the beginning. `rows` are those of the same recordings, here and in every call; they passed
    /// [`Rows::check`].
    #[must_use]
    pub fn new(setup: &Setup, recorded: &[Recorded], rows: &[Rows<'_>]) -> Self {
        let rules: Vec<Instrument> = recorded.iter().map(|recorded| recorded.rules.clone()).collect();
        let lanes = recorded.iter().zip(rows).map(|(recorded, rows)| Lane::new(recorded, rows)).collect();
        Self { lanes, announced: None, venue: Venue::new(setup, &rules) }
    }

    /// Lets time pass up to the receipt of what happens next, which it says; none at the end. What the venue tells of
    /// that time comes before what happens.
    #[inline]
    pub fn arrive(&mut self, rows: &[Rows<'_>]) -> Option<UnixNanos> {
        loop {
            let next = self.next_lane()?;
            let lane = &self.lanes[next];
            if lane.due >= lane.live_from || lane.is_seldom_due() {
                let now = UnixNanos(lane.due);
                self.venue.pass(now);
                self.announced = Some(next);
                return Some(now);
            }
            self.build(next, &rows[next]);
        }
    }

    /// Lets the next thing happen, which [`Replay::arrive`] has announced.
    #[inline]
    pub fn happen(&mut self, rows: &[Rows<'_>]) -> Option<Happened> {
        let recording = self.announced.take()?;
        let lane = &mut self.lanes[recording];
        let what = if lane.is_seldom_due() {
            What::Seldom { index: lane.pass_seldom(&rows[recording]) }
        } else {
            self.advance(recording, &rows[recording])
        };
        Some(Happened { recording, what })
    }

    /// The row that is next in the first recording.
    #[must_use]
    #[inline]
    pub fn row(&self) -> usize {
        self.lanes[0].at
    }

    /// Goes to where `other` is, a replay of the same one recording without orders; false where an order of ours is in
    /// the way.
    pub fn leap(&mut self, other: &Self) -> bool {
        let leaps = self.venue.leap(&other.venue);
        if leaps {
            self.lanes.clone_from(&other.lanes);
        }
        leaps
    }

    /// The session wants something.
    pub fn command(&mut self, command: Command) {
        self.venue.command(command);
    }

    /// What the venue has said since the last time.
    pub fn take_told(&mut self) -> Vec<Response> {
        self.venue.take_told()
    }

    /// True where the venue has said something.
    #[must_use]
    #[inline]
    pub fn has_told(&self) -> bool {
        self.venue.has_told()
    }

    /// The time up to which the replay has come.
    #[must_use]
    pub fn now(&self) -> UnixNanos {
        self.venue.now()
    }

    /// The displayed book of a recording's market.
    #[must_use]
    #[inline]
    pub fn displayed(&self, recording: usize) -> &Book {
        self.venue.displayed(recording)
    }

    /// What the displayed book of a recording's market holds near the touch.
    #[must_use]
    #[inline]
    pub fn follow_band(&mut self, recording: usize, bps: f64, min_ticks: u32) -> Option<Band> {
        self.venue.follow_band(recording, bps, min_ticks)
    }

    /// The book of a recording's market as the frame left it whose last level stands in `row`, the newest or one before.
    #[must_use]
    pub fn book_after(&self, recording: usize, rows: &Rows<'_>, row: usize) -> Cow<'_, Book> {
        if self.lanes[recording].framed == Some(row) {
            return Cow::Borrowed(self.displayed(recording));
        }
        Cow::Owned(rows.book_after(row, self.symbol(recording)))
    }

    /// The symbol of a recording.
    #[must_use]
    pub fn symbol(&self, recording: usize) -> &Symbol {
        &self.lanes[recording].print.symbol
    }

    #[inline]
    fn next_lane(&self) -> Option<usize> {
        let (mut next, mut due) = (None, i64::MAX);
        for (recording, lane) in self.lanes.iter().enumerate() {
            if lane.due < due {
                (next, due) = (Some(recording), lane.due);
            }
        }
        next
    }

    /// What was received before the live start is seen by the venue alone.
    #[cold]
    fn build(&mut self, recording: usize, rows: &Rows<'_>) {
        self.advance(recording, rows);
    }

    /// The venue sees the next row, or the frame that begins with it. For every event: part of the loop that calls it.
    #[inline(always)]
    fn advance(&mut self, recording: usize, rows: &Rows<'_>) -> What {
        let row = self.lanes[recording].at;
        if rows.is_print(row) { self.print(recording, rows, row) } else { self.frame(recording, rows, row) }
    }

    #[inline(always)]
    fn print(&mut self, recording: usize, rows: &Rows<'_>, row: usize) -> What {
        let lane = &mut self.lanes[recording];
        rows.read_print(row, &mut lane.print);
        lane.go_to(row + 1, rows);
        self.venue.print(recording, &lane.print);
        What::Print { row }
    }

    fn frame(&mut self, recording: usize, rows: &Rows<'_>, row: usize) -> What {
        let lane = &mut self.lanes[recording];
        let frame = rows.frame(row);
        let last = frame.end - 1;
        lane.framed = Some(last);
        lane.go_to(frame.end, rows);
        let changed = if rows.replaces_all(&frame) {
            rows.read_frame(frame, &mut lane.change);
            self.venue.book(recording, &lane.change);
            0
        } else {
            let exchange_ts = UnixNanos(rows.exchange_ts_ns[row]);
            self.venue.levels(recording, exchange_ts, rows.levels(frame))
        };
        What::Book { row: last, changed }
    }
}
