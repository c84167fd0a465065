"""`npo rules solve`: the rates that spend a budget, as an overlay. The books are only read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl

from npo_pipeline.atomic_file import require_new, write_new
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.decision_state import delivered_data
from npo_pipeline.books.reader import read_books, require_books
from npo_pipeline.commands.decide.model import DecisionDraft
from npo_pipeline.commands.decide.plan import work_out_decision
from npo_pipeline.commands.undecided import older_books
from npo_pipeline.delivery.sniff import TextEncoding, sniff
from npo_pipeline.delivery.source_files import local_file
from npo_pipeline.entitlements.solve import (
    DemandNotMet,
    RateLine,
    SolvedRate,
    SolvedSector,
    counted_lines,
    divided_budget,
    probed,
    pupils_of,
    rate_lines,
    solve,
    units_of,
)
from npo_pipeline.errors import Refused
from npo_pipeline.intake.source_precedence import DeliveredData
from npo_pipeline.money import total
from npo_pipeline.rulebook.component import Rate
from npo_pipeline.rulebook.error_messages import suggest
from npo_pipeline.rulebook.fields import cited
from npo_pipeline.rulebook.load import (
    LoadedRegulation,
    load_rulebook,
    parse_texts,
)
from npo_pipeline.rulebook.overlay import SuppliedRate, overlay_text
from npo_pipeline.rulebook.rate_spec import (
    RATE_SPEC,
    Findings,
    RateSpec,
    SectorDemands,
    SpecSector,
    cents_of,
    parse_findings,
    rate_spec,
    sector_demands,
)
from npo_pipeline.rulebook.regulation import Regulation
from npo_pipeline.rulebook.yaml_document import Document, RuleText, read_rules, refused
from schemas.decided import Entitlements


@dataclass(frozen=True, kw_only=True)
class SolveRequest:
    """Represent rates to solve: the specification, the rules it is on, as for `npo decide`, and a folder.

    `folder`: an overlay per sector is written to it; null: nothing is written.
    """

    home: Home
    spec: Path
    regulations: tuple[Path, ...] = ()
    as_of: date | None = None
    reference_date: date | None = None
    folder: Path | None = None


@dataclass(frozen=True, kw_only=True)
class RateFound:
    """Represent a rate that was solved, beside the one in the regulation (null where it is not known)."""

    component: str
    school_types: tuple[str, ...]
    unit: str
    weight: Fraction
    units: Decimal
    rate: Decimal
    spends: Decimal
    rate_before: Decimal | None
    spent_before: Decimal | None


@dataclass(frozen=True, kw_only=True)
class SectorRates:
    """Represent the rates of a sector that were solved.

    `asked`: `budget` or `amount`, the one that was found from the other. `amount`, `risk_amount`: of weight 1,
    unrounded (null where nothing is for risk). `outside`: the components of the regulation that the budget is not
    for, with what they spend.
    """

    sector: str
    base: str
    asked: str
    budget: Decimal
    spends: Decimal
    rest: Decimal
    pupils: int
    amount: Fraction
    risk_amount: Fraction | None
    rates: tuple[RateFound, ...]
    outside: Mapping[str, Decimal]

    @property
    def spent_before(self) -> Decimal | None:
        """Return what the rates before spend on the same units; null where one is not known."""
        spent = [one.spent_before for one in self.rates]
        return None if None in spent else sum((one for one in spent if one is not None), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class SolvedRates:
    """Represent what a specification gives: rates per sector, and an overlay per sector by name of file.

    `remarks`: what is wrong with the books, and what is not counted of what the rates are for; a sentence each.
    """

    spec: RuleText
    title: str
    school_year: str
    reference_date: date
    sectors: tuple[SectorRates, ...]
    overlays: Mapping[str, str]
    remarks: tuple[str, ...]
    written: tuple[Path, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Given:
    """Hold what a specification says: its text, its values and where they stand, and the findings it names."""

    text: RuleText
    document: Document
    spec: RateSpec
    demands: tuple[SectorDemands, ...]
    findings: TextEncoding | None

    @property
    def overlay_names(self) -> dict[SpecSector, str]:
        """Return the name of the file of each sector's overlay."""
        stem = self.text.name.rpartition(".")[0] or self.text.name
        return {one.sector: f"{stem}-{one.sector}.yaml" for one in self.demands}

    def refused(self, not_met: DemandNotMet) -> Refused:
        """Return the refusal of a demand that cannot be met, with its place in the specification."""
        name = ".".join(str(step + 1) if isinstance(step, int) else step for step in not_met.place)
        return refused(self.text.name, self.document.line(not_met.place), f"{name}: {not_met.words}")


