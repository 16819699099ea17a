//! Rows that tell of trades, in the formats that are around.

use std::collections::HashSet;
use std::path::Path;

use common::market::Side;
use common::number::parse_fixed;
use common::time::UnixNanos;
use csv::ByteRecord;
use jiff::Timestamp;

use super::input::{file_name, with_reader};
use super::refusals::Refusals;
use super::{ConvertError, unusable};

/// Nanoseconds from the venue to the recorder, where a format has no receive times: TRXUSDT's median on 2025-10-10.
const USUAL_DELAY: i64 = 3_000_000;

/// What a row tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// One trade, with exchange and receive time in microseconds and the aggressor's side.
    Trade,
    /// Archive: prints of one taker order at one price, merged.
    ArchiveAgg,
    /// Archive: one print.
    ArchiveTrade,
    /// Archive: a bar.
    ArchiveKline,
    /// As [`RowKind::ArchiveAgg`], with a header and times as ISO 8601.
    IsoAgg,
}

const TRADE_HEADER: &str = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount";

impl RowKind {
    /// The kind by the first two lines and the file's name.
    pub(super) fn of(first: &str, second: &str, name: &str) -> Option<Self> {
        if first == TRADE_HEADER {
            return Some(Self::Trade);
        }
        if first.starts_with("aggregate_trade_id,price,quantity_") {
            return Some(Self::IsoAgg);
        }
        // Archive files of spot have no header; a first row that is not numeric is one all the same.
        let row = if first.starts_with(|c: char| c.is_ascii_digit()) { first } else { second };
        let is_number = |field: &str| field.trim().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let numeric = row.split(',').take(2).all(is_number);
        match row.split(',').count() {
            8 if numeric && !name.contains("-trades-") => Some(Self::ArchiveAgg),
            7 if numeric => Some(Self::ArchiveTrade),
            12 if numeric => Some(Self::ArchiveKline),
            _ => None,
        }
    }

    const fn columns(self) -> usize {
        match self {
            Self::Trade | Self::ArchiveAgg => 8,
            Self::ArchiveTrade | Self::IsoAgg => 7,
            Self::ArchiveKline => 12,
        }
    }

    /// True where the prints of a row are made up.
    pub(super) const fn makes_prints_up(self) -> bool {
        !matches!(self, Self::Trade | Self::ArchiveTrade)
    }
}

/// One good row, prices and quantities in hundred-millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// When it happened; of a bar, when it began.
    pub(super) exchange_ts: UnixNanos,
    /// When the recorder saw it.
    pub(super) recv_ts: UnixNanos,
    pub(super) content: RowContent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowContent {
    /// The prints `first_id..=last_id` of one taker order at one price.
    Prints { first_id: u64, last_id: u64, price: i64, quantity: i64, aggressor: Side },
    /// A bar of the given length.
    Bar { open: i64, high: i64, low: i64, close: i64, volume: i64, buy_volume: i64, nanos: i64 },
}

/// Reads all rows of a file: each good one goes to `visit`, each bad one to `refusals`.
///
/// Returns the symbol that the rows or the file's name tell, if they do.
pub(super) fn read(
    path: &Path,
    kind: RowKind,
    refusals: &mut Refusals,
    visit: &mut dyn FnMut(Row) -> Result<(), ConvertError>,
) -> Result<Option<String>, ConvertError> {
    with_reader(path, |reader| {
        let mut csv = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(reader);
        let mut record = ByteRecord::new();
        let mut symbol = symbol_in(&file_name(path));
        let mut seen = Seen::default();
        loop {
            let more = csv.read_byte_record(&mut record);
            if !more.map_err(|error| unusable(path, format!("cannot be read to its end: {error}")))? {
                return Ok(symbol);
            }
            let line = record.position().map_or(0, csv::Position::line);
            let is_header = line == 1 && !field(&record, 0).first().is_some_and(u8::is_ascii_digit);
            if is_header {
                continue;
            }
            if kind == RowKind::Trade {
                let told = String::from_utf8_lossy(field(&record, 1)).into_owned();
                match &symbol {
                    _ if record.len() != kind.columns() => {}
                    Some(known) if *known != told => {
                        refusals.add(path, line, "another symbol");
                        continue;
                    }
                    Some(_) => {}
                    None => symbol = Some(told),
                }
            }
            match parse(kind, &record).and_then(|row| seen.check(row)) {
                Ok(row) => visit(row)?,
                Err(reason) => refusals.add(path, line, reason),
            }
        }
    })
}

