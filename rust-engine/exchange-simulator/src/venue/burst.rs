//! A burst: the venue's own extra prints and book changes, with ids that stay contiguous.

use common::market::{Side, Symbol};
use common::time::{NANOS_PER_SECOND, UnixNanos};

/// Of five messages of a burst, one is a book change.
const MESSAGES_PER_DEPTH: u64 = 5;

/// A running burst on one symbol.
#[derive(Clone, Debug)]
pub struct Burst {
    symbol: Symbol,
    begun_at: UnixNanos,
    ends_at: UnixNanos,
    per_second: u64,
    made: u64,
}

/// What a burst adds next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// A print of the smallest quantity at the best price.
    Print(Side),
    /// A book change that repeats the best bid.
    Depth,
}

impl Burst {
    /// Begins at `now`.
    #[must_use]
    pub fn new(symbol: Symbol, now: UnixNanos, per_second: u64, length_ns: i64) -> Self {
        Self { symbol, begun_at: now, ends_at: now + length_ns, per_second: per_second.max(1), made: 0 }
    }

    /// Where it happens.
    #[must_use]
    pub fn symbol(&self) -> &Symbol {
        &self.symbol
    }

    /// When the next message is due; `None` once it is over.
    #[must_use]
    pub fn next_at(&self) -> Option<UnixNanos> {
        let after = i128::from(self.made) * i128::from(NANOS_PER_SECOND) / i128::from(self.per_second);
        let at = self.begun_at + i64::try_from(after).unwrap_or(i64::MAX / 4);
        (at < self.ends_at).then_some(at)
    }

    /// Takes the next message.
    pub fn take(&mut self) -> Extra {
        self.made += 1;
        match self.made % MESSAGES_PER_DEPTH {
            0 => Extra::Depth,
            odd if odd % 2 == 1 => Extra::Print(Side::Buy),
            _ => Extra::Print(Side::Sell),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_the_rate_for_the_time_and_ends() {
        let mut burst = Burst::new(Symbol::new("A"), UnixNanos(7), 1_000, 2 * NANOS_PER_SECOND);
        let mut depths = 0;
        let mut count = 0;
        while let Some(at) = burst.next_at() {
            assert_eq!(at.0, 7 + count * 1_000_000);
            depths += u64::from(burst.take() == Extra::Depth);
            count += 1;
        }
        assert_eq!((count, depths), (2_000, 400));
    }
}
