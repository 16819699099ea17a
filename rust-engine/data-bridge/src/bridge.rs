//! The bridge as a whole: three sockets, three threads, one way in and one way out.

use clock::WallClock;
use common::wire::{Command, DataMessage, Response};

use crate::counts::Counts;
use crate::endpoint::bind;
use crate::error::BridgeError;
use crate::publisher::{DataSender, Publisher, ResponseSender};
use crate::receiver::Receiver;

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

/// The open bridge. Ends with [`Bridge::shutdown`].
pub struct Bridge {
    data: Publisher<DataMessage>,
    responses: Publisher<Response>,
    receiver: Receiver,
    endpoints: Endpoints,
    counts: Counts,
}

impl Bridge {
    /// Binds the sockets and starts the threads; `on_command` is called on the receiver's thread, once per command.
    ///
    /// # Errors
    /// [`BridgeError`] with the key that changes it: an address off this machine, or a taken one. Nothing is left open.
    pub fn open(
        config: &BridgeConfig,
        clock: WallClock,
        on_command: impl FnMut(Command) + Send + 'static,
    ) -> Result<Self, BridgeError> {
        let context = zmq::Context::new();
        let data_hwm = config.data_high_water_mark;
        let (data, data_at) = socket(&context, zmq::PUB, DATA, &config.data_publisher_address, data_hwm)?;
        let (commands, commands_at) =
            socket(&context, zmq::PULL, COMMANDS, &config.command_receiver_address, COMMAND_HIGH_WATER_MARK)?;
        let (responses, responses_at) =
            socket(&context, zmq::PUB, RESPONSES, &config.response_publisher_address, data_hwm)?;
        let counts = Counts::default();
        let data = Publisher::start("bridge-data", data, clock, counts.clone())?;
        let responses = Publisher::start("bridge-responses", responses, clock, counts.clone())?;
        let receiver = Receiver::start(&context, commands, clock, counts.clone(), responses.sender(), on_command)?;
        let endpoints = Endpoints { data: data_at, commands: commands_at, responses: responses_at };
        Ok(Self { data, responses, receiver, endpoints, counts })
    }

    /// Where the channels are.
    #[must_use]
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The way to the data channel.
    #[must_use]
    pub fn data(&self) -> DataSender {
        self.data.sender()
    }

    /// The way to the response channel.
    #[must_use]
    pub fn responses(&self) -> ResponseSender {
        self.responses.sender()
    }

    /// What has passed so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }

    /// Takes no more commands, sends everything that was handed over, and closes. Waits at most for a second for readers
    /// that live. True where every thread ended in order.
    #[must_use]
    pub fn shutdown(self) -> bool {
        let Self { data, responses, receiver, .. } = self;
        [receiver.stop(), data.stop(), responses.stop()] == [true; 3]
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
