"""The trading rules: from a detected event to an order, and from a fill to a closed trade.

Belongs here: scoring, the five stages, sizing, exits, the blotter, risk guards, fees; time is always an
argument. Never here: sockets, files, clocks, the order in which events arrive (that is `session`), or an
indicator's formula.
"""
