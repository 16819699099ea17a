//! Why a message from the venue was refused: a closed list, counted and logged by name.

use std::fmt;

/// Why a message was refused. A refused message changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Not the JSON that the venue documents.
    Malformed,
    /// JSON that ends too early.
    Truncated,
    /// A price of zero or less.
    NonPositivePrice,
    /// A quantity below zero, or a print of nothing.
    BadQuantity,
    /// A number that does not fit, is finer than the venue prints, or lies outside the symbol's price range.
    Absurd,
    /// An exchange time far from the time of receipt.
    WrongTime,
    /// A book with its best bid at or above its best ask.
    Crossed,
    /// An id that was already seen.
    Duplicate,
    /// An id older than one already seen.
    OutOfOrder,
    /// A symbol that was not subscribed.
    UnknownSymbol,
    /// An event that is not known.
    UnknownEvent,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 11] = [
        Self::Malformed,
        Self::Truncated,
        Self::NonPositivePrice,
        Self::BadQuantity,
        Self::Absurd,
        Self::WrongTime,
        Self::Crossed,
        Self::Duplicate,
        Self::OutOfOrder,
        Self::UnknownSymbol,
        Self::UnknownEvent,
    ];

    /// The name in logs, metrics and `health_metrics.rejected`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Truncated => "truncated",
            Self::NonPositivePrice => "non_positive_price",
            Self::BadQuantity => "bad_quantity",
            Self::Absurd => "absurd",
            Self::WrongTime => "wrong_time",
            Self::Crossed => "crossed",
            Self::Duplicate => "duplicate",
            Self::OutOfOrder => "out_of_order",
            Self::UnknownSymbol => "unknown_symbol",
            Self::UnknownEvent => "unknown_event",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
