//! What a session that starts within a recording is told of the time before.

use common::market::{BookChange, Side, Symbol, TradePrint};
use common::number::{Price, Qty};
use common::time::{NANOS_PER_SECOND, UnixNanos};
use common::wire::DataMessage;

use crate::rows::Rows;

/// Prints that come so late still find their bar.
const LATEST_NS: i64 = 60 * NANOS_PER_SECOND;

/// The bars of the `seconds` before `until`, by receipt, as the engine would publish them at that moment.
#[must_use]
pub fn history(rows: &Rows<'_>, symbol: &Symbol, seconds: u32, until: UnixNanos) -> DataMessage {
    let reach = i64::from(seconds) * NANOS_PER_SECOND + LATEST_NS;
    let from = rows.recv_ts_ns.partition_point(|recv_ts| *recv_ts < until.0.saturating_sub(reach));
    let to = rows.recv_ts_ns.partition_point(|recv_ts| *recv_ts < until.0);
    let mut print = blank_print(symbol);
    let prints = (from..to).filter(|row| rows.is_print(*row)).map(|row| {
        rows.read_print(row, &mut print);
        print.clone()
    });
    let (bars, last_trade_id) = feed_handler::replay::history(prints, seconds as usize, until);
    DataMessage::Bars { symbol: symbol.clone(), bars, last_trade_id, timestamp: until }
}

/// A print to be filled in.
pub(crate) fn blank_print(symbol: &Symbol) -> TradePrint {
    TradePrint {
        symbol: symbol.clone(),
        trade_id: 0,
        price: Price::ZERO,
        quantity: Qty::ZERO,
        side: Side::Buy,
        exchange_ts: UnixNanos::ZERO,
        recv_ts: UnixNanos::ZERO,
    }
}

/// A book change to be filled in.
pub(crate) fn blank_change(symbol: &Symbol) -> BookChange {
    BookChange {
        symbol: symbol.clone(),
        replaces_all: false,
        bids: Vec::new(),
        asks: Vec::new(),
        final_update_id: 0,
        exchange_ts: UnixNanos::ZERO,
        recv_ts: UnixNanos::ZERO,
    }
}
