"""`npo rules check`: what a file of rules would do. The books are only read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.decision_state import delivered_data
from npo_pipeline.books.reader import read_books
from npo_pipeline.commands.decide.plan import work_out_decision
from npo_pipeline.decisions.comparison import Effect, effect_of_rules
from npo_pipeline.entitlements.calculate import Worked, worked_examples
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.load import (
    LoadedRules,
    LoadedSubsidy,
    load_file,
    load_rulebook,
    shipped_subsidies,
)


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """Represent a checked file: the regulation, its examples, and its effect.

    `replaces`: the shipped file that it takes the place of, null when there is none. `effect` is null when
    there are no books to work with, and `why_not` says so.
    """

    loaded: LoadedRules
    replaces: str | None
    examples: tuple[Worked, ...]
    effect: Effect | None
    why_not: str | None


def check_rules(home: Home, path: Path, reference_date: date | None = None) -> CheckResult:
    """Check a file of rules, calculate its worked examples, and work out its effect on the books, if any.

    Raises:
        Refused: the file cannot be read or has a fault; names file and line.
    """
    loaded = load_file(path)
    if isinstance(loaded, LoadedSubsidy):
        return _checked_subsidy(loaded, path)
    rules = loaded.regulation
    replaces, examples = _replaced(rules.school_year, rules.subject), tuple(worked_examples(rules))
    effect: Effect | None = None
    why_not: str | None = f"no shipped file of {rules.school_year} to hold it against"
    if replaces is not None:
        effect, why_not = _effect(home, path, rules.school_year, reference_date)
    return CheckResult(loaded=loaded, replaces=replaces, examples=examples, effect=effect, why_not=why_not)


def _checked_subsidy(loaded: LoadedSubsidy, path: Path) -> CheckResult:
    """Return a checked file of a subsidy; its effect is that of a decision."""
    year, scheme = loaded.subsidy.school_year, loaded.subsidy.scheme
    same = ((one.subsidy.school_year, one.subsidy.scheme, one.name) for one in shipped_subsidies())
    replaces = next((name for *of, name in same if of == [year, scheme]), None)
    why_not = f"`npo decide --school-year {year} --regulation {path} --dry-run` shows what it grants"
    return CheckResult(loaded=loaded, replaces=replaces, examples=(), effect=None, why_not=why_not)


def _replaced(series: str, subject: str) -> str | None:
    """Return the name of the shipped file of a sector or scheme."""
    try:
        shipped = load_rulebook(series).regulations
    except Refused:
        return None
    return next((one.name for one in shipped if one.regulation.subject == subject), None)


def _effect(
    home: Home, path: Path, school_year: str, reference_date: date | None
) -> tuple[Effect | None, str | None]:
    """Work out the effect on the books, or say why it cannot be."""
    with read_books(home) as books:
        data = delivered_data(books)
    try:
        before, after = (
            work_out_decision(data, school_year, load_rulebook(school_year, paths).regulations, reference_date)
            for paths in ((), (path,))
        )
    except Refused as refusal:
        return None, str(refusal)
    return effect_of_rules(before.tables.entitlements, after.tables.entitlements, data.schools), None
