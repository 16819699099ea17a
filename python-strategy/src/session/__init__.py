"""The one door: events in, intents out, for live, paper and backtest alike.

Belongs here: the order of events in time, and who is asked about each of them.
Never here: sockets, files, clocks, an indicator's formula, or a trading rule.
"""
