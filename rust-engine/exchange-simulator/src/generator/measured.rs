//! What real markets looked like when they were measured; the only numbers that the made-up ones are drawn from.
//!
//! Sources:
//! - **B**: 650 s of raw Binance spot frames of BTCUSDT across midnight of 2024-08-09 UTC (`raw/btcusdt_*`, at about
//!   61,800 USDT): 6,495 depth diffs, 19,904 trades.
//! - **T**: every Binance spot trade of TRXUSDT on 2025-10-10 (`crash/*TRXUSDT*`).
//! - **P**: the same of POLUSDT.
//! - **D**: TRXUSDT depth diffs and trades of 2025-03-04 (`damaged/test_positive_*`).

use super::dice::Quantiles;

/// B: the price at which the quantities below were measured; quantities scale with its ratio to another price.
pub(crate) const PRICE: f64 = 61_800.0;
/// B: what takers traded, in quote units per second.
pub(crate) const TURNOVER_PER_SECOND: f64 = 41_600.0;

/// B: the depth stream's grid; gaps were 99 to 101 ms in 98 of 100 cases.
pub(crate) const FRAME_MICROS: i64 = 100_000;
/// B: median of the changed levels in one diff (mean 46, 95 % 173, 99 % 383).
pub(crate) const CHANGES_MEDIAN: f64 = 22.0;
/// B: standard deviation of the logarithm of changed levels in one diff (1.05), and a little for its heavy tail.
pub(crate) const CHANGES_LOG_SD: f64 = 1.15;
/// B: that logarithm is correlated over time, 0.71 after one frame, 0.31 after five, 0.25 after ten, 0.10 after a hundred:
/// (share of variance, correlation from frame to frame) of two parts; the rest is noise.
pub(crate) const ACTIVITY_PARTS: [(f64, f64); 2] = [(0.65, 0.65), (0.25, 0.99)];

/// B: taker orders per second (10.97), before clustering: half of all gaps are under 23 ms, their spread is 1.74 times
/// their mean. One order in two is followed by another within about 10 ms.
pub(crate) const TAKERS_PER_SECOND: f64 = 5.2;
/// B: see above; how many orders one order brings about.
pub(crate) const TAKER_BRANCHING: f64 = 0.5;
/// B: see above; how long after it they come, in microseconds on average.
pub(crate) const TAKER_ECHO_MICROS: f64 = 10_000.0;
/// B: sides of taker orders agree with a hidden direction this often beyond chance (correlation 0.41 from order to order) ...
pub(crate) const SIDE_LOYALTY: f64 = 0.66;
/// B: ... which turns with this chance at each order (correlation still 0.16 after ten).
pub(crate) const SIDE_TURN: f64 = 0.04;

/// B: changes of mid per second, seen on the 100 ms grid; 88.5 % of diffs leave it where it was.
pub(crate) const MOVES_PER_SECOND: f64 = 1.15;
/// B: how far, in basis points.
pub(crate) const MOVE_BPS: Quantiles = Quantiles(&[
    (0.0, 0.0016),
    (0.05, 0.0016),
    (0.10, 0.0051),
    (0.25, 0.21),
    (0.50, 0.45),
    (0.75, 0.77),
    (0.90, 1.22),
    (0.95, 1.69),
    (0.99, 3.4),
    (1.0, 7.6),
]);
/// B: share of diffs with a spread of more than a tick (0.7 %), as chance at a move and length of it in microseconds.
pub(crate) const WIDE_CHANCE: f64 = 0.3;
/// B: see above.
pub(crate) const WIDE_MICROS: f64 = 20_000.0;
/// B: how wide it then is, in basis points.
pub(crate) const WIDE_BPS: Quantiles = Quantiles(&[(0.0, 0.005), (0.5, 0.12), (0.9, 0.5), (1.0, 3.7)]);

