"""The rules of rejection (contract, section 2) as pandera checks; a check has the name of its rule.

Every check but `missing_value` accepts an empty value, so that one fault is one rejection. All of them
read text: what cannot be read is a fault of the row, not of the program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import pandera.polars as pa
import polars as pl

from schemas.iban import FORM, iban_fault

UNKNOWN_CODE = "unknown_code"
NOT_A_NUMBER = "not_a_number"
NOT_A_DATE = "not_a_date"
NEGATIVE = "negative"
MISSING_VALUE = "missing_value"
DUPLICATE_ROW = "duplicate_row"
DOUBLE_ENROLMENT = "double_enrolment"
LEAVES_BEFORE_ENTRY = "leaves_before_entry"
UNKNOWN_SCHOOL = "unknown_school"
CONTRADICTION = "contradiction"
OUTSIDE_YEAR = "outside_year"
PERCENT = "percentage"
CREDIT = "credit_above_spent"
OTHER_CURRENCY = "other_currency"
OTHER_BOARD = "other_board"
OTHER_YEAR = "other_year"
INVALID_IBAN = "invalid_iban"


@dataclass(frozen=True, kw_only=True)
class RejectionRule:
    """Represent a rule: when a row is rejected, and the message of the rejection.

    `message`: with `{column}` and `{value}`; it begins with a word of ours, so that no wrong value begins a cell
    of a spreadsheet. `board_message`: in Dutch, for the files that boards deliver themselves; null where no such
    file can break the rule.
    `quoted`: the value is text of the file, and not a place that intake names.
    """

    name: str
    when: str
    message: str
    board_message: str | None = None
    quoted: bool = True


REJECTION_RULES = (
    RejectionRule(
        name=UNKNOWN_CODE,
        when="a code is outside its list or pattern",
        message="{column} {value} is no code that may stand there; correct it at the source",
        board_message="{column} {value} mag hier niet staan; verbeter het",
    ),
    RejectionRule(
        name=NOT_A_NUMBER,
        when="a number cannot be read, or has more digits or decimals than it may have",
        message="{column} {value} is no number that may stand there (whole pupils; scores, two decimals)",
        board_message="{column} {value} is geen getal dat hier mag staan: vul euro's in, onder een miljard en met "
        "hoogstens twee decimalen (1234,56), of een jaar (2021)",
    ),
    RejectionRule(
        name=NOT_A_DATE,
        when="a date does not exist, or is not written as 20201001 or 2020-10-01",
        message="{column} {value} is no day, or is not written as 20201001 or 2020-10-01",
        board_message="{column} {value} is geen datum; vul een bestaande dag in als 2021-11-30, een jaar als 2021",
    ),
    RejectionRule(
        name=NEGATIVE,
        when="a count, score or amount is below zero",
        message="{column} {value} is below zero; it counts from 0",
        board_message="{column} {value} ligt onder nul; vul een bedrag vanaf 0 in, of van een creditnota op blad "
        "Besteding ook een REDEN",
    ),
    RejectionRule(
        name=MISSING_VALUE,
        when="a column that must be filled in is empty",
        message="{column} is empty; fill it in at the source",
        board_message="{column} is leeg; vul het in",
    ),
    RejectionRule(
        name=DUPLICATE_ROW,
        when="the row is an exact copy of an earlier row; the first one stays",
        message="is an exact copy of line {value}; the first one stays",
        board_message="is dezelfde rij als rij {value}; de eerste telt, haal deze weg",
        quoted=False,
    ),
    RejectionRule(
        name=DOUBLE_ENROLMENT,
        when="one PSEUDONIEM counts at two places on the reference date; none of them counts",
        message="the pupil also counts on {value}; none of them counts until one is ended",
        quoted=False,
    ),
    RejectionRule(
        name=LEAVES_BEFORE_ENTRY,
        when="DATUM_UIT lies before DATUM_IN",
        message="{column} {value} lies before DATUM_IN; correct one of the two",
    ),
    RejectionRule(
        name=UNKNOWN_SCHOOL,
        when="no board is known for the school, or the school never belonged to the board that reports on it",
        message="no board is known for {value}; deliver an address list or a change that names it",
        board_message="{column} {value} en was dat nooit; verbeter een van de twee, of lever eerst de "
        "adressenlijst of wijziging aan die de school aan het bestuur geeft",
        quoted=False,
    ),
    RejectionRule(
        name=CONTRADICTION,
        when="two rows of a list differ about one place, such as a vestiging in two areas, or about the account "
        "of one recipient from one day; none of them counts",
        message="contradicts {value}; none of these rows counts until one of them is left",
        quoted=False,
    ),
    RejectionRule(
        name=OUTSIDE_YEAR,
        when="DATUM is a day of another year than JAAR",
        message="{column} {value} is a day of another year than JAAR; correct one of the two",
        board_message="{column} {value} valt niet in JAAR; verbeter een van de twee",
    ),
    RejectionRule(
        name=PERCENT,
        when="a board writes a percentage where an amount is asked",
        message="{column} {value} is a percentage; write the amount itself",
        board_message="{column} {value} is een percentage; vul het bedrag zelf in",
        quoted=False,
    ),
    RejectionRule(
        name=CREDIT,
        when="the credit notes of an intervention come to more than what was spent on it",
        message="{column} brings {value}; correct the credit note, or restate the year that it is of",
        board_message="{column} brengt {value}; verbeter de creditnota, of verbeter het jaar waar zij bij hoort",
        quoted=False,
    ),
    RejectionRule(
        name=OTHER_CURRENCY,
        when="a board writes an amount with the sign of another currency than the school is paid in",
        message="{column} {value} is not in the currency that the school is paid in; write the amount in that one",
        board_message="{column} {value} is niet in de valuta waarin de school wordt betaald; vul het daarin in",
    ),
    RejectionRule(
        name=OTHER_BOARD,
        when="the row is of another board than the file was made or is handed in for; nothing is taken in then",
        message="{column} {value} is not the board that the file is of; take it out, or hand it in for that board",
        board_message="{column} {value}; haal de regel weg, of lever hem in bij dat bestuur",
        quoted=False,
    ),
    RejectionRule(
        name=OTHER_YEAR,
        when="the row is of another year than the form was made for, or of a year with nothing to account for; "
        "nothing is taken in then",
        message="{column} {value} is not the year that the file is of; correct it, or hand it in with that year",
        board_message="{column} {value}; verbeter het, of lever de regel in bij dat jaar",
        quoted=False,
    ),
    RejectionRule(
        name=INVALID_IBAN,
        when="an IBAN is not Dutch, or its length, its check digits or its bank are wrong; the message says which",
        message="{column} {value} is no Dutch IBAN of a bank that is known; have it corrected by the recipient",
    ),
)
RULES = tuple(rule.name for rule in REJECTION_RULES)

OF_OTHERS = (OTHER_BOARD, OTHER_YEAR)
"""The rules of which one row refuses the whole delivery: the file was handed in at the wrong place."""

BRIN = r"^[0-9]{2}[A-Z]{2}$"
VESTIGING = r"^[0-9]{2}[A-Z]{2}[0-9]{2}$"
BOARD = r"^[0-9]{5}$"
SAMENWERKINGSVERBAND = r"^VO[0-9]{4}$"
MUNICIPALITY = r"^[0-9]{4}$"
RECIPIENT = f"{BOARD}|{SAMENWERKINGSVERBAND}|{MUNICIPALITY}"
SCHOOL_YEAR = r"^20[0-9]{2}-20[0-9]{2}$"
IBAN = r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"
IBAN_NL = rf"^{FORM}$"
BIC = r"^[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$"

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
"""No pupil, school or count is of another day; a year 0 would not even be a date elsewhere."""


@cache
def _days() -> pl.Series:
    """Return all days as numbers; made when the first register is read."""
    return pl.date_range(_FIRST_DAY, _LAST_DAY, eager=True).dt.strftime("%Y%m%d").cast(pl.Int32)


_TWO_DIGITS = [f"{number:02d}" for number in range(100)]

_WHOLE = r"^-?[0-9]{1,5}$"
"""Up to 99,999: the largest vestiging of the country has under 3,000 pupils."""

MASKED = r"^< ?[1-9][0-9]?$"
"""A count that DUO does not publish because it is small: `<5` stands for 1, 2, 3 or 4."""

_YEAR = r"^(19|20)[0-9]{2}$"

_AMOUNT = r"^-?([0-9]{1,9}([.,][0-9]{1,2})?|[0-9]{1,3}(\.[0-9]{3}){1,2},[0-9]{1,2})$"
"""1234.56, 1234,56 or 1.234,56; more than two decimals would have to be rounded, so they are refused."""


def is_amount(text: str) -> bool:
    """Return whether a text is an amount as files may write it, of either sign."""
    return re.match(_AMOUNT, text) is not None


Condition = Callable[[pl.Expr], pl.Expr]


_SURELY = "surely"
"""The attribute of a check with its cheap condition; pandera knows checks by class, so no subclass will do."""


def sufficient_conditions(model: pa.DataFrameSchema) -> list[pl.Expr]:
    """Return conditions, one per column, that together imply that a row passes all checks of its model.

    A register has millions of rows and hardly any with a fault; these expressions find the few that may
    have one. They consist of the conditions that the checks themselves carry.

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
    """Require a value."""
    return _check(MISSING_VALUE, lambda value: value != "")


