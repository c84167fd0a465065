"""A small delivery that cannot resolve the lines it names is refused, and changes nothing."""

from datetime import date

import duckdb
import pytest

from npo_pipeline.books.reader import Books
from npo_pipeline.commands.verify.command import correction_faults
from tests.books.corrections.conftest import DOUBLE
from tests.books.corrections.declaring import NAME, REPLACES, SET, but, declare, ingest, refused, ties
from tests.books.corrections.replaying import MENDED, resolved, rows, whole
from tests.books.files import layouts
from tests.books.home.delivery import write_addresses, write_scores
from tests.books.home.npo import here
from tests.books.home.seeing import everything, select

WRONG = {
    "unknown delivery": (
        but(REPLACES, delivery="d000009"),
        "there is no delivery d000009; `npo status` lists them",
    ),
    "another kind": (but(REPLACES, delivery="d000003"), "fixed.csv has kind register_po, and d000003 has scores"),
    "not refused": (but(REPLACES, lines=[33, 34, 99]), "lines 33, 99 of d000002 are not in quarantine"),
    "the other way": (but(REPLACES, lines=[2]), "line 2 of d000002 is not in quarantine"),
}


@pytest.mark.parametrize(("entry", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_it_cannot_stand_for_refuses_it_and_changes_nothing(refusing, fixed, entry, words):
    before = everything(refusing)
    said = refused(refusing, declare(fixed, replaces=(entry,)))
    assert said.startswith(f"{NAME}, line 2: ")
    assert words in said
    assert everything(refusing) == before


def test_more_rows_than_lines_are_refused_and_fewer_are_not(refusing, fixed):
    one_line = declare(rows(fixed, *DOUBLE), replaces=(but(REPLACES, lines=[34, 34]),))
    assert "fixed.csv has 2 rows for 1 refused lines; each line gives way to one row" in refused(
        refusing, one_line
    )
    ingest(refusing, declare(rows(fixed, DOUBLE[1]), replaces=(but(REPLACES, lines=[34, 35, 36]),)))
    assert resolved(refusing) == {"fixed.csv": ("register.csv", 3)}


def test_lines_that_were_resolved_or_named_already_are_refused(refusing, replayed_once, fixed, tmp_path):
    twice = (REPLACES, but(REPLACES, lines=[35, 36]))
    said = refused(refusing, declare(fixed, replaces=twice))
    assert said == f"{NAME}, line 7: line 35 of d000002 is named twice; keep one of the two"
    other = declare(rows(tmp_path / "other", MENDED), replaces=(but(REPLACES, lines=[35, 36]),))
    assert "line 35 of d000002 is already resolved, by d000004" in refused(replayed_once, other)


def test_a_delivery_that_was_superseded_is_refused(refusing, fixed, tmp_path):
    ingest(refusing, whole(tmp_path / "whole", DOUBLE[1]))
    said = refused(refusing, declare(fixed, replaces=(REPLACES,)))
    assert "d000002 was superseded by d000004; name its lines" in said


def test_another_reference_date_is_refused(refusing, fixed):
    declare(fixed, replaces=(REPLACES,))
    ended = here("ingest", fixed, "--reference-date", "2019-10-01", "--home", refusing)
    assert ended.status == 3
    assert "fixed.csv has reference date 2019-10-01, and d000002 has 2020-10-01" in ended.stderr


def test_a_file_that_is_in_the_books_already_cannot_come_to_stand_for_lines(refusing, fixed, tmp_path):
    write_addresses(fixed, {"05EE00": "10005"})
    ingest(refusing, rows(fixed, DOUBLE[1].replace(";02BB;", ";05EE;")))
    said = refused(refusing, declare(fixed, replaces=(REPLACES,)))
    assert "is in the books already as d000005, where it does not stand for these lines" in said


def test_it_cannot_come_with_what_takes_the_place_of_the_whole(refusing, fixed, tmp_path):
    both = whole(declare(fixed, replaces=(REPLACES,)))
    said = refused(refusing, both, "--max-rejected", "1")
    assert said.endswith("register.csv of this same delivery takes the place of d000002; deliver the two apart")


def test_a_school_that_counts_already_cannot_be_scored_once_more(refusing, tmp_path):
    write_scores(tmp_path / "more", {"01AA00": "1,00", "02BB00": "x"})
    ingest(refusing, tmp_path / "more", "--max-rejected", "0.5")
    header, *_ = (tmp_path / "more" / "scores.csv").read_text().splitlines()
    entry = but(REPLACES, delivery="d000004", lines=[3])
    twice = declare(rows(tmp_path / "s", "01AA00;12;1,00;1,00", header=header), replaces=(entry,))
    said = refused(refusing, twice)
    assert "fixed.csv tells of 01AA00, which d000004 counts already; it would count twice" in said
    ingest(refusing, declare(rows(tmp_path / "s", "02BB00;7;2,00;2,00", header=header), replaces=(entry,)))
    live = (
        "select vestiging, score::text from scores join deliveries using (delivery_id) where superseded_by is null"
    )
    assert sorted(select(refusing, live)) == [("01AA00", "1.00"), ("02BB00", "2.00")]
    assert ties(refusing)


def test_a_list_or_an_application_can_be_resolved_as_well(refusing, tmp_path):
    wrong, right = ({"VESTIGINGSNUMMER": "07", "BEVOEGD GEZAG NUMMER": board} for board in ("1", "10249"))
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "list.csv").write_text(layouts.ADDRESSES_VO.lines({}, wrong))
    ingest(refusing, tmp_path / "list", "--max-rejected", "0.5")
    (tmp_path / "fix").mkdir()
    (tmp_path / "fix" / "fixed.csv").write_text(layouts.ADDRESSES_VO.lines(right))
    ingest(refusing, declare(tmp_path / "fix", replaces=(but(REPLACES, delivery="d000004", lines=[3]),)))
    assert select(refusing, "select board, valid_from from schools where vestiging = '01AA07'") == [
        ("10249", date(2020, 10, 1))
    ]
    assert ties(refusing)


FORGED = {
    "update resolutions set line = 2 where line = 34": "line 2 of d000002, which is no refused line",
    "update deliveries set kind = 'register_vo' where delivery_id = 'd000004'": "which is of another kind",
    "update deliveries set superseded_by = 'd1' where delivery_id = 'd000002'": "and what stands for it was not",
    "insert into resolutions select * replace ('d000003' as resolved_by) from resolutions": "is resolved twice",
    "update deliveries set rows = 3 where delivery_id = 'd000004'": "d000004 has 3 rows for 2 refused lines",
    "update deliveries set file = 'x' where delivery_id = 'd000004'": "d000004 is no delivery of fixed.csv",
}


def test_what_stands_for_lines_must_fit_what_was_refused(refusing, fixed):
    entry = but(SET, file="fixed.csv", column="LEERJAAR", expect="1", value="2")
    ingest(refusing, declare(fixed, entry, replaces=(REPLACES,)))
    with duckdb.connect(str(refusing / "npo.duckdb")) as connection:
        books = Books(connection, "the books", frozenset())
        assert list(correction_faults(books)) == []
        for change, words in FORGED.items():
            connection.execute("begin")
            connection.execute(change)
            found = list(correction_faults(books))
            assert any(words in one for one in found), (change, found)
            connection.execute("rollback")
