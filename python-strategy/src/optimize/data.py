"""Which recordings a search reads, cut into shards, and which of them it does not get to see.

A shard is one symbol on one day of UTC. Days are replayed apart, each with its own capital.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import file_digest
from pathlib import Path

from src.backtest.recording import Recording
from src.backtest.recording_files import SUFFIX, load, load_parquet, save
from src.backtest.splits import Span, utc_days
from src.domain.errors import CannotStart, InvalidData
from src.domain.market import NANOS_PER_SECOND
from src.optimize.generated import crashes
from src.reports.words import day

RECORDINGS, TAPES = Path("data") / "recordings", Path("data") / "tapes"
GENERATED = "generated"
IMPORTED = "*-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].tape"
"""How the tapes of imported days are called."""

OF = "."
"""Between a tape's name and the symbol, where the name does not have it."""

LEAST_SPAN_NS = 60 * NANOS_PER_SECOND
"""Less of a day than this is no shard."""

HELD_OUT_SHARE = 1 / 3
DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Shard:
    """One symbol on one day, in a recording's file. Times are those of receipt, in nanoseconds.

    `digest` tells whether a file elsewhere has the same content. `cut` says that the recording has more than
    this; of what lies before, `warmup_seconds` become history.
    """

    name: str
    path: str
    digest: str
    symbol: str
    start_ns: int
    end_ns: int
    cut: bool
    warmup_seconds: int


def find_shards(named: Sequence[Path], home: Path, warmup_seconds: int) -> tuple[Shard, ...]:
    """Return the shards of some tapes and recordings, or of all that there are, day by day.

    Those are the recordings and the imported days below `home`/data, or generated crashes where nobody has
    any. A tape is read once, and kept as a recording for each of its symbols.

    Raises CannotStart where a file cannot be read, or two have the same name.
    """
    folder = home / RECORDINGS
    files = [file for path in named for file in _as_parquet(path, folder, warmup_seconds)]
    if not named:
        days = sorted((home / TAPES).glob(IMPORTED))
        files = [file for path in days for file in _as_parquet(path, folder, warmup_seconds)]
        files += sorted(folder.glob(f"*{SUFFIX}"))
    if not files:
        made = folder / GENERATED
        files = [file for path in crashes(made) for file in _as_parquet(path, made, warmup_seconds)]
    shards = [shard for file in dict.fromkeys(files) for shard in _cut(file, warmup_seconds)]
    names = [shard.name for shard in shards]
    for name in names:
        if names.count(name) > 1:
            raise CannotStart(f"two files have a {name}: name each once, and call different ones differently")
    if not shards:
        seconds = LEAST_SPAN_NS // NANOS_PER_SECOND
        raise CannotStart(f"no recording has {seconds} seconds of a day, which a replay needs at the least")
    return tuple(sorted(shards, key=lambda shard: (day(shard.start_ns), shard.name)))


def hold_out(shards: Sequence[Shard], named: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the places of the shards to search and of those to keep, in order.

    Kept are those whose names begin with a name that is given; else the last third of the days, or of the
    shards where there is one day alone. So what is kept came later than what is searched. Where there is one
    shard, it is searched and nothing is kept.

    Raises CannotStart for a name that nothing has, and where nothing is left to search.
    """
    places = range(len(shards))
    if named:
        for name in named:
            if not any(shard.name.startswith(name) for shard in shards):
                raise CannotStart(f"--holdout {name}: no such shard; there are {_names(shards)}")
        kept = {place for place in places if shards[place].name.startswith(tuple(named))}
    else:
        days = sorted({day(shard.start_ns) for shard in shards})
        groups = [day(shard.start_ns) for shard in shards] if len(days) > 1 else list(map(str, places))
        wanted = list(dict.fromkeys(groups))
        count = round(len(wanted) * HELD_OUT_SHARE) or (len(wanted) > 1)
        later = set(wanted[len(wanted) - count :])
        kept = {place for place in places if groups[place] in later}
    searched = tuple(place for place in places if place not in kept)
    if not searched:
        raise CannotStart(f"--holdout keeps every shard: {_names(shards)}; leave one to search")
    return searched, tuple(sorted(kept))


def _names(shards: Iterable[Shard]) -> str:
    return ", ".join(shard.name for shard in shards)


def _as_parquet(path: Path, folder: Path, warmup_seconds: int) -> Iterator[Path]:
    """Yield a recording's file, or those in `folder` that a tape was or is made into."""
    if path.suffix == SUFFIX:
        yield path
        return
    made = sorted(folder.glob(f"{path.stem}{SUFFIX}")) + sorted(folder.glob(f"{path.stem}{OF}*{SUFFIX}"))
    if made and path.exists() and all(file.stat().st_mtime_ns > path.stat().st_mtime_ns for file in made):
        yield from made
        return
    try:
        for recording in load(path, warmup_seconds):
            name = path.stem if recording.symbol in path.stem else f"{path.stem}{OF}{recording.symbol}"
            save(recording, folder / f"{name}{SUFFIX}")
            yield folder / f"{name}{SUFFIX}"
    except InvalidData as error:
        raise CannotStart(f"cannot use {path}: {error}") from error


def _cut(path: Path, warmup_seconds: int) -> Iterator[Shard]:
    digest = _digest(path)
    recording = _file(str(path.resolve()), digest)
    whole = Span(recording.first_ns, recording.last_ns + 1)
    for span in utc_days(whole):
        if span.end_ns - span.start_ns >= LEAST_SPAN_NS:
            yield Shard(
                name=f"{path.stem}@{day(span.start_ns)}" if span != whole else path.stem,
                path=str(path.resolve()),
                digest=digest,
                symbol=recording.symbol,
                start_ns=span.start_ns,
                end_ns=span.end_ns,
                cut=span != whole,
                warmup_seconds=warmup_seconds,
            )


@cache
def recording_of(shard: Shard) -> Recording:
    """Return a shard's recording, which each process reads once.

    Raises CannotStart where this machine has no such file, or another one under its name.
    """
    recording = _file(shard.path, shard.digest)
    if not shard.cut:
        return recording
    return recording.between(shard.start_ns, shard.end_ns, shard.warmup_seconds)


@cache
def _file(path: str, digest: str) -> Recording:
    file = Path(path)
    if _digest(file) != digest:
        raise CannotStart(f"a worker has another recording under {path}; copy the same file to every machine")
    try:
        return load_parquet(file)
    except InvalidData as error:
        raise CannotStart(f"cannot use {path}: {error}") from error


def forget() -> None:
    """Let go of what was read: where others replay, this process needs no recording."""
    recording_of.cache_clear()
    _file.cache_clear()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "blake2b").hexdigest()[:DIGEST_LENGTH]
    except OSError as error:
        raise CannotStart(
            f"cannot read {path}: {error.strerror or error}; a cluster needs it under this path everywhere"
        ) from error
