"""When a market is crashing: readings, quorum, fall gate and the state machine over them.

Belongs here: composing the indicators into readings, the trigger, SLEEP / ALERT / ACTIVE / RECOVERY /
SHUTDOWN. Never here: orders, money, sockets, files, clocks, or what to do about a crash.
"""
