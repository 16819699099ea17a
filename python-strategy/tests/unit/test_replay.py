"""Detection without waiting: frames in a pipe, ticks where there was silence, orders that expire."""

import io
import struct
from pathlib import Path

import pytest
from wire_market import START_NS, SYMBOL, WireMarket, history, instrument, packed

from src.app.frames import frames
from src.app.replay import replay_frames
from src.app.wiring import session_config
from src.data_client.refusals import Refusals
from src.data_client.wire import pack_header
from src.domain.errors import InvalidData
from src.runtime.settings import load

CONFIG = session_config(load(Path(__file__).resolve().parents[3] / "config", {}))


def framed(payload: bytes, topic: bytes = b"x") -> bytes:
    parts = b"".join(struct.pack("<I", len(part)) + part for part in (topic, pack_header(1, 2), payload))
    return struct.pack("<I", len(parts)) + parts


def opening() -> list[bytes]:
    return [packed(instrument(START_NS)), packed(history(START_NS))]


def crash() -> list[bytes]:
    market = WireMarket(rate=50)
    calm, fall = market.messages(40), market.messages(6, fall_per_second=0.012)
    return [*opening(), *map(packed, calm), *map(packed, fall)]


def test_frames_come_out_as_they_went_in():
    pipe = io.BytesIO(framed(b"one", b"trade.X") + framed(b""))
    assert [(topic, payload) for topic, _, payload in frames(pipe)] == [(b"trade.X", b"one"), (b"x", b"")]


@pytest.mark.parametrize("cut", [1, 3, 5, 20])
def test_a_cut_pipe_is_told(cut):
    with pytest.raises(InvalidData, match="cut"):
        list(frames(io.BytesIO(framed(b"payload")[:cut])))


def test_a_forged_length_takes_no_memory():
    with pytest.raises(InvalidData, match="4294967295"):
        list(frames(io.BytesIO(b"\xff\xff\xff\xff")))


def test_a_crash_wakes_the_detector_and_a_bad_frame_is_counted():
    payloads = crash()
    payloads.insert(1000, b"\xc1")
    refusals = Refusals(lambda *_: None)
    replayed, summary = replay_frames(
        ((b"", b"", payload) for payload in payloads), "replay", CONFIG, refusals
    )
    assert summary.symbols == (SYMBOL,)
    assert "ACTIVE" in [str(item.new_state) for item in summary.transitions]
    assert summary.feed.rejected == {"malformed": 1}
    assert replayed.events >= len(payloads) - 1
    assert summary.trades == ()


def test_silence_becomes_ticks_as_it_would_live():
    market = WireMarket(rate=50)
    first = list(map(packed, market.messages(2)))
    market.now_ns += 5_000_000_000
    payloads = [*opening(), *first, *map(packed, market.messages(2))]
    refusals = Refusals(lambda *_: None)
    replayed, _ = replay_frames(((b"", b"", payload) for payload in payloads), "replay", CONFIG, refusals)
    ticks = replayed.events - len(payloads)
    assert 45 <= ticks <= 50, (
        "one tick for each tenth of the silent five seconds, but the last quarter second"
    )


def test_the_same_frames_give_the_same_decisions():
    def once() -> object:
        refusals = Refusals(lambda *_: None)
        source = ((b"", b"", payload) for payload in crash())
        return replay_frames(source, "replay", CONFIG, refusals)[1].to_json()

    assert once() == once()
