//! Where a replay that sleeps may leap to. The whole way is gone once, by one who never wakes; whoever wakes at a deeper
//! fall than was looked out for passes over what lies between the falls.

use std::collections::VecDeque;

use common::time::NANOS_PER_SECOND;
use indicators::{Bar, Flags, Perception, Settings};

use crate::market::Replay;
use crate::pause::{Pause, Seen};
use crate::rows::Rows;
use crate::scan::Scan;
use crate::ticks::TickGrid;

/// While nothing happens, so often it is kept how things stand.
const KEPT_EVERY_NS: i64 = 30 * NANOS_PER_SECOND;

/// Fewer are walked as quickly, and their checkpoint needs as much room.
const WORTH_A_LEAP_ROWS: usize = 4_096;

/// How everything stands at a row, for one who never decided anything.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    pub(crate) replay: Replay,
    pub(crate) ticks: TickGrid,
    pub(crate) seen: Option<Seen>,
    pub(crate) perception: Perception,
}

/// From the row `after` up to a checkpoint nobody wakes.
#[derive(Debug)]
struct Quiet {
    after: usize,
    to: Checkpoint,
}

/// The stretches of one recording that may be slept through at once.
#[derive(Debug, Default)]
pub struct Checkpoints {
    quiet: Vec<Quiet>,
    /// Every bar that closed, oldest first.
    bars: Vec<Bar>,
}

impl Checkpoints {
    /// Were they found for one who perceives like this, and wakes at no smaller fall? None at all fit everybody.
    #[must_use]
    pub fn fit(&self, settings: &Settings) -> bool {
        self.quiet.first().is_none_or(|quiet| quiet.to.perception.looked_out_for(settings))
    }

    /// Keeps a quiet stretch, unless it is walked as quickly as leapt over.
    fn add(&mut self, after: usize, to: Checkpoint) {
        if to.replay.row() - after >= WORTH_A_LEAP_ROWS {
            self.quiet.push(Quiet { after, to });
        }
    }

    /// The quiet stretch that `row` lies in or before, if there is one: where it begins, and where it leads to.
    pub(crate) fn next(&self, row: usize) -> Option<(usize, &Checkpoint)> {
        let at = self.quiet.partition_point(|quiet| quiet.to.replay.row() <= row);
        self.quiet.get(at).map(|quiet| (quiet.after, &quiet.to))
    }

    /// Every bar that closed, oldest first.
    pub(crate) fn bars(&self) -> &[Bar] {
        &self.bars
    }
}

/// Goes the way of a recording, and finds its checkpoints.
///
/// The perception is made to sleep for good; the session that it belongs to does nothing then.
#[derive(Debug)]
pub struct Survey {
    /// For so long past firings and ratios count, so that one has to be awake before and after what may wake him.
    remembered_ns: i64,
    found: Checkpoints,
    /// Those of the running quiet stretch that may be its end, oldest first.
    recent: VecDeque<Checkpoint>,
    quiet_after: Option<usize>,
    loud_until_ns: i64,
    looked_ns: i64,
    seen: Option<Seen>,
}

impl Survey {
    /// Before the first row. A fall of less than `least_fall` (a fraction) is no reason to wake.
    #[must_use]
    pub fn new(perception: &mut Perception, least_fall: f64) -> Self {
        perception.look_out(least_fall);
        Self {
            remembered_ns: perception.remembered_ns(),
            found: Checkpoints::default(),
            recent: VecDeque::new(),
            quiet_after: None,
            loud_until_ns: 0,
            looked_ns: 0,
            seen: None,
        }
    }

    /// Goes on as [`Scan::go_on`] does, to what the session has to hear of.
    pub fn go_on(&mut self, scan: &mut Scan, rows: &[Rows<'_>], perception: &mut Perception) -> Option<Pause> {
        loop {
            perception.watch_seconds();
            let pause = scan.go_on(rows, &mut [perception]);
            let Some(pause) = pause else {
                self.end(scan, perception);
                return None;
            };
            let is_second = matches!(pause, Pause::Perceived { flags: Flags::SECOND, .. });
            let loud = perception.take_opened() || !is_second;
            self.look(scan, perception, loud);
            if !is_second {
                return Some(pause);
            }
        }
    }

    /// The checkpoints, at the end.
    #[must_use]
    pub fn found(self) -> Checkpoints {
        self.found
    }

    fn look(&mut self, scan: &Scan, perception: &Perception, loud: bool) {
        self.take_in(scan, perception);
        let now_ns = perception.ordering().now_ns();
        if loud {
            self.end_quiet();
            self.loud_until_ns = now_ns + self.remembered_ns;
        } else if self.quiet_after.is_none() && now_ns >= self.loud_until_ns {
            self.quiet_after = Some(scan.replay().row());
        }
        self.looked_ns = now_ns;
        let kept_ns = self.recent.back().map_or(i64::MIN, Checkpoint::now_ns);
        if self.quiet_after.is_some() && kept_ns < now_ns - KEPT_EVERY_NS {
            self.forget_old();
            self.recent.extend(scan.checkpoint(self.seen, perception));
        }
    }

    /// What is loud came at the earliest after the last look. One must have been awake for a while then.
    fn end_quiet(&mut self) {
        self.forget_old();
        if let (Some(after), Some(to)) = (self.quiet_after.take(), self.recent.pop_front())
            && to.now_ns() <= self.looked_ns - self.remembered_ns
        {
            self.found.add(after, to);
        }
        self.recent.clear();
    }

    fn forget_old(&mut self) {
        let latest_ns = self.looked_ns - self.remembered_ns;
        while self.recent.get(1).is_some_and(|next| next.now_ns() <= latest_ns) {
            self.recent.pop_front();
        }
    }

    fn end(&mut self, scan: &Scan, perception: &Perception) {
        self.take_in(scan, perception);
        if let (Some(after), Some(to)) = (self.quiet_after.take(), scan.checkpoint(self.seen, perception)) {
            self.found.add(after, to);
        }
    }

    fn take_in(&mut self, scan: &Scan, perception: &Perception) {
        self.seen = scan.seen().or(self.seen);
        let newest_ns = self.found.bars.last().map_or(i64::MIN, |bar| bar.start_ns);
        let (closed, _) = perception.closed_now();
        self.found.bars.extend(closed.iter().filter(|bar| bar.start_ns > newest_ns));
    }
}

impl Checkpoint {
    fn now_ns(&self) -> i64 {
        self.perception.ordering().now_ns()
    }
}
