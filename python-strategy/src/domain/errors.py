"""Errors that answer the operator's question: was it bad input, bad settings, or is something missing?"""


class FlashCrashError(Exception):
    """Root of all errors that this package raises on purpose."""


class InvalidData(FlashCrashError):
    """A value from outside breaks a rule; `reason` is the closed name under which it is counted."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class ConfigError(FlashCrashError):
    """The configuration cannot be used; `problems` lists every fault, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class CannotStart(FlashCrashError):
    """A port, a tool, a file or a peer that the start needs is not there; the message says what to do."""


class NotStored(FlashCrashError):
    """What must be on disk before anything follows from it is not there; the message says why.

    Nothing of it was written, unless `unknown`: then the database went away while it confirmed, and only the
    next start can tell. `refused`: it breaks a rule of the database, so that trying again cannot help.
    """

    def __init__(self, detail: str, *, unknown: bool = False, refused: bool = False) -> None:
        super().__init__(detail)
        self.unknown = unknown
        self.refused = refused
