//! A tape as recordings: through the feed's own replay, one recording for each symbol.

use std::collections::BTreeMap;
use std::path::Path;

use common::config::{Config, Layers};
use common::market::{BookChange, MarketEvent, Symbol, TradePrint};
use common::time::{NANOS_PER_SECOND, UnixNanos};
use common::wire::{BookEncoding, DataMessage, TradeTick};
use feed_handler::replay::Replay;
use feed_handler::{BookMode, FeedConfig, Output};
use orderbook::Book;
use tape::{Header, Line, Tape, TapeError};

use crate::columns::Columns;

/// Age of what arrives, in milliseconds, from which on a second's health is worth telling.
const WORTH_TELLING_MS: f64 = 100.0;

/// What of a tape is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Seconds of bars before the live start that become history.
    pub warmup_seconds: u32,
    /// Where the recording starts to be live, by receipt; none: where the tape says.
    pub from: Option<UnixNanos>,
    /// Up to where it goes, by receipt; none: to the tape's end.
    pub to: Option<UnixNanos>,
}

/// One symbol of a tape.
#[derive(Clone, Debug)]
pub struct TapeRecording {
    /// Which.
    pub symbol: Symbol,
    /// Its prints and books.
    pub columns: Columns,
    /// What is neither, as the engine publishes it, each with the row before which it was told.
    pub seldom: Vec<(usize, DataMessage)>,
    /// Input that the feed refused, by reason.
    pub refused: BTreeMap<String, u64>,
}

/// What was read of a tape.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What the tape says of itself.
    pub header: Header,
    /// What a person should know of it.
    pub warning: Option<String>,
    /// From when on the session hears of the market; what lies before builds the book.
    pub live_from: UnixNanos,
    /// In the order of the tape's header.
    pub recordings: Vec<TapeRecording>,
}

/// Reads a tape; receive times are moved to the venue's clock by what the tape knows of its recorder's.
///
/// # Errors
/// [`TapeError`] where it cannot be read, is no tape, or is damaged.
pub fn read_tape(path: &Path, wanted: Wanted) -> Result<Reading, TapeError> {
    let tape = Tape::open(path)?;
    let warning = tape.warning();
    let mut header = tape.header().clone();
    if wanted.from.is_some() {
        header.live_from_ns = wanted.from;
    }
    let live_from = header.live_from_ns.unwrap_or(UnixNanos::ZERO);
    let mut feed = Replay::new(feed_config(wanted.warmup_seconds), &header);
    let mut symbols: Symbols = header.symbol_names().into_iter().map(Symbol::new).map(Recorded::new).collect();
    let mut second = UnixNanos::ZERO;
    for line in tape.into_lines() {
        let line: Line = line?;
        let now = line.recv_ts - header.clock_error_ns;
        if wanted.to.is_some_and(|to| now > to) {
            break;
        }
        let live = now >= live_from;
        for output in feed.line(&Line { recv_ts: now, ..line }) {
            tell(&mut symbols, output, live);
        }
        if live && now.since(second) >= NANOS_PER_SECOND {
            second = now;
            for output in feed.health() {
                tell(&mut symbols, output, live);
            }
        }
    }
    for output in feed.health() {
        if let Output::Publish(DataMessage::HealthMetrics(health)) = output
            && let Some(recorded) = of(&mut symbols, &health.symbol)
        {
            recorded.recording.refused = health.rejected;
        }
    }
    let recordings = symbols.into_iter().map(|recorded| recorded.recording).collect();
    Ok(Reading { header, warning, live_from, recordings })
}

type Symbols = Vec<Recorded>;

/// One symbol while it is read.
struct Recorded {
    recording: TapeRecording,
    /// The book before the live start, and the change that told it last.
    before: Option<(Book, BookChange)>,
    told_health: Option<(u64, bool)>,
}

impl Recorded {
    fn new(symbol: Symbol) -> Self {
        let (columns, seldom, refused) = (Columns::default(), Vec::new(), BTreeMap::new());
        Self { recording: TapeRecording { symbol, columns, seldom, refused }, before: None, told_health: None }
    }

    /// Before the live start only what the book has become counts.
    fn book(&mut self, change: BookChange, live: bool) {
        if live {
            self.begin();
            self.recording.columns.frame(&change, false);
            return;
        }
        let (book, last) = self.before.get_or_insert_with(|| (Book::new(), change.clone()));
        if change.replaces_all {
            book.apply_snapshot(&change.bids, &change.asks);
        } else {
            book.apply_diff(&change.bids, &change.asks);
        }
        *last = change;
    }

    /// What comes next is live: the book as it stands is told once, as a whole.
    fn begin(&mut self) {
        if let Some((book, last)) = self.before.take() {
            let (bids, asks) = book.top(usize::MAX);
            self.recording.columns.frame(&BookChange { replaces_all: true, bids, asks, ..last }, false);
        }
    }

    fn seldom(&mut self, message: DataMessage) {
        if let DataMessage::HealthMetrics(health) = &message {
            let told = (health.gap_count + health.reconnection_count, health.feed_latency_ms >= WORTH_TELLING_MS);
            if self.told_health.replace(told).is_some_and(|before| before == told && !told.1) {
                return;
            }
        }
        let row = self.recording.columns.len();
        self.recording.seldom.push((row, message));
    }
}

fn of<'a>(symbols: &'a mut Symbols, symbol: &Symbol) -> Option<&'a mut Recorded> {
    symbols.iter_mut().find(|recorded| recorded.recording.symbol == *symbol)
}

fn tell(symbols: &mut Symbols, output: Output, live: bool) {
    match output {
        Output::Market(MarketEvent::Book(change)) => {
            if let Some(recorded) = of(symbols, &change.symbol) {
                recorded.book(change, live);
            }
        }
        Output::Publish(DataMessage::Trade(tick)) => {
            if let Some(recorded) = of(symbols, &tick.symbol) {
                recorded.begin();
                recorded.recording.columns.print(&print_of(tick));
            }
        }
        Output::Publish(DataMessage::OrderBookSnapshot(_) | DataMessage::OrderBookUpdate(_)) => {}
        Output::Publish(message) => {
            let symbol = match &message {
                DataMessage::Instrument(rules) => Some(&rules.rules.symbol),
                DataMessage::Bars { symbol, .. } => Some(symbol),
                DataMessage::HealthMetrics(health) => Some(&health.symbol),
                _ => None,
            };
            if let Some(recorded) = symbol.cloned().and_then(|symbol| of(symbols, &symbol)) {
                if live {
                    recorded.begin();
                }
                recorded.seldom(message);
            }
        }
        // Trades come as what is published of them; what the desk hears beside is the same.
        Output::Market(_)
        | Output::Log(..)
        | Output::Open(_)
        | Output::Close(_)
        | Output::Fetch(_)
        | Output::EndOfTape
        | Output::GiveUp(_) => {}
    }
}

fn print_of(tick: TradeTick) -> TradePrint {
    TradePrint {
        symbol: tick.symbol,
        trade_id: tick.trade_id,
        price: tick.price,
        quantity: tick.quantity,
        side: tick.side,
        exchange_ts: tick.exchange_timestamp,
        recv_ts: tick.timestamp,
    }
}

/// Published books are not looked at: the smallest are made fastest.
fn feed_config(warmup_seconds: u32) -> FeedConfig {
    let config = Config::read(&Layers::default()).expect("the schema's defaults are a good configuration");
    FeedConfig {
        warmup_seconds,
        book_mode: BookMode::Snapshot,
        book_encoding: BookEncoding::Packed,
        book_levels: 1,
        ..FeedConfig::from_config(&config)
    }
}
