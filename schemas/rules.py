"""The rules of refusal (contract, section 2) as pandera checks; a check's name is the rule it enforces.

Every check but `missing_value` lets an empty value pass, so that one fault is one refusal. All of them
look at text: what cannot be read is a fault of the row, not of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

import pandera.polars as pa
import polars as pl

UNKNOWN_CODE = "unknown_code"
NOT_A_NUMBER = "not_a_number"
NOT_A_DATE = "not_a_date"
NEGATIVE = "negative"
MISSING_VALUE = "missing_value"
DUPLICATE_ROW = "duplicate_row"
DOUBLE_ENROLMENT = "double_enrolment"
LEAVES_BEFORE_ENTRY = "leaves_before_entry"
UNKNOWN_SCHOOL = "unknown_school"

RULES = (
    UNKNOWN_CODE,
    NOT_A_NUMBER,
    NOT_A_DATE,
    NEGATIVE,
    MISSING_VALUE,
    DUPLICATE_ROW,
    DOUBLE_ENROLMENT,
    LEAVES_BEFORE_ENTRY,
    UNKNOWN_SCHOOL,
)

BRIN = r"^[0-9]{2}[A-Z]{2}$"
VESTIGING = r"^[0-9]{2}[A-Z]{2}[0-9]{2}$"
BOARD = r"^[0-9]{5}$"

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
"""No pupil, school or count is of another day; a year 0 would not even be a date elsewhere."""


@cache
def _days() -> pl.Series:
    """All days, as numbers: made when the first register is read."""
    return pl.date_range(_FIRST_DAY, _LAST_DAY, eager=True).dt.strftime("%Y%m%d").cast(pl.Int32)


_TWO_DIGITS = [f"{number:02d}" for number in range(100)]

_WHOLE = r"^-?[0-9]{1,5}$"
"""Up to 99,999: the largest vestiging of the country has under 3,000 pupils."""

_YEAR = r"^(19|20)[0-9]{2}$"

_SCHOOL_YEAR = r"^20[0-9]{2}-20[0-9]{2}$"

_AMOUNT = r"^-?([0-9]{1,9}([.,][0-9]{1,2})?|[0-9]{1,3}(\.[0-9]{3}){1,2},[0-9]{1,2})$"
"""1234.56, 1234,56 or 1.234,56; more than two decimals would have to be rounded, so they are refused."""


Condition = Callable[[pl.Expr], pl.Expr]


_SURELY = "surely"
"""Where a check keeps its cheap condition; pandera knows its checks by class, so a class of ours will not do."""


def sufficient_conditions(model: pa.DataFrameSchema) -> list[pl.Expr]:
    """Conditions, one per column, that a row can only meet together when it passes all checks of its model.

    A register has millions of rows and hardly any with a fault; these expressions find the few that may
    have one. They are made of the conditions that the checks themselves carry.

    Raises:
        TypeError: a check carries none, so it would be passed over.
    """
    conditions = []
    for name, column in model.columns.items():
        for check in column.checks:
            if not hasattr(check, _SURELY):
                raise TypeError(
                    f"{model.name}.{name}: check {check.name} was not made here and would be passed over"
                )
        if column.checks:
            own = [getattr(check, _SURELY)(pl.col(name)) for check in column.checks]
            conditions.append(pl.all_horizontal(own).alias(name))
    return conditions


def missing_value() -> pa.Check:
    """A value must stand here."""
    return _check(MISSING_VALUE, lambda value: value != "")


def missing_text() -> pa.Check:
    """A text must stand here that can be seen: marks that show nothing are no text."""
    return _check(MISSING_VALUE, lambda value: value.str.contains(r"[^\p{C}\p{Z}]"))


def one_of(codes: Sequence[str]) -> pa.Check:
    """The value is one of a list of codes."""
    # A few comparisons are quicker than looking each value up.
    return _check(UNKNOWN_CODE, lambda value: pl.any_horizontal(value == code for code in ("", *codes)))


def code(pattern: str) -> pa.Check:
    """The value is a code of this pattern."""
    return _check(UNKNOWN_CODE, lambda value: (value == "") | value.str.contains(pattern))


def vestiging_number() -> pa.Check:
    """Two digits, or the BRIN of the same row and two digits (domain notes, section 4, key trap)."""
    brin = pl.col("BRIN_NUMMER")
    return _check(
        UNKNOWN_CODE,
        lambda value: (
            (value == "")
            | value.str.contains(r"^[0-9]{2}$")
            | (value.str.contains(VESTIGING) & (~brin.str.contains(BRIN) | (value.str.head(4) == brin)))
        ),
        surely=lambda value: (
            value.is_in(_TWO_DIGITS)
            | ((value.str.len_bytes() == 6) & (value.str.head(4) == brin) & value.str.tail(2).is_in(_TWO_DIGITS))
        ),
    )


def whole_number() -> tuple[pa.Check, pa.Check]:
    """A whole number of at most five digits that is not negative."""
    return (_number(_one_digit), _not_negative(_WHOLE))


def amount() -> tuple[pa.Check, pa.Check]:
    """An amount or score with at most two decimals that is not negative."""
    return (
        _check(NOT_A_NUMBER, lambda value: (value == "") | value.str.contains(_AMOUNT)),
        _not_negative(_AMOUNT),
    )


def day() -> pa.Check:
    """A date that exists, written as 20201001 or 2020-10-01."""
    return _check(NOT_A_DATE, lambda value: (value == "") | day_of(value).is_not_null(), surely=_compact_day)


def year() -> tuple[pa.Check, ...]:
    """A year of four digits, of these centuries."""
    holds = _check(NOT_A_DATE, lambda value: ~value.str.contains(r"^[0-9]{1,5}$") | value.str.contains(_YEAR))
    return (_number(lambda value: (value == "") | value.str.contains(_YEAR)), _not_negative(_WHOLE), holds)


def school_year() -> pa.Check:
    """A school year as 2021-2022: two years of this century that follow each other."""
    return _check(
        UNKNOWN_CODE,
        lambda value: (value == "") | (value.str.contains(_SCHOOL_YEAR) & _years_follow(value)),
    )


def not_before(entry: str) -> pa.Check:
    """A date that is not earlier than the one in column `entry` (where both can be read)."""
    return _check(
        LEAVES_BEFORE_ENTRY,
        lambda value: (value == "") | (day_of(value) >= day_of(pl.col(entry))).fill_null(True),
        surely=lambda value: (value == "") | (value >= pl.col(entry)),
    )


def present_when(column: str, codes: Sequence[str]) -> pa.Check:
    """A value must stand here when `column` holds one of these codes."""
    return _check(MISSING_VALUE, lambda value: (value != "") | ~pl.col(column).is_in(list(codes)))


def day_of(value: pl.Expr) -> pl.Expr:
    """Read text as a date; null where it is none.

    The forms are looked at first: reading a date passes over spaces, and would take "2020 1 1" for one.
    """
    read = (
        pl.when(value.str.contains(r"^[0-9]{8}$"))
        .then(value.str.to_date("%Y%m%d", strict=False))
        .when(value.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))
        .then(value.str.to_date("%Y-%m-%d", strict=False))
    )
    return pl.when(read.is_between(_FIRST_DAY, _LAST_DAY)).then(read)


def _years_follow(value: pl.Expr) -> pl.Expr:
    first, last = (part.cast(pl.Int32, strict=False) for part in (value.str.head(4), value.str.tail(4)))
    return (last - first == 1).fill_null(False)


def _compact_day(value: pl.Expr) -> pl.Expr:
    """Empty, or eight digits that are a day of these centuries; much cheaper than reading a date."""
    number = value.cast(pl.Int32, strict=False)
    return (value == "") | ((value.str.len_bytes() == 8) & number.is_in(_days().implode())).fill_null(False)


def _one_digit(value: pl.Expr) -> pl.Expr:
    return (value == "") | ((value.str.len_bytes() == 1) & value.cast(pl.UInt8, strict=False).is_not_null())


def _number(surely: Condition) -> pa.Check:
    return _check(NOT_A_NUMBER, lambda value: (value == "") | value.str.contains(_WHOLE), surely)


def _not_negative(pattern: str) -> pa.Check:
    return _check(
        NEGATIVE,
        lambda value: ~(value.str.starts_with("-") & value.str.contains(pattern)),
        surely=lambda value: ~value.str.starts_with("-"),
    )


def _check(rule: str, holds: Condition, surely: Condition | None = None) -> pa.Check:
    """A check of one value, or of one value beside others of its row; its name is the rule.

    `surely` is a cheaper condition that implies `holds`, where there is one.
    """
    check = pa.Check(lambda data: data.lazyframe.select(holds(pl.col(data.key))), name=rule)
    setattr(check, _SURELY, surely or holds)
    return check
