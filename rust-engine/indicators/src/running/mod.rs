//! Indicators 1 to 6 side by side: fed by prints, books and seconds, judged together at every event.

mod baselines;

use std::collections::VecDeque;

use crate::acceleration::Acceleration;
use crate::bars::BarSeries;
use crate::imbalance::Imbalance;
use crate::market::{Book, NANOS_PER_SECOND, Print};
use crate::message_velocity::MessageVelocity;
use crate::peaks::Peaks;
use crate::rolling::sum;
use crate::settings::Settings;
use crate::spread::Spread;
use crate::verdict::Verdict;
use crate::volatility::Volatility;
use crate::volume_delta::VolumeDelta;

pub use baselines::Baselines;

/// How many running indicators there are: volatility, acceleration, imbalance, spread, volume delta, message velocity.
pub const RUNNING: usize = 6;

const VELOCITY_DELAY_SECONDS: usize = 1;

/// The six running indicators of one symbol.
///
/// Baselines of prints are taken from bars that have left the judged window, so late prints are in them.
#[derive(Clone, Debug)]
pub struct Running {
    volatility: Volatility,
    acceleration: Acceleration,
    imbalance: Imbalance,
    spread: Spread,
    volume_delta: VolumeDelta,
    message_velocity: MessageVelocity,
    baseline_seconds: i64,
    volatility_delay: usize,
    delta_seconds: usize,
    /// May the second be a sample? Newest last.
    taken: VecDeque<bool>,
    taken_kept: usize,
    peaks: Peaks,
}

impl Running {
    /// With empty windows and baselines; `tick_size` in quote units, `lot_size` in base units.
    pub(crate) fn new(settings: &Settings, tick_size: f64, lot_size: f64) -> Self {
        let (baseline, warmup) = (settings.baseline_window_seconds, settings.book_warmup_seconds);
        let volatility_delay = settings.volatility_window_seconds - 1;
        let delta_seconds = settings.volume_delta_window_seconds;
        Self {
            volatility: Volatility::new(
                settings.volatility_window_seconds,
                baseline,
                settings.volatility_multiplier,
                settings.volatility_absolute_threshold,
            ),
            acceleration: Acceleration::new(settings.acceleration_threshold),
            imbalance: Imbalance::new(settings.obi_threshold),
            spread: Spread::new(
                baseline,
                warmup,
                settings.spread_expansion_multiplier,
                settings.spread_min_bps,
                tick_size,
            ),
            volume_delta: VolumeDelta::new(delta_seconds, baseline, settings.volume_delta_z_threshold, lot_size),
            message_velocity: MessageVelocity::new(
                baseline,
                warmup,
                settings.velocity_multiplier,
                settings.velocity_min_messages,
            ),
            baseline_seconds: baseline as i64,
            volatility_delay,
            delta_seconds,
            taken: VecDeque::new(),
            taken_kept: volatility_delay.max(delta_seconds).max(VELOCITY_DELAY_SECONDS) + 1,
            peaks: Peaks::new(settings.fire_hold_seconds),
        }
    }

    /// The price is `price` from `ts_ns` on; called on changes only.
    pub(crate) fn change(&mut self, ts_ns: i64, price: f64) {
        self.acceleration.change(ts_ns, price);
        self.volatility.change(price);
    }

    /// Judges the standing price anew: history replaced what the running return is measured from.
    pub(crate) fn remeasure(&mut self, price: f64) {
        self.volatility.change(price);
    }

    /// Counts a print; prints come in the order of their own stream.
    pub(crate) fn print(&mut self, print: &Print) {
        self.volume_delta.add(print.exchange_ts_ns, print.side, print.quantity);
        self.message_velocity.add_print(print.exchange_ts_ns);
    }

    /// Takes a believed book, which has both sides.
    pub(crate) fn book(&mut self, book: &Book<'_>) {
        self.imbalance.update(book.bid_band_quantity, book.ask_band_quantity);
        self.spread.update(book.bid_prices[0], book.ask_prices[0]);
        self.message_velocity.add_levels(book.exchange_ts_ns, book.changed_levels);
    }

    /// Judges all six at `now_ns`; returns the mask of those that fire, bit 0 the first.
    pub(crate) fn judge(&mut self, now_ns: i64) -> u8 {
        if self.peaks.due(now_ns) {
            self.turn_slice(now_ns);
        }
        u8::from(self.volatility.verdict.fired)
            | u8::from(self.acceleration.judge(now_ns)) << 1
            | u8::from(self.imbalance.verdict.fired) << 2
            | u8::from(self.spread.verdict.fired) << 3
            | u8::from(self.volume_delta.judge(now_ns)) << 4
            | u8::from(self.message_velocity.judge(now_ns)) << 5
    }

