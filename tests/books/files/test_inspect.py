"""`npo inspect` says of a delivery what ingest would make of it, in the words of ingest, and leaves no trace."""

import json
import os
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import fastexcel
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.deliveries import intake_state
from npo_pipeline.books.reader import read_books
from npo_pipeline.commands.ingest import (
    DEFAULT_MAX_REJECTED,
    IngestRequest,
    IngestResult,
    ingest,
    read_files,
    refuse_when_too_many,
)
from npo_pipeline.commands.inspect import Inspection, InspectRequest, Written, inspect
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.errors import Refused
from npo_pipeline.generate.delivery import write_delivery
from npo_pipeline.intake.plan import plan_intake
from npo_pipeline.intake.state import IntakeState
from tests.books.accounts.forms import AGREED_ALREADY, FILLED, template
from tests.books.blank import blank
from tests.books.files import layouts, workbooks
from tests.books.files.layouts import LAYOUTS, Layout, write
from tests.books.home.npo import here

DAY = date(2020, 10, 1)
AT = datetime(2021, 8, 25, 9, 30)


def looked_at(*paths: Path, day: date | None = DAY, **options) -> Inspection:
    return inspect(InspectRequest(paths=paths, reference_date=day, **options), clock=lambda: AT)


def totals(found: Inspection, file: str = "x.csv") -> dict[str, Decimal]:
    rows = found.totals.filter(pl.col("file") == file).select("part", "measure", "quantity").iter_rows()
    return {" ".join(filter(None, (part, measure))): quantity for part, measure, quantity in rows}


@dataclass(frozen=True)
class Both:
    """One delivery of every kind with faults: as it was looked at, and as it was taken in."""

    folder: Path
    seen: Inspection
    taken: IngestResult
    home: Path

    def select(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.home / "npo.duckdb"), read_only=True) as connection:
            return connection.sql(query).fetchall()


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> Both:
    folder = tmp_path_factory.mktemp("looked-at")
    made = folder / "delivery"
    write_delivery(made, boards=5, pupils=3000, seed=3, reference_date=DAY, faults=Decimal("0.02"), programme=True)
    home = blank(folder / "home")
    request = IngestRequest(home=Home(home), paths=(made,), reference_date=DAY, max_rejected=Decimal(1))
    seen = looked_at(made, max_rejected=Decimal(1))
    return Both(made, seen, ingest(request, clock=lambda: AT), home)


def test_every_file_is_what_the_books_say_it_is(both):
    of_books = both.taken.files.sort("file")
    named = ["file", "kind", "sha256", "rows", "rejected", "reference_date"]
    of_rows = [one for one in both.seen.files if one.kind]
    assert [tuple(getattr(one, name) for name in named) for one in of_rows] == of_books.select(named).rows()
    assert {one.file for one in both.seen.files} - set(of_books["file"]) == {"planted.csv"}


def test_the_rows_that_are_refused_are_those_of_ingest(both):
    # As they stand in the books, so also in the same words.
    said = both.seen.listed.select("file", "line", "rule", "column_name", "message")
    assert said.sort(pl.all()).rows() == sorted(
        both.select("select file, line, rule, column_name, message from quarantine"),
        key=lambda row: tuple((one is not None, one) for one in row),
    )
    planted = pl.read_csv(both.folder / "planted.csv")
    assert said.height >= planted.height > 20


def test_the_totals_are_those_of_the_books(both):
    found = {}
    for measure in ("pupils", "cumi_pupils", "newcomers", "pro_pupils"):
        query = f"select file, school_type, sum({measure}) from counts join deliveries using (delivery_id)"
        rows = both.select(f"{query} group by all")
        found |= {(file, kind, measure): number for file, kind, number in rows if number}
    files = {one.file for one in both.seen.files if one.kind in ("register_po", "pupils_vo")}
    seen = both.seen.totals.filter(pl.col("file").is_in(files), pl.col("measure").is_in(["vestigingen"]).not_())
    seen = seen.filter(pl.col("part").is_not_null())
    assert {tuple(key): number for *key, number in seen.iter_rows()} == found
    assert len(found) > 4
    scores = both.select("select sum(score) from scores")[0][0]
    assert both.seen.totals.filter(pl.col("measure") == "score")["quantity"].sum() == scores


