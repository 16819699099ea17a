//! The feed over real sockets on loopback.

mod support;

use common::market::Symbol;
use common::wire::DataMessage;
use feed_handler::io::{Control, DiscoverError, End, discover};
use feed_handler::replay;
use serde_json::json;
use support::script::{SYMBOL, snapshot};
use support::symbol_rules;
use support::venue::Venue;
use tape::{Header, Source, Tape, Writer};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

const BID: (&str, &str) = ("100.00", "1");

fn book(id: u64) -> String {
    snapshot(id, &[BID], &[("101.00", "1")])
}

fn end_of_tape() -> String {
    json!({"stream": "!endOfTape", "data": {"e": "endOfTape", "E": 1}}).to_string()
}

#[tokio::test]
async fn a_book_is_followed_from_the_first_update_to_the_end_of_the_tape() {
    let mut venue = Venue::start().await;
    venue.answer_depth(200, &book(10));
    let mut feed = venue.follow(None);
    let (path, mut stream) = venue.accept().await;
    assert_eq!(path, "/stream?streams=btcusdt@depth@100ms/btcusdt@trade&timeUnit=MICROSECOND");
    stream.diff(10, 11, &[("99.00", "4")]).await;
    feed.book_at(11).await;
    stream.trade(7).await;
    assert_eq!(feed.print().await, 7);
    stream.ping(b"20 s").await;
    assert_eq!(stream.hear().await, Some(Message::Pong(b"20 s"[..].into())));
    feed.control.send(Control::SnapshotWanted(Symbol::new(SYMBOL))).await.expect("the feed runs");
    feed.book_at(11).await;
    let health =
        feed.published(
            |message| if let DataMessage::HealthMetrics(health) = message { Some(health.clone()) } else { None },
        );
    assert_eq!(health.await.orderbook_depth_bids, 2);
    stream.say(end_of_tape()).await;
    assert_eq!(feed.end().await, End::EndOfTape);
    assert!(matches!(stream.hear().await, Some(Message::Close(_))), "the venue is told goodbye");
}

#[tokio::test]
async fn a_cut_connection_comes_back_and_the_book_with_it() {
    let mut venue = Venue::start().await;
    venue.answer_depth(200, &book(10));
    venue.answer_depth(503, "{}");
    venue.answer_depth(200, &book(20));
    let mut feed = venue.follow(None);
    let (_, mut stream) = venue.accept().await;
    stream.diff(10, 11, &[]).await;
    feed.book_at(11).await;
    drop(stream);
    let (_, mut stream) = venue.accept().await;
    stream.diff(20, 21, &[("99.00", "4")]).await;
    feed.book_at(21).await;
    feed.cancel.cancel();
    assert_eq!(feed.end().await, End::Cancelled);
}

#[tokio::test]
async fn the_next_connection_stands_before_the_old_one_is_closed() {
    let mut venue = Venue::start().await;
    venue.answer_depth(200, &book(10));
    let mut feed = venue.follow(None);
    let (_, mut old) = venue.accept().await;
    old.diff(10, 11, &[]).await;
    feed.book_at(11).await;
    old.say(json!({"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": 1}}).to_string()).await;
    let (_, mut new) = venue.accept().await;
    for stream in [&mut old, &mut new] {
        stream.trade(1).await;
        stream.diff(12, 12, &[("99.00", "4")]).await;
    }
    assert!(matches!(old.hear().await, Some(Message::Close(_))));
    new.trade(2).await;
    assert_eq!((feed.print().await, feed.print().await), (1, 2));
    new.say(end_of_tape()).await;
    assert_eq!(feed.end().await, End::EndOfTape);
}

#[tokio::test]
async fn a_burst_loses_no_print() {
    const PRINTS: u64 = 10_000;
    let mut venue = Venue::start().await;
    let mut feed = venue.follow(None);
    let (_, mut stream) = venue.accept().await;
    let burst = async {
        for id in 1..=PRINTS {
            stream.trade(id).await;
        }
    };
    let heard = async {
        for id in 1..=PRINTS {
            assert_eq!(feed.print().await, id);
        }
    };
    tokio::join!(burst, heard);
}

#[tokio::test]
async fn what_is_recorded_replays_to_the_same_messages() {
    let mut venue = Venue::start().await;
    venue.answer_depth(200, &book(10));
    let (record, mut received) = mpsc::channel(1_000);
    let mut feed = venue.follow(Some(record));
    let (_, mut stream) = venue.accept().await;
    stream.diff(10, 11, &[("99.00", "4")]).await;
    feed.book_at(11).await;
    stream.trade(7).await;
    stream.say("{damaged".to_owned()).await;
    stream.diff(12, 12, &[("98.00", "4")]).await;
    feed.book_at(12).await;
    stream.say(end_of_tape()).await;
    assert_eq!(feed.end().await, End::EndOfTape);

    let header = Header::new(Source::Recorded, vec![symbol_rules(SYMBOL, "0.01000000")]);
    let mut writer = Writer::start(Vec::new(), &header).expect("in memory");
    while let Some(received) = received.recv().await {
        if let Some(line) = received.line() {
            writer.write(&line).expect("in memory");
        }
    }
    let bytes = std::io::Cursor::new(writer.finish().expect("in memory"));
    let lines = Tape::read("recorded", bytes).expect("a whole tape").into_lines();
    let told: Vec<String> = replay::messages(support::config(), lines)
        .map(|message| match message.expect("a whole tape") {
            DataMessage::OrderBookSnapshot(book) => format!("book {}", book.last_update_id),
            DataMessage::Trade(print) => format!("trade {}", print.trade_id),
            other => other.topic(),
        })
        .collect();
    assert_eq!(told, ["instrument.BTCUSDT", "book 11", "trade 7", "book 12"]);
}

#[tokio::test]
async fn without_a_venue_the_address_is_named() {
    let Err(DiscoverError::NoVenue { origin, reason }) = discover("http://127.0.0.1:1", &[]).await else {
        panic!("nobody is there")
    };
    assert_eq!(origin, "http://127.0.0.1:1");
    assert!(reason.contains("refused"), "{reason}");
}
