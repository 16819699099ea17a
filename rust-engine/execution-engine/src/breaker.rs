//! The circuit to the venue: after enough failed calls, no entries for a while, then one probe.

use std::collections::VecDeque;

use common::time::UnixNanos;

/// The window is a memory, not a log: beyond this many results the oldest are forgotten.
const MOST_RESULTS: usize = 10_000;

/// When the circuit opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerConfig {
    /// Failures in a row that open it.
    pub consecutive_failures: u32,
    /// Share of failures in the window that opens it.
    pub failure_rate: f64,
    /// Length of the window in nanoseconds.
    pub window_ns: i64,
    /// Results in the window before the share is judged.
    pub min_samples: usize,
    /// Nanoseconds that it stays open before a probe.
    pub open_ns: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Circuit {
    Closed,
    Open { since: UnixNanos },
    Probing,
}

/// Closed, open or probing, from the results of calls.
#[derive(Clone, Debug)]
pub struct Breaker {
    config: BreakerConfig,
    circuit: Circuit,
    failures_in_a_row: u32,
    results: VecDeque<(UnixNanos, bool)>,
}

impl Breaker {
    /// A closed circuit.
    #[must_use]
    pub fn new(config: BreakerConfig) -> Self {
        Self { config, circuit: Circuit::Closed, failures_in_a_row: 0, results: VecDeque::new() }
    }

    /// True where a call may be made at `now`: the circuit is closed, or has been open for long enough to be probed.
    #[must_use]
    pub fn allows(&self, now: UnixNanos) -> bool {
        match self.circuit {
            Circuit::Closed => true,
            Circuit::Open { since } => now.since(since) >= self.config.open_ns,
            Circuit::Probing => false,
        }
    }

    /// A call is made at `now`. Where an open circuit allows it, it is the probe, and no other is allowed until its
    /// result; what protects us may be sent without being allowed, and proves nothing.
    pub fn begin(&mut self, now: UnixNanos) {
        if matches!(self.circuit, Circuit::Open { .. }) && self.allows(now) {
            self.circuit = Circuit::Probing;
        }
    }

    /// A call came back. True where this opens the circuit.
    pub fn record(&mut self, success: bool, now: UnixNanos) -> bool {
        self.results.push_back((now, success));
        let window_start = now - self.config.window_ns;
        while self.results.front().is_some_and(|(at, _)| *at < window_start) || self.results.len() > MOST_RESULTS {
            self.results.pop_front();
        }
        self.failures_in_a_row = if success { 0 } else { self.failures_in_a_row.saturating_add(1) };
        match self.circuit {
            Circuit::Probing if success => {
                self.circuit = Circuit::Closed;
                self.results.clear();
                false
            }
            Circuit::Probing => self.open(now),
            Circuit::Closed if !success && self.is_too_much() => self.open(now),
            Circuit::Closed | Circuit::Open { .. } => false,
        }
    }

    fn is_too_much(&self) -> bool {
        let failures = self.results.iter().filter(|(_, success)| !success).count();
        let judged = self.results.len() >= self.config.min_samples;
        self.failures_in_a_row >= self.config.consecutive_failures
            || judged && failures as f64 >= self.config.failure_rate * self.results.len() as f64
    }

    fn open(&mut self, now: UnixNanos) -> bool {
        self.circuit = Circuit::Open { since: now };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        let (window_ns, open_ns) = (1_000, 100);
        Breaker::new(BreakerConfig { consecutive_failures: 3, failure_rate: 0.5, window_ns, min_samples: 4, open_ns })
    }

    #[test]
    fn failures_in_a_row_open_it_and_one_probe_closes_it() {
        let mut breaker = breaker();
        for (at, opens) in [(1, false), (2, false), (3, true)] {
            assert_eq!(breaker.record(false, UnixNanos(at)), opens);
        }
        assert!(!breaker.allows(UnixNanos(102)));
        assert!(breaker.allows(UnixNanos(103)));
        breaker.begin(UnixNanos(103));
        assert!(!breaker.allows(UnixNanos(104)), "one probe at a time");
        assert!(!breaker.record(true, UnixNanos(105)));
        assert!(breaker.allows(UnixNanos(106)));
        assert!(!breaker.record(false, UnixNanos(107)), "it starts anew");
    }

    #[test]
    fn a_failed_probe_opens_it_again() {
        let mut breaker = breaker();
        for at in 1..=3 {
            breaker.record(false, UnixNanos(at));
        }
        breaker.begin(UnixNanos(50));
        assert!(!breaker.allows(UnixNanos(102)), "too early for a probe");
        breaker.begin(UnixNanos(199));
        assert!(breaker.record(false, UnixNanos(200)));
        assert!(!breaker.allows(UnixNanos(299)));
        assert!(breaker.allows(UnixNanos(300)));
    }

    #[test]
    fn the_rate_counts_only_the_window_and_only_enough_results() {
        let mut breaker = breaker();
        for (at, success, opens) in [(1, false, false), (2, true, false), (3, false, false), (4, true, false)] {
            assert_eq!(breaker.record(success, UnixNanos(at)), opens, "{at}");
        }
        assert!(!breaker.clone().record(false, UnixNanos(2_000)), "the window has moved on");
        assert!(breaker.record(false, UnixNanos(5)));
    }
}
