"""The results of the mutation run as part of a page of the docs: per module, and each survivor, judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from tests.endurance.endurance_report import write_part
from tests.endurance.mutants import Mutant
from tests.endurance.trying import Kept

JUDGEMENTS = Path(__file__).with_name("judgements.yaml")
NOT_JUDGED = "**not judged yet**"


def write_report(page: Path, kept: Kept, found: Mapping[str, Sequence[Mutant]]) -> None:
    """Write what is kept of the mutants of the modules as they are now; of older sources nothing."""
    write_part(page, "mutation", report_lines(kept, found, judgements()))


def judgements() -> dict[tuple[str, str, str], str]:
    """Return why no test need detect a mutant, by module, place and change."""
    rows = yaml.safe_load(JUDGEMENTS.read_text("utf-8")) if JUDGEMENTS.exists() else []
    return {(row["module"], row["place"], row["change"]): row["why"] for row in rows or []}


def report_lines(
    kept: Kept, found: Mapping[str, Sequence[Mutant]], why: Mapping[tuple[str, str, str], str]
) -> list[str]:
    """Return the part of the page."""
    table = ["| module | mutants | tried | detected | left |", "| --- | ---: | ---: | ---: | ---: |"]
    left, sums = [], [0, 0, 0, 0]
    for module, all_of_it in found.items():
        tried = [one for one in all_of_it if kept.outcome(one)]
        survivors = [one for one in tried if kept.survived(one)]
        left += [(module, one) for one in survivors]
        counts = [len(all_of_it), len(tried), len(tried) - len(survivors), len(survivors)]
        sums = [a + b for a, b in zip(sums, counts, strict=True)]
        table.append(f"| `{module}` | {' | '.join(f'{one:,}' for one in counts)} |")
    table.append(f"| all | {' | '.join(f'{one:,}' for one in sums)} |")
    listed = [
        "",
        "Each mutant that no test detected, and why:",
        "",
        "| place | mutation | judged |",
        "| --- | --- | --- |",
    ]
    for module, one in left:
        change = one.change.replace("|", "\\|")
        judged = why.get((module, one.place, one.change), NOT_JUDGED)
        listed.append(f"| `{module}`, `{one.place}` | `{change}` | {judged} |")
    return [*table, *(listed if left else [])]
