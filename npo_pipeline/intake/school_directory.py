"""Who holds which school, and since when: facts from address lists, DUO pupil files and changes."""

from __future__ import annotations

from datetime import date

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.errors import Refused
from npo_pipeline.intake import parse

FACTS: dict[str, type[pl.DataType]] = {
    "vestiging": pl.String,
    "board": pl.String,
    "name": pl.String,
    "place": pl.String,
    "municipality": pl.String,
    "as_of": pl.Date,
    "source": pl.String,
}
CHANGES: dict[str, type[pl.DataType]] = {
    "effective": pl.Date,
    "kind": pl.String,
    "vestiging": pl.String,
    "board": pl.String,
    "successor": pl.String,
}

_RANK = {"pupils": 0, "addresses": 1, "changes": 2}
"""Who is believed when two say something of the same day: a change was decided, a list was compiled."""

_TOLD = ("board", "name", "place", "municipality")


def school_facts(kind: FileKind, rows: pl.DataFrame, as_of: date | None) -> pl.DataFrame:
    """What a file says about schools and their boards.

    Args:
        kind: address list, DUO pupils po, or changes.
        rows: its good rows, as text.
        as_of: the reference date; a change has a date of its own.

    Returns:
        vestiging, board, name, place, municipality, as_of, source; one row per vestiging and day.
    """
    if kind is kinds.CHANGES:
        facts = _change_facts(rows)
    elif kind in kinds.ADDRESSES:
        facts = _listed(rows, "VESTIGINGSNAAM", "addresses", as_of)
    else:
        facts = _listed(rows, "INSTELLINGSNAAM_VESTIGING", "pupils", as_of)
    return facts.select(*FACTS).unique(["vestiging", "as_of"], keep="last", maintain_order=True).sort("vestiging")


def refuse_two_boards(kind: FileKind, rows: pl.DataFrame, file: str) -> None:
    """Refuse a file that gives one vestiging to two boards: one of them would be paid for the other.

    Args:
        kind: address list, DUO pupils po, or changes.
        rows: its good rows, as text with `line`.
        file: the name of the file.

    Raises:
        Refused: names the lines and the boards.
    """
    if kind is kinds.CHANGES:
        told = _transfers(rows).select("line", "VESTIGING", "BEVOEGD_GEZAG_NUMMER", day="INGANGSDATUM")
    else:
        told = rows.select("line", parse.vestiging(), "BEVOEGD_GEZAG_NUMMER", day=pl.lit(""))
    told = told.rename({told.columns[1]: "vestiging", "BEVOEGD_GEZAG_NUMMER": "board"})
    apart = told.unique(["vestiging", "board", "day"], keep="first", maintain_order=True)
    twice = apart.filter(pl.struct("vestiging", "day").is_duplicated()).sort("vestiging", "day", "line").head(2)
    if twice.height:
        lines, boards = (" and ".join(map(str, twice[column])) for column in ("line", "board"))
        raise Refused(f"{file}, lines {lines}: {twice['vestiging'][0]} is given to boards {boards}; keep one")


def reject_conflicting_changes(rows: pl.DataFrame, file: str) -> None:
    """Refuse a changes file in which a school meets two fates on one day, or merges into itself.

    Args:
        rows: the good rows of a changes file, as text with `line`.
        file: its name.

    Raises:
        Refused: names the lines.
    """
    fates = rows.filter(pl.col("SOORT").is_in(["fusie", "sluiting", "opening"])).sort("line")
    of_itself = fates.filter(pl.col("VESTIGING") == pl.col("OPVOLGER"), pl.col("SOORT") == "fusie")
    for line, vestiging in of_itself.select("line", "VESTIGING").head(1).iter_rows():
        raise Refused(f"{file}, line {line}: {vestiging} merges into itself; put OPVOLGER right")
    day = parse.parse_date("INGANGSDATUM").alias("day")
    told = fates.with_columns(day).unique(["VESTIGING", "day", "SOORT", "OPVOLGER"], maintain_order=True)
    twice = told.filter(pl.struct("VESTIGING", "day").is_duplicated()).sort("VESTIGING", "day", "line").head(2)
    if twice.height:
        lines, kinds_of = (" and ".join(map(str, twice[column])) for column in ("line", "SOORT"))
        raise Refused(f"{file}, lines {lines}: {kinds_of} of {twice['VESTIGING'][0]} on one day; keep one")


