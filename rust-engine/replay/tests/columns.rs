//! Columns hold what was put in, and what cannot be is named.

use common::market::{BookChange, Level, Side, Symbol, TradePrint};
use common::number::{Price, Qty};
use common::time::UnixNanos;
use orderbook::Book;
use proptest::prelude::*;
use replay::{Columns, Rows, kind};

fn symbol() -> Symbol {
    Symbol::new("TRXUSDT")
}

fn level(price: i64, quantity: i64) -> Level {
    Level {
        price: Price::from_raw(price).expect("not negative"),
        quantity: Qty::from_raw(quantity).expect("not negative"),
    }
}

fn change(replaces_all: bool, bids: Vec<Level>, asks: Vec<Level>, at: i64) -> BookChange {
    let (exchange_ts, recv_ts) = (UnixNanos(at), UnixNanos(at + 3));
    BookChange { symbol: symbol(), replaces_all, bids, asks, final_update_id: 7, exchange_ts, recv_ts }
}

fn print(price: i64, quantity: i64, side: Side, at: i64) -> TradePrint {
    let Level { price, quantity } = level(price, quantity);
    let (exchange_ts, recv_ts) = (UnixNanos(at), UnixNanos(at + 3));
    TradePrint { symbol: symbol(), trade_id: 9, price, quantity, side, exchange_ts, recv_ts }
}

#[derive(Clone, Debug)]
enum Told {
    Print(TradePrint),
    Frame(BookChange),
}

fn told() -> impl Strategy<Value = Vec<Told>> {
    let levels = || proptest::collection::vec((1..40_i64, 0..5_i64), 0..6);
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let one = prop_oneof![
        (1..40_i64, 1..9_i64, side).prop_map(|(price, quantity, side)| Told::Print(print(price, quantity, side, 0))),
        (any::<bool>(), levels(), levels()).prop_map(|(whole, bids, asks)| {
            let levels = |told: Vec<(i64, i64)>, shift| {
                told.into_iter().map(|(price, quantity)| level(price + shift, quantity)).collect()
            };
            Told::Frame(change(whole, levels(bids, 0), levels(asks, 40), 0))
        }),
    ];
    proptest::collection::vec(one, 1..40)
}

proptest! {
    #[test]
    fn what_was_told_is_read_back_and_the_book_of_any_frame_can_be_had_again(told in told()) {
        let mut columns = Columns::default();
        for (at, one) in told.iter().enumerate() {
            match one {
                Told::Print(told) => {
                    columns.print(&TradePrint { exchange_ts: UnixNanos(at as i64), recv_ts: UnixNanos(at as i64), ..told.clone() });
                }
                Told::Frame(told) => columns.frame(&change(told.replaces_all, told.bids.clone(), told.asks.clone(), at as i64), false),
            }
        }
        let rows = columns.rows();
        let whole = told.iter().filter(|one| !matches!(one, Told::Frame(frame) if frame.bids.is_empty() && frame.asks.is_empty()));
        let (mut at, mut book) = (0, Book::new());
        let (mut read, mut frame) = (print(1, 1, Side::Buy, 0), change(false, vec![], vec![], 0));
        for one in whole {
            match one {
                Told::Print(told) => {
                    prop_assert!(rows.is_print(at));
                    rows.read_print(at, &mut read);
                    prop_assert_eq!((read.price, read.quantity, read.side), (told.price, told.quantity, told.side));
                    at += 1;
                }
                Told::Frame(told) => {
                    prop_assert!(!rows.is_print(at));
                    let of_frame = rows.frame(at);
                    at = of_frame.end;
                    rows.read_frame(of_frame, &mut frame);
                    prop_assert_eq!((&frame.bids, &frame.asks), (&told.bids, &told.asks));
                    prop_assert_eq!(frame.replaces_all, told.replaces_all);
                    if frame.replaces_all {
                        book.apply_snapshot(&frame.bids, &frame.asks);
                    } else {
                        book.apply_diff(&frame.bids, &frame.asks);
                    }
                    prop_assert_eq!(&rows.book_after(at - 1, &symbol()), &book);
                }
            }
        }
        prop_assert_eq!(at, rows.len());
    }
}

#[test]
fn a_good_recording_passes_and_a_frame_without_an_end_does_not() {
    let mut columns = Columns::default();
    columns.frame(&change(true, vec![level(9, 1)], vec![level(11, 1), level(12, 0)], 5), false);
    columns.print(&print(11, 2, Side::Buy, 6));
    assert_eq!(columns.rows().check(), Ok(()));
    assert_eq!(columns.kind, [kind::BID | 32, kind::ASK | 32, kind::ASK | 32 | 16, kind::BUY_PRINT]);
    let rows = columns.rows();
    let cut = Rows {
        kind: &rows.kind[..2],
        exchange_ts_ns: &rows.exchange_ts_ns[..2],
        recv_ts_ns: &rows.recv_ts_ns[..2],
        id: &rows.id[..2],
        price: &rows.price[..2],
        quantity: &rows.quantity[..2],
    };
    assert_eq!(cut.check().expect_err("it is refused").to_string(), "row 1, column kind: the last frame has no end");
}
