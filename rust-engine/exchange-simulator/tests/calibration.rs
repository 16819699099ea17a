//! The calm generator against 650 s of BTCUSDT as it was: rates, spread, depth profile and sizes, within stated bands.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod market_stats;

use exchange_simulator::convert::{Conversion, Part};
use exchange_simulator::generator::{Options, Scenario};
use market_stats::{Replay, SLICES, data_dir, mean, quantile};

/// Says by what factor two values may differ, and checks it.
fn within(what: &str, made_up: f64, real: f64, factor: f64) -> Option<String> {
    let ratio = made_up / real;
    let line = format!("{what:32} {made_up:12.5} {real:12.5} ratio {ratio:6.2} (allowed {factor})");
    println!("{line}");
    (!(1.0 / factor..=factor).contains(&ratio)).then_some(line)
}

#[test]
fn calm_is_as_calm_was() {
    let Some(data) = data_dir("calm_is_as_calm_was") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (real, made_up) = (folder.path().join("real.tape"), folder.path().join("made_up.tape"));
    let inputs = ["raw/btcusdt_20240808.gz", "raw/btcusdt_20240809.gz"].map(|name| data.join(name)).to_vec();
    Conversion { inputs, symbol: None, part: Part::default() }.convert(&real).unwrap();
    Options {
        scenario: Scenario::Calm,
        seed: 7,
        price: "61800".parse().unwrap(),
        history: 0.0,
        lead: 600.0,
        tail: 0.0,
        ..Options::default()
    }
    .generate(&made_up)
    .unwrap();
    let (real, made_up) = (Replay::of(&real), Replay::of(&made_up));

    let changes = |replay: &Replay| replay.moments.iter().map(|moment| moment.changes as f64).collect::<Vec<_>>();
    let quantities = |replay: &Replay| replay.prints.iter().map(|print| print.quantity.to_f64()).collect::<Vec<_>>();
    let turnover = |replay: &Replay| {
        let sum: f64 = replay.prints.iter().map(|print| print.quantity.to_f64() * print.price.to_f64()).sum();
        sum / replay.seconds()
    };
    let one_tick = |replay: &Replay| {
        let tight = replay.moments.iter().filter(|moment| moment.spread_bps() < 0.0025).count();
        tight as f64 / replay.moments.len() as f64
    };
    let moves = |replay: &Replay| {
        let moved = replay.moments.windows(2).filter(|pair| pair[0].mid() != pair[1].mid()).count();
        moved as f64 / replay.seconds()
    };
    let returns = |replay: &Replay| {
        let mids: Vec<f64> = replay.moments.iter().step_by(10).map(market_stats::Moment::mid).collect();
        mean(&mids.windows(2).map(|pair| (pair[1] / pair[0]).ln().powi(2)).collect::<Vec<_>>()).sqrt() * 1e4
    };
    let best = |replay: &Replay| {
        replay.moments.iter().flat_map(|m| [m.bid.quantity.to_f64(), m.ask.quantity.to_f64()]).collect::<Vec<_>>()
    };
    let near = |replay: &Replay| mean(&replay.moments.iter().map(|m| m.bids_quote + m.asks_quote).collect::<Vec<_>>());

    let mut faults = Vec::new();
    let mut check = |what: &str, of: &dyn Fn(&Replay) -> f64, factor: f64| {
        faults.extend(within(what, of(&made_up), of(&real), factor));
    };
    check("diffs a second", &|r| r.moments.len() as f64 / r.seconds(), 1.02);
    check("changed levels, median", &|r| quantile(&changes(r), 0.5), 1.4);
    check("changed levels, mean", &|r| mean(&changes(r)), 1.4);
    check("changed levels, 95 %", &|r| quantile(&changes(r), 0.95), 1.5);
    check("prints a second", &|r| r.prints.len() as f64 / r.seconds(), 1.5);
    check("taker orders a second", &|r| r.orders().len() as f64 / r.seconds(), 1.25);
    check("turnover a second", &turnover, 1.5);
    check("taker order, median", &|r| quantile(&r.orders(), 0.5), 1.6);
    check("taker order, 90 %", &|r| quantile(&r.orders(), 0.9), 1.6);
    check("taker order, 99 %", &|r| quantile(&r.orders(), 0.99), 1.6);
    check("print, median", &|r| quantile(&quantities(r), 0.5), 2.5);
    check("print, 90 %", &|r| quantile(&quantities(r), 0.9), 2.0);
    check("print, 99 %", &|r| quantile(&quantities(r), 0.99), 2.5);
    check("share of diffs with a tick of spread", &one_tick, 1.01);
    check("moves of mid a second", &moves, 1.3);
    check("1-s returns, bps", &returns, 1.6);
    check("best level, median", &|r| quantile(&best(r), 0.5), 1.4);
    check("quote within 25 bps, mean", &near, 1.4);
    check("resting level, 90 %", &|r| quantile(&r.resting, 0.9), 2.0);
    check("resting level, 99 %", &|r| quantile(&r.resting, 0.99), 2.0);
    for (nth, end) in SLICES.iter().enumerate() {
        check(&format!("levels to {end} bps"), &|r| r.slices[nth].0 / r.samples as f64, 1.4);
        check(&format!("base units to {end} bps"), &|r| r.slices[nth].1 / r.samples as f64, 2.2);
    }
    assert!(faults.is_empty(), "out of its band (made up, real):\n{}", faults.join("\n"));
}
