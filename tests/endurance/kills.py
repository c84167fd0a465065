"""A thousand kills: each command of the story is killed at moments of chance, and given again.

    python -m tests.endurance.kills --kills 1000            # three quarters of an hour on an idle core
    python -m tests.endurance.kills --kills 60 --minutes 5  # to try
    python -m tests.endurance.kills --again                 # first those that had a fault, once it is mended

First the story is played undisturbed, and the world before each command is kept. Then the commands are taken in
turn: a copy of its world, the command killed, and the checks below. The n-th kill of a seed is always the same but
for what the machine does. What was done is kept (`--work`), so that it goes on where it stopped.

After each kill:

- the books are those before the command or those after it (of a command with several runs: some of them);
- every file that is in its place is whole; `npo verify` ties (of rows that are known: the chain, and the files);
- the same command again ends well, whatever processes were left over: so the lock is free;
- then the tables are those of the undisturbed command, to the row: so nothing is paid twice; and so are the files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import read_books
from npo_pipeline.cli.main import npo
from npo_pipeline.commands.verify.command import CHECKS, findings_of
from tests.endurance import kill_steps
from tests.endurance.endurance_report import write_kills
from tests.endurance.kill_steps import Stage, Step, copy_world, moved, set_environment, steps
from tests.endurance.launching import Ended, Kill, Launcher
from tests.endurance.wholeness import contents, halves, left_beside, published

ROOT = Path(__file__).parents[2]
MISSING = "No such command"
BESIDE_ROWS = ("chain", "releases", "reports")
"""The checks of `npo verify` that look at more than rows: manifests and their hashes, payment files, reports."""

OFTEN = 0.9
"""The share of homes with known rows of which only that is verified."""


def main() -> None:
    options = _options(sys.argv[1:])
    set_environment()
    until = time.monotonic() + options.minutes * 60
    stages = list(played(options.work, Launcher(options.work)))
    stages = [one for one in stages if not options.commands or one.step.command in options.commands]
    done = options.work / f"{'-'.join(['kills', str(options.seed), *sorted(options.commands)])}.jsonl"
    found = [json.loads(line) for line in done.read_text("utf-8").splitlines()] if done.exists() else []
    stages_of = partial(drawn, options.seed, stages=stages)
    killer = Killer(options.work, Launcher(options.work), random.Random(f"{options.seed}:verify:{len(found)}"))
    for row in [one for one in found if options.again and one["faults"]]:
        found[row["number"]] = killer.kill(row["number"], *stages_of(row["number"]))
        print(f"{row['number'] + 1} again: {found[row['number']]['faults'] or 'good'}", flush=True)
        done.write_text("".join(json.dumps(one) + "\n" for one in found), encoding="utf-8")
    for number in range(len(found), options.kills):
        if time.monotonic() > until:
            print(f"stopped after {options.minutes:g} minutes; run it again to go on", flush=True)
            break
        row = killer.kill(number, *stages_of(number))
        found.append(row)
        with done.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{number + 1}/{options.kills} {row['words']} {row['when']}: {row['faults'] or 'good'}", flush=True)
    if options.report and not options.commands:
        write_kills(ROOT / "docs" / "explanation" / "endurance.md", found, options.seed)
    sys.exit(any(row["faults"] for row in found))


def played(work: Path, launcher: Launcher) -> Iterator[Stage]:
    """Play the story undisturbed and yield its stages; those that were played before are taken as they were."""
    stages, world = work / "stages", work / "world"
    made_from = hashlib.sha256(
        Path(kill_steps.__file__).read_bytes() + " ".join(npo.commands).encode()
    ).hexdigest()
    complete = stages / "complete"
    if complete.exists() and complete.read_text("utf-8") == made_from:
        folders = (path.parent for path in sorted(stages.glob("*/stage.json")))
        yield from (Stage.load(number, folder) for number, folder in enumerate(folders))
        return
    shutil.rmtree(world, ignore_errors=True)
    (world / "out").mkdir(parents=True)
    number, last = 0, None
    for step in steps(world):
        folder = stages / f"{number:03}"
        stage = Stage.load(number, folder) if (folder / "stage.json").exists() else None
        if stage is None or stage.step != step:
            stage = _stage(number, step, world, folder, last, launcher=launcher)
        if stage:
            number, last = number + 1, stage.once
            copy_world(last, world)
            yield stage
    for older in sorted(stages.glob("[0-9]*"))[number:]:
        shutil.rmtree(older)
    complete.write_text(made_from, encoding="utf-8")


def _stage(
    number: int, step: Step, world: Path, folder: Path, last: Path | None, *, launcher: Launcher
) -> Stage | None:
    """Run a step in the world once and once more; null where the program has no such command."""
    print(f"undisturbed: npo {' '.join(step.words)}", flush=True)
    (folder / "stage.json").unlink(missing_ok=True)
    before = copy_world(world, folder / "before", like=last)
    first = run(step.words, step.home, world, world, launcher)
    if first.status and MISSING in first.said:
        print("  there is no such command", flush=True)
        shutil.rmtree(folder)
        return None
    if first.status:
        raise SystemExit(f"npo {' '.join(step.words)} ended with {first.status} undisturbed: {first.said}")
    points = launcher.points()
    once = copy_world(world, folder / "once", like=before)
    again = run(step.words, step.home, world, world, launcher)
    copy_world(world, folder / "twice", like=once)
    stage = Stage(
        number=number,
        step=step,
        folder=folder,
        seconds=first.seconds,
        points=points,
        again_status=again.status,
    )
    stage.save()
    return stage


def run(
    words: Sequence[str], home: str, world: Path, played_in: Path, launcher: Launcher, kill: Kill | None = None
) -> Ended:
    """Run a command of the story in a copy of its world."""
    return launcher.run([*moved(tuple(words), played_in, world), "--home", str(world / home)], world, kill)


def drawn(seed: int, number: int, stages: Sequence[Stage]) -> tuple[Stage, Kill]:
    """Draw the n-th kill: every stage comes once in each round, in an order of chance."""
    order = list(range(len(stages)))
    random.Random(f"{seed}:round:{number // len(stages)}").shuffle(order)
    stage, chance = stages[order[number % len(stages)]], random.Random(f"{seed}:{number}")
    at_point = stage.points > 0 and chance.random() < 0.5
    return stage, Kill(
        seconds=None if at_point else chance.uniform(0.0, 1.05) * stage.seconds,
        point=chance.randint(1, stage.points) if at_point else None,
        alone=chance.random() < 0.5,
    )


@dataclass(frozen=True)
class Killer:
    """Kills commands in a folder of its own, and says what is wrong afterwards."""

    work: Path
    launcher: Launcher
    chance: random.Random

    def kill(self, number: int, stage: Stage, kill: Kill) -> dict[str, Any]:
        """Kill a command once, give it again, and return what was found."""
        world, played_in = copy_world(stage.before, self.work / "killed"), self.work / "world"
        words, home = stage.step.words, stage.step.home
        killed = run(words, home, world, played_in, self.launcher, kill)
        faults = [f"after the kill: {one}" for one in self._after_kill(stage, world)]
        left = left_beside(world)
        again = run(words, home, world, played_in, self.launcher)
        faults += [f"after the same again: {one}" for one in self._after_again(stage, world, again)]
        self.launcher.end_workers()
        if faults:
            copy_world(world, self.work / "faults" / f"{number:05}")
        return {
            "number": number,
            "stage": stage.number,
            "command": stage.step.command,
            "words": " ".join(words[:3]).replace(str(self.work), "…"),
            "when": f"at file {kill.point} of {stage.points}"
            if kill.point
            else f"after {kill.seconds:.2f} of {stage.seconds:.2f} s",
            "alone": kill.alone,
            "killed": killed.status == -9,
            "left": len(left),
            "left_for_good": len(set(left_beside(world)) - set(left_beside(stage.once))),
            "faults": [one.replace(str(self.work), "…") for one in faults],
        }

    def _after_kill(self, stage: Stage, world: Path) -> Iterator[str]:
        home = world / stage.step.home
        books, before, once = contents(home), contents(stage.before / stage.step.home), _once(stage)
        if books != before and books != once and not _is_between(before, books, once):
            yield f"the books are neither those before nor those after: {_differences(books, once)}"
        yield from halves(published(world))
        if (home / "npo.duckdb").exists() and stage.step.command != "upgrade":
            yield from self._verified(home, world, are_known=books in (before, once))

    def _after_again(self, stage: Stage, world: Path, again: Ended) -> Iterator[str]:
        home, name = world / stage.step.home, stage.step.home
        if again.status not in (0, stage.again_status):
            yield f"it ends with {again.status}: {again.said}"
            return
        books, wanted = contents(home), [_once(stage), contents(stage.twice / name)]
        if books not in wanted:
            yield f"other rows than undisturbed: {_differences(books, wanted[0])}"
        names, expected = set(published(world)), [set(published(one)) for one in (stage.once, stage.twice)]
        if names not in expected:
            yield f"other files than undisturbed: {sorted(names ^ expected[0])[:10]}"
        yield from halves(published(world))
        yield from self._verified(home, world, are_known=books in wanted)

    def _verified(self, home: Path, world: Path, *, are_known: bool) -> Iterator[str]:
        """Verify a home; of rows that are those of an undisturbed one only what is beside them.

        What is derived from the same rows is the same, and takes most of the time of a kill. The moments in the
        manifests and their hashes, and the files, are of this home alone. The whole command is given now and then.
        """
        if are_known and self.chance.random() < OFTEN:
            with read_books(Home(home)) as books:
                found = [one for name in BESIDE_ROWS for one in findings_of(CHECKS[name], books, Home(home))]
            yield from (f"verify: {one}" for one in found)
            return
        verified = self.launcher.run(["verify", "--home", str(home)], world)
        if verified.status:
            yield f"verify ends with {verified.status}: {verified.said}"


def _once(stage: Stage) -> dict[str, list[tuple[Any, ...]]]:
    return contents(stage.once / stage.step.home)


def _is_between(before: dict[str, list], books: dict[str, list], once: dict[str, list]) -> bool:
    """Return whether books are those before with some of the runs of those after: no row is another.

    Rows of a year that is accounted for again are in place of those before.
    """
    return all(
        {*before.get(name, [])} & {*once.get(name, [])} <= {*rows} <= {*once.get(name, []), *before.get(name, [])}
        for name, rows in books.items()
    ) and 0 < len(books.get("runs", [])) < len(once.get("runs", []))


def _differences(books: dict[str, list], wanted: dict[str, list]) -> dict[str, list[Any]]:
    """Return per table some of the rows that only one side has."""
    return {
        name: sorted(map(str, set(books.get(name, [])) ^ set(wanted.get(name, []))))[:3]
        for name in sorted({*books, *wanted})
        if books.get(name) != wanted.get(name)
    }


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for. `minutes`: after these no other kill is begun."""

    commands: frozenset[str]
    """Only these; all where it is empty."""
    kills: int
    seed: int
    minutes: float
    again: bool
    """First try again those that had a fault."""
    work: Path
    report: bool


def _options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.kills", description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--command", action="append", help="kill only this command; may be repeated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=150, help="stop after these; default: 150")
    parser.add_argument("--work", type=Path, default=Path("endurance/kills"), help="where it is played and kept")
    parser.add_argument("--again", action="store_true", help="first try again those that had a fault")
    parser.add_argument("--no-report", action="store_true", help="leave the page of the docs as it is")
    given = parser.parse_args(arguments)
    given.work.mkdir(parents=True, exist_ok=True)
    return Options(
        commands=frozenset(given.command or ()),
        kills=given.kills,
        seed=given.seed,
        minutes=given.minutes,
        again=given.again,
        work=given.work.resolve(),
        report=not given.no_report,
    )


if __name__ == "__main__":
    main()
