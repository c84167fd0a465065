"""`npo serve`: register the schedules with a Prefect server, its own where there is none, and run them."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from flows.json_logs import follow_settings, use_json_logs
from flows.payment_run import last_tick, months_owed, oldest_unasked
from flows.server import OWN_PASSWORD, PASSWORD_FILE, SERVED_BY, answering, own_server, refuse_shut
from flows.workers import asked_workers
from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import locked
from npo_pipeline.books.witness import is_witnessed
from npo_pipeline.cli.options import home_of
from npo_pipeline.commands.hold import obstacles
from npo_pipeline.commands.status import status
from npo_pipeline.commands.steps import now
from npo_pipeline.errors import NpoError, Refused
from npo_pipeline.months import month_text
from npo_pipeline.operating_system import set_umask
from npo_pipeline.watch.logs import CONTEXT, log

if TYPE_CHECKING:
    from prefect.runner import Runner

PATIENCE_SECONDS = 30

_PAYS_NOTHING = ": nothing is paid until somebody resumes it"


def main() -> None:
    """Serve until stopped; a refusal is one line on stderr, and the exit status of its kind."""
    options = _options()
    signal.signal(signal.SIGTERM, _stop)
    CONTEXT.command = "serve"
    home = options.home.absolute()
    try:
        set_umask()
        asked_workers()
        # Prefect's things have a lock of their own: who serves leaves the home free between two runs.
        with locked(Home(home / "prefect"), "npo serve", now=now()):
            _settings(home / "prefect")
            owed = _is_owed(home_of(str(home)))
            with _server(home / "prefect") as server:
                _serve(home, server, owed=owed, once=options.once)
    except KeyboardInterrupt:
        _say("stopped")
    except NpoError as error:
        log("error", str(error), kind=error.kind, exit_status=error.exit_status)
        sys.exit(error.exit_status)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="npo serve")
    parser.add_argument("--home", type=Path, required=True, help="the home folder")
    parser.add_argument("--once", action="store_true", help="register the schedules and stop")
    return parser.parse_args()


def _settings(own: Path) -> None:
    """Set where Prefect keeps its files, before it is imported: it reads that once.

    Processes below this one find no package of another in the folder where it was started.
    """
    os.environ["PYTHONSAFEPATH"] = "1"
    os.environ.setdefault("PREFECT_HOME", str(own))
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    use_json_logs(own)


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Have the runner choose its folder `runner_storage` in this one: in /tmp the first user of a machine owns it.

    It chooses when it is made. Nothing else may have its files there: the path of a socket must be short.
    """
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextmanager
def _server(own: Path) -> Iterator[subprocess.Popen[bytes] | None]:
    """Use the server of PREFECT_API_URL, or start one on this machine for as long as we serve.

    Raises:
        Refused: no server answers.
    """
    if url := os.environ.get("PREFECT_API_URL"):
        # A server that starts together with us, at the boot of the machine, takes its time.
        if not answering(url, PATIENCE_SECONDS):
            raise Refused(f"{url}: no Prefect server answers there; start it, or unset PREFECT_API_URL")
        refuse_shut(url)
        yield None
        return
    _say("starting a Prefect server (about ten seconds)")
    is_given = bool(os.environ.get(OWN_PASSWORD))
    with own_server(own / "server.log") as server:
        where = f"variable {OWN_PASSWORD}" if is_given else str(own / PASSWORD_FILE)
        _say(f"the server and its page ask for a password: the whole line of {where}")
        yield server


def _serve(home: Path, server: subprocess.Popen[bytes] | None, *, owed: bool, once: bool) -> None:
    from prefect.context import refresh_global_settings_context
    from prefect.runner import Runner

    from flows.automations import WEBHOOK_VARIABLE, register_notifications
    from flows.deployments import MONTHLY, close_dead_runs, deployments, keep_schedules, submit_run_of

    # Prefect read them when it was imported, before our server had an address: it would start another beside it.
    refresh_global_settings_context()
    follow_settings()
    if server is not None:
        for name in close_dead_runs(home):
            _say(f"run {name} was cut off when npo serve ended; it is marked as crashed")
    os.environ[SERVED_BY] = str(os.getpid())
    with _temporary_files_in(home / "prefect"):
        runner = Runner(name="npo", pause_on_shutdown=False, limit=1)
    for deployment in deployments(home):
        is_scheduled = bool(deployment.schedules)
        is_active = keep_schedules(deployment)
        runner.add_deployment(deployment)
        name = f"{deployment.flow_name}/{deployment.name}"
        _say(f"registered {name}")
        if is_scheduled and not is_active:
            owed = owed and name != MONTHLY
            _say(f"its schedule is paused on the server, and stays so{_PAYS_NOTHING if name == MONTHLY else ''}")
    if webhook := os.environ.get(WEBHOOK_VARIABLE):
        for name in register_notifications(webhook):
            _say(f"registered the notification `{name}`")
    if once:
        return
    if owed:
        submit_run_of(last_tick(datetime.now(UTC)))
        _say("submitted the run that is owed")
    try:
        _run(runner, server)
    finally:
        # The runner calls them cancelled; whoever looks must see that they were cut off, and what they had done.
        with suppress(Exception):
            for name in close_dead_runs(home) if server is not None else ():
                _say(f"run {name} was cut off; it is marked as crashed")


def _is_owed(home: Home) -> bool:
    """Return whether the books owe the run of the last tick, because nobody served then, and it may be made.

    Raises:
        Refused: the books cannot be read.
    """
    state, moment = status(home), datetime.now(UTC)
    tick = last_tick(moment)
    owed = months_owed(state.to_come, tick)
    if not owed:
        if state.decisions.is_empty():
            _say(f"nothing is decided in {home.path} yet, so no run is owed")
        else:
            _say(f"no run is owed: all that fell due up to {tick:%Y-%m-%d} is paid")
        return False
    _say(f"the run of {tick:%Y-%m-%d} is owed: {', '.join(map(month_text, owed))}")
    against = obstacles(home)
    late = [month_text(one) for one in owed if one < oldest_unasked(moment)]
    if late and not is_witnessed(home):
        against.append(
            f"{', '.join(late)}: more than one month late, and no witness says that these books are the newest; "
            f"look at `npo status`, then pay by `npo pay --month {month_text(owed[-1])} --catch-up`, or serve "
            "with --witness"
        )
    for one in against:
        _say(f"it is not started: {one}")
    return not against


def _run(runner: Runner, server: subprocess.Popen[bytes] | None) -> None:
    """Run what is scheduled until somebody stops us.

    Raises:
        NpoError: the Prefect server went away.
    """
    from prefect.settings import PREFECT_UI_URL

    done = threading.Event()
    if server is not None:
        threading.Thread(target=_stop_with, args=(server, done), daemon=True).start()
    _say(f"serving; look at {PREFECT_UI_URL.value()}; Ctrl-C stops")
    try:
        asyncio.run(runner.start())
    except Exception as error:
        cause = _first(error)
        if isinstance(cause, OSError) and cause.filename:
            raise NpoError(f"{cause.filename}: {cause.strerror}; runs cannot be started without it") from error
        raise NpoError(f"the Prefect server is lost ({cause}); start `npo serve` again") from error
    finally:
        done.set()
    if server is not None and server.poll() is not None:
        raise NpoError("the Prefect server has ended, prefect/server.log may say why; start `npo serve` again")
    _say("stopped")


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _stop_with(server: subprocess.Popen[bytes], done: threading.Event) -> None:
    server.wait()
    if not done.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(message: str) -> None:
    log("info", message)


if __name__ == "__main__":
    main()