def solve_rates(request: SolveRequest) -> SolvedRates:
    """Solve the rates that spend the budgets of a specification on the counts in force, as overlays.

    Raises:
        Refused: the specification has a fault, or a demand cannot be met (names file, line and demand), or a file
            to write is there already; nothing was written.
    """
    require_books(request.home)
    given = _read_spec(request.spec)
    if request.folder is not None:
        for name in given.overlay_names.values():
            require_new(request.folder / name, ".yaml")
    regulations = load_rulebook(given.spec.school_year, request.regulations, request.as_of).regulations
    bases = {one.sector: _base(given, one.sector, regulations) for one in given.demands}
    try:
        lines = {one.sector: rate_lines(bases[one.sector].regulation, one) for one in given.demands}
        with read_books(request.home) as books:
            data, of_books = delivered_data(books), tuple(older_books(books))
        decided = _counted(data, given, regulations, lines=lines, asked=request.reference_date)
        solved = _solved(given, bases, lines, decided.tables.entitlements)
    except DemandNotMet as not_met:
        raise given.refused(not_met) from not_met
    found = replace(_found(given, bases, solved, decided), remarks=(*of_books, *_not_counted(decided, solved)))
    return replace(found, written=_written(request.folder, found.overlays)) if request.folder else found


def _found(
    given: _Given,
    bases: Mapping[SpecSector, LoadedRegulation],
    solved: Sequence[SolvedSector],
    decided: DecisionDraft,
) -> SolvedRates:
    """Return solved rates in euro, with their overlays."""
    overlays = {}
    for one in solved:
        name, base = given.overlay_names[one.sector], bases[one.sector]
        overlays[name] = _overlay(given, base, one, decided.reference_date)
        # Laid over its regulation as a decision will: what it cannot read is a fault of ours.
        parse_texts([*((text.name, text.text) for text in base.texts), (name, overlays[name])])
    return SolvedRates(
        spec=given.text,
        title=given.spec.title,
        school_year=given.spec.school_year,
        reference_date=decided.reference_date,
        sectors=tuple(_shown(given, bases[one.sector], one, decided) for one in solved),
        overlays=overlays,
        remarks=(),
    )


def _not_counted(decided: DecisionDraft, solved: Sequence[SolvedSector]) -> Iterator[str]:
    """Yield what is not counted of the components that were solved."""
    rates = {
        (rate.of.line.component, kind)
        for one in solved
        for rate in one.rates
        for kind in rate.of.line.school_types
    }
    for one in decided.omissions:
        if one.component is None or any((one.component, kind) in rates for kind in one.school_types):
            yield one.words


def _read_spec(path: Path) -> _Given:
    text, document = read_rules(path, RATE_SPEC)
    spec = rate_spec(document)
    findings = encoding = None
    if spec.findings is not None:
        findings, encoding = _read_findings(path.parent / spec.findings.file, spec, document)
    demands = sector_demands(spec, findings, document)
    return _Given(text=text, document=document, spec=spec, demands=demands, findings=encoding)


def _read_findings(path: Path, spec: RateSpec, document: Document) -> tuple[Findings, TextEncoding]:
    """Read the file of findings that stands beside a specification, or where it says."""
    if not path.is_file():
        words = f"file: there is no file {path}; put it there, or mend its name"
        raise refused(document.name, document.line(("findings", "file")), words)
    file = local_file(path, path.name)
    encoding = sniff(file)
    with file.open() as stream:
        raw = stream.read()
    text = raw.decode("utf-8-sig" if encoding.codec == "utf-8" else "cp1252")
    return parse_findings(text, path.name, spec), encoding


def _base(given: _Given, sector: SpecSector, regulations: Sequence[LoadedRegulation]) -> LoadedRegulation:
    """Return the regulation in force that a sector of a specification is on."""
    named = given.spec.sectors[sector].overlay_of.removesuffix(".yaml")
    of_sector = [one for one in regulations if one.regulation.sector == sector]
    there = {one.texts[0].name.removesuffix(".yaml"): one for one in of_sector}
    if named not in there:
        place = ("sectors", sector, "overlay_of")
        words = f"`{named}` is not in force here; {suggest(named, there)} (--as-of DAY takes an earlier version)"
        raise refused(given.document.name, given.document.line(place), f"{'.'.join(place)}: {words}")
    return there[named]


def _counted(
    data: DeliveredData,
    given: _Given,
    regulations: Sequence[LoadedRegulation],
    *,
    lines: Mapping[SpecSector, Sequence[RateLine]],
    asked: date | None,
) -> DecisionDraft:
    """Decide with a rate of 1 in place of each that is to be solved: what it counts is what they are paid for."""
    by_one = [
        replace(one, regulation=probed(one.regulation, lines[sector]))
        if (sector := one.regulation.sector) is not None and sector != "cn" and sector in lines
        else one
        for one in regulations
    ]
    return work_out_decision(data, given.spec.school_year, by_one, asked)


