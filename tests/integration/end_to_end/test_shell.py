"""The command line in a real shell and on a real terminal: completion, and what a terminal of 80 columns shows."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

FOLDER = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PATH": f"{FOLDER}{os.pathsep}{os.environ['PATH']}", "TERM": "xterm-256color"}


def completed(words: str) -> set[str]:
    """Return what bash offers for the last of some words."""
    if not shutil.which("bash"):
        pytest.skip("there is no bash")
    script = f"""
        source <(_NPO_COMPLETE=bash_source npo)
        COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _npo_completion npo; echo "${{COMPREPLY[@]}}"
    """
    shell = ["bash", "--norc", "-c", script]
    done = subprocess.run(shell, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_a_shell_completes_commands():
    assert completed("npo de") == {"demo", "decide"}


def test_a_shell_completes_options_of_a_command_below_another():
    assert completed("npo rules check --ref") == {"--reference-date"}


def on_terminal(*words: str, columns: int) -> list[str]:
    """Run `npo` on a terminal of so many columns; return the lines that it shows, without colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    plain = {name: value for name, value in ENVIRONMENT.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    with subprocess.Popen(["npo", *words], stdin=theirs, stdout=theirs, stderr=theirs, env=plain) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    assert process.returncode == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).replace("\r\n", "\n").splitlines()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when nobody has the other end open any more.
        return b""


def test_a_terminal_of_80_columns_shows_whole_words():
    lines = on_terminal("rules", "list", columns=80)
    assert max(map(len, lines)) <= 80
    words = {word for line in lines for word in line.split()}
    assert {"2021-2022-arbeidsmarkttoelage-initial.yaml", "samenwerkingsverband"} <= words
