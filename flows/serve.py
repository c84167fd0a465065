"""`npo serve`: registers the schedules with a Prefect server, its own where there is none, and runs them."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

START_UP_SECONDS = 90
REFUSED = 3


def main() -> None:
    """Serve until stopped; every refusal is one line on stderr and exit 3."""
    wishes = _wishes()
    signal.signal(signal.SIGTERM, _stop)
    try:
        _settings(wishes.home)
        with _server():
            _serve(wishes.home, once=wishes.once)
    except KeyboardInterrupt:
        _say("stopped")
    except _NotServed as refusal:
        _say(str(refusal))
        sys.exit(REFUSED)


class _NotServed(Exception):
    """What the operator must mend first."""


def _wishes() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="npo serve")
    parser.add_argument("--home", type=Path, required=True, help="the home folder")
    parser.add_argument("--once", action="store_true", help="register the schedules and stop")
    return parser.parse_args()


def _settings(home: Path) -> None:
    """Settle where Prefect keeps its things before it is imported, for it reads that once.

    Raises:
        _NotServed: the home cannot be written.
    """
    own = home / "prefect"
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _NotServed(f"{own}: cannot be written ({error.strerror}); check the folder") from error
    os.environ.setdefault("PREFECT_HOME", str(own))
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")


@contextmanager
def _server() -> Iterator[None]:
    """Use the server of PREFECT_API_URL, or start one on this machine for as long as we serve."""
    if url := os.environ.get("PREFECT_API_URL"):
        _wait_for(url, None, seconds=10)
        yield
        return
    port = _free_port()
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    _say(f"starting a Prefect server on 127.0.0.1:{port} (about ten seconds)")
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(os.environ["PREFECT_API_URL"], server, seconds=START_UP_SECONDS)
        yield
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes] | None, seconds: int) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server is not None and server.poll() is not None:
            raise _NotServed("the Prefect server did not start; look in PREFECT_HOME, or set PREFECT_API_URL")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError, ValueError):
            time.sleep(0.3)
    raise _NotServed(f"{url}: no Prefect server answers there; start it, or unset PREFECT_API_URL")


def _serve(home: Path, *, once: bool) -> None:
    from prefect import serve

    from flows.deployments import deployments

    ready = deployments(home.absolute())
    if once:
        for deployment in ready:
            deployment.apply()
            _say(f"registered {deployment.flow_name}/{deployment.name}")
        return
    _say("serving; Ctrl-C stops")
    serve(*ready, limit=1)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(message: str) -> None:
    print(f"npo: {message}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
