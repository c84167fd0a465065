"""A small delivery stands for refused lines of another: only the schools it tells of change."""

import json
from pathlib import Path

import pytest

from tests.books.blank import blank
from tests.books.corrections.conftest import DOUBLE
from tests.books.corrections.declaring import (
    DAY,
    NAME,
    REPLACES,
    SET,
    but,
    declare,
    findings,
    ingest,
    refused,
    ties,
)
from tests.books.corrections.replaying import MENDED, counted, expected, resolved, rows, whole
from tests.books.home.delivery import BROKEN, PUPILS, write_addresses, write_register
from tests.books.home.npo import here
from tests.books.home.seeing import everything, select

OPEN = "register.csv: 1 rows in quarantine (1 not_a_date)"


def test_without_a_declaration_a_small_file_takes_the_place_of_the_whole(refusing, fixed):
    (said,) = ingest(refusing, fixed)["remarks"]
    assert "takes the place of register.csv, and 3 schools of that are not in it (first 01AA00)" in said
    assert counted(refusing) == {"02BB00 Bao": 1}


def test_with_it_the_other_schools_keep_their_counts(refusing, fixed):
    found = ingest(refusing, declare(fixed, replaces=(REPLACES,)))
    assert (found["refused_rows_resolved"], found["remarks"]) == (2, [])
    assert counted(refusing) == expected(**{"02BB00 Bao": 8})
    assert select(refusing, "select vestiging, pupils from counts where delivery_id = 'd000004'") == [
        ("02BB00", 1)
    ]
    assert select(refusing, "from resolutions order by all") == [
        ("d000002", line, "d000004", "the pupil left 01AA in July", "school 02BB") for line in (34, 35)
    ]
    assert ties(refusing)


def test_the_decision_after_it_differs_for_the_touched_school_only(replayed):
    dry = here("decide", "--school-year", "2021-2022", "--dry-run", "--home", replayed, "--json").document
    here("decide", "--school-year", "2021-2022", *DAY, "--home", replayed)
    query = """
        select vestiging, component,
               sum(case decision_id when '2021-2022-002' then amount else -amount end) as more
        from entitlements group by all having more <> 0"""
    assert [(*key, str(more)) for *key, more in select(replayed, query)] == [("02BB00", "per_pupil", "701.16")]
    assert json.dumps(dry).count("01AA00") == 0
    assert here("pay", "--month", "2021-09", "--home", replayed).status == 0
    assert ties(replayed)


def test_what_is_resolved_is_open_no_more_and_stays_on_record(refusing_once, replayed_once):
    assert "register.csv: 3 rows in quarantine (2 double_enrolment, 1 not_a_date)" in findings(refusing_once)
    assert OPEN in findings(replayed_once)
    assert resolved(replayed_once) == {"fixed.csv": ("register.csv", 2)}
    said = here("status", "--home", replayed_once).stdout
    assert "register.csv: 2 refused rows were resolved by fixed.csv (d000004)" in said
    assert select(replayed_once, "select count(*) from quarantine") == [(3,)]


def test_nothing_of_the_pupil_is_kept(refusing, fixed):
    ended = here("ingest", declare(fixed, replaces=(REPLACES,)), *DAY, "--home", refusing)
    assert "Pdouble" not in ended.stdout + ended.stderr
    assert not any(b"Pdouble" in data for data in everything(refusing).values())


def test_a_reason_that_names_the_pupil_is_refused(refusing, fixed):
    said = refused(refusing, declare(fixed, replaces=(but(REPLACES, reason="Pdouble left in July"),)))
    assert said == f"{NAME}, line 2: the reason holds a PSEUDONIEM of fixed.csv; say it without"


def test_the_same_small_delivery_again_is_nothing_new(replayed, fixed):
    before = everything(replayed)
    assert ingest(replayed, declare(fixed, replaces=(REPLACES,)))["run_id"] is None
    (fixed / NAME).unlink()
    assert ingest(replayed, fixed)["run_id"] is None
    assert everything(replayed) == before


def test_a_second_small_delivery_stands_beside_the_first(replayed, tmp_path):
    again = rows(tmp_path / "again", MENDED.replace(";01AA;", ";02BB;"))
    ingest(replayed, declare(again, replaces=(but(REPLACES, lines=[36]),)))
    assert counted(replayed) == expected(**{"02BB00 Bao": 9})
    assert not [one for one in findings(replayed) if "quarantine" in one]
    assert ties(replayed)


