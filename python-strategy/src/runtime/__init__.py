"""What a process needs around its work: the clock, the settings, the log, the grid of ticks.

Belongs here: the one reader of the wall clock, the one reader of the configuration, the set-up of logging.
Never here: a trading rule, a socket, a default that the schema does not state.
"""
