"""How much faster two workers are than one, and a model of what a cluster gives.

`python -m tests.benchmarks.workers`: registers of 24 million pupils in 24 files with faults, the packs of 1,000
boards, and the full check of 12 boards. One worker is one process beside the one that gives out the work, and
polars has one thread in each: two workers share two cores. The model is reckoned from the figures of this run.
"""

from __future__ import annotations

import argparse
import bisect
import csv
import hashlib
import json
import math
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmarks.accounts import spending_of
from tests.benchmarks.dirty_registers import require_planted
from tests.benchmarks.measure import run
from tests.benchmarks.worker_steps import CHECKED, YEAR, Jobs

NPO = str(Path(sys.executable).with_name("npo"))
FILES, BOARDS, FAULTS = 24, 1_000, "0.0005"
SOUND = "full-check.json"
"""The file in which a full check keeps what it found sound."""

NODES, WORKERS_A_NODE = 10, 2
MOST_OF_ONE = {"ingest": 0.75, "packs": 0.7, "check": 0.65}
"""Of the time of one worker, the share that two may take: each does half, and the rest is done once."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A step: its seconds, processor seconds of the process that gave out the work (`own`), and its jobs."""

    seconds: float
    own: float
    mebibytes: float
    kinds: list[Jobs]

    @property
    def job_seconds(self) -> float:
        """The seconds of all jobs, in their workers."""
        return sum(one.seconds for one in self.kinds)


@dataclass(frozen=True, kw_only=True)
class Model:
    """What is done once, whatever the number of workers; the jobs; and the bytes that go over the network."""

    once: float
    kinds: list[Jobs]

    @classmethod
    def of(cls, one: Measured, times: float = 1) -> Model:
        """Return the model of a step with so many times the jobs that `one` worker did."""
        kinds = [
            replace(
                kind,
                jobs=round(kind.jobs * times),
                seconds=kind.seconds * times,
                transferred=round(kind.transferred * times),
            )
            for kind in one.kinds
        ]
        return cls(once=max(one.seconds - one.job_seconds, one.own), kinds=kinds)

    def from_share(self, files: Sequence[Path]) -> Model:
        """Return the model where each job reads one of some files from a share, and hashes it first."""
        began = time.perf_counter()
        hashlib.sha256(files[0].read_bytes())
        seconds = time.perf_counter() - began
        read = sum(one.stat().st_size for one in files)
        counting, *others = self.kinds
        shared = replace(
            counting,
            seconds=counting.seconds + counting.jobs * seconds,
            transferred=counting.transferred + read,
        )
        return replace(self, kinds=[shared, *others])

    @property
    def transferred(self) -> int:
        """Bytes to the workers and back, and those that they read from a share."""
        return sum(one.transferred for one in self.kinds)

    def seconds(self, workers: int, megabits: float = math.inf) -> float:
        """Return the time of so many workers: jobs in rounds, and all bytes one after the other beside that."""
        jobs = sum(math.ceil(one.jobs / workers) * one.seconds / one.jobs for one in self.kinds)
        return self.once + jobs + self.transferred * 8 / (megabits * 1e6)


