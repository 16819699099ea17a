"""The closed sets that a search is described by, without an import that a command line would wait for."""

from enum import StrEnum


class Mode(StrEnum):
    """How points are chosen: the settings as they are alone, at random, or where earlier ones were good."""

    QUICK = "quick"
    RANDOM = "random"
    BAYESIAN = "bayesian"


class Objective(StrEnum):
    """By what trials are compared; more is better."""

    NET_RETURN = "net-return"
    DEFLATED_SHARPE = "deflated-sharpe"
    F1 = "f1"
