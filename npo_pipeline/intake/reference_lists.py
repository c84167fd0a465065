"""Reference lists: areas, scores of municipalities, listed vestigingen, leerplus list, boards; accounts.

Each states something of a subject (a vestiging, a school, a municipality or a board) once. Rows that differ about
a subject contradict each other, and none of them counts. Of accounts the subject is a recipient from a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.delivery.sanitize import strip_invisible
from npo_pipeline.delivery.validate import SHOWN
from npo_pipeline.intake import parse
from npo_pipeline.intake.file_result import NewFiles
from schemas import files as models
from schemas.columns import BESTUUR, GEMEENTE, SAMENWERKING
from schemas.frames.intake import FILE_PAYMENT_ACCOUNTS, FileAreas, FilePaymentAccounts, FileRows, Rejections
from schemas.iban import electronic
from schemas.received import Areas, Deliveries, PaymentAccounts, SchoolFacts
from schemas.rules import CONTRADICTION, SAMENWERKINGSVERBAND

_COLUMNS: Mapping[str, Mapping[str, pl.Expr]] = {
    kinds.AREAS.name: {
        "vestiging": pl.col("VESTIGING"),
        "samenwerkingsverband": pl.col("SAMENWERKINGSVERBAND"),
    },
    kinds.MUNICIPAL_SCORES.name: {
        "municipality_number": parse.municipality_number("GEMEENTENUMMER"),
        "score_2019": parse.parse_amount("SCORE_2019"),
        "score_2020": parse.parse_amount("SCORE_2020"),
    },
    kinds.LISTED_VESTIGINGEN.name: {"vestiging": pl.col("VESTIGING"), "list": pl.col("LIJST")},
    kinds.LEERPLUS_SCHOOLS.name: {"brin": pl.col("BRIN_NUMMER"), "leerplus": pl.col("LEERPLUS_2021") == "J"},
    kinds.BOARDS.name: {
        "board": pl.col("BEVOEGD_GEZAG_NUMMER"),
        "name": parse.clean_name("BEVOEGD_GEZAG_NAAM"),
    },
}
"""Kind of file -> the columns of its table, of which the first is its subject."""

_OF_AN_ACCOUNT = ["recipient", "valid_from"]

BOARD_DIGITS, MUNICIPALITY_DIGITS = 5, 4

LONGEST_NAME = 70
"""Characters of a name that a SEPA payment carries."""

_NAMED = 5
"""Number of codes that a remark names."""


def table_of(kind: FileKind, rows: FileRows) -> dict[str, Any]:
    """Return the rows of a reference list for its table, under the name of the table.

    Args:
        kind: a reference list.
        rows: its valid rows, which do not contradict each other.
    """
    columns = _COLUMNS[kind.name]
    return {kind.name: rows.select(**columns).unique().sort(next(iter(columns)))}


def contradictions(kind: FileKind, rows: FileRows) -> Rejections:
    """Reject the rows that differ about one subject: none of them is believed above another.

    Args:
        kind: a reference list.
        rows: its valid rows.
    """
    subject, *values = _COLUMNS[kind.name]
    stated = rows.select("line", **_COLUMNS[kind.name])
    return _differing_rows(stated, subject, values, column=_column_of(kind))


def _differing_rows(rows: pl.DataFrame, subject: str, values: Sequence[str], *, column: str) -> Rejections:
    stated = rows.sort("line").with_columns(value=pl.struct(values))
    first = pl.col("value").first().over(subject)
    is_other = pl.col("value") != first
    differing = stated.with_columns(
        is_other=is_other,
        first_line=pl.col("line").first().over(subject),
        other_line=pl.col("line").filter(is_other).first().over(subject),
    ).filter(pl.col("other_line").is_not_null())
    against = pl.when("is_other").then("first_line").otherwise("other_line")
    rejections = differing.select(
        "line",
        rule=pl.lit(CONTRADICTION),
        column_name=pl.lit(column),
        value=pl.format("line {} about {}", against, subject),
    )
    return Rejections(rejections)


def _column_of(kind: FileKind) -> str:
    """Return the column of a file that holds its subject."""
    return next(iter(_COLUMNS[kind.name].values())).meta.root_names()[0]


def accounts_of(rows: FileRows) -> FilePaymentAccounts:
    """Return the rows of a file of payment accounts for their table; names as long as a bank takes them.

    Args:
        rows: its valid rows.
    """
    length = pl.col("ONTVANGER").str.len_bytes()
    kind = pl.when(length == BOARD_DIGITS).then(pl.lit(BESTUUR)).when(length == MUNICIPALITY_DIGITS)
    accounts = rows.select(
        "line",
        recipient_kind=kind.then(pl.lit(GEMEENTE)).otherwise(pl.lit(SAMENWERKING)),
        recipient="ONTVANGER",
        iban=pl.col("IBAN").map_elements(electronic, return_dtype=pl.String),
        account_name=parse.clean_name("TENAAMSTELLING").str.head(LONGEST_NAME).str.strip_chars_end(),
        valid_from=parse.parse_date("INGANGSDATUM"),
    )
    return FilePaymentAccounts(accounts.select(list(FILE_PAYMENT_ACCOUNTS)))


def contradicting_accounts(accounts: FilePaymentAccounts) -> Rejections:
    """Reject the rows of a file that give one recipient two accounts or names from one day."""
    about = accounts.with_columns(about=pl.format("{} from {}", "recipient", "valid_from"))
    return _differing_rows(about, "about", ["iban", "account_name"], column="ONTVANGER")


def shortened_names(rows: FileRows, file: str) -> Iterator[str]:
    """Report the names of accounts that are longer than a bank takes, in one sentence."""
    long = rows.filter(parse.clean_name("TENAAMSTELLING").str.len_chars() > LONGEST_NAME)
    if long.height:
        yield (
            f"{file}: TENAAMSTELLING of {long.height} rows is longer than a bank takes ({LONGEST_NAME} characters)"
            f"; the rest is left off (first line {long['line'][0]})"
        )


def believed_accounts(accounts: PaymentAccounts) -> PaymentAccounts:
    """Return of each recipient and first day the account that was delivered last: what is believed.

    Args:
        accounts: of any deliveries.
    """
    last = accounts.sort("delivery_id", maintain_order=True).unique(_OF_AN_ACCOUNT, keep="last")
    return PaymentAccounts(last.sort(_OF_AN_ACCOUNT))


def still_believed(delivery_id: str, accounts: PaymentAccounts) -> bool:
    """Return whether no later delivery gives another account than a delivery did, for the same day."""
    mine = accounts.filter(pl.col("delivery_id") == delivery_id)
    now = believed_accounts(accounts).join(mine.select(_OF_AN_ACCOUNT), on=_OF_AN_ACCOUNT, how="semi")
    stated = ["recipient", "valid_from", "iban", "account_name"]
    return mine.select(stated).sort(stated).equals(now.select(stated).sort(stated))


def unknown_recipients(new: NewFiles, facts: SchoolFacts, areas: Areas) -> Iterator[str]:
    """Report the recipients of accounts that nothing else names, a sentence per file; their accounts are kept.

    Args:
        new: the files that are registered.
        facts: all facts about schools, those of these files among them.
        areas: of the current deliveries, those of these files among them.
    """
    named = (facts["board"], facts["municipality_number"], areas["samenwerkingsverband"])
    known = pl.concat([one.drop_nulls().alias("recipient") for one in named]).unique()
    for one in new.values():
        recipients = one.payment_accounts["recipient"].unique().sort()
        unknown = recipients.filter(~recipients.is_in(known.implode())).to_list()
        if known.len() and unknown:
            yield (
                f"{one.file.name}: no other file names {_names(unknown)}; their accounts are kept, check "
                "ONTVANGER (a board has five digits, a municipality four)"
            )


def shared_accounts(new: NewFiles, accounts: PaymentAccounts) -> Iterator[str]:
    """Report the accounts that several recipients are paid on, a sentence per file: a slip, or worse.

    Args:
        new: the files that are registered.
        accounts: of all deliveries, those of these files among them.
    """
    believed = believed_accounts(accounts)
    of_several = believed.group_by("iban").agg(pl.col("recipient").unique().sort())
    shared = of_several.filter(pl.col("recipient").list.len() > 1).sort("iban")
    for one in new.values():
        mine = shared.filter(pl.col("iban").is_in(one.payment_accounts["iban"].implode()))
        if mine.height:
            iban, recipients = mine.row(0)
            yield (
                f"{one.file.name}: {mine.height} accounts are of several recipients (first {iban}: "
                f"{_names(recipients)}); check that each is paid on its own"
            )


def areas_of_pupil_file(rows: FileRows, file: str) -> tuple[FileAreas, tuple[str, ...]]:
    """Return the areas that a vo pupil file of DUO states, and a remark for each kind of fault in them.

    A fault costs the vestiging its area and never its pupils, so it is no rejection.

    Args:
        rows: valid rows of the file.
        file: its name.
    """
    stated = rows.select("line", parse.vestiging(), area=models.AREA_VO).filter(pl.col("area") != "")
    is_code = pl.col("area").str.contains(SAMENWERKINGSVERBAND)
    of_school = stated.filter(is_code).unique(["vestiging", "area"])
    in_two = of_school.filter(pl.col("vestiging").is_duplicated())["vestiging"].unique().sort().to_list()
    areas = of_school.filter(~pl.col("vestiging").is_in(in_two)).sort("vestiging")
    remarks = []
    if (wrong := stated.filter(~is_code).sort("line")).height:
        line, value = wrong.select("line", strip_invisible(pl.col("area")).str.head(SHOWN)).row(0)
        remarks.append(
            f"{file}: {wrong.height} rows name a samenwerkingsverband that is not VO and four digits (first line "
            f"{line}, '{value}'): their pupils count, and the file gives their vestigingen no area"
        )
    if in_two:
        remarks.append(f"{file}: vestigingen in two areas: {_names(in_two)}; the file gives none to them")
    return FileAreas(areas.select("vestiging", samenwerkingsverband="area")), tuple(remarks)


def differing_areas(areas: Areas, deliveries: Deliveries) -> Iterator[str]:
    """Report the vestigingen that a vo pupil file puts in another area than the list of areas, which is used.

    Args:
        areas: of all deliveries.
        deliveries: the current ones.
    """
    stated = areas.join(deliveries.select("delivery_id", "kind", "file"), on="delivery_id").sort(
        "vestiging", "file"
    )
    is_list = pl.col("kind") == kinds.AREAS.name
    both = stated.filter(is_list).join(stated.filter(~is_list), on="vestiging", suffix="_other")
    differing = both.filter(pl.col("samenwerkingsverband") != pl.col("samenwerkingsverband_other"))
    for (file, other), rows in differing.group_by("file", "file_other", maintain_order=True):
        first, *codes = rows.select("vestiging", "samenwerkingsverband", "samenwerkingsverband_other").row(0)
        yield (
            f"{rows.height} vestigingen lie in another area in {other} than in {file}, which is used "
            f"(first {first}: {codes[1]} and {codes[0]})"
        )


def unknown_areas(new: NewFiles, areas: Areas) -> Iterator[str]:
    """Report the samenwerkingsverbanden that one file alone names, a sentence per file; its rows are kept.

    No list of their codes is published: a code that is new among others may be a slip, and would be paid.

    Args:
        new: the files that are registered.
        areas: of the current deliveries before them.
    """
    for delivery_id, one in new.items():
        named = one.areas["samenwerkingsverband"].unique().sort()
        others = [other.areas["samenwerkingsverband"] for name, other in new.items() if name != delivery_id]
        known = pl.concat([areas["samenwerkingsverband"], *others]).unique()
        alone = named.filter(~named.is_in(known.implode())).to_list()
        if known.len() and alone:
            yield (
                f"{one.file.name}: no other file names {_names(alone)}, and it would be paid for its vestigingen; "
                "check the code"
            )


def unknown_municipalities(new: NewFiles, facts: SchoolFacts) -> Iterator[str]:
    """Report the municipalities with a score that no school is in, a sentence per file; their scores are kept.

    Args:
        new: the files that are registered.
        facts: all facts about schools, those of these files among them.
    """
    known = facts["municipality_number"].drop_nulls().unique()
    for one in new.values():
        numbers = one.municipal_scores["municipality_number"]
        if unknown := numbers.filter(~numbers.is_in(known.implode())).to_list():
            yield (
                f"{one.file.name}: no school is known in municipality {_names(unknown)}; its score is kept, "
                "check the number (column GEMEENTENUMMER of the address lists)"
            )


def _names(codes: Sequence[str]) -> str:
    return dutch.some_of(codes, _NAMED)
