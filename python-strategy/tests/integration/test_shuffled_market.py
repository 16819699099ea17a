"""What the strategy earns in crashes comes from their order in time: with the seconds of an event shuffled,
volatile as they are, nothing is left of it.
"""
