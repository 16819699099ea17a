//! The market itself: takers and makers on one book, step by step, and the frames they cause.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use common::market::Side;
use tape::Line;

use super::dice::Dice;
use super::frames::{Print, Printer};
use super::ladder::Ladder;
use super::makers::Makers;
use super::measured as m;
use super::path::{Path, Step};
use super::post::Post;
use super::script::{Script, Weather};
use super::symbol::Market;

const STEP_MICROS: i64 = 10_000;
/// Takers act from here on within a step: a diff is stamped in the part before, and tells of nothing later than its stamp.
const TAKERS_FROM: i64 = 1_000;
const STEPS_PER_FRAME: i64 = m::FRAME_MICROS / STEP_MICROS;
/// A taker takes at most this share of the best level: moves of the price come from the path alone.
const SHARE_OF_BEST: f64 = 0.9;
/// How long the zeal of takers in a swing lasts, in seconds; volume comes in surges, and quiet seconds lie between them.
const ZEAL_SECONDS: f64 = 1.3;
/// Chance of a zealous swing, and what is left of the taking in the others.
const ZEAL: (f64, f64) = (0.40, 0.06);
/// Where less than this share of what rests would be taken, all of it is withdrawn.
const LEAST_SHARE: f64 = 0.02;
/// A story's sweep is taken, not withdrawn from, to this share.
const SWEEP_TAKEN: f64 = 0.95;
/// Moves of more than this within a step are a story's sweep.
const SWEEP_BPS: f64 = 60.0;

/// What a generated market is made of.
pub(crate) struct Plan<'a> {
    pub(crate) market: &'a Market,
    pub(crate) script: Script,
    pub(crate) seed: u64,
    pub(crate) start_ticks: i64,
    /// First microsecond of the tape.
    pub(crate) start_micros: i64,
    /// Seconds of calm before the live part.
    pub(crate) history: f64,
    /// Taker orders and changed levels against the measured rates.
    pub(crate) rate: f64,
    /// Changed levels against what `rate` makes of them.
    pub(crate) changes: f64,
    /// Depth and order sizes against the measured ones, in quote units.
    pub(crate) size: f64,
    pub(crate) book_ticker: bool,
}

/// Runs the plan from its first step to its last, and hands every line to `out`, in order of receipt.
pub(crate) fn run<E>(plan: &Plan<'_>, out: &mut dyn FnMut(&Line) -> Result<(), E>) -> Result<(), E> {
    let mut simulation = Simulation::new(plan);
    let steps = ((plan.history + plan.script.seconds()) * 1e6 / STEP_MICROS as f64).round() as i64;
    let snapshot = simulation.printer.snapshot(&simulation.ladder, simulation.post.arrival(plan.start_micros));
    out(&snapshot)?;
    for step in 0..steps {
        simulation.step(step);
        for line in simulation.lines.drain(..) {
            out(&line)?;
        }
    }
    Ok(())
}

struct Simulation<'a> {
    plan: &'a Plan<'a>,
    path: Path,
    dice: Dice,
    ladder: Ladder,
    makers: Makers,
    printer: Printer,
    post: Post,
    lines: Vec<Line>,
    /// Taker orders that others will follow, by microsecond.
    echoes: BinaryHeap<Reverse<i64>>,
    direction: Side,
    activity: [f64; 2],
    zeal: f64,
    zeal_until: i64,
    /// While the ordinary spread is a tick: until when it is wider, and by how many ticks.
    wide: (i64, i64),
    last_bps: f64,
    next_print_id: u64,
    last_print_micros: i64,
    told_touch: (Option<i64>, Option<i64>),
}

impl<'a> Simulation<'a> {
    fn new(plan: &'a Plan<'a>) -> Self {
        let mut dice = Dice::new(plan.seed, 2);
        let mut ladder = Ladder::new(40_000_000_000);
        let makers = Makers::new(plan.market, plan.start_ticks, plan.size * plan.script.depth);
        makers.fill(&mut ladder, &mut dice, plan.start_ticks, plan.start_ticks + 1);
        let live = plan.start_micros + (plan.history * 1e6) as i64;
        let silence = plan.script.silence.map(|(from, seconds)| {
            let from = live + (from * 1e6) as i64;
            (from, from + (seconds * 1e6) as i64)
        });
        Self {
            plan,
            path: Path::new(plan.seed),
            dice,
            ladder: settled(ladder),
            makers,
            printer: Printer::new(plan.market),
            post: Post::new(plan.seed, silence),
            lines: Vec::new(),
            echoes: BinaryHeap::new(),
            direction: Side::Buy,
            activity: [0.0; 2],
            zeal: 1.0,
            zeal_until: 0,
            wide: (0, 0),
            last_bps: 0.0,
            next_print_id: 4_000_000_000,
            last_print_micros: 0,
            told_touch: (None, None),
        }
    }

