//! Trade files: read once to learn the grid, the span and the turnover, and once more to make the tape.

use std::path::Path;

use common::number::{Price, Qty};
use common::time::UnixNanos;
use tape::{Header, Source, write_whole};

use super::around::BookAround;
use super::expand::Expander;
use super::input::Kind;
use super::rows::{self, Row, RowContent};
use super::{Conversion, ConvertError, Refusals, Report, unusable, unwritable};
use crate::generator::Market;

/// What the first reading tells.
#[derive(Default)]
struct Survey {
    first: Option<UnixNanos>,
    last: Option<UnixNanos>,
    tick: Grain,
    step: Grain,
    /// Quote units traded.
    turnover: f64,
}

/// The coarsest power of ten that all numbers are multiples of.
struct Grain(i64);

impl Default for Grain {
    fn default() -> Self {
        Self(1_000_000_000)
    }
}

impl Grain {
    fn see(&mut self, raw: i64) {
        while raw % self.0 != 0 {
            self.0 /= 10;
        }
    }
}

impl Survey {
    fn see(&mut self, row: &Row) {
        self.first = self.first.or(Some(row.exchange_ts));
        self.last = Some(row.exchange_ts);
        let (price, quantity) = match row.content {
            RowContent::Prints { price, quantity, .. } => {
                self.tick.see(price);
                (price, quantity)
            }
            RowContent::Bar { open, high, low, close, volume, buy_volume, .. } => {
                [open, high, low, close].into_iter().for_each(|price| self.tick.see(price));
                self.step.see(buy_volume);
                (close, volume)
            }
        };
        self.step.see(quantity);
        self.turnover += price as f64 / 1e8 * (quantity as f64 / 1e8);
    }

    fn turnover_per_second(&self) -> f64 {
        let nanos = self.first.zip(self.last).map_or(0, |(first, last)| last.since(first));
        self.turnover / (nanos as f64 / 1e9).max(60.0)
    }
}

pub(super) fn convert(conversion: &Conversion, kinds: &[Kind], out: &Path) -> Result<Report, ConvertError> {
    let inputs: Vec<_> = conversion
        .inputs
        .iter()
        .zip(kinds)
        .filter_map(|(path, kind)| match kind {
            Kind::Rows(kind) => Some((path, *kind)),
            _ => None,
        })
        .collect();
    let mut report = Report::default();
    let mut survey = Survey::default();
    let mut symbol = conversion.symbol.clone();
    for (path, kind) in &inputs {
        if path.extension().is_some_and(|extension| extension == "zip") {
            super::archive::check(path)?;
        }
        let told = rows::read(path, *kind, &mut report.refused, &mut |row| {
            survey.see(&row);
            Ok(())
        })?;
        if let (Some(known), Some(told)) = (&symbol, &told)
            && known != told
        {
            return Err(unusable(path, format!("it is about {told}, not about {known}")));
        }
        symbol = symbol.or(told);
    }
    let path = inputs[0].0;
    let symbol = symbol.ok_or_else(|| unusable(path, "it does not say of which market it is: give --symbol"))?;
    let (Some(first), Some(last)) = (survey.first, survey.last) else {
        return Err(unusable(path, "it holds no good row"));
    };
    let grain = |raw| Price::from_raw(raw).expect("a power of ten is not negative");
    let step = Qty::from_raw(survey.step.0).expect("a power of ten is not negative");
    let market = Market::new(&symbol, grain(survey.tick.0), step)?;
    let bounds = conversion.part.bounds(first, last)?;

    let mut header = Header::new(Source::Converted, vec![market.exchange_info()]);
    header.synthetic_book = true;
    header.synthetic_trades = inputs.iter().any(|(_, kind)| kind.makes_prints_up());
    header.first_ts_ns = Some(bounds.begin);
    header.last_ts_ns = Some(bounds.end.map_or(last, |end| end.min(last)));
    header.live_from_ns = bounds.live_from;
    let names: Vec<_> = conversion.inputs.iter().map(|path| super::input::file_name(path)).collect();
    header.notes = format!(
        "trades of {}; the book is made up around them from a profile measured on another market and day{}",
        names.join(", "),
        if header.synthetic_trades { "; prints that the file merged are taken apart evenly" } else { "" }
    );

    write_whole(out, &header, |writer| {
        let mut unread = Refusals::default();
        let mut expander = Expander::new(&market);
        let mut book = BookAround::new(&market, survey.turnover_per_second());
        let mut prints = Vec::new();
        for (path, kind) in &inputs {
            rows::read(path, *kind, &mut unread, &mut |row| {
                prints.clear();
                expander.expand(&row, &mut prints);
                if row.exchange_ts < bounds.begin || bounds.is_past(row.exchange_ts) {
                    return Ok(());
                }
                for seen in &prints {
                    book.offer(*seen, &mut |line| writer.write(line)).map_err(unwritable(out))?;
                }
                Ok(())
            })?;
        }
        book.finish(&mut |line| writer.write(line)).map_err(unwritable(out))?;
        (report.prints, report.diffs) = book.counts();
        report.lines = writer.lines();
        Ok(report)
    })
}
