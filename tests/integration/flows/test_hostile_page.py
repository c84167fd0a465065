"""A web page of somebody else, open in a browser on the machine that serves, gets nothing and starts nothing."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL

from flows.deployments import MONTHLY, deployments
from flows.ingest import ingest_delivery
from flows.server import OwnOriginOnly
from tests.integration.flows.asking import again, begun
from tests.integration.flows.prefect_side import artifact_ids_of
from tests.integration.tool.chromium import Chromium, _until, chromium

__all__ = ["chromium"]

ATTACKS = """
(async () => {
  const api = API, starting = JSON.stringify({parameters: {}}), approving = JSON.stringify(
    {run_input: {choice: 'approve', approved_by: 'Mallory'}});
  const start = api + '/deployments/DEPLOYMENT/create_flow_run', resume = api + '/flow_runs/RUN/resume';
  const tried = async (attempt) => { try { return await attempt(); } catch (error) { return 'blocked'; } };
  const json = {'Content-Type': 'application/json'};
  const post = (url, body, more) => fetch(url, {method: 'POST', body: body, ...more});
  const read = async (answer) => (await answer).status + ' ' + await (await answer).text();
  const socket = (path) => new Promise((done) => {
    const opened = new WebSocket(api.replace('http', 'ws') + path, 'prefect');
    opened.onopen = () => done('open');
    opened.onerror = () => done('blocked');
  });
  const form = (url, body) => {
    const frame = document.createElement('iframe');
    frame.name = 'frame' + document.forms.length;
    document.body.appendChild(frame);
    const made = document.body.appendChild(document.createElement('form'));
    Object.assign(made, {action: url, method: 'POST', enctype: 'text/plain', target: frame.name});
    const input = made.appendChild(document.createElement('input'));
    [input.name, input.value] = [body.slice(0, -1) + ', "x": "', '"}'];
    return new Promise((done) => {
      frame.onload = done;
      setTimeout(done, 2000);
      made.submit();
    });
  };
  const answers = {
    reading: await tried(() => read(fetch(api + '/admin/version'))),
    token: await tried(() => read(fetch(api + '/csrf-token?client=mallory'))),
    starting: await tried(() => read(post(start, starting, {headers: json}))),
    approving: await tried(() => read(post(resume, approving, {headers: json}))),
    events: await socket('/events/in'),
    listening: await socket('/events/out'),
    logs: await socket('/logs/out'),
  };
  // These cannot be read, and a browser sends them all the same: what they do is asked of the server.
  for (const [url, body] of [[start, starting], [resume, approving]]) {
    await tried(() => post(url, body, {mode: 'no-cors'}));
    await tried(() => post(url, new Blob([body]), {mode: 'no-cors'}));
    navigator.sendBeacon(url, new Blob([body], {type: 'text/plain'}));
    await form(url, body);
  }
  return answers;
})()
"""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of a page of somebody else."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Win a bicycle</title><body>")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}/"
        served.shutdown()


def go_to(browser: Chromium, url: str) -> None:
    browser("Page.navigate", url="about:blank")
    browser("Page.navigate", url=url)
    _until(lambda: browser.run("document.readyState === 'complete' && location.href !== 'about:blank'"))


def asked_for(client):
    """The runs that somebody asked for; those of a schedule the server makes by itself, once a minute."""
    return {run.id for run in client.read_flow_runs() if not run.auto_scheduled}


def test_it_starts_no_payment_approves_no_decision_and_reads_nothing(chromium, elsewhere, corrected):
    deployments(corrected)[0].apply()
    waiting = begun(corrected)
    with get_client(sync_client=True) as client:
        monthly = client.read_deployment_by_name(MONTHLY)
        before = asked_for(client)

    go_to(chromium, elsewhere)
    script = ATTACKS.replace("API", json.dumps(PREFECT_API_URL.value()), 1)
    answers = chromium.run(script.replace("DEPLOYMENT", str(monthly.id)).replace("RUN", str(waiting.id)))

    assert set(answers.values()) == {"blocked"}, answers
    with get_client(sync_client=True) as client:
        assert asked_for(client) == before
        client.delete_deployment(monthly.id)
    assert again(waiting).state.name == "Suspended"


def test_our_own_page_works_and_the_name_of_a_file_is_no_link_and_no_picture_on_it(chromium, tmp_path):
    name = "![x](https://evil.example/a.png) [pay](https://evil.example) www.evil.example pay@evil.example"
    state = ingest_delivery(str(tmp_path / "home"), [str(tmp_path / name)], return_state=True)
    ((_, failure),) = artifact_ids_of(state).items()
    page = PREFECT_API_URL.value().removesuffix("/api")
    go_to(chromium, f"{page}/api/health")
    # As its page keeps it once somebody has typed it there.
    chromium.run(f"localStorage.setItem('prefect-password', btoa({PREFECT_API_AUTH_STRING.value()!r}))")
    go_to(chromium, f"{page}/artifacts/artifact/{failure}")
    _until(lambda: "evil.example" in chromium.text("body"))
    shown = "[...document.querySelectorAll('a, img')].map(one => one.href || one.src)"
    assert [one for one in chromium.run(shown) if "evil" in one] == []
    assert "npo-ingest failed: it was refused (exit 3)" in chromium.text("body")


def test_a_page_whose_name_was_pointed_here_afterwards_is_refused_and_ours_goes_in_no_frame():
    api = PREFECT_API_URL.value()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(urllib.request.Request(f"{api}/admin/version", headers={"Host": "evil.example"}))
    with urllib.request.urlopen(api.removesuffix("/api")) as page:
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{api}/admin/version")
    password = base64.b64encode(PREFECT_API_AUTH_STRING.value().encode()).decode()
    asked = urllib.request.Request(f"{api}/admin/version", headers={"Authorization": f"Basic {password}"})
    with urllib.request.urlopen(asked) as answer:
        assert answer.status == 200, urlsplit(api)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("host", "origin", "passes"),
    [
        ("127.0.0.1:4200", None, True),
        ("127.0.0.1:4200", "http://127.0.0.1:4200", True),
        ("localhost:4200", "http://localhost:4200", True),
        ("LOCALHOST:4200", "http://localhost:4200", True),
        ("127.0.0.1:4200", "http://127.0.0.1:8000", False),
        ("127.0.0.1:4200", "https://127.0.0.1:4200", False),
        ("127.0.0.1:4200", "null", False),
        ("evil.example:4200", None, False),
        ("evil.example:4200", "http://evil.example:4200", False),
        ("127.0.0.1:4200.evil.example", None, False),
        # As the server calls itself, without a socket; over a socket its name is that of anyone.
        ("prefect-in-memory", None, False),
    ],
)
def test_only_our_own_names_and_origins_pass(kind, host, origin, passes):
    passed, sent = [], []

    async def app(*_: Any) -> None:
        passed.append(True)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", host.encode()), *([(b"origin", origin.encode())] if origin else [])]
    guard = OwnOriginOnly(app, ["127.0.0.1:4200", "localhost:4200"])
    asyncio.run(guard({"type": kind, "headers": headers, "server": ("127.0.0.1", 4200)}, None, send))
    assert bool(passed) == passes
    assert [one.get("status", one.get("code")) for one in sent][:1] == (
        [] if passes else [403 if kind == "http" else 1008]
    )
