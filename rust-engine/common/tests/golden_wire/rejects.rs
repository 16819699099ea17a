//! Bytes that are one step away from a message, and must not be read as one.

use common::time::UnixNanos;
use common::wire::{DataMessage, Header, encode};
use serde_json::{Value, json};

use crate::files::{Reject, hex};
use crate::{commands, data, responses};

fn reading<T: serde::Serialize>(samples: Vec<(&'static str, T)>, name: &str) -> Value {
    let found = samples.into_iter().find(|(of, _)| *of == name);
    let (_, sample) = found.unwrap_or_else(|| panic!("no sample {name}"));
    serde_json::to_value(sample).expect("every wire type is JSON too")
}

/// The sample `of` with `change` applied to its reading.
fn changed(
    channel: &'static str,
    of: &str,
    name: &'static str,
    reason: &'static str,
    change: impl FnOnce(&mut Value),
) -> Reject {
    let mut value = match channel {
        "data" => reading(data::samples(), of),
        "command" => reading(commands::samples(), of),
        _ => reading(responses::samples(), of),
    };
    change(&mut value);
    Reject { name, channel, hex: hex(&encode(&value)), reason }
}

fn raw(channel: &'static str, name: &'static str, reason: &'static str, bytes: &[u8]) -> Reject {
    Reject { name, channel, hex: hex(bytes), reason }
}

fn remove(value: &mut Value, field: &str) {
    let removed = value.as_object_mut().expect("a message is a map").remove(field);
    assert!(removed.is_some(), "the sample has no {field}");
}

/// The packed sample with its bids cut or replaced.
fn packed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let samples = data::samples();
    let found = samples.into_iter().find(|(name, _)| *name == "order_book_snapshot_packed");
    let Some((_, DataMessage::OrderBookSnapshot(mut book))) = found else { panic!("no packed sample") };
    if let common::wire::Levels::Packed(bytes) = &mut book.bids {
        change(bytes);
    }
    encode(&DataMessage::OrderBookSnapshot(book))
}

pub(crate) fn all() -> Vec<Reject> {
    let mut all = of_data();
    all.extend(of_commands_and_responses());
    all.extend(of_bytes());
    all
}

fn of_data() -> Vec<Reject> {
    let trade = |name, reason, field: &'static str, value: Value| {
        changed("data", "trade", name, reason, |trade| trade[field] = value)
    };
    vec![
        trade("unknown_type", "no message of this name", "type", json!("candle")),
        trade("unknown_field", "a field that no version knows", "surprise", json!(1)),
        changed("data", "trade", "missing_field", "a trade without a price", |trade| remove(trade, "price")),
        changed("data", "trade", "missing_type", "a map without a type", |trade| remove(trade, "type")),
        trade("price_with_exponent", "decimals carry no exponent", "price", json!("1E-8")),
        trade("price_not_a_number", "NaN is no price", "price", json!("NaN")),
        trade("price_infinite", "infinity is no price", "price", json!("Infinity")),
        trade("price_negative", "prices are not negative", "price", json!("-1")),
        trade("price_empty", "no digits", "price", json!("")),
        trade("price_as_float", "decimals are text", "price", json!(61837.64)),
        trade("price_nil", "a trade has a price", "price", Value::Null),
        trade("quantity_with_blank", "decimals carry no blanks", "quantity", json!(" 1")),
        trade("side_unknown", "sides are buy and sell", "side", json!("short")),
        trade("trade_id_negative", "ids are not negative", "trade_id", json!(-1)),
        trade("trade_id_bool", "true is no id", "trade_id", json!(true)),
        trade("timestamp_float", "times are integers", "timestamp", json!(1.5)),
        trade("timestamp_text", "times are integers", "timestamp", json!("1760131685936042113")),
        trade("timestamp_too_large", "times fit in 63 bits", "timestamp", json!(9_223_372_036_854_775_808_u64)),
        trade("symbol_number", "symbols are text", "symbol", json!(7)),
        changed("data", "order_book_snapshot", "level_with_three_numbers", "a level is a pair", |book| {
            book["bids"] = json!([["1", "2", "3"]]);
        }),
        changed("data", "order_book_snapshot", "level_with_one_number", "a level is a pair", |book| {
            book["bids"] = json!([["1"]]);
        }),
        changed("data", "order_book_snapshot", "trust_unknown", "trust is a closed set", |book| {
            book["trust"] = json!("blind");
        }),
        changed("data", "health_metrics", "rejected_not_a_map", "counts stand by reason", |health| {
            health["rejected"] = json!([3]);
        }),
        changed("data", "instrument", "unknown_field_in_rules", "a rule that no version knows", |instrument| {
            instrument["rules"]["surprise"] = json!(1);
        }),
        changed("data", "bars", "unknown_field_in_bar", "a field that no version knows", |bars| {
            bars["bars"][0]["surprise"] = json!(1);
        }),
        raw("data", "packed_cut", "bytes that are no whole pairs", &packed(|bytes| bytes.truncate(17))),
        raw("data", "packed_nan", "NaN is no price", &packed(|b| b[..8].copy_from_slice(&f64::NAN.to_le_bytes()))),
        raw(
            "data",
            "packed_infinite",
            "infinity is no quantity",
            &packed(|bytes| {
                bytes[8..16].copy_from_slice(&f64::INFINITY.to_le_bytes());
            }),
        ),
        raw(
            "data",
            "packed_negative",
            "prices are not negative",
            &packed(|bytes| {
                bytes[..8].copy_from_slice(&(-1.0_f64).to_le_bytes());
            }),
        ),
    ]
}

