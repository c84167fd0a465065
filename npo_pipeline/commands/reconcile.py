"""`npo reconcile`: what others say of a school year beside the decisions in force, and why the two differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.decisions import all_decisions, latest_decisions, reconciled_amounts
from npo_pipeline.books.queries.runs import archived_texts
from npo_pipeline.books.queries.schools import board_names, school_directory
from npo_pipeline.books.reader import Books, require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.delivery.kinds import KINDS
from npo_pipeline.delivery.sanitize import letters_of
from npo_pipeline.delivery.sniff import normal_name
from npo_pipeline.delivery.source_files import SourceFile, source_files
from npo_pipeline.delivery.table_file import Table, read_table
from npo_pipeline.errors import Refused
from npo_pipeline.measures import BY_NAME
from npo_pipeline.months import day_of
from npo_pipeline.reconciliation.causes import Evidence, explain
from npo_pipeline.reconciliation.compare import RowsOf, compare, left_out, of_board, reconciled_rows
from npo_pipeline.reconciliation.mapping import (
    Layout,
    known_layouts,
    layout_of,
    read_mapping,
    with_known_components,
)
from npo_pipeline.reconciliation.model import Reconciliation
from npo_pipeline.reconciliation.theirs import Compared, ReadFile, read_theirs
from npo_pipeline.reports.house_style import load_house_style
from npo_pipeline.reports.reconciliation.page import write_page
from npo_pipeline.reports.reconciliation.workbook import write_workbook
from npo_pipeline.rulebook.archive import archived_rules
from npo_pipeline.rulebook.load import LoadedRegulation, all_shipped
from schemas.columns import BESTUUR
from schemas.decided import Decisions
from schemas.reconciled import (
    BESIDE_RATES,
    BY_BOARD,
    RECONCILED_NAMES,
    RECONCILIATION,
    AmountPairs,
    BesideRates,
    OtherRows,
    OurAmounts,
    Reconciled,
    ReconciledNames,
    TheirAmounts,
    UnreadRows,
)


@dataclass(frozen=True, kw_only=True)
class ReconcileRequest:
    """Represent files of others to compare with the decisions in force of a school year.

    `mapping`: the file that says which column is what; null for known layouts. `tolerance`: how far apart amounts
    of a match may be. `board`: compare its schools alone.
    """

    home: Home
    paths: tuple[Path, ...]
    school_year: str
    mapping: Path | None = None
    tolerance: Decimal = Decimal("0.00")
    board: str | None = None
    wait_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class OtherTable:
    """Hold a table of others, and the layout that it is read by."""

    table: Table
    layout: Layout


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Hold what was decided for a school year: the decisions in force, their rules and their amounts."""

    decisions: Decisions
    regulations: tuple[LoadedRegulation, ...]
    ours: OurAmounts


def reconcile(
    request: ReconcileRequest, *, call: Call = directly, progress: Progress = silently, clock: Clock = now
) -> Reconciliation:
    """Compare files of others with the decisions in force, and keep what came of it in the books.

    Raises:
        Refused: nothing was decided for the school year, a file or the mapping cannot be read, or nothing in the
            files can be compared; nothing was changed.
        HomeLocked: another run is busy.
    """
    require_books(request.home)
    progress("reading what others say", 0)
    tables = call(read_tables, request)
    with open_run(
        request.home, "reconcile", clock, subject=request.school_year, wait_seconds=request.wait_seconds
    ) as run:
        decided = call(load_decided, run.books, request.school_year)
        read = call(read_amounts, tables, decided, request.school_year)
        progress("comparing it with what was decided", sum(one.amounts.height for one in read))
        return call(write_reconciliation, run, request, decided=decided, read=read)


def read_tables(request: ReconcileRequest) -> list[OtherTable]:
    """Step: read the tables of others, each by the mapping or by the layout that its header is of.

    Raises:
        Refused: a file cannot be read, is of no known layout, or was given twice.
    """
    mapping = read_mapping(request.mapping) if request.mapping else None
    found = [_read(read, mapping) for read in source_files(request.paths)]
    named: dict[str, str] = {}
    for one in found:
        if (other := named.setdefault(one.table.sha256, one.table.name)) != one.table.name:
            raise Refused(f"{one.table.name}: holds the same as {other}; give it once")
    return found