    fn step(&mut self, step: i64) {
        let begin = self.plan.start_micros + step * STEP_MICROS;
        let seconds = (step * STEP_MICROS) as f64 / 1e6 - self.plan.history;
        let dt = STEP_MICROS as f64 / 1e6;
        let at = self.path.step(&self.plan.script, seconds, dt);
        self.follow_path(begin, &at);
        self.ordinary_takers(begin, &at);
        if self.plan.book_ticker {
            self.tell_touch(begin + STEP_MICROS);
        }
        if (step + 1) % STEPS_PER_FRAME == 0 {
            self.frame(begin + STEP_MICROS, &at.weather);
        }
        self.last_bps = at.bps;
    }

    /// Brings the touch to where the path wants it.
    fn follow_path(&mut self, begin: i64, at: &Step) {
        let weather = &at.weather;
        let fair = self.plan.start_ticks as f64 * (at.bps / 1e4).exp();
        let stormy = weather.swing_bps > 0.0 || weather.spread_bps > 0.0;
        let was_wide = self.wide.1 > 0;
        if at.moved && self.dice.chance(m::WIDE_CHANCE) {
            let ticks = (self.dice.draw(&m::WIDE_BPS) * fair / 1e4) as i64;
            self.wide = (begin + self.dice.exponential(m::WIDE_MICROS) as i64, ticks);
        } else if begin >= self.wide.0 {
            self.wide = (0, 0);
        }
        if !(stormy || at.moved || was_wide) {
            return;
        }
        let spread = if weather.spread_bps > 0.0 {
            let noise = (0.2 * self.dice.normal()).exp();
            (weather.spread_bps * noise * fair / 1e4).round() as i64
        } else {
            1 + self.wide.1
        };
        let bid = ((fair - spread as f64 / 2.0).floor() as i64).max(1);
        let ask = bid + spread.max(1);
        let jumped = at.bps - self.last_bps;
        if begin >= self.zeal_until {
            self.zeal_until = begin + (self.dice.exponential(ZEAL_SECONDS) * 1e6) as i64;
            self.zeal = if self.dice.chance(ZEAL.0) { 1.0 } else { ZEAL.1 };
        }
        let taken = |share: f64| if jumped.abs() > SWEEP_BPS { SWEEP_TAKEN } else { share * self.zeal };
        let micros = begin + self.dice.between(TAKERS_FROM, 2 * TAKERS_FROM);
        if jumped > 0.0 {
            let share = taken(weather.bought);
            self.clear(Side::Sell, ask, share, micros);
            self.clear(Side::Buy, bid, 0.0, micros);
        } else {
            let share = taken(weather.sold);
            self.clear(Side::Buy, bid, share, micros);
            self.clear(Side::Sell, ask, 0.0, micros);
        }
        for (side, ticks) in [(Side::Buy, bid), (Side::Sell, ask)] {
            if self.ladder.best(side) != Some(ticks) {
                self.makers.place_best(&mut self.ladder, &mut self.dice, side, ticks, weather.depth);
            }
        }
    }

    /// Empties a side up to `limit`: this share of what rests there is taken by one order, the rest withdrawn.
    fn clear(&mut self, side: Side, limit: i64, share: f64, micros: i64) {
        let mut fills = Vec::new();
        for ticks in self.ladder.better_than(side, limit) {
            if share > LEAST_SHARE {
                let taken = (2.0 * share * self.dice.unit()).max(2.0 * share - 1.0).min(1.0);
                let lots = self.ladder.lots(side, ticks);
                fills.push((ticks, ((lots as f64 * taken) as i64).max(1)));
            }
            self.ladder.set(side, ticks, 0);
        }
        self.print(side.opposite(), &fills, micros);
    }

