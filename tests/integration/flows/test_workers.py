"""Work that is mapped over Prefect's task runner: the same bytes from a Dask cluster, nothing of it kept."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import cloudpickle
import pytest
from distributed import LocalCluster
from prefect import flow

from flows.bank import bank_feedback, release_month
from flows.ingest import ingest_delivery
from flows.payment_run import payment_run
from flows.tasks import as_task
from flows.workers import (
    TaskRunnerWorkers,
    _on_cluster,
    asked_workers,
    cluster_or_local,
    difference,
    environment,
)
from flows.year_end import year_end
from npo_pipeline.commands.account import filing_checks
from npo_pipeline.commands.specification import DUE
from npo_pipeline.errors import Refused
from npo_pipeline.intake import registers
from npo_pipeline.reports.board_pack import pack
from npo_pipeline.workers import NoWorkers, Workers, map_boards
from tests.books.home.seeing import everything, select
from tests.books.workers.boards import SECRET, some_boards
from tests.integration.flows.conftest import npo, paying
from tests.integration.flows.prefect_side import tables, task_runs_of
from tests.integration.flows.test_year_end import told  # noqa: F401 (a fixture)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two processes on this machine."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=logging.ERROR
    ) as made:
        yield made.scheduler_address


@pytest.fixture
def on_cluster(cluster, monkeypatch) -> None:
    monkeypatch.setenv("NPO_TASK_RUNNER", "dask")
    monkeypatch.setenv("NPO_DASK_ADDRESS", cluster)


def mapped(workers: Workers, folder: Path, boards: list[str]) -> dict[str, str]:
    done = map_boards(workers, some_boards, boards, lambda some: (folder, list(some)), at_once=2, name="packs")
    return {one.job: one.result or str(one.error) for one in done}


@flow
def mapping(folder: str, boards: list[str]) -> dict[str, str]:
    # An open file is no data that can go to another process, as the books of a step are none.
    with Path(folder, "open").open("w") as file:
        return as_task(lambda _: mapped(cluster_or_local(), Path(folder), boards), file)


def test_a_killed_worker_and_a_board_with_a_fault_cost_no_other_board_its_result(on_cluster, tmp_path):
    boards = ["40001", "40002", "40003", "40004"]
    state = mapping(str(tmp_path), boards, return_state=True)
    found = state.result()
    assert {one: found[one] for one in ("40001", "40003", "40004")} == {
        one: f"{SECRET} {one}" for one in ("40001", "40003", "40004")
    }
    assert found["40002"].startswith("KeyError in one_board (boards.py")
    runs = task_runs_of(state)
    assert {"packs 40001 to 40002", "packs 40003 to 40004", "packs again 40001", "packs again 40002"} <= set(runs)
    kept = [*Path(os.environ["PREFECT_HOME"]).rglob("*")]
    assert not [one for one in kept if one.is_file() and SECRET.encode() in one.read_bytes()]


def test_the_year_end_over_a_cluster_makes_the_same_bytes(on_cluster, tmp_path, paid_once, told, monkeypatch):  # noqa: F811
    here, there = (Path(shutil.copytree(paid_once, tmp_path / name)) for name in ("here", "there"))
    npo("account", "--year", "2021", "--spending", told, "--home", here, "--workers", "1")
    monkeypatch.setattr(pack, "_FEW", 1)
    monkeypatch.setattr(pack, "_BOARDS_PER_JOB", 1)
    monkeypatch.setattr(filing_checks, "_FEW", 1)
    state = year_end(str(there), 2021, [str(told)], full_check=True, return_state=True)
    assert state.result()["written"] == 3
    assert tables(there) == tables(here)
    found = {name: content for name, content in everything(there / "reports").items() if "full-check" not in name}
    assert found == everything(here / "reports")
    assert {"packs 10001", "packs 10002", "packs 10003", "full check 10001 to 10002"} <= set(task_runs_of(state))


def test_registers_that_a_cluster_counts_give_the_same_books(on_cluster, tmp_path, country, monkeypatch):
    delivery = Path(shutil.copytree(country, tmp_path / "delivery"))
    header, *rows = (delivery / "register.csv").read_text().splitlines()
    # A copy over two files, and a pupil who counts in both.
    parts = {"one": rows[::2], "two": [*rows[1::2], rows[0], rows[2].replace(";01AA;", ";02BB;")]}
    (delivery / "register.csv").unlink()
    for name, some in parts.items():
        (delivery / f"{name}.csv").write_text("\n".join([header, *some, ""]))
    given = ["--reference-date", "2020-10-01", "--max-rejected", "0.5", "--workers", "1"]
    npo("ingest", delivery, *given, "--home", tmp_path / "here")
    monkeypatch.setattr(registers, "WORTH_COUNTING", 0)
    monkeypatch.setattr(registers, "WORTH_READING", 0)
    state = ingest_delivery(str(tmp_path / "there"), [str(delivery)], "2020-10-01", "0.5", return_state=True)
    assert state.result()["rejected"] == 3
    assert tables(tmp_path / "there") == tables(tmp_path / "here")
    assert {"count registers 1", "count registers 2", "read duplicates 1"} <= set(task_runs_of(state))


def test_a_payment_run_pays_where_the_cluster_is_gone(decided, monkeypatch):
    monkeypatch.setattr("flows.workers.CONNECT_SECONDS", 1)
    monkeypatch.setattr("npo_pipeline.reports.specification.pack._FEW", 0)
    monkeypatch.setenv("NPO_TASK_RUNNER", "dask")
    monkeypatch.setenv("NPO_DASK_ADDRESS", "tcp://127.0.0.1:9")
    ran = paying(decided, "2021-10")
    assert select(decided, "select count(*) > 0 from payments") == [(True,)]
    assert "what was paid and released stands" in ran.state.message
    # None is there of both months, and it is kept that they are due.
    assert [one.name for one in (decided / "specifications").glob("*/*")] == [DUE, DUE]


@pytest.mark.parametrize("one", [year_end, payment_run, release_month, bank_feedback, ingest_delivery])
def test_a_flow_can_go_along_to_a_worker(one):
    assert cloudpickle.loads(cloudpickle.dumps(one)).name == one.name


def test_in_processes_of_this_machine_it_is_the_same(tmp_path, monkeypatch):
    for name in ("NPO_TASK_RUNNER", "NPO_DASK_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NPO_WORKERS", "2")
    found = mapping(str(tmp_path), ["40001", "40002", "40003"])
    assert {one: found[one] for one in ("40001", "40003")} == {
        one: f"{SECRET} {one}" for one in ("40001", "40003")
    }
    assert found["40002"].startswith("KeyError in one_board (boards.py")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"NPO_TASK_RUNNER": "ray"}, "NPO_TASK_RUNNER is 'ray': write processes, threads or dask"),
        ({"NPO_TASK_RUNNER": "dask"}, "NPO_DASK_ADDRESS is '': write the address of the scheduler, as tcp://"),
        ({"NPO_TASK_RUNNER": "dask", "NPO_DASK_ADDRESS": "10.0.0.5"}, "NPO_DASK_ADDRESS is '10.0.0.5'"),
        ({"NPO_DASK_ADDRESS": "tcp://10.0.0.5:8786"}, "NPO_DASK_ADDRESS is set, and NPO_TASK_RUNNER is processes"),
        ({"NPO_WORKERS": "0"}, "NPO_WORKERS is '0': write a whole number from 1 to 999"),
    ],
)
def test_a_variable_that_is_not_understood_is_refused_in_words(monkeypatch, variables, words):
    for name in ("NPO_TASK_RUNNER", "NPO_DASK_ADDRESS", "NPO_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Refused) as refused:
        asked_workers()
    assert str(refused.value).startswith(words)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("NPO_TASK_RUNNER", "dask")
    monkeypatch.setattr("flows.workers.find_spec", lambda name: None)
    with pytest.raises(Refused, match=r"pip install npo-pipeline\[dask\]"):
        asked_workers()


def test_a_scheduler_that_does_not_answer_is_refused_in_words(monkeypatch):
    monkeypatch.setattr("flows.workers.CONNECT_SECONDS", 1)
    monkeypatch.setenv("NPO_TASK_RUNNER", "dask")
    monkeypatch.setenv("NPO_DASK_ADDRESS", "tcp://127.0.0.1:9")
    with pytest.raises(Refused, match=r"tcp://127.0.0.1:9: no scheduler of Dask answers there .*dask scheduler"):
        cluster_or_local()


class Cluster:
    """A scheduler that says how many threads its workers have; OSError: that is gone."""

    def __init__(self, *threads: int | OSError) -> None:
        self.threads = iter(threads)

    def __call__(self, address: str) -> AbstractContextManager[Cluster]:
        return nullcontext(self)

    def nthreads(self) -> dict[str, int]:
        if isinstance(number := next(self.threads), OSError):
            raise number
        return {"tcp://10.0.0.6:1": number} if number else {}


def test_a_cluster_without_workers_is_waited_for_and_one_without_scheduler_is_not(monkeypatch):
    monkeypatch.setattr("flows.workers.LONELY_LOOKS", 3)
    workers = TaskRunnerWorkers(count=2, kind="dask", address="tcp://10.0.0.5:8786")
    monkeypatch.setattr("flows.workers._client", Cluster(0, 0, 2, 0, 0, 0))
    for _ in range(5):
        workers.look()
    with pytest.raises(NoWorkers, match=r"^tcp://10.0.0.5:8786: the cluster has no worker left; what was written"):
        workers.look()
    monkeypatch.setattr("flows.workers._client", Cluster(OSError("gone")))
    with pytest.raises(NoWorkers, match="the scheduler of the cluster is gone; what was written stands"):
        workers.look()


def test_a_worker_that_comes_with_another_version_does_nothing():
    ours = {**environment(), "polars": "1.0.0"}
    with pytest.raises(
        NoWorkers, match=r"^this worker has polars .*, and who gives out the work has 1\.0\.0; install"
    ):
        _on_cluster(ours, lambda job: pytest.fail("it worked"), None)


def test_a_worker_with_another_version_is_named():
    ours = environment()
    assert difference(ours, ours) == ""
    other = {**ours, "polars": "1.0.0"}
    assert difference(ours, other).startswith("this worker has polars 1.0.0, and who gives out the work has ")
