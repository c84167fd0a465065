"""The directory of schools: board, name and place of each over time, from lists, pupil files and changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.intake import parse
from npo_pipeline.intake.board_transfers import (
    RANK,
    board_disagreements,
    in_order,
    transfers,
    with_board_in_force,
)
from schemas.frames import intake as frames
from schemas.received import SchoolFacts, Schools

if TYPE_CHECKING:
    from npo_pipeline.delivery.kinds import FileKind

BY_DATE, BY_LISTS = 2, 1
"""Ways to derive the directory, as manifests name them: each source on its date; or, as older versions did, pupil
files only where no address list names the vestiging."""

_ATTRIBUTES = ("board", "name", "place", "municipality", "municipality_number")


def school_facts(kind: FileKind, rows: frames.FileRows, as_of: date | None) -> frames.FileSchoolFacts:
    """Return the facts about schools and their boards in valid rows of a file, one row per vestiging and day.

    `as_of`: the reference date; a change has a date of its own.
    """
    if kind.school_source == "changes":
        facts = transfers(rows).select(
            "line", vestiging="VESTIGING", board="BEVOEGD_GEZAG_NUMMER", as_of=parse.parse_date("INGANGSDATUM")
        )
    else:
        name = "VESTIGINGSNAAM" if kind.school_source == "addresses" else "INSTELLINGSNAAM_VESTIGING"
        facts = rows.select(
            "line",
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
    if kind.school_source != "changes":
        _refuse_two_municipalities(rows, file)


def _refuse_two_municipalities(rows: frames.FileRows, file: str) -> None:
    """Refuse a file that puts one vestiging in two municipalities: both are paid for the pupils in them."""
    stated = rows.select(
        "line", parse.vestiging(), number=parse.municipality_number("GEMEENTENUMMER")
    ).drop_nulls()
    distinct = stated.unique(["vestiging", "number"], keep="first", maintain_order=True)
    twice = distinct.filter(pl.col("vestiging").is_duplicated()).sort("vestiging", "line").head(2)
    if twice.height:
        lines, numbers = (" and ".join(map(str, twice[column])) for column in ("line", "number"))
        raise Refused(
            f"{file}, lines {lines}: {twice['vestiging'][0]} is put in municipalities {numbers}; keep one"
        )


def refuse_conflicting_changes(rows: frames.FileRows, file: str) -> None:
    """Refuse a changes file in which a school has two changes on one day, or merges into itself.

    Or closes and yet has a successor: the row says two things, and either is money.
    """
    with_successor = rows.filter(pl.col("SOORT") == "sluiting", pl.col("OPVOLGER") != "").sort("line")
    columns = ("line", "SOORT", "VESTIGING", "OPVOLGER")
    for line, kind, of, other in with_successor.select(columns).head(1).iter_rows():
        raise Refused(
            f"{file}, line {line}: {kind} of {of} names OPVOLGER {other}, and only a fusie has one; "
            "write fusie, or leave it empty"
        )
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
        "line", effective=effective, kind="SOORT", vestiging="VESTIGING", board=board, successor=successor
    )
    return frames.FileChanges(changes.sort(*frames.FILE_CHANGES))


def build_directory(facts: SchoolFacts, rule: int = BY_DATE) -> Schools:
    """Build the directory: the board and name of each vestiging from day to day.

    Each source says who holds a vestiging on its date (`board_transfers`); name and place are of the pupil file
    only where no address list names it. A vestiging that vanishes from a later list keeps its last known facts
    (domain notes, 1.5: 70 vestigingen vanish between two real lists).

    Args:
        facts: all, in the order of their arrival.
        rule: `BY_LISTS` for what an older version derived.

    Returns:
        A row per vestiging and period; `valid_to` is the last day, null while it lasts.
    """
    believed = _with_names_of_lists(facts) if rule == BY_DATE else _without_pupil_files_of_listed(facts)
    # Nearly all schools have one fact; only those of the others must be put in order, which takes much longer.
    several = pl.col("vestiging").is_duplicated()
    periods = pl.concat(
        [believed.filter(~several), _periods(SchoolFacts(believed.filter(several)), rule)], how="diagonal"
    )
    brin = pl.col("vestiging").str.head(4).alias("brin")
    directory = periods.select("vestiging", brin, *_ATTRIBUTES, valid_from="as_of", valid_to="until")
    return Schools(directory.sort("vestiging", "valid_from"))


def _listed(facts: SchoolFacts) -> pl.Expr:
    """Return whether an address list names the vestiging."""
    return pl.col("vestiging").is_in(facts.filter(pl.col("source") == "addresses")["vestiging"].unique().implode())


def _with_names_of_lists(facts: SchoolFacts) -> SchoolFacts:
    """Return facts without the name and place in pupil files, where an address list has them."""
    hidden = (pl.col("source") == "pupils") & _listed(facts)
    return SchoolFacts(facts.with_columns(pl.when(~hidden).then(pl.col(*_ATTRIBUTES[1:]))))


def _without_pupil_files_of_listed(facts: SchoolFacts) -> SchoolFacts:
    return SchoolFacts(facts.filter((pl.col("source") != "pupils") | ~_listed(facts)))


def _periods(facts: SchoolFacts, rule: int) -> frames.SchoolPeriods:
    """Return the periods in which the facts about each vestiging are the same, with their last day."""
    ordered = with_board_in_force(in_order(facts)) if rule == BY_DATE else _by_rank(facts)
    filled = ordered.with_columns(pl.col(*_ATTRIBUTES).forward_fill().backward_fill().over("vestiging"))
    daily = filled.unique(["vestiging", "as_of"], keep="last", maintain_order=True)
    attributes = pl.struct(*_ATTRIBUTES)
    changed = daily.filter(attributes.ne_missing(attributes.shift().over("vestiging")))
    until = pl.col("as_of").shift(-1).over("vestiging") - pl.duration(days=1)
    return frames.SchoolPeriods(changed.select("vestiging", *_ATTRIBUTES, "as_of", until=until.cast(pl.Date)))


def _by_rank(facts: SchoolFacts) -> SchoolFacts:
    rank = pl.col("source").replace_strict(RANK, return_dtype=pl.Int8)
    numbered = facts.with_row_index("arrival").with_columns(rank=rank)
    return SchoolFacts(numbered.sort("vestiging", "as_of", "rank", "arrival").drop("rank", "arrival"))


def disagreement_remarks(before: SchoolFacts, now: SchoolFacts, files: Mapping[str, str]) -> Iterator[str]:
    """Report about which boards sources disagree since a delivery, a sentence per pair of files.

    Args:
        before: the facts before it.
        now: all facts.
        files: delivery_id -> file.
    """
    both = [board_disagreements(facts) for facts in (before, now)]
    key = [name for name in both[0].columns if "delivery_id" not in name]
    new = both[1].join(both[0], on=key, how="anti").sort("vestiging", "other_as_of")
    pair = ["kind", "delivery_id", "other_delivery_id", "as_of", "other_as_of"]
    for _, group in sorted(new.group_by(pair), key=lambda one: str(one[0])):
        first = group.row(0, named=True)
        named = {name: files.get(first[name], "") for name in ("delivery_id", "other_delivery_id")}
        number = group.height
        vestigingen = f"{number} vestigingen have" if number > 1 else "1 vestiging has"
        yield _REMARKS[first["kind"]].format(**{**first, **named}, vestigingen=vestigingen)


_REMARKS = {
    "undeclared": (
        "{vestigingen} another board in {other_delivery_id} of {other_as_of} than in {delivery_id} of {as_of} "
        "(first {vestiging}: {board}, then {other_board}), and no change says on which day: the new board counts "
        "from {other_as_of} on, and months paid before stay with the old one; deliver a changes file with a row "
        "`DAY;bestuursoverdracht;{vestiging};{other_board};` for each to put the day right"
    ),
    "not_followed": (
        "{vestigingen} in {other_delivery_id} of {other_as_of} the board from which {delivery_id} took it on "
        "{as_of} (first {vestiging}: {other_board}, and the change says {board}): the change counts; where it "
        "went back, deliver a changes file with a row `DAY;bestuursoverdracht;{vestiging};{other_board};`"
    ),
    "same_day": (
        "{vestigingen} another board in {other_delivery_id} than in {delivery_id}, both of {as_of} (first "
        "{vestiging}: {other_board} and {board}): {other_delivery_id}, the address list, counts; deliver a "
        "changes file with a row `DAY;bestuursoverdracht;{vestiging};BOARD;` for each that went over later"
    ),
}
"""The sentence about disagreements of each kind."""
