"""`npo export`: all that the books hold of one board, and nothing of any other, in books with rows in every table.

02BB00 was paid to board 10002 in September and October, is of 10004 by a later list, and went to 10009 on
1 December 2021; 04DD00 was merged into it on 1 November.
"""

import csv
import hashlib
import re
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.board_export import WHOSE, exported
from npo_pipeline.commands import export
from npo_pipeline.commands.export import ExportRequest, export_board
from npo_pipeline.errors import Refused
from tests.books.home.npo import here
from tests.books.home.seeing import published, select

BOARDS = ("10001", "10002", "10004", "10009")


@pytest.fixture(scope="module")
def home(story) -> Path:
    return story.at("whole")


@pytest.fixture(scope="module")
def exports(home, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("exports")
    for board in BOARDS:
        export_board(ExportRequest(home=Home(home), board=board, out=folder / board))
    return {board: folder / board for board in BOARDS}


def rows(folder: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "parquet" / f"{table}.parquet")


def wrote_itself(folder: Path, code: str) -> bool:
    """Whether the board itself named a school in what it asked for or reported."""
    reported = ("applications", "spending", "consents", "reserve_transfers")
    return any(code[:4] in rows(folder, table)["brin"] for table in reported)


def test_no_file_names_another_board_or_a_school_of_another(home, exports):
    for board, folder in exports.items():
        own = {
            code
            for row in select(home, f"select board, brin, vestiging from schools where board = '{board}'")
            for code in row
        }
        known = select(home, "select distinct unnest([board, brin, vestiging]) from schools")
        names = select(home, f"select name from boards where board <> '{board}'")
        others = {code for (code,) in known if code not in own and code[:4] not in own} | {
            name for (name,) in names
        }
        texts = [*folder.glob("csv/*.csv"), folder / "README.md", *folder.glob("dictionary.*")]
        for path in texts:
            text = path.read_text(encoding="utf-8-sig")
            found = {one for one in others if re.search(rf"(?<![0-9A-Za-z.,]){re.escape(one)}", text)}
            assert {one for one in found if not wrote_itself(folder, one)} == set(), (board, path.name)


def test_the_three_forms_hold_the_same(exports):
    folder = exports["10002"]
    with duckdb.connect(folder / "npo-10002.duckdb", read_only=True) as books:
        there = {name for (name,) in books.execute("select table_name from duckdb_tables()").fetchall()}
        for table in exported():
            frame = rows(folder, table)
            parquet = f"read_parquet('{folder}/parquet/{table}.parquet')"
            in_order = [books.sql(f"from {one} order by all").fetchall() for one in (table, parquet)]
            assert in_order[0] == in_order[1], table
            with (folder / "csv" / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
                head, *written = csv.reader(file, delimiter=";")
            assert (head, len(written)) == (frame.columns, frame.height), table
        comments = books.execute("select count(*) from duckdb_columns() where comment is null and not internal")
        assert comments.fetchall() == [(0,)]
    assert there == set(exported())


def test_of_all_boards_together_nothing_is_missing(home, exports):
    rest = [one for (one,) in select(home, "select distinct board from schools") if one not in BOARDS]
    with_board = ("payments", "entitlements", "due", "ledger", "spending", "board_payments", "findings")
    for table in with_board:
        found = sum(rows(folder, table).height for folder in exports.values())
        counted = f"select count(*) from {table} where board is not null and not list_contains({rest!r}, board)"
        assert select(home, counted) == [(found,)], table


def test_each_month_of_a_school_that_went_over_is_of_the_board_that_held_it(exports):
    before, after = (
        rows(exports[board], "instalments").filter(vestiging="02BB00") for board in ("10004", "10009")
    )
    assert before["month"].max().isoformat() == "2021-11-01"
    assert after["month"].min().isoformat() == "2021-12-01"
    paid = {
        board: sorted({f"{month:%Y-%m}" for month in of_school["paid_month"]})
        for board in ("10002", "10004", "10009")
        for of_school in [rows(exports[board], "payments").filter(vestiging="02BB00")]
    }
    assert paid == {"10002": ["2021-09", "2021-10"], "10004": ["2021-11"], "10009": ["2021-12", "2022-01"]}


def test_a_board_has_the_counts_its_amounts_rest_on_also_of_before_it_held_the_school(exports):
    assert "02BB00" in rows(exports["10009"], "counts")["vestiging"]
    assert "02BB00" in rows(exports["10009"], "trace")["vestiging"]
    assert rows(exports["10009"], "entitlements").filter(vestiging="02BB00", board="10002").is_empty()


def test_of_a_merger_each_board_sees_its_own_school_alone(exports):
    merged = {
        board: rows(exports[board], "changes").filter(kind="fusie").select("vestiging", "successor").rows()
        for board in ("10002", "10004", "10009")
    }
    assert merged == {"10002": [("04DD00", "02BB00")], "10004": [(None, "02BB00")], "10009": []}


def test_totals_of_all_and_names_of_people_are_left_out(home, exports):
    folder = exports["10001"]
    assert not {"total", "prepared_by", "approved_by"} & {*rows(folder, "decisions").columns}
    assert not {"rows", "rejected"} & {*rows(folder, "deliveries").columns}
    assert not {"total", "manifest"} & {*rows(folder, "runs").columns}
    written = "".join(path.read_text(encoding="utf-8-sig") for path in folder.glob("csv/*.csv"))
    assert "A. Preparer" not in written
    assert "B. Approver" not in written


def test_the_dictionary_says_of_each_table_whose_its_rows_are_and_why_others_are_left_out(exports):
    text = (exports["10001"] / "dictionary.md").read_text(encoding="utf-8")
    assert [name for name in exported() if f"\n## {name}\n" not in text] == []
    assert [
        name for name, whose in WHOSE.items() if not whose.rows and f"- `{name}`: {whose.why}" not in text
    ] == []
    read = pl.read_csv(exports["10001"] / "dictionary.csv", separator=";")
    assert read.filter(pl.col("description").is_null())["table"].to_list() == [
        name for name, whose in WHOSE.items() if not whose.rows
    ]


def test_the_same_books_give_the_same_bytes_and_the_sums_are_right(home, exports, tmp_path):
    ended = here("export", "--home", home, "--board", "10001", tmp_path / "again", "--json")
    assert ended.status == 0, ended.stderr
    again, before = tmp_path / "again", exports["10001"]
    for path in (*before.glob("csv/*"), *before.glob("parquet/*"), *before.glob("dictionary.*")):
        assert (again / path.relative_to(before)).read_bytes() == path.read_bytes(), path.name
    _, *lines = (again / "SHA256SUMS").read_text().splitlines()
    for line in lines:
        sha256, name = line.split("  ")
        assert hashlib.sha256((again / name).read_bytes()).hexdigest() == sha256
    assert len(lines) == len(ended.document["tables"]) * 2 + 4


def test_an_earlier_export_of_the_board_is_replaced_and_nothing_else_is(home, exports, tmp_path):
    out = Path(shutil.copytree(exports["10001"], tmp_path / "out"))
    (out / "csv" / "payments.csv").write_text("changed")
    request = ExportRequest(home=Home(home), board="10001", out=out)
    export_board(request)
    assert (out / "csv" / "payments.csv").read_bytes() == (exports["10001"] / "csv" / "payments.csv").read_bytes()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(Refused, match=r"no export of board 10001 \(it holds notes.txt\)"):
        export_board(request)
    (out / "notes.txt").unlink()
    with pytest.raises(Refused, match="no export of board 10002"):
        export_board(ExportRequest(home=Home(home), board="10002", out=out))
    with pytest.raises(Refused, match="there is no folder"):
        export_board(ExportRequest(home=Home(home), board="10001", out=tmp_path / "no" / "out"))


def test_a_disk_that_fails_leaves_the_earlier_export_whole(home, exports, tmp_path, monkeypatch):
    out = Path(shutil.copytree(exports["10001"], tmp_path / "out"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.queries, "write_board_database", full)
    with pytest.raises(Refused, match="cannot be written"):
        export_board(ExportRequest(home=Home(home), board="10001", out=out))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (out / "SHA256SUMS").read_bytes() == (exports["10001"] / "SHA256SUMS").read_bytes()


def test_an_unknown_board_is_refused_with_ones_near_it_and_the_books_stay_as_they_are(home, tmp_path):
    was = published(home)
    ended = here("export", "--home", home, "--board", "10011", tmp_path / "out")
    assert (ended.status, "no board 10011 is known; near it: 10001" in ended.stderr) == (3, True), ended.stderr
    assert not (tmp_path / "out").exists()
    assert published(home) == was
