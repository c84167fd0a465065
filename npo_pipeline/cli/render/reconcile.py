"""The summary of `npo reconcile`: what matches per component, why the rest does not, and where to begin."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.cli.output import document, frame_table, line, number
from npo_pipeline.reconciliation.model import (
    CAUSE_WORDS,
    CauseFigures,
    ComponentFigures,
    DifferingAmounts,
    Figures,
    Reconciliation,
    component_name,
)
from npo_pipeline.translation import said
from schemas.reconciled import BY_BOARD, BY_SCHOOL, BY_VESTIGING, RECONCILED_CAUSES, UNEXPLAINED

IN_JSON = 200
"""Differences, and rows that could not be read, in `--json`; table `reconciliation` has all differences."""

MOST_UNREAD = 5

_LEVELS = {BY_VESTIGING: "vestiging", BY_SCHOOL: "school (BRIN)", BY_BOARD: "board"}


def render_reconcile(found: Reconciliation, as_json: bool, *, written: tuple[Path, ...] = ()) -> None:
    """Print what came of a comparison; `written`: the workbook and the page, where they were asked."""
    figures = Figures(found.rows, found.tolerance)
    if as_json:
        document(_document(found, figures, written))
        return
    for file in found.files:
        levels = ", ".join(said(_LEVELS[one]) for one in file.levels)
        line(f"{file.name}: read as {file.layout}, {number(file.rows)} rows, per {levels}")
    _render_components(found, figures)
    if figures.differing.height:
        _render_causes(figures)
        _render_largest(found, figures)
    for words in _not_compared(found):
        line(words)
    if (board := figures.alone) is not None:
        line(f"! all schools of the file are of board {board}; add --board {board} to compare no others")
    for sentence in figures.conclusion():
        line(sentence)
    for path in written:
        line(f"{path}: written")
    line(
        f"Kept in table reconciliation ({found.run_id}){'' if written else '; --workbook and --page write it out'}"
    )


def _render_components(found: Reconciliation, figures: Figures) -> None:
    """Print a row per component."""
    rows = figures.by_component.with_columns(
        component=_names(figures.by_component), share=_percent("share"), share_of_money=_percent("share_of_money")
    )
    columns = ["component", *_currency(figures), "compared", "matching", "share", "share_of_money"]
    headings = {
        "matching": "match",
        "share_of_money": "of money",
        "compared": "amounts",
        "ours": "decision",
        "theirs": "file",
    }
    title = f"{found.school_year}: the file beside decision {', '.join(found.decisions)}"
    frame_table(title, rows, [*columns, "ours", "theirs", "difference"], **headings)


def _names(rows: ComponentFigures | CauseFigures | DifferingAmounts) -> pl.Series:
    """Return the name of the component of each row."""
    names = [component_name(*row) for row in rows.select("component", "school_types").iter_rows()]
    return pl.Series("component", names, dtype=pl.String)


def _currency(figures: Figures) -> list[str]:
    """Return the column of the currency, where there is more than one."""
    return ["currency"] if figures.by_component["currency"].n_unique() > 1 else []


def _percent(column: str) -> pl.Expr:
    return dutch.percent_expr(pl.col(column)).fill_null("")


def _render_causes(figures: Figures) -> None:
    """Print the causes with their money, and below them what each means and what to do about it."""
    titles = {cause: said(words.title) for cause, words in CAUSE_WORDS.items()}
    causes = figures.by_cause
    rows = causes.with_columns(component=_names(causes), cause=pl.col("cause").replace(titles))
    columns = ["component", "cause", *_currency(figures), "amounts", "difference"]
    frame_table("Why amounts differ", rows, columns)
    for cause in sorted(causes["cause"].unique(), key=list(CAUSE_WORDS).index):
        title, meaning, todo = map(said, CAUSE_WORDS[cause])
        line(f"  {title}: {meaning} {todo}", as_is=True)
    line("")


def _render_largest(found: Reconciliation, figures: Figures) -> None:
    """Print the largest differences of each cause, and below them what explains each more than its cause."""
    largest = figures.largest()
    if largest.is_empty():
        return
    titles = {cause: said(words.title) for cause, words in CAUSE_WORDS.items()}
    rows = largest.with_columns(component=_names(largest), why=pl.col("why").replace(titles))
    columns = ["code", "component", "why", *_currency(figures), "ours", "theirs", "gap"]
    headings = {"code": "school", "ours": "decision", "theirs": "file", "gap": "difference"}
    frame_table("The largest differences of each cause", rows, columns, **headings)
    names = dict(found.names.select("code", "name").iter_rows())
    explained = largest.filter(pl.col("why").is_in(list(RECONCILED_CAUSES)) & (pl.col("why") != UNEXPLAINED))
    for code, component, explanation in explained.select("code", "component", "explanation").iter_rows():
        name = f" {names[code]}" if names.get(code) else ""
        line(f"  {code}{name}, {component}: {explanation}", as_is=True)
    if explained.height:
        line("")


def _not_compared(found: Reconciliation) -> Iterator[str]:
    """Yield what was not compared, and why; the first rows that could not be read."""
    for row in found.left_out.iter_rows(named=True):
        what = f"{row['component']} of other school types" if row["component"] in found.named else row["component"]
        amount, schools = dutch.money(row["amount"], row["currency"]), number(row["schools"])
        if row["schools"]:
            yield f"! {what} is in no file: {amount} for {schools} schools is not compared"
        else:
            yield f"! {what} is in no file: {amount} is not compared"
    for file, column, value, rows, amount in found.others.iter_rows():
        money = f" ({dutch.number(amount, 2)})" if amount is not None else ""
        if not column:
            yield f"! {file}: {number(rows)} amounts of schools of other boards are not compared"
            continue
        yield f"! {file}: {number(rows)} rows are of something else: {column} {value}{money}"
    for file, line_number, column, message in found.unread.head(MOST_UNREAD).iter_rows():
        yield f"! {file}, line {line_number}, {column}: {message}"
    if found.unread.height > MOST_UNREAD:
        yield f"! and {number(found.unread.height - MOST_UNREAD)} more rows that could not be read"


def _document(found: Reconciliation, figures: Figures, written: tuple[Path, ...]) -> dict[str, Any]:
    """Return the same for `--json`."""
    columns = ["code", "board", "component", "school_types", "currency", "ours", "theirs", "difference"]
    columns += ["our_count", "their_count", "outcome", "cause", "explanation", "file", "line"]
    return {
        "run_id": found.run_id,
        "school_year": found.school_year,
        "decisions": found.decisions,
        "tolerance": found.tolerance,
        "files": [vars(file) for file in found.files],
        "compared": figures.compared,
        "matching": figures.matching,
        "share": figures.share,
        "by_component": _with_decimal_shares(figures),
        "by_cause": figures.by_cause,
        "differing": figures.differing.height,
        "largest": DifferingAmounts(figures.differing.head(IN_JSON).select(columns)),
        "left_out": found.left_out,
        "others": found.others,
        "unread_rows": found.unread.height,
        "unread": found.unread.head(IN_JSON),
        "conclusion": [said(sentence) for sentence in figures.conclusion()],
        "written": list(written),
    }


def _with_decimal_shares(figures: Figures) -> list[dict[str, Any]]:
    rows = figures.by_component.to_dicts()
    for row in rows:
        for name in ("share", "share_of_money"):
            row[name] = None if row[name] is None else Decimal(row[name]).scaleb(-4)
    return rows
