//! The three ZeroMQ channels between the engine and the strategy.
//!
//! Belongs here: sockets, sequence numbers, the count of what was published or refused. Never here: what a message
//! means, a decision, or a socket that leaves this machine.
//!
//! One thread owns one socket. A [`Publisher`] is moved into the thread that makes its messages, so that nothing stands
//! between a message and ZeroMQ: waking another thread would cost more than encoding and sending. The [`Receiver`] is a
//! thread of its own, since it sleeps in ZeroMQ.

mod bridge;
mod counts;
mod endpoint;
mod error;
mod publisher;
mod receiver;
mod stamp;

pub use bridge::{Bridge, BridgeConfig, Endpoints};
pub use counts::{Counts, InvalidCommand};
pub use error::BridgeError;
pub use publisher::{Publish, Publisher};
pub use receiver::{Incoming, Receiver};
pub use stamp::Stamp;
