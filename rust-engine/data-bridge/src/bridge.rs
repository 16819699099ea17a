//! The bridge as a whole: three sockets, each for one thread.

use clock::WallClock;
use common::wire::{DataMessage, Response};

use crate::counts::Counts;
use crate::endpoint::bind;
use crate::error::BridgeError;
use crate::publisher::Publisher;
use crate::receiver::{Incoming, Receiver};

const DATA: &str = "data_publisher_address";
const COMMANDS: &str = "command_receiver_address";
const RESPONSES: &str = "response_publisher_address";
/// How long unsent messages may keep a closing socket open: readers that live have long taken them.
const LINGER_MS: i32 = 1_000;
const COMMAND_HIGH_WATER_MARK: i32 = 1_000;
/// No command is longer; a longer one is cut off with its connection before it takes memory.
const LONGEST_COMMAND: i64 = 1 << 20;

/// Where the channels are (`[zmq]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeConfig {
    /// Channel 1, PUB.
    pub data_publisher_address: String,
    /// Channel 2, PULL.
    pub command_receiver_address: String,
    /// Channel 3, PUB.
    pub response_publisher_address: String,
    /// Messages that may wait for a slow subscriber before ZeroMQ drops.
    pub data_high_water_mark: i32,
}

/// The addresses that were really bound: a `*` port has become a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Channel 1.
    pub data: String,
    /// Channel 2.
    pub commands: String,
    /// Channel 3.
    pub responses: String,
}

/// The open channels; each part moves into the thread that uses it.
pub struct Bridge {
    /// Channel 1, for the thread of the feed.
    pub data: Publisher<DataMessage>,
    /// Channel 2, a thread of its own.
    pub receiver: Receiver,
    /// Channel 3, for the thread of the desk.
    pub responses: Publisher<Response>,
    /// Where the channels are.
    pub endpoints: Endpoints,
    /// What has passed so far.
    pub counts: Counts,
}

impl Bridge {
    /// Binds the sockets and starts to receive; `take` is called on the receiver's thread, in order.
    ///
    /// # Errors
    /// [`BridgeError`] with the key that changes it: an address off this machine, or a taken one. Nothing is left open.
    pub fn open(
        config: &BridgeConfig,
        clock: WallClock,
        take: impl FnMut(Incoming) + Send + 'static,
    ) -> Result<Self, BridgeError> {
        let context = zmq::Context::new();
        let data_hwm = config.data_high_water_mark;
        let (data, data_at) = socket(&context, zmq::PUB, DATA, &config.data_publisher_address, data_hwm)?;
        let (commands, commands_at) =
            socket(&context, zmq::PULL, COMMANDS, &config.command_receiver_address, COMMAND_HIGH_WATER_MARK)?;
        let (responses, responses_at) =
            socket(&context, zmq::PUB, RESPONSES, &config.response_publisher_address, data_hwm)?;
        let counts = Counts::default();
        Ok(Self {
            receiver: Receiver::start(&context, commands, clock, counts.clone(), take)?,
            data: Publisher::new(data, clock, counts.clone()),
            responses: Publisher::new(responses, clock, counts.clone()),
            endpoints: Endpoints { data: data_at, commands: commands_at, responses: responses_at },
            counts,
        })
    }
}

fn socket(
    context: &zmq::Context,
    kind: zmq::SocketType,
    key: &'static str,
    endpoint: &str,
    high_water_mark: i32,
) -> Result<(zmq::Socket, String), BridgeError> {
    let prepare = || -> zmq::Result<zmq::Socket> {
        let socket = context.socket(kind)?;
        socket.set_linger(LINGER_MS)?;
        // Marks count only for connections made after they are set: before bind.
        socket.set_sndhwm(high_water_mark)?;
        socket.set_rcvhwm(high_water_mark)?;
        if kind == zmq::PULL {
            socket.set_maxmsgsize(LONGEST_COMMAND)?;
        }
        Ok(socket)
    };
    let socket = prepare().map_err(|error| BridgeError::Socket {
        key,
        endpoint: endpoint.to_owned(),
        reason: error.to_string(),
    })?;
    let bound = bind(&socket, key, endpoint)?;
    Ok((socket, bound))
}
