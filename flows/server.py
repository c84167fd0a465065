"""A Prefect server of our own, for as long as `npo serve` runs: on this machine only, never left behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.own_origin import OwnOriginOnly
from npo_pipeline.errors import Refused

HOST, PORT = "127.0.0.1", 4200
HOSTS = "NPO_SERVER_HOSTS"
"""The variable with more names by which the server may be called, as that of the near end of a tunnel."""

START_UP_SECONDS = 90
"""A first start makes the database, and can take five times as long as the ones after it."""


@contextmanager
def own_server(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server and set PREFECT_API_URL; its output goes to `log`.

    Raises:
        Refused: its port is taken, or it does not start.
    """
    port = _free_port()
    command = [sys.executable, "-m", "flows.server", "server", "start", "--host", HOST, "--port", str(port)]
    protected = {**os.environ, **protection(port)}
    with log.open("wb") as output:
        # In a session of its own: Ctrl-C must end the runs first, and they need their server for that.
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True, env=protected
        )
    if password := os.environ.get("PREFECT_SERVER_API_AUTH_STRING"):
        os.environ.setdefault("PREFECT_API_AUTH_STRING", password)  # Who serves is a client too.
    url = os.environ["PREFECT_API_URL"] = f"http://{HOST}:{port}/api"
    try:
        if not answering(url, START_UP_SECONDS, server):
            raise Refused(f"the Prefect server did not start; {log} says why")
        yield server
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def protection(port: int) -> dict[str, str]:
    """Return the settings of a server that listens to its own page and to programs, and to no other page."""
    hosts = [f"{name}:{port}" for name in (HOST, "localhost")]
    hosts += filter(None, os.environ.get(HOSTS, "").replace(" ", "").split(","))
    return {
        HOSTS: ",".join(hosts),
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": ",".join(f"http://{host}" for host in hosts),
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
    }


def answering(url: str, seconds: int, server: subprocess.Popen[bytes] | None = None) -> bool:
    """Wait until a Prefect server answers at a URL; give up when it has not in time, or when it has ended."""
    until = time.monotonic() + seconds
    while not _answers(url):
        if (server is not None and server.poll() is not None) or time.monotonic() > until:
            return False
        time.sleep(0.3)
    return True


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5):
            return True
    except (OSError, ValueError, http.client.HTTPException):
        return False


def _free_port() -> int:
    """Return the port to listen on; always the same, so that an operator can keep its address."""
    wanted = os.environ.get("PREFECT_SERVER_API_PORT", str(PORT))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(wanted)))
        except (OSError, ValueError, OverflowError) as error:
            raise Refused(
                f"{HOST}:{wanted}: the Prefect server cannot listen there ({error}); set PREFECT_SERVER_API_PORT "
                "to a port that is free, or PREFECT_API_URL to the server that is there"
            ) from error
    return int(wanted)


def _end_with_parent() -> None:
    """End this process when its parent has ended, however it ended: then the pipe closes."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Run `prefect` with the arguments of this process, its server behind the guard of `own_origin`."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from prefect.cli import app
    from prefect.server.api import server

    create = server.create_app

    def guarded(*args: Any, **kwargs: Any) -> Any:
        made = create(*args, **kwargs)
        made.add_middleware(OwnOriginOnly, hosts=os.environ[HOSTS].split(","))
        return made

    server.create_app = guarded

    app()


if __name__ == "__main__":
    main()