def test_what_it_remarks_is_what_ingest_remarks(both):
    assert both.seen.remarks == both.taken.remarks
    assert both.seen.waiting == both.taken.waiting
    differences = both.seen.differences["message"].sort().to_list()
    assert differences == both.taken.differences["message"].sort().to_list()


def test_of_a_pupil_nothing_is_said(both):
    register = both.folder / "leerlingen-po.csv"
    pupils = pl.read_csv(register, separator=";", infer_schema=False)["PSEUDONIEM"].unique().to_list()
    shown = here("inspect", both.folder, "--reference-date", DAY).stdout
    shown += here("inspect", both.folder, "--reference-date", DAY, "--json").stdout
    assert len(shown) > 10_000
    assert set(pupils).intersection(re.split(r"\W+", shown)) == set()


def test_books_that_know_a_file_already_say_so(both):
    seen = looked_at(both.folder, home=Home(both.home), max_rejected=Decimal(1))
    assert seen.boards.known_from == "books"
    assert set(seen.in_books) == {one.file for one in seen.files if one.kind}


TWO_DAYS = layouts.PUPILS_PO.lines({}, {"PEILDATUM": "20191001", "VESTIGINGSNUMMER": "01"})
BROKEN: dict[str, dict[str, str | bytes]] = {
    "empty": {"x.csv": ""},
    "a header and no rows": {"x.csv": layouts.CUMI.lines().splitlines()[0] + "\n"},
    "of no known kind": {"x.csv": "a;b\n1;2\n"},
    "an image": {"x.png": b"\x89PNG\r\n\x1a\n\x00\x00"},
    "no text": {"x.csv": b"a;b\n\0;1\n"},
    "packed": {"x.gz": b"\x1f\x8b\x08\x00"},
    "cut off": {"x.csv": layouts.CUMI.lines({}, {"VESTIGINGSCODE": "01"})[:-8]},
    "of two encodings": {"x.csv": "a;b\né;1\n".encode() + "é;2\n".encode("cp1252")},
    "of two days": {"x.csv": TWO_DAYS},
    "of another day": {"x.csv": layouts.PUPILS_PO.lines({"PEILDATUM": "20191001"})},
    "a school with two boards": {
        "x.csv": layouts.ADDRESSES_BO.lines({}, {"BEVOEGD GEZAG NUMMER": "10250"}),
    },
    "two files that count one school": {
        "x.csv": layouts.PUPILS_PO.lines(),
        "y.csv": layouts.PUPILS_PO.lines({"LEERLINGEN": "8"}),
    },
    "too many wrong rows": {"x.csv": layouts.PUPILS_PO.lines({"LEERLINGEN": "-1"})},
    "a correction that does not fit": {
        "x.csv": layouts.PUPILS_PO.lines(),
        "c.yaml": "corrections:\n- file: z.csv\n",
    },
    "a wrong one among right ones": {"w.csv": layouts.PUPILS_PO.lines(), "x.csv": "a;b\n1;2\n", "y.csv": ""},
    "a workbook that is damaged": {"x.xlsx": b"PK\x03\x04rest"},
}


