//! Made-up tapes: sound as a venue's data must be, the same for the same seed, and worth trading where they should be.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod market_stats;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use common::market::{Side, TradePrint};
use exchange_simulator::generator::{Options, Scenario, ensure_default_tape};
use market_stats::{Bar, Moment, Replay};
use tape::Tape;

fn generated(folder: &Path, name: &str, options: &Options) -> PathBuf {
    let path = folder.join(name);
    options.generate(&path).unwrap();
    path
}

fn live_from(path: &Path) -> i64 {
    Tape::open(path).unwrap().header().live_from_ns.unwrap().0
}

#[test]
fn the_seed_decides_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str, seed| {
        let options = Options { seed, history: 5.0, lead: 2.0, tail: 2.0, book_ticker: true, ..Options::default() };
        std::fs::read(generated(folder.path(), name, &options)).unwrap()
    };
    assert!(bytes("a", 1) == bytes("b", 1));
    assert!(bytes("a", 1) != bytes("c", 2));
}

#[test]
fn the_demo_tape_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder/demo.tape");
    assert!(ensure_default_tape(&path).unwrap());
    assert!(!ensure_default_tape(&path).unwrap());
    std::fs::write(&path, b"damaged").unwrap();
    assert!(ensure_default_tape(&path).unwrap(), "what is no tape is replaced");
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing half-written is left");
}

/// Whatever the story: ids without a hole, books never crossed, times in order, and prints only where something rested.
#[test]
fn every_scenario_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    for scenario in Scenario::value_variants() {
        let options =
            Options { scenario: *scenario, seed: 3, history: 10.0, lead: 5.0, tail: 5.0, ..Options::default() };
        let path = generated(folder.path(), &scenario.to_string(), &options);
        let recv: Vec<_> = Tape::open(&path).unwrap().into_lines().map(|line| line.unwrap().recv_ts).collect();
        assert!(recv.is_sorted(), "{scenario}: lines out of order of receipt");
        let replay = Replay::of(&path);
        assert_eq!((replay.gaps, replay.crossed), (0, 0), "{scenario}");
        assert!(replay.prints.windows(2).all(|pair| pair[1].trade_id == pair[0].trade_id + 1), "{scenario}");
        assert!(replay.prints.windows(2).all(|pair| pair[1].exchange_ts >= pair[0].exchange_ts), "{scenario}");
        assert!(replay.prints.iter().all(|print| !print.quantity.is_zero()), "{scenario}");
        let strays = strays(&replay);
        assert_eq!(strays, 0, "{scenario}: prints far outside of the books before and after them");
    }
}

/// Prints that lie beyond the touches of the diffs around them by more than a sweep could explain.
fn strays(replay: &Replay) -> usize {
    let mut nth = 0;
    let beyond = |print: &&TradePrint| {
        while nth + 1 < replay.moments.len() && replay.moments[nth].at < print.exchange_ts {
            nth += 1;
        }
        let around = &replay.moments[nth.saturating_sub(1)..=nth];
        let lowest = around.iter().map(|moment| moment.bid.price.to_f64()).fold(f64::MAX, f64::min);
        let highest = around.iter().map(|moment| moment.ask.price.to_f64()).fold(0.0, f64::max);
        let price = print.price.to_f64();
        price < lowest * 0.99 || price > highest * 1.01
    };
    replay.prints.iter().filter(beyond).count()
}

#[test]
fn calm_and_spike_never_fall_like_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    for scenario in [Scenario::Calm, Scenario::UpSpike] {
        for seed in 1..4 {
            let options = Options { scenario, seed, history: 70.0, lead: 10.0, tail: 20.0, ..Options::default() };
            let path = generated(folder.path(), "tape", &options);
            let prices: Vec<f64> = Replay::of(&path).prints.iter().map(|print| print.price.to_f64()).collect();
            let lowest = prices.iter().copied().fold(f64::MAX, f64::min);
            assert!(lowest > prices[0] * 0.988, "{scenario} with seed {seed} fell to {lowest}");
        }
    }
}

