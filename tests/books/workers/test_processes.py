"""Processes of this machine as workers: a killed one costs its own job at most, and none outlives the work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from npo_pipeline import startup
from npo_pipeline.errors import Refused
from npo_pipeline.workers import Processes


def square_or_die(job: tuple[int, Path]) -> int:
    """Square a number; 3 kills its process each time, 5 the first time."""
    number, folder = job
    if number == 3 or (number == 5 and not (folder / "killed").exists()):
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 7:
        raise Refused("7 is refused")
    return number * number


def begun(job: None) -> tuple[str, bool]:
    """Return how many threads polars may have in this process, and whether numpy is hidden from it."""
    return os.environ["POLARS_MAX_THREADS"], any(isinstance(one, startup._Hiding) for one in sys.meta_path)


def test_a_killed_process_costs_its_job_only_when_it_kills_it_again_alone(tmp_path):
    done = list(Processes(2).map(square_or_die, [(one, tmp_path) for one in range(10)], name="squares"))
    results = {one.job[0]: one.result for one in done if one.error is None}
    assert results == {one: one * one for one in range(10) if one not in (3, 7)}
    errors = {one.job[0]: one.error for one in done if one.error is not None}
    assert str(errors[3]).startswith("squares: the process that worked on it was killed twice")
    assert isinstance(errors[7], Refused)


def test_the_processes_share_the_cores_of_the_machine_and_load_no_more_than_a_command(monkeypatch):
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    monkeypatch.setattr("npo_pipeline.workers.cores", lambda: 7)
    [done] = Processes(2).map(begun, [None], name="threads")
    assert done.value() == ("3", True)


GIVES_OUT_WORK = """
import time
from pathlib import Path
from npo_pipeline.workers import Processes
from tests.books.workers.test_processes import sleep
if __name__ == "__main__":
    list(Processes(2).map(sleep, [Path({folder!r})] * 2, name="sleep"))
"""


def sleep(folder: Path) -> None:
    """Work in a folder of its own, with a process of its own, as the full check of filings does."""
    (folder / str(os.getpid())).touch()
    with TemporaryDirectory(dir=folder, prefix="filings-"):
        subprocess.run(["sh", "-c", f"touch '{folder}'/$$; exec sleep 600"], check=True)


def nothing_is_left(folder: Path) -> bool:
    """Return whether all processes have ended that laid a file in a folder, and all folders in it are gone."""
    return not any(one.is_dir() or Path("/proc", one.name).exists() for one in folder.iterdir())


def test_processes_end_when_the_one_that_gave_out_the_work_is_killed(tmp_path):
    script, found = tmp_path / "gives_out.py", tmp_path / "found"
    script.write_text(GIVES_OUT_WORK.format(folder=str(found)))
    found.mkdir()
    gives_out = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": os.getcwd()})
    _until(lambda: len(list(found.iterdir())) == 2 * 3)
    gives_out.kill()
    gives_out.wait()
    _until(lambda: nothing_is_left(found))


def large(folder: Path | None) -> bytes:
    """Give back more than a pipe holds; the process is killed while it writes, as by a machine out of memory."""
    if folder is not None and not (folder / "killed").exists():
        (folder / "killed").touch()
        threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return bytes(2**28)
    return bytes(2**24)


def test_a_process_that_is_killed_while_it_writes_a_result_keeps_no_other_from_its_end(tmp_path):
    done = list(Processes(2).map(large, [None, tmp_path, None, None], name="large"))
    assert [len(one.value()) for one in done] == [2**24] * 4


def test_nobody_waits_for_half_a_result(tmp_path):
    mapped = Processes(2).map(large, [None] * 20, name="large")
    next(mapped)
    closing = threading.Thread(target=mapped.close, daemon=True)
    closing.start()
    closing.join(30)
    assert not closing.is_alive()


def test_processes_end_when_nobody_waits_for_them_any_more(tmp_path):
    mapped = Processes(2).map(_quick_or_slow, [None, tmp_path], name="sleep")
    assert next(mapped).result == "quick"
    _until(lambda: len(list(tmp_path.iterdir())) == 3)
    mapped.close()
    # Who was killed is gone when the system has buried it.
    _until(lambda: nothing_is_left(tmp_path))


def _quick_or_slow(folder: Path | None) -> str:
    if folder is not None:
        sleep(folder)
    return "quick"


def _until(true, seconds: int = 30) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)
