//! Hot paths between a venue's frame and an order, each beside its yardstick of the same run; one line of JSON on stdout.
//!
//! - `frame-out`: a frame in hand until its message is ZeroMQ's, against the one-way time of a ZeroMQ message. Budget: as
//!   long at most.
//! - `tick-to-order`: a book handed to the bridge until the order of another process that answers it is back, against an
//!   echo between two bare Rust threads. Budget: twice as long with packed books, three times with decimal ones. The
//!   other process connects to the addresses printed, sends a heartbeat, and names its orders `bench-<last_update_id>`.
//!
//! Four prints to one book of 20 levels a side. Options: `--rate N` messages a second (default 1000), `--seconds N`
//! (default 5), `--encoding decimal|packed`.

mod echo;
mod frame_out;
mod load;
mod sockets;
mod tick_to_order;

use clock::WallClock;
use serde_json::{Value, json};

use crate::load::Load;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let (clock, load) = (WallClock::start(), Load::from_words(&words));
    let rows: Vec<Value> = match words.first().map(String::as_str) {
        Some("frame-out") => frame_out::measure(&load, clock),
        Some("tick-to-order") => vec![echo::measure(&load), tick_to_order::measure(&load, clock)],
        // `cargo bench` without words, and `cargo test --benches`: nothing is asked for.
        _ => return println!("name what to measure: frame-out or tick-to-order"),
    };
    println!("{}", json!({ "rate": load.rate, "encoding": load.encoding, "rows": rows }));
}
