//! What is perceived of one market: bars, running indicators, the fall and the range.

use std::collections::BTreeSet;

use crate::bars::{BarSeries, without_holes};
use crate::fall::{FALL_WINDOW_SECONDS, FallGate, REFERENCE_SECONDS};
use crate::market::{Bar, Book, NANOS_PER_SECOND, Print, Trust};
use crate::running::{Baselines, Running};
use crate::settings::Settings;
use crate::violent_range::ViolentRange;

/// What is true of a market now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judgement {
    /// Mask of the indicators that fire.
    pub fired: u8,
    /// Is the fall gate open?
    pub gate_open: bool,
    /// Is the range of the last 5 s violent?
    pub violent: bool,
}

/// Bars, indicators, fall gate and price range of one symbol. Baselines stand still until `frozen_until_ns`.
#[derive(Clone, Debug)]
pub struct Senses {
    kept_seconds: usize,
    bars: BarSeries,
    running: Running,
    fall: FallGate,
    range: ViolentRange,
    closes_kept: usize,
    second_end_ns: i64,
    frozen_until_ns: i64,
    /// Were the baselines ever told to stand still, or to be others?
    marked: bool,
    believed: bool,
    price: f64,
    /// Was the running second seen from its start?
    whole_second: bool,
}

impl Senses {
    /// Before any event; `tick_size` in quote units, `lot_size` in base units.
    pub(crate) fn new(settings: &Settings, tick_size: f64, lot_size: f64) -> Self {
        let kept_seconds = settings.baseline_window_seconds + REFERENCE_SECONDS + 1;
        Self {
            kept_seconds,
            bars: BarSeries::new(kept_seconds),
            running: Running::new(settings, tick_size, lot_size),
            fall: FallGate::new(settings.min_event_move_pct),
            range: ViolentRange::new(settings.violent_range_threshold, tick_size),
            closes_kept: settings.volatility_window_seconds,
            second_end_ns: 0,
            frozen_until_ns: 0,
            marked: false,
            believed: false,
            price: 0.0,
            whole_second: false,
        }
    }

    /// Changes the settings: bars and baselines are kept, the short windows start anew.
    pub(crate) fn retune(&mut self, settings: &Settings, tick_size: f64, lot_size: f64) {
        let (baselines, price) = (self.running.baselines(), self.price);
        let empty = Self::new(settings, tick_size, lot_size);
        self.running = empty.running;
        self.fall = empty.fall;
        self.range = empty.range;
        self.closes_kept = empty.closes_kept;
        self.price = 0.0;
        let bars = self.bars.closed(REFERENCE_SECONDS + settings.volatility_window_seconds).to_vec();
        self.recall(&bars, &baselines);
        if price != 0.0 {
            self.change(self.second_end_ns - NANOS_PER_SECOND, price);
        }
    }

    /// Takes the instrument's tick and lot size.
    pub(crate) fn set_instrument(&mut self, tick_size: f64, lot_size: f64) {
        self.range.set_tick_size(tick_size);
        self.running.set_instrument(tick_size, lot_size);
    }

    /// Baselines take no samples of seconds that end before this time.
    pub(crate) fn freeze_until(&mut self, frozen_until_ns: i64) {
        self.frozen_until_ns = frozen_until_ns;
        self.mark();
    }

    /// The baselines are from here on not those of the market alone.
    fn mark(&mut self) {
        self.marked = true;
        self.running.mark();
    }

    /// Is everything, to the last bit, what it is for one who never touched the baselines?
    pub(crate) fn is_unmarked(&self) -> bool {
        !self.marked || (!self.is_frozen(self.second_end_ns) && self.running.is_past_mark())
    }

    /// Judges by the thresholds of other settings from now on; whatever is perceived stays.
    pub(crate) fn set_thresholds(&mut self, settings: &Settings) {
        self.running.set_thresholds(settings);
        self.fall.set_min_move(settings.min_event_move_pct);
        self.range.set_threshold(settings.violent_range_threshold);
    }

    /// The first event came: its second is the running one.
    pub(crate) fn begin(&mut self, now_ns: i64) {
        self.second_end_ns = (now_ns.div_euclid(NANOS_PER_SECOND) + 1) * NANOS_PER_SECOND;
    }

    /// Takes a print, in the order of its own stream; it may be older than the running second.
    pub(crate) fn print(&mut self, print: &Print) {
        if !self.bars.started() {
            self.bars.start(self.second_end_ns - NANOS_PER_SECOND, print.price);
            self.whole_second = false;
        }
        if print.exchange_ts_ns >= self.bars.running_start_ns() {
            self.bars.add(print);
        } else {
            self.amend(print);
        }
        if print.price != self.price {
            self.change(print.exchange_ts_ns, print.price);
        }
        self.running.print(print);
    }

    fn change(&mut self, ts_ns: i64, price: f64) {
        self.price = price;
        self.fall.change(ts_ns, price);
        self.range.change(ts_ns, price);
        self.running.change(ts_ns, price);
    }

    /// Takes a sound book; one that is broken or being rebuilt is not believed, and nor is the one before it.
    pub(crate) fn book(&mut self, book: &Book<'_>) {
        self.believed = matches!(book.trust, Trust::Trusted | Trust::Suspect);
        if self.believed {
            self.running.book(book);
            self.fall.change_mid(book.exchange_ts_ns, 0.5 * (book.bid_prices[0] + book.ask_prices[0]));
        } else {
            self.running.forget_book();
            self.fall.forget_book();
        }
    }

