//! Binance Spot's own words: JSON bytes to values, and nothing else.
//!
//! Belongs here: parsers, pure and total. Unknown fields are ignored and unknown events become [`Frame::Other`], since
//! the venue adds some several times a year; what is known must be right. Never here: sequence, state or policy.

mod exchange_info;
mod message;
mod number;
mod parse;
mod payload;
mod rest;

pub use exchange_info::{ExchangeInfo, RateLimit, SymbolInfo, parse_exchange_info};
pub use message::{AggTrade, BookTicker, DepthDiff, DepthSnapshot, Frame, Kline};
pub use parse::{ParseError, parse_frame};
pub use rest::{parse_agg_trades, parse_klines, parse_server_time, parse_snapshot};
