//! The paper account outlives the engine: killed at any moment, it goes on where its journal ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::market::{Side, Symbol, Trust};
use common::number::Price;
use common::order::{OrderRequest, OrderStatus, OrderType, Purpose, TimeInForce};
use common::time::UnixNanos;
use common::wire::{Balance, CommandKind, DataMessage, EngineState, ErrorType, Fill, Response};
use tempfile::TempDir;

use crate::harness::{Running, Venue, any_ports, config_in, crash_tape, engine, home, journal_in};

const INFO: (&str, &str) = ("RUST_LOG", "info");

fn symbol() -> Symbol {
    Symbol::new("BTCUSDT")
}

fn buy(number: u32, price: Price) -> OrderRequest {
    OrderRequest {
        client_order_id: format!("test-{number}"),
        symbol: symbol(),
        side: Side::Buy,
        order_type: OrderType::Limit,
        price: Some(price),
        quantity: "0.001".parse().expect("a quantity"),
        time_in_force: TimeInForce::Gtc,
        stop_price: None,
        iceberg_qty: None,
        purpose: Purpose::Entry,
        decided_at: UnixNanos(1),
    }
}

/// Waits for a trusted book and a trade, and says what is `share` of its price below it, on the tick.
fn below_the_market(engine: &Running, share: f64) -> Price {
    engine.data_until(|message| match message {
        DataMessage::OrderBookSnapshot(book) => (book.trust == Trust::Trusted).then_some(()),
        _ => None,
    });
    let last = engine.data_until(|message| match message {
        DataMessage::Trade(trade) => Some(trade.price),
        _ => None,
    });
    let raw = (last.raw() as f64 * (1.0 - share)) as i64;
    Price::from_raw(raw).expect("a price").floor_to("0.01".parse().expect("a tick"))
}

fn place(engine: &mut Running, order: &OrderRequest) -> Response {
    let told = engine.ask(CommandKind::PlaceOrder { order: order.clone() });
    assert!(matches!(told, Response::OrderPlaced { .. }), "{told:?}");
    told
}

fn status(engine: &mut Running, number: u32) -> Option<OrderStatus> {
    match engine.ask(CommandKind::QueryOrder { client_order_id: format!("test-{number}") }) {
        Response::OrderStatus { order, .. } => Some(order.status),
        Response::Error { error_type: ErrorType::UnknownOrder, .. } => None,
        other => panic!("a status expected: {other:?}"),
    }
}

fn account(engine: &mut Running) -> (String, Vec<Balance>) {
    match engine.ask(CommandKind::QueryAccount {}) {
        Response::Account { account_id, balances, .. } => (account_id, balances),
        other => panic!("an account expected: {other:?}"),
    }
}

fn fills(engine: &mut Running) -> Vec<Fill> {
    match engine.ask(CommandKind::QueryFills { symbol: symbol(), after_trade_id: None }) {
        Response::Fills { fills, more: false, .. } => fills,
        other => panic!("all fills expected: {other:?}"),
    }
}

/// The rules are known and a book is trusted.
fn until_live(engine: &Running) {
    engine.data_until(|message| match message {
        DataMessage::StateChange { new_state: EngineState::Live, .. } => Some(()),
        DataMessage::Trade(_) => Some(()),
        _ => None,
    });
}

#[test]
fn a_killed_engine_stands_by_its_order_and_fills_it_once() {
    let (venue, home) = (Venue::replaying(crash_tape()), home());
    let mut engine = Running::start(&venue, &home, &[]);
    let order = buy(1, below_the_market(&engine, 0.005));
    let placed = place(&mut engine, &order);
    let before = account(&mut engine);
    assert!(before.1.iter().any(|balance| !balance.locked.is_zero()), "{before:?}");
    engine.kill();

    let mut engine = Running::start(&venue, &home, &[]);
    assert_eq!(status(&mut engine, 1), Some(OrderStatus::New));
    assert_eq!(account(&mut engine), before);
    let again = place(&mut engine, &order);
    let [
        Response::OrderPlaced { timestamp: first, exchange_order_id: id, .. },
        Response::OrderPlaced { timestamp, exchange_order_id, .. },
    ] = [&placed, &again]
    else {
        panic!("{placed:?} {again:?}")
    };
    assert_eq!((timestamp, exchange_order_id), (first, id), "the first answer, and one order");
    while status(&mut engine, 1) != Some(OrderStatus::Filled) {
        engine.ask(CommandKind::Heartbeat {});
        engine.data_until(|message| matches!(message, DataMessage::Trade(_)).then_some(()));
    }
    let (filled, after) = (fills(&mut engine), account(&mut engine));
    assert_eq!(
        filled.iter().map(|fill| fill.trade_id).collect::<Vec<_>>(),
        (1..=filled.len() as u64).collect::<Vec<_>>()
    );
    engine.kill();

    let mut engine = Running::start(&venue, &home, &[]);
    assert_eq!((fills(&mut engine), account(&mut engine)), (filled, after.clone()));
    assert_eq!((after.0, status(&mut engine, 1)), (before.0, Some(OrderStatus::Filled)));
    engine.kill();
    venue.end();
}

