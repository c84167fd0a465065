"""The soak: two years of a country with all commands in an order of chance, and all invariants after each of them.

    python -m tests.endurance.soak                                       # 24 months x 1,000 boards: hours
    python -m tests.endurance.soak --boards 50 --months 6 --steps 60     # to try

What a step does follows from the seed and the books. Time, memory and the size of the home are kept per command,
so that growth shows. It goes on where it stopped; a step that broke off is begun again as another.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.endurance.endurance_report import write_soak
from tests.endurance.invariants import broken, paid_by_run
from tests.endurance.kill_steps import set_environment
from tests.endurance.soak_actions import DONE, Given, drawn
from tests.endurance.soak_world import World, folder_bytes

ROOT = Path(__file__).parents[2]
NPO = (sys.executable, "-P", "-c", "from npo_pipeline.cli.main import main; main()")
PATIENCE = 3600
MISSING = "No such command"


def main() -> None:
    options = _options(sys.argv[1:])
    set_environment()
    soak = Soak(options)
    soak.make_countries()
    soak.go_on()
    if options.report:
        size = f"{options.boards:,} boards, {options.pupils:,} pupils"
        write_soak(ROOT / "docs" / "explanation" / "endurance.md", soak.rows, size, options.seed)
    sys.exit(any(row["faults"] for row in soak.rows))


class Soak:
    """The steps of a soak that were done, and the next ones. `rows`: a command each."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._kept = options.work / f"soak-{options.seed}.jsonl"
        lines = self._kept.read_text("utf-8").splitlines() if self._kept.exists() else []
        self.rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
        self._missing = {row["command"] for row in self.rows if row["missing"]}
        self._paid, self._verified = dict[str, list[str]](), list[Any]()

    def make_countries(self) -> None:
        """Make the deliveries of both reference dates, once."""
        options = self._options
        for day, seed in (("2020-10-01", options.seed), ("2021-10-01", options.seed)):
            folder = options.work / "country" / day
            if not folder.exists():
                words = (
                    "generate",
                    folder,
                    "--boards",
                    options.boards,
                    "--pupils",
                    options.pupils,
                    "--seed",
                    seed,
                )
                self._run(Given((*words, "--reference-date", day, "--programme"), home=False))

    def go_on(self) -> None:
        """Do steps until there are enough of them, or the time is over."""
        started, spent = time.monotonic(), sum(row["seconds"] + row["checked"] for row in self.rows)
        if (self._options.work / "home" / "npo.duckdb").exists():
            self._paid = paid_by_run(self._options.work / "home")
        for number in range(max((row["step"] for row in self.rows), default=-1) + 1, self._options.steps):
            elapsed = spent + time.monotonic() - started
            if elapsed > self._options.minutes * 60:
                print(
                    f"stopped after {self._options.minutes:g} minutes; run it again with more to go on", flush=True
                )
                return
            progress = max((number + 1) / self._options.steps, elapsed / (self._options.minutes * 60))
            self._step(number, progress)

    def _step(self, number: int, progress: float) -> None:
        world = World(folder=self._options.work, chance=random.Random(f"{self._options.seed}:{number}"))
        world.out.mkdir(parents=True, exist_ok=True)
        action = drawn(world, behind=progress * self._options.months - world.months_paid())
        for given in action(world):
            row = self._given(number, action.__name__, given, world)
            self._keep(row)
            words = f"{row['step'] + 1}/{self._options.steps} {row['action']}: npo {row['words']}"
            print(f"{words}: {row['status']} in {row['seconds']:.1f} s {row['faults'] or ''}", flush=True)

    def _keep(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        with self._kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _given(self, number: int, action: str, given: Given, world: World) -> dict[str, Any]:
        """Give a command, check the home, and return what is to be kept of it."""
        words = [str(word) for word in given.words]
        row: dict[str, Any] = {"step": number, "action": action, "command": words[0], "missing": False}
        row["words"] = " ".join(words[:3]).replace(str(world.folder), "…")
        if words[0] in self._missing:
            return {**row, "missing": True, "status": 2, "seconds": 0.0, "checked": 0.0, "faults": []}
        row |= self._run(given)
        started, said = time.monotonic(), row.pop("said")
        if row["status"] == 2 and MISSING in said:
            self._missing.add(words[0])
            return {**row, "missing": True, "checked": 0.0, "faults": []}
        faults = [] if row["status"] in given.may_end else [f"ended with {row['status']}: {said[-600:]}"]
        if (world.home / "npo.duckdb").exists():
            just_paid = words[0] == "pay" and row["status"] == DONE and _is_last(words, world)
            faults += self._check(world, just_paid=just_paid, died=row["status"] < 0)
            row |= {
                "months": world.months_paid(),
                "books": (world.home / "npo.duckdb").stat().st_size,
                "home": sum(folder_bytes(world.home)),
            }
        shown = [one.replace(str(world.folder), "…") for one in faults]
        return {**row, "checked": time.monotonic() - started, "faults": shown}

    def _check(self, world: World, *, just_paid: bool, died: bool) -> Iterator[str]:
        yield from broken(world.home, self._paid, just_paid=just_paid, died=died)
        now = world.ask("select max(run_id) from runs")
        if now != self._verified:
            verified = self._run(Given(("verify",)))
            self._keep({**verified, **_of_verify(world), "said": ""})
            if verified["status"]:
                yield f"verify ended with {verified['status']}: {verified['said'][-600:]}"
            self._verified = now
        self._paid = paid_by_run(world.home)

    def _run(self, given: Given) -> dict[str, Any]:
        """Run a command and return how it ended: status, seconds, of the processor too, and the most memory."""
        words = [str(word) for word in given.words]
        home = ["--home", str(self._options.work / "home")] if given.home else []
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
        started, said = time.monotonic(), self._options.work / "said.txt"
        with said.open("wb") as out:
            process = subprocess.Popen(
                [*NPO, *words, *home],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=out,
                start_new_session=True,
            )
            limit = random.Random(started).uniform(0.3, 6.0) if given.killed else PATIENCE
            timer = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            timer.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
        return {
            "status": process.returncode,
            "seconds": time.monotonic() - started,
            "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss * 1024,
            "said": said.read_text("utf-8", errors="replace"),
        }


def _is_last(words: list[str], world: World) -> bool:
    """Return whether a payment run was one of the last month that was paid."""
    ((last,),) = world.ask("select strftime(max(paid_month), '%Y-%m') from payments") or [(None,)]
    return words[words.index("--month") + 1] == last and "--dry-run" not in words


def _of_verify(world: World) -> dict[str, Any]:
    return {
        **{"step": -1, "action": "verify", "command": "verify", "words": "verify", "missing": False, "faults": []},
        **{"checked": 0.0, "months": world.months_paid()},
    }


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for. `minutes`: after these no other step is begun, and the months come faster."""

    boards: int
    pupils: int
    months: int
    steps: int
    seed: int
    minutes: float
    work: Path
    report: bool


def _options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.soak", description=__doc__.split("\n")[0])
    parser.add_argument("--boards", type=int, default=1000)
    parser.add_argument("--pupils", type=int, help="default: 200 per board")
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--minutes", type=float, default=180, help="in all, over all times it is run; default: 180"
    )
    parser.add_argument("--work", type=Path, default=Path("endurance/soak"), help="where it is played and kept")
    parser.add_argument("--no-report", action="store_true", help="leave the page of the docs as it is")
    given = parser.parse_args(arguments)
    given.work.mkdir(parents=True, exist_ok=True)
    return Options(
        boards=given.boards,
        pupils=given.pupils or 200 * given.boards,
        months=given.months,
        steps=given.steps,
        seed=given.seed,
        minutes=given.minutes,
        work=given.work.resolve(),
        report=not given.no_report,
    )


if __name__ == "__main__":
    main()
