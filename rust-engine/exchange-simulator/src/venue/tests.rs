//! The venue in virtual time: whatever happens, ids are contiguous and streams agree with the book.

use common::market::{Level, Side, Symbol, TradePrint};
use common::time::NANOS_PER_SECOND;
use feed_handler::binance::{DepthDiff, DepthSnapshot};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::event::Depth;

fn level(price: u32, quantity: u32) -> Level {
    Level { price: price.to_string().parse().unwrap(), quantity: quantity.to_string().parse().unwrap() }
}

fn at(millis: i64) -> UnixNanos {
    UnixNanos(1_000 * NANOS_PER_SECOND + millis * NANOS_PER_MILLI)
}

fn venue() -> Venue {
    let mut venue = Venue::new(&[json!({"symbol": "A", "filters": [{"filterType": "LOT_SIZE", "minQty": "0.5"}]})]);
    let bids = (1..=30).rev().map(|price| level(price, 1)).collect();
    let asks = (40..=70).map(|price| level(price, 1)).collect();
    let snapshot = DepthSnapshot { last_update_id: 100, bids, asks };
    venue.step(&Record { at: at(0), item: Item::Snapshot(Symbol::new("A"), snapshot) });
    venue.start_at(at(0), 0);
    venue
}

fn diff(millis: i64, ids: (u64, u64), bid: Level, ask: Level) -> Record {
    let diff = DepthDiff {
        symbol: Symbol::new("A"),
        event_ts: at(millis),
        recv_ts: at(millis),
        first_update_id: ids.0,
        final_update_id: ids.1,
        bids: vec![bid],
        asks: vec![ask],
    };
    Record { at: at(millis), item: Item::Depth { diff, slow: false } }
}

fn print(millis: i64, trade_id: u64) -> Record {
    let print = TradePrint {
        symbol: Symbol::new("A"),
        trade_id,
        price: "35".parse().unwrap(),
        quantity: "2".parse().unwrap(),
        side: Side::Sell,
        exchange_ts: at(millis),
        recv_ts: at(millis),
    };
    Record { at: at(millis), item: Item::Trade(print, at(millis)) }
}

fn depths<'a>(events: &'a [Event], stream: &str) -> Vec<&'a Depth> {
    let depth = |event: &'a Event| match &event.payload {
        Payload::Depth(depth) => Some(depth),
        _ => None,
    };
    events.iter().filter(|event| &*event.stream == stream).filter_map(depth).collect()
}

fn is_contiguous(depths: &[&Depth]) -> bool {
    depths.windows(2).all(|pair| pair[0].final_update_id + 1 == pair[1].first_update_id)
}

/// As the driver does it: from one deadline to the next.
fn advance(venue: &mut Venue, until: UnixNanos, events: &mut Vec<Event>) {
    while venue.next_deadline() <= until {
        let deadline = venue.next_deadline();
        events.extend(venue.advance(deadline));
    }
}

#[test]
fn a_venue_is_silent_until_its_clock_is_set_and_then_tells_each_second_once() {
    let mut venue = venue();
    venue.step(&print(10, 1));
    assert_eq!(venue.next_deadline(), at(15), "the aggregate");
    let streams = |events: Vec<Event>| -> Vec<String> { events.iter().map(|event| event.stream.to_string()).collect() };
    assert_eq!(streams(venue.advance(at(15))), ["a@aggTrade"]);
    assert_eq!(venue.next_deadline(), at(1_050));
    assert!(streams(venue.advance(at(1_050))).contains(&"a@kline_1s".to_owned()));
    assert!(streams(venue.advance(at(1_060))).is_empty());
}

#[test]
fn a_burst_moves_all_later_ids() {
    let mut venue = venue();
    venue.step(&diff(5, (101, 105), level(30, 2), level(40, 2)));
    venue.step(&print(6, 50));
    assert!(venue.burst(None, at(10), 100, NANOS_PER_SECOND / 10));
    let burst = venue.advance(at(110));
    let own: Vec<&Depth> = depths(&burst, "a@depth@100ms");
    assert_eq!((own.len(), own[0].first_update_id, own[1].final_update_id), (2, 106, 107));
    let after = venue.step(&diff(200, (106, 106), level(30, 3), level(40, 3)));
    assert_eq!(depths(&after, "a@depth@100ms")[0].first_update_id, 108);
    let Payload::Trade(after, _) = &venue.step(&print(210, 51)).pop().unwrap().payload else { panic!("a print") };
    assert_eq!(after.trade_id, 51 + 8, "eight of ten are prints");
    assert_eq!(venue.market("A").unwrap().books().now().last_update_id, 108);
}

#[test]
fn a_newer_snapshot_replaces_the_book_and_an_older_one_does_not() {
    let mut venue = venue();
    let book = |id| {
        let snapshot = DepthSnapshot { last_update_id: id, bids: vec![level(7, 7)], asks: vec![] };
        Record { at: at(1), item: Item::Snapshot(Symbol::new("A"), snapshot) }
    };
    venue.step(&book(99));
    assert_eq!(venue.market("A").unwrap().books().now().book.depth(), (30, 31));
    venue.step(&book(101));
    assert_eq!(venue.market("A").unwrap().books().now().book.depth(), (1, 0));
}

proptest! {
    #[test]
    fn both_depth_streams_tell_the_same_book(
        changes in proptest::collection::vec((1..400_i64, 1..4_u64, 1..30_u32, 0..3_u32, 40..70_u32, 0..3_u32), 1..60),
        burst in any::<bool>(),
    ) {
        let mut venue = venue();
        venue.step(&print(0, 1));
        if burst {
            venue.burst(Some("A"), at(100), 50, NANOS_PER_SECOND);
        }
        let (mut now, mut id, mut events) = (0, 100, Vec::new());
        for (wait, ids, bid, bid_quantity, ask, ask_quantity) in changes {
            now += wait;
            advance(&mut venue, at(now), &mut events);
            let record = diff(now, (id + 1, id + ids), level(bid, bid_quantity), level(ask, ask_quantity));
            id += ids;
            events.extend(venue.step(&record));
        }
        advance(&mut venue, at(now + 3_000), &mut events);
        let held = &venue.market("A").unwrap().books().now();
        for stream in ["a@depth@100ms", "a@depth"] {
            let told = depths(&events, stream);
            prop_assert!(is_contiguous(&told), "{}", stream);
            prop_assert_eq!(told[0].first_update_id, 101);
            let mut book = orderbook::Book::new();
            let (bids, asks): (Vec<_>, Vec<_>) =
                ((1..=30).rev().map(|price| level(price, 1)).collect(), (40..=70).map(|price| level(price, 1)).collect());
            book.apply_snapshot(&bids, &asks);
            told.iter().for_each(|depth| { book.apply_diff(&depth.bids, &depth.asks); });
            prop_assert_eq!(&book, &held.book, "{}", stream);
            prop_assert_eq!(told[told.len() - 1].final_update_id, held.last_update_id);
        }
    }
}
