"""A Prefect server of our own, for as long as `npo serve` runs: on this machine only, never left behind."""

from __future__ import annotations

import base64
import http.client
import os
import secrets
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from npo_pipeline.errors import Refused

HOST, PORT = "127.0.0.1", 4200
HOSTS = "NPO_SERVER_HOSTS"
"""The variable with more names by which the server may be called, as that of the near end of a tunnel."""

SERVED_BY = "NPO_SERVED_BY"
"""The variable with the process id of the `npo serve` that starts the process of a run."""

LOOK_SECONDS = 0.5

START_UP_SECONDS = 90
"""A first start makes the database, and can take five times as long as the ones after it."""


Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

IN_MEMORY = "prefect-in-memory"
"""The name by which a Prefect server calls itself."""

UNFRAMED = [(b"x-frame-options", b"DENY"), (b"content-security-policy", b"frame-ancestors 'none'")]


PASSWORD_FILE = "password"
"""The file, beside the database of our own server, with the line that it asks who comes for: `npo:...`."""

OWN_PASSWORD, CLIENT_PASSWORD = "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING"
"""The variables of Prefect with the line that a server asks for, and with the one that a client gives."""


@contextmanager
def own_server(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server and set PREFECT_API_URL and its password; its output goes to `log`.

    What it keeps, names and reasons among it, is for this account of the machine alone.

    Raises:
        Refused: its port is taken, it does not start, or its folder cannot be closed to others.
    """
    port = _free_port()
    close_to_others(log.parent)
    log.touch(mode=0o600)
    # The server calls itself too.
    os.environ[OWN_PASSWORD] = os.environ[CLIENT_PASSWORD] = password_of(log.parent)
    command = [sys.executable, "-P", "-m", "flows.server", "server", "start", "--host", HOST, "--port", str(port)]
    protected = {**os.environ, **protection(port)}
    with log.open("wb") as output:
        # In a session of its own: Ctrl-C must end the runs first, and they need their server for that.
        server = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=protected,
            umask=OF_OTHERS_AND_GROUP,
        )
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


OF_OTHERS_AND_GROUP = 0o077


def close_to_others(folder: Path) -> None:
    """Make a folder, or close it and what is in it, to all accounts but this one.

    Raises:
        Refused: it is of another account.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        for file in folder.iterdir():
            if file.is_file() and not file.is_symlink():
                file.chmod(0o600)
    except OSError as error:
        raise Refused(
            f"{error.filename or folder}: cannot be closed to others ({error.strerror}); have it belong to the "
            "account that serves"
        ) from error


def password_of(folder: Path) -> str:
    """Return the line that our own server asks for: of its variable, else of its file, which is made once.

    Raises:
        Refused: the file cannot be read or written.
    """
    if given := os.environ.get(OWN_PASSWORD):
        return given
    file = folder / PASSWORD_FILE
    try:
        if not file.exists():
            # Whole or not at all, and never readable by another for a moment.
            beside = file.with_name(f".{file.name}.{os.getpid()}")
            # In a container the process that was stopped here before may have had the same number.
            beside.unlink(missing_ok=True)
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as written:
                written.write(f"npo:{secrets.token_urlsafe(24)}\n")
            beside.rename(file)
        line = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it holds something else"
        raise Refused(f"{file}: the password cannot be read ({reason}); remove it for a new one") from None
    if ":" not in line:
        raise Refused(f"{file}: holds no line as npo:PASSWORD; remove it for a new one")
    return line


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


def refuse_shut(url: str) -> None:
    """Refuse a server that asks for a password, where we have none or another.

    Raises:
        Refused: says which variable has it.
    """
    given = os.environ.get(CLIENT_PASSWORD, "")
    header = {"Authorization": f"Basic {base64.b64encode(given.encode()).decode()}"} if given else {}
    asked = urllib.request.Request(f"{url}/admin/version", headers=header)
    try:
        urllib.request.urlopen(asked, timeout=5).close()
    except urllib.error.HTTPError as error:
        if error.code == http.client.UNAUTHORIZED:
            has = "another" if given else "none"
            raise Refused(
                f"{url}: the Prefect server asks for a password, and {CLIENT_PASSWORD} has {has}; set it to "
                "that of the server"
            ) from None


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


class OwnOriginOnly:
    """Refuse what a page of another origin asks; programs, which name no origin, pass.

    A browser sends with a request where its page came from. What CORS and CSRF do not stop is stopped here: a page
    that opens a WebSocket (browsers let any page do so), one whose name was pointed at this machine after it was
    loaded (DNS rebinding), and one that shows ours in a frame and has a person click in it.

    `hosts`: the names and ports by which the server may be called.
    """

    def __init__(self, app: App, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"http://{host}" for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with status 403."""
        if scope["type"] not in {"http", "websocket"} or _is_of_this_process(scope):
            await self._app(scope, receive, send)
        elif not self._is_own(scope):
            await _refuse(scope, send)
        else:
            await self._app(scope, receive, _unframed(send))

    def _is_own(self, scope: Scope) -> bool:
        headers = [(name.lower(), value.decode("latin-1").lower()) for name, value in scope["headers"]]
        hosts = {value for name, value in headers if name == b"host"}
        origins = {value for name, value in headers if name == b"origin"}
        return hosts <= self._hosts and origins <= self._origins


def _is_of_this_process(scope: Scope) -> bool:
    """Return whether the server calls itself, as the actions of automations do: then no socket was used.

    Of a request over a socket the web server says here which one, whatever its headers say.
    """
    return (scope.get("server") or ("",))[0] == IN_MEMORY


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    plain = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": plain})
    await send({"type": "http.response.body", "body": b"This server answers its own page only.\n"})


def _unframed(send: Send) -> Send:
    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *UNFRAMED]
        await send(message)

    return add


def _end_with_parent() -> None:
    """End this process when its parent has ended, however it ended: then the pipe closes."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def end_with_serve() -> None:
    """End this process when the `npo serve` that started it is gone, however it ended.

    Else a run that waits would still pay when nobody serves any more, and while the next `npo serve` says that it
    was cut off. To be killed at any moment is safe: nothing is half published.
    """
    serve = os.getppid()
    if os.environ.get(SERVED_BY) != str(serve):
        return

    def watch() -> None:
        while os.getppid() == serve:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _settings() -> None:
    """Set what a server needs, before Prefect is imported: it reads that once.

    `npo serve` sets up its own server, and ends it by a pipe; one without a pipe is alone, as in a container.
    """
    if sys.stdin is not None and stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        threading.Thread(target=_end_with_parent, daemon=True).start()
    else:
        os.environ.update(protection(int(os.environ.get("PREFECT_SERVER_API_PORT", PORT))))
    if not os.access(sysconfig.get_path("purelib"), os.W_OK):
        # Prefect copies its pages before it shows them, by default to where it is installed.
        own = Path(os.environ.get("PREFECT_HOME", Path.home() / ".prefect"))
        os.environ.setdefault("PREFECT_UI_STATIC_DIRECTORY", str(own / "ui"))


def main() -> None:
    """Run `prefect` with the arguments of this process, its server behind `OwnOriginOnly`."""
    _settings()
    from prefect.cli import app
    from prefect.server.api import server

    create, known = server.create_app, list[Any]()

    def guarded(*args: Any, **kwargs: Any) -> Any:
        made = create(*args, **kwargs)
        # The server asks for the app that runs again, to call itself; what runs takes no middleware any more.
        if not any(made is one for one in known):
            made.add_middleware(OwnOriginOnly, hosts=os.environ[HOSTS].split(","))
            known.append(made)
        return made

    server.create_app = guarded

    app()


if __name__ == "__main__":
    main()
