"""Validation of rows against the model of their kind: the valid rows, and a rejection per fault of the others.

A message says what is wrong with which row, and never a word about a pupil.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from npo_pipeline.delivery.sanitize import strip_invisible
from schemas import files as models
from schemas.frames.intake import REJECTIONS, FileRows, RejectionMessages, Rejections, empty
from schemas.iban import iban_fault
from schemas.rules import (
    BOARD,
    INVALID_IBAN,
    NOT_A_DATE,
    NOT_A_NUMBER,
    REJECTION_RULES,
    RULES,
    UNKNOWN_CODE,
    sufficient_conditions,
)

NO_REJECTIONS = Rejections(empty(REJECTIONS))
NO_NUMBERS: Mapping[str, frozenset[int]] = {}

PERSONAL = frozenset({"PSEUDONIEM"})
"""Columns with values that never leave ingest, not even in a message about themselves."""

SHOWN = 40
"""Characters of a wrong value that a message repeats."""

SHOWN_OF_A_PUPIL = 8
"""The same in a file with a personal column: no code or date is longer, and a longer value may well be a
pseudonym that slipped into the next column. Of that only `HINT` characters are shown."""

HINT = 4

_DASHED_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


@dataclass(frozen=True)
class Validation:
    """Hold the rows of a block without a fault, and a rejection per fault of the others."""

    valid: FileRows
    rejections: Rejections


def validate_rows(rows: pl.DataFrame, model: pa.DataFrameSchema) -> Validation:
    """Validate collected rows against their model; every fault of a row is a rejection.

    One pass of cheap conditions, taken from the checks themselves, finds the rows that may have a fault;
    pandera says of those what is wrong.

    Args:
        rows: `line` and text columns, those of the model among them. A LazyFrame would be checked for
            its column names only, and pass; so only collected frames are accepted.
        model: the pandera model of the kind of file.

    Raises:
        TypeError: the rows are lazy, or a check has a name that is no rule. Both are faults of ours.
    """
    if not isinstance(rows, pl.DataFrame):
        raise TypeError(f"rows of {model.name} must be collected before they are checked")
    right = _rows_that_meet(rows, sufficient_conditions(model))
    _refuse_other_types(rows.schema, model)
    if right.all():
        return Validation(FileRows(rows), NO_REJECTIONS)
    suspects = rows.filter(~right)
    try:
        model.validate(suspects.select(list(model.columns)), lazy=True)
    except SchemaErrors as errors:
        return _split(rows, suspects, errors.failure_cases)
    return Validation(FileRows(rows), NO_REJECTIONS)


def surely_valid(model: pa.DataFrameSchema, *parts: pl.DataFrame) -> list[pl.Series]:
    """Return for each part of the columns of a register which of its rows surely have no fault.

    A school occurs in hundreds of rows of a register, and once in a part with its distinct values. Each condition
    is checked in the part that has all its columns.

    Raises:
        TypeError: a check needs columns of two parts; that is a fault of ours.
    """
    _refuse_other_types({name: dtype for part in parts for name, dtype in part.schema.items()}, model)
    conditions: list[list[pl.Expr]] = [[] for _ in parts]
    for one in sufficient_conditions(model):
        needed = set(one.meta.root_names())
        place = next((number for number, part in enumerate(parts) if needed <= set(part.columns)), None)
        if place is None:
            raise TypeError(f"{model.name}: no part has {', '.join(sorted(needed))} together")
        conditions[place].append(one)
    return [_rows_that_meet(part, own) for part, own in zip(parts, conditions, strict=True)]


def _rows_that_meet(rows: pl.DataFrame, conditions: list[pl.Expr]) -> pl.Series:
    # In two steps, of which the first uses all cores.
    met = pl.all_horizontal(pl.lit(True), pl.all().fill_null(False))
    return rows.select(conditions).select(met.alias("right")).to_series()


def _refuse_other_types(schema: Mapping[str, pl.DataType], model: pa.DataFrameSchema) -> None:
    """Refuse columns of another type: blocks without a suspect never reach pandera."""
    for name, column in model.columns.items():
        if schema[name] != column.dtype.type:
            raise TypeError(f"{model.name}.{name} is {schema[name]}, not {column.dtype.type}")


def _split(rows: pl.DataFrame, suspects: pl.DataFrame, cases: pl.DataFrame) -> Validation:
    strange = set(cases["check"].to_list()) - set(RULES)
    if strange or cases["index"].null_count():
        raise TypeError(f"checks that are no rule of refusal: {sorted(strange)}")
    cases = cases.select(pl.col("index").cast(pl.UInt32), rule="check", column_name="column")
    rejected = suspects.with_row_index("index").join(cases.select("index").unique(), on="index", how="semi")
    valid = rows.join(rejected.select("line"), on="line", how="anti", maintain_order="left")
    return Validation(FileRows(valid), _rejections(rejected, cases))


def _rejections(rows: pl.DataFrame, cases: pl.DataFrame) -> Rejections:
    """Add to each fault (index, rule, column_name) its line and its value, unless that may be personal."""
    parts: list[pl.DataFrame] = [NO_REJECTIONS]
    personal = sorted(PERSONAL & set(rows.columns))
    for column in sorted(set(cases["column_name"].to_list())):
        value = pl.lit("") if column in PERSONAL else _shown(pl.col(column), personal)
        shown = rows.select("index", "line", value=value)
        parts.append(cases.filter(pl.col("column_name") == column).join(shown, on="index").select(*REJECTIONS))
    return Rejections(pl.concat(parts).sort("line", "column_name", "rule"))


def _shown(value: pl.Expr, personal: list[str]) -> pl.Expr:
    if not personal:
        return value
    is_long = (value.str.len_chars() > SHOWN_OF_A_PUPIL) & ~value.str.contains(_DASHED_DAY)
    is_personal = pl.any_horizontal(value == pl.col(name) for name in personal)
    hint = pl.when(is_long).then(pl.concat_str(value.str.head(HINT), pl.lit("..."))).otherwise(value)
    return pl.when(is_personal).then(pl.lit("...")).otherwise(hint)


def with_messages(
    rejections: Rejections, *, for_boards: bool = False, numbers: Mapping[str, frozenset[int]] = NO_NUMBERS
) -> RejectionMessages:
    """Add the message of its rule to each rejection.

    `for_boards`: of a file that boards deliver themselves. `numbers`: column -> the lines in which its cell is a
    number of a workbook.
    """
    if rejections.is_empty():
        return RejectionMessages(empty(REJECTIONS).drop("value"))
    quoted = pl.format("'{}'", strip_invisible(pl.col("value")).str.head(SHOWN))
    unquoted = pl.col("rule").is_in([rule.name for rule in REJECTION_RULES if not rule.quoted])
    shown = rejections.with_columns(value=pl.when(unquoted).then("value").otherwise(quoted))
    message = pl.lit(None, pl.String)
    for rule in REJECTION_RULES:
        text = rule.board_message if for_boards and rule.board_message else rule.message
        message = pl.when(pl.col("rule") == rule.name).then(_fill(text)).otherwise(message)
    causes = _causes_for_boards(numbers) if for_boards else _causes_of_wrong_codes(_CAUSES)
    for case, told in causes:
        message = pl.when(case).then(told).otherwise(message)
    if (rejections["rule"] == INVALID_IBAN).any():
        shown = shown.with_columns(fault=rejections["value"].map_elements(iban_fault, return_dtype=pl.String))
        told = pl.format("{} {} {}; have it corrected by the recipient", "column_name", "value", "fault")
        message = pl.when(pl.col("rule") == INVALID_IBAN).then(told).otherwise(message)
    return RejectionMessages(shown.select("line", "rule", "column_name", message=message))


@dataclass(frozen=True)
class _Causes:
    """Hold the messages of causes of a wrong code, with the column, the code and the right one."""

    lost_zeros: str
    small: str
    of_other: str
    time: str


_CAUSES = _Causes(
    lost_zeros="{} '{}' has lost its leading zeros, as codes do in Excel; write {}",
    small="{} '{}' is written in small letters; write {}",
    of_other="{} '{}' does not begin with the BRIN of its row; correct the one or the other",
    time="{} '{}' is a time, which a spreadsheet makes of a code as 12AM or 12PM; write the code as text",
)
_CAUSES_FOR_BOARDS = _Causes(
    lost_zeros="{} '{}' is de nullen vooraan kwijt, zoals codes in Excel; schrijf {}",
    small="{} '{}' staat in kleine letters; schrijf {}",
    of_other="{} '{}' begint niet met het BRIN van de regel; verbeter een van de twee",
    time="{} '{}' is een tijd, die een rekenblad maakt van een code als 12AM of 12PM; schrijf de code als tekst",
)


def _causes_of_wrong_codes(words: _Causes) -> Iterator[tuple[pl.Expr, pl.Expr]]:
    """Yield what can be wrong with a code, and the message that says so."""
    is_code, column, code = pl.col("rule") == UNKNOWN_CODE, pl.col("column_name"), _unquoted()
    for columns, form, digits in _CODES_WITH_ZEROS:
        right = code.str.zfill(digits)
        told = pl.format(words.lost_zeros, column, code, right)
        yield is_code & column.is_in(columns) & code.str.contains(form), told
    small = column.is_in(_CODES_IN_CAPITALS) & code.str.contains(_IN_ANY_LETTERS)
    right = code.str.to_uppercase()
    yield is_code & small & (code != right), pl.format(words.small, column, code, right)
    yield is_code & (column == "BRIN_NUMMER") & code.str.contains(_TIME), pl.format(words.time, column, code)
    of_other = (column == "VESTIGINGSNUMMER") & code.str.contains(r"^[0-9]{2}[A-Z]{2}[0-9]{2}$")
    yield is_code & of_other, pl.format(words.of_other, column, code)


def _causes_for_boards(numbers: Mapping[str, frozenset[int]]) -> Iterator[tuple[pl.Expr, pl.Expr]]:
    """Yield the same for the file of a board, and amounts and days with two meanings, with what to write."""
    rule, column, text = pl.col("rule"), pl.col("column_name"), _unquoted()
    for columns, right in _CODES_OF_BOARDS.items():
        told = pl.format(f"{{}} '{{}}' mag hier niet staan: {right}", column, text)
        yield (rule == UNKNOWN_CODE) & column.is_in(columns), told
    yield from _causes_of_wrong_codes(_CAUSES_FOR_BOARDS)
    # A number that is a right code is wrong beside the others of its row.
    for columns, cause in _BOARDS_OF_A_RESERVE.items():
        told = pl.format(f"{{}} '{{}}' mag hier niet staan: {cause}", column, text)
        yield (rule == UNKNOWN_CODE) & column.is_in(columns) & text.str.contains(BOARD), told
    digits, shown = text.str.replace(r"[.,]", ""), text.str.replace(".", ",", literal=True)
    is_number = pl.any_horizontal(
        pl.lit(False), *((column == name) & pl.col("line").is_in(list(lines)) for name, lines in numbers.items())
    )
    is_group = text.str.contains(r"^-?[1-9][0-9]{0,2}[.,][0-9]{3}$") & ~is_number
    of_two = "{} '{}' kan {} of {} zijn; schrijf {},00, of hoogstens twee cijfers achter de komma"
    yield (rule == NOT_A_NUMBER) & is_group, pl.format(of_two, column, text, digits, shown, digits)
    is_long = text.str.contains(r"^-?[0-9]+[.,][0-9]{3,}$") & ~is_group
    too_long = pl.format("{} '{}' heeft meer dan twee cijfers achter de komma; rond het af", column, shown)
    yield (rule == NOT_A_NUMBER) & is_long, too_long
    short = (rule == NOT_A_DATE) & text.str.contains(r"^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}$")
    yield short, pl.format("{} '{}': schrijf het jaar met vier cijfers, zoals 30-11-2021", column, text)


def _unquoted() -> pl.Expr:
    return pl.col("value").str.strip_prefix("'").str.strip_suffix("'")


_CODES_OF_BOARDS = {
    ("CATEGORIE",): "vul een letter A tot en met F in",
    ("NIVEAU",): "vul school of bovenschools in",
    ("SCHOOLSCAN", "SCHOOLPROGRAMMA_MR", "GMR", "GEMEENTE_GEINFORMEERD"): "vul J (ja) of N (nee) in",
    ("SCHOOLJAAR",): "vul een schooljaar in als 2021-2022",
    ("BRIN_NUMMER",): "een BRIN is twee cijfers en twee letters, als 01AB",
    ("BEVOEGD_GEZAG_NUMMER", "VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG"): "een bestuur is vijf cijfers, als 10001",
}
_BOARDS_OF_A_RESERVE = {
    ("NAAR_BEVOEGD_GEZAG",): "VAN en NAAR zijn hetzelfde bestuur; verbeter een van de twee",
    ("BEVOEGD_GEZAG_NUMMER",): "dit bestuur is VAN noch NAAR; verbeter het, of haal de regel weg",
}
"""Columns of the reports of boards, and what may stand there, or what is wrong with a right code in them."""

_TIME = r"^1899-?12-?3[01]( [0-9:]+)?$"
"""The first day of a spreadsheet: what was taken for a time has no other."""

_CODES_IN_CAPITALS = ("BRIN_NUMMER", "VESTIGINGSNUMMER", "VESTIGING", "OPVOLGER", models.SCHOOL, "ONTVANGER")
_IN_ANY_LETTERS = r"^([0-9]{2}[A-Za-z]{2}([0-9]{2})?|[Vv][Oo][0-9]{4})$"
"""A BRIN, a vestiging or a samenwerkingsverband, in capitals or not."""

_CODES_WITH_ZEROS = (
    (("VESTIGINGSNUMMER",), r"^[0-9]$", 2),
    (("BEVOEGD_GEZAG_NUMMER",), r"^[0-9]{1,4}$", 5),
    (("ONTVANGER",), r"^[0-9]{1,3}$", 4),
    (("BRIN_NUMMER",), r"^[0-9][A-Z]{2}$", 4),
    (("VESTIGING", "OPVOLGER", models.SCHOOL), r"^[0-9][A-Z]{2}[0-9]{2}$", 6),
)
"""Columns of codes, the form of one without its leading zeros, and its length with them."""


def _fill(message: str) -> pl.Expr:
    order = sorted((at, name) for name in ("value", "column") if (at := message.find("{" + name + "}")) >= 0)
    columns = {"value": "value", "column": "column_name"}
    template = message.replace("{value}", "{}").replace("{column}", "{}")
    return pl.format(template, *(pl.col(columns[name]) for _, name in order)) if order else pl.lit(message)
