"""Reader of what a table of others says: amounts of schools or boards, and the rows that could not be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, InvalidOperation

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import letters_of, sanitize
from npo_pipeline.delivery.sniff import SHOWN, normal_name
from npo_pipeline.delivery.table_file import Table
from npo_pipeline.delivery.written_values import code_of, school_year_of
from npo_pipeline.errors import Refused
from npo_pipeline.intake.parse import amount
from npo_pipeline.measures import PUPILS
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.reconciliation.mapping import AmountColumn, Layout, RowColumns
from npo_pipeline.reconciliation.model import ReconciledFile
from npo_pipeline.rulebook.error_messages import suggest
from schemas.reconciled import (
    BY_BOARD,
    BY_SCHOOL,
    BY_VESTIGING,
    OTHER_ROWS,
    RECONCILED_LEVELS,
    THEIR_AMOUNTS,
    UNREAD_ROWS,
    OtherRows,
    TheirAmounts,
    UnreadRows,
)
from schemas.rules import is_amount

ALL_TYPES = ""
"""The school types of an amount that is of all of them, while it is worked on: no key holds a null."""

_NOTHING = r"^[-–—]?$"
"""A cell without an amount; accounting formats of spreadsheets write nothing as a dash."""

_SIGN = r"(?i)^(-?)\s*(?:€|eur)\s*|\s*(?:€|eur)$"
"""The sign of the currency, also behind that of a negative amount."""
_SHOWN_DIGITS = Context(prec=15)
"""The digits that a spreadsheet shows of a number; those behind are of the way in which it is kept."""

_SEVERAL = 3

_LONG_ENOUGH = 8
"""Letters of a name of which a part says what it is."""

_Test = Callable[[str], bool]
"""Returns whether a value of a row is one that counts."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Represent what amounts are compared with, as far as reading them needs it.

    `components`: those that may stand in a row -> the measure that each is counted by. `regulations`: names of the
    regulations of the decision, in the letters of `letters_of`.
    """

    school_year: str
    components: Mapping[str, str | None]
    regulations: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class ReadFile:
    """Hold a file of others as read: its amounts, and the rows that were not read or are of something else.

    `unreadable`: code and component of amounts that are none.
    """

    file: ReconciledFile
    amounts: TheirAmounts
    unread: UnreadRows
    others: OtherRows
    unreadable: frozenset[tuple[str, str]] = frozenset()


@dataclass(kw_only=True)
class _Reading:
    """Read one table; `unread` and `others` grow on the way. Its rows have level, code and board once placed."""

    table: Table
    layout: Layout
    compared: Compared
    unread: list[pl.DataFrame] = field(default_factory=list)
    others: list[pl.DataFrame] = field(default_factory=list)
    unreadable: set[tuple[str, str]] = field(default_factory=set)

    def column(self, name: str) -> str:
        """Return the column of the table that a mapping names; refuse one that is not there."""
        found = normal_name(name)
        if found in self.table.columns:
            return found
        near = _near(found, [one for one in self.table.columns if not _NUMBERED.search(one)])
        where = f"{self.table.shown}, line {self.table.header_row}"
        raise Refused(f"{where}: has no column {name}, which {self.layout.name} names; {near}")


def _reject(reading: _Reading, rows: pl.DataFrame, column: str, words: str, *, value: str) -> None:
    """Keep out rows, each with what is wrong; `column`: as the file names it, `value`: the column with it here."""
    # Between quotes nothing is run as a formula; the apostrophe that keeps it from that is none of the value.
    shown = sanitize(pl.col(value)).str.slice(0, SHOWN).str.strip_prefix("'")
    reading.unread.append(
        rows.select(
            file=pl.lit(reading.table.name),
            line="line",
            column_name=pl.lit(column),
            message=pl.format("{} '{}' {}", pl.lit(column), shown, pl.lit(words)),
        )
    )


_MANY = 12

_NUMBERED = re.compile(r"[0-9]{5}")
"""Names that are none: a row of a register that was taken for the header holds the pseudonym of a pupil."""

_PUPIL = "PSEUDONIEM"


def _near(name: str, columns: Sequence[str]) -> str:
    """Return the column that may have been meant, or the first ones where none is near."""
    near = suggest(name, columns)
    is_short = near.startswith("is `") or len(columns) <= _MANY
    return near if is_short else f"there is {', '.join(columns[:_MANY])}, ..."


def read_theirs(table: Table, layout: Layout, compared: Compared) -> ReadFile:
    """Read the amounts of a table by a layout.

    Raises:
        Refused: a column is missing, a school stands in two rows or on two levels, or no row could be read.
    """
    reading = _Reading(table=table, layout=layout, compared=compared)
    for name in layout.mapping.columns:
        if normal_name(name) == _PUPIL:
            raise Refused(
                f"{layout.name}: names {name}, which is of pupils and is shown nowhere; name another column"
            )
        reading.column(name)
    rows = _placed(reading)
    amounts = _of_rows(reading, rows) if layout.mapping.rows else _of_columns(reading, rows)
    unread = UnreadRows(pl.concat([pl.DataFrame(schema=UNREAD_ROWS), *reading.unread]).sort("line", "column_name"))
    others = OtherRows(pl.concat([pl.DataFrame(schema=OTHER_ROWS), *reading.others]))
    if amounts.is_empty():
        raise Refused(_nothing_read(table, unread, others))
    file = ReconciledFile(
        name=table.name,
        sha256=table.sha256,
        layout=layout.name,
        levels=tuple(level for level in RECONCILED_LEVELS if level in amounts["level"]),
        rows=table.rows.height,
        components=tuple(amounts["component"].unique().sort()),
    )
    unreadable = frozenset(reading.unreadable)
    return ReadFile(file=file, amounts=amounts, unread=unread, others=others, unreadable=unreadable)


def _nothing_read(table: Table, unread: UnreadRows, others: OtherRows) -> str:
    """Return why nothing of a table could be compared."""
    if not unread.is_empty():
        shown = [
            f"line {line}: {message}" for line, message in unread.select("line", "message").head(_SEVERAL).rows()
        ]
        more = unread.height - len(shown)
        rest = f"; and {dutch.number(more)} more" if more else ""
        return f"{table.shown}: no row can be read: {'; '.join(shown)}{rest}"
    if not others.is_empty():
        shown = [
            f"{column} {value}" for column, value in others.select("column_name", "value").head(_SEVERAL).rows()
        ]
        return f"{table.shown}: all rows are of something else ({', '.join(shown)}); nothing can be compared"
    return f"{table.shown}: holds no amount in the columns that {table.name} is compared by; look at the mapping"


def _placed(reading: _Reading) -> pl.DataFrame:
    """Return the rows with level, code and board; reject those without a code, refuse two levels of schools."""
    mapping, rows = reading.layout.mapping, pl.DataFrame(reading.table.rows)
    school = _school_codes(rows[reading.column(mapping.school)]) if mapping.school else pl.lit("")
    if mapping.vestiging:
        number = pl.col(reading.column(mapping.vestiging)).str.replace(r"^[0-9]{2}[A-Za-z]{2}", "")
        school = pl.when(number != "").then(school + number.str.zfill(2)).otherwise(school)
    board = pl.col(reading.column(mapping.board)) if mapping.board else pl.lit("")
    rows = rows.with_columns(
        school_code=school,
        board_code=pl.when(board.str.contains(r"^[0-9]{1,5}$")).then(board.str.zfill(5)).otherwise(board),
    )
    is_board = (pl.col("school_code") == "") & (pl.col("board_code") != "")
    level = (
        pl.when(is_board & pl.col("board_code").str.contains(r"^[0-9]{5}$")).then(pl.lit(BY_BOARD))
        .when(pl.col("school_code").str.contains(r"^[0-9]{2}[A-Z]{2}$")).then(pl.lit(BY_SCHOOL))
        .when(pl.col("school_code").str.contains(r"^[0-9]{2}[A-Z]{2}[0-9]{2}$")).then(pl.lit(BY_VESTIGING))
    )  # fmt: skip
    rows = rows.with_columns(level=level, code=pl.when(is_board).then("board_code").otherwise("school_code"))
    column = mapping.school or mapping.board or ""
    no_code = rows.filter(pl.col("level").is_null())
    as_given = "code" if mapping.vestiging or not column else reading.column(column)
    _reject(reading, no_code, column, _NO_CODE[bool(mapping.school)], value=as_given)
    rows = rows.filter(pl.col("level").is_not_null())
    _refuse_two_levels(reading, rows)
    named = pl.when(pl.col("board_code").str.contains(r"^[0-9]{5}$")).then("board_code")
    return rows.with_columns(board=named)


def _school_codes(texts: pl.Series) -> pl.Series:
    """Return codes of schools in capitals, and those that a spreadsheet took for an hour as they were."""
    meant = {text: code_of("BRIN_NUMMER", text) or text.replace(" ", "").upper() for text in texts.unique()}
    return texts.replace_strict(meant, return_dtype=pl.String)


_NO_CODE = {
    True: "is no code of a school: a BRIN (16AH) or a vestiging (16AH00)",
    False: "is no number of a board: five digits, as 12045",
}


def _refuse_two_levels(reading: _Reading, rows: pl.DataFrame) -> None:
    first = {
        level: int(rows.filter(level=level)["line"].sort()[0])
        for level in (BY_SCHOOL, BY_VESTIGING)
        if level in rows["level"]
    }
    if len(first) > 1:
        brin, vestiging = first[BY_SCHOOL], first[BY_VESTIGING]
        raise Refused(
            f"{reading.table.shown}: column {reading.layout.mapping.school} has a BRIN in line {brin} and a "
            f"vestiging in line {vestiging}; give each level a file of its own, so that nothing is compared twice"
        )


def _of_columns(reading: _Reading, rows: pl.DataFrame) -> TheirAmounts:
    """Return the amounts of a table with a column per component."""
    _refuse_school_twice(reading, rows)
    counts = {one.measure: f"({one.measure})" for one in reading.layout.mapping.counts}
    for one in reading.layout.mapping.counts:
        rows = _with_count(reading, rows, one.column, counts[one.measure])
    parts = [_of_column(reading, rows, one, counts) for one in reading.layout.mapping.amounts]
    return TheirAmounts(pl.concat([pl.DataFrame(schema=THEIR_AMOUNTS), *parts]))


def _of_column(
    reading: _Reading, rows: pl.DataFrame, one: AmountColumn, counts: Mapping[str, str]
) -> pl.DataFrame:
    named = _with_cents(reading, rows, one.column).with_columns(component=pl.lit("+".join(one.named)))
    read = _without_bad_amounts(reading, named, one.column)
    measures = [reading.compared.components.get(name) or "" for name in one.named]
    # Of a sum the count is that of its one component per pupil.
    measure = measures[0] if len(measures) == 1 else PUPILS.name if measures.count(PUPILS.name) == 1 else ""
    count = counts.get(measure)
    return read.select(
        file=pl.lit(reading.table.name),
        sha256=pl.lit(reading.table.sha256),
        level="level",
        code="code",
        board="board",
        component="component",
        school_types=pl.lit("+".join(sorted(one.school_types))),
        column_name=pl.lit(one.column),
        line="line",
        theirs_cents="cents",
        their_count_e2=pl.col(count) if count else pl.lit(None, pl.Int64),
    )


def _refuse_school_twice(reading: _Reading, rows: pl.DataFrame) -> None:
    twice = rows.filter(pl.col("code").is_duplicated()).group_by("code").agg(pl.col("line").sort()).sort("code")
    if not twice.is_empty():
        code, (one, other, *_) = str(twice["code"][0]), twice["line"][0].to_list()
        raise Refused(
            f"{reading.table.shown}, line {other}: {code} stands in line {one} too; a school has one row here, so "
            "take one out, or give a table with a row per component"
        )


def _of_rows(reading: _Reading, rows: pl.DataFrame) -> TheirAmounts:
    """Return the amounts of a table with a row per component; rows of a school and component add up."""
    columns = reading.layout.mapping.rows
    assert columns is not None
    rows = _of_this(reading, _with_cents(reading, rows, columns.amount), columns)
    rows = _without_bad_amounts(reading, rows, columns.amount)
    summed = rows.group_by("level", "code", "component").agg(
        pl.col("board").sort_by("line").first(), pl.col("line").min(), pl.col("cents").sum()
    )
    return TheirAmounts(
        summed.sort("line", "component").select(
            file=pl.lit(reading.table.name),
            sha256=pl.lit(reading.table.sha256),
            level="level",
            code="code",
            board="board",
            component="component",
            school_types=pl.lit(ALL_TYPES),
            column_name=pl.lit(columns.amount),
            line="line",
            theirs_cents="cents",
            their_count_e2=pl.lit(None, pl.Int64),
        )
    )


def _of_this(reading: _Reading, rows: pl.DataFrame, columns: RowColumns) -> pl.DataFrame:
    """Return the rows of this school year, these regulations and known components; count the others by value."""
    compared = reading.compared
    if columns.school_year:
        rows = _kept(
            reading, rows, columns.school_year, lambda value: school_year_of(value) == compared.school_year
        )
    if columns.regulation:
        rows = _kept(reading, rows, columns.regulation, _regulation_test(reading, rows, columns.regulation))
    names = components_by_name(compared.components)
    rows = _kept(reading, rows, columns.component, lambda value: letters_of(value) in names)
    column = reading.column(columns.component)
    meant = {value: names[letters_of(value)] for value in rows[column].unique()}
    return rows.with_columns(component=pl.col(column).replace_strict(meant, return_dtype=pl.String))


def components_by_name(components: Iterable[str]) -> dict[str, str]:
    """Return each component by its name in the rules and its Dutch name, in the letters of `letters_of`."""
    return {letters_of(name): one for one in components for name in (dutch.component(one), one)}


def _regulation_test(reading: _Reading, rows: pl.DataFrame, column: str) -> _Test:
    """Return the test whether a row is of a regulation of the decision; a table of one regulation is of that one.

    How DUO names a regulation in its decisions is not published, so a name that holds one of ours will do.
    """
    values = rows[reading.column(column)].unique().to_list()
    if len(values) == 1:
        return lambda value: True

    def test(value: str) -> bool:
        letters = letters_of(value)
        is_part = len(letters) >= _LONG_ENOUGH
        return any(name in letters or (is_part and letters in name) for name in reading.compared.regulations)

    return test


def _kept(reading: _Reading, rows: pl.DataFrame, name: str, test: _Test) -> pl.DataFrame:
    column = reading.column(name)
    good = [value for value in rows[column].unique() if test(value)]
    is_good = pl.col(column).is_in(good)
    reading.others.append(_counted_by_value(reading, rows.filter(~is_good), name))
    return rows.filter(is_good)


_MOST_VALUES = 20
"""Values of a column that are named; rows with another are counted together."""


def _counted_by_value(reading: _Reading, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Count rows by the value of a column, the most frequent first."""
    value = sanitize(pl.col(reading.column(name))).str.slice(0, SHOWN)
    counted = rows.group_by(value=value).agg(rows=pl.len().cast(pl.Int64), cents=pl.col("cents").sum())
    counted = counted.sort("rows", "value", descending=[True, False]).with_row_index("at")
    shown = pl.when(pl.col("at") < _MOST_VALUES).then("value").otherwise(pl.lit("..."))
    summed = counted.group_by(shown, maintain_order=True).agg(pl.col("rows", "cents").sum())
    return summed.select(
        file=pl.lit(reading.table.name),
        column_name=pl.lit(name),
        value="value",
        rows="rows",
        amount=to_euro(pl.col("cents")),
    )


