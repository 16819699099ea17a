//! Who is served by a print: our resting orders in price-time order, each behind the queue it joined.

use common::market::{BookChange, Level, Side, TradePrint};
use common::number::{Price, Qty};
use common::time::UnixNanos;
use orderbook::Book;

use crate::model::FillModel;
use crate::order::OrderKey;

/// One of our orders in a queue.
#[derive(Clone, Debug)]
pub(crate) struct Resting {
    pub(crate) key: OrderKey,
    pub(crate) price: Price,
    pub(crate) remaining: Qty,
    /// When it joined: what printed until then was before its time.
    pub(crate) since: UnixNanos,
    /// Displayed quantity that is served before it.
    ahead: Qty,
    /// The same before the venue last told its level.
    ahead_before: Qty,
    told_at: UnixNanos,
}

impl Resting {
    pub(crate) fn new(key: OrderKey, price: Price, remaining: Qty, since: UnixNanos, displayed: Qty) -> Self {
        Self { key, price, remaining, since, ahead: displayed, ahead_before: displayed, told_at: UnixNanos::ZERO }
    }

    fn told(&mut self, displayed: Qty, at: UnixNanos) {
        self.ahead_before = self.ahead;
        self.ahead = self.ahead.min(displayed);
        self.told_at = at;
    }

    /// Lets those ahead have their share of `quantity`, printed at `at`, and returns what is left.
    ///
    /// Prints and books come on different streams. A print from before the last told level is in that level already:
    /// it is matched against the queue as it stood then, or it would use up the queue twice.
    fn serve_ahead(&mut self, quantity: Qty, at: UnixNanos) -> Qty {
        let late = at <= self.told_at;
        let queue = if late { &mut self.ahead_before } else { &mut self.ahead };
        let served = quantity.min(*queue);
        *queue = queue.saturating_sub(served);
        if late {
            self.ahead = self.ahead.min(self.ahead_before);
        }
        quantity.saturating_sub(served)
    }

    fn nobody_ahead(&mut self) {
        self.ahead = Qty::ZERO;
        self.ahead_before = Qty::ZERO;
    }
}

/// Our resting orders of one symbol.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    /// Highest price first, then by arrival.
    buys: Vec<Resting>,
    /// Lowest price first, then by arrival.
    sells: Vec<Resting>,
}

impl Queue {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.buys.is_empty() && self.sells.is_empty()
    }

    pub(crate) fn join(&mut self, side: Side, order: Resting) {
        let orders = self.of(side);
        let at = orders.partition_point(|held| held.price == order.price || is_better(side, held.price, order.price));
        orders.insert(at, order);
    }

    pub(crate) fn leave(&mut self, key: OrderKey) -> bool {
        [&mut self.buys, &mut self.sells].into_iter().any(|orders| {
            let at = orders.iter().position(|held| held.key == key);
            at.map(|at| orders.remove(at)).is_some()
        })
    }

    /// The venue told a level: nobody is ahead that is not displayed.
    pub(crate) fn told_level(&mut self, side: Side, level: Level, at: UnixNanos) {
        let orders = self.of(side);
        let from = orders.partition_point(|held| is_better(side, held.price, level.price));
        for order in orders[from..].iter_mut().take_while(|held| held.price == level.price) {
            order.told(level.quantity, at);
        }
    }

    /// The venue told the whole book, which is now `book`; of what lies beyond its last level it says nothing.
    pub(crate) fn told_anew(&mut self, change: &BookChange, book: &Book) {
        for (side, levels) in [(Side::Buy, &change.bids), (Side::Sell, &change.asks)] {
            let worst = worst_price(side, levels);
            for order in self.of(side) {
                if worst.is_none_or(|worst| !is_better(side, worst, order.price)) {
                    order.told(book.quantity_at(side, order.price), change.exchange_ts);
                }
            }
        }
    }

    /// Shares a print among our orders, once, and tells each fill.
    pub(crate) fn print(
        &mut self,
        print: &TradePrint,
        model: FillModel,
        mut filled: impl FnMut(Side, OrderKey, Price, Qty),
    ) {
        let mut left = print.quantity;
        for side in [Side::Buy, Side::Sell] {
            let orders = self.of(side);
            let mut any = false;
            for order in orders.iter_mut() {
                if is_better(side, print.price, order.price) {
                    break;
                }
                if print.exchange_ts <= order.since {
                    continue;
                }
                let share = share_of(order, side, print, model, left).min(order.remaining);
                if !share.is_zero() {
                    order.remaining = order.remaining.saturating_sub(share);
                    left = left.saturating_sub(share);
                    any = true;
                    filled(side, order.key, order.price, share);
                }
            }
            if any {
                orders.retain(|order| !order.remaining.is_zero());
            }
        }
    }

    fn of(&mut self, side: Side) -> &mut Vec<Resting> {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }
}

/// What an order at or beyond the print's price may have of `left`.
fn share_of(order: &mut Resting, side: Side, print: &TradePrint, model: FillModel, left: Qty) -> Qty {
    let through = order.price != print.price;
    match model {
        _ if through => {
            order.nobody_ahead();
            left
        }
        FillModel::Touch => left,
        FillModel::Through => Qty::ZERO,
        // Its aggressor took from the other side: nobody in this queue traded.
        FillModel::Queue if print.side == side => Qty::ZERO,
        FillModel::Queue => order.serve_ahead(left, print.exchange_ts),
    }
}

/// True where an order of this side at `price` is served before one at `other`.
#[inline]
pub(crate) fn is_better(side: Side, price: Price, other: Price) -> bool {
    match side {
        Side::Buy => price > other,
        Side::Sell => price < other,
    }
}

fn worst_price(side: Side, levels: &[Level]) -> Option<Price> {
    let prices = levels.iter().map(|level| level.price);
    match side {
        Side::Buy => prices.min(),
        Side::Sell => prices.max(),
    }
}
