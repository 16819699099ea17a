"""What must be true of the settings together: addresses that can be used, and values that do not contradict
each other.

The engine keeps the same rules; the golden cases in tests/golden/config hold both to them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Values = Mapping[str, Any]
Complaint = tuple[str, tuple[str, ...], str]

ADDRESSES = (
    "zmq.data_publisher_address",
    "zmq.command_receiver_address",
    "zmq.response_publisher_address",
)
URL_SCHEMES = {
    "exchange.rest_url": ("http", "https"),
    "exchange.stream_url": ("ws", "wss"),
    "exchange.ws_api_url": ("ws", "wss"),
}
WEIGHTS = tuple(
    f"strategy.weight_{name}"
    for name in (
        "volatility",
        "acceleration",
        "imbalance",
        "spread",
        "volume_delta",
        "message_velocity",
        "pattern",
        "depth",
    )
)
WEIGHT_TOLERANCE = 1e-6
TCP = re.compile(
    r"tcp://(?:127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|localhost|\[::1\]):(\*|[0-9]{1,5})", re.ASCII
)
HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+", re.ASCII)


def malformed(values: Values) -> Iterator[tuple[str, str]]:
    """Yield each address that is none or not on this machine, with what is allowed."""
    for key in ADDRESSES:
        if not _is_local(values[key]):
            yield key, "must be tcp://127.0.0.1:PORT or ipc://PATH: these channels never leave the machine"
    for key, schemes in URL_SCHEMES.items():
        url = values[key]
        scheme, separator, host = url.partition("://")
        if url and not (separator and scheme in schemes and HOST.fullmatch(host)):
            yield key, f"must be empty or {schemes[0]}:// or {schemes[1]}:// and a host, without a path"


def contradictions(values: Values) -> Iterator[Complaint]:
    """Yield each contradiction: where it is reported, all keys that take part, what must be true."""
    total = sum(values[key] for key in WEIGHTS)
    if abs(total - 1.0) > WEIGHT_TOLERANCE:
        text = f"the eight weights sum to {total:.6g}: must sum to 1"
        yield WEIGHTS[0], WEIGHTS, text
    for first, other, fine, text in PAIRS:
        if not fine(values[first], values[other]):
            yield first, (first, other), f"{values[first]} with {other} = {values[other]}: {text}"
    taken: dict[str, str] = {}
    for key in ADDRESSES:
        address = values[key]
        if address in taken and not address.endswith(":*"):
            yield (
                key,
                (taken[address], key),
                f"{address} is also {taken[address]}: each channel needs its own",
            )
        taken.setdefault(address, key)


PAIRS: tuple[tuple[str, str, Callable[[Any, Any], bool], str], ...] = (
    (
        "strategy.exit_percentile",
        "strategy.entry_percentile",
        lambda target, entry: target > entry,
        "the target must be above the entry",
    ),
    (
        "feed.reconnect_initial_ms",
        "feed.reconnect_max_ms",
        lambda first, longest: first <= longest,
        "the first delay must not exceed the longest",
    ),
    (
        "feed.heartbeat_seconds",
        "feed.stale_seconds",
        lambda suspicious, stale: suspicious <= stale,
        "silence must be suspicious before it is stale",
    ),
    (
        "risk.heartbeat_interval_ms",
        "risk.heartbeat_timeout_ms",
        lambda interval, timeout: interval < timeout,
        "a heartbeat must be due before its absence counts",
    ),
    (
        "event_detection.required_with_velocity",
        "event_detection.required_core_indicators",
        lambda fewer, usual: fewer <= usual,
        "velocity must not make the quorum larger",
    ),
    (
        "symbol.base",
        "symbol.quote",
        lambda base, quote: bool(base) == bool(quote),
        "set both, or none to take the symbol of the tape",
    ),
)


def _is_local(address: str) -> bool:
    if address.startswith("ipc://"):
        return len(address) > len("ipc://")
    match = TCP.fullmatch(address)
    if match is None:
        return False
    port = match.group(1)
    return port == "*" or 1 <= int(port) <= 65535
