//! A book made up around real trades: every print meets what rests at its price, sweeps empty the levels they pass, makers
//! follow the price, and leave the side that is run over.
//!
//! Nothing in it knows a later trade: the book changes with a print, or on the 100 ms grid after it.

use std::io;

use common::market::Side;
use common::time::UnixNanos;
use tape::Line;

use super::expand::Seen;
use super::mood::Mood;
use crate::generator::Market;
use crate::generator::dice::Dice;
use crate::generator::frames::Printer;
use crate::generator::ladder::Ladder;
use crate::generator::makers::{Depth, Makers};
use crate::generator::measured as m;

/// Microseconds within which makers close about two thirds of a gap: of the 197 ticks that TRXUSDT's sweep of 2025-10-10
/// 21:28:05.936 left, 86 were closed after 8 ms and nearly all after 26.
const CLOSE_MICROS: f64 = 15_000.0;
/// One taker order that moves the price by more than this is a sweep. The phase of the venue's real grid is not known; the
/// made-up one is set anew so that a diff tells of the trough before makers return.
const SWEEP_BPS: f64 = 50.0;
/// How long after a sweep that diff is.
const SWEEP_MICROS: i64 = 1_000;
/// Nanoseconds from the venue to the recorder while no trade near by tells better.
const USUAL_DELAY: i64 = 3_000_000;
/// A print that was received this much later tells the delay of a diff, in microseconds.
const NEAR_MICROS: i64 = 1_000_000;
/// Microseconds from a trade's time to its frame's event time.
const STAMP_MICROS: i64 = 100;
/// Fewest levels that makers change in a diff; TRXUSDT on 2025-03-04 had 3.5, and 48 frames in 100 were skipped.
const LEAST_CHANGES: f64 = 1.5;

/// The sink of lines, in order of receipt.
pub(super) type Out<'a> = &'a mut dyn FnMut(&Line) -> io::Result<()>;

/// The made-up book.
pub(super) struct BookAround<'a> {
    market: &'a Market,
    printer: Printer,
    ladder: Ladder,
    dice: Dice,
    turnover: f64,
    makers: Option<Makers>,
    mood: Mood,
    /// Prints of one taker order, not yet in the book.
    order: Vec<Seen>,
    next_frame: i64,
    last_frame: i64,
    prints_in_frame: f64,
    last_ticks: i64,
    last_print: i64,
    recv_ts: UnixNanos,
    prints: u64,
    diffs: u64,
}

impl<'a> BookAround<'a> {
    /// `turnover` in quote units per second says how deep the book is: on both markets where it was measured, 25 bps of both
    /// sides hold what is traded in 290 s.
    pub(super) fn new(market: &'a Market, turnover: f64) -> Self {
        Self {
            market,
            printer: Printer::new(market),
            ladder: Ladder::new(1_000_000_000),
            dice: Dice::new(1, 4),
            turnover,
            makers: None,
            mood: Mood::default(),
            order: Vec::new(),
            next_frame: 0,
            last_frame: 0,
            prints_in_frame: 0.0,
            last_ticks: 0,
            last_print: 0,
            recv_ts: UnixNanos::ZERO,
            prints: 0,
            diffs: 0,
        }
    }

    /// Prints and diffs told so far.
    pub(super) const fn counts(&self) -> (u64, u64) {
        (self.prints, self.diffs)
    }

    /// Takes the next print; its taker order goes into the book when the first print of another one comes.
    pub(super) fn offer(&mut self, seen: Seen, out: Out<'_>) -> io::Result<()> {
        let same = self
            .order
            .last()
            .is_some_and(|last| (last.print.micros, last.print.aggressor) == (seen.print.micros, seen.print.aggressor));
        if !same {
            self.settle(out)?;
        }
        self.order.push(seen);
        Ok(())
    }

    /// Tells what is left, and a last diff.
    pub(super) fn finish(&mut self, out: Out<'_>) -> io::Result<()> {
        self.settle(out)?;
        if self.makers.is_some() {
            self.frame(self.next_frame, None, out)?;
        }
        Ok(())
    }

    fn settle(&mut self, out: Out<'_>) -> io::Result<()> {
        let order = std::mem::take(&mut self.order);
        let Some(first) = order.first().copied() else { return Ok(()) };
        if self.makers.is_none() {
            self.begin(first, out)?;
        }
        while self.next_frame <= first.print.micros {
            self.frame(self.next_frame, Some(first), out)?;
        }
        let moved = self.apply(&order);
        for seen in &order {
            self.recv_ts = self.recv_ts.max(seen.recv_ts);
            out(&self.printer.trade(&seen.print, seen.print.micros + STAMP_MICROS, self.recv_ts))?;
        }
        self.prints += order.len() as u64;
        self.prints_in_frame += order.len() as f64;
        if moved.abs() > SWEEP_BPS {
            self.next_frame = self.next_frame.min(first.print.micros + SWEEP_MICROS);
        }
        self.order = order;
        self.order.clear();
        Ok(())
    }

    /// Fills the book around the first print and tells it.
    fn begin(&mut self, first: Seen, out: Out<'_>) -> io::Result<()> {
        let ticks = first.print.ticks;
        let makers = Makers::new(self.market, ticks, self.turnover / m::TURNOVER_PER_SECOND);
        let (bid, ask) = match first.print.aggressor {
            Side::Sell => (ticks, ticks + 1),
            Side::Buy => (ticks - 1, ticks),
        };
        makers.fill(&mut self.ladder, &mut self.dice, bid.max(1), ask.max(2));
        let _ = self.ladder.take_diff();
        self.makers = Some(makers);
        self.last_ticks = ticks;
        self.last_frame = first.print.micros;
        self.next_frame = first.print.micros - first.print.micros % m::FRAME_MICROS + m::FRAME_MICROS;
        self.recv_ts = UnixNanos(first.print.micros * 1_000);
        out(&self.printer.snapshot(&self.ladder, self.recv_ts))
    }