@pytest.mark.parametrize("files", BROKEN.values(), ids=BROKEN)
def test_what_ingest_says_of_a_delivery_that_it_refuses_is_said_first(files, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, data in files.items():
        write(folder, name, data)
    request = IngestRequest(home=Home(blank(tmp_path / "home")), paths=(folder,), reference_date=DAY)
    with pytest.raises(Refused) as refused:
        ingest(request, clock=lambda: AT)
    found = looked_at(folder)
    assert found.refusals[0] == str(refused.value)


def test_a_file_that_is_refused_stops_no_other(tmp_path):
    write(tmp_path, "a.csv", "")
    write(tmp_path, "b.csv", layouts.PUPILS_PO.lines({"LEERLINGEN": "9"}))
    write(tmp_path, "c.csv", "a;b\n1;2\n")
    (tmp_path / "d.csv").symlink_to(tmp_path / "gone.csv")
    write(tmp_path, "e.csv", layouts.CUMI.lines())
    found = looked_at(tmp_path)
    assert [(one.file, one.outcome) for one in found.files] == [
        ("a.csv", "refused"),
        ("b.csv", "read"),
        ("c.csv", "refused"),
        ("d.csv", "refused"),
        ("e.csv", "read"),
    ]
    assert totals(found, "b.csv")["bao pupils"] == 9
    assert totals(found, "e.csv")["so cumi_pupils"] == 7
    assert found.reasons == (
        "d.csv: is no ordinary file; a delivery holds files only",
        "a.csv: is empty; have it sent again",
        "c.csv, line 1: is of no known kind (none of its 2 columns is known); take it out of the delivery, or "
        "mend its header",
    )


def test_a_path_that_is_not_there_stops_no_other(tmp_path):
    there = write(tmp_path, "x.csv", layouts.PUPILS_PO.lines())
    found = looked_at(tmp_path / "gone", there, blank(tmp_path / "home"))
    assert [one.outcome for one in found.files if one.file == "x.csv"] == ["read"]
    assert [one.partition(": ")[2] for one in found.refusals] == [
        "no such file or folder",
        "is a home of npo and no delivery; name the folder of the files that came",
    ]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.kind.name)
def test_a_file_of_every_kind_is_looked_at_alone(layout: Layout, tmp_path: Path):
    found = looked_at(write(tmp_path, "x.csv", layout.lines()))
    (one,) = found.files
    assert (one.kind, one.rows, one.rejected, one.refusals) == (layout.kind.name, 1, 0, ())
    assert set(one.recognised_by) == layout.kind.signature_columns
    assert one.is_dated == (one.reference_date is not None) == layout.kind.is_dated
    assert totals(found)


def test_how_a_file_is_written(tmp_path):
    text = layouts.ADDRESSES_BO.lines({"PLAATSNAAM": "BRÜGGE"}, separator=",").replace("\n", "\r\n")
    (one,) = looked_at(write(tmp_path, "x.csv", b"\xef\xbb\xbf" + text.encode())).files
    assert vars(one.written) == {
        "encoding": "UTF-8",
        "byte_order_mark": True,
        "line_ends": "CRLF",
        "separator": ",",
        "sheet": None,
    }
    older = text.replace("\r\n", "\r").replace(",", ";").encode("cp1252")
    (one,) = looked_at(write(tmp_path, "x.csv", older)).files
    assert (one.written.encoding, one.written.line_ends, one.written.separator) == ("windows-1252", "CR", ";")
    assert (one.written.byte_order_mark, one.bytes) == (False, len(older))
    assert one.unused == ("PROVINCIE", "STRAATNAAM")


@pytest.mark.parametrize("form", workbooks.MAKERS)
def test_a_workbook_is_what_the_same_rows_are_as_text(form, tmp_path):
    rows = [list(layouts.PUPILS_PO.row), list(layouts.PUPILS_PO.row.values())]
    data = workbooks.MAKERS[form]({"Toelichting": [["Bron: DUO"]], "Blad1": rows})
    found = looked_at(write(tmp_path, "x.bin", data), day=None)
    (one,) = found.files
    assert (one.kind, one.rows, one.written) == ("pupils_po", 1, Written(encoding=form, sheet="Blad1"))
    assert (one.reference_date, one.date_from) == (DAY, "file")
    assert totals(found, "x.bin")["bao pupils"] == 9
    # A day that the file does not state is refused, whatever it is saved as.
    (refusal,) = looked_at(tmp_path / "x.bin", day=date(2021, 10, 1)).refusals
    assert refusal == "x.bin: is of 2020-10-01, not of 2021-10-01; take it out, or give its own date"


