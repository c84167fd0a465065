"""The directory of schools: board, name and place of each over time, from lists, pupil files and changes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.intake import parse
from npo_pipeline.intake.board_transfers import transfers
from schemas.frames import intake as frames
from schemas.received import SchoolFacts, Schools

if TYPE_CHECKING:
    from npo_pipeline.delivery.kinds import FileKind

_RANK = {"pupils": 0, "addresses": 1, "changes": 2}
"""Precedence of sources on one day, the highest wins: a change was decided, a list was compiled."""

_ATTRIBUTES = ("board", "name", "place", "municipality", "municipality_number")


def school_facts(kind: FileKind, rows: frames.FileRows, as_of: date | None) -> frames.FileSchoolFacts:
    """Return the facts about schools and their boards in valid rows of a file, one row per vestiging and day.

    `as_of`: the reference date; a change has a date of its own.
    """
    if kind.school_source == "changes":
        facts = transfers(rows).select(
            vestiging="VESTIGING", board="BEVOEGD_GEZAG_NUMMER", as_of=parse.parse_date("INGANGSDATUM")
        )
    else:
        name = "VESTIGINGSNAAM" if kind.school_source == "addresses" else "INSTELLINGSNAAM_VESTIGING"
        facts = rows.select(
            parse.vestiging(),
            board="BEVOEGD_GEZAG_NUMMER",
            name=parse.clean_name(name),
            place=parse.clean_name("PLAATSNAAM"),
            municipality=parse.clean_name("GEMEENTENAAM"),
            municipality_number=parse.municipality_number("GEMEENTENUMMER"),
            as_of=pl.lit(as_of, pl.Date),
        )
    facts = facts.with_columns(source=pl.lit(kind.school_source))
    whole = pl.concat([frames.empty(frames.FILE_SCHOOL_FACTS), facts], how="diagonal")
    last = whole.unique(["vestiging", "as_of"], keep="last", maintain_order=True)
    return frames.FileSchoolFacts(last.sort("vestiging"))


def refuse_two_boards(kind: FileKind, rows: frames.FileRows, file: str) -> None:
    """Refuse a file that gives one vestiging to two boards: one of them would be paid for the other."""
    if kind.school_source == "changes":
        given = transfers(rows).select(
            "line", vestiging="VESTIGING", board="BEVOEGD_GEZAG_NUMMER", day="INGANGSDATUM"
        )
    else:
        given = rows.select("line", parse.vestiging(), board="BEVOEGD_GEZAG_NUMMER", day=pl.lit(""))
    distinct = given.unique(["vestiging", "board", "day"], keep="first", maintain_order=True)
    twice = distinct.filter(pl.struct("vestiging", "day").is_duplicated()).sort("vestiging", "day", "line").head(2)
    if twice.height:
        lines, boards = (" and ".join(map(str, twice[column])) for column in ("line", "board"))
        raise Refused(f"{file}, lines {lines}: {twice['vestiging'][0]} is given to boards {boards}; keep one")


def refuse_conflicting_changes(rows: frames.FileRows, file: str) -> None:
    """Refuse a changes file in which a school has two changes on one day, or merges into itself."""
    changes = rows.filter(pl.col("SOORT").is_in(["fusie", "sluiting", "opening"])).sort("line")
    of_itself = changes.filter(pl.col("VESTIGING") == pl.col("OPVOLGER"), pl.col("SOORT") == "fusie")
    for line, vestiging in of_itself.select("line", "VESTIGING").head(1).iter_rows():
        raise Refused(f"{file}, line {line}: {vestiging} merges into itself; put OPVOLGER right")
    day = parse.parse_date("INGANGSDATUM").alias("day")
    distinct = changes.with_columns(day).unique(["VESTIGING", "day", "SOORT", "OPVOLGER"], maintain_order=True)
    twice = distinct.filter(pl.struct("VESTIGING", "day").is_duplicated()).sort("VESTIGING", "day", "line").head(2)
    if twice.height:
        lines, kinds_of = (" and ".join(map(str, twice[column])) for column in ("line", "SOORT"))
        raise Refused(f"{file}, lines {lines}: {kinds_of} of {twice['VESTIGING'][0]} on one day; keep one")


def changes_of(rows: frames.FileRows) -> frames.FileChanges:
    """Parse the rows of a changes file."""
    board, successor = (pl.when(pl.col(name) != "").then(name) for name in ("BEVOEGD_GEZAG_NUMMER", "OPVOLGER"))
    effective = parse.parse_date("INGANGSDATUM")
    changes = rows.select(
        effective=effective, kind="SOORT", vestiging="VESTIGING", board=board, successor=successor
    )
    return frames.FileChanges(changes.sort(*frames.FILE_CHANGES))


def build_directory(facts: SchoolFacts) -> Schools:
    """Build the directory: the board and name of each vestiging from day to day.

    The board in a pupil file serves only where no address list names the vestiging. A vestiging that
    vanishes from a later list keeps its last known facts (domain notes, 1.5: 70 vestigingen vanish
    between two real lists). `facts`: all, in the order of their arrival.

    Returns:
        A row per vestiging and period; `valid_to` is the last day, null while it lasts.
    """
    listed = facts.filter(pl.col("source") == "addresses")["vestiging"].unique()
    believed = facts.filter((pl.col("source") != "pupils") | ~pl.col("vestiging").is_in(listed.implode()))
    # Nearly all schools have one fact; only those of the others must be put in order, which takes much longer.
    several = pl.col("vestiging").is_duplicated()
    periods = pl.concat([believed.filter(~several), _periods(believed.filter(several))], how="diagonal")
    brin = pl.col("vestiging").str.head(4).alias("brin")
    directory = periods.select("vestiging", brin, *_ATTRIBUTES, valid_from="as_of", valid_to="until")
    return Schools(directory.sort("vestiging", "valid_from"))


def _periods(facts: pl.DataFrame) -> frames.SchoolPeriods:
    """Return the periods in which the facts about each vestiging are the same, with their last day."""
    ordered = (
        facts.with_row_index("arrival")
        .with_columns(rank=pl.col("source").replace_strict(_RANK, return_dtype=pl.Int8))
        .sort("vestiging", "as_of", "rank", "arrival")
    )
    filled = ordered.with_columns(pl.col(*_ATTRIBUTES).forward_fill().backward_fill().over("vestiging"))
    daily = filled.unique(["vestiging", "as_of"], keep="last", maintain_order=True)
    attributes = pl.struct(*_ATTRIBUTES)
    changed = daily.filter(attributes.ne_missing(attributes.shift().over("vestiging")))
    until = pl.col("as_of").shift(-1).over("vestiging") - pl.duration(days=1)
    return frames.SchoolPeriods(changed.select("vestiging", *_ATTRIBUTES, "as_of", until=until.cast(pl.Date)))
