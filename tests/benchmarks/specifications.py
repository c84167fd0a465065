"""The specifications of a payment run to all boards: made, and made again where nothing changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.benchmarks.measure import Cost, median, run

MOST_SECONDS = 20
"""For 1,000 boards, on two cores that do nothing else."""


def specifications(npo: str, home: Path, rounds: int) -> dict[str, Cost]:
    """Write the specifications of September 2021 in a home in which that was paid."""
    month = [npo, "specification", "--month", "2021-09", "--home", str(home)]
    header, again = [], []
    for _ in range(rounds):
        shutil.rmtree(home / "specifications", ignore_errors=True)
        header.append(run(month)[0])
        again.append(run(month)[0])
    return {"specifications of all boards": median(header), "the same again": median(again)}
