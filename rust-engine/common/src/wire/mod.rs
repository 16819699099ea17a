//! The three ZeroMQ channels between the engine and the strategy, as types.
//!
//! These types are the contract: each variant has a golden vector under `tests/golden/wire` that both languages encode
//! and decode. On our own wire unknown types and unknown fields are errors.

mod codec;
mod command;
mod data;
mod levels;
mod response;
pub mod text;

pub use codec::{CodecError, HEADER_LEN, Header, PROTOCOL_VERSION, decode, encode};
pub use command::{Command, CommandKind};
pub use data::{
    DataMessage, EngineState, HealthMetrics, InstrumentRules, OrderBookSnapshot, OrderBookUpdate, TradeTick,
};
pub use levels::{BookEncoding, Levels};
pub use response::{Balance, ErrorType, Execution, Fill, Response};