fn of_commands_and_responses() -> Vec<Reject> {
    vec![
        changed("command", "heartbeat", "command_unknown_field", "a field that no version knows", |command| {
            command["surprise"] = json!(1);
        }),
        changed("command", "heartbeat", "command_without_id", "an answer needs an id", |command| {
            remove(command, "command_id");
        }),
        changed("command", "heartbeat", "command_without_expiry", "a command ends some time", |command| {
            remove(command, "expires_at");
        }),
        changed("command", "place_order", "order_unknown_field", "a field that no version knows", |command| {
            command["order"]["surprise"] = json!(1);
        }),
        changed("command", "place_order", "order_type_unknown", "order types are a closed set", |command| {
            command["order"]["order_type"] = json!("wish");
        }),
        changed("command", "place_order", "order_quantity_negative", "quantities are not negative", |command| {
            command["order"]["quantity"] = json!("-0.5");
        }),
        changed("command", "place_order", "order_quantity_too_precise", "at most 8 decimals", |command| {
            command["order"]["quantity"] = json!("0.000000001");
        }),
        changed("command", "cancel_order", "cancel_without_symbol", "a cancel names its market", |command| {
            remove(command, "symbol");
        }),
        changed("command", "query_fills", "fills_without_symbol", "fills are asked for by market", |command| {
            remove(command, "symbol");
        }),
        changed("command", "query_fills_after", "fills_after_negative", "ids are not negative", |command| {
            command["after_trade_id"] = json!(-1);
        }),
        changed("command", "query_account", "account_of_somebody", "there is one account", |command| {
            command["account_id"] = json!("another");
        }),
        changed("response", "fills", "fill_unknown_field", "a field that no version knows", |response| {
            response["fills"][0]["surprise"] = json!(1);
        }),
        changed("response", "fills", "fill_without_fee", "every fill has its fee", |response| {
            remove(&mut response["fills"][0], "fee");
        }),
        changed("response", "fills", "fills_more_nil", "others follow, or not", |response| {
            response["more"] = Value::Null;
        }),
        changed("response", "account", "balance_unknown_field", "a field that no version knows", |response| {
            response["balances"][0]["surprise"] = json!(1);
        }),
        changed("response", "account", "balance_with_exponent", "decimals carry no exponent", |response| {
            response["balances"][0]["free"] = json!("6.01E-6");
        }),
        changed("response", "success", "response_unknown_field", "a field that no version knows", |response| {
            response["surprise"] = json!(1);
        }),
        changed("response", "order_execution", "execution_status_unknown", "status is a closed set", |response| {
            response["status"] = json!("lost");
        }),
        changed("response", "order_execution", "execution_fee_not_plain", "decimals carry no exponent", |response| {
            response["fee"] = json!("2e-1");
        }),
        changed("response", "error", "error_type_unknown", "error types are a closed set", |response| {
            response["error_type"] = json!("mood");
        }),
    ]
}

fn of_bytes() -> Vec<Reject> {
    let heartbeat = commands::samples().into_iter().find(|(name, _)| *name == "heartbeat").map(|(_, c)| encode(&c));
    let heartbeat = heartbeat.expect("a heartbeat sample");
    let mut longer = heartbeat.clone();
    longer.push(0xc0);
    let header = Header { sequence: 1, sent_at: UnixNanos(1) }.to_bytes();
    let mut next_version = header;
    next_version[1] = 2;
    vec![
        raw("command", "empty", "no bytes", &[]),
        raw("command", "truncated", "the map ends too early", &heartbeat[..heartbeat.len() - 3]),
        raw("command", "bytes_after_the_message", "one message, and nothing behind it", &longer),
        raw("command", "not_a_map", "messages are maps", &encode(&json!(["heartbeat"]))),
        raw("command", "never_used_byte", "0xc1 is not MessagePack", &[0xc1]),
        raw("command", "text_not_utf8", "text is UTF-8", &[0x81, 0xa4, b't', b'y', b'p', b'e', 0xa1, 0xff]),
        raw("header", "header_short", "a header has 18 bytes", &header[..17]),
        raw("header", "header_long", "a header has 18 bytes", &[&header[..], &[0]].concat()),
        raw("header", "header_other_version", "both sides speak version 1", &next_version),
    ]
}
