//! Which request goes out when: one of a kind at a time, few at once, later after each failure, within the budget.

use common::time::UnixNanos;

use crate::backoff::Backoff;
use crate::budget::WeightBudget;
use crate::request::Request;

/// Requests of a kind, essential or not, under way at one time: many symbols that break at once are rebuilt one after
/// the other, not in a stampede, and no book waits for an audit that is not answered.
const AT_ONCE: usize = 2;

#[derive(Clone, Debug)]
struct Waiting {
    request: Request,
    not_before: UnixNanos,
    failures: u32,
}

/// The queue of requests.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    pub(crate) budget: WeightBudget,
    backoff: Backoff,
    waiting: Vec<Waiting>,
    flying: Vec<(Request, u32)>,
}

impl Requests {
    pub(crate) fn new(backoff: Backoff) -> Self {
        Self { budget: WeightBudget::default(), backoff, waiting: Vec::new(), flying: Vec::new() }
    }

    /// Wants a request as soon as possible; a request that waits or flies already is not doubled.
    pub(crate) fn want(&mut self, request: Request) {
        let known = self.flying.iter().any(|(flying, _)| *flying == request)
            || self.waiting.iter().any(|waiting| waiting.request == request);
        if !known {
            self.waiting.push(Waiting { request, not_before: UnixNanos::ZERO, failures: 0 });
        }
    }

    /// True where nothing waits to go out.
    pub(crate) const fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The requests that go out now; `venue_now` is the venue's clock, which the budget's windows are aligned to.
    pub(crate) fn due(&mut self, now: UnixNanos, venue_now: UnixNanos) -> Vec<Request> {
        let mut due = Vec::new();
        // Essential ones first; the order is stable, so the oldest of them first.
        self.waiting.sort_by_key(|waiting| !waiting.request.is_essential());
        let mut index = 0;
        while index < self.waiting.len() {
            let waiting = &self.waiting[index];
            let (weight, essential) = (waiting.request.weight(), waiting.request.is_essential());
            let flying = self.flying.iter().filter(|(request, _)| request.is_essential() == essential).count();
            if waiting.not_before <= now && flying < AT_ONCE && self.budget.take(weight, essential, venue_now).is_ok() {
                let Waiting { request, failures, .. } = self.waiting.remove(index);
                self.flying.push((request.clone(), failures));
                due.push(request);
            } else {
                index += 1;
            }
        }
        due
    }

    /// An answer came, of any kind; returns how often the request had failed before.
    pub(crate) fn answered(&mut self, request: &Request) -> u32 {
        match self.flying.iter().position(|(flying, _)| flying == request) {
            Some(at) => self.flying.remove(at).1,
            None => 0,
        }
    }

    /// Wants an answered request again, later than the last time.
    pub(crate) fn retry(&mut self, request: Request, failures: u32, now: UnixNanos) {
        let not_before = now + self.backoff.delay(failures);
        self.waiting.retain(|waiting| waiting.request != request);
        self.waiting.push(Waiting { request, not_before, failures: failures + 1 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::market::Symbol;
    use common::time::NANOS_PER_SECOND;

    fn snapshot(name: &str) -> Request {
        Request::Snapshot { symbol: Symbol::new(name), limit: 5_000 }
    }

    #[test]
    fn many_broken_books_are_no_stampede() {
        let mut requests = Requests::new(Backoff::new(250_000_000, 60 * NANOS_PER_SECOND, 1));
        for name in ["A", "B", "C", "D"] {
            requests.want(snapshot(name));
            requests.want(snapshot(name));
        }
        let now = UnixNanos(1);
        assert_eq!(requests.due(now, now), [snapshot("A"), snapshot("B")]);
        assert_eq!(requests.due(now, now), []);
        requests.answered(&snapshot("A"));
        assert_eq!(requests.due(now, now), [snapshot("C")]);
    }

    #[test]
    fn a_book_waits_for_no_audit() {
        let mut requests = Requests::new(Backoff::new(1, 1, 1));
        let audit = |name: &str| Request::Audit { symbol: Symbol::new(name), limit: 100 };
        let now = UnixNanos(1);
        ["A", "B", "C"].into_iter().for_each(|name| requests.want(audit(name)));
        assert_eq!(requests.due(now, now), [audit("A"), audit("B")]);
        requests.want(snapshot("D"));
        assert_eq!(requests.due(now, now), [snapshot("D")]);
    }

    #[test]
    fn a_failed_request_waits_longer_each_time() {
        let mut requests = Requests::new(Backoff::new(1_000, 1_000_000, 1));
        let (mut now, mut last_wait) = (UnixNanos(0), 0);
        requests.want(Request::Time);
        for round in 0..6 {
            while requests.due(now, now).is_empty() {
                now = now + 1;
            }
            let failures = requests.answered(&Request::Time);
            assert_eq!(failures, round);
            requests.retry(Request::Time, failures, now);
            let asked = now;
            while requests.due(now, now).is_empty() {
                now = now + 1;
            }
            let wait = now.since(asked);
            assert!(wait > last_wait / 2, "{wait} after {last_wait}");
            last_wait = wait;
            let failures = requests.answered(&Request::Time);
            requests.retry(Request::Time, failures - 1, now);
        }
        assert!(last_wait >= 16_000);
    }
}
