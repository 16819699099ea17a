"""The whole strategy process under load: a sustained rate, then a burst, over real sockets on loopback.

1,000 messages a second, four trades to one book: processor time of the strategy as a share of one core, and
memory. Then 10,000 a second for ten seconds: nothing may be lost, and two seconds later it must have caught
up. The budget is 30 % of one core, 250 MB, no lost trade.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns
from typing import Any

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME))

import psutil  # noqa: E402
import zmq  # noqa: E402
from market import SYMBOL, Market, history, instrument  # noqa: E402

from src.data_client.wire import pack, pack_header, unpack  # noqa: E402
from src.runtime.clock import wall_ns  # noqa: E402

LOOPBACK = "tcp://127.0.0.1"
NANOS_PER_MILLI = 1_000_000
SUSTAINED_RATE, BURST_RATE = 1_000, 10_000
STARTING_SECONDS = 60


class Venue:
    """The engine's side of the channels: answers what keeps the strategy going, and publishes a market."""

    def __init__(self, *, packed: bool) -> None:
        self._packed = packed
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._data, self._responses = self._context.socket(zmq.PUB), self._context.socket(zmq.PUB)
        self._commands = self._context.socket(zmq.PULL)
        self._data.setsockopt(zmq.SNDHWM, 150_000)
        names = ("data_publisher_address", "command_receiver_address", "response_publisher_address")
        sockets = (self._data, self._commands, self._responses)
        self.flags = [
            f"zmq.{name}={LOOPBACK}:{each.bind_to_random_port(LOOPBACK)}"
            for name, each in zip(names, sockets, strict=True)
        ]
        self._market = Market(seed=7, rate=1_000_000)
        self._sequences: Counter[str] = Counter()
        self.met = False
        self.trades = 0

    def publish(self, topic: str, payload: bytes) -> None:
        """Send one message on the data channel."""
        self._sequences[topic] += 1
        self._data.send_multipart((topic.encode(), pack_header(self._sequences[topic], wall_ns()), payload))

    def serve(self, milliseconds: float) -> None:
        """Wait for commands and answer them."""
        if not self._commands.poll(milliseconds):
            return
        command = unpack(self._commands.recv_multipart()[2])
        answer = {
            "type": "success",
            "command_id": command["command_id"],
            "message": "",
            "timestamp": wall_ns(),
        }
        self._sequences["response"] += 1
        header = pack_header(self._sequences["response"], wall_ns())
        self._responses.send_multipart((b"response", header, pack(answer)))
        if command["type"] == "request_snapshot":
            now_ns = wall_ns()
            shift_ns = now_ns - history(7)["timestamp"]
            bars = [bar | {"start": bar["start"] + shift_ns} for bar in history(7)["bars"]]
            self.publish(f"instrument.{SYMBOL}", pack(instrument() | {"timestamp": now_ns}))
            self.publish(f"instrument.{SYMBOL}", pack(history(7) | {"bars": bars, "timestamp": now_ns}))
            self.met = True

    def play(self, rate: int, seconds: float) -> None:
        """Publish `rate` messages a second in real time, some each millisecond, and answer in between."""
        start_ns, sent, total = perf_counter_ns(), 0, round(rate * seconds)
        while sent < total:
            due = min(total, (perf_counter_ns() - start_ns) * rate // 1_000_000_000)
            self._market.now_ns = wall_ns()
            for payload in self._market.messages(due - sent, packed=self._packed):
                is_trade = b"trade_id" in payload
                self.trades += is_trade
                self.publish(f"{'trade' if is_trade else 'book'}.{SYMBOL}", payload)
            sent = due
            self.serve(0.5)

    def say_goodbye(self) -> None:
        """Tell that the market is over."""
        words = {"old_state": "live", "new_state": "shutdown", "reason": "end of the flood"}
        self.publish("state", pack({"type": "state_change", "timestamp": wall_ns(), **words}))

    def close(self) -> None:
        """Close every socket."""
        self._context.destroy(linger=0)


@contextmanager
def strategy(venue: Venue, folder: Path) -> Iterator[psutil.Popen]:
    """Run the strategy process until the end of the block."""
    flags = [*venue.flags, f"persistence.runs_dir={folder}", "symbol.base=BTC", "symbol.quote=USDT"]
    command = [sys.executable, "-m", "src.main", "--summary", str(folder / "summary.json")]
    command += [part for flag in flags for part in ("--set", flag)]
    with psutil.Popen(command, cwd=HOME, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def one_round(seconds: float, *, packed: bool) -> dict[str, Any]:
    """Flood one process; returns what it took and what arrived."""
    venue = Venue(packed=packed)
    with tempfile.TemporaryDirectory() as name, strategy(venue, Path(name)) as process:
        deadline_ns = perf_counter_ns() + STARTING_SECONDS * 1_000_000_000
        while not venue.met:
            venue.serve(100)
            if perf_counter_ns() > deadline_ns:
                raise SystemExit("the strategy never asked for a snapshot")
        venue.play(SUSTAINED_RATE, 2)
        memory_before, busy, start_ns = process.memory_info().rss, process.cpu_times(), perf_counter_ns()
        venue.play(SUSTAINED_RATE, seconds)
        after, elapsed = process.cpu_times(), (perf_counter_ns() - start_ns) / 1e9
        cpu = (after.user + after.system - busy.user - busy.system) / elapsed
        venue.play(BURST_RATE, seconds)
        burst_end_ns = perf_counter_ns()
        venue.say_goodbye()
        memory_after = process.memory_info().rss
        process.wait(STARTING_SECONDS)
        caught_up = (perf_counter_ns() - burst_end_ns) / 1e9
        feed = json.loads((Path(name) / "summary.json").read_text())["feed"]
    venue.close()
    return {
        "sustained_share_of_core": round(cpu, 3),
        "memory_mb_before": round(memory_before / 1e6, 1),
        "memory_mb_after_burst": round(memory_after / 1e6, 1),
        "burst_to_exit_seconds": round(caught_up, 2),
        "trades_published": venue.trades,
        "messages_lost": feed["lost"],
        "books_conflated": feed["conflated"],
        "rejected": feed["rejected"],
    }


def main() -> None:
    """Print one round of each encoding as JSON."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument(
        "--seconds", type=float, default=10.0, help="length of the sustained part and of the burst"
    )
    seconds = given.parse_args().seconds
    results = {name: one_round(seconds, packed=name == "packed") for name in ("packed", "decimal")}
    about = {"sustained_rate": SUSTAINED_RATE, "burst_rate": BURST_RATE, "seconds": seconds}
    print(json.dumps({"bench": "flood", "about": about, "results": results}, indent=2))


if __name__ == "__main__":
    main()
