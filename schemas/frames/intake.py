"""Frames on their way from a delivered file to the tables of the books."""

from __future__ import annotations

from typing import NewType

import pandera.polars as pa
import polars as pl

from schemas import accounted, received
from schemas.columns import QUANTITY, schema_of

Columns = dict[str, pl.DataType | type[pl.DataType]]


def _columns_of_a_file(model: pa.DataFrameSchema, *of_the_delivery: str) -> Columns:
    """Return the columns of a table without those that the delivery adds to the rows of a file."""
    added = {"delivery_id", *of_the_delivery}
    return {name: dtype for name, dtype in schema_of(model).items() if name not in added}


FileRows = NewType("FileRows", pl.DataFrame)
"""Rows of a file as text: line (Int64, 1 is the header), and its columns by their normalised names."""

SheetCells = NewType("SheetCells", pl.DataFrame)
"""Cells of a sheet as text: line (Int64, the row), column_0, column_1, ... (null: an empty cell)."""

BlockTexts = NewType("BlockTexts", pl.DataFrame)
"""Lines of a block of a file as they are written: line, text."""

BlockLines = NewType("BlockLines", pl.DataFrame)
"""Encoded lines of a register: line, PSEUDONIEM, site and enrolment (their rows in the other two, from 0)."""

BlockSites = NewType("BlockSites", pl.DataFrame)
"""Distinct sites of a block of a register, as text: BRIN_NUMMER, VESTIGINGSNUMMER."""

BlockEnrolments = NewType("BlockEnrolments", pl.DataFrame)
"""Distinct enrolments of a block of a register, as text: all other columns of the register."""

RegisterRows = NewType("RegisterRows", pl.DataFrame)
"""Rows of a pupil register as text, with `counting` (funded and active on the reference date) and `cumi`."""

SiteCounts = NewType("SiteCounts", pl.DataFrame)
"""Counts by the columns of a register: BRIN_NUMMER, VESTIGINGSNUMMER, sort of pupil, pupils, cumi_pupils."""

UnclearYears = NewType("UnclearYears", pl.DataFrame)
"""Pupils whose leerjaar and type do not agree: ONDERWIJSTYPE, LEERJAAR, school_type (as counted), pupils."""

Fingerprints = NewType("Fingerprints", pl.DataFrame)
"""Hashes of register rows: line (UInt32), pupil (of PSEUDONIEM), row (of place and entry), counts (Boolean)."""

DuplicateSuspects = NewType("DuplicateSuspects", pl.DataFrame)
"""Rows that may be a copy or a double enrolment: file, line, counts, and once read again pupil and row."""

DuplicateRows = NewType("DuplicateRows", pl.DataFrame)
"""Copies and double enrolments: file, line, counts, and a rejection: value, rule, column_name."""

SuspectRows = NewType("SuspectRows", pl.DataFrame)
"""Lines of a register that were read again: line, pupil and row (digests of PSEUDONIEM and of the whole text), and
the columns by which pupils are counted."""

Rejections = NewType("Rejections", pl.DataFrame)
"""A row per fault: line, rule, column_name (null: the whole row), value (what a message may show)."""
REJECTIONS: Columns = {"line": pl.Int64, "rule": pl.String, "column_name": pl.String, "value": pl.String}

Readings = NewType("Readings", pl.DataFrame)
"""Values of a board report that were read otherwise than they are written: line, column_name, written, value."""
READINGS: Columns = {"line": pl.Int64, "column_name": pl.String, "written": pl.String, "value": pl.String}

RejectionMessages = NewType("RejectionMessages", pl.DataFrame)
"""Rejections in words: line, rule, column_name, message."""

RejectionList = NewType("RejectionList", pl.DataFrame)
"""All rejections of a delivery, causes first: file, line, cell (in a workbook), column_name, rule, message,
follows_from (the file and line of its cause; null: it is one), is_of_board (of a file that a board delivers)."""
REJECTION_LIST: Columns = {
    **dict.fromkeys(("file", "line", "cell", "column_name", "rule", "message", "follows_from"), pl.String),
    "line": pl.Int64,
    "is_of_board": pl.Boolean,
}

FileTotals = NewType("FileTotals", pl.DataFrame)
"""Counted in files: file, part (a school type, scheme, list; null: all of it), measure, quantity."""
FILE_TOTALS: Columns = {"file": pl.String, "part": pl.String, "measure": pl.String, "quantity": QUANTITY}

