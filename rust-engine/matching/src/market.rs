//! One symbol's market as our orders meet it.

use common::market::{BookChange, Side, TradePrint};
use common::number::{Price, Qty, notional};
use common::order::TimeInForce;
use common::time::UnixNanos;
use orderbook::{Band, Book};
use rust_decimal::Decimal;

use crate::arrivals::{Arrival, Arrivals, Sent};
use crate::model::Model;
use crate::order::{Expiry, Fill, Liquidity, NewOrder, OrderKey, Outcome, Pricing, Refusal};
use crate::owner::Owner;
use crate::queue::{Queue, Resting};
use crate::taking::Gone;

#[derive(Clone, Copy, Debug)]
struct Stop {
    order: Working,
    stop: Price,
    limit: Price,
    since: UnixNanos,
}

/// What of an order still works.
#[derive(Clone, Copy, Debug)]
struct Working {
    key: OrderKey,
    side: Side,
    quantity: Qty,
    time_in_force: TimeInForce,
}

/// One symbol's displayed book, our orders in it, and the exchange time up to which it has seen the market.
///
/// Feed it the venue's events in the order of their arrival; it tells an [`Owner`] what becomes of orders.
///
/// ```
/// use common::market::{BookChange, Level, Side, Symbol};
/// use common::order::{OrderRequest, OrderType, Purpose, TimeInForce};
/// use common::time::UnixNanos;
/// use matching::{FeeRates, FillModel, Market, Model, NewOrder, OrderKey, Outcome};
///
/// let fees = FeeRates { maker: "0.0005".parse().unwrap(), taker: "0.001".parse().unwrap() };
/// let model =
///     Model { fill_model: FillModel::Queue, order_latency_ns: 50, fees, slippage_bps: "0".parse().unwrap() };
/// let mut market = Market::new(model, "0.01".parse().unwrap());
/// let mut out = Vec::new();
/// let ask = Level { price: "100".parse().unwrap(), quantity: "2".parse().unwrap() };
/// let symbol = Symbol::new("BTCUSDT");
/// let snapshot = BookChange {
///     symbol: symbol.clone(), replaces_all: true, bids: vec![], asks: vec![ask], final_update_id: 1,
///     exchange_ts: UnixNanos(1_000), recv_ts: UnixNanos(1_000),
/// };
/// market.on_book(&snapshot, &mut out);
/// let request = OrderRequest {
///     client_order_id: "run-1".into(), symbol, side: Side::Buy, order_type: OrderType::Market, price: None,
///     quantity: "0.5".parse().unwrap(), time_in_force: TimeInForce::Gtc, stop_price: None, iceberg_qty: None,
///     purpose: Purpose::Entry, decided_at: UnixNanos(1_000),
/// };
/// let order = NewOrder::from_request(OrderKey(1), &request).unwrap();
/// assert_eq!(market.place(order, request.decided_at, &mut out).effective_at, UnixNanos(1_050));
/// market.on_tick(UnixNanos(1_100), &mut out);
/// assert!(matches!(&out[..], [Outcome::Accepted { .. }, Outcome::Filled(fill)] if fill.at == UnixNanos(1_050)));
/// ```
#[derive(Clone, Debug)]
pub struct Market {
    model: Model,
    tick_size: Price,
    book: Book,
    told_at: UnixNanos,
    last_price: Option<Price>,
    now: UnixNanos,
    arrivals: Arrivals,
    queue: Queue,
    stops: Vec<Stop>,
    gone: Gone,
}

impl Market {
    /// An empty market. A zero `tick_size` lets slippage use all 8 decimals.
    #[must_use]
    pub fn new(model: Model, tick_size: Price) -> Self {
        Self {
            model,
            tick_size,
            book: Book::new(),
            told_at: UnixNanos::ZERO,
            last_price: None,
            now: UnixNanos::ZERO,
            arrivals: Arrivals::default(),
            queue: Queue::default(),
            stops: Vec::new(),
            gone: Gone::default(),
        }
    }

    /// The venue changed its tick.
    pub fn set_tick_size(&mut self, tick_size: Price) {
        self.tick_size = tick_size;
    }

    /// The displayed book.
    #[must_use]
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// What the displayed book holds near the touch; see [`Book::follow_band`].
    #[must_use]
    pub fn follow_band(&mut self, bps: f64, min_ticks: u32) -> Option<Band> {
        self.book.follow_band(bps, min_ticks, self.tick_size)
    }

    /// The exchange time up to which the market has been seen.
    #[must_use]
    pub fn now(&self) -> UnixNanos {
        self.now
    }

