"""`flashcrash db`: the database itself: its tables, its soundness, its copies."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from src.cli.options import FAILED, ConfigDir, Json, Set, one_clear_message, print_json, read_settings
from src.domain.errors import CannotStart
from src.domain.numbers import ZERO, money_to_wire
from src.persistence import backups, checking, schema
from src.persistence.checking import AccountFound, Findings
from src.persistence.database import Database
from src.persistence.databases import open_database
from src.reports.plain import plain
from src.reports.words import counted, signed

app = typer.Typer(
    help="The database of everything that is kept: its tables, its soundness, its copies.",
    no_args_is_help=True,
    epilog="Examples:  flashcrash db check  ·  flashcrash db backup backups/today.db",
)


@app.command(epilog="Example:  flashcrash db migrate")
def migrate(set_: Set = None, config_dir: ConfigDir = None, as_json: Json = False) -> None:
    """Make the database, or bring its tables to what this program needs; all of it, or nothing. A start does
    so by itself.
    """
    with _database(config_dir, set_) as database:
        before = schema.current(database) if database.there else None
        schema.migrate(database)
        name, after = database.name, schema.newest()
    if as_json:
        print_json({"database": name, "before": before, "after": after})
    elif before == after:
        print(f"{name} has schema {after} already")
    else:
        print(f"{name}: schema {before or 'none'} → {after}")


@app.command(epilog="Example:  flashcrash db check --json")
def check(set_: Set = None, config_dir: ConfigDir = None, as_json: Json = False) -> None:
    """Check every page and reference, then work out positions and earnings from the fills again and compare.

    0 where all is well, 1 where it is not.
    """
    with _database(config_dir, set_) as database:
        if not database.there:
            raise CannotStart(f"nothing is kept in {database.name} yet; there is nothing to check")
        findings = checking.check(database)
        name = database.name
    if as_json:
        print_json({"database": name, **plain(findings)})
    else:
        print("\n".join(_told(name, findings)))
    if findings.problems:
        raise typer.Exit(FAILED)


@app.command(epilog="Example:  flashcrash db backup backups/2026-11-26.db")
def backup(
    file: Annotated[Path, typer.Argument(help="The copy to write; must not exist.")],
    set_: Set = None,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Copy the database into one SQLite file, whatever it is kept in; a session may go on meanwhile."""
    with _database(config_dir, set_) as database:
        backups.backup(database, file)
        name = database.name
    if as_json:
        print_json({"database": name, "backup": str(file), "bytes": file.stat().st_size})
    else:
        print(f"{name} is copied to {file}, {file.stat().st_size / 1e6:.1f} MB")


@app.command(epilog="Example:  flashcrash db restore backups/2026-11-26.db")
def restore(
    file: Annotated[Path, typer.Argument(help="A copy that `flashcrash db backup` made.")],
    set_: Set = None,
    config_dir: ConfigDir = None,
    as_json: Json = False,
) -> None:
    """Fill a new database from a copy; one that has accounts is never written over, move it away first."""
    with _database(config_dir, set_) as database:
        backups.restore(file, database)
        name = database.name
    if as_json:
        print_json({"database": name, "backup": str(file)})
    else:
        print(f"{name} is what {file} was; `flashcrash db check` looks it over")


@contextmanager
def _database(config_dir: Path | None, settings: list[str] | None) -> Iterator[Database]:
    """Name the database of the settings; what goes wrong with it is one clear message."""
    with one_clear_message():
        found = read_settings(config_dir, settings)
        with closing(open_database(found["persistence.url"], found.config_dir.parent)) as database:
            try:
                yield database
            except database.failures as error:
                raise database.cannot_start(error) from error


def _told(name: str, findings: Findings) -> Iterator[str]:
    yield from map(_account, findings.accounts)
    yield from findings.problems
    wrong = counted(len(findings.problems), "problem")
    yield f"{name}: {wrong}" if findings.problems else f"{name} is sound, and its books follow from its fills"


def _account(found: AccountFound) -> str:
    held = ", ".join(
        f"{money_to_wire(quantity)} {symbol}" for symbol, quantity in found.held.items() if quantity != ZERO
    )
    return (
        f"account {found.account_id}: cash {money_to_wire(found.cash)}, holds {held or 'nothing'}, "
        f"earned {signed(found.net_pnl)}"
    )