def _with_cents(reading: _Reading, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Add column `cents`, null for what is no amount, without rows where nothing stands."""
    column = reading.column(name)
    rows = rows.with_columns(text=pl.col(column).str.replace_all(_SIGN, "$1"))
    rows = rows.filter(~pl.col("text").str.contains(_NOTHING))
    texts = rows["text"].unique().to_list()
    meant = {text: found for text in texts if (found := _number(text, reading.table.form)) is not None}
    plain = pl.col("text").replace_strict(meant, default=None, return_dtype=pl.String)
    return rows.with_columns(cents=to_cents(amount(plain)))


_NO_AMOUNT = "is no amount; write it as 1234,56, with two decimals at most"


def _without_bad_amounts(reading: _Reading, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Reject rows of which the amount is none."""
    bad = rows.filter(pl.col("cents").is_null())
    _reject(reading, bad, name, _NO_AMOUNT, value=reading.column(name))
    reading.unreadable.update(bad.select("code", "component").iter_rows())
    return rows.filter(pl.col("cents").is_not_null())


def _with_count(reading: _Reading, rows: pl.DataFrame, name: str, target: str) -> pl.DataFrame:
    """Add a count in hundredths, null where nothing stands or what stands there is no count."""
    column = reading.column(name)
    texts = [text for text in rows[column].unique() if text]
    meant = {text: found for text in texts if (found := _number(text, reading.table.form)) and found[0] != "-"}
    bad = rows.filter(pl.col(column) != "", ~pl.col(column).is_in(list(meant)))
    _reject(reading, bad, name, "is no count; the amounts of the row are compared without it", value=column)
    count = pl.col(column).replace_strict(meant, default=None, return_dtype=pl.String)
    return rows.with_columns(to_cents(amount(count)).alias(target))


_WITH_ZEROS = re.compile(r"(-?(?:(?:[0-9]{4,9}|0)[.,][0-9]{2}(?=0)|[0-9]{1,9}[.,][0-9]{2}(?=00)))0+")
"""An amount with zeros behind its cents, as some programs write it; 1.200 might be a thousand and more."""


def _number(text: str, form: str) -> str | None:
    """Return a number with at most two decimals as files write it; null where it is none.

    A sheet keeps some numbers a hair beside what it shows.
    """
    if zeros := _WITH_ZEROS.fullmatch(text):
        text = zeros[1]
    if is_amount(text) or form == "csv":
        return text if is_amount(text) else None
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?", text):
        return None
    try:
        shown = _SHOWN_DIGITS.create_decimal(text)
        cents = shown.quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return f"{cents:f}" if shown == cents and is_amount(f"{cents:f}") else None