    /// A bar closed. `take`: its second may be a sample later; `frozen`: none joins a baseline now.
    pub(crate) fn close_second(&mut self, bars: &BarSeries, price: f64, take: bool, frozen: bool) {
        if self.taken.len() == self.taken_kept {
            self.taken.pop_front();
        }
        self.taken.push_back(take);
        let Some(last) = bars.last_closed() else { return };
        // At fixed times: then a baseline's sums are those of its samples alone, however it came by them.
        if last.start_ns.div_euclid(NANOS_PER_SECOND) % self.baseline_seconds == 0 {
            self.volatility.squares.rebuild();
            self.volume_delta.rebuild();
        }
        self.volatility.close(last.close, price, self.sampled(self.volatility_delay) && !frozen);
        if frozen {
            return;
        }
        let window = self.delta_seconds;
        if self.sampled(window) {
            let settled = bars.closed(2 * window);
            if settled.len() == 2 * window {
                self.volume_delta.sample(sum(settled[..window].iter().map(|bar| bar.buy_volume - bar.sell_volume)));
            }
        }
        if self.sampled(VELOCITY_DELAY_SECONDS)
            && let Some(before) = bars.ago(VELOCITY_DELAY_SECONDS)
        {
            self.message_velocity.sample_prints(before.trade_count as f64);
        }
    }

    fn sampled(&self, seconds_ago: usize) -> bool {
        self.taken.len().checked_sub(1 + seconds_ago).is_some_and(|at| self.taken[at])
    }

    /// A second ended: samples spread and changed levels if there was a believed book to sample.
    pub(crate) fn sample_book(&mut self, second_end_ns: i64, take: bool, frozen: bool) {
        self.spread.sample(take, frozen);
        self.message_velocity.sample_levels(second_end_ns, take, frozen);
    }

    /// Late prints changed recent closes (oldest first, at least one); the price now is `price`.
    pub(crate) fn amend(&mut self, closes: &[f64], price: f64) {
        self.volatility.amend(closes, price);
    }

    fn turn_slice(&mut self, now_ns: i64) {
        let verdicts = self.verdicts();
        self.peaks.turn(now_ns, verdicts.map(|shown| shown.strongest), verdicts.map(|shown| shown.ratio));
        for verdict in self.verdicts_mut() {
            verdict.strongest = verdict.ratio;
        }
    }

    fn verdicts_mut(&mut self) -> [&mut Verdict; RUNNING] {
        [
            &mut self.volatility.verdict,
            &mut self.acceleration.verdict,
            &mut self.imbalance.verdict,
            &mut self.spread.verdict,
            &mut self.volume_delta.verdict,
            &mut self.message_velocity.verdict,
        ]
    }

    /// All six, in their order.
    #[must_use]
    pub fn verdicts(&self) -> [Verdict; RUNNING] {
        [
            self.volatility.verdict,
            self.acceleration.verdict,
            self.imbalance.verdict,
            self.spread.verdict,
            self.volume_delta.verdict,
            self.message_velocity.verdict,
        ]
    }

    /// The strongest ratio of the indicator at this place of late, to the tenth of a second.
    #[must_use]
    pub fn peak(&self, index: usize) -> f64 {
        self.peaks.strongest(index, self.verdicts()[index].strongest)
    }

    /// The spread, ready or not.
    #[must_use]
    pub fn spread(&self) -> &Spread {
        &self.spread
    }

    /// Drops all strongest readings: the data around this moment is not to be trusted.
    pub(crate) fn forget_peaks(&mut self) {
        self.peaks.clear();
        for verdict in self.verdicts_mut() {
            verdict.strongest = 0.0;
        }
    }

    /// Starts the short windows of prints anew; baselines stay.
    pub(crate) fn forget_prints(&mut self) {
        self.acceleration.forget();
        self.volatility.forget();
        self.volume_delta.forget();
        self.message_velocity.forget();
    }

    /// Makes room for other bars: drops the closed returns, and which seconds may be samples.
    pub(crate) fn forget_returns(&mut self) {
        self.taken.clear();
        self.volatility.forget();
    }

    /// There is no believed book now; baselines stay.
    pub(crate) fn forget_book(&mut self) {
        self.imbalance.verdict.not_ready();
        self.spread.forget();
    }

    /// Judges by the thresholds of other settings from now on.
    pub(crate) fn set_thresholds(&mut self, settings: &Settings) {
        self.volatility.set_thresholds(settings.volatility_multiplier, settings.volatility_absolute_threshold);
        self.acceleration.set_threshold(settings.acceleration_threshold);
        self.imbalance.set_threshold(settings.obi_threshold);
        self.spread.set_thresholds(settings.spread_expansion_multiplier, settings.spread_min_bps);
        self.volume_delta.set_threshold(settings.volume_delta_z_threshold);
        self.message_velocity.set_thresholds(settings.velocity_multiplier, settings.velocity_min_messages);
    }

    /// Takes the instrument's tick and lot size: the floors of spread and volume delta.
    pub(crate) fn set_instrument(&mut self, tick_size: f64, lot_size: f64) {
        self.spread.set_tick_size(tick_size);
        self.volume_delta.set_lot_size(lot_size);
    }
}
