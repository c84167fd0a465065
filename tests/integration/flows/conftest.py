"""One Prefect server for all tests of the flows, with a home of its own; nothing else starts one."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

# Prefect reads its settings when it is imported, so they come first.
os.environ["PREFECT_HOME"] = mkdtemp(prefix="npo-prefect-")
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_LOGGING_TO_API_BATCH_INTERVAL"] = "0.1"

import pytest
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from flows import tasks
from npo_pipeline.commands.account.command import account
from npo_pipeline.commands.decide.command import decide
from npo_pipeline.commands.ingest import ingest
from npo_pipeline.commands.pay import pay
from tests.books.home.delivery import write_country, write_scores
from tests.books.home.npo import here

atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)

START_UP_SECONDS = 120
MOMENT = datetime(2022, 8, 1, 6)


@pytest.fixture(scope="package", autouse=True)
def server() -> Iterator[None]:
    # The heartbeat would make every flow last a second longer: its thread sleeps that long before it ends.
    with (
        prefect_test_harness(server_startup_timeout=START_UP_SECONDS),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield


@pytest.fixture(scope="package", autouse=True)
def clock() -> Iterator[None]:
    """The time stands still for the commands, so that two homes can be equal to the last hash."""
    with pytest.MonkeyPatch.context() as patch:
        for command in (ingest, decide, pay, account):
            patch.setitem(command.__kwdefaults__, "clock", lambda: MOMENT)
        yield


@pytest.fixture(autouse=True)
def no_delay(monkeypatch) -> None:
    monkeypatch.setattr(tasks, "RETRY_DELAY", 0)


@pytest.fixture(scope="package")
def country(tmp_path_factory) -> Path:
    return write_country(tmp_path_factory.mktemp("country"))


@pytest.fixture(scope="package")
def decided_once(tmp_path_factory, country) -> Path:
    home = tmp_path_factory.mktemp("decided") / "home"
    npo("ingest", country, "--reference-date", "2020-10-01", "--home", home)
    npo("decide", "--school-year", "2021-2022", "--home", home)
    return home


@pytest.fixture
def decided(tmp_path, decided_once) -> Path:
    """A home in which 2021-2022 is decided and nothing is paid."""
    return Path(shutil.copytree(decided_once, tmp_path / "home"))


@pytest.fixture(scope="package")
def corrected_once(tmp_path_factory, decided_once) -> Path:
    home = Path(shutil.copytree(decided_once, tmp_path_factory.mktemp("corrected") / "home"))
    deliver(home, "200,50")
    return home


@pytest.fixture
def corrected(tmp_path, corrected_once) -> Path:
    """A home in which 2021-2022 is decided, and a corrected score came in since."""
    return Path(shutil.copytree(corrected_once, tmp_path / "home"))


@pytest.fixture
def said() -> Iterator[list[logging.LogRecord]]:
    """What the flow runs log."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append
    logger = logging.getLogger("prefect.flow_runs")
    logger.addHandler(handler)
    yield records
    logger.removeHandler(handler)


def npo(*arguments: object) -> None:
    ended = here(*arguments)
    assert ended.status == 0, ended.stderr


def deliver(home: Path, score: str) -> None:
    """A corrected file of scores comes in."""
    folder = write_scores(home.parent / f"scores-{score}", {"01AA00": score, "02BB00": "0,00"})
    npo("ingest", folder, "--reference-date", "2020-10-01", "--home", home)