#[test]
fn a_stall_is_silent_and_then_a_burst() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = Scenario::StallAndBurst;
    let options = Options { scenario, history: 10.0, lead: 5.0, tail: 5.0, ..Options::default() };
    let path = generated(folder.path(), "tape", &options);
    let mut recv: Vec<_> = Tape::open(&path).unwrap().into_lines().map(|line| line.unwrap().recv_ts.0).collect();
    recv.dedup();
    let longest = recv.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!((7_500_000_000..9_000_000_000).contains(&longest), "{longest}");
    let after = recv.windows(2).position(|pair| pair[1] - pair[0] == longest).unwrap();
    assert!(recv[after + 1..].partition_point(|&at| at < recv[after + 1] + 500_000_000) > 1_000, "a burst follows");
}

/// The demo: falls as told, spreads and empties its bids, and comes back through bars in which the strategy's limit buys are
/// filled and sold again at their target.
#[test]
fn the_demo_can_be_traded() {
    let folder = tempfile::tempdir().unwrap();
    for seed in [1, 2, 3] {
        let path = generated(folder.path(), "tape", &Options { seed, ..Options::default() });
        let live = live_from(&path);
        let replay = Replay::of(&path);
        let live_seconds = replay.seconds() - 330.0;
        assert!((140.0..180.0).contains(&live_seconds), "live for {live_seconds} s");

        let before: Vec<&Moment> = replay.moments.iter().filter(|moment| moment.at.0 < live + 50_000_000_000).collect();
        let after: Vec<&Moment> = replay.moments.iter().filter(|moment| moment.at.0 >= live + 50_000_000_000).collect();
        let low = after.iter().map(|moment| moment.mid()).fold(f64::MAX, f64::min);
        let fall = 1.0 - low / before.last().unwrap().mid();
        assert!((0.05..0.12).contains(&fall), "mid fell by {fall}");
        let crash: Vec<&&Moment> = after.iter().filter(|moment| moment.at.0 < live + 62_000_000_000).collect();
        let share = |of: &dyn Fn(&Moment) -> bool| crash.iter().filter(|m| of(m)).count() as f64 / crash.len() as f64;
        assert!(share(&|m| m.spread_bps() >= 5.0) > 0.8, "spread is wide through the fall");
        assert!(share(&|m| m.imbalance() < -0.6) > 0.5, "bids are gone through the fall");
        let rebound =
            after.iter().filter(|moment| (live + 66_000_000_000..live + 100_000_000_000).contains(&moment.at.0));
        let poor = rebound.clone().filter(|m| m.bids_quote + m.asks_quote < 100_000.0).count();
        assert!(poor * 10 < rebound.count(), "the rebound is deep enough to trade in");

        let round_trips = round_trips(&replay, live / 1_000_000_000 + 50);
        assert!(round_trips >= 3, "seed {seed}: only {round_trips} bars can be bought and sold");
    }
}

/// Bars from `since` on that satisfy the entry's rules on range, volume and distance from the low, whose price at a fifth of
/// their range trades again within two seconds, and at four fifths within twenty more, with no fall of 2.5 % between.
fn round_trips(replay: &Replay, since: i64) -> usize {
    let bars = replay.bars();
    let volume = |second: i64| bars.get(&second).map_or(0.0, |bar| bar.volume);
    let tradable = |candidate: &(&i64, &Bar)| {
        let (second, bar) = (*candidate.0, candidate.1);
        let usual = (second - 60..second).map(volume).sum::<f64>() / 60.0;
        let lows = bars.range(second - 60..=second);
        let low = lows.clone().map(|(_, bar)| bar.low).fold(f64::MAX, f64::min);
        let last_low = lows.filter(|(_, bar)| bar.low <= low).map(|(second, _)| *second).max().unwrap_or(second);
        second >= since
            && bar.close > bar.open
            && bar.range() >= 0.005
            && bar.volume > 2.0 * usual
            && second - last_low >= 5
    };
    bars.iter().filter(tradable).filter(|(second, bar)| trades_back_and_up(replay, **second + 1, bar)).count()
}