#[test]
fn a_strategy_that_never_comes_back_leaves_no_entry_working() {
    let (venue, home) = (Venue::start(), home());
    let mut engine = Running::start(&venue, &home, &[]);
    let price = below_the_market(&engine, 0.1);
    place(&mut engine, &buy(1, price));
    engine.kill();

    let quick = ["risk.heartbeat_interval_ms=50", "risk.heartbeat_timeout_ms=200"].map(str::to_owned).to_vec();
    let settings = [venue.settings(), any_ports(), quick].concat();
    let mut engine = Running::silent(&mut crate::harness::engine(&config_in(&home), &settings));
    let reason = engine.data_until(|message| match message {
        DataMessage::StateChange { new_state: EngineState::Paused, reason, .. } => Some(reason),
        _ => None,
    });
    assert_eq!(reason, "the strategy's heartbeat is lost");
    while status(&mut engine, 1) != Some(OrderStatus::Canceled) {
        engine.next_data();
    }
    engine.kill();
    venue.end();
}

#[test]
fn one_engine_holds_a_journal_and_the_next_goes_on_with_it() {
    let (venue, home) = (Venue::start(), home());
    let mut engine_1 = Running::start(&venue, &home, &[]);
    until_live(&engine_1);
    let account_1 = account(&mut engine_1);
    let message = refused(&home, &venue);
    assert!(message.contains("another engine holds the paper journal"), "{message}");
    assert!(message.contains(journal_in(&home).to_str().expect("text")), "{message}");
    engine_1.kill();

    let mut engine_2 = Running::start(&venue, &home, &[]);
    assert_eq!(account(&mut engine_2), account_1);
    engine_2.kill();
    fs::remove_file(journal_in(&home)).expect("a journal");
    let mut engine_3 = Running::start(&venue, &home, &[]);
    until_live(&engine_3);
    let account_3 = account(&mut engine_3);
    assert_ne!(account_3.0, account_1.0, "without the journal it is another account");
    assert_eq!(account_3.1, account_1.1);
    engine_3.kill();
    venue.end();
}

fn refused(home: &TempDir, venue: &Venue) -> String {
    let settings = [venue.settings(), any_ports()].concat();
    let Output { status, stderr, .. } = engine(&config_in(home), &settings).output().expect("the binary");
    let stderr = String::from_utf8(stderr).expect("text");
    assert_eq!(status.code(), Some(2), "{stderr}");
    stderr
}

#[test]
fn a_cut_line_is_dropped_and_a_damaged_one_is_named() {
    let (venue, home) = (Venue::start(), home());
    let mut engine = Running::start(&venue, &home, &[]);
    let price = below_the_market(&engine, 0.1);
    place(&mut engine, &buy(1, price));
    engine.kill();
    let journal = journal_in(&home);
    let whole = fs::read(&journal).expect("a journal");
    let lines = whole.iter().filter(|byte| **byte == b'\n').count();

    fs::write(&journal, [&whole[..], &whole[whole.len() - 40..whole.len() - 7]].concat()).expect("a journal");
    let settings = [venue.settings(), any_ports()].concat();
    let mut command = crate::harness::engine(&config_in(&home), &settings);
    let mut engine = Running::of(command.env(INFO.0, INFO.1));
    assert_eq!(status(&mut engine, 1), Some(OrderStatus::New));
    let length = whole.len() as u64;
    assert!(fs::metadata(&journal).expect("a journal").len() >= length);
    assert!(fs::read(&journal).expect("a journal").starts_with(&whole), "what was whole is untouched");
    engine.kill();
    let log = crate::harness::rest(&mut engine.child);
    for word in ["cut short (33 bytes)", "paper recovered: account paper-", "orders working: test-1", "USDT"] {
        assert!(log.contains(word), "no {word:?} in {log}");
    }

    let mut damaged = whole.clone();
    let at = whole.len() - 60;
    damaged[at] ^= 1;
    fs::write(&journal, &damaged).expect("a journal");
    let message = refused(&home, &venue);
    for word in [format!("damaged in line {lines}"), "checksum".into(), "move the file away".into()] {
        assert!(message.contains(&word), "no {word:?} in {message}");
    }
    assert_eq!(fs::read(&journal).expect("a journal"), damaged, "nobody repairs it");

    fs::write(&journal, "[section]\n").expect("a file");
    assert!(refused(&home, &venue).contains("no line of a paper journal"));
    venue.end();
}

