"""Replays of recorded markets through the production session, and what can be said about them.

Belongs here: recordings, the replay, analytics, scorecard, honesty statistics.
Never here: a decision of detector or strategy; those are made by the session that is replayed.
"""
