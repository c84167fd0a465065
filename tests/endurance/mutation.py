"""The mutation run: change the modules of money one small thing at a time, and see whether a test fails.

    python -m tests.endurance.mutation                      # all of them: hours; it goes on where it stopped
    python -m tests.endurance.mutation --sample 20          # twenty of each module, always the same
    python -m tests.endurance.mutation --module payments/attribution.py

Nothing is changed here: the mutants are written in a copy of the tree, and each is tried in a process that is
forked after the libraries were imported, so that it takes seconds. What was tried is kept (`--work`); the page
with the figures is written from that (`docs/explanation/mutation.md`).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.endurance.mutants import Mutant, mutants
from tests.endurance.mutation_report import write_report
from tests.endurance.trying import Kept, Tree, Trial

ROOT = Path(__file__).parents[2]

SPEC = ("tests/spec/money", "tests/spec/test_currencies.py")
WHOLE = (
    *("tests/books/recalibration/test_by_hand.py", "tests/books/recalibration/test_commands.py"),
    "tests/integration/end_to_end/test_worked_example.py",
)

TESTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "money.py": (SPEC, WHOLE),
    "entitlements/schedule.py": (SPEC, WHOLE),
    "decisions/change_causes.py": (
        ("tests/spec/money/test_causes.py", "tests/spec/money/test_lifecycle.py"),
        (*SPEC, *WHOLE, "tests/books/recalibration/test_scores_of_counted_schools.py"),
    ),
    "payments/settlement.py": (SPEC, WHOLE),
    "payments/attribution.py": (SPEC, WHOLE),
    "payments/booking.py": (SPEC, WHOLE),
    "payments/forecast.py": (
        ("tests/spec/money/test_forecast.py", "tests/spec/money/test_forecast_page.py"),
        (*SPEC, "tests/books/home/test_forecast.py"),
    ),
    "bank/release.py": (
        ("tests/spec/bank", "tests/spec/specification"),
        ("tests/books/home/test_release.py", "tests/books/bank"),
    ),
    "journal/entries.py": (
        ("tests/spec/journal",),
        ("tests/books/home/test_journal.py", "tests/books/bank/test_journal_references.py"),
    ),
}
"""The tests that are tried on the mutants of a module; those after it on what the ones before it let pass."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for. `sample`: mutants of each module; null for all. `minutes`: after these it stops."""

    modules: tuple[str, ...]
    sample: int | None
    minutes: float
    work: Path
    again: bool
    report: bool


def main() -> None:
    options = _options(sys.argv[1:])
    until = time.monotonic() + options.minutes * 60
    kept = Kept(options.work / "tried.jsonl")
    tree = Tree.copied(ROOT, options.work / "tree")
    for module in options.modules:
        _try_module(module, tree, kept, options, until)
    if options.report:
        write_report(ROOT / "docs" / "explanation" / "mutation.md", kept, sources())


def sources() -> dict[str, list[Mutant]]:
    """Return all mutants of all modules."""
    return {name: mutants((ROOT / "npo_pipeline" / name).read_text("utf-8")) for name in TESTS}


def _try_module(module: str, tree: Tree, kept: Kept, options: Options, until: float) -> None:
    path = f"npo_pipeline/{module}"
    todo = sampled(mutants((ROOT / path).read_text("utf-8")), options.sample, module)
    todo = [one for one in todo if kept.outcome(one) is None or (options.again and kept.survived(one))]
    if not todo:
        print(f"{module}: nothing left to try", flush=True)
        return
    rounds = [Trial(tree, path, tests, kept) for tests in TESTS[module]]
    for number, mutant in enumerate(todo, 1):
        if time.monotonic() > until:
            print(f"{module}: stopped after {options.minutes:g} minutes; run it again to go on", flush=True)
            return
        outcome = next((found for one in rounds if (found := one.outcome(mutant)).detected), None)
        kept.add(module, mutant, outcome)
        words = f"detected by {outcome.test}" if outcome else "SURVIVED"
        print(f"{module} {number}/{len(todo)} {mutant.place}: {mutant.change}: {words}", flush=True)


def sampled(found: list[Mutant], sample: int | None, seed: str) -> list[Mutant]:
    """Select a number of mutants, the same each time; in the order of the source."""
    if sample is None or sample >= len(found):
        return found
    chosen = set(random.Random(seed).sample(range(len(found)), sample))
    return [one for at, one in enumerate(found) if at in chosen]


def _options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.mutation", description=__doc__.split("\n")[0])
    parser.add_argument("--module", action="append", choices=list(TESTS), help="only this one; may be repeated")
    parser.add_argument("--sample", type=int, help="this number of mutants of each module; default: all")
    parser.add_argument("--minutes", type=float, default=360, help="stop after these; default: 360")
    parser.add_argument(
        "--work", type=Path, default=Path("endurance/mutation"), help="what was tried is kept here"
    )
    parser.add_argument("--again", action="store_true", help="try again the mutants that no test detected")
    parser.add_argument("--no-report", action="store_true", help="leave the page of the docs as it is")
    given = parser.parse_args(arguments)
    given.work.mkdir(parents=True, exist_ok=True)
    return Options(
        modules=tuple(given.module or TESTS),
        sample=given.sample,
        minutes=given.minutes,
        work=given.work.resolve(),
        again=given.again,
        report=not given.no_report,
    )


if __name__ == "__main__":
    main()
