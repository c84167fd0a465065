"""The result of reading one file: its rejected rows, and the rows it gives to the books.

The rejections of a delivery are one list: causes first, and what follows from them under their cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.kinds import Stage
from npo_pipeline.delivery.validate import with_messages
from npo_pipeline.errors import Refused
from npo_pipeline.measures import COUNT_COLUMNS
from schemas.columns import QUANTITY
from schemas.frames import intake as frames
from schemas.frames.intake import (
    REJECTION_LIST,
    FileApplications,
    FileAreas,
    FileBoards,
    FileChanges,
    FileCompletions,
    FileConsents,
    FileCounts,
    FileLeerplusSchools,
    FileListedVestigingen,
    FileMunicipalScores,
    FilePaymentAccounts,
    FileRanges,
    FileReserveTransfers,
    FileSchoolFacts,
    FileScores,
    FileSpending,
    FileZeroCounts,
    Readings,
    RefusedSchools,
    RejectionList,
    RejectionMessages,
    Rejections,
    RowReporters,
    empty,
)
from schemas.rules import UNKNOWN_SCHOOL

ProgressCallback = Callable[[str, int], None]
"""Receives the name of a file and the number of rows read so far."""


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """Hold the content of a file after reading; frames that its kind does not have are empty.

    `rejections`: a row per fault. `readings`: values of a board read otherwise than written.
    `spoken`: the vestigingen of its valid rows, also of those that count nobody.
    `refused_schools`: those that rejected rows of a list of schools name, so no board is known. `reporters`:
    the boards behind the rows of a board report. `without_board`: none or few of its schools have a
    board yet, so it waits for its address list. `truncated_texts`: texts of which only the beginning is kept.
    `remarks`: what else the operator should know of it, a sentence each.
    """

    file: DeliveredFile
    rows: int
    rejections: Rejections
    readings: Readings = field(default_factory=lambda: Readings(empty(frames.READINGS)))
    counts: FileCounts = field(default_factory=lambda: FileCounts(empty(frames.FILE_COUNTS)))
    ranges: FileRanges = field(default_factory=lambda: FileRanges(empty(frames.FILE_RANGES)))
    spoken: pl.Series = field(default_factory=lambda: pl.Series("vestiging", dtype=pl.String))
    scores: FileScores = field(default_factory=lambda: FileScores(empty(frames.FILE_SCORES)))
    areas: FileAreas = field(default_factory=lambda: FileAreas(empty(frames.FILE_AREAS)))
    municipal_scores: FileMunicipalScores = field(
        default_factory=lambda: FileMunicipalScores(empty(frames.FILE_MUNICIPAL_SCORES))
    )
    listed_vestigingen: FileListedVestigingen = field(
        default_factory=lambda: FileListedVestigingen(empty(frames.FILE_LISTED_VESTIGINGEN))
    )
    leerplus_schools: FileLeerplusSchools = field(
        default_factory=lambda: FileLeerplusSchools(empty(frames.FILE_LEERPLUS_SCHOOLS))
    )
    boards: FileBoards = field(default_factory=lambda: FileBoards(empty(frames.FILE_BOARDS)))
    payment_accounts: FilePaymentAccounts = field(
        default_factory=lambda: FilePaymentAccounts(empty(frames.FILE_PAYMENT_ACCOUNTS))
    )
    facts: FileSchoolFacts = field(default_factory=lambda: FileSchoolFacts(empty(frames.FILE_SCHOOL_FACTS)))
    changes: FileChanges = field(default_factory=lambda: FileChanges(empty(frames.FILE_CHANGES)))
    applications: FileApplications = field(
        default_factory=lambda: FileApplications(empty(frames.FILE_APPLICATIONS))
    )
    completions: FileCompletions = field(default_factory=lambda: FileCompletions(empty(frames.FILE_COMPLETIONS)))
    spending: FileSpending = field(default_factory=lambda: FileSpending(empty(frames.FILE_SPENDING)))
    consents: FileConsents = field(default_factory=lambda: FileConsents(empty(frames.FILE_CONSENTS)))
    reserve_transfers: FileReserveTransfers = field(
        default_factory=lambda: FileReserveTransfers(empty(frames.FILE_RESERVE_TRANSFERS))
    )
    refused_schools: RefusedSchools = field(default_factory=lambda: RefusedSchools(empty(frames.REFUSED_SCHOOLS)))
    reporters: RowReporters = field(default_factory=lambda: RowReporters(empty(frames.ROW_REPORTERS)))
    without_board: bool = False
    truncated_texts: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def rejected(self) -> int:
        """The number of rejected rows."""
        return self.rejections["line"].n_unique()

    @property
    def messages(self) -> RejectionMessages:
        """The rejections in words."""
        numbers = self.file.workbook.numbers if self.file.workbook else {}
        return with_messages(self.rejections, for_boards=self.file.kind in kinds.BOARD_REPORTS, numbers=numbers)

    @property
    def subjects(self) -> pl.Series:
        """The vestigingen that it counts, also at 0, or lists; BRINs, municipalities and boards on its list."""
        schools = (one["vestiging"] for one in (self.counts, self.ranges, self.scores))
        counted = (*schools, self.spoken, self.boards["board"])
        return pl.concat([*(one.alias("subject") for one in counted), self.listed]).unique()

    @property
    def at_zero(self) -> FileZeroCounts:
        """The vestigingen that it speaks of and counts at 0."""
        counted = self.counts["vestiging"].unique()
        zero = self.spoken.filter(~self.spoken.is_in(counted.implode())).sort()
        return FileZeroCounts(pl.DataFrame({"vestiging": zero}))

    @property
    def listed(self) -> pl.Series:
        """Those of them that money depends on: what reference lists are about, one for each row; no boards."""
        columns = (
            self.areas["vestiging"],
            self.municipal_scores["municipality_number"],
            self.listed_vestigingen["vestiging"],
            self.leerplus_schools["brin"],
        )
        return pl.concat([one.alias("subject") for one in columns])


@dataclass(frozen=True, kw_only=True)
class _Total:
    """Represent what is counted in one frame of a file: distinct values and sums, per part where it has parts.

    `distinct`: measure -> the column of which the values are counted. `sums`: columns that are added up.
    """

    content: str
    part: str | None = None
    distinct: Mapping[str, str] = field(default_factory=dict)
    sums: tuple[str, ...] = ()


_RANGED, _ENDS = ("pupils", "cumi_pupils"), {"at_least": "lowest", "at_most": "highest"}

_TOTALS = (
    _Total(content="counts", part="school_type", distinct={"vestigingen": "vestiging"}, sums=COUNT_COLUMNS),
    _Total(
        content="ranges",
        part="school_type",
        distinct={"vestigingen_with_a_range": "vestiging"},
        sums=tuple(f"{measure}_{end}" for measure in _RANGED for end in _ENDS),
    ),
    _Total(content="scores", distinct={"vestigingen": "vestiging"}, sums=("score", "pupils")),
    _Total(
        content="facts",
        distinct={"named_vestigingen": "vestiging", "boards": "board", "municipalities": "municipality_number"},
    ),
    _Total(content="changes", part="kind", distinct={"changes": "line"}),
    _Total(
        content="areas",
        distinct={"vestigingen_in_an_area": "vestiging", "samenwerkingsverbanden": "samenwerkingsverband"},
    ),
    _Total(
        content="municipal_scores",
        distinct={"municipalities": "municipality_number"},
        sums=("score_2019", "score_2020"),
    ),
    _Total(content="listed_vestigingen", part="list", distinct={"vestigingen": "vestiging"}),
    _Total(content="leerplus_schools", distinct={"schools": "brin"}, sums=("leerplus",)),
    _Total(content="boards", distinct={"boards": "board"}),
    _Total(
        content="payment_accounts", part="recipient_kind", distinct={"recipients": "recipient", "accounts": "iban"}
    ),
    _Total(content="applications", part="scheme", distinct={"applications": "line"}, sums=("pupils",)),
    _Total(content="completions", part="scheme", distinct={"schools": "brin"}, sums=("finished",)),
    _Total(content="spending", distinct={"boards": "board", "schools": "brin", "bookings": "line"}),
    _Total(content="consents", part="school_year", distinct={"boards": "board", "schools": "brin"}),
    _Total(content="reserve_transfers", distinct={"transfers": "line"}),
)
"""In the order in which they are shown. Amounts are left out: a file may hold euros and dollars."""


def totals_of(result: FileResult) -> frames.FileTotals:
    """Return what a file counts; a sum that comes to nothing is left out."""
    contents = {**vars(result), "ranges": _wide(result.ranges)}
    parts = [frames.empty(frames.FILE_TOTALS), *(_counted(contents[one.content], one) for one in _TOTALS)]
    return frames.FileTotals(
        pl.concat(parts).with_columns(file=pl.lit(result.file.name)).filter(pl.col("quantity") > 0)
    )


def _wide(ranges: FileRanges) -> pl.DataFrame:
    """Return ranges with a column per measure and end."""
    ends = [
        pl.when(pl.col("measure") == measure).then(column).alias(f"{measure}_{end}")
        for measure in _RANGED
        for end, column in _ENDS.items()
    ]
    return ranges.select("vestiging", "school_type", *ends)


def _counted(rows: pl.DataFrame, total: _Total) -> pl.DataFrame:
    part = pl.col(total.part) if total.part else pl.lit(None, pl.String).alias("part")
    measures = [pl.col(column).drop_nulls().n_unique().alias(name) for name, column in total.distinct.items()]
    measures += [pl.col(column).sum() for column in total.sums]
    summed = rows.group_by(part.alias("part")).agg(one.cast(QUANTITY) for one in measures).sort("part")
    long = summed.unpivot(index="part", variable_name="measure", value_name="quantity")
    order = pl.col("part").rank("dense").fill_null(0)
    return long.sort(order, maintain_order=True).select(pl.lit("").alias("file"), "part", "measure", "quantity")


NewFiles = dict[str, FileResult]
"""delivery_id -> the file that is registered under it."""


def need_rows(file: DeliveredFile, rows: int) -> None:
    """Refuse a file without rows."""
    if not rows:
        raise Refused(f"{file.name}: holds a header and no rows; have it sent again")


_STAGES = list(Stage)
_IS_CAUSE = pl.col("follows_from").is_null()
_SCHOOL = r"^([0-9]{2}[A-Z]{2}(?:[0-9]{2})?)"

LINES, PLACES = 12, 3
"""Lines that a summary shows, and the different messages on each."""


def rejection_list(results: Sequence[FileResult]) -> RejectionList:
    """List all rejections of a delivery, causes first.

    A row of a school without a board follows from the rejected row of an address list that names the school: that
    no board is known is no news then.
    """
    with_faults = [one for one in results if one.rejections.height]
    if not with_faults:
        return RejectionList(empty(REJECTION_LIST))
    by_stage = sorted(with_faults, key=lambda one: _STAGES.index(one.file.kind.stage))
    listed = pl.concat(list(map(_of_file, by_stage)))
    refused = dict(row for one in reversed(by_stage) for row in reversed(_places(one)))
    brins = {vestiging[:4]: place for vestiging, place in refused.items()}
    code = pl.when(pl.col("rule") == UNKNOWN_SCHOOL).then(pl.col("school").str.extract(_SCHOOL))
    cause = code.replace_strict(brins | refused, default=None, return_dtype=pl.String)
    found = listed.with_columns(follows_from=cause).select(list(REJECTION_LIST))
    return RejectionList(pl.concat([found.filter(_IS_CAUSE), found.filter(~_IS_CAUSE)]))


def _places(one: FileResult) -> list[tuple[str, str]]:
    """Return the schools that rejected rows of a list of schools name, each with its place."""
    place = pl.format("{}, line {}", pl.lit(one.file.name), "line")
    return one.refused_schools.select("vestiging", place).rows()


def _of_file(one: FileResult) -> pl.DataFrame:
    letters = dict(one.file.workbook.letters) if one.file.workbook else {}
    letter = pl.col("column_name").replace_strict(letters, default=None, return_dtype=pl.String)
    rows = one.messages.with_columns(
        school=one.rejections["value"],
        file=pl.lit(one.file.name),
        cell=pl.concat_str(letter, pl.col("line").cast(pl.String)),
        follows_from=pl.lit(None, pl.String),
        is_of_board=pl.lit(one.file.kind in kinds.BOARD_REPORTS),
    )
    return rows.sort("line", maintain_order=True).select(*REJECTION_LIST, "school")


def summary(rejections: RejectionList) -> list[str]:
    """Summarise rejections in lines: per file and rule how often, the first of them, and what follows from them.

    Rows of a board are read by that board: a line each, with its cell, in Dutch.
    """
    lines = [*_of_boards(rejections), *_by_rule(rejections), *_followers(rejections)]
    left = len(lines) - LINES
    return [*lines[:LINES], *([f"and {dutch.number(left)} more lines like these"] if left > 0 else [])]


def first_cause(rejections: RejectionList) -> str:
    """Return the first cause in words, with its place."""
    row = rejections.row(0, named=True)
    if row["is_of_board"]:
        return f"{row['file']}, {_where(row['cell'], row['line'])}: {row['message']}"
    return f"{row['file']}, line {row['line']}, {row['rule']}: {row['message']}"


def _of_boards(rejections: RejectionList) -> Iterator[str]:
    for row in rejections.filter("is_of_board").iter_rows(named=True):
        yield f"{row['file']}, {_where(row['cell'], row['line'])}: {row['message']}"


def _where(cell: str | None, line: int) -> str:
    return f"cel {cell}" if cell else f"rij {line}"


def _by_rule(rejections: RejectionList) -> Iterator[str]:
    mine = rejections.filter(_IS_CAUSE & ~pl.col("is_of_board"))
    for (file, rule), rows in mine.group_by("file", "rule", maintain_order=True):
        messages = rows.group_by("message", maintain_order=True).agg(pl.col("line").first())
        shown = [f"line {line}: {message}" for message, line in messages.head(PLACES).iter_rows()]
        if messages.height > PLACES:
            shown.append(f"and {dutch.number(messages.height - PLACES)} more")
        times = rows["line"].n_unique()
        yield f"{file}, {rule}, {dutch.number(times)} {'row' if times == 1 else 'rows'}: {'; '.join(shown)}"


def _followers(rejections: RejectionList) -> Iterator[str]:
    """Count the rows that follow from others, by the file of their cause."""
    cause = pl.col("follows_from").str.replace(r", line [0-9]+$", "")
    others = rejections.filter(~_IS_CAUSE).with_columns(cause=cause)
    for (file, follower), rows in others.group_by("cause", "file", maintain_order=True):
        counted = dutch.number(rows["line"].n_unique())
        yield f"from the rows of {file} follow {counted} of {follower}: no board is known for their schools"