def main() -> None:
    """Measure, and print the figures with their limits and the model."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.workers")
    parser.add_argument("--folder", default="bench", help="where the deliveries and homes are made")
    parser.add_argument("--only", choices=tuple(STEPS), action="append", help="of the three steps")
    parser.add_argument("--pupils", type=int, default=24_000_000, help="in the 24 registers")
    parser.add_argument("--rounds", type=int, default=2, help="the fastest of these counts")
    wishes = parser.parse_args()
    os.environ |= {"POLARS_MAX_THREADS": "1", "NPO_SPECIFICATIONS": "0"}
    work = Path(wishes.folder)
    work.mkdir(exist_ok=True)
    for name in wishes.only or STEPS:
        rounds = [STEPS[name](work, wishes.pupils) for _ in range(1 if name == "check" else wishes.rounds)]
        one, two = (min(some, key=lambda one: one.seconds) for some in zip(*rounds, strict=True))
        model = Model.of(one, BOARDS / CHECKED if name == "check" else 1)
        if name == "ingest":
            model = model.from_share(sorted(_delivery_in_parts(work, wishes.pupils).glob("leerlingen-po-*.csv")))
        _show(name, one, two, model)


def _ingest(work: Path, pupils: int) -> tuple[Measured, Measured]:
    delivery, home = _delivery_in_parts(work, pupils), work / "workers-ingest"
    measured = []
    for count in ("1", "2"):
        shutil.rmtree(home, ignore_errors=True)
        measured.append(_step("ingest", count, home, delivery))
        require_planted(home, delivery)
    shutil.rmtree(home)
    of_polars = os.environ.pop("POLARS_MAX_THREADS")
    here = _step("ingest", "here", home, delivery)
    os.environ["POLARS_MAX_THREADS"] = of_polars
    print(f"ingest in one process, polars with all cores: {here.seconds:.1f} s, {here.mebibytes:,.0f} MiB")
    return measured[0], measured[1]


def _packs(work: Path, _pupils: int) -> tuple[Measured, Measured]:
    home = _accounted(work)
    measured = []
    for count in ("1", "2"):
        shutil.rmtree(home / "reports", ignore_errors=True)
        measured.append(_step("packs", count, home))
    return measured[0], measured[1]


def _check(work: Path, _pupils: int) -> tuple[Measured, Measured]:
    home = _accounted(work)
    if not (home / "reports" / str(YEAR)).exists():
        _step("packs", "2", home)
    measured = []
    for count in ("1", "2"):
        for known in (home / "reports").rglob(SOUND):
            known.unlink()
        measured.append(_step("check", count, home))
    return measured[0], measured[1]


STEPS = {"ingest": _ingest, "packs": _packs, "check": _check}


def _step(name: str, count: str, home: Path, *paths: Path) -> Measured:
    _, text = run(
        [sys.executable, "-m", "tests.benchmarks.worker_steps", name, count, str(home), *map(str, paths)]
    )
    found = json.loads(text.splitlines()[-1])
    return Measured(**found | {"kinds": [Jobs(**one) for one in found["kinds"]]})


def _delivery_in_parts(work: Path, pupils: int) -> Path:
    """Make up a country, and cut its register into files as those of 24 senders, with the faults in them."""
    out = work / f"registers-{pupils}"
    if out.exists():
        return out
    whole = work / f"whole-{pupils}"
    size = ["--boards", str(BOARDS), "--pupils", str(pupils), "--seed", "1", "--faults", FAULTS]
    run([NPO, "generate", str(whole), *size])
    making = work / f"registers-{pupils}.part"
    making.mkdir()
    first_lines = _cut(whole / "leerlingen-po.csv", making)
    for name in ("vestigingen-bo.csv", "vestigingen-sbo-so-vso.csv"):
        shutil.move(whole / name, making / name)
    _write_planted(whole / "planted.csv", making, first_lines)
    shutil.rmtree(whole)
    return making.rename(out)


def _cut(register: Path, out: Path) -> list[int]:
    """Cut a register into files of about the same size; return the line of it with which each begins."""
    size, first_lines, line = register.stat().st_size, list[int](), 2
    with register.open("rb") as stream:
        header = stream.readline()
        for number in range(1, FILES + 1):
            first_lines.append(line)
            with (out / _name(number)).open("wb") as part:
                part.write(header)
                while (left := size * number // FILES - stream.tell()) > 0:
                    some = stream.read(min(left, 2**20))
                    some += stream.readline() if len(some) == left and not some.endswith(b"\n") else b""
                    part.write(some)
                    line += some.count(b"\n")
    return first_lines


def _name(number: int) -> str:
    return f"leerlingen-po-{number:02}.csv"


def _write_planted(planted: Path, out: Path, first_lines: list[int]) -> None:
    """Write the planted faults that are in the parts, each with its line in its part."""
    with planted.open(newline="") as file, (out / "planted.csv").open("w", newline="") as kept:
        writer = csv.writer(kept, lineterminator="\n")
        writer.writerow(["file", "line", "rule"])
        for row in csv.DictReader(file):
            if row["file"] == "leerlingen-po.csv":
                number = bisect.bisect_right(first_lines, int(row["line"]))
                line = int(row["line"]) - first_lines[number - 1] + 2
                writer.writerow([_name(number), line, row["rule"]])


def _accounted(work: Path) -> Path:
    """Pay a year to 1,000 boards, and account for it."""
    home, country, spending = work / "workers-home", work / "workers-country", work / "workers-spending"
    if home.exists():
        return home
    shutil.rmtree(country, ignore_errors=True)
    run([NPO, "generate", str(country), "--boards", str(BOARDS), "--pupils", "2400000", "--seed", "1"])
    where = ["--home", str(home)]
    run([NPO, "ingest", str(country), "--reference-date", "2020-10-01", *where])
    run([NPO, "decide", "--school-year", "2021-2022", *where])
    run([NPO, "pay", "--month", "2021-12", "--catch-up", *where])
    spending_of(home, spending)
    _step("tables", "here", home, spending)
    shutil.rmtree(country)
    return home


def _show(name: str, one: Measured, two: Measured, model: Model) -> None:
    share, most = two.seconds / one.seconds, MOST_OF_ONE[name]
    of = {
        "ingest": f"{FILES} registers",
        "packs": f"packs of {BOARDS} boards",
        "check": f"full check of {CHECKED} boards",
    }
    print(f"\n{name}: {of[name]}, polars with one thread in each process")
    for count, step in ((1, one), (2, two)):
        own = f"processor time of who gives out the work {step.own:.1f} s, {step.mebibytes:,.0f} MiB"
        print(f"  {count} workers {step.seconds:7.1f} s, {own}")
        for kind in step.kinds:
            took = f"{kind.jobs} jobs of {kind.seconds / kind.jobs:.2f} s, {kind.mebibytes:,.0f} MiB in a worker"
            print(f"    {took}, {kind.transferred / 1e6:,.1f} MB to workers and back")
    late = "" if share <= most else "  TOO SLOW"
    print(f"  speed-up {1 / share:.2f}x; two take {share:.2f} of the time of one (at most {most}){late}")
    print(f"  the model says of two workers {Model.of(one).seconds(2):.1f} s")
    print(f"  MODEL, not measured: once {model.once:.1f} s, {model.transferred / 1e6:,.0f} MB over the network")
    for megabits in (math.inf, 10_000, 1_000):
        seconds = model.seconds(NODES * WORKERS_A_NODE, megabits)
        times = model.seconds(1) / seconds
        print(
            f"    {NODES} nodes of {WORKERS_A_NODE}, {megabits:,.0f} Mbit/s: {seconds:.1f} s, {times:.1f}x of one"
        )


if __name__ == "__main__":
    main()
