"""The eight indicators' arithmetic: one readable definition each, in constant time per event.

Belongs here: rolling statistics, input hygiene, one-second bars, the candles and local extremes made of them,
and indicators 1 to 6 of the crash detector.
Never here: sockets, files, clocks, configuration files, states, or a decision to trade.
"""
