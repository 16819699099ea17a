//! The one-second depth stream: the fast stream's changes, merged.

use std::collections::BTreeMap;

use common::market::{Level, Symbol};
use common::number::{Price, Qty};
use common::time::UnixNanos;

use crate::event::Depth;

/// Changes since the last second, of which only the last quantity of each price counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Merge {
    ids: Option<(u64, u64)>,
    event_ts: UnixNanos,
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
}

impl Merge {
    /// Adds one change of the fast stream.
    pub(super) fn add(&mut self, depth: &Depth) {
        let first = self.ids.map_or(depth.first_update_id, |(first, _)| first);
        self.ids = Some((first, depth.final_update_id));
        self.event_ts = depth.event_ts;
        self.bids.extend(depth.bids.iter().map(|level| (level.price, level.quantity)));
        self.asks.extend(depth.asks.iter().map(|level| (level.price, level.quantity)));
    }

    /// What has changed since the last call; `None` where nothing has.
    pub(super) fn take(&mut self, symbol: &Symbol) -> Option<Depth> {
        let (first_update_id, final_update_id) = self.ids.take()?;
        let level = |(price, quantity)| Level { price, quantity };
        Some(Depth {
            symbol: symbol.clone(),
            event_ts: self.event_ts,
            first_update_id,
            final_update_id,
            bids: std::mem::take(&mut self.bids).into_iter().rev().map(level).collect(),
            asks: std::mem::take(&mut self.asks).into_iter().map(level).collect(),
        })
    }
}
