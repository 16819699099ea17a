"""The study on disk: an ordinary Optuna study, which Optuna's own tools can open, written batch by batch.

A trial is written when it is told, whole and finished, all trials of a batch in one transaction: after a kill
the study has whole batches and no trial that hangs. Optuna's own storage writes a trial in some sixty
statements, 17 ms; the rows are the same here, a table at a time.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import distribution_to_json
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from src.domain.errors import CannotStart, FlashCrashError
from src.persistence.databases import read_url

ABOUT = "flashcrash"
"""The study's attribute that says what its trials are comparable by."""

WAIT_SECONDS = 10
FAILURES = (SQLAlchemyError, StorageInternalError, sqlite3.Error, OSError)


class StudyAway(FlashCrashError):
    """The study's database went away in the middle of a search; what was told before is kept in it."""


class StudyStore:
    """One named study in a database."""

    def __init__(self, storage: RDBStorage, study_id: int, database: str) -> None:
        self._storage = storage
        self._study_id = study_id
        self.database = database

    @classmethod
    def open(cls, url: str, home: Path, name: str, about: Mapping[str, Any]) -> "StudyStore":
        """Open a study, or make it; a relative SQLite path lies below `home`.

        `about` says what the trials depend on: space, data, settings. Raises CannotStart where the database
        cannot be used, and where the study was made about something else.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        parsed = read_url(url, home, "--storage")
        shown = parsed.database if parsed.get_backend_name() == "sqlite" else parsed.render_as_string()
        with _first_use(str(shown)):
            if parsed.get_backend_name() == "sqlite":
                _prepare_file(Path(str(parsed.database)))
                arguments: dict[str, Any] = {"timeout": WAIT_SECONDS}
            else:
                arguments = {"connect_timeout": WAIT_SECONDS, "application_name": "flashcrash optimize"}
            storage = RDBStorage(
                parsed.render_as_string(hide_password=False), engine_kwargs={"connect_args": arguments}
            )
            studies = {study.study_name: study._study_id for study in storage.get_all_studies()}
            if name not in studies:
                studies[name] = storage.create_new_study([StudyDirection.MAXIMIZE], name)
                storage.set_study_user_attr(studies[name], ABOUT, about)
            stored = storage.get_study_user_attrs(studies[name]).get(ABOUT)
        _refuse_another(name, str(shown), stored, about)
        return cls(storage, studies[name], str(shown))

    def load(self) -> list[FrozenTrial]:
        """Return all finished trials, in order; raises StudyAway."""
        with self._in_use():
            trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
            return [trial for trial in trials if trial.state.is_finished()]

    def count(self) -> int:
        """Return how many trials the study has; raises StudyAway."""
        with self._in_use(), self._storage.engine.connect() as connection:
            return self._count(connection)

    def append(self, trials: Sequence[FrozenTrial]) -> None:
        """Write finished trials, all or none; they are numbered after those that are there.

        Raises StudyAway.
        """
        with self._in_use(), self._storage.engine.begin() as connection:
            studies = models.StudyModel.__table__
            mine = studies.c.study_id == self._study_id
            connection.execute(
                update(studies).where(mine).values(study_name=studies.c.study_name)
            )  # locks it
            first = self._count(connection)
            rows = [
                {
                    "study_id": self._study_id,
                    "number": first + place,
                    "state": trial.state,
                    "datetime_start": trial.datetime_start,
                    "datetime_complete": trial.datetime_complete,
                }
                for place, trial in enumerate(trials)
            ]
            table = models.TrialModel.__table__
            statement = insert(table).returning(table.c.trial_id, sort_by_parameter_order=True)
            ids = connection.execute(statement, rows).scalars().all()
            for model, rows_of in _TABLES:
                found = [
                    {"trial_id": key, **row}
                    for key, trial in zip(ids, trials, strict=True)
                    for row in rows_of(trial)
                ]
                if found:
                    connection.execute(insert(model.__table__), found)

    def close(self) -> None:
        """Give the connections up."""
        self._storage.remove_session()
        self._storage.engine.dispose()

    def _count(self, connection: Connection) -> int:
        table = models.TrialModel.__table__
        statement = select(func.count()).select_from(table).where(table.c.study_id == self._study_id)
        return connection.execute(statement).scalar_one()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            raise StudyAway(
                f"the study's database {self.database} is away: {_reason(error)}; what was told is kept, "
                "and the same command goes on from there"
            ) from error


def _values(trial: FrozenTrial) -> Iterator[dict[str, Any]]:
    for objective, value in enumerate(trial.values or ()):
        stored, kind = models.TrialValueModel.value_to_stored_repr(value)
        yield {"objective": objective, "value": stored, "value_type": kind}


def _params(trial: FrozenTrial) -> Iterator[dict[str, Any]]:
    for name, value in trial.params.items():
        distribution = trial.distributions[name]
        yield {
            "param_name": name,
            "param_value": distribution.to_internal_repr(value),
            "distribution_json": distribution_to_json(distribution),
        }


def _intermediate(trial: FrozenTrial) -> Iterator[dict[str, Any]]:
    for step, value in trial.intermediate_values.items():
        stored, kind = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr(value)
        yield {"step": step, "intermediate_value": stored, "intermediate_value_type": kind}


def _attributes(attributes: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in attributes.items():
        yield {"key": key, "value_json": json.dumps(value)}


_TABLES: tuple[tuple[Any, Callable[[FrozenTrial], Iterator[dict[str, Any]]]], ...] = (
    (models.TrialValueModel, _values),
    (models.TrialParamModel, _params),
    (models.TrialIntermediateValueModel, _intermediate),
    (models.TrialUserAttributeModel, lambda trial: _attributes(trial.user_attrs)),
    (models.TrialSystemAttributeModel, lambda trial: _attributes(trial.system_attrs)),
)


def _prepare_file(path: Path) -> None:
    """Make the file with a write-ahead log, so that a commit waits for the disk once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


@contextmanager
def _first_use(shown: str) -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        raise CannotStart(
            f"cannot use the study's database {shown}: {_reason(error)}; see that it is there and can be "
            "written, or name another with --storage"
        ) from error
    except RuntimeError as error:  # Optuna's word on tables of another version, with what to do
        raise CannotStart(f"cannot use the study's database {shown}: {_reason(error)}") from error


def _refuse_another(name: str, database: str, stored: Any, about: Mapping[str, Any]) -> None:
    if not isinstance(stored, dict):
        raise CannotStart(
            f"study {name} in {database} was not made by this program; name another with --study"
        )
    differences = list(_differences(stored, json.loads(json.dumps(about))))
    if differences:
        raise CannotStart(
            "\n  ".join([f"study {name} in {database} was made with another", *differences])
            + "\nname another study with --study, or leave it out to have one named after what it searches"
        )


def _differences(stored: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[str]:
    for what in about.keys() | stored.keys():
        theirs, ours = stored.get(what), about.get(what)
        if theirs == ours:
            continue
        if not (isinstance(theirs, dict) and isinstance(ours, dict)):
            yield f"{what}: {theirs} there, {ours} here"
            continue
        for key in sorted(theirs.keys() | ours.keys()):
            if theirs.get(key) != ours.get(key):
                there, here = theirs.get(key, "nothing"), ours.get(key, "nothing")
                yield f"{what}: {key}: {there} there, {here} here"


def _reason(error: BaseException) -> str:
    """Return the driver's own words, on one line; Optuna's wrapper has them in its cause."""
    source: Any = error.__cause__ if isinstance(error, StorageInternalError) and error.__cause__ else error
    source = getattr(source, "orig", None) or source
    return " ".join(str(source).split()) or type(source).__name__
