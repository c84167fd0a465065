"""The journal of a board as CSV, as Dutch ledgers import it: `;`, amounts with a comma, debit beside credit."""

from __future__ import annotations

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.journal.entries import REASONS
from npo_pipeline.journal.mapping import JournalMapping
from schemas.frames.reports import JournalLines

_CAUSES = {**dutch.CAUSES, "instalment": None}

BOM = b"\xef\xbb\xbf"
"""A mark that says UTF-8, without which Excel reads windows-1252."""


def ledger_csv(lines: JournalLines, mapping: JournalMapping, board: str) -> bytes:
    """Return the lines of a journal as CSV; column MAPPING says of an example that it is one."""
    names = {one.account: one.name for one in mapping.accounts}
    codes = {one.account: one.rgs for one in mapping.accounts}
    month, day = pl.col("paid_month").dt, "%d-%m-%Y"
    table = lines.select(
        DAGBOEK=pl.lit(mapping.code),
        BOEKSTUKNUMMER="entry",
        BOEKDATUM=month.strftime(day),
        BOEKJAAR=month.year().cast(pl.String),
        PERIODE=month.month().cast(pl.String),
        REGEL="line",
        REKENING="account",
        REKENINGNAAM=sanitize(pl.col("account").replace_strict(names, return_dtype=pl.String)),
        RGS_CODE=pl.col("account").replace_strict(codes, return_dtype=pl.String),
        KOSTENPLAATS="cost_centre",
        OMSCHRIJVING=sanitize(pl.col("text")),
        DEBET=_amount("debit_cents"),
        CREDIT=_amount("credit_cents"),
        VALUTA="currency",
        REFERENTIE="reference",
        DOCUMENTDATUM=pl.col("document_date").dt.strftime(day),
        BEVOEGD_GEZAG_NUMMER=pl.lit(board),
        BRIN_NUMMER="brin",
        SCHOOLJAAR="school_year",
        ONDERDEEL="component",
        SCHOOLSOORT="school_type",
        SOORT=pl.col("reason").replace_strict(REASONS, return_dtype=pl.String),
        OORZAAK=pl.col("cause").replace_strict(_CAUSES, return_dtype=pl.String),
        MAPPING=sanitize(pl.lit(f"VOORBEELD ({mapping.title})" if mapping.example else mapping.title)),
    )
    return BOM + table.write_csv(separator=";", line_terminator="\r\n").encode("utf-8")


def _amount(cents: str) -> pl.Expr:
    """Write cents as `1234,56`, without dots between thousands; 0 as `0,00`."""
    rest = (pl.col(cents) % 100).cast(pl.String).str.zfill(2)
    return pl.format("{},{}", pl.col(cents) // 100, rest)
