//! Hot path: what a replay perceives of each event, without anybody who decides.
//!
//! A made-up market as busy as a day of a large pair: 55 prints a second, of which three in five change the price, and
//! ten books a second in which ten price levels changed each; an event is a print or a changed level. Every ten minutes
//! the price falls by 5 % in two seconds with fifty times as many prints, and comes back. Budget: 25 ns an event.
//!
//! Prints one JSON object with medians over rounds, in nanoseconds.

#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

#[path = "../tests/support/settings.rs"]
mod settings;

use std::hint::black_box;
use std::time::Instant;

use indicators::{Book, Perception, Print, Side, Trust, Watch};
use settings::settings;

const SECOND: i64 = 1_000_000_000;
const START_NS: i64 = 1_760_131_600 * SECOND;
const SECONDS: i64 = 1_800;
const FALL_EVERY: i64 = 600;
const CHANGED_LEVELS: i64 = 10;
const ROUNDS: usize = 15;
const TICK: f64 = 0.0001;

enum Event {
    Print(Print),
    Book { mid: f64, spread: f64, quantity: [f64; 2], ts_ns: i64 },
}

/// The same numbers at each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn market() -> Vec<Event> {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut events = Vec::new();
    let (mut steps, mut trade_id) = (3200_i64, 1);
    for second in 0..SECONDS {
        let of_fall = second % FALL_EVERY - 400;
        let (prints, drift) = match of_fall {
            0 | 1 => (2750, -80),
            2..22 => (400, 8),
            _ => (55, 0),
        };
        for tenth in 0..10 {
            let from_ns = START_NS + second * SECOND + tenth * SECOND / 10;
            for print in 0..prints / 10 {
                if dice.roll(5) < 3 {
                    steps += dice.roll(3) as i64 - 1;
                }
                trade_id += 1;
                let ts_ns = from_ns + print * SECOND / 10 / (prints / 10);
                events.push(Event::Print(Print {
                    exchange_ts_ns: ts_ns,
                    recv_ts_ns: ts_ns + 3_000_000,
                    trade_id,
                    price: steps as f64 * TICK,
                    quantity: (1 + dice.roll(5_000)) as f64 / 10.0,
                    side: if dice.roll(100) as i64 >= 50 - drift / 2 { Side::Buy } else { Side::Sell },
                }));
            }
            steps += drift / 10;
            events.push(Event::Book {
                mid: steps as f64 * TICK,
                spread: TICK * (1 + dice.roll(3)) as f64,
                quantity: [1e6 + dice.roll(100_000) as f64, 1e6 + dice.roll(100_000) as f64],
                ts_ns: from_ns + SECOND / 10 - 1,
            });
        }
    }
    events
}

/// Feeds the whole market; returns how many events were not quiet.
fn perceive(events: &[Event]) -> usize {
    let mut perception = Perception::new(settings(), TICK, 0.1);
    perception.watch(Watch::asleep());
    let mut woken = 0;
    for event in events {
        let flags = match event {
            Event::Print(print) => perception.print(print),
            Event::Book { mid, spread, quantity: [bids, asks], ts_ns } => perception.book(&Book {
                bid_prices: &[mid - spread],
                bid_quantities: &[1.0],
                ask_prices: &[mid + spread],
                ask_quantities: &[1.0],
                bid_band_quantity: *bids,
                bid_band_notional: bids * mid,
                ask_band_quantity: *asks,
                ask_band_notional: asks * mid,
                changed_levels: CHANGED_LEVELS,
                trust: Trust::Trusted,
                last_update_id: 1,
                exchange_ts_ns: *ts_ns,
                recv_ts_ns: ts_ns + 3_000_000,
            }),
        };
        if !flags.expect("a clean market").is_quiet() {
            woken += 1;
            perception.watch(Watch::asleep());
            black_box(perception.closed_now());
        }
    }
    woken
}

/// Median nanoseconds per unit.
fn measure(events: &[Event], units: usize) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(perceive(black_box(events)));
            start.elapsed().as_nanos() as f64 / units as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

fn main() {
    let events = market();
    let books = events.iter().filter(|event| matches!(event, Event::Book { .. })).count();
    let prints = events.len() - books;
    let counted = prints + books * CHANGED_LEVELS as usize;
    let woken = perceive(&events);
    let prints_alone: Vec<Event> = market().into_iter().filter(|event| matches!(event, Event::Print(_))).collect();
    println!(
        "{{\"events\": {counted}, \"prints\": {prints}, \"books\": {books}, \"woken\": {woken}, \
         \"event_ns\": {:.2}, \"message_ns\": {:.2}, \"print_ns\": {:.2}}}",
        measure(&events, counted),
        measure(&events, events.len()),
        measure(&prints_alone, prints),
    );
}
