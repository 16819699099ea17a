//! What can be made to go wrong, and how it is asked for: one table per fault, the same in scenario files and over HTTP.
//!
//! Belongs here: faults as values, and the pure machines that carry them out on streams of messages and requests.
//! Never here: sockets and clocks; cutting and stalling connections is left to those who hold them.

pub mod corrupt;
pub mod http;
pub mod injector;
mod span;

use serde::{Deserialize, Serialize};

pub use self::corrupt::How;
pub use self::span::Span;

/// Which messages a fault hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Changes of the book (`@depth`, `@depth@100ms`).
    #[default]
    Depth,
    /// Prints (`@trade`).
    Trade,
}

/// One fault, as `{ name = value }`. Counts hold per stream; times are the venue's.
///
/// ```
/// use exchange_simulator::faults::Fault;
/// let fault: Fault = serde_json::from_str(r#"{"skip_depth_updates": 3}"#).unwrap();
/// assert_eq!(fault, Fault::SkipDepthUpdates(3));
/// assert!(serde_json::from_str::<Fault>(r#"{"skip_depth_updates": 3, "twice": 1}"#).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The next changes of the book are never sent: a gap in the update ids.
    SkipDepthUpdates(u32),
    /// The next prints are never sent: a gap in the trade ids.
    SkipTrades(u32),
    /// The next messages come twice.
    Duplicate {
        /// How many.
        count: u32,
        /// Which.
        #[serde(default)]
        of: Target,
    },
    /// The next messages change places with their successors.
    Reorder {
        /// How many pairs.
        count: u32,
        /// Which.
        #[serde(default)]
        of: Target,
    },
    /// The next messages are damaged.
    Corrupt {
        /// In what way.
        how: How,
        /// How many.
        count: u32,
        /// Which.
        #[serde(default)]
        of: Target,
    },
    /// Everything comes late, in order.
    Delay {
        /// How late.
        by: Span,
        /// How long it lasts.
        r#for: Span,
    },
    /// The sockets that are open now stay open and fall silent; new ones work.
    Stall {
        /// How long it lasts.
        r#for: Span,
        /// What was held back is never sent, instead of at once afterwards.
        #[serde(default)]
        lost: bool,
    },
    /// All stream connections break without a word.
    Cut {
        /// New ones are refused (HTTP 503) for this long.
        #[serde(default)]
        refuse_for: Span,
    },
    /// The venue itself trades and quotes more: four prints to one change of the book, ids contiguous.
    Burst {
        /// Messages a second.
        per_second: u64,
        /// How long it lasts.
        r#for: Span,
        /// Where; the first symbol by name if it is not given.
        symbol: Option<String>,
    },
    /// REST answers with this status instead.
    HttpError {
        /// Such as 429, 418 or 503.
        status: u16,
        /// `Retry-After`.
        retry_after: Option<Span>,
        /// Which requests.
        #[serde(default)]
        on: http::Requests,
    },
    /// REST answers late.
    HttpSlow {
        /// How late.
        by: Span,
        /// Which requests.
        #[serde(default)]
        on: http::Requests,
    },
    /// Depth snapshots are those of a while ago.
    StaleSnapshot {
        /// How old.
        behind: Span,
        /// How many.
        count: u32,
    },
    /// The venue says that it is about to stop, and then ends every stream connection of that moment.
    ServerShutdown {
        /// How long after the message.
        close_after: Span,
    },
}

impl Fault {
    /// The name that it is counted under.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SkipDepthUpdates(_) => "skip_depth_updates",
            Self::SkipTrades(_) => "skip_trades",
            Self::Duplicate { .. } => "duplicate",
            Self::Reorder { .. } => "reorder",
            Self::Corrupt { .. } => "corrupt",
            Self::Delay { .. } => "delay",
            Self::Stall { .. } => "stall",
            Self::Cut { .. } => "cut",
            Self::Burst { .. } => "burst",
            Self::HttpError { .. } => "http_error",
            Self::HttpSlow { .. } => "http_slow",
            Self::StaleSnapshot { .. } => "stale_snapshot",
            Self::ServerShutdown { .. } => "server_shutdown",
        }
    }
}
