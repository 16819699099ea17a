//! The trigger: enough indicators have fired of late, and the price has really fallen.

use crate::due::FOREVER;
use crate::settings::{Settings, nanos};

const CORE_MASK: u8 = 0b01_1111;
const VELOCITY_MASK: u8 = 0b10_0000;
const NOT_HELD: i64 = -1;

/// How many firings make a quorum, and how long one is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// A firing counts for so long after its condition was last true.
    pub hold_ns: i64,
    /// So many of the five core firings are enough.
    pub required_core: u32,
    /// So many are enough while message velocity is held.
    pub required_with_velocity: u32,
}

impl From<&Settings> for Quota {
    fn from(settings: &Settings) -> Self {
        Self {
            hold_ns: nanos(settings.fire_hold_seconds),
            required_core: settings.required_core_indicators,
            required_with_velocity: settings.required_with_velocity,
        }
    }
}

/// Which firings are held, and whether they and the fall gate make a trigger.
///
/// A firing is held for a while after its condition was last true; so is the gate. Firings come as a bit mask: bits 0 to
/// 4 the core five in their order, bit 5 message velocity.
///
/// ```
/// use indicators::{Quorum, Quota};
/// let mut quorum = Quorum::new(Quota { hold_ns: 3_000_000_000, required_core: 3, required_with_velocity: 2 });
/// assert!(quorum.judge(0, 0b00111, true));
/// assert!(!quorum.judge(3_000_000_001, 0, true));
/// ```
#[derive(Clone, Debug)]
pub struct Quorum {
    quota: Quota,
    until_ns: [i64; 6],
    gate_until_ns: i64,
    held: u8,
    core_held: u32,
    enough: bool,
    /// When the first of the held firings lapses, or would have, had it not gone on.
    due_ns: i64,
}

impl Quorum {
    /// Nothing is held.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self {
            quota,
            until_ns: [NOT_HELD; 6],
            gate_until_ns: NOT_HELD,
            held: 0,
            core_held: 0,
            enough: false,
            due_ns: FOREVER,
        }
    }

    /// Takes the conditions that are true at `now_ns`; true when triggered.
    #[inline]
    pub fn judge(&mut self, now_ns: i64, fired: u8, gate_open: bool) -> bool {
        if gate_open {
            self.gate_until_ns = now_ns + self.quota.hold_ns;
        }
        if fired != 0 {
            self.extend(now_ns + self.quota.hold_ns, fired);
        }
        if fired & !self.held != 0 || now_ns >= self.due_ns {
            self.count(now_ns);
        }
        self.enough && now_ns <= self.gate_until_ns
    }

    fn extend(&mut self, until_ns: i64, fired: u8) {
        for (index, held_until_ns) in self.until_ns.iter_mut().enumerate() {
            if fired >> index & 1 == 1 {
                *held_until_ns = until_ns;
            }
        }
    }

    /// Counts what is held: something new is, or something may have lapsed.
    fn count(&mut self, now_ns: i64) {
        self.held = 0;
        self.due_ns = FOREVER;
        for (index, until_ns) in self.until_ns.iter().enumerate() {
            if now_ns <= *until_ns {
                self.held |= 1 << index;
                self.due_ns = self.due_ns.min(until_ns + 1);
            }
        }
        self.core_held = (self.held & CORE_MASK).count_ones();
        let with_velocity = self.held & VELOCITY_MASK != 0;
        self.enough = self.held != 0
            && (self.core_held >= self.quota.required_core
                || (with_velocity && self.core_held >= self.quota.required_with_velocity));
    }

    /// Mask of the firings held at the last judgement.
    #[must_use]
    pub fn held(&self) -> u8 {
        self.held
    }

    /// How many core firings were held at the last judgement.
    #[must_use]
    pub fn core_held(&self) -> u32 {
        self.core_held
    }

    /// Holds nothing: the data around this moment is not to be trusted.
    pub fn clear(&mut self) {
        *self = Self::new(self.quota);
    }
}
