//! Input hygiene: what may never reach an indicator, each refusal with a reason from a closed set.
//!
//! Values are judged before they change anything; the caller counts the refusals by reason.

use std::fmt;

use crate::market::{Book, NANOS_PER_SECOND, Print};

/// How far an event's exchange time may lie ahead of its own receive time; clocks differ by less.
const MAX_AHEAD_NS: i64 = 10 * NANOS_PER_SECOND;

/// Why an event was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Fault {
    NotFinite,
    PriceNotPositive,
    QuantityNotPositive,
    QuantityNegative,
    CrossedBook,
    OneSidedBook,
    LevelOrder,
    DuplicateTrade,
    FutureTime,
    TooOld,
    LateBook,
}

impl Fault {
    /// The reason by which it is counted.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotFinite => "not_finite",
            Self::PriceNotPositive => "price_not_positive",
            Self::QuantityNotPositive => "quantity_not_positive",
            Self::QuantityNegative => "quantity_negative",
            Self::CrossedBook => "crossed_book",
            Self::OneSidedBook => "one_sided_book",
            Self::LevelOrder => "level_order",
            Self::DuplicateTrade => "duplicate_trade",
            Self::FutureTime => "future_time",
            Self::TooOld => "too_old",
            Self::LateBook => "late_book",
        }
    }
}

/// An event that changed nothing: why, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The kind.
    pub fault: Fault,
    /// The event in words.
    pub detail: String,
}

impl Refusal {
    pub(crate) fn new(fault: Fault, detail: String) -> Self {
        Self { fault, detail }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.fault.reason(), self.detail)
    }
}

impl std::error::Error for Refusal {}

/// Accepts a print with a positive, finite price and quantity and a believable time.
///
/// # Errors
/// [`Fault::NotFinite`], [`Fault::PriceNotPositive`], [`Fault::QuantityNotPositive`], [`Fault::FutureTime`].
#[inline]
pub fn check_print(print: &Print) -> Result<(), Refusal> {
    let ahead_ns = ahead_ns(print.exchange_ts_ns, print.recv_ts_ns);
    if is_positive(print.price) && is_positive(print.quantity) && ahead_ns <= MAX_AHEAD_NS {
        return Ok(());
    }
    Err(refuse_print(print))
}

#[cold]
fn refuse_print(print: &Print) -> Refusal {
    let Print { price, quantity, trade_id, .. } = *print;
    let fault = if !price.is_finite() || !quantity.is_finite() {
        Fault::NotFinite
    } else if price <= 0.0 {
        Fault::PriceNotPositive
    } else if quantity <= 0.0 {
        Fault::QuantityNotPositive
    } else {
        let ahead_ns = ahead_ns(print.exchange_ts_ns, print.recv_ts_ns);
        return Refusal::new(Fault::FutureTime, format!("trade {trade_id} {}", in_words(ahead_ns)));
    };
    let what = format!("trade {trade_id}: price {}, quantity {}", in_digits(price), in_digits(quantity));
    Refusal::new(fault, what)
}

/// Accepts a two-sided, uncrossed book with levels in order, finite values and a believable time.
///
/// # Errors
/// [`Fault::NotFinite`], [`Fault::PriceNotPositive`], [`Fault::QuantityNegative`], [`Fault::OneSidedBook`],
/// [`Fault::CrossedBook`], [`Fault::LevelOrder`], [`Fault::FutureTime`].
pub fn check_book(book: &Book<'_>) -> Result<(), Refusal> {
    if is_sound(book) { Ok(()) } else { Err(refuse_book(book)) }
}

