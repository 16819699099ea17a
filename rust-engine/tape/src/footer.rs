//! The last line of a finished tape: where its blocks begin, how much there is, and a checksum over all of it.

use common::time::UnixNanos;
use serde::{Deserialize, Serialize};

/// What every footer line begins with, and no data line does.
pub(crate) const FOOTER_MARK: &[u8] = br#"{"footer":"#;
const VERSION: u32 = 1;

/// Where a data block begins, the newest receive time up to its first line, and how many lines it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlockEntry(pub(crate) u64, pub(crate) UnixNanos, pub(crate) u64);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Footer {
    footer: u32,
    pub(crate) blocks: Vec<BlockEntry>,
    pub(crate) lines: u64,
    /// Earliest and latest exchange time on the tape.
    pub(crate) first_ts_ns: Option<UnixNanos>,
    pub(crate) last_ts_ns: Option<UnixNanos>,
    /// Of all bytes before the footer's block, in hex.
    pub(crate) sha256: String,
}

/// What writer and scanner both gather while the lines go by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) blocks: Vec<BlockEntry>,
    pub(crate) lines: u64,
    pub(crate) first_ts: Option<UnixNanos>,
    pub(crate) last_ts: Option<UnixNanos>,
}

impl Tally {
    pub(crate) fn see(&mut self, exchange_ts: Option<UnixNanos>) {
        let Some(ts) = exchange_ts else { return };
        self.first_ts = Some(self.first_ts.map_or(ts, |first| first.min(ts)));
        self.last_ts = Some(self.last_ts.map_or(ts, |last| last.max(ts)));
    }

    pub(crate) fn close_block(&mut self, offset: u64, newest_recv: UnixNanos, lines: u64) {
        self.blocks.push(BlockEntry(offset, newest_recv, lines));
        self.lines += lines;
    }
}

impl Footer {
    pub(crate) fn new(tally: Tally, sha256: String) -> Self {
        let Tally { blocks, lines, first_ts, last_ts } = tally;
        Self { footer: VERSION, blocks, lines, first_ts_ns: first_ts, last_ts_ns: last_ts, sha256 }
    }

    /// Reads a footer that begins at `offset`, or says why its index cannot be right.
    pub(crate) fn parse(line: &[u8], offset: u64) -> Result<Self, String> {
        let footer: Self = serde_json::from_slice(line).map_err(|error| format!("bad footer: {error}"))?;
        if footer.footer != VERSION {
            return Err(format!("the footer has format {}", footer.footer));
        }
        let in_order = footer.blocks.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let counted = footer.blocks.iter().try_fold(0_u64, |sum, block| sum.checked_add(block.2));
        if !in_order || footer.blocks.last().is_some_and(|last| last.0 >= offset) || counted != Some(footer.lines) {
            return Err("the footer's index contradicts itself".to_owned());
        }
        Ok(footer)
    }

    pub(crate) fn into_tally(self) -> Tally {
        Tally { blocks: self.blocks, lines: self.lines, first_ts: self.first_ts_ns, last_ts: self.last_ts_ns }
    }
}
