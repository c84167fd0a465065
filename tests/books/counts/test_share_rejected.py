"""A delivery is refused when too many of its rows are wrong, and when one of its files is wrong all over."""

from decimal import Decimal
from io import BytesIO

import polars as pl
import pytest

from npo_pipeline.commands.ingest import refuse_when_too_many
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.errors import Refused
from npo_pipeline.intake.file_result import FileResult
from schemas.frames.intake import REJECTIONS
from tests.books.blank import blank
from tests.books.files import layouts
from tests.books.files.layouts import write
from tests.books.home.delivery import write_addresses, write_register
from tests.books.home.npo import here


def results(**files: tuple[int, int]) -> list[FileResult]:
    """Files with so many rows, of which so many are rejected."""
    return [
        FileResult(
            file=DeliveredFile(
                source=SourceFile(f"{name}.csv", 0, BytesIO), kind=kinds.SCORES, sha256="", encoding="utf-8"
            ),
            rows=rows,
            rejections=pl.DataFrame(
                {"line": range(2, 2 + wrong), "rule": "negative", "column_name": "SCORE", "value": "-1"},
                schema=REJECTIONS,
            ),
        )
        for name, (rows, wrong) in files.items()
    ]


@pytest.mark.parametrize(
    ("rejected", "of", "share"),
    [(3, 3, "0.01"), (3, 3, "0.9"), (11, 20, "0.01"), (18, 20, "0.8")],
)
def test_a_file_that_is_wrong_all_over_is_refused_also_beside_a_large_one(rejected, of, share):
    delivery = results(register=(100_000, 0), scores=(of, rejected))
    said = rf"{rejected} of 100\.0{of:02d} rows are refused .*; of scores\.csv {rejected} of {of}\)"
    with pytest.raises(Refused, match=said):
        refuse_when_too_many(delivery, Decimal(share))


@pytest.mark.parametrize(
    ("rejected", "of", "share"), [(10, 20, "0.01"), (3, 5, "0.01"), (16, 20, "0.8"), (20, 20, "1")]
)
def test_a_short_list_may_have_some_wrong_rows_or_what_the_operator_allows(rejected, of, share):
    refuse_when_too_many(results(register=(100_000, 0), scores=(of, rejected)), Decimal(share))


def test_a_decision_says_what_was_refused_of_its_day(tmp_path):
    home, day = blank(tmp_path / "home"), ("--reference-date", "2020-10-01")
    register = write_register(write_addresses(tmp_path / "in", {"01AA00": "10001"}), {"99ZZ00 Bo": 3})
    write(register, "scores.csv", layouts.SCORES.lines())
    ended = here("ingest", register, *day, "--home", home)
    assert ended.status == 3
    assert "of register.csv 3 of 3" in ended.stderr
    assert here("ingest", register, *day, "--home", home, "--max-rejected", "1").status == 0
    ended = here("decide", "--school-year", "2021-2022", "--home", home)
    assert ended.status == 3
    assert "3 of 3 rows of register.csv (d000002) were refused: table quarantine says why" in ended.stderr