/// What of the rows before a row must be known to judge it.
#[derive(Default)]
struct Seen {
    last_id: Option<u64>,
    last_ts: Option<UnixNanos>,
    ids: HashSet<u64>,
}

impl Seen {
    fn check(&mut self, row: Row) -> Result<Row, &'static str> {
        if self.last_ts.is_some_and(|last| row.exchange_ts < last) {
            return Err("earlier than the row before");
        }
        if let RowContent::Prints { first_id, last_id, .. } = row.content {
            if self.last_id.is_some_and(|last| first_id <= last) {
                return Err(if self.ids.contains(&first_id) { "duplicate id" } else { "id below the one before" });
            }
            // Duplicates come soon or not at all; a bounded memory is enough to name them.
            if self.ids.len() > 100_000 {
                self.ids.clear();
            }
            self.ids.insert(first_id);
            self.last_id = Some(last_id);
        }
        self.last_ts = Some(row.exchange_ts);
        Ok(row)
    }
}

fn field(record: &ByteRecord, nth: usize) -> &[u8] {
    record.get(nth).unwrap_or_default().trim_ascii()
}

fn parse(kind: RowKind, record: &ByteRecord) -> Result<Row, &'static str> {
    if record.len() != kind.columns() {
        return Err("wrong number of columns");
    }
    let at = |nth| field(record, nth);
    let (exchange_ts, content) = match kind {
        RowKind::Trade => {
            let aggressor = match at(5) {
                b"buy" => Side::Buy,
                b"sell" => Side::Sell,
                _ => return Err("bad side"),
            };
            let id = whole(at(4)).ok_or("bad id")?;
            let (price, quantity) = (price(at(6))?, quantity(at(7))?);
            (time(at(2))?, RowContent::Prints { first_id: id, last_id: id, price, quantity, aggressor })
        }
        RowKind::ArchiveAgg => (time(at(5))?, agg(at)?),
        RowKind::IsoAgg => {
            let text = std::str::from_utf8(at(5)).map_err(|_| "bad time")?;
            let parsed: Timestamp = text.parse().map_err(|_| "bad time")?;
            (i64::try_from(parsed.as_nanosecond()).map(UnixNanos).map_err(|_| "bad time")?, agg(at)?)
        }
        RowKind::ArchiveTrade => {
            let id = whole(at(0)).ok_or("bad id")?;
            let (price, quantity, aggressor) = (price(at(1))?, quantity(at(2))?, side(at(5))?);
            (time(at(4))?, RowContent::Prints { first_id: id, last_id: id, price, quantity, aggressor })
        }
        RowKind::ArchiveKline => {
            let (begin, end) = (time(at(0))?, time(at(6))?);
            let (open, high, low, close) = (price(at(1))?, price(at(2))?, price(at(3))?, price(at(4))?);
            let (volume, buy_volume) = (amount(at(5))?, amount(at(9))?);
            if low > open.min(close) || high < open.max(close) || buy_volume > volume || end < begin {
                return Err("a bar that contradicts itself");
            }
            let nanos = end.since(begin);
            (begin, RowContent::Bar { open, high, low, close, volume, buy_volume, nanos })
        }
    };
    let recv_ts = match kind {
        RowKind::Trade => time(at(3))?,
        _ => exchange_ts + USUAL_DELAY,
    };
    Ok(Row { exchange_ts, recv_ts, content })
}

fn agg<'a>(at: impl Fn(usize) -> &'a [u8]) -> Result<RowContent, &'static str> {
    let (first_id, last_id) = (whole(at(3)).ok_or("bad id")?, whole(at(4)).ok_or("bad id")?);
    if last_id < first_id || last_id - first_id > 100_000 {
        return Err("bad id");
    }
    let (price, quantity, aggressor) = (price(at(1))?, quantity(at(2))?, side(at(6))?);
    Ok(RowContent::Prints { first_id, last_id, price, quantity, aggressor })
}

fn whole(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Milliseconds or microseconds, told apart by magnitude: spot archives changed on 2025-01-01.
fn time(text: &[u8]) -> Result<UnixNanos, &'static str> {
    let number: i64 = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or("bad time")?;
    UnixNanos::from_venue(number).filter(|at| at.0 > 0).ok_or("bad time")
}

fn price(text: &[u8]) -> Result<i64, &'static str> {
    parse_fixed(text).ok().filter(|&price| price > 0).ok_or("bad price")
}

fn quantity(text: &[u8]) -> Result<i64, &'static str> {
    parse_fixed(text).ok().filter(|&quantity| quantity > 0).ok_or("bad quantity")
}

