//! Files with injected faults, and their twins without: each fault is counted by its reason.

mod support;

use std::path::Path;

use common::wire::HealthMetrics;
use serde_json::json;
use support::{data_dir, frame, gz_lines, health, rejected, replay, snapshot};
use tape::Line;

const NAME: &str = "spot_trxusdt_04-03-2025.csv.gz";

/// Everything of a row but side, price and quantity; and the levels of both sides.
type Frame = (Vec<String>, [Vec<[String; 2]>; 2]);

/// One CSV row a level: consecutive rows that agree in all but side, price and quantity were one frame.
fn depth_frames(path: &Path) -> Vec<Line> {
    let mut frames: Vec<Frame> = Vec::new();
    for row in gz_lines(path).iter().skip(1) {
        let fields: Vec<String> = row.split(',').map(str::to_owned).collect();
        let [head @ .., is_ask, price, quantity] = fields.as_slice() else { panic!("{row}") };
        if frames.last().is_none_or(|(last, _)| last != head) {
            frames.push((head.to_vec(), [vec![], vec![]]));
        }
        let (_, sides) = frames.last_mut().expect("just pushed");
        sides[usize::from(is_ask == "1")].push([price.clone(), quantity.clone()]);
    }
    let number = |text: &str| text.parse::<i64>().expect("a number");
    frames
        .iter()
        .map(|(head, [bids, asks])| {
            let [recv, stream, event, time, symbol, first, last] = head.as_slice() else { panic!("{head:?}") };
            let data = json!({"e": event, "E": number(time), "s": symbol, "U": number(first), "u": number(last), "b": bids, "a": asks});
            frame(number(recv) * 1_000, &json!({"stream": stream, "data": data}).to_string())
        })
        .collect()
}

fn trade_frames(path: &Path) -> Vec<Line> {
    gz_lines(path)
        .iter()
        .skip(1)
        .map(|row| {
            let fields: Vec<&str> = row.split(',').collect();
            let [recv, stream, event, time, traded, symbol, id, price, quantity, maker, _] = fields.as_slice() else {
                panic!("{row}")
            };
            let number = |text: &str| text.parse::<i64>().expect("a number");
            let data = json!({"e": event, "E": number(time), "s": symbol, "t": number(id), "p": price, "q": quantity,
                              "T": number(traded), "m": *maker == "1", "M": true});
            frame(number(recv) * 1_000, &json!({"stream": stream, "data": data}).to_string())
        })
        .collect()
}

fn seen(lines: &[Line], start: Option<&str>) -> HealthMetrics {
    let mut replay = replay(&[("TRXUSDT", "0.00010000")]);
    if let Some(body) = start {
        replay.line(&snapshot(lines[0].recv_ts.0, "TRXUSDT", 1000, body));
    }
    for line in lines {
        replay.line(line);
    }
    health(&mut replay, "TRXUSDT")
}

/// A book to start from, just before the first update of the files.
const START: &str = r#"{"lastUpdateId":5434434561,"bids":[["0.2300","1"]],"asks":[["0.2400","1"]]}"#;

#[test]
fn each_fault_of_the_depth_file_is_counted() {
    let Some(dir) = data_dir("each_fault_of_the_depth_file_is_counted") else { return };
    let file = |kind: &str| dir.join(format!("damaged/test_{kind}_binance_difference_depth_stream_{NAME}"));
    let good = seen(&depth_frames(&file("positive")), Some(START));
    let bad = seen(&depth_frames(&file("negative")), Some(START));
    println!(
        "positive {:?} gaps {}; negative {:?} gaps {}",
        good.rejected, good.gap_count, bad.rejected, bad.gap_count
    );
    assert_eq!(rejected(&good), []);
    // A price of -1; an update split in two by a changed event time; an update whose first id is one too high.
    assert_eq!(rejected(&bad), [("duplicate", 1), ("non_positive_price", 1)]);
    assert_eq!(bad.gap_count, good.gap_count + 1);
}

#[test]
fn each_fault_of_the_trade_file_is_counted() {
    let Some(dir) = data_dir("each_fault_of_the_trade_file_is_counted") else { return };
    let file = |kind: &str| dir.join(format!("damaged/test_{kind}_binance_trade_stream_{NAME}"));
    let good = seen(&trade_frames(&file("positive")), None);
    let bad = seen(&trade_frames(&file("negative")), None);
    assert_eq!((rejected(&good), good.gap_count), (vec![], 0));
    // A trade id twice, which leaves the next one missing; a time of receipt 23 hours after the trade.
    assert_eq!((rejected(&bad), bad.gap_count), (vec![("duplicate", 1), ("wrong_time", 1)], 1));
}
