"""The facts of a filing: the accounts of boards as one tidy frame, from which every format is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import polars as pl

from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.money import divide_half_away, to_cents
from npo_pipeline.reports.report_data import NUMBER, ReportData
from npo_pipeline.reports.xbrl.concepts import BY_NAME, CONCEPTS, NO, NOT_ON_MENU, UNKNOWN, YES, ordered_members
from schemas.accounted import LEVELS, Accountability, AccountabilityInterventions
from schemas.frames.accounts import FACTS, FactParts, Facts, InterventionKeys

_WIDE = pl.Decimal(38, 2)
_SCHOOL = ["board", "brin"]
_PLACE = [*_SCHOOL, "unit"]
_BOOKED = [
    *("carried_in", "carried_out", "received", "accrued", "spent", "external"),
    *("transferred", "corrections", "accrued_corrections"),
]
_CONCEPT_AND_PERIOD = {
    "carried_in": ("CarriedOver", "start"),
    "carried_out": ("CarriedOver", "end"),
    "received": ("Received", "duration"),
    "accrued": ("Accrued", "duration"),
    "spent": ("Spent", "duration"),
    "external": ("SpentExternal", "duration"),
    "other": ("SpentOther", "duration"),
    "transferred": ("Transferred", "duration"),
    "corrections": ("Corrections", "duration"),
    "accrued_corrections": ("AccruedCorrections", "duration"),
    "change": ("NetChange", "duration"),
}
_SELDOM = ["transferred", "corrections", "accrued_corrections"]
"""Amounts that are only facts of a board of which some school has one."""
_SPLIT = {"amount": "Spent", "external": "SpentExternal"}
CONSENTS = {
    "SchoolScan": "school_scan",
    "MrConsent": "mr_consent",
    "MrConsentDate": "mr_date",
    "GmrConsent": "gmr_consent",
    "GmrConsentDate": "gmr_date",
    "ParentsInvolved": "parents_involved",
    "Results": "result",
}
"""Concepts -> columns: answers are in table `accountability`, days and texts in the reports on consent."""

_SCHOOL_TEXTS = {"SchoolName": "name", "Municipality": "municipality"}
_STATUS = {True: "met fouten", False: "zonder fouten"}
_PERIODS = ("duration", "start", "end")
_ALIKE = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "‹": "'", "›": "'",
        "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "…": "...", "•": "-",
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "ĳ": "ij", "Ĳ": "IJ", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i",
    }
)  # fmt: skip
"""Characters that are written in another way in Latin-1; accents that Latin-1 lacks fall off by themselves."""

_PLAIN = r"^[\x21-\x7e]+( [\x21-\x7e]+)*$"


def facts_of(report: ReportData) -> Facts:
    """Return every fact of every board.

    The order is fixed: board by board, first of the board and then school by school, in the order of the concept
    table. Texts are in the letters that a filing may hold.

    `report`: each board in it has money in one currency (`by_pack`).
    """
    own = report.accountability.select(_SCHOOL)
    # A board may report on consent of a school without money in the year, which has no accounts to go with it.
    schools, consents = (rows.join(own, on=_SCHOOL, how="semi") for rows in (report.schools, report.consents))
    parts = [
        _board_facts(report),
        _basis_facts(report),
        *_amount_facts(report.accountability),
        *_split_facts(report.interventions, report.keys),
        _school_facts(report.accountability, _consents_of("choice"), answer_words),
        _school_facts(schools, _SCHOOL_TEXTS, latin1_column),
        _school_facts(consents, _consents_of("text"), latin1_column),
        _school_facts(consents, _consents_of("date"), lambda name: pl.col(name).dt.strftime("%Y-%m-%d")),
    ]
    return _in_order(pl.concat([_completed(part) for part in parts]), report.keys)


def _board_facts(report: ReportData) -> FactParts:
    """Return the facts of a board besides its money."""
    counted = report.findings.group_by("board").agg(
        Errors=(pl.col("severity") == "error").sum(), Warnings=(pl.col("severity") == "warning").sum()
    )
    boards = report.accountability.select("board").unique().join(counted, on="board", how="left").fill_null(0)
    wide = boards.with_columns(
        BoardNumber=pl.col("board").str.head(NUMBER),
        ReportStatus=(pl.col("Errors") > 0).replace_strict(_STATUS, return_dtype=pl.String),
        Treatment=pl.lit(report.treatment.replace("_", " ")),
    )
    is_count = pl.col("concept").is_in(["Errors", "Warnings"])
    return FactParts(
        wide.cast(pl.String)
        .unpivot(index="board", variable_name="concept")
        .with_columns(unit=pl.when(is_count).then(pl.lit("pure")))
    )


def _basis_facts(report: ReportData) -> FactParts:
    """Return whether the money of a board leaves something out, what, and what it rests on, in sentences."""
    sentence = pl.format("{}: {}", "school_year", "words")
    of_kind = {
        name: sentence.filter(pl.col("kind") == kind).unique(maintain_order=True).str.join(" ")
        for name, kind in (("LeftOut", "left_out"), ("RestsOn", "rests_on"))
    }
    told = report.basis.sort("board", "school_year", "words").group_by("board").agg(**of_kind)
    wide = report.accountability.select("board").unique().join(told, on="board", how="left")
    texts = wide.select(
        "board",
        Incomplete=(pl.col("LeftOut").fill_null("") != "").replace_strict({True: YES, False: NO}),
        LeftOut=latin1_column("LeftOut"),
        RestsOn=latin1_column("RestsOn"),
    )
    return FactParts(texts.unpivot(index="board", variable_name="concept").drop_nulls("value"))


def _amount_facts(accountability: Accountability) -> Iterator[FactParts]:
    """Yield the amounts and shares of schools and boards that are not split; a board has one currency."""
    rows = accountability.rename({"currency": "unit"}).with_columns(pl.col(_BOOKED).cast(_WIDE))
    wide = _with_board_sums(rows, [], _BOOKED).with_columns(
        other=pl.col("spent") - pl.col("external"), change=pl.col("received") - pl.col("spent")
    )
    names = pl.DataFrame(
        [(column, *fact) for column, fact in _CONCEPT_AND_PERIOD.items()],
        schema=["column", "concept", "period"],
        orient="row",
    )
    long = wide.unpivot(index=_PLACE, on=list(_CONCEPT_AND_PERIOD), variable_name="column")
    has_any = (pl.col("value") != 0).any().over("board", "column")
    long = long.filter(~pl.col("column").is_in(_SELDOM) | has_any)
    yield FactParts(long.join(names, on="column", how="left").drop("column"))
    yield _shares(wide)


def _split_facts(interventions: AccountabilityInterventions, keys: InterventionKeys) -> Iterator[FactParts]:
    rows = interventions.rename({"currency": "unit"}).join(keys, on=["category", "intervention"], how="left")
    on_menu = pl.col("on_menu") & pl.col("key").is_not_null()
    amounts = pl.col(list(_SPLIT)).cast(_WIDE)
    top = pl.when(on_menu).then(pl.col("category")).otherwise(pl.lit(NOT_ON_MENU))
    for member, these in ((top, rows), (pl.col("key"), rows.filter(on_menu))):
        sums = _with_board_sums(these.with_columns(amounts, member=member), ["member"], list(_SPLIT))
        yield _long(sums, "member", _SPLIT)
    by_level = _with_board_sums(rows.with_columns(amounts), ["level"], ["amount"])
    yield _long(by_level, "level", {"amount": "Spent"})


def _with_board_sums(rows: pl.DataFrame, split: list[str], amounts: list[str]) -> pl.DataFrame:
    """Return the amounts summed per school, and below them per board: there `brin` is null."""
    schools = rows.group_by(*_PLACE, *split).agg(pl.col(amounts).sum())
    boards = schools.group_by("board", "unit", *split).agg(pl.col(amounts).sum())
    return pl.concat([schools, boards], how="diagonal")


def _long(sums: pl.DataFrame, split: str, concepts: dict[str, str]) -> FactParts:
    return FactParts(sums.rename(concepts).unpivot(index=[*_PLACE, split], variable_name="concept"))


def external_share() -> pl.Expr:
    """Return the part of spending that went to hired externals, in 0.0001; null where nothing was spent."""
    external, spent = (to_cents(pl.col(name)) for name in ("external", "spent"))
    return divide_half_away(external.cast(pl.Int128) * 10_000, pl.when(spent > 0).then(spent))


def _shares(wide: pl.DataFrame) -> FactParts:
    shares = wide.select(*_SCHOOL, share=external_share()).drop_nulls("share")
    decimals = (pl.col("share") % 10_000).cast(pl.String).str.zfill(4)
    return FactParts(
        shares.select(
            *_SCHOOL,
            concept=pl.lit("ExternalShare"),
            unit=pl.lit("pure"),
            value=pl.format("{}.{}", pl.col("share") // 10_000, decimals),
        )
    )


def _consents_of(kind: str) -> dict[str, str]:
    return {name: column for name, column in CONSENTS.items() if BY_NAME[name].kind == kind}


def answer_words(column: str) -> pl.Expr:
    """Return the words for true, false and unknown."""
    return pl.col(column).replace_strict({None: UNKNOWN, True: YES, False: NO}, return_dtype=pl.String)


def _school_facts(schools: pl.DataFrame, columns: dict[str, str], value: Callable[[str], pl.Expr]) -> FactParts:
    """Return the values of columns that are known; `columns`: concept -> column."""
    wide = schools.select(*_SCHOOL, **{name: value(column) for name, column in columns.items()})
    return FactParts(wide.unpivot(index=_SCHOOL, variable_name="concept").drop_nulls("value"))


def _completed(part: FactParts) -> FactParts:
    """Return a part with all columns of a fact: null where it has none, and the period is the year."""
    absent = [pl.lit(None, pl.String).alias(name) for name in FACTS if name not in part.columns]
    full = part.with_columns(absent).with_columns(pl.col("period").fill_null("duration"))
    return FactParts(full.select(pl.col(FACTS).cast(pl.String)))


def _in_order(facts: pl.DataFrame, keys: InterventionKeys) -> Facts:
    order = {
        "concept": [one.name for one in CONCEPTS],
        "member": ordered_members(keys["key"].to_list()),
        "level": LEVELS,
        "period": _PERIODS,
    }
    ranks = [pl.col(column).cast(pl.Enum(values), strict=False) for column, values in order.items()]
    return Facts(facts.sort("board", "brin", *ranks, nulls_last=False))


def to_latin1(text: str) -> str:
    """Return text in Latin-1, on one line, without spaces around it; a letter that is unknown there is `?`."""
    alike = unicodedata.normalize("NFC", text).translate(_ALIKE)
    return " ".join("".join(map(_letter, alike)).split())


def latin1_column(name: str) -> pl.Expr:
    """Return a column of text in the letters of Latin-1, and harmless; null where nothing is left of it.

    Only the few values that are not plain yet are looked at one by one. Sanitize last: a minus of another form,
    say, is harmless until it becomes one of Latin-1.
    """
    value = pl.col(name)
    replaced = value.map_elements(lambda one: to_latin1(one) or None, return_dtype=pl.String)
    return sanitize(pl.when(value.str.contains(_PLAIN)).then(value).otherwise(replaced))


def _letter(one: str) -> str:
    if unicodedata.category(one)[0] in "CZ":
        return " "
    if one <= "\xff" or one == "€":
        return one
    base = "".join(part for part in unicodedata.normalize("NFKD", one) if part <= "\xff")
    return base or ("" if unicodedata.combining(one) else "?")
