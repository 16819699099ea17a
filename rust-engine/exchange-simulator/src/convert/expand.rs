//! From rows to prints: what a format merged is taken apart again, as evenly as its steps allow.

use common::market::Side;
use common::time::UnixNanos;

use super::rows::{Row, RowContent};
use crate::generator::Market;
use crate::generator::frames::Print;

/// A print with its time of receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) print: Print,
    pub(super) recv_ts: UnixNanos,
}

/// Makes prints of rows; bars have no ids, so theirs are counted.
pub(super) struct Expander {
    tick: i64,
    step: i64,
    next_id: u64,
}

impl Expander {
    pub(super) fn new(market: &Market) -> Self {
        Self { tick: market.tick.raw(), step: market.step.raw(), next_id: 1 }
    }

    pub(super) fn expand(&mut self, row: &Row, out: &mut Vec<Seen>) {
        let micros = row.exchange_ts.micros();
        match row.content {
            RowContent::Prints { first_id, last_id, price, quantity, aggressor } => {
                let count = i64::try_from(last_id - first_id + 1).unwrap_or(i64::MAX);
                let (ticks, lots) = (price / self.tick, quantity / self.step);
                for (nth, id) in (0..).zip(first_id..=last_id) {
                    // Where there are fewer lots than ids, the last ids have no print: there is nothing left for them.
                    let lots = lots / count + i64::from(nth < lots % count);
                    if lots > 0 {
                        let print = Print { id, ticks, lots, aggressor, micros };
                        out.push(Seen { print, recv_ts: row.recv_ts });
                    }
                }
            }
            RowContent::Bar { open, high, low, close, volume, buy_volume, nanos } => {
                let (lots, bought) = (volume / self.step, buy_volume / self.step);
                for (nth, (price, lots, aggressor)) in bar(open, high, low, close, lots, bought).into_iter().enumerate()
                {
                    let after = nanos / 5 * nth as i64;
                    let print = Print {
                        id: self.next_id,
                        ticks: price / self.tick,
                        lots,
                        aggressor,
                        micros: micros + after / 1_000,
                    };
                    self.next_id += 1;
                    out.push(Seen { print, recv_ts: row.recv_ts + after });
                }
            }
        }
    }
}

/// Prints that give a bar's open, high, low, close and both volumes again: down before up in a rising bar, and the reverse.
fn bar(open: i64, high: i64, low: i64, close: i64, lots: i64, bought: i64) -> Vec<(i64, i64, Side)> {
    if lots < 4 {
        let side = if bought * 2 >= lots { Side::Buy } else { Side::Sell };
        return if lots > 0 { vec![(close, lots, side)] } else { Vec::new() };
    }
    let halves = |lots: i64| (lots / 2, lots - lots / 2);
    let bought = bought.clamp(2, lots - 2);
    let ((buy_1, buy_2), (sell_1, sell_2)) = (halves(bought), halves(lots - bought));
    if close >= open {
        vec![(open, sell_1, Side::Sell), (low, sell_2, Side::Sell), (high, buy_1, Side::Buy), (close, buy_2, Side::Buy)]
    } else {
        vec![(open, buy_1, Side::Buy), (high, buy_2, Side::Buy), (low, sell_1, Side::Sell), (close, sell_2, Side::Sell)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(content: RowContent) -> Vec<Seen> {
        let market = Market::new("TRXUSDT", "0.0001".parse().unwrap(), "0.1".parse().unwrap()).unwrap();
        let row = Row { exchange_ts: UnixNanos(1_000_000_000), recv_ts: UnixNanos(1_003_000_000), content };
        let mut out = Vec::new();
        Expander::new(&market).expand(&row, &mut out);
        out
    }

    #[test]
    fn an_aggregate_becomes_its_prints_and_keeps_its_quantity() {
        let (first_id, last_id, price, quantity) = (7, 9, 31_980_000, 110_000_000);
        let prints = expanded(RowContent::Prints { first_id, last_id, price, quantity, aggressor: Side::Sell });
        let told: Vec<_> = prints.iter().map(|seen| (seen.print.id, seen.print.ticks, seen.print.lots)).collect();
        assert_eq!(told, [(7, 3198, 4), (8, 3198, 4), (9, 3198, 3)]);
    }

    #[test]
    fn a_bar_is_had_again_from_its_prints() {
        let (open, high, low, close) = (30_000_000, 32_000_000, 29_000_000, 31_000_000);
        let (volume, buy_volume, nanos) = (1_000_000_000, 600_000_000, 999_000_000);
        let prints = expanded(RowContent::Bar { open, high, low, close, volume, buy_volume, nanos });
        let ticks: Vec<_> = prints.iter().map(|seen| seen.print.ticks).collect();
        assert_eq!(ticks, [3000, 2900, 3200, 3100]);
        let lots =
            |side| prints.iter().filter(|seen| seen.print.aggressor == side).map(|seen| seen.print.lots).sum::<i64>();
        assert_eq!((lots(Side::Buy), lots(Side::Sell)), (60, 40));
        assert!(prints.iter().all(|seen| seen.print.micros < 2_000_000));
    }
}
