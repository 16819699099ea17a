//! Seeded tapes, calibrated on measured markets: the same scenario, seed and options give the same bytes.
//!
//! Belongs here: the made-up market (takers, makers, a price path) and its calibration. Never here: real data, the wall
//! clock, or knowledge of what a strategy would like to see beyond what crashes really do.

use std::path::{Path as FilePath, PathBuf};

use common::number::{Price, Qty};
use common::time::UnixNanos;
use serde::Serialize;
use tape::{Header, Source, TapeError, write_whole};
use thiserror::Error;

pub(crate) mod dice;
pub(crate) mod frames;
pub(crate) mod ladder;
pub(crate) mod makers;
mod market;
pub(crate) mod measured;
mod path;
mod post;
mod script;
mod symbol;

pub use script::Scenario;
pub use symbol::{Market, SymbolError};

use script::Script;

/// First microsecond of every generated tape: 2026-01-05 14:00:00 UTC, a Monday.
const START_MICROS: i64 = 1_767_621_600_000_000;

/// The seed of the demo: one whose rebound is traded several times. What a crash is like must not be judged by it.
pub const DEFAULT_SEED: u64 = 6;

/// What to generate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Options {
    /// The story.
    pub scenario: Scenario,
    /// The same seed gives the same tape.
    pub seed: u64,
    /// How often the story is told, each time after its lead.
    pub times: u32,
    /// The market's name.
    pub symbol: String,
    /// Price at the start.
    pub price: Price,
    /// Smallest price step.
    pub tick: Price,
    /// Smallest quantity step.
    pub step: Qty,
    /// Seconds of calm before the live part; indicators need 320 to be warm.
    pub history: f64,
    /// Seconds of calm between the live start and the story.
    pub lead: f64,
    /// Seconds of calm after the story.
    pub tail: f64,
    /// Taker orders and changed levels against the measured rates.
    pub rate: f64,
    /// Changed levels against what `rate` makes of them.
    pub changes: f64,
    /// Depth and order sizes against the measured ones, in quote units.
    pub size: f64,
    /// True to put bookTicker frames on the tape.
    pub book_ticker: bool,
}

impl Default for Options {
    /// The demo: a flash crash in BTCUSDT, live for about two and a half minutes.
    fn default() -> Self {
        let fixed = |raw| Price::from_raw(raw).expect("a positive constant");
        Self {
            scenario: Scenario::FlashCrash,
            seed: DEFAULT_SEED,
            times: 1,
            symbol: "BTCUSDT".to_owned(),
            price: fixed(64_000 * 100_000_000),
            tick: fixed(1_000_000),
            step: Qty::from_raw(1_000).expect("a positive constant"),
            history: 330.0,
            lead: 50.0,
            tail: 36.0,
            rate: 1.0,
            changes: 1.0,
            size: 1.0,
            book_ticker: false,
        }
    }
}

/// Why no tape was made.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// An option is out of its range.
    #[error("generate: {option} is {value}, it must be {range}")]
    Option {
        /// Which.
        option: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        range: &'static str,
    },
    /// The market cannot be described.
    #[error("generate: {0}")]
    Symbol(#[from] SymbolError),
    /// The tape cannot be written.
    #[error(transparent)]
    Tape(#[from] TapeError),
}

impl Options {
    fn check(&self) -> Result<(Market, i64), GenerateError> {
        let within = |option, value: f64, from: f64, to: f64, range| {
            if (from..=to).contains(&value) {
                return Ok(());
            }
            Err(GenerateError::Option { option, value: value.to_string(), range })
        };
        within("history", self.history, 0.0, 86_400.0, "0 to 86400 seconds")?;
        within("lead", self.lead, 0.0, 86_400.0, "0 to 86400 seconds")?;
        within("tail", self.tail, 0.0, 86_400.0, "0 to 86400 seconds")?;
        within("times", self.times.into(), 1.0, 1_000.0, "1 to 1000")?;
        within("rate", self.rate, 0.01, 100.0, "0.01 to 100 times the measured one")?;
        within("changes", self.changes, 0.01, 100.0, "0.01 to 100 times those of the rate")?;
        within("size", self.size, 0.0001, 100.0, "0.0001 to 100 times the measured one")?;
        let market = Market::new(&self.symbol, self.tick, self.step)?;
        let ticks = self.price.raw() / self.tick.raw();
        // Fewer ticks than this, and a tick is more than 1 %; more, and prices overflow on the way up.
        within("price / tick", ticks as f64, 100.0, 1e12, "100 to 1e12 ticks")?;
        Ok((market, ticks))
    }

    /// Writes the tape to `path`; it appears there when it is finished.
    ///
    /// # Errors
    /// [`GenerateError`] for options out of range, or where the file cannot be written.
    pub fn generate(&self, path: &FilePath) -> Result<(), GenerateError> {
        let (market, start_ticks) = self.check()?;
        let script = Script::new(self.scenario, self.times, self.lead, self.tail);
        let at = |seconds: f64| UnixNanos(START_MICROS * 1_000 + (seconds * 1e9) as i64);
        let mut header = Header::new(Source::Generated, vec![market.exchange_info()]);
        header.synthetic_book = true;
        header.synthetic_trades = true;
        header.first_ts_ns = Some(at(0.0));
        header.last_ts_ns = Some(at(self.history + script.seconds()));
        header.live_from_ns = Some(at(self.history));
        header.notes = format!("made up: {} with seed {}", self.scenario, self.seed);
        header.generator = serde_json::to_value(self).ok();
        let plan = market::Plan {
            market: &market,
            script,
            seed: self.seed,
            start_ticks,
            start_micros: START_MICROS,
            history: self.history,
            rate: self.rate,
            changes: self.changes,
            size: self.size,
            book_ticker: self.book_ticker,
        };
        write_whole(path, &header, |writer| {
            market::run(&plan, &mut |line| writer.write(line)).map_err(|source| {
                let name = path.display().to_string();
                GenerateError::Tape(TapeError::Io { name, action: "write it", source })
            })
        })
    }
}

/// Makes sure that the demo tape is at `path`: generates it where there is no readable tape yet.
///
/// Returns true where it was generated.
///
/// # Errors
/// [`GenerateError`] where it cannot be written.
pub fn ensure_default_tape(path: &FilePath) -> Result<bool, GenerateError> {
    let options = Options::default();
    let wanted = serde_json::to_value(&options).ok();
    if tape::Tape::open(path).is_ok_and(|tape| tape.header().generator == wanted) {
        return Ok(false);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| TapeError::Io {
            name: PathBuf::from(path).display().to_string(),
            action: "make its folder",
            source,
        })?;
    }
    options.generate(path)?;
    Ok(true)
}
