//! The rooms' own settings, out of the one configuration.

use common::config::Config;
use common::time::NANOS_PER_SECOND;
use execution_engine::{BreakerConfig, DeskConfig, FillModel, PaperConfig, RateLimitConfig};
use rust_decimal::Decimal;

/// Money as it stands in the configuration: a float's shortest text is what the person wrote.
fn money(config: &Config, section: &str, key: &str) -> Decimal {
    let value = config.float(section, key);
    Decimal::try_from(value).unwrap_or_else(|_| panic!("the schema allows {section}.{key} = {value}, no decimal does"))
}

fn seconds(config: &Config, section: &str, key: &str) -> i64 {
    (config.float(section, key) * NANOS_PER_SECOND as f64).round() as i64
}

fn count<T: TryFrom<i64>>(config: &Config, section: &str, key: &str) -> T {
    let value = config.int(section, key);
    T::try_from(value).unwrap_or_else(|_| panic!("the schema allows {section}.{key} = {value}, which is no count"))
}

/// `[risk] initial_capital`, which a new paper account begins with.
pub(crate) fn initial_capital(config: &Config) -> Decimal {
    money(config, "risk", "initial_capital")
}

/// `[risk]`, for the desk.
pub(crate) fn desk(config: &Config) -> DeskConfig {
    DeskConfig {
        max_order_notional: money(config, "risk", "max_order_notional"),
        max_exposure: money(config, "risk", "max_exposure"),
        heartbeat_timeout_ms: config.float("risk", "heartbeat_timeout_ms").round() as i64,
        breaker: BreakerConfig {
            consecutive_failures: count(config, "risk", "breaker_consecutive_failures"),
            failure_rate: config.float("risk", "breaker_failure_rate"),
            window_ns: seconds(config, "risk", "breaker_window_seconds"),
            min_samples: count(config, "risk", "breaker_min_samples"),
            open_ns: seconds(config, "risk", "breaker_open_seconds"),
        },
        rate_limit: RateLimitConfig {
            calls: count(config, "risk", "order_rate_limit"),
            window_ns: seconds(config, "risk", "order_rate_window_seconds"),
            reserve: count(config, "risk", "order_rate_reserve"),
        },
    }
}

/// `[execution]` and `[fees]`, for the paper executor.
pub(crate) fn paper(config: &Config) -> PaperConfig {
    let fill_model: FillModel =
        config.text("execution", "fill_model").parse().expect("the schema allows the known fill models only");
    let slipping = config.flag("fees", "enable_slippage");
    PaperConfig {
        order_latency_ms: config.float("execution", "order_latency_ms"),
        fill_model,
        maker_fee_rate: money(config, "fees", "maker_fee_rate"),
        taker_fee_rate: money(config, "fees", "taker_fee_rate"),
        slippage_bps: if slipping { money(config, "fees", "slippage_bps") } else { Decimal::ZERO },
    }
}
