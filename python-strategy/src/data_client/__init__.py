"""The strategy's end of the three ZeroMQ channels: bytes in, domain events out; intents in, commands out.

Belongs here: the header, MessagePack, the one mapping between wire maps and domain values, sequence numbers,
sockets, heartbeats, the journal of events. Each message is checked once, here, and trusted below. Never here:
a trading rule, a clock (times are arguments), configuration files, or a guess about an order's fate.
"""
