"""One Prefect server for all tests of the flows, started as `npo serve` starts it, with a home of its own."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

# Prefect reads its settings when it is imported, so they come first.
os.environ["PREFECT_HOME"] = mkdtemp(prefix="npo-prefect-")
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"

import certifi
import pytest
from prefect.client.schemas.objects import State
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_SSL_CERT_FILE,
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    temporary_settings,
)

from flows import tasks
from flows.ingest import ingest_delivery
from flows.payment_run import payment_run
from flows.server import own_server
from npo_pipeline.commands.account.command import account
from npo_pipeline.commands.account.reports import write_reports
from npo_pipeline.commands.bank import bank
from npo_pipeline.commands.decide.command import decide
from npo_pipeline.commands.ingest import ingest
from npo_pipeline.commands.pay import pay
from npo_pipeline.commands.reconcile import reconcile
from npo_pipeline.commands.release import release
from tests.books.home.delivery import write_country, write_scores
from tests.books.home.npo import here
from tests.integration.flows.prefect_side import free_port

atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)

MOMENT = datetime(2022, 8, 1, 6)


@pytest.fixture(scope="package", autouse=True)
def server() -> Iterator[Path]:
    """The database of the server as it was made: a copy serves where another server is started."""
    own = Path(os.environ["PREFECT_HOME"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_SERVER_API_PORT", str(free_port()))
        for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"):
            patch.setenv(name, "")
        with own_server(own / "server.log"):
            settings = {
                PREFECT_API_URL: os.environ["PREFECT_API_URL"],
                PREFECT_API_AUTH_STRING: os.environ["PREFECT_API_AUTH_STRING"],
                PREFECT_API_SSL_CERT_FILE: str(one_certificate(own / "one.pem")),
                # The heartbeat would make every flow last a second longer: its thread sleeps that long.
                PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
            }
            for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"):
                patch.delenv(name)
            with temporary_settings(settings):
                yield kept(own / "prefect.db", own / "new.db")
                APILogWorker.instance().drain()
                EventsWorker.drain_all()


def one_certificate(file: Path) -> Path:
    """An authority to trust. Each call of the server reads all there are, and here none is asked for."""
    end = "-----END CERTIFICATE-----\n"
    file.write_text(Path(certifi.where()).read_text().partition(end)[0] + end)
    return file


def kept(database: Path, copy: Path) -> Path:
    with sqlite3.connect(database) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    return copy


@pytest.fixture(scope="package", autouse=True)
def clock() -> Iterator[None]:
    """The time stands still for the commands, so that two homes can be equal to the last hash."""
    with pytest.MonkeyPatch.context() as patch:
        for command in (ingest, decide, pay, account, write_reports, reconcile, release, bank):
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


@pytest.fixture(scope="package")
def paid_once(tmp_path_factory, decided_once) -> Path:
    """A home in which the commands have paid up to October."""
    home = Path(shutil.copytree(decided_once, tmp_path_factory.mktemp("paid") / "home"))
    npo("pay", "--month", "2021-10", "--catch-up", "--home", home)
    return home


@dataclass(frozen=True)
class Ran:
    """A flow run: the home after it, its state, and what it logged."""

    home: Path
    state: State[Any]
    logged: list[logging.LogRecord]


@pytest.fixture(scope="package")
def by_flow(tmp_path_factory, country) -> Ran:
    """A payment run of October in a home in which a flow took in the country, and nothing was paid."""
    home = tmp_path_factory.mktemp("flow") / "home"
    ingest_delivery(str(home), [str(country)], reference_date="2020-10-01")
    npo("decide", "--school-year", "2021-2022", "--home", home)
    return paying(home, "2021-10")


def paying(home: Path, month: str) -> Ran:
    """A payment run, whatever comes of it."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append
    logger = logging.getLogger("prefect.flow_runs")
    logger.addHandler(handler)
    try:
        return Ran(home, payment_run(str(home), month=month, return_state=True), records)
    finally:
        logger.removeHandler(handler)


def npo(*arguments: object) -> None:
    ended = here(*arguments)
    assert ended.status == 0, ended.stderr


def deliver(home: Path, score: str) -> None:
    """A corrected file of scores comes in."""
    folder = write_scores(home.parent / f"scores-{score}", {"01AA00": score, "02BB00": "0,00"})
    npo("ingest", folder, "--reference-date", "2020-10-01", "--home", home)
