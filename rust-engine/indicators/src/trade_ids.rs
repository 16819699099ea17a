//! Which trade ids of one symbol have been seen.

use std::collections::BTreeSet;

use crate::guards::{Fault, Refusal};

/// How many trade ids below the newest are remembered as missing, so that a late print is no duplicate.
const REMEMBERED_GAP: i64 = 100_000;

/// Trade ids rise by one, and late prints fill the holes.
///
/// ```
/// use indicators::TradeIds;
/// let mut ids = TradeIds::new(100);
/// assert_eq!([101, 103, 102].map(|id| ids.admit(id)), [Ok(0), Ok(1), Ok(0)]);
/// assert_eq!(ids.admit(102).unwrap_err().to_string(), "duplicate_trade: trade 102 was seen before");
/// ```
#[derive(Clone, Debug, Default)]
pub struct TradeIds {
    newest: i64,
    missing: BTreeSet<i64>,
}

impl TradeIds {
    /// `newest` is the largest id seen, or that of the last trade in history; 0 before any.
    #[must_use]
    pub fn new(newest: i64) -> Self {
        Self { newest, missing: BTreeSet::new() }
    }

    /// The largest id seen.
    #[must_use]
    pub fn newest(&self) -> i64 {
        self.newest
    }

    /// Every id up to this one counts as seen.
    pub fn seen_up_to(&mut self, trade_id: i64) {
        self.newest = self.newest.max(trade_id);
    }

    /// Takes an id that was not seen before; returns how many ids it skipped.
    ///
    /// # Errors
    /// [`Fault::DuplicateTrade`]. Ids from before the first one seen count as seen.
    #[inline]
    pub fn admit(&mut self, trade_id: i64) -> Result<i64, Refusal> {
        if trade_id == self.newest + 1 {
            self.newest = trade_id;
            return Ok(0);
        }
        self.admit_out_of_turn(trade_id)
    }

    #[cold]
    fn admit_out_of_turn(&mut self, trade_id: i64) -> Result<i64, Refusal> {
        let newest = self.newest;
        if trade_id > newest {
            self.newest = trade_id;
            let skipped = if newest == 0 { 0 } else { trade_id - newest - 1 };
            if skipped > 0 {
                self.remember(newest + 1, trade_id);
            }
            return Ok(skipped);
        }
        if self.missing.remove(&trade_id) {
            return Ok(0);
        }
        Err(Refusal::new(Fault::DuplicateTrade, format!("trade {trade_id} was seen before")))
    }

    fn remember(&mut self, first: i64, end: i64) {
        let oldest = end - REMEMBERED_GAP;
        if self.missing.len() >= REMEMBERED_GAP as usize {
            self.missing = self.missing.split_off(&oldest);
        }
        self.missing.extend(first.max(oldest)..end);
    }
}
