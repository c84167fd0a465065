"""Reports of boards on a year: their rows for the books, and restatement by board and period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.delivery.sanitize import harmless_name, letters_of, sanitize
from npo_pipeline.delivery.validate import SHOWN
from npo_pipeline.delivery.written_values import AMOUNTS, PERCENTAGE, currency_of
from npo_pipeline.errors import Refused
from npo_pipeline.intake import parse
from npo_pipeline.intake.file_result import FileResult, NewFiles
from npo_pipeline.money import to_cents
from schemas.frames import intake as frames
from schemas.frames.accounts import Currencies
from schemas.frames.books import CurrentReports
from schemas.rules import CREDIT, NOT_A_NUMBER, OF_OTHERS, OTHER_CURRENCY, PERCENT, is_amount

LONGEST = 1_000
"""Characters of a text that are kept; a page in a report holds some three times as many."""

_TEXTS = {
    kinds.SPENDING.name: ("INTERVENTIE", "REDEN"),
    kinds.CONSENTS.name: ("OUDERS_BETROKKEN", "RESULTAAT"),
    kinds.RESERVE_TRANSFERS.name: (),
}


def spending_of(rows: frames.FileRows) -> frames.FileSpending:
    """Parse the rows of a spending file; an amount that is empty is 0 euro."""
    spending = rows.select(
        "line",
        board="BEVOEGD_GEZAG_NUMMER",
        brin="BRIN_NUMMER",
        year=parse.parse_int("JAAR"),
        category="CATEGORIE",
        intervention=_kept("INTERVENTIE"),
        level=pl.col("NIVEAU").str.to_lowercase(),
        amount=parse.parse_amount("BEDRAG"),
        external=_amount_or_zero("WAARVAN_EXTERN"),
        reason=_kept_or_null("REDEN"),
    )
    return frames.FileSpending(spending)


def consents_of(rows: frames.FileRows) -> frames.FileConsents:
    """Parse the rows of a file of consents; an empty amount is 0 euro, an empty GMR is no consent."""
    informed = pl.col("GEMEENTE_GEINFORMEERD")
    consents = rows.select(
        "line",
        board="BEVOEGD_GEZAG_NUMMER",
        brin="BRIN_NUMMER",
        school_year="SCHOOLJAAR",
        school_scan=pl.col("SCHOOLSCAN") == "J",
        mr_consent=pl.col("SCHOOLPROGRAMMA_MR") == "J",
        mr_date=parse.parse_date("DATUM_MR"),
        board_level_agreed=_amount_or_zero("BOVENSCHOOLS_BEDRAG_MR"),
        gmr_consent=pl.col("GMR") == "J",
        gmr_date=parse.parse_date("DATUM_GMR"),
        parents_involved=_kept_or_null("OUDERS_BETROKKEN"),
        municipality_informed=pl.when(informed != "").then(informed == "J"),
        result=_kept_or_null("RESULTAAT"),
    )
    return frames.FileConsents(consents)


def reserve_transfers_of(rows: frames.FileRows) -> frames.FileReserveTransfers:
    """Parse the rows of a file of reserves that moved; a row that names no board that reports it is of both."""
    reported, ends = pl.col("BEVOEGD_GEZAG_NUMMER"), ("VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG")
    transfers = [
        rows.filter((reported == pl.col(end)) | (reported == "")).select(
            "line",
            board=end,
            year=parse.parse_int("JAAR"),
            from_board="VAN_BEVOEGD_GEZAG",
            to_board="NAAR_BEVOEGD_GEZAG",
            brin="BRIN_NUMMER",
            amount=parse.parse_amount("BEDRAG"),
            moved_on=parse.parse_date("DATUM"),
        )
        for end in ends
    ]
    return frames.FileReserveTransfers(pl.concat(transfers).sort("line", "board"))


def credit_rejections(spending: frames.FileSpending) -> frames.Rejections:
    """Reject the amounts below zero that bring an intervention below zero: a credit note is of a spending.

    `spending`: of a whole file, which holds all that a board reports of a year.
    """
    is_credit = (pl.col("amount") < 0) | (pl.col("external") < 0)
    if not spending.select(is_credit.any()).item():
        return frames.Rejections(pl.DataFrame(schema=frames.REJECTIONS))
    key = ["board", "brin", "year", "category", "letters", "level"]
    letters = pl.col("intervention").map_elements(letters_of, return_dtype=pl.String)
    sums = spending.with_columns(letters=letters).with_columns(
        pl.col("amount", "external").sum().over(key).name.prefix("all_")
    )
    below = sums.filter(is_credit & ((pl.col("all_amount") < 0) | (pl.col("all_external") < 0)))
    rejected = []
    for row in below.iter_rows(named=True):
        column, total = ("BEDRAG", "all_amount") if row["all_amount"] < 0 else ("WAARVAN_EXTERN", "all_external")
        value = f"'{row['intervention'][:SHOWN]}' ({row['level']}) op {dutch.number(row[total], 2)}"
        rejected.append({"line": row["line"], "rule": CREDIT, "column_name": column, "value": value})
    return frames.Rejections(pl.DataFrame(rejected, schema=frames.REJECTIONS))


def count_truncated(kind: FileKind, rows: frames.FileRows) -> int:
    """Count the texts of these rows of which only the beginning is kept."""
    long = [_is_long(name).sum() for name in _TEXTS[kind.name]]
    return int(rows.select(pl.sum_horizontal(pl.lit(0), *long)).item())


def _is_long(column: str) -> pl.Expr:
    return sanitize(pl.col(column)).str.len_chars() > LONGEST


def _kept(column: str) -> pl.Expr:
    """Return a text on one line that no spreadsheet runs, cut off with a mark where it is too long."""
    text = sanitize(pl.col(column))
    cut = pl.format("{} [afgekapt na {} tekens]", text.str.head(LONGEST), pl.lit(dutch.number(LONGEST)))
    return pl.when(_is_long(column)).then(cut).otherwise(text)


def _kept_or_null(column: str) -> pl.Expr:
    return pl.when(_kept(column) != "").then(_kept(column))


def _amount_or_zero(column: str) -> pl.Expr:
    written = pl.when(pl.col(column) == "").then(pl.lit("0")).otherwise(pl.col(column)).alias(column)
    return parse.amount(written)


def reading_remarks(name: str, readings: frames.Readings) -> tuple[str, ...]:
    """Report the values of a file that were read otherwise than they are written: of each column the first."""
    if readings.is_empty():
        return ()
    per_column = readings.group_by("column_name", maintain_order=True).agg(
        pl.col("written", "value").first(), times=pl.len()
    )
    shown = [
        f"{column} '{harmless_name(written[:SHOWN])}' = {value or '(leeg)'}{f' ({times}x)' if times > 1 else ''}"
        for column, written, value, times in per_column.iter_rows()
    ]
    return (f"{name}: {readings.height} values were read otherwise than they are written: {', '.join(shown)}",)


def with_percentages(rejections: frames.Rejections, faulty: frames.FileRows) -> frames.Rejections:
    """Return the rejections with those of percentages under a rule of their own, and the amount each would be."""
    wrong = rejections["value"].str.contains(f"(?i)^{PERCENTAGE.pattern}$") & (rejections["rule"] == NOT_A_NUMBER)
    if not wrong.any():
        return rejections
    amounts = dict(faulty.select("line", "BEDRAG").iter_rows()) if "BEDRAG" in faulty.columns else {}
    new = [
        {**row, "rule": PERCENT, "value": _percentage(row["value"], row["column_name"], amounts.get(row["line"]))}
        for row in rejections.filter(wrong).to_dicts()
    ]
    others = rejections.filter(~wrong)
    return frames.Rejections(pl.concat([others, pl.DataFrame(new, schema=frames.REJECTIONS)]).sort("line"))


def _percentage(written: str, column: str, amount: str | None) -> str:
    found = PERCENTAGE.fullmatch(written)
    if column == "BEDRAG" or found is None or amount is None or not is_amount(amount):
        return f"'{written}'"
    whole = pl.select(to_cents(parse.amount(pl.lit(amount)))).item()
    share = Decimal(found["number"].replace(",", "."))
    part = (whole * share / 100).to_integral_value(ROUND_HALF_UP)
    of, would_be = (dutch.cents(int(one)) for one in (whole, part))
    return f"'{written}' ({would_be} van {of})"


def reject_other_currencies(result: FileResult, currencies: Currencies) -> FileResult:
    """Reject amounts with the sign of another currency than the school is paid in."""
    amounts = result.readings.filter(pl.col("column_name").is_in(sorted(AMOUNTS)))
    if amounts.is_empty():
        return result
    signed = amounts.with_columns(sign=pl.col("written").map_elements(currency_of, return_dtype=pl.String))
    schools = pl.concat([one.select("line", "brin") for one in (result.spending, result.consents)])
    known = signed.join(schools, on="line").join(currencies, on="brin")
    other = known.filter(pl.col("sign") != pl.col("currency")).select(
        "line", rule=pl.lit(OTHER_CURRENCY), column_name="column_name", value="written"
    )
    spending = frames.FileSpending(result.spending.join(other, on="line", how="anti", maintain_order="left"))
    # What a credit note came off may be among them.
    credits = credit_rejections(spending)
    return replace(
        result,
        rejections=frames.Rejections(
            pl.concat([result.rejections, other, credits]).sort("line", maintain_order=True)
        ),
        spending=frames.FileSpending(spending.join(credits, on="line", how="anti", maintain_order="left")),
        consents=frames.FileConsents(result.consents.join(other, on="line", how="anti", maintain_order="left")),
    )


@dataclass(frozen=True, kw_only=True)
class AskedReports:
    """Say whose reports are taken in, and of which years; null: anybody's, of any year.

    `first`, `last`: the years that there can be anything to account for. `other_years`: rows of another year than
    a form was made for are wanted too.
    """

    board: str | None = None
    first: int | None = None
    last: int | None = None
    other_years: bool = False


def reject_others(result: FileResult, asked: AskedReports) -> FileResult:
    """Reject the rows of a board report that are of another board or year than it is handed in or was made for."""
    if result.file.kind not in kinds.BOARD_REPORTS:
        return result
    form = result.file.workbook.made_for if result.file.workbook else None
    board = asked.board or (form.board if form else None)
    year = form.year if form and not asked.other_years else None
    rows = _reported_by(result, board)
    others = [rows.clear().select(line="line", value="period")] * 2
    if board is not None:
        value = pl.format(f"is {{}} en niet {board}, het bestuur waarvoor dit is ingeleverd", "board")
        others[0] = rows.filter(pl.col("board") != board).select("line", value=value)
    others[1] = _of_other_years(rows, year, asked)
    columns = ("BEVOEGD_GEZAG_NUMMER", "SCHOOLJAAR" if result.file.kind is kinds.CONSENTS else "JAAR")
    new = [
        found.select("line", rule=pl.lit(rule), column_name=pl.lit(column), value="value")
        for rule, column, found in zip(OF_OTHERS, columns, others, strict=True)
    ]
    rejections = pl.concat([result.rejections, *new])
    lines = pl.concat(new)["line"].unique().implode()
    transfers = result.reserve_transfers.filter(~pl.col("line").is_in(lines))
    if board is not None:
        transfers = transfers.filter(pl.col("board") == board)
    return replace(
        result,
        rejections=frames.Rejections(rejections.sort("line", maintain_order=True)),
        spending=frames.FileSpending(result.spending.filter(~pl.col("line").is_in(lines))),
        consents=frames.FileConsents(result.consents.filter(~pl.col("line").is_in(lines))),
        reserve_transfers=frames.FileReserveTransfers(transfers),
    )


def _reported_by(result: FileResult, board: str | None) -> frames.RowReporters:
    """Return who reports each row, and on what; one on a reserve that moved is of either board."""
    ends = [pl.col(end) == pl.lit(board, pl.String) for end in ("from_board", "to_board")]
    both = result.reserve_transfers.filter(pl.any_horizontal(ends))
    is_of_board = pl.col("line").is_in(both["line"].implode())
    return frames.RowReporters(
        result.reporters.with_columns(pl.when(is_of_board).then(pl.lit(board)).otherwise("board").alias("board"))
    )


def _of_other_years(rows: frames.RowReporters, year: int | None, asked: AskedReports) -> pl.DataFrame:
    """Return the line and what is wrong with the period of each row, where it is of no year that is asked for."""
    begins = pl.col("period").str.head(4).cast(pl.Int64)
    ends = pl.when(pl.col("period").str.len_chars() > 4).then(begins + 1).otherwise(begins)
    outside = (ends < asked.first if asked.first else pl.lit(False)) | (
        begins > asked.last if asked.last else pl.lit(False)
    )
    other = ~pl.lit(year).is_between(begins, ends) if year else pl.lit(False)
    value = (
        pl.when(outside)
        .then(pl.format(f"is {{}}, en te verantwoorden is er van {asked.first} tot en met {asked.last}", "period"))
        .otherwise(pl.format(f"is {{}} en niet {year}, het jaar van dit formulier", "period"))
    )
    return rows.filter(outside | other).select("line", value=value)


_PERIOD = ["board", "period"]
_REPORT = ["kind", *_PERIOD]


def reported_periods(result: FileResult) -> frames.ReportedPeriods:
    """Return the boards and periods that a file reports on in its valid rows, in order."""
    years = result.spending.select("board", period=pl.col("year").cast(pl.String))
    school_years = result.consents.select("board", period="school_year")
    transfers = result.reserve_transfers.select("board", period=pl.col("year").cast(pl.String))
    return frames.ReportedPeriods(pl.concat([years, school_years, transfers]).unique().sort(_PERIOD))


def refuse_duplicate_reports(results: Sequence[FileResult]) -> None:
    """Refuse a delivery in which two files of one kind report on the same board and period."""
    reports = [one for one in results if one.file.kind in kinds.BOARD_REPORTS]
    for one, other in (pair for pair in combinations(reports, 2) if pair[0].file.kind is pair[1].file.kind):
        both = reported_periods(one).join(reported_periods(other), on=_PERIOD, how="semi", maintain_order="left")
        for board, period in both.head(1).iter_rows():
            raise Refused(
                f"{one.file.name} and {other.file.name}: both are of kind {one.file.kind.name} and tell "
                f"of board {board} in {period}; keep the right one of the two, or put their rows in one file"
            )


def still_current(result: FileResult, delivery_id: str, reports: CurrentReports) -> bool:
    """Return whether no later delivery restates anything that a file reported as this delivery."""
    current = reports.filter(pl.col("delivery_id") == delivery_id)
    return reported_periods(result).join(current, on=_PERIOD, how="anti").is_empty()


def restated(new: NewFiles, reports: CurrentReports) -> frames.Restatements:
    """Return the current reports that new files restate; a report of a board restates a period whole.

    A rejected row that names no period is restated by any new report of its board.
    """
    parts = [
        reported_periods(one).with_columns(newer=pl.lit(name), kind=pl.lit(one.file.kind.name))
        for name, one in new.items()
        if one.file.kind in kinds.BOARD_REPORTS
    ]
    schema = {"board": pl.String, "period": pl.String, "newer": pl.String, "kind": pl.String}
    coming = pl.concat([pl.DataFrame(schema=schema), *parts])
    of_any_period = coming.group_by("kind", "board").agg(pl.col("newer").min())
    dated = reports.filter(pl.col("period").is_not_null()).join(coming, on=_REPORT, how="inner")
    undated = reports.filter(pl.col("period").is_null()).join(of_any_period, on=["kind", "board"], how="inner")
    return frames.Restatements(pl.concat([dated, undated], how="diagonal").sort("delivery_id", *_REPORT))


def fully_restated(restatements: frames.Restatements, reports: CurrentReports) -> dict[str, str]:
    """Return the deliveries of which no report remains current: older delivery_id -> newer delivery_id."""
    remaining = reports.join(restatements, on=["delivery_id", *_REPORT], how="anti", nulls_equal=True)
    gone = restatements.filter(~pl.col("delivery_id").is_in(remaining["delivery_id"].implode()))
    return dict(gone.group_by("delivery_id").agg(pl.col("newer").min()).sort("delivery_id").iter_rows())


def restatement_remarks(new: NewFiles, restatements: frames.Restatements, files: dict[str, str]) -> Iterator[str]:
    """Report restatements by new files, and the texts that were cut off, a sentence each.

    `files`: delivery_id -> file of the deliveries that were current.
    """
    pairs = restatements.sort("delivery_id", "newer").group_by("delivery_id", "newer", maintain_order=True)
    for (older, newer), part in pairs:
        board, period = part.select("board", pl.col("period").fill_null("every year")).row(0)
        more = f" and {part.height - 1} more" if part.height > 1 else ""
        yield (
            f"{new[str(newer)].file.name} restates board {board} in {period}{more}: "
            f"the rows of {files[str(older)]} about that count no longer"
        )
    for one in new.values():
        if one.truncated_texts:
            yield f"{one.file.name}: {one.truncated_texts} texts were too long, and only their beginning is kept"
