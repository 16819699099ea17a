"""Bytes at the edge: the transport's header, the MessagePack payload, and what a refused one looked like.

The Rust crate `common::wire` is the truth; the golden vectors in tests/golden/wire hold both sides to it.
"""

import struct
from collections.abc import Mapping

import msgpack

from src.domain.errors import InvalidData

PROTOCOL_VERSION = 1
HEADER = struct.Struct(">HQq")
DUMPED_BYTES = 64
FIXMAP, FIXMAP_LAST = 0x80, 0x8F


def pack_header(sequence: int, sent_at_ns: int) -> bytes:
    """Write the second frame of a message: version, sequence per topic from 1, the sender's wall clock in ns.

    >>> unpack_header(pack_header(7, 1_700_000_000_000_000_000))
    (7, 1700000000000000000)
    """
    return HEADER.pack(PROTOCOL_VERSION, sequence, sent_at_ns)


def unpack_header(frame: bytes) -> tuple[int, int]:
    """Read a header: (sequence, sent at in ns).

    Raises InvalidData with the reason `header_length` or `version`.
    """
    if len(frame) != HEADER.size:
        raise InvalidData("header_length", f"{len(frame)} bytes instead of {HEADER.size}")
    version, sequence, sent_at_ns = HEADER.unpack(frame)
    if version != PROTOCOL_VERSION:
        raise InvalidData(
            "version", f"{version} instead of {PROTOCOL_VERSION}: both processes must come from one build"
        )
    return sequence, sent_at_ns


def unpack(payload: bytes) -> dict[str, object]:
    """Read a payload: exactly one MessagePack map with text keys.

    Raises InvalidData with the reason `malformed`.
    """
    try:
        fields = msgpack.unpackb(payload)
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise InvalidData("malformed", f"no MessagePack: {error or type(error).__name__}") from error
    if type(fields) is not dict:
        raise InvalidData("malformed", f"a {type(fields).__name__} where a map is due")
    if FIXMAP <= payload[0] <= FIXMAP_LAST and payload[0] - FIXMAP != len(fields):
        raise InvalidData("malformed", "a field stands twice")
    return fields


def pack(fields: Mapping[str, object]) -> bytes:
    """Write a payload; the order of `fields` is the order on the wire."""
    packed: bytes = msgpack.packb(fields)
    return packed


def dump(payload: bytes) -> str:
    """Show the start of a payload in hex, for a log line.

    >>> dump(bytes([0x81, 0xA4]))
    '81a4'
    """
    return payload[:DUMPED_BYTES].hex() + ("…" if len(payload) > DUMPED_BYTES else "")
