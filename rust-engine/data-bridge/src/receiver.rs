//! The thread that owns the PULL socket: turns frames into commands, and into refusals what is none.

use std::thread::JoinHandle;

use clock::WallClock;
use common::time::{NANOS_PER_SECOND, UnixNanos};
use common::wire::{Command, ErrorType, Header, Response, decode};

use crate::counts::{Counts, InvalidCommand};
use crate::error::BridgeError;

const NAME: &str = "bridge-commands";
const TOPIC: &[u8] = b"command";
const LOG_INTERVAL_NS: i64 = 60 * NANOS_PER_SECOND;
const DUMPED_BYTES: usize = 64;

/// What came on the command channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A command.
    Command(Command),
    /// Something else, which was counted; this is to be answered.
    Refused(Response),
}

/// The thread of the command channel. Ends with [`Receiver::stop`].
pub struct Receiver {
    wake: zmq::Socket,
    thread: JoinHandle<()>,
}

impl Receiver {
    pub(crate) fn start(
        context: &zmq::Context,
        socket: zmq::Socket,
        clock: WallClock,
        counts: Counts,
        take: impl FnMut(Incoming) + Send + 'static,
    ) -> Result<Self, BridgeError> {
        let wakeup = || -> zmq::Result<(zmq::Socket, zmq::Socket)> {
            let (wake, woken) = (context.socket(zmq::PAIR)?, context.socket(zmq::PAIR)?);
            woken.bind("inproc://wake-commands")?;
            wake.connect("inproc://wake-commands")?;
            Ok((wake, woken))
        };
        let failed = |reason: String| BridgeError::Thread { name: NAME, reason };
        let (wake, woken) = wakeup().map_err(|error| failed(error.to_string()))?;
        let mut inbox = Inbox { clock, counts, take, logged_at: [None; InvalidCommand::ALL.len()] };
        let thread = std::thread::Builder::new().name(NAME.to_owned()).spawn(move || inbox.run(&socket, &woken));
        Ok(Self { wake, thread: thread.map_err(|error| failed(error.to_string()))? })
    }

    /// Takes no more commands; those that came before are handed on. False where the thread had failed.
    #[must_use]
    pub fn stop(self) -> bool {
        let woken = self.wake.send(&b""[..], zmq::DONTWAIT).is_ok();
        woken && self.thread.join().is_ok()
    }
}

struct Inbox<F> {
    clock: WallClock,
    counts: Counts,
    take: F,
    logged_at: [Option<UnixNanos>; InvalidCommand::ALL.len()],
}

impl<F: FnMut(Incoming)> Inbox<F> {
    fn run(&mut self, socket: &zmq::Socket, woken: &zmq::Socket) {
        loop {
            let mut items = [socket.as_poll_item(zmq::POLLIN), woken.as_poll_item(zmq::POLLIN)];
            match zmq::poll(&mut items, -1) {
                Ok(_) | Err(zmq::Error::EINTR) => {}
                Err(error) => {
                    tracing::error!(%error, "the command channel has failed");
                    return;
                }
            }
            let (readable, stop) = (items[0].is_readable(), items[1].is_readable());
            if readable {
                while let Ok(frames) = socket.recv_multipart(zmq::DONTWAIT) {
                    self.receive(&frames);
                }
            }
            if stop {
                return;
            }
        }
    }

    fn receive(&mut self, frames: &[Vec<u8>]) {
        match read(frames) {
            Ok(command) => {
                self.counts.add_command();
                (self.take)(Incoming::Command(command));
            }
            Err((reason, message)) => self.refuse(reason, message),
        }
    }

    fn refuse(&mut self, reason: InvalidCommand, message: String) {
        let timestamp = self.clock.now();
        self.counts.add_invalid(reason);
        let last = &mut self.logged_at[reason as usize];
        if last.is_none_or(|last| timestamp.since(last) >= LOG_INTERVAL_NS) {
            *last = Some(timestamp);
            tracing::warn!(reason = reason.name(), %message, "not a command; logged once a minute, counted always");
        }
        let error_type = ErrorType::Invalid;
        (self.take)(Incoming::Refused(Response::Error { command_id: String::new(), error_type, message, timestamp }));
    }
}

fn read(frames: &[Vec<u8>]) -> Result<Command, (InvalidCommand, String)> {
    let [topic, header, payload] = frames else {
        let message = format!("{} frames instead of topic, header and payload", frames.len());
        return Err((InvalidCommand::Frames, message));
    };
    if topic != TOPIC {
        let dump: String = topic.iter().take(DUMPED_BYTES).map(|byte| format!("{byte:02x}")).collect();
        return Err((InvalidCommand::Topic, format!("the topic is not \"command\" (starts {dump})")));
    }
    Header::parse(header).map_err(|error| (InvalidCommand::Header, error.to_string()))?;
    decode(payload).map_err(|error| (InvalidCommand::Payload, error.to_string()))
}
