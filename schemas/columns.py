"""The building blocks of published tables: types, codes, checks, and the columns that several tables share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandera.polars as pa
import polars as pl

from schemas.rules import MUNICIPALITY, SAMENWERKINGSVERBAND, VESTIGING
from schemas.rules import RECIPIENT as RECIPIENT_CODE

MONEY = pl.Decimal(18, 2)
QUANTITY = pl.Decimal(18, 2)
RATE = pl.Decimal(18, 8)
UNROUNDED = pl.Decimal(38, 10)
"""A quantity of two decimals times a rate of eight: exact."""

ALL_SCHOOL_TYPES = "all"
"""The school type of the money of municipalities, which is of all schools in them."""

SCHOOL_TYPES = ("bao", "sbo", "so", "vso", "vo", "vo_pro_vbo", "cn", ALL_SCHOOL_TYPES)
COMPONENT = r"^[a-z][a-z0-9_-]*$"
"""Components are named by the regulation files: `per_pupil`, `surcharge`, `achterstandsscore`, `cumi`, ..."""

BESTUUR, SAMENWERKING, GEMEENTE = RECIPIENT_KINDS = ("bestuur", "samenwerkingsverband", "gemeente")
"""Recipients: school boards, samenwerkingsverbanden passend onderwijs, municipalities."""

CURRENCIES = ("EUR", "USD")
STATUSES = ("published", "approximate", "derived")
OUTCOMES = ("granted", "reduced", "refused")
SCHEME = r"^[A-Z]{2,10}$"
"""Codes of subsidy schemes are named by the subsidy files: `IOP`, `EHK`, ..."""

REGION = r"^[A-Z0-9][A-Za-z0-9 ._-]{0,39}$"
"""Codes of regions are those of the applications: no list of them is published."""

REASONS = ("instalment", "correction")
CAUSES = (
    "first_decision",
    "reference_count",
    "score_correction",
    "rate_change",
    "amendment",
    "merger",
    "closure",
    "opening",
    "board_transfer",
    "code",
)
"""Why something is due that was not due before, or no longer (docs/explanation/recalibration.md)."""

SETTLEMENTS = ("next_payment", "spread")
YES_NO = ("yes", "no")

_Dtype = pl.DataType | type[pl.DataType]

SHARED_DESCRIPTIONS = {
    "accrued": "Amount that decisions make due for the year: its own twelfths of both its school years.",
    "amount": "Amount in the currency of the row; above zero is paid, below zero comes back.",
    "article": "Source of the rule: an article, a page or a paragraph.",
    "beneficiary": "Whose money it is: a school location, a samenwerkingsverband (VO1234) or a municipality (four "
    "digits).",
    "board": "School board (bevoegd gezag): five digits.",
    "brin": "School (BRIN): two digits and two capitals.",
    "carried_out": "Amount left over at the end of the year: carried in, plus received, less spent, plus "
    "what moved with the school and corrections of closed years.",
    "category": "Category of the menukaart, A to F.",
    "cause": "Why it is due, or no longer: `first_decision` or what changed since the decision before.",
    "cluster": "Cluster of special education, as the file writes it.",
    "component": "Component of the regulation: `per_pupil`, `achterstandsscore`, `cumi`, ...",
    "cumi_pupils": "Pupils with a cultural minority background (CUMI); null where the file does not count them.",
    "currency": "Currency of the amounts in the row: EUR, or USD in the Caribbean Netherlands.",
    "decided_at": "Moment of the decision, UTC.",
    "decision_id": "The decision: school year, currency unless euro, and number in its series (2021-2022-001).",
    "delivery_id": "The delivered file that the row was read from, numbered in order of arrival (d000001).",
    "external": "Part of the spending that went to staff not in employment (personeel niet in loondienst).",
    "file": "Name of the delivered file.",
    "gmr_consent": "Whether the joint participation council (GMR) consented; null where nothing was reported.",
    "level": "Spent by the school itself, or `bovenschools`: by its board for several schools together.",
    "line": "Line in the file; 1 is the header.",
    "measure": "The measure that is counted: `pupils`, `score`, `cumi_pupils`, `newcomers`, ...",
    "month": "Month that the amount is for, as the date of its first day.",
    "mr_consent": "Whether the participation council (MR) consented; null where nothing was reported.",
    "municipality": "Municipality of the school.",
    "municipality_number": "Number of the municipality (gemeentenummer), four digits; null where not known.",
    "name": "Name of the school.",
    "paid_month": "Month of the payment run, as the date of its first day.",
    "payment_id": "The payment: 32 hexadecimal digits that follow from what is paid, so nothing is paid twice.",
    "place": "Place of the school.",
    "published": "Day on which the last of its rules was published; null where that is not known.",
    "quantity": "Units that the rate is paid for: what was counted, less a threshold.",
    "rate": "Amount per unit, in the currency of the row.",
    "received": "Amount received in the year, in the currency of the row.",
    "recipient": "Who is paid: a board (five digits), a samenwerkingsverband (VO1234) or a municipality (four "
    "digits).",
    "recipient_kind": "Kind of recipient: `bestuur`, `samenwerkingsverband` or `gemeente`.",
    "reference_date": "Day on which the pupils or scores are counted.",
    "reported_by": "Who reported it.",
    "resolved_by": "The later delivery that resolves the line, as long as it is not superseded itself.",
    "rule": "The rule that the row or the account breaks, by its name.",
    "run_id": "The run that wrote the row: its number, command and subject (000007-pay-2021-09).",
    "scheme": "Code of the subsidy scheme, such as IOP or EHK.",
    "school_scan": "Whether the school made its school scan; null where nothing was reported.",
    "school_type": "School type; `vo_pro_vbo`: praktijkonderwijs and vbo basis/kader years 3-4; `cn`: Caribbean; "
    "`all`: of a municipality.",
    "school_year": "School year, 1 August to 31 July (2021-2022).",
    "spent": "Amount spent in the year by what the board reported, in the currency of the row.",
    "status": "How sure the source is: `published`, `approximate` or `derived`.",
    "superseded_by": "The later delivery that supersedes it; null while it is current.",
    "treatment": "Item under which the annual accounts show what is left over.",
    "vestiging": "School location (vestiging): the BRIN and two digits.",
    "year": "Calendar year.",
}
"""Column name -> its meaning, where several tables or views have it. A table may say more of its own column."""


def column(
    dtype: _Dtype, description: str = "", *, check: pa.Check | None = None, nullable: bool = False
) -> pa.Column:
    """Return a column of a type. Without a description it gets the shared one of its name (`table`)."""
    return pa.Column(dtype, check, description=description, nullable=nullable)


def code(pattern: str, description: str = "", *, nullable: bool = False) -> pa.Column:
    """Return a column of codes that match a pattern."""
    return column(pl.String, description, check=pa.Check.str_matches(pattern), nullable=nullable)


def one_of(values: tuple[str, ...], description: str = "", *, nullable: bool = False) -> pa.Column:
    """Return a column of words from a list."""
    return column(pl.String, description, check=pa.Check.isin(values), nullable=nullable)


text = partial(column, pl.String)
boolean = partial(column, pl.Boolean)
day = partial(column, pl.Date)
moment = partial(column, pl.Datetime("us"))
"""A moment in UTC."""

whole = partial(column, pl.Int64, check=pa.Check.ge(0))
"""A whole number from 0."""

first_of_month = partial(
    column,
    pl.Date,
    check=pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).dt.day() == 1), name="first_of_month"),
)
"""A month, as the date of its first day."""

money = partial(column, MONEY)
"""An amount of either sign: DECIMAL(18,2)."""

money_not_negative = partial(money, check=pa.Check.ge(0))
money_not_zero = partial(
    money, check=pa.Check(lambda data: data.lazyframe.select(pl.col(data.key) != 0), name="not_zero")
)
quantity = partial(column, QUANTITY, check=pa.Check.ge(0))
rate = partial(column, RATE, check=pa.Check.ge(0))


def table(
    name: str, description: str, columns: Mapping[str, pa.Column], key: tuple[str, ...] = ()
) -> pa.DataFrameSchema:
    """Return a table: its columns in order, and the columns that together no two rows share."""
    for column_name, one in columns.items():
        one.description = one.description or SHARED_DESCRIPTIONS[column_name]
    return pa.DataFrameSchema(
        dict(columns), name=name, description=description, strict=True, unique=list(key) or None
    )


AMOUNT_KEY = ("beneficiary", "school_type", "component")
"""The columns that, within a decision, say which amount a row is of."""

AMOUNT_COLUMNS = {
    "vestiging": code(
        VESTIGING,
        "School location (vestiging): the BRIN and two digits; null where the money is not of one.",
        nullable=True,
    ),
    "school_type": one_of(SCHOOL_TYPES),
    "component": code(COMPONENT),
}
BENEFICIARY_COLUMNS = {
    "beneficiary": code(f"{VESTIGING}|{SAMENWERKINGSVERBAND}|{MUNICIPALITY}"),
    "recipient_kind": one_of(RECIPIENT_KINDS),
}
"""The last columns of every table of amounts."""

RECIPIENT = code(RECIPIENT_CODE)


def schema_of(model: pa.DataFrameSchema) -> dict[str, pl.DataType]:
    """Return the columns of a table and their polars types."""
    return {name: column.dtype.type for name, column in model.columns.items()}
