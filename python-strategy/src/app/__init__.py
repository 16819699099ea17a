"""The strategy as a process: the parts put together, and the one loop that feeds the session.

Belongs here: wiring, the loop over the sockets, orderly start and end, replays.
Never here: a trading rule, or a second way into the session.
"""
