"""One moment on the three clocks that the shell needs."""

from typing import NamedTuple


class Moment(NamedTuple):
    """`wall_ns` is our clock, which may jump: for what the engine compares. `steady_ns` never jumps: for
    deadlines.

    `exchange_ns` is the moment on the exchange's clock, as well as the engine's clock offset tells.
    """

    wall_ns: int
    steady_ns: int
    exchange_ns: int
