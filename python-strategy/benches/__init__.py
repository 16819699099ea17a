"""What the system costs in time and memory: `make bench` (docs/benchmarks.md).

Belongs here: measuring, and showing figures beside their yardsticks of the same run. Never here: anything
that a test or the product imports, and no verdict that fails a build.
"""