InspectedFiles = NewType("InspectedFiles", pl.DataFrame)
"""Files of a delivery, a row each; refusals, columns and rules are in words."""
INSPECTED_FILES: Columns = {
    **dict.fromkeys(("file", "kind", "label", "outcome", "refusals"), pl.String),
    **{"bytes": pl.Int64, "rows": pl.Int64, "rejected": pl.Int64, "rules": pl.String, "reference_date": pl.Date},
    **dict.fromkeys(("date_from", "encoding", "separator", "line_ends", "sha256"), pl.String),
    "byte_order_mark": pl.Boolean,
    **dict.fromkeys(("recognised_by", "unused", "lacking"), pl.String),
}

InspectionNotes = NewType("InspectionNotes", pl.DataFrame)
"""Sentences about a delivery: outcome (`refused`, `remark`, `difference`), message."""
INSPECTION_NOTES: Columns = {"outcome": pl.String, "message": pl.String}

RefusedSchools = NewType("RefusedSchools", pl.DataFrame)
"""Vestigingen that rejected rows of a list of schools name: line, vestiging."""
REFUSED_SCHOOLS: Columns = {"line": pl.Int64, "vestiging": pl.String}

RowReporters = NewType("RowReporters", pl.DataFrame)
"""The board that reports a row, and on what: line, board, period (`2021`, `2021-2022`; null: not readable)."""
ROW_REPORTERS: Columns = {"line": pl.Int64, "board": pl.String, "period": pl.String}

BoardDisagreements = NewType("BoardDisagreements", pl.DataFrame)
"""Two statements about the board of a vestiging that no change reconciles: kind, and day, source, board and
delivery_id of each, the later one second."""
BOARD_DISAGREEMENTS: Columns = {
    "vestiging": pl.String,
    "kind": pl.String,
    "as_of": pl.Date,
    "source": pl.String,
    "board": pl.String,
    "delivery_id": pl.String,
    "other_as_of": pl.Date,
    "other_source": pl.String,
    "other_board": pl.String,
    "other_delivery_id": pl.String,
}

FileCounts = NewType("FileCounts", pl.DataFrame)
"""Pupils of one file: vestiging, school_type, cluster, and a column per measure (null: not counted there)."""
FILE_COUNTS = _columns_of_a_file(received.COUNTS, "reference_date")

FileRanges = NewType("FileRanges", pl.DataFrame)
"""Ranges of one file with masked counts: vestiging, school_type, cluster, measure, lowest, highest."""
FILE_RANGES = _columns_of_a_file(received.COUNT_RANGES, "reference_date")

FileZeroCounts = NewType("FileZeroCounts", pl.DataFrame)
"""School locations that one file counts at 0: vestiging."""

CountedMeasures = NewType("CountedMeasures", pl.DataFrame)
"""Counts of a published file: vestiging, school_type, cluster (where it has them), and the measures it counts."""

FileScores = NewType("FileScores", pl.DataFrame)
"""Scores of one file: vestiging, score (DECIMAL(18,2)), pupils (as CBS counted them)."""
FILE_SCORES = _columns_of_a_file(received.SCORES, "reference_date")

FileAreas = NewType("FileAreas", pl.DataFrame)
"""Areas of one file: vestiging, samenwerkingsverband."""
FILE_AREAS = _columns_of_a_file(received.AREAS)

FileMunicipalScores = NewType("FileMunicipalScores", pl.DataFrame)
"""Scores of municipalities of one file: municipality_number, score_2019, score_2020 (DECIMAL(18,2))."""
FILE_MUNICIPAL_SCORES = _columns_of_a_file(received.MUNICIPAL_SCORES)

FileListedVestigingen = NewType("FileListedVestigingen", pl.DataFrame)
"""Listed vestigingen of one file: vestiging, list (`po`, `vo`, `vo_pro`)."""
FILE_LISTED_VESTIGINGEN = _columns_of_a_file(received.LISTED_VESTIGINGEN)

FileLeerplusSchools = NewType("FileLeerplusSchools", pl.DataFrame)
"""Schools of a leerplus list: brin, leerplus."""
FILE_LEERPLUS_SCHOOLS = _columns_of_a_file(received.LEERPLUS_SCHOOLS)

FileBoards = NewType("FileBoards", pl.DataFrame)
"""Names of boards of one list: board, name."""
FILE_BOARDS = _columns_of_a_file(received.BOARDS)

FilePaymentAccounts = NewType("FilePaymentAccounts", pl.DataFrame)
"""Accounts of one file: line, recipient_kind, recipient, iban, account_name, valid_from."""
FILE_PAYMENT_ACCOUNTS: Columns = {**_columns_of_a_file(received.PAYMENT_ACCOUNTS), "line": pl.Int64}