    /// Sends an order that was decided at `decided_at`; it arrives a latency later.
    pub fn place(&mut self, order: NewOrder, decided_at: UnixNanos, out: &mut impl Owner) -> Arrival {
        self.send(self.arrival_of(decided_at), Sent::Place(order), out)
    }

    /// Sends a cancel that was decided at `decided_at`; it arrives a latency later, and never before its order.
    pub fn cancel(&mut self, key: OrderKey, decided_at: UnixNanos, out: &mut impl Owner) -> Arrival {
        let arrives = self.arrival_of(decided_at);
        let after_order = self.arrivals.arrival_of(key).map_or(arrives, |placed| placed.max(arrives));
        self.send(after_order, Sent::Cancel(key), out)
    }

    /// An order that works already stands here again, at the back of its queue: it is not accepted anew, and takes
    /// nothing. What can only take cannot stand.
    pub fn stand(&mut self, order: &NewOrder) {
        let &NewOrder { key, side, pricing, quantity, time_in_force } = order;
        let working = Working { key, side, quantity, time_in_force };
        match pricing {
            Pricing::Market => {}
            Pricing::Limit(limit) | Pricing::LimitMaker(limit) => self.rest(&working, limit, quantity, self.now),
            Pricing::StopLossLimit { stop, limit } => {
                self.stops.push(Stop { order: working, stop, limit, since: self.now });
            }
        }
    }

    /// The book changed; says how many of its levels did, none where the whole book was told anew.
    pub fn on_book(&mut self, change: &BookChange, out: &mut impl Owner) -> usize {
        self.pass_to(change.exchange_ts, change.exchange_ts, out);
        let changed = if change.replaces_all {
            self.book.apply_snapshot(&change.bids, &change.asks);
            0
        } else {
            self.book.apply_diff(&change.bids, &change.asks)
        };
        self.told_at = self.told_at.max(change.exchange_ts);
        self.gone.told(change);
        if !self.queue.is_empty() {
            self.queue.told(change, &self.book);
        }
        changed
    }

    /// The market traded.
    pub fn on_print(&mut self, print: &TradePrint, out: &mut impl Owner) {
        self.pass_to(print.exchange_ts, print.exchange_ts, out);
        self.last_price = Some(print.price);
        self.gone.print(print, self.told_at);
        if !self.queue.is_empty() {
            let (fees, at) = (self.model.fees, print.exchange_ts);
            self.queue.print(print, self.model.fill_model, |side, key, price, quantity| {
                let (fee, fee_asset) = fees.fee(side, price, quantity, Liquidity::Maker);
                out.hear(Outcome::Filled(Fill {
                    key,
                    price,
                    quantity,
                    liquidity: Liquidity::Maker,
                    fee,
                    fee_asset,
                    at,
                }));
            });
        }
        if !self.stops.is_empty() {
            self.wake_stops(print, out);
        }
    }

    /// Nothing else happened up to and including `exchange_now`.
    pub fn on_tick(&mut self, exchange_now: UnixNanos, out: &mut impl Owner) {
        self.pass_to(exchange_now, UnixNanos(exchange_now.0.saturating_add(1)), out);
    }

    /// Decision times come from outside: even an absurd one must not overflow.
    fn arrival_of(&self, decided_at: UnixNanos) -> UnixNanos {
        UnixNanos(decided_at.0.saturating_add(self.model.order_latency_ns))
    }

    /// Lets everything arrive that is effective before `end`; then it is `now`.
    fn pass_to(&mut self, now: UnixNanos, end: UnixNanos, out: &mut impl Owner) {
        while let Some((at, message)) = self.arrivals.next_before(end) {
            self.deliver(message, at, out);
        }
        self.now = self.now.max(now);
    }

    fn send(&mut self, effective_at: UnixNanos, message: Sent, out: &mut impl Owner) -> Arrival {
        let late = effective_at < self.now;
        if late {
            self.deliver(message, self.now, out);
            return Arrival { effective_at: self.now, late };
        }
        self.arrivals.send(effective_at, message);
        Arrival { effective_at, late }
    }

    fn deliver(&mut self, message: Sent, at: UnixNanos, out: &mut impl Owner) {
        match message {
            Sent::Place(order) => self.enter(&order, at, out),
            Sent::Cancel(key) => {
                let stops = self.stops.len();
                self.stops.retain(|stop| stop.order.key != key);
                let working = self.stops.len() < stops || self.queue.leave(key);
                out.hear(if working { Outcome::Canceled { key, at } } else { Outcome::CancelRefused { key, at } });
            }
        }
    }

