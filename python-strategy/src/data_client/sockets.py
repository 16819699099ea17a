"""The settings that every socket of this process has. One thread owns them all; none is ever shared."""

from collections.abc import Sequence

import zmq

RECONNECT_MS, RECONNECT_MOST_MS = 100, 60_000
NO_WAIT, MORE, MORE_TO_COME = int(zmq.DONTWAIT), int(zmq.SNDMORE), int(zmq.RCVMORE)
EVENTS, READABLE = int(zmq.EVENTS), int(zmq.POLLIN)
"""As numbers: each `|` of pyzmq's own enums costs as much as a message, and so does an exception."""

LARGEST_MESSAGE = 16 * 1024 * 1024

Context = zmq.Context["zmq.Socket[bytes]"]
Socket = zmq.Socket[bytes]


def subscribed(
    context: Context, addresses: Sequence[str], prefixes: Sequence[bytes], high_water_mark: int
) -> Socket:
    """Open a subscriber; its high-water mark is set before it connects, or it would not hold."""
    socket = _opened(context, zmq.SUB)
    socket.setsockopt(zmq.RCVHWM, high_water_mark)
    socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
    for prefix in prefixes:
        socket.setsockopt(zmq.SUBSCRIBE, prefix)
    for address in addresses:
        socket.connect(address)
    return socket


def pushing(context: Context, address: str, high_water_mark: int, send_timeout_ms: int) -> Socket:
    """Open a sender that keeps nothing for an absent peer: an order must not wait in a queue until somebody
    comes.
    """
    socket = _opened(context, zmq.PUSH)
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.SNDHWM, high_water_mark)
    socket.setsockopt(zmq.SNDTIMEO, send_timeout_ms)
    socket.connect(address)
    return socket


def is_readable(socket: Socket) -> bool:
    """Say whether a message waits, at less cost than an exception."""
    return bool(int(socket.get(EVENTS)) & READABLE)


def send(socket: Socket, frames: Sequence[bytes], flags: int) -> None:
    """Send one message; raises zmq.Again where it cannot leave in time."""
    *first, last = frames
    for frame in first:
        socket.send(frame, flags | MORE)
    socket.send(last, flags)


def _opened(context: Context, kind: int) -> Socket:
    socket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MOST_MS)
    return socket
