"""The result of reading one file: its rejected rows, and the rows it gives to the books."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.validate import with_messages
from npo_pipeline.errors import Refused
from npo_pipeline.measures import COUNT_COLUMNS
from schemas.columns import QUANTITY
from schemas.frames import intake as frames
from schemas.frames.intake import (
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
    FileRanges,
    FileReserveTransfers,
    FileSchoolFacts,
    FileScores,
    FileSpending,
    FileZeroCounts,
    Readings,
    RefusedSchools,
    RejectionMessages,
    Rejections,
    RowReporters,
    empty,
)

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


_TOTALS = (
    _Total(content="counts", part="school_type", distinct={"vestigingen": "vestiging"}, sums=COUNT_COLUMNS),
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
    _Total(content="applications", part="scheme", distinct={"applications": "line"}, sums=("pupils",)),
    _Total(content="completions", part="scheme", distinct={"schools": "brin"}, sums=("finished",)),
    _Total(content="spending", distinct={"boards": "board", "schools": "brin", "bookings": "line"}),
    _Total(content="consents", part="school_year", distinct={"boards": "board", "schools": "brin"}),
    _Total(content="reserve_transfers", distinct={"transfers": "line"}),
)
"""In the order in which they are shown. Amounts are left out: a file may hold euros and dollars."""


def totals_of(result: FileResult) -> frames.FileTotals:
    """Return what a file counts; a sum that comes to nothing is left out."""
    parts = [frames.empty(frames.FILE_TOTALS), *(_counted(getattr(result, one.content), one) for one in _TOTALS)]
    return frames.FileTotals(
        pl.concat(parts).with_columns(file=pl.lit(result.file.name)).filter(pl.col("quantity") > 0)
    )


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