/// The same at a glance: a strict order of prices leaves no room for a NaN.
fn is_sound(book: &Book<'_>) -> bool {
    let (Some(&bid), Some(&ask)) = (book.bid_prices.first(), book.ask_prices.first()) else { return false };
    let (worst_bid, worst_ask) =
        (book.bid_prices[book.bid_prices.len() - 1], book.ask_prices[book.ask_prices.len() - 1]);
    let is_amount = |quantity: &f64| *quantity >= 0.0 && *quantity < f64::INFINITY;
    worst_bid > 0.0
        && bid < ask
        && worst_ask < f64::INFINITY
        && book.bid_prices.is_sorted_by(|a, b| a > b)
        && book.ask_prices.is_sorted_by(|a, b| a < b)
        && book.bid_quantities.iter().all(is_amount)
        && book.ask_quantities.iter().all(is_amount)
        && bands(book).iter().all(is_amount)
        && ahead_ns(book.exchange_ts_ns, book.recv_ts_ns) <= MAX_AHEAD_NS
}

fn bands(book: &Book<'_>) -> [f64; 4] {
    [book.bid_band_quantity, book.bid_band_notional, book.ask_band_quantity, book.ask_band_notional]
}

/// Names the first fault of a book that is not sound.
#[cold]
fn refuse_book(book: &Book<'_>) -> Refusal {
    let prices = || book.bid_prices.iter().chain(book.ask_prices);
    let bands = bands(book);
    let amounts = || book.bid_quantities.iter().chain(book.ask_quantities).chain(&bands);
    let ahead_ns = ahead_ns(book.exchange_ts_ns, book.recv_ts_ns);
    let (Some(&bid), Some(&ask)) = (book.bid_prices.first(), book.ask_prices.first()) else {
        let what = format!("{} bids, {} asks", book.bid_prices.len(), book.ask_prices.len());
        return Refusal::new(Fault::OneSidedBook, what);
    };
    let what = format!("book {}", book.last_update_id);
    if !prices().chain(amounts()).all(|value| value.is_finite()) {
        Refusal::new(Fault::NotFinite, what)
    } else if prices().any(|price| *price <= 0.0) {
        Refusal::new(Fault::PriceNotPositive, what)
    } else if amounts().any(|amount| *amount < 0.0) {
        Refusal::new(Fault::QuantityNegative, what)
    } else if bid >= ask {
        let what = format!("best bid {}, best ask {}", in_digits(bid), in_digits(ask));
        Refusal::new(Fault::CrossedBook, what)
    } else if ahead_ns > MAX_AHEAD_NS {
        Refusal::new(Fault::FutureTime, format!("{what} {}", in_words(ahead_ns)))
    } else {
        Refusal::new(Fault::LevelOrder, what)
    }
}

#[inline]
fn ahead_ns(exchange_ts_ns: i64, recv_ts_ns: i64) -> i64 {
    exchange_ts_ns.saturating_sub(recv_ts_ns)
}

#[inline]
fn is_positive(value: f64) -> bool {
    // Among the bit patterns these lie between those of 0 and infinity; one comparison, as this is asked twice a print.
    value.to_bits().wrapping_sub(1) < f64::INFINITY.to_bits() - 1
}

fn in_words(ahead_ns: i64) -> String {
    format!("is stamped {:.3} s after its receipt", ahead_ns as f64 / NANOS_PER_SECOND as f64)
}

/// The shortest digits that name this number, spelled as the definition's language spells them.
fn in_digits(value: f64) -> String {
    let text = format!("{value:?}");
    match text.split_once('e') {
        None => text.to_ascii_lowercase(),
        Some((digits, exponent)) => {
            let digits = digits.strip_suffix(".0").unwrap_or(digits);
            match exponent.strip_prefix('-') {
                Some(exponent) => format!("{digits}e-{exponent:0>2}"),
                None => format!("{digits}e+{exponent:0>2}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelled_as_in_the_definition() {
        let spelled = [
            (0.1, "0.1"),
            (1.0, "1.0"),
            (-3.0, "-3.0"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1.5e16, "1.5e+16"),
            (1e22, "1e+22"),
            (1e-300, "1e-300"),
            (123_456_789.125, "123456789.125"),
        ];
        for (value, text) in spelled {
            assert_eq!(in_digits(value), text);
        }
    }
}
