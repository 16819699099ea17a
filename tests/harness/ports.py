"""Ports that a program can be started on again and again."""

import socket
from random import SystemRandom

BELOW_THE_SYSTEMS_OWN = range(20_000, 32_000)
"""The system hands out ports from 32768 on: nobody takes one of these while its program is dead."""


def free_addresses(count: int) -> list[str]:
    """Return so many ZeroMQ addresses on loopback that nobody listens on."""
    found: list[str] = []
    dice = SystemRandom()
    while len(found) < count:
        port = dice.choice(BELOW_THE_SYSTEMS_OWN)
        address = f"tcp://127.0.0.1:{port}"
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if address not in found:
            found.append(address)
    return found
