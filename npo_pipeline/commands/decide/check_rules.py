"""`npo rules`: the rulebook to read, and what another file of rules would do, without touching the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import read_books
from npo_pipeline.commands.decide.command import work_out_decision
from npo_pipeline.decisions.impact import Effect, effect
from npo_pipeline.entitlements.worked_examples import Worked, worked_examples
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.load import LoadedRegulation, load_file, load_rules, load_shipped
from npo_pipeline.rulebook.subsidies.load import LoadedSubsidy, apart, load_subsidy_file, shipped_subsidies


@dataclass(frozen=True)
class CheckRequest:
    """A file of rules to check. With books in `home` its effect on them is reckoned too."""

    home: Home
    path: Path
    reference_date: date | None = None


@dataclass(frozen=True)
class CheckResult:
    """A checked file: the regulation, its examples, and its effect.

    `replaces`: the shipped file that it takes the place of, null when there is none. `effect` is null when
    there are no books to reckon with, and `why_not` says so.
    """

    loaded: LoadedRegulation | LoadedSubsidy
    replaces: str | None
    examples: tuple[Worked, ...]
    effect: Effect | None
    why_not: str | None


def check_rules(request: CheckRequest) -> CheckResult:
    """Check a file of rules, reckon its worked examples, and hold it against the file it replaces.

    Raises:
        Refused: the file cannot be read or has a fault; names file and line.
    """
    subsidies, _ = apart([request.path])
    if subsidies:
        return _checked_subsidy(request.path)
    loaded = load_file(request.path)
    rules = loaded.regulation
    replaces = _replaced(rules.school_year, rules.sector)
    found, why_not = _effect(request, rules.school_year, replaces)
    return CheckResult(loaded, replaces, tuple(worked_examples(rules)), found, why_not)


def _checked_subsidy(path: Path) -> CheckResult:
    loaded = load_subsidy_file(path)
    subsidy = loaded.subsidy
    same = ((one.name, one.subsidy) for one in shipped_subsidies())
    scheme = (subsidy.scheme, subsidy.school_year)
    replaces = next((name for name, one in same if (one.scheme, one.school_year) == scheme), None)
    why_not = (
        f"`npo decide --school-year {subsidy.school_year} --regulation {path} --dry-run` shows what it grants"
    )
    return CheckResult(loaded, replaces, (), None, why_not)


def _replaced(school_year: str, sector: str) -> str | None:
    try:
        shipped = load_shipped(school_year)
    except Refused:
        return None
    return next((one.name for one in shipped if one.regulation.sector == sector), None)


def _effect(request: CheckRequest, school_year: str, replaces: str | None) -> tuple[Effect | None, str | None]:
    if replaces is None:
        return None, f"no shipped file of {school_year} to hold it against"
    with read_books(request.home) as books:
        try:
            before, after = (
                work_out_decision(books, school_year, load_rules(school_year, paths), request.reference_date)
                for paths in ((), (request.path,))
            )
        except Refused as refusal:
            return None, str(refusal)
        return effect(before.decided.entitlements, after.decided.entitlements, school_directory(books)), None
