//! To where somebody else has come who perceived the same market, without going the way.

use super::Perception;
use crate::due::FOREVER;
use crate::flags::Watch;
use crate::market::{Bar, NANOS_PER_SECOND};
use crate::quorum::{Quorum, Quota};
use crate::settings::nanos;

impl Perception {
    /// Could this one have slept through everything from now until where `other` stands, and would it then be where
    /// `other` stands? Provided that neither could have woken in between, and that `other` never decided anything.
    ///
    /// So it must perceive like the other one; only a trigger must matter to it; nothing in it may stem from a baseline
    /// that it made stand still; and the strongest ratios that it remembers must be of the time in between.
    #[must_use]
    pub fn can_leap(&self, other: &Self) -> bool {
        let (now_ns, then_ns) = (self.ordering.now_ns(), other.ordering.now_ns());
        self.watch == Watch::asleep()
            && self.settings.perceives_like(&other.settings)
            && self.settings.min_event_move_pct >= other.settings.min_event_move_pct
            && self.memory.is_none()
            && self.senses.is_unmarked()
            && then_ns - now_ns > self.remembered_ns()
    }

    /// Goes to where `other` stands. `closed` are the bars that closed on the way, oldest first; earlier ones may stand
    /// before them. What it judges by is its own, and what it holds of firings begins anew.
    pub fn leap(&mut self, other: &Self, closed: &[Bar]) {
        let running_start_ns = self.senses.second_end_ns() - NANOS_PER_SECOND;
        let on_the_way = closed.partition_point(|bar| bar.start_ns < running_start_ns);
        for bar in &closed[on_the_way..] {
            self.candles.close(std::slice::from_ref(bar));
        }
        let own = std::mem::replace(self, other.clone());
        self.senses.set_thresholds(&own.settings);
        self.quorum = Quorum::new(Quota::from(&own.settings));
        (self.settings, self.watch, self.candles, self.recalled) = (own.settings, own.watch, own.candles, own.recalled);
    }

    /// For how long past ratios and firings count.
    fn remembered_ns(&self) -> i64 {
        nanos(self.settings.fire_hold_seconds) + NANOS_PER_SECOND
    }

    /// Watches for nothing but the seconds, whoever decides: for one who asks when others could wake.
    pub fn watch_seconds(&mut self) {
        self.watch(Watch { seconds: true, until_ns: FOREVER, ..Watch::asleep() });
    }

    /// Was the fall gate open at any time since this was asked last?
    pub fn take_opened(&mut self) -> bool {
        std::mem::take(&mut self.opened)
    }
}
