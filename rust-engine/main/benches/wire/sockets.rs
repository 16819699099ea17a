//! Sockets on ports of the system's choice.

use clock::WallClock;
use common::time::UnixNanos;
use common::wire::Command;
use crossbeam_channel::{Receiver, bounded};
use data_bridge::{Bridge, BridgeConfig, Incoming};

pub(crate) const ANY_PORT: &str = "tcp://127.0.0.1:*";
const HIGH_WATER_MARK: i32 = 150_000;
const WAITING_COMMANDS: usize = 100_000;

/// A subscriber of everything.
pub(crate) fn subscriber(context: &zmq::Context, endpoint: &str) -> zmq::Socket {
    let socket = context.socket(zmq::SUB).expect("a socket");
    socket.set_rcvhwm(HIGH_WATER_MARK).expect("a mark");
    socket.set_subscribe(b"").expect("a subscription");
    socket.connect(endpoint).expect("it listens");
    socket
}

/// The engine's own bridge; commands come with the time at which they had been read.
pub(crate) fn bridge(clock: WallClock) -> (Bridge, Receiver<(Command, UnixNanos)>) {
    let (sender, commands) = bounded(WAITING_COMMANDS);
    let config = BridgeConfig {
        data_publisher_address: ANY_PORT.into(),
        command_receiver_address: ANY_PORT.into(),
        response_publisher_address: ANY_PORT.into(),
        data_high_water_mark: HIGH_WATER_MARK,
    };
    let bridge = Bridge::open(&config, clock, move |incoming| {
        let Incoming::Command(command) = incoming else { panic!("the peer speaks our wire: {incoming:?}") };
        sender.try_send((command, clock.now())).expect("the bench takes commands");
    });
    (bridge.expect("free ports"), commands)
}