def test_a_row_that_is_refused_again_can_be_resolved_once_more(refusing, tmp_path):
    rest = but(REPLACES, lines=[34, 35, 36])
    again = rows(tmp_path / "again", DOUBLE[1], MENDED, BROKEN)
    ingest(refusing, declare(again, replaces=(rest,)), "--max-rejected", "0.5")
    assert [one for one in findings(refusing) if "quarantine" in one] == [OPEN.replace("register", "fixed")]
    last = rows(tmp_path / "last", MENDED.replace("P9999", "P9998"), name="last.csv")
    ingest(refusing, declare(last, replaces=(but(REPLACES, delivery="d000004", lines=[4], file="last.csv"),)))
    assert counted(refusing) == expected(**{"01AA00 Bao": 14, "02BB00 Bao": 8})
    ingest(refusing, whole(tmp_path / "whole", DOUBLE[1]))
    assert counted(refusing) == expected(**{"02BB00 Bao": 8})
    assert select(refusing, "select delivery_id, superseded_by from deliveries where kind = 'register_po'") == [
        ("d000002", "d000006"),
        ("d000004", "d000006"),
        ("d000005", "d000006"),
        ("d000006", None),
    ]
    assert ties(refusing)


def test_a_small_delivery_with_too_many_faults_is_refused(refusing, tmp_path):
    again = declare(rows(tmp_path / "again", BROKEN), replaces=(but(REPLACES, lines=[36]),))
    assert refused(refusing, again).startswith("1 of 1 rows are refused (100,00%")


def test_a_correction_may_be_declared_in_it_too(refusing, tmp_path):
    wrong = rows(tmp_path / "again", BROKEN)
    entry = but(SET, file="fixed.csv", column="DATUM_IN", expect="20201341", value="20200901")
    found = ingest(refusing, declare(wrong, entry, replaces=(but(REPLACES, lines=[36]),)))
    assert (found["corrections_applied"], found["refused_rows_resolved"], found["rejected"]) == (1, 1, 0)
    assert counted(refusing) == expected(**{"01AA00 Bao": 13})


def test_a_corrected_whole_takes_the_small_ones_along(replayed, tmp_path):
    found = ingest(replayed, whole(tmp_path / "whole", DOUBLE[1], MENDED))
    assert found["remarks"] == []
    assert counted(replayed) == expected(**{"01AA00 Bao": 13, "02BB00 Bao": 8})
    assert resolved(replayed) == {}
    assert not [one for one in findings(replayed) if "quarantine" in one]
    assert ties(replayed)


def test_a_small_one_goes_along_even_where_the_whole_does_not_tell_of_its_school(refusing, tmp_path):
    new = write_addresses(tmp_path / "new", {"05EE00": "10005"})
    ingest(refusing, new)
    again = rows(tmp_path / "again", DOUBLE[1].replace(";02BB;", ";05EE;"))
    ingest(refusing, declare(again, replaces=(REPLACES,)))
    assert counted(refusing)["05EE00 Bao"] == 1
    (said,) = ingest(refusing, whole(tmp_path / "whole", DOUBLE[1]))["remarks"]
    assert "takes the place of fixed.csv, and 1 schools of that are not in it (first 05EE00)" in said
    assert counted(refusing) == expected(**{"02BB00 Bao": 8})
    assert ties(refusing)


@pytest.fixture
def in_parts(tmp_path) -> Path:
    """A register in two parts, with a pupil who is enrolled twice: line 14 of d000002 and line 9 of d000003."""
    folder = write_addresses(tmp_path / "parts", {"01AA00": "10001", "02BB00": "10002"})
    for name, place, row in (("a", "01AA00 Bo", DOUBLE[0]), ("b", "02BB00 Bo", DOUBLE[1])):
        part = write_register(tmp_path / name, {place: PUPILS[place]}) / "register.csv"
        (folder / f"{name}.csv").write_text(part.read_text() + row + "\n")
    home = blank(tmp_path / "home")
    ingest(home, folder, "--max-rejected", "0.2")
    return home


BOTH = (but(REPLACES, delivery="d000001", lines=[14]), but(REPLACES, delivery="d000003", lines=[9]))


def test_a_double_enrolment_over_two_deliveries_is_resolved_by_two_entries(in_parts, fixed):
    assert select(in_parts, "select delivery_id, line from quarantine order by 1") == [
        ("d000001", 14),
        ("d000003", 9),
    ]
    ingest(in_parts, declare(fixed, replaces=BOTH))
    assert counted(in_parts) == {"01AA00 Bao": 12, "02BB00 Bao": 8}
    assert not [one for one in findings(in_parts) if "quarantine" in one]
    assert ties(in_parts)


def test_when_one_of_the_two_is_corrected_the_lines_of_the_other_are_open_again(in_parts, fixed, tmp_path):
    ingest(in_parts, declare(fixed, replaces=BOTH))
    (said, *_) = [
        one for one in ingest(in_parts, rows(tmp_path / "c", DOUBLE[0], name="c.csv"))["remarks"] if "stood" in one
    ]
    assert said == (
        "fixed.csv, which stood for 1 refused lines of b.csv too, goes with what c.csv takes the place of: those "
        "lines are open again"
    )
    assert "b.csv: 1 rows in quarantine (1 double_enrolment)" in findings(in_parts)
    ingest(in_parts, declare(rows(tmp_path / "d", DOUBLE[1].replace("Pd", "Pe")), replaces=(BOTH[1],)))
    assert counted(in_parts) == {"01AA00 Bao": 1, "02BB00 Bao": 8}
    assert ties(in_parts)
