"""What the shell does with the store: order of events when it works, fails, recovers, or refuses."""

from decimal import Decimal

import pytest
from rig import Rig

from src.app.keeper import Keeper
from src.domain.errors import NotStored
from src.domain.intents import RecordOrder
from src.domain.orders import OrderStatus

FLAGS = ("symbol.base=BTC", "symbol.quote=USDT")
ENTRY = RecordOrder("rig-1", "rig-e1", OrderStatus.NEW, Decimal(0), "", 5)


class Disk:
    """Stands between a keeper and its store, and fails when told to."""

    def __init__(self, rig: Rig) -> None:
        self.kept: list[list[object]] = []
        self.failure: NotStored | None = None
        self.inner = rig.store.commit
        rig.store.commit = self.commit  # type: ignore[method-assign]

    def commit(self, durables: object, ts_ns: int) -> None:
        if self.failure is not None:
            raise self.failure
        self.kept.append(list(durables))  # type: ignore[call-overload]


def test_what_could_not_be_kept_goes_first_the_next_time_and_in_its_order(rig):
    rig.meet()
    disk, keeper = Disk(rig), Keeper(rig.store, 1)
    disk.failure = NotStored("the disk is full")
    assert "full" in keeper.keep([ENTRY], 1)
    later = RecordOrder("rig-1", "rig-e1", OrderStatus.CANCELED, Decimal(0), "", 6)
    assert "full" in keeper.keep([later], 2)
    disk.failure = None
    assert keeper.keep([], 3) == ""
    assert disk.kept == [[ENTRY, later]]
    assert keeper.keep([], 4) == ""
    assert len(disk.kept) == 1, "nothing is kept twice"


def test_what_the_database_refuses_ends_the_run_instead_of_being_tried_for_ever(rig):
    rig.meet()
    with pytest.raises(NotStored, match="refuses"):
        Keeper(rig.store, 1).keep([ENTRY], 1)  # no such order was ever placed


def test_a_failing_store_is_told_once_and_its_return_too(rig):
    rig.meet()

    def told() -> list[str]:
        return [line["kind"] for line in rig.record("alert") if line["kind"].startswith("store")]

    rig.store._writer.failure = "the disk is full"
    rig.until(lambda: told() == ["store"])
    rig.store._writer.failure = ""
    rig.until(lambda: told() == ["store", "store_over"], advance_ms=50)