def changes_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The changes of a changes file: effective, kind, vestiging, board, successor."""
    return rows.select(
        parse.parse_date("INGANGSDATUM").alias("effective"),
        pl.col("SOORT").alias("kind"),
        pl.col("VESTIGING").alias("vestiging"),
        _or_null("BEVOEGD_GEZAG_NUMMER").alias("board"),
        _or_null("OPVOLGER").alias("successor"),
    ).sort(*CHANGES)


def build_directory(facts: pl.DataFrame) -> pl.DataFrame:
    """Put facts in the order of time: who held a vestiging from when to when.

    The board in a pupil file serves only where no address list names the vestiging. A vestiging that
    vanishes from a later list keeps what was last known of it (domain notes, 1.5: 70 vestigingen vanish
    between two real lists).

    Args:
        facts: of live deliveries, in the order of their arrival.

    Returns:
        vestiging, brin, board, name, place, municipality, valid_from, valid_to (the last day; null
        while it lasts).
    """
    listed = facts.filter(pl.col("source") == "addresses")["vestiging"].unique()
    believed = facts.filter((pl.col("source") != "pupils") | ~pl.col("vestiging").is_in(listed.implode()))
    # Nearly all schools are told of once; only of the others must the tellings be put in order.
    once = believed.filter(~pl.col("vestiging").is_duplicated()).with_columns(until=pl.lit(None, pl.Date))
    several = _in_order(believed.filter(pl.col("vestiging").is_duplicated()))
    return (
        pl.concat([once.select(several.columns), several])
        .select(
            "vestiging",
            pl.col("vestiging").str.head(4).alias("brin"),
            *_TOLD,
            pl.col("as_of").alias("valid_from"),
            pl.col("until").alias("valid_to"),
        )
        .sort("vestiging", "valid_from")
    )


def _in_order(facts: pl.DataFrame) -> pl.DataFrame:
    """What was told of each vestiging by day, where it is news, and the last day it held."""
    ordered = (
        facts.with_row_index("arrival")
        .with_columns(rank=pl.col("source").replace_strict(_RANK, return_dtype=pl.Int8))
        .sort("vestiging", "as_of", "rank", "arrival")
    )
    filled = ordered.with_columns(pl.col(*_TOLD).forward_fill().over("vestiging"))
    filled = filled.with_columns(pl.col(*_TOLD).backward_fill().over("vestiging"))
    daily = filled.unique(["vestiging", "as_of"], keep="last", maintain_order=True)
    told = pl.struct(*_TOLD)
    news = daily.filter(told.ne_missing(told.shift().over("vestiging")))
    until = pl.col("as_of").shift(-1).over("vestiging") - pl.duration(days=1)
    return news.with_columns(until=until.cast(pl.Date)).select("vestiging", *_TOLD, "as_of", "until")


def board_on(schools: pl.DataFrame, rows: pl.DataFrame, on: date) -> pl.DataFrame:
    """Add the board that holds the vestiging on a day.

    Before the first day known of a school, the first board known counts.

    Args:
        schools: a directory.
        rows: any frame with `vestiging`.
        on: the day.

    Returns:
        The rows with `board` (null where no board is known), in the same order.
    """
    past = schools.filter(pl.col("valid_from") <= on).sort("valid_from", descending=True)
    to_come = schools.filter(pl.col("valid_from") > on).sort("valid_from")
    nearest = pl.concat([past, to_come]).unique("vestiging", keep="first", maintain_order=True)
    return rows.join(nearest.select("vestiging", "board"), on="vestiging", how="left", maintain_order="left")


def _listed(rows: pl.DataFrame, name: str, source: str, as_of: date | None) -> pl.DataFrame:
    return rows.select(
        parse.vestiging(),
        pl.col("BEVOEGD_GEZAG_NUMMER").alias("board"),
        parse.clean_name(name).alias("name"),
        parse.clean_name("PLAATSNAAM").alias("place"),
        parse.clean_name("GEMEENTENAAM").alias("municipality"),
        pl.lit(as_of, pl.Date).alias("as_of"),
        pl.lit(source).alias("source"),
    )


def _change_facts(rows: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.lit(None, pl.String)
    return _transfers(rows).select(
        pl.col("VESTIGING").alias("vestiging"),
        pl.col("BEVOEGD_GEZAG_NUMMER").alias("board"),
        nothing.alias("name"),
        nothing.alias("place"),
        nothing.alias("municipality"),
        parse.parse_date("INGANGSDATUM").alias("as_of"),
        pl.lit("changes").alias("source"),
    )


def _transfers(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("SOORT").is_in(["bestuursoverdracht", "opening"]))


def _or_null(column: str) -> pl.Expr:
    return pl.when(pl.col(column) != "").then(pl.col(column))