def test_from_where_a_date_is_known(tmp_path):
    write(tmp_path, "a.csv", layouts.PUPILS_PO.lines())
    write(tmp_path, "b.csv", layouts.SCORES.lines())
    write(tmp_path, "c.csv", layouts.AREAS.lines())
    found = looked_at(tmp_path, day=None)
    assert [(one.reference_date, one.date_from) for one in found.files] == [
        (DAY, "file"),
        (DAY, "delivery"),
        (None, None),
    ]
    given = looked_at(tmp_path / "b.csv")
    assert [(one.reference_date, one.date_from) for one in given.files] == [(DAY, "option")]


def test_without_a_date_the_faults_of_a_register_are_found_and_nobody_counts(tmp_path):
    rows = layouts.REGISTER_PO.lines({}, {"PSEUDONIEM": "P2", "LEERJAAR": "x"})
    found = looked_at(write(tmp_path, "x.csv", rows), day=None, max_rejected=Decimal(1))
    (one,) = found.files
    assert (one.rows, one.rejected_by_rule, one.reference_date) == (2, {"not_a_number": 1}, None)
    assert totals(found) == {}
    assert found.refusals == ("x.csv: does not say its date; add --reference-date, for example 2020-10-01",)


def test_where_no_file_names_a_board_each_school_counts_as_one_that_has_one(tmp_path):
    found = looked_at(write(tmp_path, "x.csv", layouts.REGISTER_PO.lines()))
    assert (found.boards.known_from, totals(found), found.refusals) == (
        "nothing",
        {"bao vestigingen": 1, "bao pupils": 1},
        (),
    )


def test_of_which_schools_no_board_is_known(tmp_path):
    write(tmp_path, "a.csv", layouts.ADDRESSES_BO.lines())
    write(tmp_path, "x.csv", layouts.REGISTER_PO.lines({}, {"PSEUDONIEM": "P2", "BRIN_NUMMER": "09ZZ"}))
    found = looked_at(tmp_path, max_rejected=Decimal(1))
    assert (found.boards.known_from, found.boards.without) == ("delivery", ("09ZZ00",))
    assert totals(found) == {"bao vestigingen": 1, "bao pupils": 1}
    # A home that knows the school is asked where it is named, and only then.
    home = Home(blank(tmp_path / "home"))
    lists = layouts.ADDRESSES_BO.lines({"BRIN NUMMER": "09ZZ", "VESTIGINGSNUMMER": "09ZZ00"})
    ingest(IngestRequest(home=home, paths=(write(tmp_path, "b.txt", lists),), reference_date=DAY))
    (tmp_path / "b.txt").unlink()
    assert looked_at(tmp_path / "x.csv", home=home, max_rejected=Decimal(1)).boards.without == ("01AA00",)


def test_no_books_hold_what_empty_books_hold(tmp_path):
    with read_books(Home(tmp_path / "home")) as books:
        empty = intake_state(books)
    nothing = IntakeState.of_no_books()
    frames = {name: frame.schema for name, frame in vars(nothing).items()}
    assert frames == {name: frame.schema for name, frame in vars(empty).items()}
    assert all(frame.is_empty() for frame in vars(nothing).values())


def listing(folder: Path) -> list[tuple]:
    states = [(one, one.lstat()) for one in [folder, *sorted(folder.rglob("*"))]]
    return [(one, state.st_size, state.st_mtime_ns) for one, state in states]


def test_nothing_is_written_and_the_home_of_the_environment_is_not_looked_at(tmp_path, monkeypatch):
    write(tmp_path, "x.csv", layouts.PUPILS_PO.lines())
    # Any other command refuses a home that is a file.
    monkeypatch.setenv("NPO_HOME", str(write(tmp_path, "npo-home", "no home")))
    monkeypatch.chdir(tmp_path)
    before = listing(tmp_path)
    ended = here("inspect", "x.csv")
    assert (ended.status, ended.stderr) == (0, "")
    assert listing(tmp_path) == before
    assert here("status").status == 3