/// B: base units of one taker order (mean 0.061).
pub(crate) const TAKER_QUANTITY: Quantiles = Quantiles(&[
    (0.0, 0.00009),
    (0.05, 0.00009),
    (0.10, 0.00017),
    (0.25, 0.00032),
    (0.50, 0.00316),
    (0.75, 0.020),
    (0.90, 0.101),
    (0.95, 0.254),
    (0.99, 1.04),
    (0.999, 4.33),
    (1.0, 13.7),
]);
/// B: base units of one print (mean 0.022): the resting orders that a taker order meets.
pub(crate) const PRINT_QUANTITY: Quantiles = Quantiles(&[
    (0.0, 0.00002),
    (0.01, 0.00009),
    (0.10, 0.00009),
    (0.25, 0.00012),
    (0.50, 0.00075),
    (0.75, 0.0145),
    (0.90, 0.058),
    (0.95, 0.10),
    (0.99, 0.32),
    (0.999, 0.72),
    (1.0, 6.9),
]);
/// B: chance that one resting order takes all that is left of a taker order at its level (mean 2.8 prints an order).
pub(crate) const LAST_PRINT: f64 = 0.35;
/// T: prints of one taker order, at most (21:28:05.935999; B: 735).
pub(crate) const MOST_PRINTS: usize = 1_125;

/// B: base units at the best level (mean 2.26).
pub(crate) const BEST_QUANTITY: Quantiles = Quantiles(&[
    (0.0, 0.0003),
    (0.01, 0.0094),
    (0.05, 0.0715),
    (0.1, 0.147),
    (0.25, 0.5455),
    (0.5, 1.9926),
    (0.75, 3.5685),
    (0.9, 4.7091),
    (0.95, 5.5193),
    (0.99, 7.0426),
    (0.999, 10.25),
    (1.0, 11.56),
]);
/// B: share of changed levels that are the best level itself.
pub(crate) const BEST_SHARE: f64 = 0.05;
/// B: levels below this many base units are dust: 60 % of the book, a quarter of what is placed and removed.
pub(crate) const DUST: f64 = 0.01;

/// One slice of the book's depth on one side.
pub(crate) struct DepthBin {
    /// Farther end, in basis points from the best level; the nearer one is that of the bin before.
    pub(crate) to_bps: f64,
    /// Levels in it.
    pub(crate) levels: f64,
    /// Share of all changed levels that fall into it, both sides together.
    pub(crate) change_share: f64,
    /// Base units of a level that rests in it.
    pub(crate) resting: &'static Quantiles,
    /// Base units of a level that is placed in it.
    pub(crate) placed: &'static Quantiles,
}

