//! Faults of REST: wrong statuses, late answers, old books.

use std::collections::BTreeMap;

use common::time::{NANOS_PER_SECOND, UnixNanos};
use serde::{Deserialize, Serialize};

use super::{Fault, Span};

/// Which requests a fault hits: the next `count`, or all `for` a while; the next one if neither is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// Only this path, such as `/api/v3/depth`.
    pub path: Option<String>,
    /// How many.
    pub count: Option<u32>,
    /// How long.
    pub r#for: Option<Span>,
}

/// What happens to one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How late it is answered, in nanoseconds.
    pub late_ns: i64,
    /// The status it is answered with, and the seconds after which to try again.
    pub status: Option<(u16, Option<u64>)>,
    /// How old a depth snapshot is, in nanoseconds.
    pub stale_ns: Option<i64>,
}

#[derive(Debug)]
enum Act {
    Status(u16, Option<u64>),
    Late(i64),
    Stale(i64),
}

#[derive(Debug)]
struct Rule {
    act: Act,
    name: &'static str,
    path: Option<String>,
    left: Option<u32>,
    until: Option<UnixNanos>,
}

/// Carries out the faults of REST.
#[derive(Debug, Default)]
pub struct HttpFaults {
    rules: Vec<Rule>,
    applied: BTreeMap<&'static str, u64>,
}

impl HttpFaults {
    /// How many requests each fault has hit so far.
    #[must_use]
    pub fn applied(&self) -> &BTreeMap<&'static str, u64> {
        &self.applied
    }

    /// Takes a fault of REST; false for one of another kind.
    pub fn add(&mut self, fault: &Fault, now: UnixNanos) -> bool {
        let (act, on) = match fault {
            Fault::HttpError { status, retry_after, on } => {
                let seconds =
                    retry_after.map(|span| span.nanos().unsigned_abs().div_ceil(NANOS_PER_SECOND.unsigned_abs()));
                (Act::Status(*status, seconds), on.clone())
            }
            Fault::HttpSlow { by, on } => (Act::Late(by.nanos()), on.clone()),
            Fault::StaleSnapshot { behind, count } => {
                let path = Some("/api/v3/depth".to_owned());
                (Act::Stale(behind.nanos()), Requests { path, count: Some(*count), r#for: None })
            }
            _ => return false,
        };
        let left = on.count.or(on.r#for.is_none().then_some(1));
        let until = on.r#for.map(|span| now + span.nanos());
        self.rules.push(Rule { act, name: fault.name(), path: on.path, left, until });
        true
    }

    /// Says what happens to a request for `path`.
    pub fn judge(&mut self, path: &str, now: UnixNanos) -> Verdict {
        self.rules.retain(|rule| rule.left != Some(0) && rule.until.is_none_or(|until| now < until));
        let mut verdict = Verdict::default();
        for rule in self.rules.iter_mut().filter(|rule| rule.path.as_deref().is_none_or(|wanted| wanted == path)) {
            rule.left = rule.left.map(|left| left.saturating_sub(1));
            *self.applied.entry(rule.name).or_default() += 1;
            match rule.act {
                Act::Status(status, retry_after) => verdict.status = Some((status, retry_after)),
                Act::Late(late_ns) => verdict.late_ns += late_ns,
                Act::Stale(behind) => verdict.stale_ns = Some(behind),
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: &str) -> Fault {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn counts_times_and_paths_bound_a_fault() {
        let mut faults = HttpFaults::default();
        assert!(
            faults
                .add(&fault(r#"{"http_error":{"status":503,"on":{"path":"/api/v3/depth","count":2}}}"#), UnixNanos(0))
        );
        assert!(faults.add(&fault(r#"{"http_slow":{"by":"3s","on":{"for":"1s"}}}"#), UnixNanos(0)));
        assert!(faults.add(&fault(r#"{"http_error":{"status":429,"retry_after":"2500ms"}}"#), UnixNanos(0)));
        let first = faults.judge("/api/v3/time", UnixNanos(5));
        assert_eq!(first, Verdict { late_ns: 3 * NANOS_PER_SECOND, status: Some((429, Some(3))), stale_ns: None });
        let later = UnixNanos(NANOS_PER_SECOND);
        assert_eq!(faults.judge("/api/v3/time", later), Verdict::default());
        assert_eq!(faults.judge("/api/v3/depth", later).status, Some((503, None)));
        assert_eq!(faults.judge("/api/v3/depth", later).status, Some((503, None)));
        assert_eq!(faults.judge("/api/v3/depth", later), Verdict::default());
    }

    #[test]
    fn old_snapshots_are_only_depths() {
        let mut faults = HttpFaults::default();
        assert!(faults.add(&fault(r#"{"stale_snapshot":{"behind":"5s","count":1}}"#), UnixNanos(0)));
        assert_eq!(faults.judge("/api/v3/time", UnixNanos(1)), Verdict::default());
        assert_eq!(faults.judge("/api/v3/depth", UnixNanos(1)).stale_ns, Some(5 * NANOS_PER_SECOND));
        assert_eq!(faults.judge("/api/v3/depth", UnixNanos(1)), Verdict::default());
    }
}
