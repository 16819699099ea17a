//! A desk with one known, trusted symbol, and the words to talk to it.

#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod moves;

use common::market::{BookChange, Instrument, Level, MarketEvent, Side, Symbol, TradePrint, Trust};
use common::order::{OrderRequest, OrderType, Purpose, TimeInForce};
use common::time::{NANOS_PER_MILLI, NANOS_PER_SECOND, UnixNanos};
use common::wire::{Command, CommandKind, EngineState, ErrorType, Execution, Response};
use execution_engine::{
    BreakerConfig, DeskConfig, ExecutorReport, FillModel, Input, JournalEntry, Output, PaperAccount, PaperConfig,
    PaperDesk, RateLimitConfig, Reported,
};
use rust_decimal::Decimal;

/// Where tests begin: late enough that nothing before it is negative.
pub(crate) const START_MS: i64 = 1_700_000_000_000;

pub(crate) fn at(ms: i64) -> UnixNanos {
    UnixNanos((START_MS + ms) * NANOS_PER_MILLI)
}

pub(crate) fn symbol() -> Symbol {
    Symbol::new("TRXUSDT")
}

pub(crate) fn rules() -> Instrument {
    Instrument {
        symbol: symbol(),
        base: "TRX".into(),
        quote: "USDT".into(),
        tick_size: "0.01".parse().unwrap(),
        min_price: "0.01".parse().unwrap(),
        max_price: "1000".parse().unwrap(),
        step_size: "0.1".parse().unwrap(),
        min_quantity: "0.1".parse().unwrap(),
        max_quantity: "9000".parse().unwrap(),
        min_notional: "5".parse().unwrap(),
        max_notional: "100000".parse().unwrap(),
        bid_multiplier_up: "5".parse().unwrap(),
        bid_multiplier_down: "0.2".parse().unwrap(),
        ask_multiplier_up: "5".parse().unwrap(),
        ask_multiplier_down: "0.2".parse().unwrap(),
    }
}

pub(crate) fn desk_config() -> DeskConfig {
    DeskConfig {
        max_order_notional: Decimal::from(1_000),
        max_exposure: Decimal::from(2_000),
        heartbeat_timeout_ms: 2_000,
        breaker: BreakerConfig {
            consecutive_failures: 3,
            failure_rate: 0.5,
            window_ns: 60 * NANOS_PER_SECOND,
            min_samples: 10,
            open_ns: 30 * NANOS_PER_SECOND,
        },
        rate_limit: RateLimitConfig { calls: 50, window_ns: 10 * NANOS_PER_SECOND, reserve: 10 },
    }
}

pub(crate) fn paper_config() -> PaperConfig {
    PaperConfig {
        order_latency_ms: 50.0,
        fill_model: FillModel::Queue,
        maker_fee_rate: Decimal::new(5, 4),
        taker_fee_rate: Decimal::new(1, 3),
        slippage_bps: Decimal::ZERO,
    }
}

pub(crate) fn level(price: &str, quantity: &str) -> Level {
    Level { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() }
}

pub(crate) fn book(bids: &[(&str, &str)], asks: &[(&str, &str)], ms: i64) -> MarketEvent {
    let levels = |side: &[(&str, &str)]| side.iter().map(|(price, quantity)| level(price, quantity)).collect();
    MarketEvent::Book(BookChange {
        symbol: symbol(),
        replaces_all: true,
        bids: levels(bids),
        asks: levels(asks),
        final_update_id: 1,
        exchange_ts: at(ms),
        recv_ts: at(ms),
    })
}

pub(crate) fn print(side: Side, price: &str, quantity: &str, ms: i64) -> MarketEvent {
    MarketEvent::Trade(TradePrint {
        symbol: symbol(),
        trade_id: 1,
        price: price.parse().unwrap(),
        quantity: quantity.parse().unwrap(),
        side,
        exchange_ts: at(ms),
        recv_ts: at(ms),
    })
}

pub(crate) fn trust(trust: Trust, ms: i64) -> MarketEvent {
    MarketEvent::Trust { symbol: symbol(), trust, exchange_ts: at(ms) }
}

pub(crate) fn entry(number: u32, price: &str, quantity: &str, ms: i64) -> OrderRequest {
    OrderRequest {
        client_order_id: format!("run-{number}"),
        symbol: symbol(),
        side: Side::Buy,
        order_type: OrderType::Limit,
        price: Some(price.parse().unwrap()),
        quantity: quantity.parse().unwrap(),
        time_in_force: TimeInForce::Gtc,
        stop_price: None,
        iceberg_qty: None,
        purpose: Purpose::Entry,
        decided_at: at(ms),
    }
}

pub(crate) fn exit(number: u32, price: &str, quantity: &str, ms: i64) -> OrderRequest {
    OrderRequest { side: Side::Sell, purpose: Purpose::Exit, ..entry(number, price, quantity, ms) }
}

pub(crate) fn command(command_id: &str, kind: CommandKind, expires_ms: i64) -> Command {
    Command { command_id: command_id.into(), trace_id: "t".into(), expires_at: at(expires_ms), kind }
}

pub(crate) fn cancel(number: u32, ms: i64) -> CommandKind {
    CommandKind::CancelOrder { client_order_id: format!("run-{number}"), symbol: symbol(), decided_at: at(ms) }
}

pub(crate) fn report(number: u32, what: Reported, ms: i64) -> Input {
    let client_order_id = format!("run-{number}");
    Input::Report(ExecutorReport { client_order_id, exchange_order_id: Some(format!("v-{number}")), at: at(ms), what })
}

