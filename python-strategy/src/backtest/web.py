"""GET over HTTP with the manners that a public venue asks for: request weight, Retry-After, patience.

The pace is pure: it is told of answers and of the time. Waiting is a function that the caller gives.
"""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import httpx2

from src.domain.errors import CannotStart, InvalidData
from src.domain.market import NANOS_PER_SECOND
from src.runtime.clock import wall_ns

MINUTE = 60
WEIGHT_LIMIT = 6_000  # REQUEST_WEIGHT a minute and address (2026-07); exchangeInfo tells the venue's own
SHARE = 0.8
"""Of the limit; the rest is for others at this address, such as a running engine."""
TRIES = 6
LONGEST_WAIT_SECONDS = 300.0
"""A longer ban is for a person to decide about."""
TIMEOUT = httpx2.Timeout(20.0, connect=10.0)
BUSY, BANNED = 429, 418


class Pace:
    """How long to wait so that a minute's request weight is never used up. The venue's minutes begin on its
    clock.

    >>> pace = Pace()
    >>> pace.heard(4_799, now_ns=30 * NANOS_PER_SECOND)
    >>> pace.wait(4, now_ns=31 * NANOS_PER_SECOND), pace.wait(4, now_ns=60 * NANOS_PER_SECOND)
    (30.0, 0.0)
    """

    def __init__(self) -> None:
        self.limit = WEIGHT_LIMIT
        self._used = 0
        self._minute = 0

    def heard(self, used: int, now_ns: int) -> None:
        """Take the venue's word on the weight used in the running minute."""
        self._used = used
        self._minute = now_ns // NANOS_PER_SECOND // MINUTE

    def wait(self, weight: int, now_ns: int) -> float:
        """Return the seconds to wait before a request of that weight; one more, as clocks differ."""
        minute, second = divmod(now_ns // NANOS_PER_SECOND, MINUTE)
        if minute != self._minute or self._used + weight <= SHARE * self.limit:
            return 0.0
        return float(MINUTE - second + 1)


class Web:
    """One origin; use as a context manager.

    Raises CannotStart where it does not answer, or bans for long; InvalidData (`not_there`, `refused`) where
    it answers that it will not. What is worth trying again is tried again, with growing pauses.
    """

    def __init__(
        self,
        origin: str,
        *,
        transport: httpx2.BaseTransport | None = None,
        pause: Callable[[float], object] | None = None,
        now_ns: Callable[[], int] = wall_ns,
    ) -> None:
        self.origin = origin.rstrip("/")
        self.host = _host(origin)
        self.pace = Pace()
        self._pause = pause or threading.Event().wait
        self._now_ns = now_ns
        self._client = httpx2.Client(
            transport=transport,
            timeout=TIMEOUT,
            follow_redirects=True,
            headers={"X-MBX-TIME-UNIT": "MICROSECOND"},
        )

    def __enter__(self) -> "Web":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def json(self, path: str, weight: int, **params: str | int) -> Any:
        """Return what the venue answers to a request of that weight."""
        answer = self.ask(path, weight, params=params)
        try:
            return answer.json()
        except ValueError as error:
            raise InvalidData(
                "refused", f"{self.origin}{path} answers no JSON: {answer.text[:80]!r}"
            ) from error

    def text(self, path: str) -> str | None:
        """Return a small file; None where it is not there."""
        try:
            return self.ask(path, 0).text
        except InvalidData as error:
            if error.reason == "not_there":
                return None
            raise

    def ask(
        self,
        path: str,
        weight: int,
        params: dict[str, str | int] | None = None,
        *,
        take: Callable[[httpx2.Response], None] | None = None,
        headers: Callable[[], dict[str, str]] = dict,
    ) -> httpx2.Response:
        """Send a GET until there is an answer. `take` gets one that is good as a stream; its own transport
        errors are tried again, with `headers` asked anew.
        """
        url = f"{self.origin}{path}"
        trouble = ""
        for attempt in range(TRIES):
            if seconds := self.pace.wait(weight, self._now_ns()):
                self._pause(seconds)
            try:
                with self._client.stream("GET", url, params=params, headers=headers()) as answer:
                    self._hear(answer)
                    if answer.is_success:
                        if take is None:
                            answer.read()
                        else:
                            take(answer)
                        return answer
                    answer.read()
            except httpx2.RequestError as error:
                trouble, seconds = str(error) or type(error).__name__, float(2**attempt)
            else:
                trouble, seconds = f"HTTP {answer.status_code}", self._what_next(answer, url, attempt)
            if attempt + 1 < TRIES:
                self._pause(seconds)
        raise CannotStart(
            f"{url} does not answer after {TRIES} tries ({trouble}); what was fetched is kept, and the same "
            "command goes on from there"
        )

    def _hear(self, answer: httpx2.Response) -> None:
        used = answer.headers.get("X-MBX-USED-WEIGHT-1M", "")
        if used.isdigit():
            self.pace.heard(int(used), self._now_ns())

    def _what_next(self, answer: httpx2.Response, url: str, attempt: int) -> float:
        """Return how long to wait before the next try; raises where another try cannot help."""
        status = answer.status_code
        if status in (BUSY, BANNED):
            told = answer.headers.get("Retry-After", "")
            seconds = float(told) if told.isdigit() else float(MINUTE)
            if seconds > LONGEST_WAIT_SECONDS:
                raise CannotStart(
                    f"{self.origin} wants no request for {seconds:.0f} s (HTTP {status}); run the same "
                    "command again after that, it goes on from here"
                )
            return seconds
        if status >= 500:
            return float(2**attempt)
        if status in (404, 410):
            raise InvalidData("not_there", f"{url} is not there (HTTP {status})")
        raise InvalidData("refused", f"{url} refuses (HTTP {status}): {answer.text[:200]}")


def _host(origin: str) -> str:
    try:
        host = httpx2.URL(origin).host
    except httpx2.InvalidURL as error:
        raise CannotStart(f"{origin} is no web address: {error}") from error
    if not host:
        raise CannotStart(f"{origin} is no web address: it names no host")
    return host