    /// Closes every second that ended by `now_ns` and adds its bar to `closed`; held and frozen ones are no baseline
    /// samples.
    ///
    /// After a silence so long that no bar before it would be kept, only the seconds that will be are closed.
    pub(crate) fn pass_seconds(&mut self, now_ns: i64, holding: bool, closed: &mut Vec<Bar>) {
        let skipped = (now_ns - self.second_end_ns).div_euclid(NANOS_PER_SECOND) - self.kept_seconds as i64;
        if skipped > 0 {
            self.second_end_ns += skipped * NANOS_PER_SECOND;
            self.whole_second = false;
            if self.bars.started() {
                self.bars.skip(skipped);
            }
        }
        while self.second_end_ns <= now_ns {
            let frozen = self.is_frozen(self.second_end_ns);
            let take = self.whole_second && !(holding || frozen);
            if self.bars.started() {
                let bar = self.bars.close();
                closed.push(bar);
                let price = if self.price == 0.0 { bar.close } else { self.price };
                self.on_closed(price, take, frozen);
            }
            self.running.sample_book(self.second_end_ns, take && self.believed, frozen);
            self.second_end_ns += NANOS_PER_SECOND;
            self.whole_second = true;
        }
    }

    fn is_frozen(&self, ts_ns: i64) -> bool {
        ts_ns < self.frozen_until_ns
    }

    fn on_closed(&mut self, price: f64, take: bool, frozen: bool) {
        self.running.close_second(&self.bars, price, take, frozen);
        if let Some(settled) = self.bars.ago(FALL_WINDOW_SECONDS) {
            self.fall.close(settled.close);
        }
    }

    /// Puts a late print into its bar; no running window changes.
    pub(crate) fn amend(&mut self, print: &Print) {
        if self.bars.started() && self.bars.amend(print) > 0 {
            let closes: Vec<f64> = self.bars.closed(self.closes_kept).iter().map(|bar| bar.close).collect();
            let price = if self.price == 0.0 { closes[closes.len() - 1] } else { self.price };
            self.running.amend(&closes, price);
        }
    }

    /// Takes closed bars (oldest first) as the past, and all of them as baseline samples of prints.
    ///
    /// They replace the bars seen so far, except newer ones. Seconds missing in between become flat bars and no samples;
    /// bars that have not closed yet, or are older than any that is kept, are left out. Frozen baselines stay as they
    /// are.
    pub(crate) fn load_history(&mut self, bars: &[Bar]) {
        let running_start_ns = self.second_end_ns - NANOS_PER_SECOND;
        let oldest_ns = running_start_ns - self.kept_seconds as i64 * NANOS_PER_SECOND;
        let mut past: Vec<Bar> =
            bars.iter().filter(|bar| (oldest_ns..running_start_ns).contains(&bar.start_ns)).copied().collect();
        let Some(newest_ns) = past.last().map(|bar| bar.start_ns) else { return };
        let samples: BTreeSet<i64> = past.iter().map(|bar| bar.start_ns).collect();
        past.extend(self.bars.closed(self.kept_seconds).iter().filter(|bar| bar.start_ns > newest_ns));
        if self.is_frozen(running_start_ns) {
            self.take_past(&past, &BTreeSet::new());
        } else {
            self.running.forget_print_baselines();
            self.take_past(&past, &samples);
        }
    }

    /// Takes bars and baselines of a former run; seconds since then become flat bars and no samples.
    pub(crate) fn recall(&mut self, bars: &[Bar], baselines: &Baselines) {
        self.running.recall_baselines(baselines);
        self.mark();
        if !bars.is_empty() {
            self.take_past(bars, &BTreeSet::new());
        }
    }

    /// Puts bars in place of all closed ones; those that start in `samples` may become baseline samples.
    fn take_past(&mut self, bars: &[Bar], samples: &BTreeSet<i64>) {
        let running_start_ns = self.second_end_ns - NANOS_PER_SECOND;
        self.bars.clear();
        self.running.forget_returns();
        self.fall.forget_closes();
        let mut close = 0.0;
        for bar in without_holes(bars, running_start_ns) {
            self.bars.push(bar);
            close = bar.close;
            self.on_closed(close, samples.contains(&bar.start_ns), false);
        }
        if !self.bars.started() {
            self.bars.start(running_start_ns, close);
            self.whole_second = false;
        }
        if self.price == 0.0 {
            for bar in self.bars.closed(FALL_WINDOW_SECONDS).to_vec() {
                self.change(bar.start_ns + NANOS_PER_SECOND, bar.close);
            }
        }
        self.running.remeasure(self.price);
        self.running.forget_peaks();
    }

    /// Starts the short windows of prints anew; bars and baselines stay.
    pub(crate) fn forget_prints(&mut self) {
        self.price = 0.0;
        self.running.forget_prints();
        self.fall.forget_prints();
        self.range.clear();
    }

    /// Judges everything at `now_ns`.
    #[inline]
    pub(crate) fn judge(&mut self, now_ns: i64) -> Judgement {
        Judgement {
            fired: self.running.judge(now_ns),
            gate_open: self.fall.judge(now_ns),
            violent: self.range.judge(now_ns),
        }
    }

    /// Drops all strongest readings.
    pub(crate) fn forget_peaks(&mut self) {
        self.running.forget_peaks();
    }

    /// The one-second bars.
    #[must_use]
    pub fn bars(&self) -> &BarSeries {
        &self.bars
    }

    /// The running indicators.
    #[must_use]
    pub fn running(&self) -> &Running {
        &self.running
    }

    /// The fall.
    #[must_use]
    pub fn fall(&self) -> &FallGate {
        &self.fall
    }

    /// Lowest and highest price of the last 5 s, as of the last judgement; none before the first price.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        self.range.extremes()
    }

    /// When the running second ends; 0 before the first event.
    #[must_use]
    pub fn second_end_ns(&self) -> i64 {
        self.second_end_ns
    }
}