pub(crate) fn account() -> PaperAccount {
    PaperAccount::born(at(0), Decimal::from(10_000))
}

/// A paper desk whose wall clock equals the exchange's, and a journal that keeps everything while it works.
pub(crate) struct Bench {
    pub(crate) desk: PaperDesk,
    pub(crate) now_ms: i64,
    pub(crate) journal: Vec<JournalEntry>,
    /// Why the journal cannot be written, while it cannot.
    pub(crate) fault: Option<String>,
}

impl Bench {
    /// A desk that knows nothing.
    pub(crate) fn cold() -> Self {
        let mut desk = PaperDesk::new(&desk_config(), &paper_config(), account());
        desk.begin(at(0));
        Self { desk, now_ms: 0, journal: Vec::new(), fault: None }
    }

    /// The desk dies, and another begins with what the journal holds; nothing is known of the market.
    pub(crate) fn reborn(&self) -> Self {
        let mut desk = PaperDesk::new(&desk_config(), &paper_config(), account());
        for entry in &self.journal {
            desk.replay(entry).unwrap();
        }
        desk.begin(at(self.now_ms));
        Self { desk, now_ms: self.now_ms, journal: self.journal.clone(), fault: None }
    }

    /// The market of [`Bench::live`], as it is told after a start.
    pub(crate) fn meet_market(&mut self) {
        let ms = self.now_ms;
        self.market(MarketEvent::Rules(rules()));
        self.market(book(&[("98", "10")], &[("101", "20"), ("102", "500")], ms));
        self.market(trust(Trust::Trusted, ms));
        self.market(print(Side::Buy, "100", "1", ms));
    }

    /// A live desk: rules known, 98 bid and 101 asked, 100 traded last.
    pub(crate) fn live() -> Self {
        let mut bench = Self::cold();
        bench.meet_market();
        assert_eq!(bench.state(), EngineState::Live);
        bench
    }

    pub(crate) fn state(&self) -> EngineState {
        self.desk.desk().state()
    }

    /// One step and what the journal says to it; what is told, without what was only kept.
    pub(crate) fn step(&mut self, input: Input) -> Vec<Output> {
        let now = at(self.now_ms);
        let mut told = self.desk.step(input, now);
        while let Some(Output::Keep(entries)) = told.pop_if(|last| matches!(last, Output::Keep(_))) {
            assert!(told.iter().all(|output| !matches!(output, Output::Keep(_))), "one at a time, and last");
            let kept = self.fault.clone().map_or(Ok(()), Err);
            if kept.is_ok() {
                self.journal.extend(entries);
            }
            told.extend(self.desk.step(Input::Journal(kept), now));
        }
        told
    }

    /// Has bought `quantity` at 101, less the fee.
    pub(crate) fn holding(quantity: &str) -> Self {
        let mut bench = Self::live();
        bench
            .place("hold", OrderRequest { order_type: OrderType::Market, price: None, ..entry(900, "0", quantity, 0) });
        let told = responses(bench.tick(50));
        assert_eq!(executions(&told).len(), 2, "{told:?}");
        bench.now_ms = 0;
        bench
    }

    pub(crate) fn market(&mut self, event: MarketEvent) -> Vec<Response> {
        responses(self.step(Input::Market(event)))
    }

    /// Sends a command that expires in a second.
    pub(crate) fn send(&mut self, command_id: &str, kind: CommandKind) -> Vec<Response> {
        let expires = self.now_ms + 1_000;
        responses(self.step(Input::Command(command(command_id, kind, expires))))
    }

    pub(crate) fn place(&mut self, command_id: &str, order: OrderRequest) -> Vec<Response> {
        self.send(command_id, CommandKind::PlaceOrder { order })
    }

    pub(crate) fn cancel(&mut self, command_id: &str, number: u32) -> Vec<Response> {
        self.send(command_id, cancel(number, self.now_ms))
    }

    pub(crate) fn query(&mut self, number: u32) -> Response {
        let client_order_id = format!("run-{number}");
        self.send("query", CommandKind::QueryOrder { client_order_id }).remove(0)
    }

    /// Lets time pass, on both clocks.
    pub(crate) fn tick(&mut self, ms: i64) -> Vec<Output> {
        self.now_ms = ms;
        self.step(Input::Tick { exchange_now: at(ms) })
    }
}

pub(crate) fn responses(outputs: Vec<Output>) -> Vec<Response> {
    let response = |output| match output {
        Output::Respond(response) => Some(response),
        _ => None,
    };
    outputs.into_iter().filter_map(response).collect()
}

/// The one refusal among responses.
pub(crate) fn refusal(responses: &[Response]) -> (ErrorType, &str) {
    match responses {
        [Response::Error { error_type, message, .. }] => (*error_type, message),
        other => panic!("one error expected: {other:?}"),
    }
}

pub(crate) fn executions(responses: &[Response]) -> Vec<&Execution> {
    let mut found = Vec::new();
    for response in responses {
        if let Response::OrderExecution(execution) = response {
            found.push(execution);
        }
    }
    found
}

/// The command that a response ends, if any.
pub(crate) fn ends(response: &Response) -> Option<&str> {
    match response {
        Response::OrderPlaced { command_id, .. }
        | Response::OrderCanceled { command_id, .. }
        | Response::OrderStatus { command_id, .. }
        | Response::OpenOrders { command_id, .. }
        | Response::Fills { command_id, .. }
        | Response::Account { command_id, .. }
        | Response::Error { command_id, .. }
        | Response::Success { command_id, .. } => Some(command_id),
        Response::OrderExecution(_) => None,
    }
}