def test_the_answer_ends_with_the_next_step(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "de scores.csv", layouts.SCORES.lines())
    ended = here("inspect", "de scores.csv")
    assert ended.status == 3
    says = "de scores.csv: does not say its date; add --reference-date, for example 2020-10-01"
    assert ended.stderr == f"npo: `npo ingest` would refuse this delivery, first for this: {says}\n"
    assert ended.stdout.endswith(f"! `npo ingest` would refuse this delivery:\n    {says}\n")
    ended = here("inspect", "de scores.csv", "--reference-date", DAY)
    assert ended.stdout.endswith("Take it in with: npo ingest 'de scores.csv' --reference-date 2020-10-01\n")


def test_the_answer_in_dutch(tmp_path, monkeypatch):
    monkeypatch.setenv("NPO_LANG", "nl")
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "x.csv", layouts.PUPILS_PO.lines({}, {"VESTIGINGSNUMMER": "01", "LEERLINGEN": "-1"}))
    assert here("inspect", "x.csv").stdout.splitlines()[:10] == [
        "1 bestand, 2 rijen",
        "bestand  wat het is         uitkomst  teldatum    rijen  geweigerd",
        "x.csv    DUO-leerlingen po  leesbaar  2020-10-01      2          1",
        "",
        "x.csv",
        "  is: DUO-leerlingen po (`pupils_po`), herkend aan LEERLINGEN, PEILDATUM, SOORT_PO",
        "  geschreven in UTF-8, scheidingsteken ; en regels die eindigen op LF",
        "  teldatum 2020-10-01: die staat in het bestand",
        "  2 rijen, waarvan 1 geweigerd: 1 negative",
        "  bao: 1 vestiging, 9 leerlingen",
    ]


def test_the_document_for_a_program(tmp_path):
    path = write(tmp_path, "x.csv", layouts.SCORES.lines({}, {"School (BRIN vestiging)": "x"}))
    ended = here("inspect", path, "--reference-date", DAY, "--max-rejected", "1", "--json")
    assert ended.status == 0
    document = json.loads(ended.stdout)
    (file,) = document["files"]
    assert file["totals"] == [
        {"part": None, "measure": "vestigingen", "quantity": 1},
        {"part": None, "measure": "score", "quantity": "1234.56"},
        {"part": None, "measure": "pupils", "quantity": 5},
    ]
    assert {
        name: file[name] for name in ("kind", "outcome", "rows", "rejected", "rejected_by_rule", "encoding")
    } == {
        "kind": "scores",
        "outcome": "read",
        "rows": 2,
        "rejected": 1,
        "rejected_by_rule": {"unknown_code": 1},
        "encoding": "UTF-8",
    }
    assert [(one["line"], one["rule"]) for one in document["faults"]] == [(3, "unknown_code")]
    assert document["boards"] == {"known_from": "nothing", "without": []}


def test_the_workbook(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder, "=1+1.csv", layouts.PUPILS_PO.lines({}, {"VESTIGINGSNUMMER": "01", "LEERLINGEN": "-1"}))
    write(folder, "leeg.csv", "")
    out = tmp_path / "out.xlsx"
    assert here("inspect", folder, "--workbook", out, "--max-rejected", 1).status == 3
    book = fastexcel.read_excel(out.read_bytes())
    assert book.sheet_names == ["Files", "Totals", "Faults", "Remarks"]
    sheets = {name: book.load_sheet(name, header_row=3).to_polars() for name in book.sheet_names}
    assert sheets["Files"].select("file", "kind", "rows", "refused rows").rows() == [
        ("'=1+1.csv", "pupils_po", 2, 1),
        ("leeg.csv", None, None, None),
    ]
    assert sheets["Totals"].select("of", "counted", "number").rows()[:2] == [
        ("bao", "vestigingen", 1),
        ("bao", "pupils", 9),
    ]
    assert sheets["Faults"].select("line", "rule").rows() == [(3, "negative")]
    assert sheets["Remarks"].rows() == [("refused", "leeg.csv: is empty; have it sent again")]
    ended = here("inspect", folder, "--workbook", out)
    assert (ended.status, ended.stderr) == (
        3,
        f"npo: {out}: is there already, and no file is overwritten; name another\n",
    )
    assert here("inspect", folder, "--workbook", folder / "out.xlsx").status == 3
    assert sorted(os.listdir(folder)) == ["=1+1.csv", "leeg.csv"]


