"""Our replay beside a peer's: `make bench-peers` (docs/benchmarks.md).

Belongs here: one seeded market in both formats, and the peer's side of each measurement. Never here: anything
that the product imports; and `hft.py`, which runs in the peer's environment, imports nothing of ours.
"""
