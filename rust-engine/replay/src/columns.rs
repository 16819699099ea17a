//! A symbol's market in columns, in the order of receipt. A row is a print or one price level that a frame told.

use common::market::{BookChange, Level, Side, TradePrint};
use common::time::UnixNanos;

use crate::rows::Rows;

/// What a row is, and what is true of its frame: the values of the column `kind`.
pub mod kind {
    /// A print whose aggressor bought.
    pub const BUY_PRINT: u8 = 0;
    /// A print whose aggressor sold.
    pub const SELL_PRINT: u8 = 1;
    /// A bid level; quantity zero removes it.
    pub const BID: u8 = 2;
    /// An ask level; quantity zero removes it.
    pub const ASK: u8 = 3;
    /// The part of a kind that tells these four apart.
    pub const WHAT: u8 = 3;
    /// Added to the last level of a frame.
    pub const LAST: u8 = 16;
    /// Added to every level of a frame that tells the whole book.
    pub const REPLACES: u8 = 32;
    /// Added to every level of a frame whose book is suspect.
    pub const SUSPECT: u8 = 64;
}

/// The columns. Times in nanoseconds; prices and quantities in hundred-millionths, as [`Price`] and [`Qty`] count them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// What each row is: see [`kind`].
    pub kind: Vec<u8>,
    /// When it happened, on the exchange's clock.
    pub exchange_ts_ns: Vec<i64>,
    /// When it was received.
    pub recv_ts_ns: Vec<i64>,
    /// A print's trade id; a level's final update id.
    pub id: Vec<u64>,
    /// Quote units per base unit.
    pub price: Vec<i64>,
    /// Base units.
    pub quantity: Vec<i64>,
}

impl Columns {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kind.len()
    }

    /// True without a row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kind.is_empty()
    }

    /// Adds a print.
    pub fn print(&mut self, print: &TradePrint) {
        let what = match print.side {
            Side::Buy => kind::BUY_PRINT,
            Side::Sell => kind::SELL_PRINT,
        };
        let level = Level { price: print.price, quantity: print.quantity };
        self.push(what, print.exchange_ts, print.recv_ts, print.trade_id, level);
    }

    /// Adds a frame of the book; one that tells no level leaves no row.
    pub fn frame(&mut self, change: &BookChange, suspect: bool) {
        let mut flags = 0;
        if change.replaces_all {
            flags |= kind::REPLACES;
        }
        if suspect {
            flags |= kind::SUSPECT;
        }
        let bids = change.bids.iter().map(|level| (kind::BID, level));
        let levels = bids.chain(change.asks.iter().map(|level| (kind::ASK, level)));
        let before = self.len();
        for (side, &level) in levels {
            self.push(side | flags, change.exchange_ts, change.recv_ts, change.final_update_id, level);
        }
        if self.len() > before
            && let Some(last) = self.kind.last_mut()
        {
            *last |= kind::LAST;
        }
    }

    /// The rows, to read.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        Rows {
            kind: &self.kind,
            exchange_ts_ns: &self.exchange_ts_ns,
            recv_ts_ns: &self.recv_ts_ns,
            id: &self.id,
            price: &self.price,
            quantity: &self.quantity,
        }
    }

    fn push(&mut self, kind: u8, exchange_ts: UnixNanos, recv_ts: UnixNanos, id: u64, level: Level) {
        self.kind.push(kind);
        self.exchange_ts_ns.push(exchange_ts.0);
        self.recv_ts_ns.push(recv_ts.0);
        self.id.push(id);
        self.price.push(level.price.raw());
        self.quantity.push(level.quantity.raw());
    }
}
