"""What a person or a script reads about a run: its record, its summary, and why something was done.

Belongs here: writing and reading the run's record, tables, JSON, explanations in words.
Never here: a decision, a socket, a figure that is not in the record or in what the session says of itself.
"""