def missing_text() -> pa.Check:
    """Require a text that shows: characters that are invisible are no text."""
    return _check(MISSING_VALUE, lambda value: value.str.contains(r"[^\p{C}\p{Z}]"))


def one_of(codes: Sequence[str]) -> pa.Check:
    """Require one of a list of codes."""
    # A few comparisons are quicker than looking each value up.
    return _check(UNKNOWN_CODE, lambda value: pl.any_horizontal(value == code for code in ("", *codes)))


def code(pattern: str) -> pa.Check:
    """Require a code of this pattern."""
    return _check(UNKNOWN_CODE, lambda value: (value == "") | value.str.contains(pattern))


def vestiging_number() -> pa.Check:
    """Require two digits, or the BRIN of the same row and two digits (domain notes, section 4, key trap)."""
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
    """Require a whole number of at most five digits that is not negative."""
    return (_number(_one_digit), _not_negative(_WHOLE))


def masked_number() -> tuple[pa.Check, pa.Check]:
    """Require a whole number, or one that is masked."""
    return (
        _check(
            NOT_A_NUMBER, lambda value: (value == "") | value.str.contains(_WHOLE) | value.str.contains(MASKED)
        ),
        _not_negative(_WHOLE),
    )


def amount() -> tuple[pa.Check, pa.Check]:
    """Require an amount or score with at most two decimals that is not negative."""
    return (
        _check(NOT_A_NUMBER, lambda value: (value == "") | value.str.contains(_AMOUNT)),
        _not_negative(_AMOUNT),
    )


