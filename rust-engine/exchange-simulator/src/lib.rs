//! A venue on loopback that speaks Binance Spot: it replays tapes in real time, and lies on request.
//!
//! Belongs here: the venue (pure, in virtual time), its REST and WebSocket faces, faults, and the tape generator.
//! Never here: anything of our own side of the wire; clients of the real exchange must not notice the difference.

pub mod convert;
pub mod generator;
