//! A venue on loopback that speaks Binance Spot: it replays tapes in real time, and lies on request.
//!
//! Belongs here: the venue (pure, in virtual time), its REST and WebSocket faces, faults, and the tape generator.
//! Never here: anything of our own side of the wire; clients of the real exchange must not notice the difference.

pub mod convert;
pub mod generator;

mod control;
pub mod default_tape;
pub mod digits;
pub mod event;
pub mod faults;
mod http;
pub mod playback;
pub mod port;
pub mod record;
pub mod replay;
pub mod rest_market;
pub mod scenario;
pub mod schedule;
pub mod server;
pub mod span;
mod spelling;
mod state;
pub mod streams;
pub mod venue;
