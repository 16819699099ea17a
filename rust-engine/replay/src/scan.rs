//! The replay without anybody asking: it stops only where something is to be decided, and goes on where it stopped.

use std::ops::RangeInclusive;
use std::sync::Arc;

use common::market::{Level, Trust};
use common::wire::{Command, Response};
use indicators::{Book, Flags, Perception, Print, Refusal, SilenceGrid};

use crate::checkpoints::{Checkpoint, Checkpoints};
use crate::columns::kind;
use crate::market::{Happened, Recorded, Replay, What};
use crate::pause::{BookShape, Pause, Seen};
use crate::rows::Rows;
use crate::ticks::{GRID_NS, TickGrid};
use crate::venue::Setup;

/// What is to be done next.
#[derive(Clone, Debug)]
enum Stage {
    /// What the desk has said is heard, and time passes up to the receipt of what happens next.
    Arrive,
    /// It was silent: each recording takes each of the ticks.
    Tick { points: RangeInclusive<i64>, recording: usize },
    /// It happens.
    Happen,
    /// While one recording was told something, the others were silent up to `ts_ns`.
    Silent { told: usize, ts_ns: i64, recording: usize },
}

/// A replay that perceives by itself.
#[derive(Debug)]
pub struct Scan {
    replay: Replay,
    shape: BookShape,
    ticks: TickGrid,
    silence: SilenceGrid,
    stage: Stage,
    seen: Vec<Option<Seen>>,
    checkpoints: Arc<Checkpoints>,
    /// From this row on it is worth a look if something can be leapt over.
    leap_row: usize,
    leapt_rows: usize,
}

/// What could not be leapt over is looked at again after so many rows.
const LEAP_ROWS: usize = 4096;

