//! The venue's market data: bytes in; books, prints, bars and health out.
//!
//! Belongs here: the venue's message formats, sequence and resynchronisation, connection policy, health; and, in `io`
//! alone, the sockets. Never here: orders, strategy, ZeroMQ, or a clock read (`io` is told the time by `clock`).

pub mod binance;
pub mod reason;