    /// Taker orders that leave the price where it is; they come in clusters, and one side after the other.
    fn ordinary_takers(&mut self, begin: i64, at: &Step) {
        let busy = (0.6 * (self.activity[0] + self.activity[1]) - 0.16).exp();
        let rate = m::TAKERS_PER_SECOND * self.plan.rate * at.weather.takers * busy;
        for _ in 0..self.dice.poisson(rate * STEP_MICROS as f64 / 1e6) {
            self.echoes.push(Reverse(begin + self.dice.between(2 * TAKERS_FROM, STEP_MICROS)));
        }
        let drift = ((at.bps - self.last_bps) / 4.0).clamp(-0.35, 0.35);
        while let Some(&Reverse(micros)) = self.echoes.peek() {
            if micros >= begin + STEP_MICROS {
                break;
            }
            self.echoes.pop();
            let micros = micros.max(begin + 2 * TAKERS_FROM);
            if self.dice.chance(m::SIDE_TURN) {
                self.direction = self.direction.opposite();
            }
            let loyal = self.dice.chance((1.0 + m::SIDE_LOYALTY) / 2.0);
            let mut aggressor = if loyal { self.direction } else { self.direction.opposite() };
            if self.dice.chance(drift.abs()) {
                aggressor = if drift > 0.0 { Side::Buy } else { Side::Sell };
            }
            self.take_from_best(aggressor, micros);
            for _ in 0..self.dice.poisson(m::TAKER_BRANCHING) {
                self.echoes.push(Reverse(micros + 1 + self.dice.exponential(m::TAKER_ECHO_MICROS) as i64));
            }
        }
    }

    fn take_from_best(&mut self, aggressor: Side, micros: i64) {
        let side = aggressor.opposite();
        let Some(ticks) = self.ladder.best(side) else { return };
        let there = self.ladder.lots(side, ticks);
        let wanted = self.makers.lots(self.dice.draw(&m::TAKER_QUANTITY));
        let lots = wanted.min((there as f64 * SHARE_OF_BEST) as i64);
        if lots > 0 {
            self.ladder.set(side, ticks, there - lots);
            self.print(aggressor, &[(ticks, lots)], micros);
        }
    }

    /// Tells the prints of one taker order: each resting order that it met is one.
    fn print(&mut self, aggressor: Side, fills: &[(i64, i64)], micros: i64) {
        let micros = micros.max(self.last_print_micros);
        let mut left = m::MOST_PRINTS;
        for (nth, &(ticks, lots)) in fills.iter().enumerate() {
            let mut unprinted = lots;
            let levels_after = fills.len() - nth - 1;
            while unprinted > 0 {
                let last = left <= levels_after + 1 || self.dice.chance(m::LAST_PRINT);
                let resting = self.makers.lots(self.dice.draw(&m::PRINT_QUANTITY));
                let lots = if last { unprinted } else { resting.min(unprinted) };
                unprinted -= lots;
                left = left.saturating_sub(1);
                let print = Print { id: self.next_print_id, ticks, lots, aggressor, micros };
                self.next_print_id += 1;
                let event = micros + self.dice.between(m::STAMP_MICROS.0, m::STAMP_MICROS.1);
                let line = self.printer.trade(&print, event, self.post.arrival(event));
                self.lines.push(line);
            }
            self.last_print_micros = micros;
        }
    }

    /// The diff of the last 100 ms, after the makers' fidgeting in it.
    fn frame(&mut self, micros: i64, weather: &Weather) {
        let mut shock = (1.0 - m::ACTIVITY_PARTS[0].0 - m::ACTIVITY_PARTS[1].0).sqrt() * self.dice.normal();
        for (part, (share, keep)) in self.activity.iter_mut().zip(m::ACTIVITY_PARTS) {
            *part = keep * *part + (share * (1.0 - keep * keep)).sqrt() * self.dice.normal();
            shock += *part;
        }
        let rate = self.plan.rate * self.plan.changes;
        let changes = m::CHANGES_MEDIAN * (m::CHANGES_LOG_SD * shock).exp() * weather.churn * rate;
        let changes = (changes.min(2_000.0).round() as usize).max(1);
        self.makers.churn(&mut self.ladder, &mut self.dice, changes, weather.depth);
        if let Some(diff) = self.ladder.take_diff() {
            let event = micros + self.dice.between(m::STAMP_MICROS.0, m::STAMP_MICROS.1);
            let line = self.printer.depth(&diff, event, self.post.arrival(event));
            self.lines.push(line);
        }
    }

    fn tell_touch(&mut self, micros: i64) {
        let touch = (self.ladder.best(Side::Buy), self.ladder.best(Side::Sell));
        if touch != self.told_touch {
            self.told_touch = touch;
            let line = self.printer.book_ticker(&self.ladder, self.post.arrival(micros));
            self.lines.extend(line);
        }
    }
}

/// The book as the first snapshot tells it: what went into it before is no news.
fn settled(mut ladder: Ladder) -> Ladder {
    let _ = ladder.take_diff();
    ladder
}
