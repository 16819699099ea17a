//! From a book in the engine's hands, through the bridge, to the order of another process that answers it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use clock::WallClock;
use common::time::{NANOS_PER_SECOND, UnixNanos};
use common::wire::{Balance, Command, CommandKind, DataMessage, EngineState, Response};
use data_bridge::Publisher;
use serde_json::{Value, json};

use crate::load::{Load, figures, is_book, message};
use crate::sockets;

const PATIENCE: Duration = Duration::from_secs(60);
const A_MOMENT: Duration = Duration::from_millis(100);
const LAST_ORDERS: i64 = NANOS_PER_SECOND;

pub(crate) fn measure(load: &Load, clock: WallClock) -> Value {
    let (mut bridge, commands) = sockets::bridge(clock);
    let at = &bridge.endpoints;
    println!("{}", json!({ "data": at.data, "commands": at.commands, "responses": at.responses }));
    std::io::stdout().flush().expect("stdout");
    let (mut sent, mut took) = (BTreeMap::new(), Vec::new());
    loop {
        let command = commands.recv_timeout(PATIENCE).expect("the peer's question for its account");
        let met = matches!(command.0.kind, CommandKind::QueryAccount {});
        take(&mut bridge.responses, &sent, &mut took, command);
        if met {
            break;
        }
    }
    load.pace(|n| {
        let (message, ready) = message(n, clock, load.encoding);
        bridge.data.publish(&message);
        if is_book(n) {
            sent.insert(format!("bench-{n}"), ready);
        }
        commands.try_iter().for_each(|command| take(&mut bridge.responses, &sent, &mut took, command));
    });
    // The peer may have missed the first books: over is when no order has come for a while.
    let mut last_order = clock.now();
    while clock.now().since(last_order) < LAST_ORDERS {
        if let Ok(command) = commands.recv_timeout(A_MOMENT) {
            if matches!(command.0.kind, CommandKind::PlaceOrder { .. }) {
                last_order = command.1;
            }
            take(&mut bridge.responses, &sent, &mut took, command);
        }
    }
    let farewell = DataMessage::StateChange {
        timestamp: clock.now(),
        old_state: EngineState::Live,
        new_state: EngineState::Shutdown,
        reason: "the bench is over".to_owned(),
    };
    bridge.data.publish(&farewell);
    assert!(bridge.receiver.stop(), "the receiver ends in order");
    let mut row = figures("tick_to_order", took);
    row["books"] = json!(sent.len());
    row
}

/// Notes when an order came, and answers as the engine would.
fn take(
    responses: &mut Publisher<Response>,
    sent: &BTreeMap<String, UnixNanos>,
    took: &mut Vec<i64>,
    (command, arrived): (Command, UnixNanos),
) {
    let (command_id, timestamp) = (command.command_id, arrived);
    let response = match command.kind {
        CommandKind::PlaceOrder { order } => {
            took.extend(sent.get(&order.client_order_id).map(|at| arrived.since(*at)));
            let client_order_id = order.client_order_id;
            Response::OrderPlaced { command_id, client_order_id, exchange_order_id: None, timestamp }
        }
        CommandKind::QueryAccount {} => {
            let money = Balance { asset: "USDT".into(), free: 10_000.into(), locked: 0.into() };
            Response::Account { command_id, account_id: "bench".into(), balances: vec![money], timestamp }
        }
        CommandKind::QueryOpenOrders { .. } => Response::OpenOrders { command_id, orders: Vec::new() },
        _ => Response::Success { command_id, message: String::new(), timestamp },
    };
    responses.publish(&response);
}
