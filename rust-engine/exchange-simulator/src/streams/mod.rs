//! The WebSocket market streams: who hears what, in which form, and how a connection lives and ends.
//!
//! Belongs here: subscriptions, control messages, keep-alive, limits of a connection. Never here: what the venue says.

pub mod connection;
pub mod control;
pub mod frame;
pub mod hub;
pub mod names;