const RESTING_TO_1: Quantiles = Quantiles(&[
    (0.0, 0.00009),
    (0.01, 0.00009),
    (0.05, 0.00009),
    (0.1, 0.00017),
    (0.25, 0.00494),
    (0.5, 0.06489),
    (0.75, 0.19419),
    (0.9, 0.33311),
    (0.95, 0.45),
    (0.99, 0.75),
    (0.999, 1.1),
    (1.0, 2.0),
]);
const RESTING_TO_5: Quantiles = Quantiles(&[
    (0.0, 0.00009),
    (0.01, 0.00009),
    (0.05, 0.00013),
    (0.1, 0.00017),
    (0.25, 0.00059),
    (0.5, 0.04882),
    (0.75, 0.24278),
    (0.9, 0.65099),
    (0.95, 0.74178),
    (0.99, 1.14566),
    (0.999, 2.36635),
    (1.0, 10.2),
]);
const RESTING_TO_25: Quantiles = Quantiles(&[
    (0.0, 0.00009),
    (0.01, 0.00009),
    (0.05, 0.0001),
    (0.1, 0.00013),
    (0.25, 0.0004),
    (0.5, 0.00906),
    (0.75, 0.05398),
    (0.9, 0.4919),
    (0.95, 0.81972),
    (0.99, 1.5),
    (0.999, 3.12),
    (1.0, 9.43),
]);
const RESTING_TO_50: Quantiles = Quantiles(&[
    (0.0, 0.00009),
    (0.01, 0.00009),
    (0.05, 0.00009),
    (0.1, 0.00009),
    (0.25, 0.00012),
    (0.5, 0.00029),
    (0.75, 0.00243),
    (0.9, 0.03309),
    (0.95, 0.25726),
    (0.99, 1.17845),
    (0.999, 5.33584),
    (1.0, 9.22047),
]);
const RESTING_TO_100: Quantiles = Quantiles(&[
    (0.0, 0.00009),
    (0.01, 0.00009),
    (0.05, 0.00009),
    (0.1, 0.00009),
    (0.25, 0.00012),
    (0.5, 0.00026),
    (0.75, 0.00112),
    (0.9, 0.00837),
    (0.95, 0.045),
    (0.99, 3.62834),
    (0.999, 20.52424),
    (1.0, 51.72539),
]);
const RESTING_FAR: Quantiles = Quantiles(&[
    (0.0, 0.00008),
    (0.01, 0.00009),
    (0.05, 0.00009),
    (0.1, 0.00011),
    (0.25, 0.00023),
    (0.5, 0.00116),
    (0.75, 0.02491),
    (0.9, 1.055),
    (0.95, 4.61),
    (0.99, 51.7),
    (0.999, 179.6),
    (1.0, 179.7),
]);
const PLACED_TO_5: Quantiles = Quantiles(&[
    (0.0, 0.00009),
    (0.01, 0.0001),
    (0.05, 0.00039),
    (0.1, 0.00089),
    (0.25, 0.03279),
    (0.5, 0.0648),
    (0.75, 0.3238),
    (0.9, 0.58315),
    (0.95, 0.72),
    (0.99, 1.1457),
    (0.999, 3.09),
    (1.0, 10.2),
]);
const PLACED_TO_25: Quantiles = Quantiles(&[
    (0.0, 0.00009),
    (0.01, 0.00013),
    (0.05, 0.0004),
    (0.1, 0.00115),
    (0.25, 0.00811),
    (0.5, 0.04898),
    (0.75, 0.11555),
    (0.9, 0.56749),
    (0.95, 0.68755),
    (0.99, 1.87322),
    (0.999, 4.347),
    (1.0, 9.43),
]);
const PLACED_FAR: Quantiles = Quantiles(&[
    (0.0, 0.00008),
    (0.01, 0.00009),
    (0.05, 0.00014),
    (0.1, 0.00023),
    (0.25, 0.00405),
    (0.5, 0.04988),
    (0.75, 0.08023),
    (0.9, 1.08884),
    (0.95, 14.9),
    (0.99, 123.3),
    (0.999, 163.2),
    (1.0, 179.7),
]);

const fn bin(
    to_bps: f64,
    levels: f64,
    change_share: f64,
    (resting, placed): (&'static Quantiles, &'static Quantiles),
) -> DepthBin {
    DepthBin { to_bps, levels, change_share, resting, placed }
}

/// B: the depth profile, mean of both sides, and where the changes fall.
pub(crate) const DEPTH: [DepthBin; 11] = [
    bin(0.5, 8.9, 0.157, (&RESTING_TO_1, &RESTING_TO_1)),
    bin(1.0, 8.8, 0.073, (&RESTING_TO_1, &RESTING_TO_1)),
    bin(2.0, 20.0, 0.099, (&RESTING_TO_5, &PLACED_TO_5)),
    bin(5.0, 75.0, 0.204, (&RESTING_TO_5, &PLACED_TO_5)),
    bin(10.0, 130.0, 0.161, (&RESTING_TO_25, &PLACED_TO_25)),
    bin(25.0, 421.0, 0.220, (&RESTING_TO_25, &PLACED_TO_25)),
    bin(50.0, 352.0, 0.028, (&RESTING_TO_50, &RESTING_TO_50)),
    bin(100.0, 269.0, 0.012, (&RESTING_TO_100, &RESTING_TO_100)),
    bin(200.0, 109.0, 0.009, (&RESTING_FAR, &PLACED_FAR)),
    bin(500.0, 150.0, 0.019, (&RESTING_FAR, &PLACED_FAR)),
    bin(1000.0, 82.0, 0.018, (&RESTING_FAR, &PLACED_FAR)),
];

/// T: milliseconds from the venue to the recorder: 3 as a rule, 120 to 185 in one of a hundred.
pub(crate) const LATENCY_MILLIS: Quantiles =
    Quantiles(&[(0.0, 1.0), (0.25, 2.0), (0.5, 3.0), (0.9, 6.0), (0.99, 25.0), (1.0, 120.0)]);
/// B: microseconds from the trade time `T` to the event time `E` of a trade frame.
pub(crate) const STAMP_MICROS: (i64, i64) = (100, 900);
