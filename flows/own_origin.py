"""The guard of the server: web pages of others, open in a browser on this machine, get nothing from it.

A browser sends with a request where its page came from. What CORS and CSRF do not stop is stopped here: a page
that opens a WebSocket (browsers let any page do so), one whose name was pointed at this machine after it was
loaded (DNS rebinding), and one that shows ours in a frame and has a person click in it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

UNFRAMED = [(b"x-frame-options", b"DENY"), (b"content-security-policy", b"frame-ancestors 'none'")]


class OwnOriginOnly:
    """Refuse what a page of another origin asks; programs, which name no origin, pass.

    `hosts`: the names and ports by which the server may be called.
    """

    def __init__(self, app: App, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"http://{host}" for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with status 403."""
        if scope["type"] not in {"http", "websocket"}:
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
