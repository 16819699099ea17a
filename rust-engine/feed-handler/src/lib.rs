//! The venue's market data: bytes in; books, prints, bars and health out.
//!
//! Belongs here: the venue's message formats, sequence and resynchronisation, connection policy, health; and, in `io`
//! alone, the sockets. Never here: orders, strategy, ZeroMQ, or a decision by the clock (`io` reads it and tells it).

mod answers;
mod audit;
mod backoff;
mod bars;
pub mod binance;
mod book_flow;
mod budget;
mod config;
mod connections;
mod event;
mod failover;
mod feed;
mod health;
mod history;
pub mod io;
mod liveness;
mod market;
mod offset;
mod publish;
mod reason;
pub mod replay;
mod request;
mod requests;
mod scene;
mod seconds;
mod trades;

pub use backoff::Backoff;
pub use budget::WeightBudget;
pub use config::{BookMode, FeedConfig};
pub use event::{Answer, ConnectionId, Input, LogLevel, Output};
pub use feed::Feed;
pub use liveness::Liveness;
pub use offset::ClockOffset;
pub use reason::Reason;
pub use request::Request;
