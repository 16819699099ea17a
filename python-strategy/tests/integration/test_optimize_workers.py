"""The same seed gives the same result, whoever does the work: this process, others, a real dask cluster."""

import os
import socket
from dataclasses import asdict

import pytest
from dask_cluster import dask_cluster
from optimize_world import BEST, always_die, complain, plan, replay, replay_and_die_once, searched

from src.domain.errors import CannotStart
from src.optimize.batches import Job
from src.optimize.distributed import Cluster, Processes, Serial, WorkersLost


@pytest.fixture
def alone(tmp_path):
    """What this process finds by itself."""
    return searched(f"sqlite:///{tmp_path}/alone.db", plan(trials=40))


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_processes_find_what_one_finds(alone, tmp_path, jobs):
    executor = Processes(replay, jobs)
    try:
        together = searched(f"sqlite:///{tmp_path}/together.db", plan(trials=40), executor)
    finally:
        executor.close()
    assert asdict(together) == asdict(alone)


def test_a_process_that_dies_in_a_trial_changes_nothing(alone, tmp_path, monkeypatch):
    monkeypatch.setenv("MARK", str(tmp_path / "died"))
    executor = Processes(replay_and_die_once, 2)
    try:
        together = searched(f"sqlite:///{tmp_path}/together.db", plan(trials=40), executor)
    finally:
        executor.close()
    assert (tmp_path / "died").exists()
    assert asdict(together) == asdict(alone)


def test_processes_that_keep_dying_end_the_search():
    executor = Processes(always_die, 2)
    try:
        executor.submit((0, 0), Job(BEST, 0))
        with pytest.raises(WorkersLost, match="died 3 times in a row"):
            executor.next()
    finally:
        executor.close()


@pytest.mark.parametrize("make", [Serial, lambda work: Processes(work, 1)], ids=["alone", "process"])
def test_a_fault_in_a_replay_is_not_swallowed(make):
    executor = make(complain)
    try:
        executor.submit((0, 0), Job(BEST, 2))
        with pytest.raises(ZeroDivisionError, match="shard 2"):
            executor.next()
    finally:
        executor.close()


def test_a_cluster_finds_what_one_finds_also_when_a_worker_dies_in_a_trial(alone, tmp_path):
    with dask_cluster(tmp_path) as cluster:
        variables = {"MARK": str(tmp_path / "died")}
        workers = [cluster.add_worker(**variables) for _ in range(2)]
        executor = Cluster(replay_and_die_once, cluster.address)
        try:
            together = searched(f"sqlite:///{tmp_path}/together.db", plan(trials=40), executor)
        finally:
            executor.close()
        assert sorted(worker.poll() is None for worker in workers) == [False, True], "one died, one lives"
    assert asdict(together) == asdict(alone)


def test_a_job_that_workers_die_of_ends_the_search(tmp_path):
    with dask_cluster(tmp_path) as cluster:
        for _ in range(4):
            cluster.add_worker()
        executor = Cluster(always_die, cluster.address)
        try:
            executor.submit((0, 0), Job(BEST, 0))
            with pytest.raises(WorkersLost, match="workers died of a job"):
                executor.next()
        finally:
            executor.close()


def test_a_fault_on_a_worker_comes_back(tmp_path):
    with dask_cluster(tmp_path) as cluster:
        cluster.add_worker()
        executor = Cluster(complain, cluster.address)
        try:
            executor.submit((0, 0), Job(BEST, 1))
            with pytest.raises(ZeroDivisionError, match="shard 1"):
                executor.next()
        finally:
            executor.close()


def test_a_scheduler_that_is_gone_ends_the_search(tmp_path):
    with dask_cluster(tmp_path) as cluster:
        cluster.add_worker()
        executor = Cluster(os.fspath, cluster.address)
        executor._client.wait_for_workers(1)
    executor.submit((0, 0), Job(BEST, 1))
    with pytest.raises(WorkersLost, match="gone"):
        executor.next()
    executor.close()


def test_nobody_at_the_address_is_one_clear_message(monkeypatch):
    monkeypatch.setattr("src.optimize.distributed.CONNECT_SECONDS", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else can
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(CannotStart, match=r"no dask scheduler answers.*dask scheduler"):
            Cluster(replay, address)


def test_a_cluster_without_workers_is_one_clear_message(tmp_path, monkeypatch):
    monkeypatch.setattr("src.optimize.distributed.CONNECT_SECONDS", 1)
    with dask_cluster(tmp_path) as cluster, pytest.raises(CannotStart, match="has no workers; start some"):
        Cluster(replay, cluster.address)
