"""A question put to a running engine beside the strategy's own."""

import time
from collections.abc import Mapping
from itertools import count
from typing import Any

import msgpack
import zmq
from src.data_client.wire import pack, pack_header

RETRY_S = 0.3
EXPIRY_NS = 2_000_000_000


def ask(commands: str, responses: str, question: Mapping[str, object], seconds: float = 10) -> dict[str, Any]:
    """Return the engine's answer; asks again until the answers are heard."""
    deadline = time.monotonic() + seconds
    with zmq.Context() as context, context.socket(zmq.PUSH) as push, context.socket(zmq.SUB) as sub:
        push.setsockopt(zmq.LINGER, 0)
        sub.setsockopt(zmq.SUBSCRIBE, b"")
        push.connect(commands)
        sub.connect(responses)
        for number in count(1):
            now_ns = time.time_ns()
            name = f"asked-{now_ns}"
            command = {"command_id": name, "trace_id": name, "expires_at": now_ns + EXPIRY_NS, **question}
            push.send_multipart((b"command", pack_header(number, now_ns), pack(command)))
            ask_again = time.monotonic() + RETRY_S
            while (left := ask_again - time.monotonic()) > 0 and sub.poll(round(1000 * left)):
                answer: dict[str, Any] = msgpack.unpackb(sub.recv_multipart()[2])
                if answer.get("command_id") == name:
                    return answer
            assert time.monotonic() < deadline, f"no answer to {question['type']} within {seconds} s"
    raise AssertionError
