"""One run at a time; who comes second is told who is busy, and a lock never outlives its process."""

import os
import re
import signal
import socket
from datetime import datetime
from pathlib import Path

import pytest

from npo_pipeline.books import run as lock
from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import locked
from npo_pipeline.errors import HomeLocked
from tests.books.home.npo import here
from tests.books.home.seeing import select, tables

NOW = datetime(2026, 1, 2, 3, 4, 5)
PAY = ("pay", "--month", "2021-09", "--home")
HALTED = {"npo_pipeline.books.publish.build_manifest": "halt before"}


@pytest.fixture
def busy(npo, decided):
    """A payment run that stands still half-way."""
    run = npo.start(*PAY, decided, effects=HALTED).until_halted()
    yield run
    if run.alive:
        run.kill()


def test_the_second_is_told_who_is_busy(busy, decided, country):
    for command in (
        (*PAY, decided),
        ("decide", "--school-year", "2021-2022", "--home", decided),
        ("ingest", country, "--reference-date", "2020-10-01", "--home", decided),
    ):
        ended = here(*command)
        assert ended.status == 4
        who = rf"is held by pay \(process {busy.pid} on {re.escape(socket.gethostname())}, since "
        assert re.search(who + r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)", ended.stderr)
        assert ended.stderr.count("\n") == 1


def test_the_first_pays_and_the_second_then_finds_nothing_to_do(busy, decided):
    assert here(*PAY, decided).status == 4
    assert busy.go_on().status == 0
    assert "nothing left to pay" in here(*PAY, decided).stdout
    assert select(decided, "select count(*) from runs where command = 'pay'") == [(1,)]


def test_what_only_reads_does_not_wait(busy, decided):
    for command in (("status",), ("verify",), (*PAY[:-1], "--dry-run")):
        assert here(*command, "--home", decided).status == 0
    assert busy.go_on().status == 0


def test_a_lock_does_not_outlive_its_process(busy, decided):
    assert busy.kill().status == -signal.SIGKILL
    assert (decided / "npo.lock").exists()
    assert here(*PAY, decided).status == 0
    assert not (decided / "npo.lock").exists()


def test_a_run_that_is_refused_lets_go(decided):
    assert here("pay", "--month", "2021-12", "--home", decided).status == 3
    assert here(*PAY, decided).status == 0


@pytest.mark.parametrize("replace", [False, True])
def test_removing_the_lock_file_lets_nobody_in(busy, decided, replace):
    (decided / "npo.lock").unlink()
    if replace:
        (decided / "npo.lock").write_text("{}")
    ended = here(*PAY, decided)
    assert ended.status == 4
    assert "is held by another run" in ended.stderr
    assert busy.go_on().status == 0
    assert select(decided, "select count(*) from runs where command = 'pay'") == [(1,)]


def test_another_home_is_free(busy, paid):
    assert here("pay", "--month", "2021-11", "--home", paid).status == 0


def test_a_home_that_was_moved_and_put_back_empty_is_another_home(busy, decided, country):
    """The run that is busy holds the folder, by whatever name; what it publishes goes nowhere else."""
    moved = decided.rename(decided.with_name("moved"))
    assert here("ingest", country, "--reference-date", "2020-10-01", "--home", decided).status == 0
    fresh = tables(decided)
    assert here(*PAY, moved).status == 4
    assert busy.go_on().status == 3
    assert tables(decided) == fresh


def test_a_run_may_wait_for_another_to_end(monkeypatch, busy, decided):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        busy.go_on()

    monkeypatch.setattr(lock.time, "sleep", sleep)
    with locked(Home(decided), "pay", now=NOW, wait_seconds=60):
        assert len(slept) == 1


def test_it_waits_no_longer_than_it_was_told(monkeypatch, busy, decided):
    clock = iter(range(100))
    monkeypatch.setattr(lock.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(lock.time, "sleep", lambda seconds: None)
    with pytest.raises(HomeLocked), locked(Home(decided), "pay", now=NOW, wait_seconds=5):
        pass
    assert next(clock) == 6


def test_a_folder_replaced_while_it_was_being_locked_is_not_held(monkeypatch, tmp_path):
    """Between opening the folder and locking it, somebody put another in its place: that one is locked."""
    home, opened = Home(tmp_path / "home"), []
    real = lock._open

    def and_replaced(folder):
        opened.append(real(folder))
        if len(opened) == 1:
            folder.path.rename(tmp_path / "gone")
            folder.path.mkdir()
        return opened[-1]

    monkeypatch.setattr(lock, "_open", and_replaced)
    with locked(home, "pay", now=NOW):
        assert len(opened) == 2
        assert os.path.samestat(os.fstat(opened[1]), home.path.stat())
    with pytest.raises(OSError):
        os.fstat(opened[0])


def test_the_lock_file_is_there_as_long_as_the_run(tmp_path):
    home = Home(tmp_path / "home")
    with locked(home, "decide", now=NOW):
        assert '"since": "2026-01-02 03:04:05 UTC"' in home.lock.read_text()
    assert list(Path(home.path).iterdir()) == []
