//! Anything that can happen to a desk, drawn at random.

use common::market::{Side, Trust};
use common::order::{OrderRequest, OrderType};
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
pub(crate) enum Move {
    Place { number: u32, entry: bool, market: bool, price: i64, quantity: i64, stale: bool },
    Cancel { number: u32 },
    Query { number: u32 },
    Heartbeat,
    Print { side: Side, price: i64, quantity: i64 },
    Trust(Trust),
    Tick { after: i64 },
}

pub(crate) fn moves() -> impl Strategy<Value = Move> {
    let side = || prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let trust = prop_oneof![2 => Just(Trust::Trusted), 1 => Just(Trust::Broken), 1 => Just(Trust::Suspect)];
    prop_oneof![
        4 => (1..8_u32, any::<bool>(), prop::bool::weighted(0.2), 95..105_i64, 1..9_i64, prop::bool::weighted(0.1))
            .prop_map(|(number, entry, market, price, quantity, stale)| {
                Move::Place { number, entry, market, price, quantity, stale }
            }),
        2 => (1..8_u32).prop_map(|number| Move::Cancel { number }),
        1 => (1..8_u32).prop_map(|number| Move::Query { number }),
        1 => Just(Move::Heartbeat),
        4 => (side(), 95..105_i64, 1..9_i64)
            .prop_map(|(side, price, quantity)| Move::Print { side, price, quantity }),
        1 => trust.prop_map(Move::Trust),
        3 => prop_oneof![3 => 0..60_i64, 1 => 1_000..3_000_i64].prop_map(|after| Move::Tick { after }),
    ]
}

pub(crate) fn request(action: &Move, ms: i64) -> Option<OrderRequest> {
    let &Move::Place { number, entry: is_entry, market, price, quantity, .. } = action else { return None };
    let (price, quantity) = (price.to_string(), quantity.to_string());
    let make = if is_entry { entry } else { exit };
    let order = make(number, &price, &quantity, ms);
    Some(if market { OrderRequest { order_type: OrderType::Market, price: None, ..order } } else { order })
}

impl Bench {
    /// Lets a move happen; returns what was told.
    pub(crate) fn make(&mut self, number: usize, action: &Move) -> Vec<Response> {
        let ms = self.now_ms;
        let command_id = format!("c{number}");
        match action {
            Move::Place { .. } => self.place(&command_id, request(action, ms).unwrap()),
            Move::Cancel { number } => self.send(&command_id, cancel(*number, ms)),
            Move::Query { number } => vec![self.query(*number)],
            Move::Heartbeat => self.send(&command_id, CommandKind::Heartbeat {}),
            Move::Print { side, price, quantity } => {
                self.market(print(*side, &price.to_string(), &quantity.to_string(), ms))
            }
            Move::Trust(now) => self.market(trust(*now, ms)),
            Move::Tick { after } => responses(self.tick(ms + after)),
        }
    }
}
