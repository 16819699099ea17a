//! What makes an event worth a look.

use std::ops::{BitOr, BitOrAssign};

use crate::due::FOREVER;

/// Why whoever decides must hear of an event; none of them: nothing that could change a decision has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u32);

impl Flags {
    /// Nothing to hear of.
    pub const QUIET: Self = Self(0);
    /// What the state is judged by has changed.
    pub const STATE: Self = Self(1);
    /// A second closed, and closed seconds are waited for.
    pub const SECOND: Self = Self(2);
    /// The book's condition changed.
    pub const BOOK: Self = Self(4);
    /// The price left the corridor.
    pub const PRICE: Self = Self(8);
    /// The time came.
    pub const TIME: Self = Self(16);

    /// True where nobody need hear of the event.
    #[must_use]
    pub fn is_quiet(self) -> bool {
        self == Self::QUIET
    }

    pub(crate) fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::QUIET }
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

/// What the state is judged by, as a mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inputs(pub u8);

impl Inputs {
    /// The quorum and the fall gate make a trigger.
    pub const TRIGGERED: Self = Self(1);
    /// No trigger, fewer than two core firings held, no violent range.
    pub const CALM: Self = Self(2);
    /// The range is violent, and the data are to be trusted.
    pub const VIOLENT: Self = Self(4);
    /// All three.
    pub const ALL: Self = Self(7);

    pub(crate) fn new(triggered: bool, calm: bool, violent: bool) -> Self {
        Self(u8::from(triggered) | u8::from(calm) << 1 | u8::from(violent) << 2)
    }

    /// Is this one (or are these all) among them?
    #[must_use]
    pub fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    pub(crate) fn differs(self, other: Self, heed: Self) -> bool {
        (self.0 ^ other.0) & heed.0 != 0
    }
}

/// What to wake those who decide for; they tell it anew after each time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watch {
    /// Inputs of the state whose change matters.
    pub heed: Inputs,
    /// From this time on every event matters.
    pub until_ns: i64,
    /// Does every closed second matter?
    pub seconds: bool,
    /// A last price or best bid at or below it matters.
    pub floor: f64,
    /// A last price at or above it matters.
    pub ceiling: f64,
}

impl Watch {
    /// Everything matters: nobody has told yet what does not.
    #[must_use]
    pub fn everything() -> Self {
        Self { until_ns: i64::MIN, ..Self::asleep() }
    }

    /// Only a trigger matters.
    #[must_use]
    pub fn asleep() -> Self {
        Self {
            heed: Inputs::TRIGGERED,
            until_ns: FOREVER,
            seconds: false,
            floor: f64::NEG_INFINITY,
            ceiling: f64::INFINITY,
        }
    }
}
