"""The words of the trade: values that every other room speaks.

Belongs here: frozen values, closed enums, exact numbers, the errors that name what went wrong.
Never here: sockets, files, clocks, configuration, or a decision.
"""
