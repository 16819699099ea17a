//! A backlog of books is worth its newest: older ones are merged away, everything else stays as it is.

use common::wire::DataMessage;

/// Keeps, between two messages of any other kind, only the newest book of each symbol, with the changed levels of the
/// merged ones added up. Returns how many were merged away.
pub(crate) fn conflate(backlog: Vec<DataMessage>) -> (Vec<DataMessage>, u64) {
    let before = backlog.len();
    let mut kept: Vec<DataMessage> = Vec::with_capacity(before);
    let mut books_from = 0;
    for message in backlog {
        let DataMessage::OrderBookSnapshot(mut book) = message else {
            kept.push(message);
            books_from = kept.len();
            continue;
        };
        let older = kept[books_from..]
            .iter()
            .position(|other| matches!(other, DataMessage::OrderBookSnapshot(other) if other.symbol == book.symbol));
        if let Some(at) = older
            && let DataMessage::OrderBookSnapshot(older) = kept.remove(books_from + at)
        {
            book.changed_levels += older.changed_levels;
        }
        kept.push(DataMessage::OrderBookSnapshot(book));
    }
    let merged = (before - kept.len()) as u64;
    (kept, merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::market::{Side, Symbol, Trust};
    use common::number::{Price, Qty};
    use common::time::UnixNanos;
    use common::wire::{BookEncoding, Levels, OrderBookSnapshot, TradeTick};

    fn book(symbol: &str, last_update_id: u64, changed_levels: u64) -> DataMessage {
        let empty = || Levels::encode(&[], BookEncoding::Decimal);
        DataMessage::OrderBookSnapshot(OrderBookSnapshot {
            symbol: Symbol::new(symbol),
            bids: empty(),
            asks: empty(),
            timestamp: UnixNanos::ZERO,
            exchange_timestamp: UnixNanos::ZERO,
            last_update_id,
            changed_levels,
            bid_band_quantity: Default::default(),
            bid_band_notional: Default::default(),
            ask_band_quantity: Default::default(),
            ask_band_notional: Default::default(),
            trust: Trust::Trusted,
        })
    }

    fn trade(trade_id: u64) -> DataMessage {
        DataMessage::Trade(TradeTick {
            symbol: Symbol::new("BTCUSDT"),
            trade_id,
            price: Price::ZERO,
            quantity: Qty::ZERO,
            side: Side::Buy,
            timestamp: UnixNanos::ZERO,
            exchange_timestamp: UnixNanos::ZERO,
        })
    }

    #[test]
    fn the_newest_book_between_two_trades_carries_the_changes_of_the_others() {
        let backlog = vec![
            book("BTCUSDT", 1, 3),
            book("ETHUSDT", 8, 1),
            book("BTCUSDT", 2, 4),
            trade(70),
            book("BTCUSDT", 3, 5),
            trade(71),
            trade(72),
            book("BTCUSDT", 4, 1),
            book("BTCUSDT", 5, 1),
        ];
        let kept =
            vec![book("ETHUSDT", 8, 1), book("BTCUSDT", 2, 7), trade(70), book("BTCUSDT", 3, 5), trade(71), trade(72)];
        let (mut got, merged) = conflate(backlog);
        assert_eq!(got.pop(), Some(book("BTCUSDT", 5, 2)));
        assert_eq!(got, kept);
        assert_eq!(merged, 2);
    }
}
