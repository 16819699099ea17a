//! To where somebody else has come who perceived the same market, without going the way.

use super::Perception;
use crate::flags::Watch;
use crate::market::{Bar, NANOS_PER_SECOND};
use crate::quorum::{Quorum, Quota};
use crate::settings::{Settings, nanos};

impl Perception {
    /// Never triggers from now on, but sees where the price falls by so much; see [`Perception::take_opened`].
    pub fn look_out(&mut self, least_fall: f64) {
        self.settings.min_event_move_pct = least_fall;
        (self.settings.required_core_indicators, self.settings.required_with_velocity) = (u32::MAX, u32::MAX);
        self.quorum = Quorum::new(Quota::from(&self.settings));
        self.senses.set_thresholds(&self.settings);
    }

    /// Has it perceived, by its settings, what `other` would?
    #[must_use]
    pub fn looked_out_for(&self, other: &Settings) -> bool {
        other.perceives_like(&self.settings) && other.min_event_move_pct >= self.settings.min_event_move_pct
    }

    /// Could this one have slept through everything from now until where `other` stands, and would it then be where
    /// `other` stands? Provided that neither could have woken in between, and that `other` never decided anything.
    ///
    /// So it must perceive like the other one; only a trigger must matter to it; nothing in it may stem from a baseline
    /// that it made stand still, nor a book's condition that is still to be told; and the strongest ratios that it will
    /// remember must be of the time in between.
    #[must_use]
    pub fn can_leap(&self, other: &Self) -> bool {
        let (now_ns, then_ns) = (self.ordering.now_ns(), other.ordering.now_ns());
        self.watch == Watch::asleep()
            && other.looked_out_for(&self.settings)
            && self.memory.is_none()
            && self.book == other.book
            && self.senses.is_unmarked()
            && then_ns - now_ns > self.remembered_ns()
    }

    /// Goes to where `other` stands. `bars` are those that closed on the way, oldest first, and it may be others before
    /// and after them. What it judges by is its own, and what it holds of firings begins anew.
    pub fn leap(&mut self, other: &Self, bars: &[Bar]) {
        let closed_by =
            |of: &Self| bars.partition_point(|bar| bar.start_ns < of.senses.second_end_ns() - NANOS_PER_SECOND);
        for bar in &bars[closed_by(self)..closed_by(other)] {
            self.candles.close(std::slice::from_ref(bar));
        }
        let own = std::mem::replace(self, other.clone());
        self.senses.set_thresholds(&own.settings);
        self.quorum = Quorum::new(Quota::from(&own.settings));
        (self.settings, self.watch, self.candles, self.recalled) = (own.settings, own.watch, own.candles, own.recalled);
    }

    /// For how long past ratios and firings count, and a little longer.
    #[must_use]
    pub fn remembered_ns(&self) -> i64 {
        nanos(self.settings.fire_hold_seconds) + 2 * NANOS_PER_SECOND
    }

    /// Watches for nothing but the seconds, whoever decides: for one who asks when others could wake.
    pub fn watch_seconds(&mut self) {
        self.watch(Watch { seconds: true, ..Watch::asleep() });
    }

    /// Was the fall gate open at any time since this was asked last?
    pub fn take_opened(&mut self) -> bool {
        std::mem::take(&mut self.opened)
    }
}