def _read(file: SourceFile, mapping: Layout | None) -> OtherTable:
    if mapping:
        wanted = frozenset(normal_name(name) for name in mapping.mapping.columns)
        table = read_table(
            file,
            sheet=mapping.mapping.sheet,
            header_row=mapping.mapping.header_row,
            is_header=lambda names: wanted <= names,
        )
        return OtherTable(table=table, layout=mapping)
    table = read_table(file, is_header=lambda names: layout_of(sorted(names)) is not None)
    if (layout := layout_of(table.columns)) is None:
        raise Refused(_of_no_layout(table))
    return OtherTable(table=table, layout=layout)


def _of_no_layout(table: Table) -> str:
    """Return what a table is that no layout fits: one that `npo ingest` takes, or one that wants a mapping."""
    if kind := next((one for one in KINDS if one.signature_columns <= {*table.columns}), None):
        return (
            f"{table.shown}: looks like a file of kind {kind.name} ({kind.label}), which `npo ingest` takes; if "
            "it has amounts to compare, say with --mapping which column is which"
        )
    known = ", ".join(sorted(one.name for one in known_layouts()))
    return f"{table.shown}: is of no known layout ({known}); say with --mapping which column is which"


def load_decided(books: Books, school_year: str) -> Decided:
    """Step: load the decisions in force of a school year, their rules and their amounts.

    Raises:
        Refused: nothing was decided for it.
    """
    decisions = latest_decisions(books, school_year)
    ours = reconciled_amounts(books, school_year)
    if ours.is_empty():
        there = ", ".join(all_decisions(books)["school_year"].unique().sort()) or "none yet"
        raise Refused(f"no amounts were decided for {school_year} (decided: {there}); begin with `npo decide`")
    decisions = Decisions(decisions.filter(pl.col("decision_id").is_in(ours["decision_id"].unique().implode())))
    archive = archived_texts(books)
    rules = [
        archived_rules(archive, *row) for row in decisions.select("regulation", "regulation_sha256").iter_rows()
    ]
    loaded = {one.sha256: one for rulebook in rules for one in rulebook.regulations}
    return Decided(decisions=decisions, regulations=tuple(loaded.values()), ours=ours)


def read_amounts(tables: Sequence[OtherTable], decided: Decided, school_year: str) -> list[ReadFile]:
    """Step: read the amounts of the tables, of the components that the rules of the decisions have.

    Raises:
        Refused: a component, a column or a row is not what it must be, or nothing in a file can be read.
    """
    components = {
        name: component.measure
        for one in decided.regulations
        for name, component in one.regulation.components.items()
        if component.recipient == BESTUUR
    }
    compared = Compared(school_year=school_year, components=components, regulations=_names_of(decided.regulations))
    known = _known_components(tables, components)
    return [
        read_theirs(one.table, with_known_components(one.layout, set(components), known), compared)
        for one in tables
    ]


def _known_components(tables: Sequence[OtherTable], decided: Mapping[str, str]) -> set[str]:
    """Return the components of any regulation; those that come with the package are loaded only where needed."""
    columns = [column for one in tables if one.layout.document for column in one.layout.mapping.amounts]
    named = {component for column in columns for component in column.named}
    if named <= {*decided}:
        return {*decided}
    return {*decided, *(name for one in all_shipped() for name in one.regulation.components)}


def _names_of(regulations: Sequence[LoadedRegulation]) -> frozenset[str]:
    """Return names by which others may call regulations, in the letters of `letters_of`."""
    names = {"NPO", "Nationaal Programma Onderwijs"}
    for one in regulations:
        names |= {one.texts[0].name.removesuffix(".yaml"), one.regulation.title}
        for source in one.regulation.sources.values():
            names |= {source.title, *filter(None, (source.bwb, source.number))}
    return frozenset(letters_of(name) for name in names)