fn trades_back_and_up(replay: &Replay, closed: i64, bar: &Bar) -> bool {
    let (entry, target) = (bar.low + 0.2 * (bar.high - bar.low), bar.low + 0.8 * (bar.high - bar.low));
    let nanos = |seconds: f64| closed * 1_000_000_000 + (seconds * 1e9) as i64;
    let after = |from: i64| {
        let start = replay.prints.partition_point(|print| print.exchange_ts.0 < from);
        replay.prints[start..].iter()
    };
    // An order takes some 60 ms from the bar's close to the book.
    let filled = after(nanos(0.06))
        .take_while(|print| print.exchange_ts.0 < nanos(2.0))
        .find(|print| print.side == Side::Sell && print.price.to_f64() < entry);
    let Some(filled) = filled else { return false };
    after(filled.exchange_ts.0)
        .take_while(|print| print.exchange_ts.since(filled.exchange_ts) < 20_000_000_000)
        .find(|print| print.price.to_f64() > target || print.price.to_f64() < entry * 0.975)
        .is_some_and(|print| print.price.to_f64() > target)
}

#[test]
fn a_thin_book_is_too_thin() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { scenario: Scenario::ThinBook, history: 5.0, lead: 5.0, tail: 5.0, ..Options::default() };
    let replay = Replay::of(&generated(folder.path(), "tape", &options));
    assert!(replay.moments.iter().all(|moment| moment.bids_quote + moment.asks_quote < 100_000.0));
}

/// Two sweeps where the story is told twice; and fewer changed levels leave the prints about as many.
#[test]
fn a_story_told_twice_and_a_book_that_changes_less() {
    let folder = tempfile::tempdir().unwrap();
    let once = Options { scenario: Scenario::VRebound, history: 5.0, lead: 5.0, tail: 5.0, ..Options::default() };
    let twice = Options { times: 2, changes: 0.2, ..once.clone() };
    let (once, twice) = (generated(folder.path(), "once", &once), generated(folder.path(), "twice", &twice));
    let size = |path| std::fs::metadata(path).unwrap().len() as f64;
    assert!(size(&twice) < 1.6 * size(&once), "twice as long, but most of its lines are shorter");
    let replay = Replay::of(&twice);
    assert_eq!((replay.gaps, replay.crossed), (0, 0));
    let (first, last) = (&replay.prints[0], &replay.prints[replay.prints.len() - 1]);
    let middle = first.exchange_ts.0 / 2 + last.exchange_ts.0 / 2;
    let fall = |prints: Vec<f64>| prints.iter().copied().fold(f64::MAX, f64::min) / prints[0];
    let (before, after): (Vec<_>, Vec<_>) = replay.prints.iter().partition(|print| print.exchange_ts.0 < middle);
    for half in [before, after] {
        assert!(fall(half.iter().map(|print| print.price.to_f64()).collect()) < 0.95);
    }
}

#[test]
fn other_markets_and_bad_options() {
    let folder = tempfile::tempdir().unwrap();
    let market = Options {
        symbol: "TRXUSDT".to_owned(),
        price: "0.32".parse().unwrap(),
        tick: "0.0001".parse().unwrap(),
        step: "0.1".parse().unwrap(),
        size: 0.06,
        history: 5.0,
        lead: 5.0,
        tail: 5.0,
        ..Options::default()
    };
    let replay = Replay::of(&generated(folder.path(), "trx", &market));
    assert_eq!((replay.gaps, replay.crossed), (0, 0));
    let error = |options: &Options| options.generate(&folder.path().join("bad")).unwrap_err().to_string();
    assert!(error(&Options { rate: 0.0, ..market.clone() }).contains("rate"));
    assert!(error(&Options { times: 0, ..market.clone() }).contains("times"));
    assert!(error(&Options { changes: 0.0, ..market.clone() }).contains("changes"));
    assert!(error(&Options { symbol: "trx".to_owned(), ..market.clone() }).contains("trx"));
    assert!(error(&Options { price: "0.001".parse().unwrap(), ..market }).contains("price / tick"));
    assert!(!folder.path().join("bad").exists());
}
