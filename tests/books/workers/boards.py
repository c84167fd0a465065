"""Work on boards that goes wrong. A process that does it imports this module, and nothing that loads for long."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from npo_pipeline.workers import Done

SECRET = "Basisschool De Stille Wateren"


def some_boards(job: tuple[Path, list[str]]) -> list[Done[str, str]]:
    return [one_board(job[0], board) for board in job[1]]


def one_board(folder: Path, board: str) -> Done[str, str]:
    """Board 40002 has a fault with a row in it; 40003 kills its process once."""
    if board == "40002":
        raise KeyError(SECRET)
    if board == "40003" and not (folder / "killed").exists():
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Done(job=board, result=f"{SECRET} {board}")
