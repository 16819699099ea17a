//! The real binary against the real simulator, over real sockets on ports that the system chose.

mod account;
mod harness;
mod replay;
mod starting;

use common::market::{Side, Symbol};
use common::order::{OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce};
use common::time::UnixNanos;
use common::wire::{CommandKind, DataMessage, Response};

use harness::{Running, Venue, end_of, home, signal};

#[test]
fn it_publishes_answers_trades_on_paper_and_ends_with_the_tape() {
    let venue = Venue::start();
    let home = home();
    let mut engine = Running::start(&venue, &home, &[]);
    let symbol = Symbol::new("BTCUSDT");
    let asked = engine.command(CommandKind::RequestSnapshot { symbol: symbol.clone() });
    engine.response_until(|response| match response {
        Response::Success { command_id, .. } if command_id == asked => Some(()),
        _ => None,
    });
    let (mut rules, mut bars, mut book, mut trades, mut health) = (false, 0, false, 0, false);
    let mut sequences = std::collections::BTreeMap::new();
    while !(rules && bars > 0 && book && trades > 5 && health) {
        let (topic, header, message) = engine.next_data();
        if let Some(before) = sequences.insert(topic.clone(), header.sequence) {
            assert_eq!(header.sequence, before + 1, "{topic}");
        }
        match message {
            DataMessage::Instrument(found) => {
                rules = found.rules.symbol == symbol && found.rules.quote == "USDT" && found.time_shift_ns > 0;
            }
            DataMessage::Bars { bars: found, .. } => bars = bars.max(found.len()),
            DataMessage::OrderBookSnapshot(snapshot) => book = snapshot.last_update_id > 0,
            DataMessage::Trade(_) => trades += 1,
            DataMessage::HealthMetrics(metrics) => health = metrics.msgs_per_second > 0.0,
            DataMessage::OrderBookUpdate(_) | DataMessage::StateChange { .. } => {}
        }
    }

    let order = OrderRequest {
        client_order_id: "test-1".into(),
        symbol,
        side: Side::Buy,
        order_type: OrderType::Market,
        price: None,
        quantity: "0.01".parse().expect("a quantity"),
        time_in_force: TimeInForce::Gtc,
        stop_price: None,
        iceberg_qty: None,
        purpose: Purpose::Entry,
        decided_at: UnixNanos(1),
    };
    let placing = engine.command(CommandKind::PlaceOrder { order });
    engine.response_until(|response| match response {
        Response::OrderPlaced { command_id, .. } => (command_id == placing).then_some(()),
        Response::Error { command_id, message, .. } if command_id == placing => panic!("{message}"),
        _ => None,
    });
    let fee = engine.response_until(|response| match response {
        Response::OrderExecution(execution) if execution.status == OrderStatus::Filled => execution.fee,
        _ => None,
    });
    assert!(!fee.is_zero());

    assert_eq!(engine.data_until(end_of), "end of tape");
    let last = engine.command(CommandKind::Heartbeat {});
    engine.response_until(|response| match response {
        Response::Success { command_id, .. } if command_id == last => Some(()),
        _ => None,
    });
    let (code, stderr) = engine.exit_code();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("end of tape"), "{stderr}");
    venue.end();
}

#[test]
fn a_signal_ends_it_in_order_and_the_recording_is_whole() {
    let venue = Venue::start();
    let folder = tempfile::tempdir().expect("a folder");
    let recorded = folder.path().join("run.tape");
    let home = home();
    let engine = Running::start(&venue, &home, &["--record", recorded.to_str().expect("text")]);
    engine.data_until(|message| matches!(message, DataMessage::OrderBookSnapshot(_)).then_some(()));
    signal(&engine.child, "INT");
    assert!(engine.data_until(end_of).contains("Ctrl-C"));
    let (code, stderr) = engine.exit_code();
    assert_eq!(code, Some(0), "{stderr}");
    venue.end();

    let tape = tape::Tape::open(&recorded).expect("a good tape");
    assert_eq!((tape.warning(), tape.header().symbol_names()), (None, vec!["BTCUSDT"]));
    assert!(tape.line_count() > 3);
}

#[test]
fn a_shutdown_command_ends_it() {
    let venue = Venue::start();
    let home = home();
    let mut engine = Running::start(&venue, &home, &[]);
    engine.command(CommandKind::Shutdown {});
    engine.data_until(end_of);
    assert_eq!(engine.exit_code().0, Some(0));
    venue.end();
}
