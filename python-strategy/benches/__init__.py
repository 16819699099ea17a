"""What the system costs in time and memory: `make bench` (docs/benchmarks.md).

Belongs here: measuring, and showing figures beside their yardsticks of the same run. Never here: anything
that the product imports (of the tests only those of fills and shuffling do), and no
verdict that fails a build.
"""
