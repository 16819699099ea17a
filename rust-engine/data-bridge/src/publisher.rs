//! A thread that owns a PUB socket: takes messages from a bounded channel, stamps, encodes and sends them.

use std::borrow::Cow;
use std::thread::JoinHandle;

use clock::WallClock;
use common::wire::{DataMessage, Response, encode};
use crossbeam_channel::{Receiver, TrySendError, bounded};
use serde::Serialize;
use thiserror::Error;

use crate::conflate::conflate;
use crate::counts::Counts;
use crate::error::BridgeError;
use crate::stamp::Stamp;

/// Messages that may wait for the publisher; it works through them in well under a second.
const QUEUE: usize = 16_384;
/// From this backlog on books are merged.
const BACKLOG: usize = 256;

/// A message that can be published.
pub trait Publish: Serialize + Send + Sized + 'static {
    /// What it is published under.
    fn topic(&self) -> Cow<'static, str>;

    /// Shortens a backlog without losing what matters; tells how many messages were merged away.
    fn shorten(backlog: Vec<Self>) -> (Vec<Self>, u64) {
        (backlog, 0)
    }
}

impl Publish for DataMessage {
    fn topic(&self) -> Cow<'static, str> {
        Cow::Owned(self.topic())
    }

    fn shorten(backlog: Vec<Self>) -> (Vec<Self>, u64) {
        conflate(backlog)
    }
}

impl Publish for Response {
    fn topic(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.topic())
    }
}

enum Job<M> {
    Publish(M),
    Stop,
}

/// The publisher has ended: nothing is sent any more.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the publisher has ended")]
pub struct Gone;

/// Hands messages to a publisher; clones hand to the same.
#[derive(Debug)]
pub struct Sender<M>(crossbeam_channel::Sender<Job<M>>);

/// Hands market data to the data channel.
pub type DataSender = Sender<DataMessage>;
/// Hands answers to the response channel.
pub type ResponseSender = Sender<Response>;

impl<M> Clone for Sender<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M> Sender<M> {
    /// Sends a message. Nothing is lost: where the queue is full it waits, for the publisher itself never waits.
    ///
    /// # Errors
    /// [`Gone`] after the bridge was shut down.
    pub fn send(&self, message: M) -> Result<(), Gone> {
        self.put(Job::Publish(message))
    }

    fn put(&self, job: Job<M>) -> Result<(), Gone> {
        match self.0.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(job)) => self.0.send(job).map_err(|_| Gone),
            Err(TrySendError::Disconnected(_)) => Err(Gone),
        }
    }
}

pub(crate) struct Publisher<M> {
    sender: Sender<M>,
    thread: JoinHandle<()>,
}

impl<M: Publish> Publisher<M> {
    pub(crate) fn start(
        name: &'static str,
        socket: zmq::Socket,
        clock: WallClock,
        counts: Counts,
    ) -> Result<Self, BridgeError> {
        let (sender, jobs) = bounded(QUEUE);
        let publish = move || run(&jobs, &socket, clock, &counts);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(publish);
        let thread = thread.map_err(|error| BridgeError::Thread { name, reason: error.to_string() })?;
        Ok(Self { sender: Sender(sender), thread })
    }

    pub(crate) fn sender(&self) -> Sender<M> {
        self.sender.clone()
    }

    /// Sends what was handed over before, then ends the thread. False where the thread had failed.
    pub(crate) fn stop(self) -> bool {
        let stopped = self.sender.put(Job::Stop).is_ok();
        self.thread.join().is_ok() && stopped
    }
}

fn run<M: Publish>(jobs: &Receiver<Job<M>>, socket: &zmq::Socket, clock: WallClock, counts: &Counts) {
    let mut stamp = Stamp::default();
    let mut publish = |message: &M| {
        let topic = message.topic();
        let payload = encode(message);
        let header = stamp.next(&topic, clock.now()).to_bytes();
        match socket.send_multipart([topic.as_bytes(), &header[..], &payload[..]], 0) {
            Ok(()) => counts.add_published(),
            Err(error) => {
                counts.add_failed();
                tracing::warn!(%topic, %error, "ZeroMQ refuses a message");
            }
        }
    };
    while let Ok(Job::Publish(first)) = jobs.recv() {
        if jobs.len() < BACKLOG {
            publish(&first);
            continue;
        }
        let mut backlog = vec![first];
        let mut stopped = false;
        for job in jobs.try_iter().take(QUEUE) {
            match job {
                Job::Publish(message) => backlog.push(message),
                Job::Stop => {
                    stopped = true;
                    break;
                }
            }
        }
        let (kept, merged) = M::shorten(backlog);
        counts.add_merged(merged);
        kept.iter().for_each(&mut publish);
        if stopped {
            break;
        }
    }
}
