"""Components' states on disk: sealed with version and checksum; the newest of each that can be trusted."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, select

from src.domain.errors import InvalidData
from src.persistence.link import Link
from src.persistence.repositories import SnapshotKept, Snapshots
from src.persistence.tables import SNAPSHOTS
from src.persistence.types import ENCODER

BOOKS = "books"
"""The component that the ledger goes on from; it is never too old, because the ledger reaches back to it."""

_C = SNAPSHOTS.c
COLUMNS = (_C.component, _C.ts_ns, _C.ledger_seq, _C.version, _C.checksum, _C.body)


@dataclass(frozen=True, slots=True)
class Restored:
    """A component's state as it was at `ts_ns`, after ledger entry `ledger_seq`."""

    state: Any
    ts_ns: int
    ledger_seq: int


def seal(component: str, state: object, ts_ns: int, ledger_seq: int, version: int) -> SnapshotKept:
    """Make a snapshot of plain data.

    >>> unseal(seal("cooldown", {"until": 1.5}, 7, 3, 1), 1)
    Restored(state={'until': 1.5}, ts_ns=7, ledger_seq=3)
    """
    body = ENCODER.encode(state)
    checksum = _checksum(component, ts_ns, ledger_seq, version, body)
    return SnapshotKept(component, ts_ns, ledger_seq, version, checksum, body)


def unseal(snapshot: SnapshotKept, version: int) -> Restored:
    """Read a snapshot.

    Raises InvalidData (`bad_snapshot`) where it is of another version, or not what was written.
    """
    if snapshot.version != version:
        raise InvalidData("bad_snapshot", f"it is of version {snapshot.version}, this program's is {version}")
    s = snapshot
    if s.checksum != _checksum(s.component, s.ts_ns, s.ledger_seq, s.version, s.body):
        raise InvalidData("bad_snapshot", "it is corrupt: its checksum does not fit")
    return Restored(json.loads(s.body), s.ts_ns, s.ledger_seq)


def newest_valid(
    snapshots: Snapshots, account_id: str, component: str, version: int, oldest_ns: int, last_seq: int
) -> tuple[Restored | None, list[str]]:
    """Return the newest snapshot of a component that can be used, and in words why newer ones cannot."""
    complaints = []
    for snapshot in snapshots.newest_first(account_id, component):
        try:
            restored = unseal(snapshot, version)
            if snapshot.ts_ns < oldest_ns and component != BOOKS:
                raise InvalidData("bad_snapshot", "it is too old")
            if snapshot.ledger_seq > last_seq:
                raise InvalidData("bad_snapshot", "it is from after the end of the ledger")
        except InvalidData as error:
            complaints.append(f"snapshot of {component} at {snapshot.ts_ns} skipped: {error.detail}")
        else:
            return restored, complaints
    return None, complaints


class SqlSnapshots(Snapshots):
    """See the port; one connection."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, account_id: str, session_id: str, snapshot: SnapshotKept, keep: int) -> None:
        """Keep a snapshot, and of its component no more than the newest `keep`."""
        values = {column.name: getattr(snapshot, column.name) for column in COLUMNS}
        self._link.insert(SNAPSHOTS, [{"account_id": account_id, "session_id": session_id, **values}])
        of_component = (_C.account_id == account_id, _C.component == snapshot.component)
        newest = select(_C.row_id).where(*of_component).order_by(_C.row_id.desc()).limit(keep)
        self._link.execute(delete(SNAPSHOTS).where(*of_component, _C.row_id.not_in(newest)))

    def components(self, account_id: str) -> Sequence[str]:
        """Return the names of all components that were kept."""
        query = select(_C.component).where(_C.account_id == account_id).distinct().order_by(_C.component)
        return list(self._link.execute(query).scalars())

    def newest_first(self, account_id: str, component: str) -> Iterator[SnapshotKept]:
        """Yield a component's snapshots, newest first."""
        query = select(*COLUMNS).where(_C.account_id == account_id, _C.component == component)
        for row in self._link.execute(query.order_by(_C.row_id.desc())):
            yield SnapshotKept(*row)

    def prune(self, before_ns: int) -> int:
        """Forget snapshots from before a time, never a component's last; returns how many went."""
        last = select(func.max(_C.row_id)).group_by(_C.account_id, _C.component)
        old = delete(SNAPSHOTS).where(_C.ts_ns < before_ns, _C.row_id.not_in(last))
        return int(self._link.execute(old).rowcount)


def _checksum(component: str, ts_ns: int, ledger_seq: int, version: int, body: str) -> str:
    return sha256(f"{component}\n{ts_ns}\n{ledger_seq}\n{version}\n{body}".encode()).hexdigest()
