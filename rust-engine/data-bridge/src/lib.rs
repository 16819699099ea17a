//! The three ZeroMQ channels between the engine and the strategy.
//!
//! Belongs here: sockets, the threads that own them, sequence numbers, the count of what was published, merged or
//! refused. Never here: what a message means, a decision, or a socket that leaves this machine.
//!
//! Each thread owns one socket, takes a bounded channel in or gives messages out, and sleeps where nothing is to be
//! done. The way out is one hop: [`DataSender::send`] wakes the publisher, which encodes, stamps and sends.

mod bridge;
mod conflate;
mod counts;
mod endpoint;
mod error;
mod publisher;
mod receiver;
mod stamp;

pub use bridge::{Bridge, BridgeConfig, Endpoints};
pub use counts::{Counts, InvalidCommand};
pub use error::BridgeError;
pub use publisher::{DataSender, Gone, Publish, ResponseSender, Sender};
pub use stamp::Stamp;