impl Scan {
    /// A scan from the beginning; see [`Replay::new`].
    #[must_use]
    pub fn new(setup: &Setup, shape: BookShape, recorded: &[Recorded], rows: &[Rows<'_>]) -> Self {
        Self {
            replay: Replay::new(setup, recorded, rows),
            shape,
            ticks: TickGrid::default(),
            silence: SilenceGrid::default(),
            stage: Stage::Arrive,
            seen: vec![None; recorded.len()],
            checkpoints: Arc::default(),
            leap_row: usize::MAX,
            leapt_rows: 0,
        }
    }

    /// The same for one recording whose way was gone before: what nobody can wake in is passed over.
    #[must_use]
    pub fn leaping(self, checkpoints: Arc<Checkpoints>) -> Self {
        Self { checkpoints, leap_row: 0, ..self }
    }

    /// Goes on to the next thing that the session has to hear of; none at the end.
    ///
    /// `perceptions` are one for each recording. What they watch for may change at every stop. At a stop what the desk has
    /// said is to be taken: until then the scan goes no further.
    pub fn go_on(&mut self, rows: &[Rows<'_>], perceptions: &mut [&mut Perception]) -> Option<Pause> {
        loop {
            match &mut self.stage {
                Stage::Arrive => {
                    if self.replay.has_told() {
                        return Some(Pause::Told);
                    }
                    if self.replay.row() >= self.leap_row {
                        self.leap(perceptions);
                    }
                    let now = self.replay.arrive(rows)?;
                    self.stage = match self.ticks.due(now.0) {
                        Some(points) => Stage::Tick { points, recording: 0 },
                        None => Stage::Happen,
                    };
                    if self.replay.has_told() {
                        return Some(Pause::Told);
                    }
                }
                Stage::Tick { points, recording } => {
                    let of = *recording;
                    let Some(perception) = perceptions.get_mut(of) else {
                        points.next();
                        *recording = 0;
                        if points.is_empty() {
                            self.stage = Stage::Happen;
                            if self.replay.has_told() {
                                return Some(Pause::Told);
                            }
                        }
                        continue;
                    };
                    *recording += 1;
                    let flags = perception.tick(points.start() * GRID_NS);
                    if flags != Flags::QUIET {
                        return Some(Pause::Perceived { recording: of, flags });
                    }
                }
                Stage::Happen => {
                    self.stage = Stage::Arrive;
                    if let Some(pause) = self.happen(rows, perceptions) {
                        return Some(pause);
                    }
                }
                Stage::Silent { told, ts_ns, recording } => {
                    let of = *recording;
                    let Some(perception) = perceptions.get_mut(of) else {
                        self.stage = Stage::Arrive;
                        continue;
                    };
                    *recording += 1;
                    if of == *told {
                        continue;
                    }
                    let flags = perception.tick(*ts_ns);
                    if flags != Flags::QUIET {
                        return Some(Pause::Perceived { recording: of, flags });
                    }
                }
            }
        }
    }

    /// The session wants something.
    pub fn command(&mut self, command: Command) {
        self.replay.command(command);
    }

    /// What the desk has said since the last time.
    pub fn take_told(&mut self) -> Vec<Response> {
        self.replay.take_told()
    }

    /// The replay inside.
    #[must_use]
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// The replay inside, for one who asks for every event.
    pub fn replay_mut(&mut self) -> &mut Replay {
        &mut self.replay
    }

    /// The last book that a recording's perception has taken, if another one than at the last time was.
    pub fn take_seen(&mut self, recording: usize) -> Option<Seen> {
        self.seen[recording].take()
    }

    /// How many rows were passed over.
    #[must_use]
    pub fn leapt_rows(&self) -> usize {
        self.leapt_rows
    }

    /// Passes over what the one who perceives would sleep through, if he would.
    #[cold]
    fn leap(&mut self, perceptions: &mut [&mut Perception]) {
        let row = self.replay.row();
        self.leap_row = match (self.checkpoints.next(row), perceptions) {
            (Some((after, _)), _) if row < after => after,
            (Some((_, to)), [perception]) => {
                if perception.can_leap(&to.perception) && self.replay.leap(&to.replay) {
                    perception.leap(&to.perception, self.checkpoints.bars());
                    self.ticks = to.ticks;
                    self.seen[0] = to.seen;
                    self.leapt_rows += self.replay.row() - row;
                }
                self.replay.row().max(row + LEAP_ROWS)
            }
            _ => usize::MAX,
        };
    }

    /// How everything stands, where a step has ended; `seen` is the last book that was perceived.
    pub(crate) fn checkpoint(&self, seen: Option<Seen>, perception: &Perception) -> Option<Checkpoint> {
        matches!(self.stage, Stage::Arrive).then(|| Checkpoint {
            replay: self.replay.clone(),
            ticks: self.ticks,
            seen,
            perception: perception.clone(),
        })
    }

    /// The last book that the first recording's perception has taken, unless it was taken away.
    pub(crate) fn seen(&self) -> Option<Seen> {
        self.seen[0]
    }

    /// Lets the next thing happen, and be perceived.
    #[inline]
    fn happen(&mut self, rows: &[Rows<'_>], perceptions: &mut [&mut Perception]) -> Option<Pause> {
        let Happened { recording, what } = self.replay.happen(rows)?;
        let perception = &mut perceptions[recording];
        let of = &rows[recording];
        let taken = match what {
            What::Seldom { index } => return Some(Pause::Seldom { recording, index }),
            What::Print { row } => perception.print(&print(of, row)),
            What::Book { row, changed } => {
                let taken = self.perceive_book(recording, of, row, changed, perception);
                if taken.is_ok() {
                    self.seen[recording] = Some(Seen { row, changed });
                }
                taken
            }
        };
        match taken {
            Ok(flags) => {
                self.ticks.seen(perception.ordering().data_ns());
                if self.seen.len() > 1
                    && let Some(ts_ns) = self.silence.pass(perception.ordering().now_ns())
                {
                    self.stage = Stage::Silent { told: recording, ts_ns, recording: 0 };
                }
                (flags != Flags::QUIET).then_some(Pause::Perceived { recording, flags })
            }
            Err(refusal) => Some(Pause::Refused { recording, refusal }),
        }
    }

    /// Of the levels the best are enough: the rest concerns those who look at the whole view.
    fn perceive_book(
        &mut self,
        recording: usize,
        rows: &Rows<'_>,
        row: usize,
        changed: usize,
        perception: &mut Perception,
    ) -> Result<Flags, Refusal> {
        let BookShape { band_bps, band_min_ticks, .. } = self.shape;
        let band = self.replay.follow_band(recording, band_bps, band_min_ticks).unwrap_or_default();
        let book = self.replay.displayed(recording);
        let best = |level: Level| (level.price.to_f64(), level.quantity.to_f64());
        let (bid_price, bid_quantity) = book.best_bid().map(best).unzip();
        let (ask_price, ask_quantity) = book.best_ask().map(best).unzip();
        perception.book(&Book {
            bid_prices: bid_price.as_slice(),
            bid_quantities: bid_quantity.as_slice(),
            ask_prices: ask_price.as_slice(),
            ask_quantities: ask_quantity.as_slice(),
            bid_band_quantity: band.bid.quantity_f64(),
            bid_band_notional: band.bid.notional_f64(),
            ask_band_quantity: band.ask.quantity_f64(),
            ask_band_notional: band.ask.notional_f64(),
            changed_levels: changed as i64,
            trust: if rows.kind[row] & kind::SUSPECT == 0 { Trust::Trusted } else { Trust::Suspect },
            last_update_id: rows.id[row] as i64,
            exchange_ts_ns: rows.exchange_ts_ns[row],
            recv_ts_ns: rows.recv_ts_ns[row],
        })
    }
}

fn print(rows: &Rows<'_>, row: usize) -> Print {
    let level = rows.level(row);
    Print {
        exchange_ts_ns: rows.exchange_ts_ns[row],
        recv_ts_ns: rows.recv_ts_ns[row],
        trade_id: rows.id[row] as i64,
        price: level.price.to_f64(),
        quantity: level.quantity.to_f64(),
        side: rows.side(row),
    }
}