def test_each_filled_sheet_of_the_workbook_of_a_board_is_a_file(tmp_path):
    found = looked_at(template(tmp_path / "npo.xlsx", spending=FILLED, consents=AGREED_ALREADY))
    assert [(one.file, one.kind, one.written.encoding, one.rows, one.outcome) for one in found.files] == [
        ("npo.xlsx, Besteding", "spending", "xlsx", 3, "read"),
        ("npo.xlsx, Instemming", "consents", "xlsx", 1, "read"),
    ]
    assert totals(found, "npo.xlsx, Besteding") == {"boards": 1, "schools": 2, "bookings": 3}


def test_a_file_that_belongs_elsewhere_says_what_it_is(tmp_path):
    header = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;SCHOOLJAAR;ONDERDEEL;BEDRAG;DATUM;KENMERK\n"
    write(tmp_path, "ofb.csv", header + "10249;01AA;NPO;2021-2022;per_pupil;1,00;20210901;1\n")
    write(tmp_path, "c.yaml", "corrections:\n- file: z.csv\n")
    write(tmp_path, "planted.csv", "file,line,rule\nx.csv,2,negative\n")
    found = looked_at(tmp_path)
    assert [(one.file, one.label, one.outcome) for one in found.files] == [
        ("c.yaml", "declared corrections", "refused"),
        ("ofb.csv", "decisions of others (beschikkingen)", "refused"),
        ("planted.csv", "list of planted faults", "passed"),
    ]


def test_a_reason_that_files_share_is_said_once(tmp_path):
    for name in "abcdefgh":
        write(tmp_path, f"{name}.csv", "")
    assert looked_at(tmp_path).reasons == (
        "a.csv: is empty; have it sent again (so 7 files more: b.csv, c.csv, d.csv, e.csv, f.csv and 2 others)",
    )


DAMAGE = st.tuples(
    st.sampled_from(["flip", "cut", "take out", "put in", "twice"]),
    st.floats(0, 1),
    st.binary(min_size=1, max_size=3),
)


def damaged(data: bytes, damage: tuple[str, float, bytes]) -> bytes:
    how, where, what = damage
    at = int(where * (len(data) - 1))
    return {
        "flip": data[:at] + what + data[at + len(what) :],
        "cut": data[:at],
        "take out": data[:at] + data[at + 9 :],
        "put in": data[:at] + what + data[at:],
        "twice": data + data[at:],
    }[how]


@settings(max_examples=10)
@given(st.lists(st.tuples(st.sampled_from(LAYOUTS), st.lists(DAMAGE, max_size=2)), min_size=1, max_size=3))
def test_whatever_is_wrong_with_files_what_ingest_says_is_said_first(files: list[tuple[Layout, list]]):
    with TemporaryDirectory() as folder:
        for number, (layout, damages) in enumerate(files):
            write(Path(folder), f"{number}.csv", reduce(damaged, damages, layout.lines({}, {}).encode()))
        address = layouts.ADDRESSES_BO.lines({}, {"BRIN NUMMER": "02AA", "VESTIGINGSNUMMER": "02AA00"})
        write(Path(folder), "lists.csv", address)
        paths, nothing = (Path(folder),), IntakeState.of_no_books()
        seen = inspect(InspectRequest(paths=paths, reference_date=DAY), clock=lambda: AT)
        said = ()
        try:
            found = recognise_delivery(paths, DAY)
            results = read_files(found, nothing, lambda *_: None)
            refuse_when_too_many(results, DEFAULT_MAX_REJECTED)
            plan_intake(results, nothing, run_id="", at=AT)
        except Refused as refused:
            said = (str(refused),)
        assert seen.refusals[:1] == said
        assert len(seen.reasons) >= len(said)
