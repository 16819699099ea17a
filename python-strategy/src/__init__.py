"""The strategy process: every trading decision of the flash-crash bot is taken here.

Rooms import downwards only (see docs/architecture.md); `tests/unit/test_layers.py` checks it.
"""
