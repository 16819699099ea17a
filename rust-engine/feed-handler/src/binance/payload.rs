//! The payloads of known events, as the venue spells them, and their values.

use std::borrow::Cow;

use common::market::{Bar, Level, Side, Symbol, TradePrint};
use common::time::UnixNanos;
use serde::Deserialize;

use super::message::{AggTrade, BookTicker, DepthDiff, Frame, Kline};
use super::number::{LevelList, Number};
use super::parse::ParseError;

fn expect_event(got: &str, wanted: &str) -> Result<(), ParseError> {
    if got == wanted { Ok(()) } else { Err(ParseError::Malformed(format!("event {got:?} on a stream of {wanted:?}"))) }
}

pub(super) fn venue_time(value: i64) -> Result<UnixNanos, ParseError> {
    UnixNanos::from_venue(value).ok_or_else(|| ParseError::Malformed(format!("time {value}")))
}

const fn aggressor(buyer_is_maker: bool) -> Side {
    if buyer_is_maker { Side::Sell } else { Side::Buy }
}

#[derive(Deserialize)]
pub(super) struct DepthPayload<'a> {
    #[serde(borrow, rename = "e")]
    event: Cow<'a, str>,
    #[serde(rename = "E")]
    time: i64,
    #[serde(borrow, rename = "s")]
    symbol: Cow<'a, str>,
    #[serde(rename = "U")]
    first_update_id: u64,
    #[serde(rename = "u")]
    final_update_id: u64,
    #[serde(rename = "b")]
    bids: LevelList,
    #[serde(rename = "a")]
    asks: LevelList,
}

impl DepthPayload<'_> {
    pub(super) fn value(self, recv_ts: UnixNanos) -> Result<Frame, ParseError> {
        expect_event(&self.event, "depthUpdate")?;
        if self.first_update_id > self.final_update_id {
            let ids = format!("U {} above u {}", self.first_update_id, self.final_update_id);
            return Err(ParseError::Malformed(ids));
        }
        Ok(Frame::Depth(DepthDiff {
            symbol: Symbol::new(&self.symbol),
            event_ts: venue_time(self.time)?,
            recv_ts,
            first_update_id: self.first_update_id,
            final_update_id: self.final_update_id,
            bids: self.bids.0?,
            asks: self.asks.0?,
        }))
    }
}

#[derive(Deserialize)]
pub(super) struct TradePayload<'a> {
    #[serde(borrow, rename = "e")]
    event: Cow<'a, str>,
    #[serde(borrow, rename = "s")]
    symbol: Cow<'a, str>,
    #[serde(rename = "t")]
    trade_id: u64,
    #[serde(rename = "p")]
    price: Number,
    #[serde(rename = "q")]
    quantity: Number,
    #[serde(rename = "T")]
    time: i64,
    #[serde(rename = "m")]
    buyer_is_maker: bool,
}

impl TradePayload<'_> {
    pub(super) fn value(&self, recv_ts: UnixNanos) -> Result<Frame, ParseError> {
        expect_event(&self.event, "trade")?;
        Ok(Frame::Trade(TradePrint {
            symbol: Symbol::new(&self.symbol),
            trade_id: self.trade_id,
            price: self.price.price()?,
            quantity: self.quantity.traded()?,
            side: aggressor(self.buyer_is_maker),
            exchange_ts: venue_time(self.time)?,
            recv_ts,
        }))
    }
}

#[derive(Deserialize)]
pub(super) struct BookTickerPayload<'a> {
    #[serde(borrow, rename = "s")]
    symbol: Cow<'a, str>,
    #[serde(rename = "u")]
    update_id: u64,
    #[serde(rename = "b")]
    bid: Number,
    #[serde(rename = "B")]
    bid_quantity: Number,
    #[serde(rename = "a")]
    ask: Number,
    #[serde(rename = "A")]
    ask_quantity: Number,
}

impl BookTickerPayload<'_> {
    pub(super) fn value(&self) -> Result<Frame, ParseError> {
        Ok(Frame::BookTicker(BookTicker {
            symbol: Symbol::new(&self.symbol),
            update_id: self.update_id,
            bid: Level { price: self.bid.price()?, quantity: self.bid_quantity.quantity()? },
            ask: Level { price: self.ask.price()?, quantity: self.ask_quantity.quantity()? },
        }))
    }
}

/// An aggregate of the stream or of REST: the same letters.
#[derive(Deserialize)]
pub(super) struct AggTradePayload {
    #[serde(rename = "a")]
    agg_trade_id: u64,
    #[serde(rename = "p")]
    price: Number,
    #[serde(rename = "q")]
    quantity: Number,
    #[serde(rename = "f")]
    first_trade_id: u64,
    #[serde(rename = "l")]
    last_trade_id: u64,
    #[serde(rename = "T")]
    time: i64,
    #[serde(rename = "m")]
    buyer_is_maker: bool,
}

impl AggTradePayload {
    pub(super) fn value(&self) -> Result<AggTrade, ParseError> {
        if self.first_trade_id > self.last_trade_id {
            return Err(ParseError::Malformed(format!("f {} above l {}", self.first_trade_id, self.last_trade_id)));
        }
        Ok(AggTrade {
            agg_trade_id: self.agg_trade_id,
            first_trade_id: self.first_trade_id,
            last_trade_id: self.last_trade_id,
            price: self.price.price()?,
            quantity: self.quantity.traded()?,
            side: aggressor(self.buyer_is_maker),
            exchange_ts: venue_time(self.time)?,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct KlinePayload<'a> {
    #[serde(borrow, rename = "s")]
    symbol: Cow<'a, str>,
    #[serde(borrow, rename = "k")]
    bar: BarPayload<'a>,
}

#[derive(Deserialize)]
struct BarPayload<'a> {
    #[serde(rename = "t")]
    start: i64,
    #[serde(borrow, rename = "i")]
    interval: Cow<'a, str>,
    #[serde(rename = "o")]
    open: Number,
    #[serde(rename = "h")]
    high: Number,
    #[serde(rename = "l")]
    low: Number,
    #[serde(rename = "c")]
    close: Number,
    #[serde(rename = "v")]
    volume: Number,
    #[serde(rename = "V")]
    buy_volume: Number,
    #[serde(rename = "n")]
    trade_count: u64,
    #[serde(rename = "x")]
    closed: bool,
}

impl KlinePayload<'_> {
    pub(super) fn value(&self) -> Result<Frame, ParseError> {
        let bar = &self.bar;
        Ok(Frame::Kline(Kline {
            symbol: Symbol::new(&self.symbol),
            interval: bar.interval.clone().into_owned(),
            closed: bar.closed,
            bar: Bar {
                start: venue_time(bar.start)?,
                open: bar.open.price()?,
                high: bar.high.price()?,
                low: bar.low.price()?,
                close: bar.close.price()?,
                volume: bar.volume.quantity()?,
                buy_volume: bar.buy_volume.quantity()?,
                trade_count: bar.trade_count,
            },
        }))
    }
}