/// A volume, which may be zero.
fn amount(text: &[u8]) -> Result<i64, &'static str> {
    parse_fixed(text).map_err(|_| "bad quantity")
}

/// The aggressor, by "the buyer was the maker" in Python's or JSON's spelling.
fn side(text: &[u8]) -> Result<Side, &'static str> {
    if text.eq_ignore_ascii_case(b"true") {
        Ok(Side::Sell)
    } else if text.eq_ignore_ascii_case(b"false") {
        Ok(Side::Buy)
    } else {
        Err("bad side")
    }
}

/// The symbol in an archive's file name (`BTCUSDC-aggTrades-2025-10-04.zip`).
fn symbol_in(name: &str) -> Option<String> {
    let (symbol, rest) = name.split_once('-')?;
    let named = rest.contains('-') && symbol.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    named.then(|| symbol.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn rows(name: &str, text: &str) -> (Vec<Row>, Refusals, Option<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        let super::super::input::Kind::Rows(kind) = super::super::input::kind_of(&path).unwrap() else { panic!() };
        let (mut good, mut refusals) = (Vec::new(), Refusals::default());
        let symbol = read(&path, kind, &mut refusals, &mut |row| {
            good.push(row);
            Ok(())
        });
        (good, refusals, symbol.unwrap())
    }

    #[test]
    fn bad_rows_are_refused_by_reason_and_line() {
        let (good, refusals, symbol) = rows(
            "t.csv",
            "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n\
             binance,TRXUSDT,1760054402625328,1760054402627697,10,buy,0.337,40.9\n\
             binance,TRXUSDT,1760054402625329,1760054402627697,10,buy,0.337,40.9\n\
             binance,TRXUSDT,1760054402625329,1760054402627697,11,buy,0,40.9\n\
             binance,TRXUSDT,1760054402625329,1760054402627697,11,buy,-0.3,40.9\n\
             binance,TRXUSDT,1760054402625329,1760054402627697,11,buy,0.3,0\n\
             binance,TRXUSDT,1760054402625329,1760054402627697,11,up,0.3,1\n\
             binance,TRXUSDT,0,1760054402627697,11,buy,0.3,1\n\
             binance,TRXUSDT,1760054402625000,1760054402627697,11,buy,0.3,1\n\
             binance,POLUSDT,1760054402625329,1760054402627697,11,buy,0.3,1\n\
             binance,TRXUSDT,1760054402625329,buy\n\
             binance,TRXUSDT,1760054402625330,1760054402627698,11,sell,0.3369,33.2\n",
        );
        assert_eq!(symbol.as_deref(), Some("TRXUSDT"));
        assert_eq!(good.len(), 2);
        assert_eq!(good[1].recv_ts, UnixNanos(1_760_054_402_627_698_000));
        let counted: Vec<_> = refusals.by_reason.iter().map(|(reason, count)| (*reason, *count)).collect();
        assert_eq!(
            counted,
            [
                ("another symbol", 1),
                ("bad price", 2),
                ("bad quantity", 1),
                ("bad side", 1),
                ("bad time", 1),
                ("duplicate id", 1),
                ("earlier than the row before", 1),
                ("wrong number of columns", 1),
            ]
        );
        assert!(refusals.examples[0].ends_with("t.csv:3: duplicate id"), "{:?}", refusals.examples);
    }

    #[test]
    fn archives_are_read_in_both_time_units_and_with_or_without_header() {
        let agg = "1,100.5,2,7,9,1735689600000000,True,True\n";
        let (good, refusals, symbol) = rows("BTCUSDC-aggTrades-2025-01-01.csv", agg);
        assert_eq!((good.len(), refusals.total(), symbol.as_deref()), (1, 0, Some("BTCUSDC")));
        assert_eq!(good[0].exchange_ts, UnixNanos(1_735_689_600_000_000_000));
        let header = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,x\n";
        let old = "1,100.5,2,7,9,1735689600000,false,true\n";
        let (headed, refusals, _) = rows("BTCUSDC-aggTrades-2024-12-31.csv", &format!("{header}{old}"));
        assert_eq!((headed[0].exchange_ts, refusals.total()), (good[0].exchange_ts, 0));
        let kline = "1735689600000,10,12,9,11,4,1735689600999,44,3,1.5,16,0\n";
        let (bars, _, _) = rows("BTCUSDC-1s-2024-12-31.csv", kline);
        assert!(matches!(bars[0].content, RowContent::Bar { nanos: 999_000_000, .. }), "{bars:?}");
    }
}
