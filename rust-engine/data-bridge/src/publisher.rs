//! A PUB socket: stamps, encodes and sends.

use std::borrow::Cow;
use std::marker::PhantomData;

use clock::WallClock;
use common::wire::{DataMessage, Response, encode};
use serde::Serialize;

use crate::counts::Counts;
use crate::stamp::Stamp;

/// A message that can be published.
pub trait Publish: Serialize {
    /// What it is published under.
    fn topic(&self) -> Cow<'static, str>;
}

impl Publish for DataMessage {
    fn topic(&self) -> Cow<'static, str> {
        Cow::Owned(self.topic())
    }
}

impl Publish for Response {
    fn topic(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.topic())
    }
}

/// Publishes messages of one kind; belongs to the thread that makes them. Dropping it closes the channel, once what was
/// published has been sent or a second has passed.
pub struct Publisher<M> {
    socket: zmq::Socket,
    stamp: Stamp,
    clock: WallClock,
    counts: Counts,
    kind: PhantomData<fn(M)>,
}

impl<M: Publish> Publisher<M> {
    pub(crate) fn new(socket: zmq::Socket, clock: WallClock, counts: Counts) -> Self {
        Self { socket, stamp: Stamp::default(), clock, counts, kind: PhantomData }
    }

    /// Publishes a message. Never waits: a subscriber that is too slow loses messages at its high-water mark, and sees
    /// that by the sequence numbers.
    pub fn publish(&mut self, message: &M) {
        let topic = message.topic();
        let payload = encode(message);
        let header = self.stamp.next(&topic, self.clock.now()).to_bytes();
        match self.socket.send_multipart([topic.as_bytes(), &header[..], &payload[..]], zmq::DONTWAIT) {
            Ok(()) => self.counts.add_published(),
            Err(error) => {
                self.counts.add_failed();
                tracing::warn!(%topic, %error, "ZeroMQ refuses a message");
            }
        }
    }
}
