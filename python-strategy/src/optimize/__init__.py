"""The search for better constants: what is searched, by which measure, how trials are shared out and judged.

Belongs here: search spaces, objectives, the study, executors, what is held out, the report on a search.
Never here: a replay of its own (that is `backtest`'s) or a decision of detector or strategy.
"""
