"""`npo serve` as an operator meets it: what it says, how it ends, and that nothing is left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from prefect.runner import Runner
from prefect.settings import PREFECT_API_URL

from flows import serve
from flows.server import password_of
from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import locked
from npo_pipeline.commands.steps import now
from npo_pipeline.errors import Refused
from tests.integration.flows.prefect_side import free_port, months_paid

PATIENCE = 120


@pytest.fixture
def refused(monkeypatch, capsys):
    """Serve in this process; gives the exit status and what was said."""
    monkeypatch.setattr(serve, "PATIENCE_SECONDS", 0)
    before = signal.getsignal(signal.SIGTERM)

    def serving(home: Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["npo serve", "--home", str(home)])
        with pytest.raises(SystemExit) as end:
            serve.main()
        return int(end.value.code), capsys.readouterr().err

    yield serving
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_file_in_place_of_a_home_is_refused_in_one_line(refused, tmp_path):
    (tmp_path / "file").touch()
    status, said = refused(tmp_path / "file")
    assert status == 3
    assert said.startswith(f"npo: {tmp_path}/file/prefect: ")
    assert said.count("\n") == 1


def test_a_second_serve_of_the_same_home_is_refused_and_names_the_first(refused, tmp_path):
    with locked(Home(tmp_path / "prefect"), "npo serve", now=now()):
        status, said = refused(tmp_path)
    assert status == 4
    assert f"{tmp_path}/prefect: is held by npo serve (process {os.getpid()} on" in said


def test_a_port_that_is_taken_is_refused_and_says_what_to_set(refused, tmp_path, monkeypatch, taken_port):
    monkeypatch.setenv("PREFECT_SERVER_API_PORT", str(taken_port))
    status, said = refused(tmp_path)
    assert status == 3
    assert f"npo: 127.0.0.1:{taken_port}: the Prefect server cannot listen there" in said
    assert "set PREFECT_SERVER_API_PORT to a port that is free" in said
    assert f"nothing is decided in {tmp_path} yet, so no run is owed" in said


def test_a_port_that_is_no_number_is_refused(refused, tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_SERVER_API_PORT", "http")
    assert refused(tmp_path)[0] == 3


def test_a_server_that_does_not_answer_is_refused(refused, tmp_path, monkeypatch):
    url = f"http://127.0.0.1:{free_port()}/api"
    monkeypatch.setenv("PREFECT_API_URL", url)
    status, said = refused(tmp_path)
    assert status == 3
    assert f"npo: {url}: no Prefect server answers there; start it, or unset PREFECT_API_URL\n" in said


def test_a_server_that_asks_for_a_password_is_refused_without_it(refused, tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", PREFECT_API_URL.value())
    for given, has in (("", "none"), ("npo:a-wrong-one", "another")):
        monkeypatch.setenv("PREFECT_API_AUTH_STRING", given)
        status, said = refused(tmp_path)
        assert status == 3
        assert (
            f"asks for a password, and PREFECT_API_AUTH_STRING has {has}; set it to that of the server\n" in said
        )
        assert "a-wrong-one" not in said


def test_a_password_is_made_once_and_one_that_was_given_stays_with_whoever_gave_it(tmp_path, monkeypatch):
    monkeypatch.delenv("PREFECT_SERVER_API_AUTH_STRING", raising=False)
    (tmp_path / f".password.{os.getpid()}").touch()  # Of one that was killed under the same number.
    first = password_of(tmp_path)
    assert re.fullmatch(r"npo:[\w-]{32}", first)
    assert password_of(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "password").stat().st_mode) == 0o600
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "npo:given")
    assert password_of(tmp_path) == "npo:given"
    assert (tmp_path / "password").read_text() == f"{first}\n"
    monkeypatch.delenv("PREFECT_SERVER_API_AUTH_STRING")
    (tmp_path / "password").write_text("rubbish")
    with pytest.raises(Refused, match="password: holds no line as npo:PASSWORD; remove it for a new one"):
        password_of(tmp_path)


def test_the_files_of_the_runner_are_in_the_home_and_no_others(tmp_path):
    before = tempfile.gettempdir()
    with serve._temporary_files_in(tmp_path):
        runner = Runner(name="npo")
    assert runner._tmp_dir.parent == tmp_path / "runner_storage"
    assert tempfile.gettempdir() == before


def test_damaged_books_are_refused_before_anything_starts(refused, tmp_path):
    (tmp_path / "npo.duckdb").write_text("rubbish")
    status, said = refused(tmp_path)
    assert status == 3
    assert "cannot be opened" in said
    assert "starting" not in said


def test_the_server_ends_when_the_process_that_started_it_is_killed():
    child = (
        "import threading, time; from flows.server import _end_with_parent as end; "
        "threading.Thread(target=end, daemon=True).start(); time.sleep(60)"
    )
    parent = (
        f"import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', {child!r}], "
        "stdin=subprocess.PIPE); print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        server = int(process.stdout.readline())
        assert is_alive(server)
        process.kill()
    until = time.monotonic() + 10
    while is_alive(server):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_run_ends_when_the_serve_that_started_it_is_killed():
    """Else it would pay when the home is free again, while the next `npo serve` calls it cut off."""
    child = (
        "import os, time; os.environ['NPO_SERVED_BY'] = str(os.getppid()); "
        "from flows.server import end_with_serve; end_with_serve(); print(flush=True); time.sleep(60)"
    )
    parent = (
        f"import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=-1); "
        "child.stdout.readline(); print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        run = int(process.stdout.readline())
        assert is_alive(run)
        process.kill()
    until = time.monotonic() + 10
    while is_alive(run):
        assert time.monotonic() < until
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


class Serving:
    """`npo serve` in a process of its own, with a server of its own."""

    def __init__(self, home: Path, *options: str) -> None:
        self.port = free_port()
        without = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("npo"), "serve", "--home", home, *options],
            env={**without, "PREFECT_SERVER_API_PORT": str(self.port)},
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self) -> tuple[int, str]:
        said = self.process.communicate(timeout=PATIENCE)[1]
        return self.process.returncode, said

    def is_reachable(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def test_serve_once_registers_the_schedule_and_leaves_nothing_running(decided, server):
    (decided / "prefect").mkdir()
    shutil.copy(server, decided / "prefect" / "prefect.db")  # To make another takes five seconds.
    serving = Serving(decided, "--once")
    status, said = serving.ended()
    assert status == 0, said
    assert "temporary server" not in said  # All is registered with the server that runs, not with one beside it.
    assert "npo: the run of " in said
    assert " is owed: 2021-09, 2021-10, " in said
    assert "npo: it is not started: 2021-09, 2021-10, " in said
    assert "more than one month late, and no witness says that these books are the newest" in said
    own = decided / "prefect"
    password = (own / "password").read_text().strip()
    assert f"npo: the server and its page ask for a password: the whole line of {own / 'password'}\n" in said
    assert password not in said + (own / "server.log").read_text()
    rights = {one.name: stat.S_IMODE(one.stat().st_mode) for one in own.iterdir() if one.is_file()}
    closed = {one: rights[one] for one in ("password", "prefect.db", "server.log")}
    assert set(closed.values()) == {0o600}, "names and reasons are for the account that serves alone"
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    for one in ("npo-payment-run/monthly", "npo-ingest/on-request", "npo-recalibration/with-approval"):
        assert f"npo: registered {one}\n" in said
    assert not serving.is_reachable()
    assert months_paid(decided) == []
    with sqlite3.connect(decided / "prefect" / "prefect.db") as server:
        schedules = server.execute("select schedule, active from deployment_schedule").fetchall()
    assert {json.loads(one)["cron"] for one, _ in schedules} == {"0 6 1 * *", "30 7 * * *"}
    assert {json.loads(one)["timezone"] for one, _ in schedules} == {"Europe/Amsterdam"}
    assert all(active for _, active in schedules)
