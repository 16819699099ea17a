"""Each fault of the feed, alone, on a short tape: afterwards the engine's book is the venue's, level by level."""

import json

import msgpack
import pytest
import zmq
from harness.process import ROOT
from harness.stack import Engine, Simulator, generate_tape

LEVELS = 5000
FAULTS = json.loads((ROOT / "tests" / "scenarios" / "feed_faults.json").read_text())


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return generate_tape(tmp_path_factory.mktemp("tape") / "calm20.tape", "calm", "--live-seconds", "20")
