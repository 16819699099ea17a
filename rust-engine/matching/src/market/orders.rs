//! What becomes of an order that has arrived: it takes, rests, waits for its stop, or is turned away.

use common::market::{Side, TradePrint};
use common::number::{Price, Qty, notional};
use common::order::TimeInForce;
use common::time::UnixNanos;
use rust_decimal::Decimal;

use super::{Market, Stop, Working};
use crate::order::{Expiry, Fill, Liquidity, NewOrder, Outcome, Pricing, Refusal};
use crate::owner::Owner;
use crate::queue::Resting;

impl Market {
    pub(super) fn enter(&mut self, order: &NewOrder, at: UnixNanos, out: &mut impl Owner) {
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

    pub(super) fn rest(&mut self, order: &Working, limit: Price, quantity: Qty, at: UnixNanos) {
        let displayed = self.book.quantity_at(order.side, limit);
        self.queue.join(order.side, Resting::new(order.key, limit, quantity, at, displayed));
    }

    fn crosses(&self, side: Side, limit: Price) -> bool {
        let smallest = Qty::from_raw(1).expect("one is not negative");
        !self.gone.available(&self.book, side, Some(limit), smallest).is_empty()
    }

    pub(super) fn wake_stops(&mut self, print: &TradePrint, out: &mut impl Owner) {
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
