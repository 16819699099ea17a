//! Channel 1, engine to strategy: what the market does and how well we see it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::levels::Levels;
use super::text;
use crate::market::{Bar, Instrument, Side, Symbol, Trust};
use crate::number::{Price, Qty};
use crate::time::UnixNanos;

/// The engine's own state; the detector's states live in the strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineState {
    /// Connecting, reading rules and history.
    Starting,
    /// Publishing a trusted book.
    Live,
    /// No entries are taken.
    Paused,
    /// Nothing is taken until a person has looked.
    Halted,
    /// Going away.
    Shutdown,
}

/// The top of a book after an applied update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderBookSnapshot {
    /// The market.
    pub symbol: Symbol,
    /// Best bid first.
    pub bids: Levels,
    /// Best ask first.
    pub asks: Levels,
    /// When we received the update.
    pub timestamp: UnixNanos,
    /// When the venue sent it.
    pub exchange_timestamp: UnixNanos,
    /// The venue's id of the last applied change.
    pub last_update_id: u64,
    /// Price levels of the whole book that changed since the last published snapshot.
    pub changed_levels: u64,
    /// Base units bid in the depth band.
    #[serde(with = "text")]
    pub bid_band_quantity: Decimal,
    /// Quote units bid in the depth band.
    #[serde(with = "text")]
    pub bid_band_notional: Decimal,
    /// Base units asked in the depth band.
    #[serde(with = "text")]
    pub ask_band_quantity: Decimal,
    /// Quote units asked in the depth band.
    #[serde(with = "text")]
    pub ask_band_notional: Decimal,
    /// How far the book may be believed.
    pub trust: Trust,
}

/// The changed levels of a book (`[zmq] book_mode = "incremental"`); quantity zero removes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderBookUpdate {
    /// The market.
    pub symbol: Symbol,
    /// Changed bids.
    pub bids: Levels,
    /// Changed asks.
    pub asks: Levels,
    /// When we received the update.
    pub timestamp: UnixNanos,
    /// When the venue sent it.
    pub exchange_timestamp: UnixNanos,
    /// The venue's id of the first change in it.
    pub first_update_id: u64,
    /// The venue's id of the last change in it.
    pub last_update_id: u64,
    /// How far the book may be believed.
    pub trust: Trust,
}

/// One trade of the market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeTick {
    /// The market.
    pub symbol: Symbol,
    /// The venue's id, consecutive per symbol.
    pub trade_id: u64,
    /// Quote units per base unit.
    pub price: Price,
    /// Base units.
    pub quantity: Qty,
    /// The aggressor's side.
    pub side: Side,
    /// When we received it.
    pub timestamp: UnixNanos,
    /// When it happened.
    pub exchange_timestamp: UnixNanos,
}

/// A venue's rules for one symbol, and how far a replaying venue moved the tape's times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentRules {
    /// The venue's filters.
    pub rules: Instrument,
    /// Nanoseconds that a replaying venue added to its tape's times; 0 on a live venue.
    pub time_shift_ns: i64,
    /// When the rules were read.
    pub timestamp: UnixNanos,
}

/// How well we see one symbol, over the last second or since the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthMetrics {
    /// The market.
    pub symbol: Symbol,
    /// When the second ended.
    pub timestamp: UnixNanos,
    /// Frames received in the last second.
    pub msgs_per_second: f64,
    /// Mean age of the frames of the last second when they arrived, less the clock offset.
    pub feed_latency_ms: f64,
    /// Median of the same over the last minute.
    pub feed_latency_p50_ms: f64,
    /// 99th percentile of the same over the last minute.
    pub feed_latency_p99_ms: f64,
    /// Losses of continuity since the start: ids are missing, or the book had to be rebuilt. Told at once.
    pub gap_count: u64,
    /// Connections opened after the first, since the start.
    pub reconnection_count: u64,
    /// Bid levels held.
    pub orderbook_depth_bids: u64,
    /// Ask levels held.
    pub orderbook_depth_asks: u64,
    /// Seconds since the last snapshot or equal audit.
    pub last_snapshot_age_seconds: f64,
    /// Our clock less the venue's.
    pub clock_offset_ms: f64,
    /// Messages refused since the start, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Messages dropped at a full queue since the start.
    pub dropped: u64,
}

/// Everything that is published on the data channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum DataMessage {
    /// The top of a book.
    OrderBookSnapshot(OrderBookSnapshot),
    /// The changed levels of a book.
    OrderBookUpdate(OrderBookUpdate),
    /// One trade.
    Trade(TradeTick),
    /// A symbol's rules.
    Instrument(InstrumentRules),
    /// Closed bars from before the start, oldest first.
    Bars {
        /// The market.
        symbol: Symbol,
        /// One-second bars.
        bars: Vec<Bar>,
        /// The newest trade in them; 0 where unknown.
        last_trade_id: u64,
        /// When they were read.
        timestamp: UnixNanos,
    },
    /// One second's health.
    HealthMetrics(HealthMetrics),
    /// The engine's state changed.
    StateChange {
        /// When.
        timestamp: UnixNanos,
        /// From.
        old_state: EngineState,
        /// To.
        new_state: EngineState,
        /// Why, in words.
        reason: String,
    },
}

impl DataMessage {
    /// The topic that the message is published under.
    ///
    /// ```
    /// # use common::wire::{DataMessage, EngineState};
    /// # use common::time::UnixNanos;
    /// let message = DataMessage::StateChange {
    ///     timestamp: UnixNanos::ZERO,
    ///     old_state: EngineState::Starting,
    ///     new_state: EngineState::Live,
    ///     reason: "book trusted".into(),
    /// };
    /// assert_eq!(message.topic(), "state");
    /// ```
    #[must_use]
    pub fn topic(&self) -> String {
        match self {
            Self::OrderBookSnapshot(OrderBookSnapshot { symbol, .. })
            | Self::OrderBookUpdate(OrderBookUpdate { symbol, .. }) => format!("book.{symbol}"),
            Self::Trade(TradeTick { symbol, .. }) => format!("trade.{symbol}"),
            Self::Instrument(InstrumentRules { rules: Instrument { symbol, .. }, .. }) | Self::Bars { symbol, .. } => {
                format!("instrument.{symbol}")
            }
            Self::HealthMetrics(_) => "health".to_owned(),
            Self::StateChange { .. } => "state".to_owned(),
        }
    }
}
