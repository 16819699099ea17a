//! The names of every closed set that crosses the wire.

use common::market::{Side, Trust};
use common::order::{OrderStatus, OrderType, Purpose, TimeInForce};
use common::wire::{EngineState, ErrorType};
use serde_json::{Map, Value, json};

/// Lists an enum's names; a new variant does not compile until it stands here.
macro_rules! closed_set {
    ($of:ident: $($variant:ident),+ $(,)?) => {{
        for value in [$($of::$variant),+] {
            match value { $($of::$variant => {})+ }
        }
        json!([$($of::$variant),+])
    }};
}

pub(crate) fn names() -> Value {
    use ErrorType as E;
    let mut sets = Map::new();
    sets.insert("side".into(), closed_set!(Side: Buy, Sell));
    sets.insert("trust".into(), closed_set!(Trust: Trusted, Suspect, Broken, Rebuilding));
    sets.insert("order_type".into(), closed_set!(OrderType: Market, Limit, LimitMaker, StopLossLimit));
    sets.insert("time_in_force".into(), closed_set!(TimeInForce: Gtc, Ioc, Fok));
    sets.insert("purpose".into(), closed_set!(Purpose: Entry, Exit));
    sets.insert(
        "order_status".into(),
        closed_set!(OrderStatus: Pending, Unknown, New, PartiallyFilled, Filled, Canceled, Rejected, Expired),
    );
    sets.insert("engine_state".into(), closed_set!(EngineState: Starting, Live, Paused, Halted, Shutdown));
    sets.insert(
        "error_type".into(),
        closed_set!(
            E: Invalid, Expired, UnknownSymbol, UnknownOrder, Rules, Limit, Untrusted, Paused, CircuitOpen, Rejected,
            Unknown,
        ),
    );
    Value::Object(sets)
}
