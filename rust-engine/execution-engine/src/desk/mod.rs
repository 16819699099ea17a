//! The desk: who may trade, what is working, and who is owed an answer. Pure; time comes in with each step.

mod commands;
mod reports;

use std::collections::BTreeMap;

use common::market::{Instrument, MarketEvent, Symbol, Trust};
use common::number::{Price, Qty, notional};
use common::time::UnixNanos;
use common::wire::{Command, EngineState, ErrorType, Response};
use rust_decimal::Decimal;

use crate::breaker::Breaker;
use crate::by_market::ByMarket;
use crate::config::DeskConfig;
use crate::executor::{ExecutorCall, ExecutorReport};
use crate::journal::JournalEntry;
use crate::ledger::{Entry, Ledger};
use crate::rate_limit::TokenBucket;
use crate::risk::Limits;
use crate::switch::DeadMansSwitch;

/// Everything that can happen to a desk.
#[derive(Clone, Debug)]
pub enum Input {
    /// The strategy wants something.
    Command(Command),
    /// The market did something.
    Market(MarketEvent),
    /// Time passed; nothing else happened up to and including this exchange time.
    Tick {
        /// Exchange time.
        exchange_now: UnixNanos,
    },
    /// An executor tells what happened at the venue.
    Report(ExecutorReport),
    /// The journal kept what it was given, or could not, and why.
    Journal(Result<(), String>),
    /// The engine is going away (end of the tape, a signal).
    Stop {
        /// Why, in words.
        reason: String,
    },
}

/// Everything that a desk can want from the rest of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Publish this on the response channel.
    Respond(Response),
    /// Publish rules, history and a full book of this symbol again; the success is answered already.
    PublishSnapshot(Symbol),
    /// Publish that the engine's state changed.
    StateChanged {
        /// From.
        old_state: EngineState,
        /// To.
        new_state: EngineState,
        /// Why, in words.
        reason: String,
    },
    /// Tell a person.
    Alert(Alert),
    /// Write this to the journal, to the disk, and say how it went ([`Input::Journal`]) before anything else.
    Keep(Vec<JournalEntry>),
}

/// What a person should hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// The strategy is silent; its entries are being cancelled.
    StrategyLost,
    /// Too many calls failed; no entries for a while.
    CircuitOpened {
        /// The last failure, in the venue's words.
        reason: String,
    },
    /// The venue wants no more of us; nothing is sent until a person has looked.
    Fatal {
        /// The venue's words.
        reason: String,
    },
    /// The journal cannot be written; no entries until it can.
    JournalUnwritable {
        /// The system's words.
        reason: String,
    },
    /// An executor's report does not fit what we know of the order.
    ImpossibleReport {
        /// The report.
        report: Box<ExecutorReport>,
    },
}

/// What one step asks for: outputs, calls to the executor in order, and what was changed for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// For the rest of the engine.
    pub outputs: Vec<Output>,
    /// For a journal, before the calls and the answers that follow from it.
    pub entries: Vec<JournalEntry>,
    /// For the executor.
    pub calls: Vec<ExecutorCall>,
}

/// What the desk has refused and ignored since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskStats {
    /// Commands seen.
    pub commands: u64,
    /// Commands answered with an error, by type.
    pub refused: BTreeMap<ErrorType, u64>,
    /// Orders asked for again under the same client id.
    pub duplicate_orders: u64,
    /// Fills reported again under the same trade id.
    pub duplicate_fills: u64,
    /// Reports that did not fit the order.
    pub impossible_reports: u64,
}

#[derive(Clone, Debug, Default)]
struct SymbolState {
    rules: Option<Instrument>,
    trust: Option<Trust>,
    last_price: Option<Price>,
}

/// The door for commands, market events, ticks and reports.
#[derive(Clone, Debug)]
pub struct Desk {
    limits: Limits,
    breaker: Breaker,
    bucket: TokenBucket,
    switch: DeadMansSwitch,
    ledger: Ledger,
    symbols: ByMarket<SymbolState>,
    state: EngineState,
    was_trusted: bool,
    halted: bool,
    stopping: bool,
    /// Why the journal cannot be written, while it cannot.
    unwritable: Option<String>,
    stats: DeskStats,
}

impl Desk {
    /// A desk that knows no symbol yet and is starting.
    #[must_use]
    pub fn new(config: &DeskConfig) -> Self {
        Self {
            limits: Limits::new(config),
            breaker: Breaker::new(config.breaker),
            bucket: TokenBucket::new(config.rate_limit),
            switch: DeadMansSwitch::new(config.heartbeat_timeout_ns()),
            ledger: Ledger::default(),
            symbols: ByMarket::default(),
            state: EngineState::Starting,
            was_trusted: false,
            halted: false,
            stopping: false,
            unwritable: None,
            stats: DeskStats::default(),
        }
    }

    /// Does again what a journal says was done. Before the first step only.
    ///
    /// # Errors
    /// Words where it cannot have been.
    pub(crate) fn replay(&mut self, entry: &JournalEntry) -> Result<(), String> {
        self.ledger.replay(entry)
    }

    /// The journal is replayed. Entries that work are watched from now on: a strategy that never comes back must not
    /// leave them working.
    pub(crate) fn begin(&mut self, now: UnixNanos) {
        if self.ledger.open_orders().any(Entry::is_entry) {
            self.switch.beat(now);
        }
    }

    /// Client ids of the orders that can still change.
    pub(crate) fn working(&self) -> impl Iterator<Item = &str> {
        self.ledger.open_orders().map(|entry| entry.state.request.client_order_id.as_str())
    }

