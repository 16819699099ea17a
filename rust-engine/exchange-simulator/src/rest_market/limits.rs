//! Request limits per address: weight a minute, requests per five minutes, connections per five minutes.

use std::collections::HashMap;
use std::net::IpAddr;

use common::time::{NANOS_PER_SECOND, UnixNanos};
use serde_json::{Value, json};

/// REQUEST_WEIGHT per minute (2026-07).
pub const WEIGHT_LIMIT: u32 = 6_000;
/// RAW_REQUESTS per five minutes (since 2026-04-02).
const RAW_LIMIT: u32 = 300_000;
/// Stream connection attempts per five minutes.
const CONNECTION_LIMIT: u32 = 300;
/// Refused requests in one minute after which an address is banned.
const PATIENCE: u32 = 10;
/// The shortest ban.
const BAN_NS: i64 = 120 * NANOS_PER_SECOND;
const MINUTE_NS: i64 = 60 * NANOS_PER_SECOND;
const FIVE_MINUTES_NS: i64 = 5 * MINUTE_NS;

/// Why a request is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The window is used up.
    TooMany {
        /// Seconds until the next window.
        retry_after: u64,
    },
    /// Requests went on after that.
    Banned {
        /// End of the ban.
        until: UnixNanos,
        /// Seconds until then.
        retry_after: u64,
    },
}

/// A count within a window that is aligned to the clock.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    start: i64,
    count: u32,
}

impl Window {
    fn add(&mut self, now: UnixNanos, length_ns: i64, amount: u32) -> u32 {
        let start = now.0 - now.0.rem_euclid(length_ns);
        if start != self.start {
            *self = Self { start, count: 0 };
        }
        self.count = self.count.saturating_add(amount);
        self.count
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    weight: Window,
    raw: Window,
    refused: Window,
    connections: Window,
    banned_until: UnixNanos,
}

/// What every address has used.
#[derive(Debug, Default)]
pub struct Limits(HashMap<IpAddr, Usage>);

impl Limits {
    /// Counts a request; returns the weight used in this minute, and the refusal if there is one.
    pub fn charge(&mut self, address: IpAddr, weight: u32, now: UnixNanos) -> (u32, Option<Refusal>) {
        let usage = self.0.entry(address).or_default();
        if now < usage.banned_until {
            let until = usage.banned_until;
            return (usage.weight.count, Some(Refusal::Banned { until, retry_after: seconds(until.since(now)) }));
        }
        let used = usage.weight.add(now, MINUTE_NS, weight);
        let raw = usage.raw.add(now, FIVE_MINUTES_NS, 1);
        if used <= WEIGHT_LIMIT && raw <= RAW_LIMIT {
            return (used, None);
        }
        if usage.refused.add(now, MINUTE_NS, 1) > PATIENCE {
            let until = now + BAN_NS;
            usage.banned_until = until;
            return (used, Some(Refusal::Banned { until, retry_after: seconds(BAN_NS) }));
        }
        let window = if used > WEIGHT_LIMIT { MINUTE_NS } else { FIVE_MINUTES_NS };
        (used, Some(Refusal::TooMany { retry_after: seconds(window - now.0.rem_euclid(window)) }))
    }

    /// Counts an attempt to open a stream connection; false where there were too many.
    pub fn connect(&mut self, address: IpAddr, now: UnixNanos) -> bool {
        self.0.entry(address).or_default().connections.add(now, FIVE_MINUTES_NS, 1) <= CONNECTION_LIMIT
    }
}

fn seconds(nanos: i64) -> u64 {
    nanos.max(0).unsigned_abs().div_ceil(NANOS_PER_SECOND.unsigned_abs())
}

/// The limits as exchangeInfo lists them; ORDERS stand there for clients that read them.
#[must_use]
pub fn described() -> Value {
    json!([
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": WEIGHT_LIMIT},
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 50},
        {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 160_000},
        {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": RAW_LIMIT},
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(second: i64) -> UnixNanos {
        UnixNanos(1_700_000_040 * NANOS_PER_SECOND + second * NANOS_PER_SECOND)
    }

    #[test]
    fn windows_are_aligned_to_the_clock() {
        let mut limits = Limits::default();
        assert_eq!(at(0).0 % MINUTE_NS, 0);
        for request in 1..=24 {
            assert_eq!(limits.charge(HOME, 250, at(50)), (request * 250, None));
        }
        assert_eq!(limits.charge(HOME, 250, at(50)), (6_250, Some(Refusal::TooMany { retry_after: 10 })));
        assert_eq!(limits.charge(HOME, 250, at(60)), (250, None), "a new minute");
    }

    #[test]
    fn who_goes_on_is_banned() {
        let mut limits = Limits::default();
        limits.charge(HOME, WEIGHT_LIMIT, at(1));
        for _ in 0..PATIENCE {
            assert!(matches!(limits.charge(HOME, 1, at(2)).1, Some(Refusal::TooMany { .. })));
        }
        let until = at(122);
        assert_eq!(limits.charge(HOME, 1, at(2)).1, Some(Refusal::Banned { until, retry_after: 120 }));
        assert_eq!(limits.charge(HOME, 1, at(62)).1, Some(Refusal::Banned { until, retry_after: 60 }));
        assert_eq!(limits.charge(HOME, 1, at(122)).1, None);
    }

    #[test]
    fn connections_have_a_budget() {
        let mut limits = Limits::default();
        assert!((0..CONNECTION_LIMIT).all(|_| limits.connect(HOME, at(0))));
        assert!(!limits.connect(HOME, at(0)));
        assert!(limits.connect(HOME, at(300)));
    }
}
