//! Columns as they are read: prints, frames and books again.

use std::ops::Range;

use common::market::{BookChange, Level, Side, Symbol, TradePrint};
use common::number::{Price, Qty};
use common::time::UnixNanos;
use orderbook::Book;

use crate::columns::kind;
use crate::history::blank_change;

/// Columns that somebody else holds; all of one length.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// See [`crate::Columns`].
    pub kind: &'a [u8],
    /// See [`crate::Columns`].
    pub exchange_ts_ns: &'a [i64],
    /// See [`crate::Columns`].
    pub recv_ts_ns: &'a [i64],
    /// See [`crate::Columns`].
    pub id: &'a [u64],
    /// See [`crate::Columns`].
    pub price: &'a [i64],
    /// See [`crate::Columns`].
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

    /// The price and quantity in a row. What no check has passed counts as zero.
    #[must_use]
    #[inline]
    pub fn level(&self, row: usize) -> Level {
        level(self.price[row], self.quantity[row])
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
    #[inline(always)]
    pub fn read_print(&self, row: usize, print: &mut TradePrint) {
        let Level { price, quantity } = self.level(row);
        (print.price, print.quantity) = (price, quantity);
        print.trade_id = self.id[row];
        print.side = self.side(row);
        print.exchange_ts = UnixNanos(self.exchange_ts_ns[row]);
        print.recv_ts = UnixNanos(self.recv_ts_ns[row]);
    }

    /// The rows of the frame that begins in `row`.
    #[must_use]
    #[inline]
    pub fn frame(&self, row: usize) -> Range<usize> {
        let length = self.kind[row..].iter().position(|kind| kind & kind::LAST != 0);
        row..length.map_or(self.len(), |before_last| row + before_last + 1)
    }

    /// True for a frame that tells the whole book.
    #[must_use]
    #[inline]
    pub fn replaces_all(&self, frame: &Range<usize>) -> bool {
        self.kind[frame.start] & kind::REPLACES != 0
    }

    /// The levels of a frame, in its own order.
    #[inline]
    pub fn levels(&self, frame: Range<usize>) -> impl Iterator<Item = (Side, Level)> {
        let numbers = self.price[frame.clone()].iter().zip(&self.quantity[frame.clone()]);
        self.kind[frame].iter().zip(numbers).map(|(kind, (price, quantity))| {
            let side = if kind & kind::WHAT == kind::BID { Side::Buy } else { Side::Sell };
            (side, level(*price, *quantity))
        })
    }

    /// Puts a frame into `change`, whose symbol stays.
    pub fn read_frame(&self, frame: Range<usize>, change: &mut BookChange) {
        change.bids.clear();
        change.asks.clear();
        change.replaces_all = self.replaces_all(&frame);
        change.final_update_id = self.id[frame.start];
        change.exchange_ts = UnixNanos(self.exchange_ts_ns[frame.start]);
        change.recv_ts = UnixNanos(self.recv_ts_ns[frame.start]);
        for (side, level) in self.levels(frame) {
            match side {
                Side::Buy => change.bids.push(level),
                Side::Sell => change.asks.push(level),
            }
        }
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
            let frame = self.frame(at);
            at = frame.end;
            self.read_frame(frame, &mut change);
            if change.replaces_all {
                book.apply_snapshot(&change.bids, &change.asks);
            } else {
                book.apply_diff(&change.bids, &change.asks);
            }
        }
        book
    }
}

/// What no check has passed counts as zero.
#[inline]
fn level(price: i64, quantity: i64) -> Level {
    Level { price: Price::from_raw(price).unwrap_or_default(), quantity: Qty::from_raw(quantity).unwrap_or_default() }
}
