"""The summary of `npo reconcile`: what matches per component, why the rest does not, and where to begin."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.cli.output import document, frame_table, line, number, table
from npo_pipeline.reconciliation.model import CAUSE_WORDS, DifferingAmounts, Figures, Reconciliation
from npo_pipeline.translation import said
from schemas.reconciled import BY_BOARD, BY_SCHOOL, BY_VESTIGING

LARGEST = 10
"""Differences that are shown; the workbook and the page have them all."""

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
        _render_largest(found, figures.differing.head(LARGEST), figures.differing.height)
    for words in _not_compared(found):
        line(words)
    for sentence in figures.conclusion():
        line(sentence)
    for path in written:
        line(f"{path}: written")
    line(
        f"Kept in table reconciliation ({found.run_id}){'' if written else '; --workbook and --page write it out'}"
    )


def _render_components(found: Reconciliation, figures: Figures) -> None:
    """Print a row per component; the shares are texts, so that the columns of numbers begin before them."""
    rows = figures.by_component.with_columns(
        component=pl.concat_str(
            "component", pl.format(" ({})", pl.col("school_types").str.replace_all("+", ", ", literal=True)),
            ignore_nulls=True,
        ),
        share=_percent("share"),
        share_of_money=_percent("share_of_money"),
    )  # fmt: skip
    currencies = ["currency"] if rows["currency"].n_unique() > 1 else []
    columns = ["component", *currencies, "compared", "matching", "share", "share_of_money"]
    headings = {"matching": "match", "share_of_money": "of the money", "ours": "decision", "theirs": "file"}
    title = f"{found.school_year}: the file beside decision {', '.join(found.decisions)}"
    frame_table(title, rows, [*columns, "ours", "theirs", "difference"], **headings)


def _percent(column: str) -> pl.Expr:
    return dutch.percent_expr(pl.col(column)).fill_null("")


def _render_causes(figures: Figures) -> None:
    """Print the causes with their money, and below them what each means and what to do about it."""
    rows = [
        (said(CAUSE_WORDS[cause].title), currency, amounts, difference)
        for cause, currency, amounts, difference in figures.by_cause.iter_rows()
    ]
    table("Why amounts differ", ["cause", "currency", "amounts", "difference"], rows, right=2)
    for cause in figures.by_cause["cause"].unique(maintain_order=True):
        title, meaning, todo = map(said, CAUSE_WORDS[cause])
        line(f"  {title}: {meaning} {todo}", as_is=True)
    line("")


def _render_largest(found: Reconciliation, largest: pl.DataFrame, all_of_them: int) -> None:
    """Print the largest differences, and below them the explanation of each."""
    title = "The largest differences" if all_of_them > LARGEST else "The differences"
    columns = ["school", "component", "why", "decision", "file", "difference"]
    rows = [
        (
            row["code"],
            row["component"],
            said(CAUSE_WORDS[row["why"]].title),
            row["ours"],
            row["theirs"],
            row["gap"],
        )
        for row in largest.iter_rows(named=True)
    ]
    table(title, columns, rows, right=3)
    names = dict(found.names.select("code", "name").iter_rows())
    for code, component, explanation in largest.select("code", "component", "explanation").iter_rows():
        name = f" {names[code]}" if names.get(code) else ""
        if explanation or name:
            line(f"  {code}{name}, {component}: {explanation or ''}", as_is=True)
    line("")


def _not_compared(found: Reconciliation) -> Iterator[str]:
    """Yield what was not compared, and why; the first rows that could not be read."""
    for row in found.left_out.iter_rows(named=True):
        amount, schools = dutch.money(row["amount"], row["currency"]), number(row["schools"])
        yield f"! {row['component']} is in no file: {amount} of {schools} schools is not compared"
    for file, column, value, rows, amount in found.others.iter_rows():
        money = f" ({dutch.number(amount, 2)})" if amount is not None else ""
        yield f"! {file}: {number(rows)} rows of {column} {value} are of something else{money}"
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
