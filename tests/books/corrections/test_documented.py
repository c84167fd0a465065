"""The examples on the page for operators work as they are written there."""

import re
from datetime import date, datetime
from pathlib import Path

from npo_pipeline.books.paths import Home
from npo_pipeline.commands.ingest import IngestRequest, ingest
from tests.books.corrections.declaring import NAME
from tests.books.home.delivery import write_scores
from tests.books.home.seeing import select

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "monthly-run.md"
CORRECTIONS, REPLACES = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def taken(home: Path, folder: Path, declared: str):
    (folder / NAME).write_text(declared)
    # The correction on the page expires, and the page goes on to be read.
    return ingest(
        IngestRequest(home=Home(home), paths=(folder,), reference_date=date(2020, 10, 1)),
        clock=lambda: datetime(2026, 1, 1),
    )


def test_the_correction_on_the_page_is_applied_by_line_and_by_what_stands_in_the_row(tmp_path, country):
    write_scores(country, {"01AA00": "1000,50", "02BB00": "0,00"})
    where = (
        CORRECTIONS.replace("    line: 2 ", "    # ")
        .replace("# where: {", "where: {")
        .replace("}    what", "} # what")
    )
    for home, declared in (("one", CORRECTIONS), ("two", where)):
        assert taken(tmp_path / home, country, declared).corrections.height == 1
        assert select(tmp_path / home, "select score::text from scores order by 1 desc") == [
            ("100.50",),
            ("0.00",),
        ]


def test_the_replay_on_the_page_resolves_both_lines(refusing, fixed):
    assert taken(refusing, fixed, REPLACES).resolutions.height == 2
