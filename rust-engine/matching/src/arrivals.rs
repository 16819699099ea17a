//! The latency model: what has been sent and has not arrived.

use std::collections::BTreeMap;

use common::time::UnixNanos;

use crate::order::{NewOrder, OrderKey};

/// When a message becomes effective at the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Exchange time from which it counts.
    pub effective_at: UnixNanos,
    /// True when that moment had passed already: it counts from now on, and a replay may differ.
    pub late: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Sent {
    Place(NewOrder),
    Cancel(OrderKey),
}

/// Messages under way, by arrival time and then by the order of sending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrivals {
    under_way: BTreeMap<(UnixNanos, u64), Sent>,
    sent: u64,
}

impl Arrivals {
    pub(crate) fn send(&mut self, effective_at: UnixNanos, message: Sent) {
        self.sent += 1;
        self.under_way.insert((effective_at, self.sent), message);
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// The next message effective before `end`, if there is one.
    pub(crate) fn next_before(&mut self, end: UnixNanos) -> Option<(UnixNanos, Sent)> {
        let (&(effective_at, _), _) = self.under_way.first_key_value()?;
        if effective_at >= end {
            return None;
        }
        self.under_way.pop_first().map(|((at, _), message)| (at, message))
    }

    /// When the order under this key arrives, where it has not.
    pub(crate) fn arrival_of(&self, key: OrderKey) -> Option<UnixNanos> {
        self.under_way
            .iter()
            .find(|(_, message)| matches!(message, Sent::Place(order) if order.key == key))
            .map(|((at, _), _)| *at)
    }
}
