//! A symbol's market in columns, in the order of receipt. A row is a print or one price level that a frame told.

use common::market::{BookChange, Level, Side, Symbol, TradePrint};
use common::number::{Price, Qty};
use common::time::UnixNanos;
use orderbook::Book;

use crate::history::blank_change;

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

/// Columns that somebody else holds; all of one length.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// See [`Columns`].
    pub kind: &'a [u8],
    /// See [`Columns`].
    pub exchange_ts_ns: &'a [i64],
    /// See [`Columns`].
    pub recv_ts_ns: &'a [i64],
    /// See [`Columns`].
    pub id: &'a [u64],
    /// See [`Columns`].
    pub price: &'a [i64],
    /// See [`Columns`].
    pub quantity: &'a [i64],
}

/// What is wrong with a row, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column {column}: {fault}")]
pub struct RowFault {
    /// Counted from 0.
    pub row: usize,
    /// Which column.
    pub column: &'static str,
    /// What is wrong.
    pub fault: &'static str,
}

impl Rows<'_> {
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

    /// Checks every row, once: from then on they are believed.
    ///
    /// # Errors
    /// [`RowFault`], the first one: columns of different lengths, an unknown kind, a negative number, a price or a
    /// print's quantity of zero, a receipt before the one above, a frame without an end or with a print within.
    pub fn check(&self) -> Result<(), RowFault> {
        let rows = self.len();
        for (column, length) in [
            ("exchange_ts_ns", self.exchange_ts_ns.len()),
            ("recv_ts_ns", self.recv_ts_ns.len()),
            ("id", self.id.len()),
            ("price", self.price.len()),
            ("quantity", self.quantity.len()),
        ] {
            if length != rows {
                return Err(RowFault { row: length.min(rows), column, fault: "it is not as long as the column kind" });
            }
        }
        let mut received = i64::MIN;
        let mut in_frame = false;
        for row in 0..rows {
            let kind = self.kind[row];
            let is_print = kind & kind::WHAT < kind::BID;
            let fault = |column, fault| Err(RowFault { row, column, fault });
            if kind & !(kind::WHAT | kind::LAST | kind::REPLACES | kind::SUSPECT) != 0 || is_print && kind > kind::WHAT
            {
                return fault("kind", "it is no kind of row");
            }
            if is_print && in_frame {
                return fault("kind", "a print stands within a frame of the book");
            }
            if self.exchange_ts_ns[row] < 0 {
                return fault("exchange_ts_ns", "it is negative");
            }
            if self.recv_ts_ns[row] < received {
                return fault("recv_ts_ns", "it is before the receipt of the row above");
            }
            if self.price[row] <= 0 {
                return fault("price", "it is not above zero");
            }
            if self.quantity[row] < 0 || is_print && self.quantity[row] == 0 {
                return fault("quantity", "it is negative, or nothing was traded");
            }
            received = self.recv_ts_ns[row];
            in_frame = !is_print && kind & kind::LAST == 0;
        }
        if in_frame {
            return Err(RowFault { row: rows - 1, column: "kind", fault: "the last frame has no end" });
        }
        Ok(())
    }

    /// The price level in a row. What no check has passed counts as zero.
    #[must_use]
    #[inline]
    pub fn level(&self, row: usize) -> Level {
        Level {
            price: Price::from_raw(self.price[row]).unwrap_or_default(),
            quantity: Qty::from_raw(self.quantity[row]).unwrap_or_default(),
        }
    }

    /// True for a print, false for a level of the book.
    #[must_use]
    #[inline]
    pub fn is_print(&self, row: usize) -> bool {
        self.kind[row] & kind::WHAT < kind::BID
    }

    /// Who began the print in a row.
    #[must_use]
    #[inline]
    pub fn side(&self, row: usize) -> Side {
        if self.kind[row] & kind::WHAT == kind::BUY_PRINT { Side::Buy } else { Side::Sell }
    }

    /// Puts the print in a row into `print`, whose symbol stays.
    #[inline]
    pub fn read_print(&self, row: usize, print: &mut TradePrint) {
        let Level { price, quantity } = self.level(row);
        (print.price, print.quantity) = (price, quantity);
        print.trade_id = self.id[row];
        print.side = self.side(row);
        print.exchange_ts = UnixNanos(self.exchange_ts_ns[row]);
        print.recv_ts = UnixNanos(self.recv_ts_ns[row]);
    }

    /// The book as the frame left it whose last level stands in `row`.
    #[must_use]
    pub fn book_after(&self, row: usize, symbol: &Symbol) -> Book {
        let whole = (0..=row).rev().find(|at| self.kind[*at] & kind::REPLACES != 0);
        let begins = (0..whole.unwrap_or(0)).rev().find(|at| self.kind[*at] & kind::REPLACES == 0);
        let (mut book, mut change) = (Book::new(), blank_change(symbol));
        let mut at = begins.map_or(0, |before| before + 1);
        while at <= row {
            if self.is_print(at) {
                at += 1;
                continue;
            }
            at = self.read_frame(at, &mut change);
            if change.replaces_all {
                book.apply_snapshot(&change.bids, &change.asks);
            } else {
                book.apply_diff(&change.bids, &change.asks);
            }
        }
        book
    }

    /// Puts the frame that begins in `row` into `change`, whose symbol stays; returns the row behind it.
    #[inline]
    pub fn read_frame(&self, row: usize, change: &mut BookChange) -> usize {
        change.bids.clear();
        change.asks.clear();
        change.replaces_all = self.kind[row] & kind::REPLACES != 0;
        change.final_update_id = self.id[row];
        change.exchange_ts = UnixNanos(self.exchange_ts_ns[row]);
        change.recv_ts = UnixNanos(self.recv_ts_ns[row]);
        let mut at = row;
        loop {
            let side = if self.kind[at] & kind::WHAT == kind::BID { &mut change.bids } else { &mut change.asks };
            side.push(self.level(at));
            at += 1;
            if self.kind[at - 1] & kind::LAST != 0 || at == self.len() {
                return at;
            }
        }
    }
}
