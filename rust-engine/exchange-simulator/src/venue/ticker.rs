//! Statistics of a span of time: the 24-hour tickers of REST and of the streams.

use std::fmt::Write as _;

use common::market::{Level, Symbol};
use common::number::Price;
use common::time::UnixNanos;
use serde_json::{Value, json};

use super::bars::Kline;
use crate::digits::{Fixed, Notional, Sum, average, percent_change};
use crate::event::Times;

/// A span's statistics with the best levels at its end.
#[derive(Clone, Debug)]
pub struct Ticker {
    /// The market.
    pub symbol: Symbol,
    /// Everything that traded in the span.
    pub bar: Kline,
    /// Last price before the span; the first in it where none is known.
    pub previous_close: Price,
    /// Quantity of the last print.
    pub last_quantity: i64,
    /// Best bid, empty where there is none.
    pub bid: Level,
    /// Best ask, empty where there is none.
    pub ask: Level,
}

impl Ticker {
    fn change(&self) -> Sum {
        Sum(i128::from(self.bar.close.raw()) - i128::from(self.bar.open.raw()))
    }

    fn change_percent(&self) -> String {
        percent_change(self.bar.open.raw(), self.bar.close.raw())
    }

    fn average_price(&self) -> Sum {
        Sum(average(self.bar.quote_volume, self.bar.volume).unwrap_or_else(|| i128::from(self.bar.close.raw())))
    }

    fn ids(&self) -> (i128, i128) {
        self.bar.ids.map_or((-1, -1), |(first, last)| (i128::from(first), i128::from(last)))
    }

    /// The body of `ticker/24hr`, `ticker/tradingDay` and `ticker` (the latter two know no levels).
    #[must_use]
    pub fn rest(&self, times: Times, mini: bool, with_levels: bool) -> Value {
        let text = |number: &dyn std::fmt::Display| Value::from(number.to_string());
        let bar = &self.bar;
        let (first, last) = self.ids();
        let mut body = json!({"symbol": self.symbol.as_str()});
        let mut set = |key: &str, value: Value| body[key] = value;
        if !mini {
            set("priceChange", text(&self.change()));
            set("priceChangePercent", self.change_percent().into());
            set("weightedAvgPrice", text(&self.average_price()));
        }
        if !mini && with_levels {
            set("prevClosePrice", text(&Fixed(self.previous_close.raw())));
        }
        set("lastPrice", text(&Fixed(bar.close.raw())));
        if !mini && with_levels {
            set("lastQty", text(&Fixed(self.last_quantity)));
            set("bidPrice", text(&Fixed(self.bid.price.raw())));
            set("bidQty", text(&Fixed(self.bid.quantity.raw())));
            set("askPrice", text(&Fixed(self.ask.price.raw())));
            set("askQty", text(&Fixed(self.ask.quantity.raw())));
        }
        set("openPrice", text(&Fixed(bar.open.raw())));
        set("highPrice", text(&Fixed(bar.high.raw())));
        set("lowPrice", text(&Fixed(bar.low.raw())));
        set("volume", text(&Sum(bar.volume)));
        set("quoteVolume", text(&Notional(bar.quote_volume)));
        set("openTime", times.print(bar.start).into());
        set("closeTime", times.print(bar.end).into());
        set("firstId", i64::try_from(first).unwrap_or(-1).into());
        set("lastId", i64::try_from(last).unwrap_or(-1).into());
        set("count", bar.trades.into());
        body
    }

    /// The payload of `<symbol>@ticker`, or of `@miniTicker` where `mini`.
    pub(crate) fn write_event(
        &self,
        out: &mut String,
        event_ts: UnixNanos,
        mini: bool,
        times: Times,
    ) -> std::fmt::Result {
        let bar = &self.bar;
        let name = if mini { "24hrMiniTicker" } else { "24hrTicker" };
        write!(out, r#"{{"e":"{name}","E":{},"s":"{}","#, times.print(event_ts), self.symbol)?;
        if !mini {
            write!(out, r#""p":"{}","P":"{}","#, self.change(), self.change_percent())?;
            write!(out, r#""w":"{}","x":"{}","#, self.average_price(), Fixed(self.previous_close.raw()))?;
        }
        write!(out, r#""c":"{}","#, Fixed(bar.close.raw()))?;
        if !mini {
            write!(out, r#""Q":"{}","#, Fixed(self.last_quantity))?;
            write!(out, r#""b":"{}","B":"{}","#, Fixed(self.bid.price.raw()), Fixed(self.bid.quantity.raw()))?;
            write!(out, r#""a":"{}","A":"{}","#, Fixed(self.ask.price.raw()), Fixed(self.ask.quantity.raw()))?;
        }
        write!(out, r#""o":"{}","h":"{}","#, Fixed(bar.open.raw()), Fixed(bar.high.raw()))?;
        write!(out, r#""l":"{}","v":"{}","#, Fixed(bar.low.raw()), Sum(bar.volume))?;
        write!(out, r#""q":"{}""#, Notional(bar.quote_volume))?;
        if !mini {
            let (first, last) = self.ids();
            write!(out, r#","O":{},"C":{},"#, times.print(bar.start), times.print(bar.end))?;
            write!(out, r#""F":{first},"L":{last},"n":{}"#, bar.trades)?;
        }
        out.push('}');
        Ok(())
    }
}

/// The body of `avgPrice`: the volume-weighted price of a span, or its last price where nothing traded.
#[must_use]
pub fn average_price(bar: &Kline, last_trade: UnixNanos, times: Times) -> Value {
    let price = average(bar.quote_volume, bar.volume).unwrap_or_else(|| i128::from(bar.close.raw()));
    json!({"mins": 5, "price": Sum(price).to_string(), "closeTime": times.print(last_trade)})
}
