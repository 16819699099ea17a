//! Everything that happens per event of one symbol before anyone decides.

mod leap;
mod shown;

use crate::candle_watch::CandleWatch;
use crate::flags::{Flags, Inputs, Watch};
use crate::guards::{Fault, Refusal, check_book, check_print};
use crate::market::{Bar, Book, NANOS_PER_SECOND, Print, Trust};
use crate::ordering::{Ordering, Place};
use crate::quorum::{Quorum, Quota};
use crate::running::Baselines;
use crate::senses::{Judgement, Senses};
use crate::settings::Settings;

/// From this many held core firings on, a market is not calm.
const CALM_CORE_HELD: u32 = 2;

/// What of a book concerns those who decide: they hear of it when it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookCondition {
    /// How far the engine believes it.
    pub trust: Trust,
    /// Is more than the least notional in the band?
    pub liquid: bool,
    /// Is the spread wide by both measures, of its baseline and of the price?
    pub wide: bool,
}

/// A former run's end: when its running second would have ended, its last bars, its baselines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// 0 where it had not begun.
    pub second_end_ns: i64,
    /// Oldest first.
    pub bars: Vec<Bar>,
    /// Of every indicator.
    pub baselines: Baselines,
}

/// One symbol's guards, order of events, senses and quorum, and what of each event concerns a decision.
///
/// A print that only amends is quiet: no decision already taken changes. A refused event has changed nothing, except
/// that an older one than the buffer allows starts a hold, and a book without a side ends the trust in the one before.
#[derive(Clone, Debug)]
pub struct Perception {
    settings: Settings,
    tick_size: f64,
    lot_size: f64,
    ordering: Ordering,
    senses: Senses,
    quorum: Quorum,
    inputs: Inputs,
    told: Inputs,
    watch: Watch,
    last_price: f64,
    best_bid: f64,
    book: Option<BookCondition>,
    liquidity: f64,
    spread: f64,
    candles: CandleWatch,
    /// The bars that closed with the last event, as they closed.
    closed_now: Vec<Bar>,
    memory: Option<Memory>,
    recalled: bool,
    /// Was the fall gate open since it was asked?
    opened: bool,
}

impl Perception {
    /// Before any event; `tick_size` in quote units, `lot_size` in base units.
    #[must_use]
    pub fn new(settings: Settings, tick_size: f64, lot_size: f64) -> Self {
        Self {
            settings,
            tick_size,
            lot_size,
            ordering: Ordering::new(settings.jitter_buffer_seconds, settings.max_late_ms),
            senses: Senses::new(&settings, tick_size, lot_size),
            quorum: Quorum::new(Quota::from(&settings)),
            inputs: Inputs::default(),
            told: Inputs::default(),
            watch: Watch::everything(),
            last_price: 0.0,
            best_bid: 0.0,
            book: None,
            liquidity: 0.0,
            spread: 0.0,
            candles: CandleWatch::new(settings.candles),
            closed_now: Vec::new(),
            memory: None,
            recalled: false,
            opened: false,
        }
    }

    /// Takes a print of the market.
    ///
    /// # Errors
    /// Those of [`check_print`], [`Fault::DuplicateTrade`], [`Fault::TooOld`].
    pub fn print(&mut self, print: &Print) -> Result<Flags, Refusal> {
        check_print(print)?;
        match self.ordering.print(print)? {
            Place::Fresh => {}
            Place::AfterLoss => self.forget_prints(),
            Place::Late => {
                self.senses.amend(print);
                return Ok(Flags::QUIET);
            }
            Place::TooOld => return Err(too_old(print)),
        }
        self.last_price = print.price;
        Ok(self.sense_print(print, self.ordering.now_ns(), self.ordering.holding()))
    }

    /// Takes a new top of the book; one without a side tells only that the one before is over.
    ///
    /// # Errors
    /// Those of [`check_book`], [`Fault::LateBook`], [`Fault::TooOld`].
    pub fn book(&mut self, book: &Book<'_>) -> Result<Flags, Refusal> {
        if let Err(refusal) = check_book(book) {
            if refusal.fault == Fault::OneSidedBook {
                self.lose_book();
            }
            return Err(refusal);
        }
        let fault = match self.ordering.book(book.exchange_ts_ns, book.recv_ts_ns) {
            Place::TooOld => Some(Fault::TooOld),
            Place::Late => Some(Fault::LateBook),
            Place::Fresh | Place::AfterLoss => None,
        };
        if let Some(fault) = fault {
            return Err(Refusal::new(fault, format!("book {}", book.last_update_id)));
        }
        let changed = self.look_at(book);
        Ok(self.sense_book(book, self.ordering.now_ns(), self.ordering.holding()) | Flags::BOOK.when(changed))
    }

    /// Lets silent time pass up to `ts_ns`.
    pub fn tick(&mut self, ts_ns: i64) -> Flags {
        if self.ordering.tick(ts_ns) {
            self.sense_silence(self.ordering.now_ns(), self.ordering.holding())
        } else {
            Flags::QUIET
        }
    }

    /// Judges the condition of a book; true where it is another one than before.
    fn look_at(&mut self, book: &Book<'_>) -> bool {
        if matches!(book.trust, Trust::Broken | Trust::Rebuilding) {
            self.ordering.disturb();
        }
        let (bid, ask) = (book.bid_prices[0], book.ask_prices[0]);
        self.best_bid = if book.trust == Trust::Trusted { bid } else { 0.0 };
        self.liquidity = book.bid_band_notional + book.ask_band_notional;
        self.spread = 2.0 * (ask - bid) / (ask + bid);
        let usual = self.senses.running().spread().usual();
        let condition = BookCondition {
            trust: book.trust,
            liquid: self.liquidity > self.settings.min_liquidity_usd,
            wide: self.spread > self.settings.max_spread_pct
                && usual.is_none_or(|usual| self.spread > self.settings.pause_spread_multiplier * usual),
        };
        self.book.replace(condition) != Some(condition)
    }