    /// The engine's state.
    #[must_use]
    pub const fn state(&self) -> EngineState {
        self.state
    }

    /// True where nothing is held that could be sold. Fees in the base asset leave dust behind: less than a step, or
    /// worth less than the venue's smallest order.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        !self.ledger.holdings().any(|(symbol, quantity)| !quantity.is_zero() && self.can_be_sold(symbol, quantity))
    }

    fn can_be_sold(&self, symbol: &Symbol, quantity: Decimal) -> bool {
        let known = self.symbols.get(symbol).and_then(|known| Some((known.rules.as_ref()?, known.last_price?)));
        let (Some((rules, price)), Ok(quantity)) = (known, Qty::from_decimal(quantity)) else { return true };
        let whole = quantity.floor_to(rules.step_size);
        whole >= rules.min_quantity && !whole.is_zero() && notional(price, whole) >= rules.min_notional.decimal()
    }

    /// Counters since the start.
    #[must_use]
    pub const fn stats(&self) -> &DeskStats {
        &self.stats
    }

    /// Takes one event at `now` (our wall clock), and says what is to be done.
    pub fn step(&mut self, input: Input, now: UnixNanos) -> Step {
        let mut step = Step::default();
        match input {
            Input::Market(event) => self.see(event, &mut step),
            Input::Command(command) => self.obey(command, now, &mut step),
            Input::Report(report) => self.book(report, now, &mut step),
            Input::Tick { .. } => self.pass_time(now, &mut step),
            Input::Journal(Ok(())) => {
                if self.unwritable.take().is_some() {
                    self.change_state("the paper journal is written again", &mut step);
                }
            }
            Input::Journal(Err(reason)) => self.miss_journal(reason, now, &mut step),
            Input::Stop { reason } => self.stop(&reason, &mut step),
        }
        step
    }

    fn see(&mut self, event: MarketEvent, step: &mut Step) {
        match event {
            MarketEvent::Book(_) => {}
            MarketEvent::Trade(print) => self.symbol_mut(&print.symbol).last_price = Some(print.price),
            MarketEvent::Rules(rules) => {
                let Instrument { symbol, base, quote, .. } = rules.clone();
                if self.ledger.list(&symbol, &base) {
                    step.entries.push(JournalEntry::Market { symbol: symbol.clone(), base, quote });
                }
                self.symbol_mut(&symbol).rules = Some(rules);
            }
            MarketEvent::Trust { symbol, trust, .. } => {
                self.symbol_mut(&symbol).trust = Some(trust);
                if trust == Trust::Trusted && !self.was_trusted {
                    self.was_trusted = true;
                    self.change_state(&format!("the book of {symbol} is trusted"), step);
                }
            }
        }
    }

    /// Where what is known of a market stands, where something is.
    pub(crate) fn place_of(&self, symbol: &Symbol) -> Option<usize> {
        self.symbols.place(symbol)
    }

    /// The market at a place has traded as far as `other` has seen.
    pub(crate) fn see_as(&mut self, place: usize, other: &Self) {
        self.symbols.at_mut(place).last_price = other.symbols.at(place).last_price;
    }

    /// The market at a place traded: its last price values what is held.
    #[inline]
    pub(crate) fn printed(&mut self, place: usize, price: Price) {
        self.symbols.at_mut(place).last_price = Some(price);
    }

    fn pass_time(&mut self, now: UnixNanos, step: &mut Step) {
        if self.switch.check(now) {
            step.outputs.push(Output::Alert(Alert::StrategyLost));
            self.change_state("the strategy's heartbeat is lost", step);
        }
        if self.switch.is_lost() || self.halted || self.stopping || self.unwritable.is_some() {
            // Again at every tick: a cancel that the venue could not take is repeated until the entry is gone.
            self.cancel_entries(step);
        }
    }

    /// From now on nobody would hear of a fill: no entries, and those that work are taken back.
    fn miss_journal(&mut self, reason: String, now: UnixNanos, step: &mut Step) {
        if self.unwritable.replace(reason.clone()).is_none() {
            step.entries.push(JournalEntry::Outage { reason: reason.clone(), at: now });
            step.outputs.push(Output::Alert(Alert::JournalUnwritable { reason }));
            self.change_state("the paper journal cannot be written", step);
        }
    }

    fn stop(&mut self, reason: &str, step: &mut Step) {
        self.stopping = true;
        self.cancel_entries(step);
        self.change_state(reason, step);
    }

    fn cancel_entries(&mut self, step: &mut Step) {
        for (client_order_id, symbol) in self.ledger.begin_canceling_entries() {
            step.calls.push(ExecutorCall::Cancel { client_order_id, symbol, decided_at: None });
        }
    }

    fn change_state(&mut self, reason: &str, step: &mut Step) {
        let new_state = if self.stopping {
            EngineState::Shutdown
        } else if self.halted {
            EngineState::Halted
        } else if self.switch.is_lost() || self.unwritable.is_some() {
            EngineState::Paused
        } else if self.was_trusted {
            EngineState::Live
        } else {
            EngineState::Starting
        };
        let old_state = std::mem::replace(&mut self.state, new_state);
        if old_state != new_state {
            step.outputs.push(Output::StateChanged { old_state, new_state, reason: reason.to_owned() });
        }
    }

    fn symbol_mut(&mut self, symbol: &Symbol) -> &mut SymbolState {
        self.symbols.get_or_add(symbol, SymbolState::default)
    }
}
