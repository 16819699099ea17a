"""Wire frames in a pipe, as `main replay` writes them.

`u32 total | u32 length, topic | u32 length, header | u32 length, payload`, little-endian; `total` counts what
follows it.
"""

import struct
from collections.abc import Iterator
from typing import IO

from src.domain.errors import InvalidData

LENGTH = struct.Struct("<I")
LARGEST = 64 * 1024 * 1024
Frames = tuple[bytes, bytes, bytes]


def frames(pipe: IO[bytes]) -> Iterator[Frames]:
    """Yield topic, header and payload of each message until the pipe ends.

    Raises InvalidData (`frames`) where the pipe is cut or its lengths contradict each other.
    """
    while head := pipe.read(LENGTH.size):
        (total,) = LENGTH.unpack(_whole(head, LENGTH.size))
        if total > LARGEST:
            raise InvalidData("frames", f"a message of {total} bytes")
        yield _parts(_whole(pipe.read(total), total))


def _parts(message: bytes) -> Frames:
    parts, at = [], 0
    while at < len(message):
        (length,) = LENGTH.unpack_from(message, at)
        parts.append(message[at + LENGTH.size : at + LENGTH.size + length])
        at += LENGTH.size + length
    if len(parts) != 3 or at != len(message):
        raise InvalidData("frames", "a message is not topic, header and payload")
    topic, header, payload = parts
    return topic, header, payload


def _whole(read: bytes, due: int) -> bytes:
    if len(read) != due:
        raise InvalidData("frames", f"cut after {len(read)} of {due} bytes")
    return read
