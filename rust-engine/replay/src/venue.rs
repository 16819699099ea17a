//! The paper desk over a recorded market: the same desk, account and fill rule as in paper trading, without a journal.

use common::market::{BookChange, Instrument, Level, MarketEvent, Side, TradePrint, Trust};
use common::time::{NANOS_PER_MILLI, UnixNanos};
use common::wire::{Command, Response};
use execution_engine::{
    BreakerConfig, DeskConfig, FillModel, Input, Output, PaperAccount, PaperConfig, PaperDesk, RateLimitConfig,
    ShownMarket,
};
use orderbook::{Band, Book};
use rust_decimal::Decimal;

/// The engine's clock ticks so often.
const TICK_NS: i64 = 100 * NANOS_PER_MILLI;

/// What is assumed of fills and costs, and what the account begins with.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// When a resting order fills.
    pub fill_model: FillModel,
    /// From a decision until it is effective.
    pub order_latency_ns: i64,
    /// Fee of a resting fill, as a fraction.
    pub maker_fee_rate: Decimal,
    /// Fee of a taking fill, as a fraction.
    pub taker_fee_rate: Decimal,
    /// How much worse taking fills are, in basis points.
    pub slippage_bps: Decimal,
    /// In the quote currency of the first market.
    pub initial_capital: Decimal,
}

/// Where a session's commands go in a backtest. The desk's own limits are wide open: they are the operator's last line,
/// and a strategy that meets them is not what is measured.
#[derive(Clone, Debug)]
pub struct Venue {
    desk: PaperDesk,
    markets: Vec<ShownMarket>,
    now: UnixNanos,
    ticked: i64,
    told: Vec<Response>,
}

impl Venue {
    /// A venue for these markets, whose books are trusted; they are known by their place among them from now on.
    #[must_use]
    pub fn new(setup: &Setup, markets: &[Instrument]) -> Self {
        let paper = PaperConfig {
            order_latency_ms: setup.order_latency_ns as f64 / NANOS_PER_MILLI as f64,
            fill_model: setup.fill_model,
            maker_fee_rate: setup.maker_fee_rate,
            taker_fee_rate: setup.taker_fee_rate,
            slippage_bps: setup.slippage_bps,
        };
        let account = PaperAccount::born(UnixNanos::ZERO, setup.initial_capital);
        let desk = PaperDesk::new(&no_limits(), &paper, account);
        let mut venue = Self { desk, markets: Vec::new(), now: UnixNanos::ZERO, ticked: i64::MIN, told: Vec::new() };
        for rules in markets {
            let symbol = rules.symbol.clone();
            venue.step(Input::Market(MarketEvent::Rules(rules.clone())));
            venue.step(Input::Market(MarketEvent::Trust {
                symbol,
                trust: Trust::Trusted,
                exchange_ts: UnixNanos::ZERO,
            }));
        }
        let known = |rules: &Instrument| venue.desk.market(&rules.symbol).expect("its rules were told");
        venue.markets = markets.iter().map(known).collect();
        venue
    }

    /// Time passes up to `now`: what is due by then has arrived.
    #[inline]
    pub fn pass(&mut self, now: UnixNanos) {
        if now <= self.now {
            return;
        }
        self.now = now;
        // While nothing works a tick tells nothing; what it knows of the time is made up for when it is needed.
        if !self.desk.paper().is_idle() {
            self.tick();
        }
    }

    /// The book of a market is told as a whole.
    pub fn book(&mut self, market: usize, change: &BookChange) {
        let (_, outputs) = self.desk.on_book(self.markets[market], change, self.now);
        self.take(outputs);
    }

    /// Levels of a market's book change at `exchange_ts`; says how many do.
    #[inline]
    pub fn levels(
        &mut self,
        market: usize,
        exchange_ts: UnixNanos,
        levels: impl IntoIterator<Item = (Side, Level)>,
    ) -> usize {
        let (changed, outputs) = self.desk.on_levels(self.markets[market], exchange_ts, levels, self.now);
        self.take(outputs);
        changed
    }

    /// A market trades.
    #[inline]
    pub fn print(&mut self, market: usize, print: &TradePrint) {
        let outputs = self.desk.on_print(self.markets[market], print, self.now);
        self.take(outputs);
    }

    /// Goes to where `other` is, which has the same one market and never had an order; false where an order of ours is
    /// in the way.
    pub fn leap(&mut self, other: &Self) -> bool {
        let leaps = self.told.is_empty() && self.desk.leap(self.markets[0], &other.desk);
        if leaps {
            self.now = other.now;
        }
        leaps
    }

    /// The session wants something.
    pub fn command(&mut self, command: Command) {
        self.tick();
        self.step(Input::Command(command));
    }

    /// What the desk has said since the last time.
    pub fn take_told(&mut self) -> Vec<Response> {
        std::mem::take(&mut self.told)
    }

    /// True where the desk has said something.
    #[must_use]
    #[inline]
    pub fn has_told(&self) -> bool {
        !self.told.is_empty()
    }

    /// The time up to which the venue has come.
    #[must_use]
    #[inline]
    pub fn now(&self) -> UnixNanos {
        self.now
    }

    /// The displayed book of a market.
    #[must_use]
    #[inline]
    pub fn displayed(&self, market: usize) -> &Book {
        self.desk.displayed(self.markets[market])
    }

    /// What the displayed book of a market holds near the touch.
    #[must_use]
    #[inline]
    pub fn follow_band(&mut self, market: usize, bps: f64, min_ticks: u32) -> Option<Band> {
        self.desk.follow_band(self.markets[market], bps, min_ticks)
    }

    fn tick(&mut self) {
        let grid = self.now.0 / TICK_NS;
        if grid > self.ticked {
            self.ticked = grid;
            self.step(Input::Tick { exchange_now: UnixNanos(grid * TICK_NS) });
        }
    }

    fn step(&mut self, input: Input) {
        let outputs = self.desk.step(input, self.now);
        self.take(outputs);
    }

    #[inline]
    fn take(&mut self, outputs: Vec<Output>) {
        if !outputs.is_empty() {
            self.act(outputs);
        }
    }

    fn act(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Respond(response) => self.told.push(response),
                // Nothing of a backtest outlives it: what is to be kept is as good as kept.
                Output::Keep(_) => self.step(Input::Journal(Ok(()))),
                Output::PublishSnapshot(_) | Output::StateChanged { .. } | Output::Alert(_) => {}
            }
        }
    }
}

fn no_limits() -> DeskConfig {
    DeskConfig {
        max_order_notional: Decimal::MAX,
        max_exposure: Decimal::MAX,
        heartbeat_timeout_ms: i64::MAX / NANOS_PER_MILLI,
        breaker: BreakerConfig {
            consecutive_failures: u32::MAX,
            failure_rate: f64::INFINITY,
            window_ns: 1,
            min_samples: usize::MAX,
            open_ns: 1,
        },
        rate_limit: RateLimitConfig { calls: u32::MAX, window_ns: 1, reserve: 0 },
    }
}
