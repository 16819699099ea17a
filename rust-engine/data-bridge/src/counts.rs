//! What passed the bridge, and what did not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why something on the command channel is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InvalidCommand {
    /// Not three frames.
    Frames,
    /// The first frame is not `command`.
    Topic,
    /// The second frame is no header of this version.
    Header,
    /// The third frame is no known command.
    Payload,
}

impl InvalidCommand {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Frames, Self::Topic, Self::Header, Self::Payload];

    /// The name under which it is counted.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frames => "command_frames",
            Self::Topic => "command_topic",
            Self::Header => "command_header",
            Self::Payload => "command_payload",
        }
    }
}

/// Counts since the start; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Counts(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    published: AtomicU64,
    failed: AtomicU64,
    commands: AtomicU64,
    invalid: [AtomicU64; InvalidCommand::ALL.len()],
}

impl Counts {
    /// Messages handed to ZeroMQ, both publishers.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.0.published.load(Ordering::Relaxed)
    }

    /// Messages that ZeroMQ refused. (What it drops at its high-water mark it does not say: a reader sees the gap.)
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.0.failed.load(Ordering::Relaxed)
    }

    /// Commands received and understood.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.0.commands.load(Ordering::Relaxed)
    }

    /// What came on the command channel and was none, by reason; reasons that never occurred are left out.
    #[must_use]
    pub fn invalid(&self) -> BTreeMap<&'static str, u64> {
        let counts = InvalidCommand::ALL.into_iter().zip(&self.0.invalid);
        counts.map(|(reason, n)| (reason.name(), n.load(Ordering::Relaxed))).filter(|(_, n)| *n > 0).collect()
    }

    pub(crate) fn add_published(&self) {
        self.0.published.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_failed(&self) {
        self.0.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_command(&self) {
        self.0.commands.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_invalid(&self, reason: InvalidCommand) {
        self.0.invalid[reason as usize].fetch_add(1, Ordering::Relaxed);
    }
}