    fn enter(&mut self, order: &NewOrder, at: UnixNanos, out: &mut impl Owner) {
        let &NewOrder { key, side, pricing, quantity, time_in_force } = order;
        let refusal = match pricing {
            Pricing::LimitMaker(limit) if self.crosses(side, limit) => Some(Refusal::WouldTake),
            Pricing::StopLossLimit { stop, .. } if self.last_price.is_some_and(|last| reaches(side, last, stop)) => {
                Some(Refusal::WouldTrigger)
            }
            _ if !out.covers(key, self.spends(order)) => Some(Refusal::NotCovered),
            _ => None,
        };
        if let Some(refusal) = refusal {
            out.hear(Outcome::Refused { key, refusal, at });
            return;
        }
        out.hear(Outcome::Accepted { key, at });
        let working = Working { key, side, quantity, time_in_force };
        match pricing {
            Pricing::Market => {
                if !self.take(&working, None, at, out).is_zero() {
                    out.hear(Outcome::Expired { key, expiry: Expiry::NoLiquidity, at });
                }
            }
            Pricing::Limit(limit) => self.work(&working, limit, at, out),
            Pricing::LimitMaker(limit) => self.rest(&working, limit, quantity, at),
            Pricing::StopLossLimit { stop, limit } => self.stops.push(Stop { order: working, stop, limit, since: at }),
        }
    }

    /// Takes what a limit order can have at once; the rest waits or expires.
    fn work(&mut self, order: &Working, limit: Price, at: UnixNanos, out: &mut impl Owner) {
        let key = order.key;
        if order.time_in_force == TimeInForce::Fok {
            let there = self.gone.available(&self.book, order.side, Some(limit), order.quantity);
            let sum = there.iter().fold(Qty::ZERO, |sum, level| sum.checked_add(level.quantity).unwrap_or(sum));
            if sum < order.quantity {
                out.hear(Outcome::Expired { key, expiry: Expiry::Fok, at });
                return;
            }
        }
        let left = self.take(order, Some(limit), at, out);
        if left.is_zero() {
            return;
        }
        match order.time_in_force {
            TimeInForce::Gtc => self.rest(order, limit, left, at),
            TimeInForce::Ioc | TimeInForce::Fok => out.hear(Outcome::Expired { key, expiry: Expiry::Ioc, at }),
        }
    }

    /// Walks the displayed levels and returns what could not be had.
    fn take(&mut self, order: &Working, limit: Option<Price>, at: UnixNanos, out: &mut impl Owner) -> Qty {
        let mut left = order.quantity;
        for level in self.gone.available(&self.book, order.side, limit, order.quantity) {
            self.gone.take(order.side, level);
            left = left.saturating_sub(level.quantity);
            let price = self.model.slipped(order.side, level.price, limit, self.tick_size);
            let (fee, fee_asset) = self.model.fees.fee(order.side, price, level.quantity, Liquidity::Taker);
            let (key, quantity) = (order.key, level.quantity);
            out.hear(Outcome::Filled(Fill { key, price, quantity, liquidity: Liquidity::Taker, fee, fee_asset, at }));
        }
        left
    }

    /// The most that an order can spend: quote units of a purchase, base units of a sale.
    fn spends(&self, order: &NewOrder) -> Decimal {
        match (order.side, order.pricing) {
            (Side::Sell, _) => order.quantity.decimal(),
            (Side::Buy, Pricing::Limit(limit) | Pricing::LimitMaker(limit) | Pricing::StopLossLimit { limit, .. }) => {
                notional(limit, order.quantity)
            }
            (Side::Buy, Pricing::Market) => {
                let there = self.gone.available(&self.book, Side::Buy, None, order.quantity);
                let slipped = |price| self.model.slipped(Side::Buy, price, None, self.tick_size);
                there.iter().map(|level| notional(slipped(level.price), level.quantity)).sum()
            }
        }
    }

    fn rest(&mut self, order: &Working, limit: Price, quantity: Qty, at: UnixNanos) {
        let displayed = self.book.quantity_at(order.side, limit);
        self.queue.join(order.side, Resting::new(order.key, limit, quantity, at, displayed));
    }

    fn crosses(&self, side: Side, limit: Price) -> bool {
        let smallest = Qty::from_raw(1).expect("one is not negative");
        !self.gone.available(&self.book, side, Some(limit), smallest).is_empty()
    }

    fn wake_stops(&mut self, print: &TradePrint, out: &mut impl Owner) {
        let (price, at) = (print.price, print.exchange_ts);
        let woken: Vec<Stop> =
            self.stops.extract_if(.., |held| at > held.since && reaches(held.order.side, price, held.stop)).collect();
        for stop in woken {
            self.work(&stop.order, stop.limit, at, out);
        }
    }
}

/// True where a stop order of this side wakes at `last`.
fn reaches(side: Side, last: Price, stop: Price) -> bool {
    match side {
        Side::Buy => last >= stop,
        Side::Sell => last <= stop,
    }
}
