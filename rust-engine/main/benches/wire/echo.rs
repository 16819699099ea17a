//! The floor of tick to order: bare sockets, bare bytes; PUB to SUB to PUSH to PULL, between two threads.

use std::thread;
use std::time::Instant;

use common::wire::encode;
use serde_json::Value;

use crate::load::{Load, book, figures, is_book};
use crate::sockets::{ANY_PORT, subscriber};

pub(crate) fn measure(load: &Load) -> Value {
    let context = zmq::Context::new();
    let (publish, pull) = (context.socket(zmq::PUB).expect("a socket"), context.socket(zmq::PULL).expect("a socket"));
    publish.bind(ANY_PORT).expect("a port");
    pull.bind(ANY_PORT).expect("a port");
    let at = |socket: &zmq::Socket| socket.get_last_endpoint().expect("bound").expect("text");
    let (data, commands) = (at(&publish), at(&pull));
    thread::spawn(move || {
        let context = zmq::Context::new();
        let subscribe = subscriber(&context, &data);
        let push = context.socket(zmq::PUSH).expect("a socket");
        push.connect(&commands).expect("it listens");
        while let Ok(frames) = subscribe.recv_multipart(0) {
            if frames[0] == b"book" {
                push.send(&frames[1], 0).expect("a peer that listens");
            }
        }
    });
    let (origin, last_book) = (Instant::now(), load.last_book());
    let receiver = thread::spawn(move || {
        let mut took = Vec::new();
        loop {
            let stamp = pull.recv_bytes(0).expect("an echo");
            let [sent, n] = [0, 8].map(|at| u64::from_le_bytes(stamp[at..at + 8].try_into().expect("8 bytes")));
            took.push(origin.elapsed().as_nanos() as i64 - sent as i64);
            if n == last_book {
                return took;
            }
        }
    });
    let payload = encode(&book(1, load.encoding));
    load.pace(|n| {
        let topic: &[u8] = if is_book(n) { b"book" } else { b"trade" };
        let stamp = [(origin.elapsed().as_nanos() as u64).to_le_bytes(), n.to_le_bytes()].concat();
        publish.send_multipart([topic, &stamp, &payload], 0).expect("a send");
    });
    figures("echo", receiver.join().expect("the receiver ends with the last book"))
}
