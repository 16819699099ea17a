"""hftbacktest as the oracle of our fill rule: the same resting orders, the same queue and latency model."""

import pytest

from benches.peers.market import PEER, made
from benches.peers.oracle import compare

CRASHES = {
    "flash_crash": {"scenario": "flash_crash", "seed": "7", "times": "2", "lead": "60", "tail": "10"},
    "cascade": {"scenario": "cascade", "seed": "5", "lead": "60", "tail": "10"},
}
EVERY_NS = 1_300_000_000


@pytest.mark.skipif(not PEER.is_file(), reason="hftbacktest is not there; `make bench-peers` installs it")
@pytest.mark.parametrize("name", CRASHES)
def test_our_queue_fills_what_the_oracle_fills(name, tmp_path):
    verdict = compare(made(name, CRASHES[name], tmp_path), tmp_path, EVERY_NS)
    assert verdict.orders > 100
    assert min(verdict.ours.fills, verdict.theirs.fills) > 50
    (alone, by_print), (alone_there, by_quote) = (
        verdict.ours.alone(verdict.theirs),
        verdict.theirs.alone(verdict.ours),
    )
    assert alone <= 1, verdict.text
    assert alone_there <= 1, verdict.text
    assert by_print + by_quote <= 0.06 * verdict.orders, verdict.text
