//! What a step may look at and write to.

use common::market::MarketEvent;
use common::time::{NANOS_PER_SECOND, UnixNanos};
use common::wire::DataMessage;

use crate::config::FeedConfig;
use crate::event::{LogLevel, Output};
use crate::health::{Health, OncePerMinute};
use crate::reason::Reason;
use crate::requests::Requests;

/// An exchange time so far ahead of our own cannot be true.
const LATEST: i64 = 10 * NANOS_PER_SECOND;
/// An exchange time so far back is no delay any more.
const OLDEST: i64 = 600 * NANOS_PER_SECOND;

/// One step's surroundings: settings, time, and where the outcome goes.
pub(crate) struct Scene<'a> {
    pub(crate) config: &'a FeedConfig,
    pub(crate) now: UnixNanos,
    /// Our clock less the venue's.
    pub(crate) clock_offset: i64,
    pub(crate) requests: &'a mut Requests,
    pub(crate) once: &'a mut OncePerMinute,
    pub(crate) out: &'a mut Vec<Output>,
}

impl Scene<'_> {
    /// The venue's clock.
    pub(crate) fn venue_now(&self) -> UnixNanos {
        self.now - self.clock_offset
    }

    pub(crate) fn publish(&mut self, message: DataMessage) {
        self.out.push(Output::Publish(message));
    }

    pub(crate) fn tell(&mut self, event: MarketEvent) {
        self.out.push(Output::Market(event));
    }

    pub(crate) fn info(&mut self, text: String) {
        self.out.push(Output::Log(LogLevel::Info, text));
    }

    pub(crate) fn warn(&mut self, text: String) {
        self.out.push(Output::Log(LogLevel::Warn, text));
    }

    /// Counts a refused message, and logs the first of each reason and minute.
    pub(crate) fn reject(&mut self, health: &mut Health, reason: Reason, detail: &str) {
        health.reject(reason);
        if let Some(held) = self.once.pass(reason, self.now) {
            let before = if held > 0 { format!(" ({held} more since the last such line)") } else { String::new() };
            self.warn(format!("refused a message, {reason}: {detail}{before}"));
        }
    }

    /// True for an exchange time that cannot belong to something received at `recv_ts`.
    pub(crate) fn is_wrong_time(exchange_ts: UnixNanos, recv_ts: UnixNanos) -> bool {
        let age = recv_ts.since(exchange_ts);
        !(-LATEST..=OLDEST).contains(&age)
    }
}
