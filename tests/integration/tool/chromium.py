"""A real, headless Chromium, driven over its DevTools protocol: what a person does, and what the page said."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 30
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = [
    "--headless=new",
    "--no-sandbox",  # tests may run as root; the pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
]
_KEYS = {"ArrowDown": 40, "ArrowUp": 38, "Enter": 13, "Escape": 27, "Tab": 9}


def installed() -> str | None:
    """Where Chromium is, if it is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Chromium:
    """A browser with one page."""

    def __init__(self, folder: Path) -> None:
        from websockets.sync.client import connect

        command = [installed() or "chromium", *_QUIET, f"--user-data-dir={folder}", "about:blank"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port, path = _until(lambda: _lines(folder / "DevToolsActivePort"))
        self._numbers = itertools.count(1)
        self._socket = connect(f"ws://127.0.0.1:{port}{path}", max_size=None, compression=None, proxy=None)
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = next(one for one in self("Target.getTargets")["targetInfos"] if one["type"] == "page")
        self._session = self("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")
        self("Page.setLifecycleEventsEnabled", enabled=True)

    def __call__(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Run a command of the protocol and give its result; events meanwhile are kept."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a file afresh."""
        self("Page.navigate", url="about:blank")
        self.events.clear()
        self("Page.navigate", url=path.absolute().as_uri() + fragment)
        _until(lambda: self.run("document.readyState === 'complete' && location.href !== 'about:blank'"))

    def run(self, script: str) -> Any:
        """What an expression gives."""
        answer = self("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """The text of an element as a person sees it, with ordinary spaces."""
        found = self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")
        return " ".join(str(found).split())

    def texts(self, selector: str) -> list[str]:
        found = self.run(f"[...document.querySelectorAll({json.dumps(selector)})].map(one => one.innerText)")
        return [" ".join(str(one).split()) for one in found]

    def rows(self, selector: str) -> list[list[str]]:
        """The cells of a table, row by row."""
        found = f"[...document.querySelectorAll({json.dumps(selector + ' tr')})]"
        script = f"{found}.map(row => [...row.cells].map(cell => cell.innerText))"
        return [[" ".join(cell.split()) for cell in row] for row in self.run(script)]

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self("Input.insertText", text=text)

    def press(self, key: str, times: int = 1, shift: bool = False) -> None:
        """Press and release a key."""
        kind = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key], "modifiers": 8 if shift else 0}
        for _ in range(times):
            text = {"text": "\r"} if key == "Enter" else {}
            self("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **kind, **text)
            self("Input.dispatchKeyEvent", type="keyUp", **kind)
        time.sleep(0.05)

    def size(self, width: int, height: int, *, scale: float = 1, phone: bool = False) -> None:
        self(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        picture = self("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(picture["data"]))

    def pages_printed(self, path: Path | None = None) -> int:
        """How many pages printing takes, with the sizes the page itself asks for."""
        made = base64.b64decode(self("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])
        if path:
            path.write_bytes(made)
        return made.count(b"/Type /Page\n") or made.count(b"/Type /Page ")

    def complaints(self) -> list[str]:
        """Errors and warnings in the console, and exceptions nobody caught."""
        self.run("1")
        told = {"Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"}
        return [json.dumps(one["params"])[:400] for one in self.events if one.get("method") in told]

    def asked_for(self) -> list[str]:
        """The addresses the page asked for, beside itself."""
        self.run("1")
        sent = [
            one["params"]["request"]["url"]
            for one in self.events
            if one.get("method") == "Network.requestWillBeSent"
        ]
        return [
            url for url in sent if url != self.run("location.href.split('#')[0]") and not url.startswith("about:")
        ]

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(PATIENCE)


def _lines(path: Path) -> list[str] | None:
    found = path.read_text().split() if path.exists() else []
    return found if len(found) == 2 else None


def _until(ready: Any) -> Any:
    until = time.monotonic() + PATIENCE
    while not (found := ready()):
        assert time.monotonic() < until, "Chromium does not answer"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    if not installed():
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    pytest.importorskip("websockets.sync.client")
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()
