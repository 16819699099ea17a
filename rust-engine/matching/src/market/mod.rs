//! One symbol's market as our orders meet it.

mod orders;

use common::market::{BookChange, Level, Side, TradePrint};
use common::number::{Price, Qty};
use common::order::TimeInForce;
use common::time::UnixNanos;
use orderbook::{Band, Book};

use crate::arrivals::{Arrival, Arrivals, Sent};
use crate::model::Model;
use crate::order::{Fill, Liquidity, NewOrder, OrderKey, Outcome, Pricing};
use crate::owner::Owner;
use crate::queue::Queue;
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

    /// Is nothing of ours in it or on its way to it, nor anything missing that we took?
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.arrivals.is_empty() && self.queue.is_empty() && self.stops.is_empty() && !self.gone.has_ours()
    }

    /// Takes from `other`, an untouched one, what it has seen of the same market. What is ours stays, so there must be
    /// nothing.
    pub fn leap(&mut self, other: &Self) {
        *self = Self { model: self.model, ..other.clone() };
    }

    /// The displayed book.
    #[must_use]
    #[inline]
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
        let BookChange { bids, asks, exchange_ts, .. } = change;
        if !change.replaces_all {
            let bids = bids.iter().map(|level| (Side::Buy, *level));
            return self.on_levels(*exchange_ts, bids.chain(asks.iter().map(|level| (Side::Sell, *level))), out);
        }
        self.pass_to(*exchange_ts, *exchange_ts, out);
        self.book.apply_snapshot(bids, asks);
        self.told_at = self.told_at.max(*exchange_ts);
        self.gone.told_anew(*exchange_ts);
        self.queue.told_anew(change, &self.book);
        0
    }

    /// Levels of the book changed at `exchange_ts`; says how many did.
    #[inline]
    pub fn on_levels(
        &mut self,
        exchange_ts: UnixNanos,
        levels: impl IntoIterator<Item = (Side, Level)>,
        out: &mut impl Owner,
    ) -> usize {
        self.pass_to(exchange_ts, exchange_ts, out);
        self.told_at = self.told_at.max(exchange_ts);
        self.gone.told(exchange_ts);
        let concerns_us = self.gone.has_ours() || !self.queue.is_empty();
        let mut changed = 0;
        for (side, level) in levels {
            changed += usize::from(self.book.set(side, level));
            if concerns_us {
                self.gone.told_level(side, level.price);
                self.queue.told_level(side, level, exchange_ts);
            }
        }
        changed
    }

    /// The market traded.
    #[inline]
    pub fn on_print(&mut self, print: &TradePrint, out: &mut impl Owner) {
        self.pass_to(print.exchange_ts, print.exchange_ts, out);
        self.last_price = Some(print.price);
        self.gone.print(print, self.told_at);
        if !self.queue.is_empty() {
            self.serve(print, out);
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

    /// Shares a print among our orders that rest.
    fn serve(&mut self, print: &TradePrint, out: &mut impl Owner) {
        let (fees, at, liquidity) = (self.model.fees, print.exchange_ts, Liquidity::Maker);
        self.queue.print(print, self.model.fill_model, |side, key, price, quantity| {
            let (fee, fee_asset) = fees.fee(side, price, quantity, liquidity);
            out.hear(Outcome::Filled(Fill { key, price, quantity, liquidity, fee, fee_asset, at }));
        });
    }

    /// Lets everything arrive that is effective before `end`; then it is `now`.
    #[inline]
    fn pass_to(&mut self, now: UnixNanos, end: UnixNanos, out: &mut impl Owner) {
        if !self.arrivals.is_empty() {
            self.let_arrive(end, out);
        }
        self.now = self.now.max(now);
    }

    #[cold]
    fn let_arrive(&mut self, end: UnixNanos, out: &mut impl Owner) {
        while let Some((at, message)) = self.arrivals.next_before(end) {
            self.deliver(message, at, out);
        }
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
}
