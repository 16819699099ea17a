//! Values that do not go together, judged once every single value is right.

use super::Config;
use super::address::{is_local_endpoint, is_origin};
use super::layers::rank;
use super::problem::{Problem, ProblemKind};

const WEIGHTS: [&str; 8] = [
    "weight_volatility",
    "weight_acceleration",
    "weight_imbalance",
    "weight_spread",
    "weight_volume_delta",
    "weight_message_velocity",
    "weight_pattern",
    "weight_depth",
];
const ENDPOINTS: [&str; 3] = ["data_publisher_address", "command_receiver_address", "response_publisher_address"];
const ORIGINS: [(&str, [&str; 2]); 3] =
    [("rest_url", ["http://", "https://"]), ("stream_url", ["ws://", "wss://"]), ("ws_api_url", ["ws://", "wss://"])];
/// Weights are decimal fractions: their float sum is 1 up to rounding.
const WEIGHT_TOLERANCE: f64 = 1e-6;

pub(super) fn check(config: &Config) -> Vec<Problem> {
    let mut check = Check { config, problems: Vec::new() };
    check.numbers();
    check.symbol();
    check.addresses();
    check.problems
}

struct Check<'a> {
    config: &'a Config,
    problems: Vec<Problem>,
}

impl Check<'_> {
    /// Reports at the first of `keys`, in the file that spoke last about any of them.
    fn report(&mut self, kind: ProblemKind, section: &str, keys: &[&str], rule: &str) {
        let found: Vec<_> = keys.iter().filter_map(|key| Some((key, self.config.get(section, key)?))).collect();
        let source = found.iter().map(|(_, effective)| effective.source.clone()).max_by_key(|source| rank(source));
        let values: Vec<String> = found
            .iter()
            .map(|(key, effective)| format!("{key} = {} ({})", effective.value, effective.source))
            .collect();
        self.problems.push(Problem {
            source: source.unwrap_or_default(),
            key: format!("{section}.{}", keys[0]),
            kind,
            nearest: None,
            detail: format!("{rule}: {}", values.join(", ")),
        });
    }

    fn numbers(&mut self) {
        let float = |section, key| self.config.float(section, key);
        let int = |section, key| self.config.int(section, key);
        let weights: f64 = WEIGHTS.iter().map(|key| float("strategy", key)).sum();
        let rules: [(bool, &str, &[&str], &str); 6] = [
            (
                float("strategy", "exit_percentile") > float("strategy", "entry_percentile"),
                "strategy",
                &["exit_percentile", "entry_percentile"],
                "must be above entry_percentile",
            ),
            ((weights - 1.0).abs() <= WEIGHT_TOLERANCE, "strategy", &WEIGHTS, "and the other weights must sum to 1"),
            (
                float("feed", "reconnect_initial_ms") <= float("feed", "reconnect_max_ms"),
                "feed",
                &["reconnect_initial_ms", "reconnect_max_ms"],
                "must not be above reconnect_max_ms",
            ),
            (
                float("feed", "heartbeat_seconds") <= float("feed", "stale_seconds"),
                "feed",
                &["heartbeat_seconds", "stale_seconds"],
                "must not be above stale_seconds",
            ),
            (
                float("risk", "heartbeat_interval_ms") < float("risk", "heartbeat_timeout_ms"),
                "risk",
                &["heartbeat_interval_ms", "heartbeat_timeout_ms"],
                "must be below heartbeat_timeout_ms",
            ),
            (
                int("event_detection", "required_with_velocity") <= int("event_detection", "required_core_indicators"),
                "event_detection",
                &["required_with_velocity", "required_core_indicators"],
                "must not be above required_core_indicators",
            ),
        ];
        for (holds, section, keys, rule) in rules {
            if !holds {
                self.report(ProblemKind::Contradiction, section, keys, rule);
            }
        }
    }

    fn symbol(&mut self) {
        let set = |key| !self.config.text("symbol", key).is_empty();
        if set("base") != set("quote") {
            let rule = "and quote must both be set, or none";
            self.report(ProblemKind::Contradiction, "symbol", &["base", "quote"], rule);
        }
    }

    fn addresses(&mut self) {
        let config = self.config;
        for (at, key) in ENDPOINTS.iter().enumerate() {
            let endpoint = config.text("zmq", key);
            let taken = ENDPOINTS[..at].iter().find(|other| config.text("zmq", other) == endpoint);
            if !is_local_endpoint(endpoint) {
                let rule = "must be tcp:// on a loopback address with a port (or *), or ipc:// with a path; \
                            across machines use a tunnel";
                self.report(ProblemKind::Malformed, "zmq", &[key], rule);
            } else if let Some(other) = taken.filter(|_| !endpoint.ends_with(":*")) {
                self.report(ProblemKind::Contradiction, "zmq", &[key, other], "must differ from the other channels");
            }
        }
        for (key, schemes) in ORIGINS {
            let url = config.text("exchange", key);
            if !url.is_empty() && !is_origin(url, &schemes) {
                let rule = format!("must be an origin without a path, {} and a host", schemes.join(" or "));
                self.report(ProblemKind::Malformed, "exchange", &[key], &rule);
            }
        }
    }
}