FileSchoolFacts = NewType("FileSchoolFacts", pl.DataFrame)
"""Facts about schools in one file: line, vestiging, board, name, place, municipality and number, as_of, source."""
FILE_SCHOOL_FACTS: Columns = {**_columns_of_a_file(received.SCHOOL_FACTS), "line": pl.Int64}

SchoolPeriods = NewType("SchoolPeriods", pl.DataFrame)
"""Periods with the same facts about a school: vestiging, its attributes, as_of, until (the last day)."""

FileChanges = NewType("FileChanges", pl.DataFrame)
"""Changes of one file: line, effective, kind, vestiging, board, successor."""
FILE_CHANGES: Columns = {**_columns_of_a_file(received.CHANGES), "line": pl.Int64}

FileApplications = NewType("FileApplications", pl.DataFrame)
"""Applications of one file: line, scheme, board, brin, applied_on, pupils, amount (euro), and the optional columns
vestiging, region, new_region, granted_before."""
FILE_APPLICATIONS = _columns_of_a_file(received.APPLICATIONS)

FileCompletions = NewType("FileCompletions", pl.DataFrame)
"""Participants who finished, of one file: line, scheme, board, brin, finished."""
FILE_COMPLETIONS = _columns_of_a_file(received.COMPLETIONS)

FileSpending = NewType("FileSpending", pl.DataFrame)
"""Spending of one file: line, board, brin, year, category, intervention, level, amount, external (euro)."""
FILE_SPENDING = _columns_of_a_file(accounted.SPENDING)

FileConsents = NewType("FileConsents", pl.DataFrame)
"""Consents of one file: line, board, brin, school_year, and the answers of the form."""
FILE_CONSENTS = _columns_of_a_file(accounted.CONSENTS)

FileReserveTransfers = NewType("FileReserveTransfers", pl.DataFrame)
"""Reserves that moved by one file: line, board (that reports it), year, from_board, to_board, brin, amount,
moved_on."""
FILE_RESERVE_TRANSFERS = _columns_of_a_file(accounted.RESERVE_TRANSFERS)

FormulaDeviations = NewType("FormulaDeviations", pl.DataFrame)
"""Scores that do not follow from the formula of CBS: line, vestiging, expected, score (DECIMAL(18,2))."""
FORMULA_DEVIATIONS: Columns = {"line": pl.Int64, "vestiging": pl.String, "expected": QUANTITY, "score": QUANTITY}

SizedSubjects = NewType("SizedSubjects", pl.DataFrame)
"""Counted in deliveries: delivery_id, subject (school, municipality), measure (`listed`: of a list), counted."""
SIZED_SUBJECTS: Columns = {
    "delivery_id": pl.String,
    "subject": pl.String,
    "measure": pl.String,
    "counted": QUANTITY,
}

SizeChanges = NewType("SizeChanges", pl.DataFrame)
"""Sizes that fall or rise by more than a share: source (or kind of file), reference_date, measure (`rows`,
`schools`, or one that is counted), before, after, files (names of what came), earlier_files."""
SIZE_CHANGES: Columns = {
    "source": pl.String,
    "reference_date": pl.Date,
    "measure": pl.String,
    "before": QUANTITY,
    "after": QUANTITY,
    "files": pl.String,
    "earlier_files": pl.String,
}

BOARD_SCHOOLS: Columns = {"board": pl.String, "brin": pl.String}
DELIVERY_SUBJECTS: Columns = {"delivery_id": pl.String, "subject": pl.String}

ReportedPeriods = NewType("ReportedPeriods", pl.DataFrame)
"""Boards and the periods they report on: board, period (a calendar year or a school year)."""

Restatements = NewType("Restatements", pl.DataFrame)
"""Current reports that a new delivery restates: delivery_id, kind, board, period, newer (delivery_id)."""

SchoolSums = NewType("SchoolSums", pl.DataFrame)
"""Sums of a measure above 0, under the name of one side of a comparison: vestiging, school_type, used or other."""

SourceDifferences = NewType("SourceDifferences", pl.DataFrame)
"""Schools on which two files differ: vestiging, school_type, measure, used, used_delivery, other, other_delivery,
message."""
SOURCE_DIFFERENCES: Columns = {
    name: dtype
    for name, dtype in schema_of(received.DIFFERENCES).items()
    if name not in ("run_id", "reference_date")
}


def empty(columns: Columns) -> pl.DataFrame:
    """Return a frame of these columns without rows."""
    return pl.DataFrame(schema=columns)
