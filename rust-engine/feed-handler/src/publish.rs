//! What the strategy gets to see, as wire messages. A broken or unfinished book is never published.

use common::market::TradePrint;
use common::time::NANOS_PER_SECOND;
use common::wire::{
    DataMessage, HealthMetrics, InstrumentRules, Levels, OrderBookSnapshot, OrderBookUpdate, TradeTick,
};

use crate::binance::DepthDiff;
use crate::config::BookMode;
use crate::market::Market;
use crate::scene::Scene;

/// Counts of the whole feed that each symbol's health tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedCounts {
    pub(crate) reconnections: u64,
    pub(crate) dropped: u64,
}

pub(crate) fn trade_message(print: &TradePrint) -> DataMessage {
    DataMessage::Trade(TradeTick {
        symbol: print.symbol.clone(),
        trade_id: print.trade_id,
        price: print.price,
        quantity: print.quantity,
        side: print.side,
        timestamp: print.recv_ts,
        exchange_timestamp: print.exchange_ts,
    })
}

impl Market {
    /// Publishes what an applied update made of the book.
    pub(crate) fn publish_update(&mut self, scene: &mut Scene<'_>, diff: &DepthDiff) {
        let full_book_due = self.recv_ts.since(self.full_book_at) >= NANOS_PER_SECOND;
        if scene.config.book_mode == BookMode::Incremental {
            scene.publish(DataMessage::OrderBookUpdate(OrderBookUpdate {
                symbol: self.symbol.clone(),
                bids: Levels::encode(&diff.bids, scene.config.book_encoding),
                asks: Levels::encode(&diff.asks, scene.config.book_encoding),
                timestamp: diff.recv_ts,
                exchange_timestamp: diff.event_ts,
                first_update_id: diff.first_update_id,
                last_update_id: diff.final_update_id,
                trust: self.trust.trust(),
            }));
        }
        if scene.config.book_mode == BookMode::Snapshot || full_book_due {
            self.publish_book(scene);
        }
    }

    /// Publishes the top of the book, if it may be believed at all.
    pub(crate) fn publish_book(&mut self, scene: &mut Scene<'_>) {
        let (Some(rules), Some(local), true) = (&self.instrument, self.local(), self.trust.is_publishable()) else {
            return;
        };
        let (bps, ticks) = (scene.config.depth_band_bps, scene.config.depth_band_min_ticks);
        let band = self.book.follow_band(bps, ticks, rules.tick_size).unwrap_or_default();
        let (bids, asks) = self.book.top(scene.config.book_levels);
        self.full_book_at = self.recv_ts;
        scene.publish(DataMessage::OrderBookSnapshot(OrderBookSnapshot {
            symbol: self.symbol.clone(),
            bids: Levels::encode(&bids, scene.config.book_encoding),
            asks: Levels::encode(&asks, scene.config.book_encoding),
            timestamp: self.recv_ts,
            exchange_timestamp: self.exchange_ts,
            last_update_id: local,
            changed_levels: std::mem::take(&mut self.changed_levels),
            bid_band_quantity: band.bid.quantity(),
            bid_band_notional: band.bid.notional(),
            ask_band_quantity: band.ask.quantity(),
            ask_band_notional: band.ask.notional(),
            trust: self.trust.trust(),
        }));
    }

    pub(crate) fn publish_instrument(&self, scene: &mut Scene<'_>) {
        if let Some(rules) = self.instrument.clone() {
            let (time_shift_ns, timestamp) = (self.time_shift_ns, scene.now);
            scene.publish(DataMessage::Instrument(InstrumentRules { rules, time_shift_ns, timestamp }));
        }
    }

    /// Publishes the last whole second's health, and the counts as they stand now.
    pub(crate) fn publish_health(&self, scene: &mut Scene<'_>, counts: FeedCounts) {
        let second = self.health.last();
        let (bids, asks) = self.book.depth();
        let age = self.synced_at.map_or(0, |synced| scene.now.since(synced));
        scene.publish(DataMessage::HealthMetrics(HealthMetrics {
            symbol: self.symbol.clone(),
            timestamp: scene.now,
            msgs_per_second: second.messages_per_second,
            feed_latency_ms: second.latency_ms,
            feed_latency_p50_ms: second.p50_ms,
            feed_latency_p99_ms: second.p99_ms,
            gap_count: self.health.gaps(),
            reconnection_count: counts.reconnections,
            orderbook_depth_bids: bids as u64,
            orderbook_depth_asks: asks as u64,
            last_snapshot_age_seconds: age as f64 / NANOS_PER_SECOND as f64,
            clock_offset_ms: scene.clock_offset as f64 / 1e6,
            rejected: self.health.rejected.iter().map(|(reason, count)| (reason.name().to_owned(), *count)).collect(),
            dropped: counts.dropped,
        }));
    }
}