#[test]
fn where_no_journal_can_be_the_engine_cannot_start() {
    let (venue, home) = (Venue::start(), home());
    let settings =
        [venue.settings(), any_ports(), vec!["persistence.paper_journal=/proc/nowhere/paper.journal".into()]].concat();
    let Output { status, stderr, .. } = engine(&config_in(&home), &settings).output().expect("the binary");
    let stderr = String::from_utf8(stderr).expect("text");
    assert_eq!(status.code(), Some(2), "{stderr}");
    for word in ["/proc/nowhere/paper.journal", "[persistence] paper_journal"] {
        assert!(stderr.contains(word), "no {word} in {stderr}");
    }
    venue.end();
}

/// Lets the files of an engine grow to this many bytes, as a full disk does.
fn limit(engine: &Running, bytes: &str) {
    let pid = engine.child.id().to_string();
    let limited = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:unlimited")]).status();
    assert!(limited.expect("prlimit of util-linux").success());
}

/// A signal that the limit sends is ignored, so that writing fails as it does on a full disk.
fn patient(command: &Command) -> Command {
    let mut patient = Command::new("sh");
    patient.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    patient.env("RUST_LOG", "warn").stdout(Stdio::piped()).stderr(Stdio::piped());
    patient
}

#[test]
fn a_full_disk_refuses_orders_until_it_has_room_and_loses_nothing() {
    let (venue, home) = (Venue::start(), home());
    let settings = [venue.settings(), any_ports()].concat();
    let mut engine = Running::of(&mut patient(&engine(&config_in(&home), &settings)));
    let price = below_the_market(&engine, 0.1);
    place(&mut engine, &buy(1, price));
    let journal = journal_in(&home);
    let whole = fs::read(&journal).expect("a journal");

    // Room for half a line of any kind: the short one that tells of the outage must not fit either.
    limit(&engine, &(whole.len() + 40).to_string());
    let told = engine.ask(CommandKind::PlaceOrder { order: buy(2, price) });
    let Response::Error { error_type: ErrorType::Rejected, message, .. } = &told else { panic!("{told:?}") };
    assert!(message.contains("the paper journal cannot be written: File too large"), "{message}");
    assert_eq!(fs::read(&journal).expect("a journal"), whole, "no half line is left");
    let told = engine.ask(CommandKind::PlaceOrder { order: buy(3, price) });
    assert!(matches!(&told, Response::Error { error_type: ErrorType::Paused, .. }), "{told:?}");
    let told = engine.ask(CommandKind::QueryAccount {});
    assert!(matches!(&told, Response::Error { error_type: ErrorType::Unknown, .. }), "{told:?}");
    let told = engine.ask(CommandKind::Heartbeat {});
    assert!(matches!(&told, Response::Success { .. }), "{told:?}");

    limit(&engine, "unlimited");
    let canceled = engine.response_until(|response| match response {
        Response::OrderExecution(execution) if execution.status == OrderStatus::Canceled => Some(execution),
        _ => None,
    });
    assert_eq!(canceled.client_order_id, "test-1", "taken back in the meantime, and told once it could be kept");
    place(&mut engine, &buy(4, price));
    engine.kill();
    assert!(whole_lines(&journal));

    let mut engine = Running::start(&venue, &home, &[]);
    let statuses = [1, 2, 3, 4].map(|number| status(&mut engine, number));
    assert_eq!(statuses, [Some(OrderStatus::Canceled), None, None, Some(OrderStatus::New)]);
    engine.kill();
    venue.end();
}

fn whole_lines(journal: &Path) -> bool {
    let text = fs::read_to_string(journal).expect("text");
    text.ends_with('\n') && text.lines().all(|line| line.starts_with("[\"") && line.ends_with("}]"))
}
