//! The feed's one door: what comes in, and what is to be done.

use common::market::{MarketEvent, Symbol};
use common::time::UnixNanos;
use common::wire::DataMessage;

use crate::request::Request;

/// One connection to the market streams; counted, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u32);

/// What happened.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// Time passed; sent every 100 ms.
    Tick,
    /// A connection that was asked for stands.
    Opened(ConnectionId),
    /// A connection ended, or could not be opened.
    Closed {
        /// Which.
        connection: ConnectionId,
        /// Why, in words.
        reason: &'a str,
    },
    /// A text frame came.
    Frame {
        /// From where.
        connection: ConnectionId,
        /// As it came.
        bytes: &'a [u8],
    },
    /// The venue pinged: the connection lives, whatever its streams do.
    Ping(ConnectionId),
    /// A request was answered, or could not be.
    Answer {
        /// Which.
        request: Request,
        /// When it was sent.
        sent_at: UnixNanos,
        /// With what.
        answer: Answer<'a>,
    },
    /// Somebody wants rules, history and a full book of a symbol again.
    SnapshotWanted(Symbol),
    /// Whether a position is open: with one, the feed never gives up.
    PositionOpen(bool),
}

/// The answer to a request.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// The venue answered.
    Replied {
        /// HTTP status.
        status: u16,
        /// `X-MBX-USED-WEIGHT-1M`.
        used_weight: Option<u64>,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
        /// As it came.
        body: &'a [u8],
    },
    /// No answer came; why, in words.
    Failed(&'a str),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Publish on the data channel.
    Publish(DataMessage),
    /// Tell the desk.
    Market(MarketEvent),
    /// Open a connection to the market streams.
    Open(ConnectionId),
    /// Close a connection.
    Close(ConnectionId),
    /// Send a request.
    Fetch(Request),
    /// Write to the log.
    Log(LogLevel, String),
    /// A replaying venue has come to the end of its tape.
    EndOfTape,
    /// The feed cannot go on; why, in words.
    GiveUp(String),
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// As expected.
    Info,
    /// Worth a look; handled.
    Warn,
}