    /// Takes a print in its place, as [`Self::print`] does: `now_ns` is the largest exchange time seen, its own included.
    ///
    /// While `holding` the data are not to be trusted: nothing is held, and no second becomes a baseline sample.
    pub fn sense_print(&mut self, print: &Print, now_ns: i64, holding: bool) -> Flags {
        self.pass_time(now_ns, holding);
        self.senses.print(print);
        self.judge(now_ns, holding)
    }

    /// Takes a sound book in its place, as [`Self::book`] does.
    pub fn sense_book(&mut self, book: &Book<'_>, now_ns: i64, holding: bool) -> Flags {
        self.pass_time(now_ns, holding);
        self.senses.book(book);
        self.judge(now_ns, holding)
    }

    /// Takes silence, as [`Self::tick`] does.
    pub fn sense_silence(&mut self, now_ns: i64, holding: bool) -> Flags {
        self.pass_time(now_ns, holding);
        self.judge(now_ns, holding)
    }

    fn pass_time(&mut self, now_ns: i64, holding: bool) {
        self.closed_now.clear();
        if now_ns >= self.senses.second_end_ns() {
            self.pass_seconds(now_ns, holding);
        }
    }

    fn judge(&mut self, now_ns: i64, holding: bool) -> Flags {
        let Judgement { fired, gate_open, violent } = self.senses.judge(now_ns);
        self.opened |= gate_open;
        let triggered = if holding {
            self.quorum.clear();
            self.senses.forget_peaks();
            false
        } else {
            self.quorum.judge(now_ns, fired, gate_open)
        };
        let calm = !(triggered || violent || self.quorum.core_held() >= CALM_CORE_HELD);
        self.inputs = Inputs::new(triggered, calm, violent && !holding);
        self.flags(now_ns)
    }

    fn flags(&self, now_ns: i64) -> Flags {
        let Watch { heed, until_ns, seconds, floor, ceiling } = self.watch;
        let low = self.last_price <= floor || (self.best_bid <= floor && self.best_bid > 0.0);
        Flags::STATE.when(self.inputs.differs(self.told, heed))
            | Flags::SECOND.when(seconds && !self.closed_now.is_empty())
            | Flags::PRICE.when(low || self.last_price >= ceiling)
            | Flags::TIME.when(now_ns >= until_ns)
    }

    #[cold]
    fn pass_seconds(&mut self, now_ns: i64, holding: bool) {
        if self.senses.second_end_ns() == 0 {
            self.begin(now_ns);
        }
        self.senses.pass_seconds(now_ns, holding, &mut self.closed_now);
        self.candles.close(&self.closed_now);
    }

    fn begin(&mut self, now_ns: i64) {
        self.senses.begin(now_ns);
        let Some(memory) = self.memory.take() else { return };
        let age_ns = self.senses.second_end_ns() - memory.second_end_ns;
        self.recalled = (0..self.settings.baseline_window_seconds as i64 * NANOS_PER_SECOND).contains(&age_ns);
        if self.recalled {
            self.senses.recall(&memory.bars, &memory.baselines);
        }
    }

    /// Wakes for these things from now on; what the last event showed is known.
    pub fn watch(&mut self, watch: Watch) {
        self.watch = watch;
        self.told = self.inputs;
    }

    /// Baselines take no samples of seconds that end before this time.
    pub fn freeze_until(&mut self, frozen_until_ns: i64) {
        self.senses.freeze_until(frozen_until_ns);
    }

    /// Takes up a former run at the first event, unless that comes a baseline window later.
    pub fn recall(&mut self, memory: Memory) {
        self.memory = Some(memory);
    }

    /// Takes closed bars (oldest first) as the past, at `now_ns`; the candles start again from them.
    pub fn load_history(&mut self, bars: &[Bar], now_ns: i64) {
        if now_ns >= self.senses.second_end_ns() {
            self.pass_seconds(now_ns, true);
        }
        self.senses.load_history(bars);
        let kept = usize::try_from(self.senses.bars().closed_count()).map_or(usize::MAX, |lived| bars.len() + lived);
        self.candles.rebuild(self.senses.bars().closed(kept));
        self.closed_now.clear();
    }

    /// Puts a late print into its bar.
    pub fn amend(&mut self, print: &Print) {
        self.senses.amend(print);
    }

    /// Prints were lost: what came before must not judge what comes after.
    pub fn forget_prints(&mut self) {
        self.senses.forget_prints();
        self.quorum.clear();
    }

    /// Continuity was lost: what is known of the book counts for nothing until it is told again.
    pub fn interrupted(&mut self) {
        self.ordering.interrupted();
        self.lose_book();
    }

    fn lose_book(&mut self) {
        self.book = None;
        self.best_bid = 0.0;
    }

    /// Takes the instrument's tick and lot size.
    pub fn set_instrument(&mut self, tick_size: f64, lot_size: f64) {
        (self.tick_size, self.lot_size) = (tick_size, lot_size);
        self.senses.set_instrument(tick_size, lot_size);
    }

    /// Takes new settings; bars and baselines are kept, short windows start anew.
    pub fn reconfigure(&mut self, settings: Settings) {
        self.settings = settings;
        self.senses.retune(&settings, self.tick_size, self.lot_size);
        self.quorum = Quorum::new(Quota::from(&settings));
    }
}

#[cold]
fn too_old(print: &Print) -> Refusal {
    Refusal::new(Fault::TooOld, format!("trade {} is older than the jitter buffer", print.trade_id))
}