    /// Puts the prints of one taker order into the book; returns by how many basis points the price moved.
    fn apply(&mut self, order: &[Seen]) -> f64 {
        let Some(makers) = self.makers.as_mut() else { return 0.0 };
        let depth = self.mood.depth();
        let side = order[0].print.aggressor.opposite();
        let mut nth = 0;
        while nth < order.len() {
            let ticks = order[nth].print.ticks;
            let level = order[nth..].iter().take_while(|seen| seen.print.ticks == ticks).count();
            let lots: i64 = order[nth..nth + level].iter().map(|seen| seen.print.lots).sum();
            nth += level;
            let swept = order.get(nth).is_some_and(|next| match side {
                Side::Buy => next.print.ticks < ticks,
                Side::Sell => next.print.ticks > ticks,
            });
            let across = match side {
                Side::Buy => ticks + 1,
                Side::Sell => ticks - 1,
            };
            for passed in self.ladder.better_than(side.opposite(), across) {
                self.ladder.set(side.opposite(), passed, 0);
            }
            for passed in self.ladder.better_than(side, ticks) {
                self.ladder.set(side, passed, 0);
            }
            if self.ladder.lots(side, ticks) <= lots && !swept {
                makers.place_best(&mut self.ladder, &mut self.dice, side, ticks, depth);
            } else {
                let left = self.ladder.lots(side, ticks) - lots;
                self.ladder.set(side, ticks, if swept { 0 } else { left });
            }
            if self.ladder.best(side.opposite()).is_none() && across > 0 {
                makers.place_best(&mut self.ladder, &mut self.dice, side.opposite(), across, depth);
            }
        }
        let last = order[order.len() - 1].print.ticks;
        let moved = (last as f64 / self.last_ticks as f64).ln() * 1e4;
        let swept = (last as f64 / order[0].print.ticks as f64).ln() * 1e4;
        let lots: i64 = order.iter().map(|seen| seen.print.lots).sum();
        let paid = lots as f64 * last as f64 * self.market.step.to_f64() * self.market.tick.to_f64();
        // A few units that print far away change nobody's mind: a move counts by the money behind it.
        self.mood.see(moved * paid / (paid + self.turnover));
        self.last_ticks = last;
        self.last_print = order[0].print.micros;
        swept
    }

    /// One diff: makers close gaps towards the last print, widen where they are afraid, and fidget.
    fn frame(&mut self, micros: i64, next: Option<Seen>, out: Out<'_>) -> io::Result<()> {
        let waited = (micros - self.last_frame) as f64;
        self.last_frame = micros;
        self.next_frame = micros + m::FRAME_MICROS;
        self.mood.wait(waited / 1e6);
        let depth = self.mood.depth();
        self.requote((micros - self.last_print) as f64, depth);
        let busy = m::CHANGES_MEDIAN * self.turnover / m::TURNOVER_PER_SECOND;
        let changes = busy.clamp(LEAST_CHANGES, m::CHANGES_MEDIAN) + (2.0 * self.prints_in_frame).min(300.0);
        self.prints_in_frame = 0.0;
        let changes = self.dice.poisson(changes);
        if let Some(makers) = self.makers.as_mut() {
            makers.churn(&mut self.ladder, &mut self.dice, changes, depth);
        }
        let Some(diff) = self.ladder.take_diff() else { return Ok(()) };
        let delay = match next {
            Some(next) if next.print.micros - micros < NEAR_MICROS => next.recv_ts.0 - next.print.micros * 1_000,
            _ => USUAL_DELAY,
        };
        let sent = UnixNanos(micros * 1_000 + delay.max(0));
        self.recv_ts = self.recv_ts.max(next.map_or(sent, |next| sent.min(next.recv_ts)));
        self.diffs += 1;
        out(&self.printer.depth(&diff, micros, self.recv_ts))
    }

    /// Brings the best levels together, `since` microseconds after the last print: makers come back on the side that the price
    /// ran away from. Or takes them apart, where the mood says so.
    fn requote(&mut self, since: f64, depth: Depth) {
        let (Some(bid), Some(ask)) = (self.ladder.best(Side::Buy), self.ladder.best(Side::Sell)) else { return };
        let Some(makers) = self.makers.as_mut() else { return };
        let wanted = ((self.mood.spread_bps() * self.last_ticks as f64 / 1e4).round() as i64).max(1);
        let gap = ask - bid - wanted;
        if gap > 0 {
            let closed = (gap as f64 * (1.0 - (-since / CLOSE_MICROS).exp())).round() as i64;
            let (side, ticks) = if self.mood.falls() { (Side::Sell, ask - closed) } else { (Side::Buy, bid + closed) };
            if closed > 0 {
                makers.place_best(&mut self.ladder, &mut self.dice, side, ticks, depth);
            }
        } else if gap < 0 {
            let (side, limit) = if self.mood.falls() { (Side::Buy, ask - wanted) } else { (Side::Sell, bid + wanted) };
            for afraid in self.ladder.better_than(side, limit) {
                self.ladder.set(side, afraid, 0);
            }
            if self.ladder.best(side) != Some(limit) && limit > 0 {
                makers.place_best(&mut self.ladder, &mut self.dice, side, limit, depth);
            }
        }
    }
}