def credit_amount(reason: str) -> tuple[pa.Check, pa.Check]:
    """Require an amount with at most two decimals; below zero only where column `reason` says why."""
    is_below, has_reason = _not_negative(_AMOUNT), pl.col(reason) != ""
    holds = getattr(is_below, _SURELY)
    below = _check(NEGATIVE, lambda value: holds(value) | ~value.str.contains(_AMOUNT) | has_reason, surely=holds)
    return (_check(NOT_A_NUMBER, lambda value: (value == "") | value.str.contains(_AMOUNT)), below)


def day() -> pa.Check:
    """Require a date that exists, written as 20201001 or 2020-10-01."""
    return _check(NOT_A_DATE, lambda value: (value == "") | day_of(value).is_not_null(), surely=_compact_day)


def year() -> tuple[pa.Check, ...]:
    """Require a year of four digits, of these centuries."""
    holds = _check(NOT_A_DATE, lambda value: ~value.str.contains(r"^[0-9]{1,5}$") | value.str.contains(_YEAR))
    return (_number(lambda value: (value == "") | value.str.contains(_YEAR)), _not_negative(_WHOLE), holds)


def school_year() -> pa.Check:
    """Require a school year as 2021-2022: two years of this century that follow each other."""
    return _check(
        UNKNOWN_CODE,
        lambda value: (value == "") | (value.str.contains(SCHOOL_YEAR) & _years_follow(value)),
    )


def iban() -> pa.Check:
    """Require a Dutch IBAN of a known bank, with or without spaces, in capitals or not."""
    return _check(INVALID_IBAN, lambda value: value.map_elements(_is_iban, return_dtype=pl.Boolean))


def _is_iban(text: str) -> bool:
    return text == "" or iban_fault(text) is None


def not_before(entry: str) -> pa.Check:
    """Require a date that is not earlier than the one in column `entry` (where both can be read)."""
    return _check(
        LEAVES_BEFORE_ENTRY,
        lambda value: (value == "") | (day_of(value) >= day_of(pl.col(entry))).fill_null(True),
        surely=lambda value: (value == "") | (value >= pl.col(entry)),
    )


def present_when(column: str, codes: Sequence[str]) -> pa.Check:
    """Require a value when `column` holds one of these codes."""
    return _check(MISSING_VALUE, lambda value: (value != "") | ~pl.col(column).is_in(list(codes)))


def day_of(value: pl.Expr) -> pl.Expr:
    """Parse text as a date; null where it is none.

    The forms are checked first: parsing passes over spaces, and would accept "2020 1 1" as a date.
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
    """Accept eight digits that are a day of these centuries; much cheaper than parsing a date."""
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
    """Build a check of one value, or of one value beside others of its row; its name is the rule.

    `surely` is a cheaper condition that implies `holds`, where there is one.
    """
    check = pa.Check(lambda data: data.lazyframe.select(holds(pl.col(data.key))), name=rule)
    setattr(check, _SURELY, surely or holds)
    return check
