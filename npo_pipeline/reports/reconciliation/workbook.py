"""The workbook of a reconciliation, and its words: what was compared, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NewType

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.atomic_file import write_whole
from npo_pipeline.errors import Refused
from npo_pipeline.reconciliation.model import CAUSE_WORDS, CODE, OUTCOME_WORDS, WHY, Figures, Reconciliation
from npo_pipeline.reports.xlsx import Column, Sheet, frame_sheet, write_sheets
from npo_pipeline.translation import singular, translated
from schemas.reconciled import BY_BOARD, BY_SCHOOL, BY_VESTIGING, MATCH

NamedAmounts = NewType("NamedAmounts", pl.DataFrame)
"""Rows of `reconciliation` with `code`, `name`, `place`, `board_name` (null where the books have none) and, of
those that do not match, `gap`; a cause is null where the outcome says all."""

LEVELS = {BY_VESTIGING: "vestiging", BY_SCHOOL: "school (BRIN)", BY_BOARD: "bestuur"}
LEFT_OUT = "Deze onderdelen van het besluit staan in geen van de bestanden, en zijn daarom niet vergeleken."
UNREAD = "Deze rijen van de bestanden konden niet worden gelezen, en zijn daarom niet vergeleken."
OTHERS = "Deze rijen van de bestanden gaan over iets anders, en zijn daarom niet vergeleken."

_CODE, _NAME, _PLACE = Column("Code", width=10), Column("Naam", width=34), Column("Plaats", width=18)
_AMOUNTS = {
    "code": _CODE,
    "name": _NAME,
    "place": _PLACE,
    "board": Column("Bestuur", width=10),
    "board_name": Column("Naam van het bestuur", width=30),
    "component": Column("Onderdeel", width=24),
    "currency": Column("Valuta", width=8),
    "ours": Column("Bedrag in het besluit", "money", 17, total=True),
    "theirs": Column("Bedrag in het bestand", "money", 17, total=True),
    "gap": Column("Verschil (bestand min besluit)", "money", 17, total=True),
    "our_count": Column("Aantal in het besluit", "quantity", 12),
    "their_count": Column("Aantal in het bestand", "quantity", 12),
    "outcome": Column("Uitkomst", width=17),
    "cause": Column("Oorzaak", width=22),
    "explanation": Column("Uitleg", "wrapped", 60),
    "file": Column("Bestand", width=30),
    "line": Column("Regel", "whole", 8),
    "column_name": Column("Kolom", width=22),
    "decision_id": Column("Besluit", width=16),
}
_ALIKE = ("currency", "file", "column_name", "decision_id")
"""Columns that are left out where all rows have the same."""


def title_of(result: Reconciliation) -> str:
    """Return the title of all that is written of a reconciliation."""
    return f"Vergelijking met het besluit, {result.school_year}"


def conclusion(result: Reconciliation) -> list[str]:
    """Return in Dutch whether it is right, and where not, what is known of it."""
    found = Figures(result.rows, result.tolerance).conclusion(title_of_component)
    return [f"{singular(translated(sentence))}." for sentence in found]


def background(result: Reconciliation, made: date) -> Iterator[tuple[str, str]]:
    """Yield what was compared: a subject and what there is to say of it."""
    yield "Besluit", ", ".join(result.decisions)
    for file in result.files:
        levels = dutch.listed([LEVELS[one] for one in file.levels])
        yield (
            "Bestand",
            f"{file.name}: gelezen als {file.layout}, {dutch.DUTCH.quantity(file.rows, 'rows')}, per {levels} "
            f"(sha256 {file.sha256[:12]})",
        )
    allowed = dutch.number(result.tolerance, 2)
    yield "Gelijk", f"als het verschil hoogstens {allowed} is" if result.tolerance else "tot op de cent"
    yield "Gemaakt", f"{dutch.day(made)}, run {result.run_id}"


def named_amounts(result: Reconciliation) -> NamedAmounts:
    """Return the rows in the order of their code, with the names of their schools and boards."""
    names = result.names.unique("code", keep="first")
    board_names = names.select(board="code", board_name="name")
    differing = pl.col("outcome") != MATCH
    gap = pl.col("theirs").fill_null(0) - pl.col("ours").fill_null(0)
    rows = result.rows.with_columns(
        code=CODE,
        gap=pl.when(differing).then(gap),
        # Where one side has no amount and nothing says why, the outcome says all there is to say.
        cause=pl.when(pl.col("outcome") != WHY).then(WHY),
    )
    named = rows.join(names, on="code", how="left").join(board_names, on="board", how="left")
    return NamedAmounts(named.sort("code", "component", "school_types", "currency", "file", nulls_last=True))


def write_workbook(result: Reconciliation, path: Path, *, made: date) -> None:
    """Write the workbook: the summary, the differences, all amounts, and what was not compared.

    Raises:
        Refused: it cannot be written; what was compared is in the books all the same.
    """
    note = f"Gemaakt op {dutch.day(made)}."
    try:
        pages = list(sheets(result, made))
        write_whole(path, lambda beside: write_sheets(title_of(result), pages, beside, note=note))
    except OSError as error:
        raise Refused(f"{path}: cannot be written ({error.strerror or error}); name another file") from error


def sheets(result: Reconciliation, made: date) -> Iterator[Sheet]:
    """Yield the sheets; none that would be empty."""
    figures, amounts = Figures(result.rows, result.tolerance), _in_words(named_amounts(result))
    yield _summary(result, made)
    yield _components(figures)
    differing = NamedAmounts(
        amounts.filter(pl.col("gap").is_not_null()).sort(pl.col("gap").abs(), descending=True)
    )
    if differing.height:
        yield _causes(figures)
        about = "Verschillen: wat niet gelijk is, het grootste verschil eerst"
        yield frame_sheet("Verschillen", differing, _shown(differing), 2, about=about)
    yield frame_sheet("Alle bedragen", amounts, _shown(amounts), 2, about="Alle bedragen: alles wat is vergeleken")
    yield from _not_compared(result)


def _in_words(amounts: NamedAmounts) -> NamedAmounts:
    """Replace the names of outcomes, causes and components by their words."""
    outcomes = {name: translated(title) for name, title in OUTCOME_WORDS.items()}
    causes = {name: translated(words.title) for name, words in CAUSE_WORDS.items()}
    named = _with_titles(amounts)
    return NamedAmounts(named.with_columns(pl.col("outcome").replace(outcomes), pl.col("cause").replace(causes)))


def title_of_component(component: str, school_types: str | None) -> str:
    """Return the name of a component, or of several in one, and of the school types where those are not all."""
    name = dutch.listed([dutch.component(one) for one in component.split("+")])
    types = dutch.listed([dutch.school_type(one) for one in school_types.split("+")]) if school_types else ""
    return f"{name} ({types})" if types else name


def title_of_left_out(result: Reconciliation, component: str) -> str:
    """Return the name of a component that no file names, or not for all school types."""
    name = dutch.component(component)
    return f"{name} (andere schoolsoorten)" if component in result.named else name


def _with_titles(rows: pl.DataFrame) -> pl.DataFrame:
    """Replace the name of each component by its title."""
    pairs = rows.select("component", "school_types").unique().rows()
    titles = pl.DataFrame(
        [(*pair, title_of_component(*pair)) for pair in pairs],
        schema=dict.fromkeys(("component", "school_types", "title"), pl.String),
        orient="row",
    )
    titled = rows.join(
        titles, on=["component", "school_types"], how="left", nulls_equal=True, maintain_order="left"
    )
    return titled.with_columns(component="title")


def _shown(amounts: NamedAmounts) -> dict[str, Column]:
    """Return the columns that say something: no empty ones, and none that only repeats the summary."""
    empty = {name for name in _AMOUNTS if amounts[name].null_count() == amounts.height}
    alike = {name for name in _ALIKE if amounts[name].n_unique() == 1}
    return {name: column for name, column in _AMOUNTS.items() if name not in empty | alike}


def _summary(result: Reconciliation, made: date) -> Sheet:
    rows = [("Uitkomst", sentence) for sentence in conclusion(result)]
    rows += background(result, made)
    columns = (Column("Onderwerp", width=16), Column("Toelichting", "wrapped", 110))
    about = "Samenvatting: klopt het, en waar niet, waarom?"
    return Sheet("Samenvatting", columns, [("", row) for row in rows], about=about)


def _components(figures: Figures) -> Sheet:
    columns = {
        "component": Column("Onderdeel", width=34),
        "currency": Column("Valuta", width=8),
        "compared": Column("Vergeleken", "whole", 12, total=True),
        "matching": Column("Gelijk", "whole", 12, total=True),
        "share": Column("Deel gelijk", "share", 12),
        "share_of_money": Column("Deel gelijk, in geld", "share", 12),
        "ours": Column("Besluit", "money", 20, total=True),
        "theirs": Column("Bestand", "money", 20, total=True),
        "difference": Column("Verschil (bestand min besluit)", "money", 20, total=True),
    }
    return frame_sheet(
        "Onderdelen",
        _with_titles(figures.by_component),
        columns,
        1,
        about="Onderdelen: welk deel gelijk is, per onderdeel",
    )


def _causes(figures: Figures) -> Sheet:
    columns = (
        Column("Onderdeel", width=34),
        Column("Oorzaak", width=24),
        Column("Aantal", "whole", 10, total=True),
        Column("Verschil (bestand min besluit)", "money", 20, total=True),
        Column("Wat dat is", "wrapped", 44),
        Column("Wat u kunt doen", "wrapped", 60),
    )
    rows = []
    for component, types, currency, cause, amounts, difference in figures.by_cause.iter_rows():
        title, meaning, todo = (translated(one) for one in CAUSE_WORDS[cause])
        named = title_of_component(component, types)
        rows.append((currency, (named, title, amounts, difference, meaning, todo)))
    return Sheet("Oorzaken", columns, rows, about="Oorzaken: waardoor bedragen verschillen")


def _not_compared(result: Reconciliation) -> Iterator[Sheet]:
    if result.left_out.height:
        columns = {
            "component": Column("Onderdeel", width=34),
            "currency": Column("Valuta", width=8),
            "schools": Column("Scholen", "whole", 10),
            "amount": Column("Besluit", "money", 20, total=True),
        }
        components = {name: title_of_left_out(result, name) for name in result.left_out["component"]}
        rows = result.left_out.with_columns(pl.col("component").replace(components))
        yield frame_sheet("Niet vergeleken", rows, columns, 1, about=LEFT_OUT)
    if result.others.height:
        columns = {
            "file": Column("Bestand", width=34),
            "column_name": Column("Kolom", width=22),
            "value": Column("Waarde", width=24),
            "rows": Column("Rijen", "whole", 10),
            "amount": Column("Bedrag", "quantity", 20),
        }
        yield frame_sheet("Andere rijen", result.others, columns, 1, about=OTHERS)
    if result.unread.height:
        columns = {
            "file": Column("Bestand", width=34),
            "line": Column("Regel", "whole", 10),
            "column_name": Column("Kolom", width=26),
            "message": Column("Waarom niet", "wrapped", 80),
        }
        messages = [singular(translated(one)) for one in result.unread["message"]]
        rows = result.unread.with_columns(message=pl.Series(messages, dtype=pl.String))
        yield frame_sheet("Niet gelezen", rows, columns, 1, about=UNREAD)
