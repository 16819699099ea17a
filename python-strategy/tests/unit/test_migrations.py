"""The schema goes up and down on both databases, whole or not at all, and is what the tables say."""

from contextlib import closing

import pytest
from sqlalchemy import inspect, text
from store_world import NOWHERE, linked, opened, place, round_trip, storing

from src.domain.errors import CannotStart
from src.domain.position import ExitReason
from src.persistence.databases import open_database
from src.persistence.records import Records
from src.persistence.schema import EMPTY, TABLES, current, migrate, newest
from src.persistence.tables import METADATA


def names(database):
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def shape(database):
    """Every table's columns, keys, rules and indexes, by name."""
    with database.engine.connect() as connection:
        found = inspect(connection)
        return {
            table.name: {
                "columns": [
                    (c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table.name)
                ],
                "primary key": found.get_pk_constraint(table.name)["constrained_columns"],
                "foreign keys": by_name(found.get_foreign_keys(table.name)),
                "unique": by_name(found.get_unique_constraints(table.name)),
                "rules": by_name(found.get_check_constraints(table.name)),
                "indexes": by_name(found.get_indexes(table.name)),
            }
            for table in TABLES
        }


def by_name(things):
    return {thing["name"]: {key: words(value) for key, value in thing.items()} for thing in things}


def words(value):
    return {key: str(part) for key, part in value.items()} if isinstance(value, dict) else str(value)


def run(database, *statements):
    with database.engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_up_and_down_and_up_again(url):
    with closing(open_database(url, NOWHERE)) as database:
        migrate(database)
        assert current(database) == newest()
        assert names(database) == {table.name for table in TABLES}
        migrate(database, "0001")
        assert current(database) == "0001"
        assert "orders" in names(database)
        assert "events" not in names(database)
        migrate(database, EMPTY)
        assert (current(database), names(database)) == (None, set())
        migrate(database)
        assert current(database) == newest()


def test_rows_stay_when_the_schema_grows(url):
    with storing(url) as store:
        store.commit([place()], 1)
    with closing(open_database(url, NOWHERE)) as database:
        migrate(database, "0001")
    with storing(url, "run2"):
        pass
    with Records.open(url, NOWHERE) as records:
        assert [order.place for order in records.ledger.orders()] == [place()]


def test_trades_stay_with_their_reasons_or_with_what_an_older_program_calls_them(url):
    with storing(url) as store:
        store.commit(round_trip(), 1)
    with closing(open_database(url, NOWHERE)) as database:
        run(database, "UPDATE trades SET exit_reason = 'negative_gap'")
        migrate(database, "0002")
        assert reasons(database) == ["stop_loss"]
        with pytest.raises(database.failures):
            run(database, "UPDATE trades SET exit_reason = 'negative_gap'")
        migrate(database)
        assert reasons(database) == ["stop_loss"]
        with pytest.raises(database.failures):
            run(database, "UPDATE trades SET exit_reason = 'boredom'")
    with Records.open(url, NOWHERE) as records:
        kept = [kept.value for kept in records.ledger.trades()]
        assert [trade.exit_reason for trade in kept] == [ExitReason.STOP_LOSS]


def reasons(database):
    with database.engine.connect() as connection:
        return connection.execute(text("SELECT exit_reason FROM trades")).scalars().all()


def test_the_migrations_make_the_tables_that_the_program_knows(url):
    with closing(open_database(url, NOWHERE)) as database:
        migrate(database)
        migrated = shape(database)
        migrate(database, EMPTY)
        METADATA.create_all(database.engine)
        assert migrated == shape(database)


def test_a_schema_of_a_newer_program_is_left_alone(url):
    with closing(open_database(url, NOWHERE)) as database:
        migrate(database)
        run(database, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(
            CannotStart, match=r"has schema 9999, which a newer program made .* update the program"
        ):
            opened(url)
        with pytest.raises(CannotStart, match="9999"):
            Records.open(url, NOWHERE)


@pytest.mark.parametrize(
    "damage",
    [
        ["DELETE FROM alembic_version"],
        ["DROP TABLE metrics"],
        ["ALTER TABLE events DROP COLUMN details"],
    ],
)
def test_a_schema_that_is_not_whole_is_refused(url, damage):
    with closing(open_database(url, NOWHERE)) as database:
        migrate(database)
        run(database, *damage)
    with pytest.raises(CannotStart, match=r"is not whole .* restore the last backup"):
        opened(url)


def test_a_migration_that_is_cut_leaves_what_was_there(url):
    """The second step stumbles over a table of that name: nothing of the first one stays either."""
    with closing(open_database(url, NOWHERE)) as database:
        database.prepare()
        run(database, "CREATE TABLE ix_events_trace_id (a INTEGER)", "CREATE TABLE events_ (a INTEGER)")
        with pytest.raises(CannotStart, match="cannot use"):
            migrate(database)
        assert names(database) == {"ix_events_trace_id", "events_"}
        assert current(database) is None


def test_nothing_is_made_by_reading(tmp_path):
    with pytest.raises(CannotStart, match=r"nothing is kept in .* yet; start a session first"):
        Records.open("sqlite:///none.db", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_older_schema_is_not_read_but_said(url):
    with linked(url):
        pass
    with closing(open_database(url, NOWHERE)) as database:
        migrate(database, "0001")
    with pytest.raises(CannotStart, match="run `flashcrash db migrate`"):
        Records.open(url, NOWHERE)


@pytest.mark.parametrize(
    "bad", ["", "data/flashcrash.db", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:"]
)
def test_a_url_that_names_no_database_is_refused(bad):
    with pytest.raises(CannotStart, match=r"\[persistence\] url"):
        open_database(bad, NOWHERE)