def write_reconciliation(
    run: Run, request: ReconcileRequest, *, decided: Decided, read: Sequence[ReadFile]
) -> Reconciliation:
    """Step: compare, explain each difference, and write the rows in the books.

    Raises:
        Refused: nothing can be compared.
    """
    ours, theirs = decided.ours, TheirAmounts(pl.concat([one.amounts for one in read]))
    others = [one.others for one in read]
    if request.board:
        own = of_board(ours, theirs, request.board)
        if own.ours.is_empty() or own.theirs.is_empty():
            names, ids = ", ".join(one.file.name for one in read), ", ".join(decided.decisions["decision_id"])
            raise Refused(f"{names}: board {request.board} has no amount of its own to compare in {ids}")
        ours, theirs, others = own.ours, own.theirs, [*others, own.others]
    pairs = compare(ours, theirs, tolerance_cents=int(request.tolerance.scaleb(2)))
    if request.board:
        is_other = (pl.col("level") == BY_BOARD) & (pl.col("code") != request.board)
        pairs = AmountPairs(pairs.filter(~is_other))
    if pairs.filter(pl.col("ours_cents").is_not_null() & pl.col("theirs_cents").is_not_null()).is_empty():
        names = ", ".join(one.file.name for one in read)
        raise Refused(
            f"{names}: has no school or board with an amount in {', '.join(decided.decisions['decision_id'])}; "
            "nothing can be compared"
        )
    unreadable = frozenset[tuple[str, str]]().union(*(one.unreadable for one in read))
    explained = explain(pairs, Evidence(ours, beside_rates(decided.regulations), unreadable))
    of_run = RowsOf(run_id=run.run_id, school_year=request.school_year, tolerance=request.tolerance)
    rows = reconciled_rows(explained, of_run)
    run.append(RECONCILIATION, rows)
    run.manifest_entries["reconciled"] = [{"name": one.file.name, "sha256": one.file.sha256} for one in read]
    return Reconciliation(
        run_id=run.run_id,
        school_year=request.school_year,
        decisions=tuple(decided.decisions["decision_id"]),
        files=tuple(one.file for one in read),
        tolerance=request.tolerance,
        rows=rows,
        left_out=left_out(ours, theirs),
        unread=UnreadRows(pl.concat([one.unread for one in read])),
        others=OtherRows(pl.concat(others)),
        names=names_of_rows(run.books, rows),
    )


def write_reports(
    home: Home, found: Reconciliation, *, workbook: Path | None, page: Path | None, clock: Clock = now
) -> tuple[Path, ...]:
    """Step: write what was compared as a workbook and as a page, where they are asked; return what was written.

    Raises:
        Refused: one cannot be written; what was compared is in the books all the same.
    """
    made = day_of(clock())
    if workbook is not None:
        write_workbook(found, workbook, made=made)
    if page is not None:
        write_page(found, page, load_house_style(home.path), made=made)
    return tuple(path for path in (workbook, page) if path is not None)


def write_reports_in_home(home: Home, found: Reconciliation) -> tuple[Path, Path]:
    """Step: write the workbook and the page in `reports/reconciliation`, named after their run.

    Raises:
        Refused: one cannot be written; what was compared is in the books all the same.
    """
    folder = home.path / "reports" / "reconciliation"
    workbook, page = (folder / f"{found.run_id}.{kind}" for kind in ("xlsx", "html"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{folder}: cannot be made ({error.strerror or error}); make room for a folder") from error
    write_reports(home, found, workbook=workbook, page=page)
    return workbook, page


def beside_rates(regulations: Sequence[LoadedRegulation]) -> BesideRates:
    """Return the amounts per unit that rules name beside their rates, named as an explanation has them."""
    rows = [
        (
            name,
            school_type,
            f"{dutch.money(one.value, loaded.regulation.currency)} per "
            f"{BY_NAME[component.measure_of(rate)].dutch[0]}, dat de regeling naast dit bedrag noemt",
            int(one.value.scaleb(8)),
        )
        for loaded in regulations
        for name, component in loaded.regulation.components.items()
        for rate in component.rates
        for school_type in rate.school_types
        for one in rate.beside
        if one.value is not None
    ]
    return BesideRates(pl.DataFrame(rows, schema=BESIDE_RATES, orient="row"))


def names_of_rows(books: Books, rows: Reconciled) -> ReconciledNames:
    """Return the names of the schools and boards in rows, as the books have them last."""
    last = school_directory(books).sort("vestiging", "valid_from").unique("vestiging", keep="last")
    places = last.sort("vestiging").select("vestiging", "brin", "name", "place")
    schools = places.unique("brin", keep="first").select(pl.col("brin").alias("code"), "name", "place")
    boards = board_names(books).select(pl.col("board").alias("code"), "name", place=pl.lit(None, pl.String))
    every = pl.concat([places.select(pl.col("vestiging").alias("code"), "name", "place"), schools, boards])
    codes = pl.concat([rows[name] for name in ("board", "brin", "vestiging")]).drop_nulls().unique()
    found = every.filter(pl.col("code").is_in(codes.implode())).sort("code")
    return ReconciledNames(found.select(list(RECONCILED_NAMES)))
