"""A web server on this machine that is called when somebody must act."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from prefect.client.orchestration import get_client

from flows.automations import register_notifications

PATIENCE = 30
SECRET = "B0000-a-secret-of-the-receiver"
"""A part of its address that only who may call it knows."""


@dataclass
class Receiver:
    """A web server on this machine that keeps the text that it is sent."""

    url: str = ""
    got: list[str] = field(default_factory=list)

    def waited_for(self, words: str) -> str:
        """What was received with some words in it, once it is there."""
        until = time.monotonic() + PATIENCE
        while not (found := [one for one in self.got if words in one]):
            assert time.monotonic() < until, f"{words}: {self.got}"
            time.sleep(0.05)
        return found[0]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kept.url = f"http://127.0.0.1:{server.server_port}/hook/{SECRET}"
        yield kept
        server.shutdown()


@pytest.fixture(scope="module")
def notified(receiver) -> Iterator[Receiver]:
    """A server that calls the receiver; to register twice is to register once."""
    first, second = (register_notifications(receiver.url) for _ in range(2))
    assert first == second
    with get_client(sync_client=True) as client:
        there = [client.read_automations_by_name(name) for name in first]
        assert [len(one) for one in there] == [1] * len(first)
    yield receiver
    with get_client(sync_client=True) as client:
        # Else each run of the tests that follow calls somebody who is not there.
        for (one,) in there:
            client.delete_automation(one.id)