def _solved(
    given: _Given,
    bases: Mapping[SpecSector, LoadedRegulation],
    lines: Mapping[SpecSector, Sequence[RateLine]],
    decided: Entitlements,
) -> list[SolvedSector]:
    counted = {
        sector: counted_lines(of_sector, units_of(decided, bases[sector].regulation.rounded_per))
        for sector, of_sector in lines.items()
    }
    demands = list(given.demands)
    if given.spec.budget is not None:
        weighted = {one.sector: pupils_of(counted[one.sector]) * one.weight for one in demands}
        parts = divided_budget(cents_of(given.spec.budget) or 0, weighted)
        demands = [replace(one, budget=parts[one.sector]) for one in demands]
    return [solve(one, counted[one.sector]) for one in demands]


def _overlay(given: _Given, base: LoadedRegulation, solved: SolvedSector, day: date) -> str:
    """Return the rates of a sector as an overlay that names the specification."""
    spec = given.spec.sectors[solved.sector]
    of_base = spec.budget or spec.amount or given.spec.budget
    assert of_base is not None
    checked_on = max(one.checked_on for _, one in cited(spec))
    of_spec = f"Solved by npo from {given.text.name}, sha256 {given.text.sha256}"
    rates = [
        SuppliedRate(
            component=one.of.line.component,
            school_types=one.of.line.school_types,
            value=_euros(one.cents),
            unit=_unit(base.regulation, one.of.line),
            source=spec.risk.share.source if spec.risk and one.of.line.is_risk else of_base.source,
            where=f"Solved from {given.text.name}",
            checked_on=checked_on,
            note=f"{of_spec}; {_units(one):f} units of {day} spend {_euros(one.spends)}.",
        )
        for one in solved.rates
    ]
    name = base.texts[0].name.removesuffix(".yaml")
    return overlay_text(name, rates, given.spec.sources, _above(given, solved, day))


def _above(given: _Given, solved: SolvedSector, day: date) -> list[str]:
    """Return the comment above an overlay."""
    title, findings = " ".join(given.spec.title.split()), []
    if given.spec.findings and given.findings:
        findings = [f"Findings: {given.spec.findings.file}, sha256 {given.findings.sha256}"]
    spent = f"spent {_euros(solved.spends)} on the counts of {day}, left {_euros(solved.rest)}"
    return [
        f"Rates of {solved.sector} for {given.spec.school_year}: {title}",
        f"Solved from {given.text.name}, sha256 {given.text.sha256}",
        *findings,
        f"Budget {_euros(solved.budget)}; {spent}",
        "Change the specification and solve again; the same specification and counts give the same bytes.",
    ]


def _written(folder: Path, overlays: Mapping[str, str]) -> tuple[Path, ...]:
    for name, text in overlays.items():
        write_new(folder / name, text.encode())
    return tuple(folder / name for name in overlays)


def _shown(given: _Given, base: LoadedRegulation, solved: SolvedSector, decided: DecisionDraft) -> SectorRates:
    """Return the rates of a sector in euro, beside those of the regulation."""
    demands = next(one for one in given.demands if one.sector == solved.sector)
    return SectorRates(
        sector=solved.sector,
        base=base.name,
        asked="budget" if demands.amount is not None else "amount",
        budget=_euros(solved.budget),
        spends=_euros(solved.spends),
        rest=_euros(solved.rest),
        pupils=solved.pupils,
        amount=solved.amount,
        risk_amount=solved.risk_amount,
        rates=tuple(_rate_found(base.regulation, one) for one in solved.rates),
        outside=_outside(base.regulation, solved, decided.tables.entitlements),
    )


def _outside(regulation: Regulation, solved: SolvedSector, decided: Entitlements) -> dict[str, Decimal]:
    """Return what the components that were not solved spend, by name."""
    names = {one.of.line.component for one in solved.rates}
    others = {
        name: decided.filter(
            pl.col("component") == name,
            pl.col("school_type").is_in([kind for rate in one.rates for kind in rate.school_types]),
        )
        for name, one in regulation.components.items()
        if name not in names
    }
    return {name: total(rows) for name, rows in others.items() if rows.height}


def _rate_found(regulation: Regulation, one: SolvedRate) -> RateFound:
    line, before = one.of.line, _rates_of(regulation, one.of.line)
    known = before[0].value if len({rate.value for rate in before}) == 1 else None
    return RateFound(
        component=line.component,
        school_types=line.school_types,
        unit=before[0].unit,
        weight=line.weight,
        units=_units(one),
        rate=_euros(one.cents),
        spends=_euros(one.spends),
        rate_before=known,
        spent_before=None if known is None else _euros(one.of.spends(int(known.scaleb(2)))),
    )


def _rates_of(regulation: Regulation, line: RateLine) -> list[Rate]:
    """Return the rates of a regulation that a solved one takes the place of."""
    rates = regulation.components[line.component].rates
    return [one for one in rates if set(one.school_types) & set(line.school_types)]


def _unit(regulation: Regulation, line: RateLine) -> str:
    return _rates_of(regulation, line)[0].unit


def _units(one: SolvedRate) -> Decimal:
    hundredths = sum(one.of.quantities)
    return Decimal(hundredths // 100) if hundredths % 100 == 0 else Decimal(hundredths).scaleb(-2)


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
