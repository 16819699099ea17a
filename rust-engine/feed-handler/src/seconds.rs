//! The feed's seconds: health of every symbol, and latency that stays.

use common::time::{NANOS_PER_SECOND, UnixNanos};

use crate::event::Output;
use crate::failover::Replace;
use crate::feed::Feed;
use crate::health::Second;
use crate::market::Market;
use crate::publish::FeedCounts;

impl Feed {
    /// Once a second: health of every symbol, and whether what comes is too late.
    pub(crate) fn second(&mut self, now: UnixNanos, out: &mut Vec<Output>) {
        let began = *self.second_began.get_or_insert(now);
        let elapsed = now.since(began);
        if elapsed < NANOS_PER_SECOND {
            return;
        }
        self.second_began = Some(now);
        let limit_ms = self.config.max_latency as f64 / 1e6;
        let seconds = self.end_second(now, elapsed, out);
        let heard = || seconds.iter().filter(|second| second.frames > 0);
        let is_late = heard().any(|second| second.latency_ms > limit_ms);
        if is_late {
            let since = *self.late_since.get_or_insert(began);
            if now.since(since) >= self.config.latency_recovery {
                self.replace(Replace::Latency, out);
            }
        } else if heard().next().is_some() {
            self.late_since = None;
        }
    }

    /// Ends a second of `elapsed` nanoseconds, and publishes every symbol's health.
    pub(crate) fn end_second(&mut self, now: UnixNanos, elapsed: i64, out: &mut Vec<Output>) -> Vec<Second> {
        let seconds = self.markets.values_mut().map(|market| market.health.end_second(elapsed)).collect();
        self.publish_health(now, out, |_| true);
        seconds
    }

    /// Publishes the health of the symbols that `is_due` names.
    pub(crate) fn publish_health(
        &mut self,
        now: UnixNanos,
        out: &mut Vec<Output>,
        mut is_due: impl FnMut(&mut Market) -> bool,
    ) {
        let counts = FeedCounts { reconnections: self.links.reconnections(), dropped: self.dropped };
        let (markets, mut scene) = self.split(now, out);
        for market in markets.values_mut() {
            if is_due(market) {
                market.publish_health(&mut scene, counts);
            }
        }
    }
}
