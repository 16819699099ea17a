//! What the feed may be told: `[feed]`, and how books are published (`[zmq]`).

use common::config::Config;
use common::time::{NANOS_PER_MILLI, NANOS_PER_SECOND};
use common::wire::BookEncoding;

/// How books are published (`[zmq] book_mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookMode {
    /// The top of the book after every applied update.
    Snapshot,
    /// The changed levels, and the top once a second.
    Incremental,
}

/// The feed's settings; spans of time in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedConfig {
    /// Silence of a stream that is suspicious where its recent rate says there should be messages.
    pub heartbeat: i64,
    /// Silence of the whole connection after which a new one is opened.
    pub stale: i64,
    /// Latency above which a connection that does not recover is replaced.
    pub max_latency: i64,
    /// How long the latency may stay above its limit.
    pub latency_recovery: i64,
    /// Time between two audits of a book.
    pub audit_interval: i64,
    /// Levels a side that an audit fetches.
    pub audit_levels: u32,
    /// Levels a side that a book is started from.
    pub snapshot_levels: u32,
    /// Age at which a connection is replaced.
    pub max_connection_age: i64,
    /// First delay before a reconnection.
    pub reconnect_initial: i64,
    /// Longest delay before a reconnection.
    pub reconnect_max: i64,
    /// Failed attempts in a row after which the feed gives up while no position is open.
    pub reconnect_attempts: u32,
    /// Seconds of bars fetched at the start; 0 fetches none.
    pub warmup_seconds: u32,
    /// Reach of the depth band, in basis points of mid.
    pub depth_band_bps: f64,
    /// Least reach of the depth band, in ticks.
    pub depth_band_min_ticks: u32,
    /// Levels a side in a published book.
    pub book_levels: usize,
    /// How books are published.
    pub book_mode: BookMode,
    /// How levels are written.
    pub book_encoding: BookEncoding,
}

impl FeedConfig {
    /// What cannot work, one sentence each; empty where all is well.
    ///
    /// ```
    /// use common::config::{Config, Layers};
    /// use feed_handler::FeedConfig;
    /// let config = FeedConfig::from_config(&Config::read(&Layers::default()).unwrap());
    /// assert!(config.problems().is_empty());
    /// let shallow = FeedConfig { snapshot_levels: 150, ..config };
    /// assert!(shallow.problems()[0].starts_with("[feed] audit_levels = 100 is more than half of snapshot_levels = 150"));
    /// ```
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.audit_levels > self.snapshot_levels / 2 {
            problems.push(format!(
                "[feed] audit_levels = {} is more than half of snapshot_levels = {}: an audit would soon reach levels \
                 that the snapshot did not hold",
                self.audit_levels, self.snapshot_levels
            ));
        }
        if self.reconnect_initial > self.reconnect_max {
            problems.push(format!(
                "[feed] reconnect_initial_ms = {} is above reconnect_max_ms = {}",
                self.reconnect_initial / NANOS_PER_MILLI,
                self.reconnect_max / NANOS_PER_MILLI
            ));
        }
        problems
    }

    /// Takes the feed's part of a checked configuration.
    ///
    /// ```
    /// use common::config::{Config, Layers};
    /// use feed_handler::FeedConfig;
    /// let config = FeedConfig::from_config(&Config::read(&Layers::default()).unwrap());
    /// assert_eq!(config.heartbeat, 1_000_000_000);
    /// ```
    #[must_use]
    pub fn from_config(config: &Config) -> Self {
        let seconds = |key| (config.float("feed", key) * NANOS_PER_SECOND as f64).round() as i64;
        let millis = |key| (config.float("feed", key) * NANOS_PER_MILLI as f64).round() as i64;
        let count = |section, key| u32::try_from(config.int(section, key)).expect("the schema's limits are within u32");
        Self {
            heartbeat: seconds("heartbeat_seconds"),
            stale: seconds("stale_seconds"),
            max_latency: millis("max_latency_ms"),
            latency_recovery: seconds("latency_recovery_seconds"),
            audit_interval: seconds("audit_interval_seconds"),
            audit_levels: count("feed", "audit_levels"),
            snapshot_levels: count("feed", "snapshot_levels"),
            max_connection_age: seconds("max_connection_age_seconds"),
            reconnect_initial: millis("reconnect_initial_ms"),
            reconnect_max: millis("reconnect_max_ms"),
            reconnect_attempts: count("feed", "reconnect_attempts"),
            warmup_seconds: count("feed", "warmup_seconds"),
            depth_band_bps: config.float("feed", "depth_band_bps"),
            depth_band_min_ticks: count("feed", "depth_band_min_ticks"),
            book_levels: count("zmq", "book_levels") as usize,
            book_mode: match config.text("zmq", "book_mode") {
                "incremental" => BookMode::Incremental,
                _ => BookMode::Snapshot,
            },
            book_encoding: match config.text("zmq", "book_encoding") {
                "packed" => BookEncoding::Packed,
                _ => BookEncoding::Decimal,
            },
        }
    }
}
