"""Who consented to what: each fault is caught by exactly its rule, and a later file tells a school year anew."""

from datetime import date
from decimal import Decimal

from tests.books.accounts.filing import AGREED, SPENT, faults_found, ingest
from tests.books.home.delivery import write_consents, write_spending
from tests.books.home.npo import here
from tests.books.home.seeing import select

FAULTS = {
    "x;01AA;2021-2022;J;J;;;;;;;": [("unknown_code", "BEVOEGD_GEZAG_NUMMER", None)],
    "10001;1AA;2021-2022;J;J;;;;;;;": [("unknown_code", "BRIN_NUMMER", "10001")],
    "10001;01AA;;J;J;;;;;;;": [("missing_value", "SCHOOLJAAR", "10001")],
    "10001;01AA;2021-2023;J;J;;;;;;;": [("unknown_code", "SCHOOLJAAR", "10001")],
    "10001;01AA;2021;J;J;;;;;;;": [("unknown_code", "SCHOOLJAAR", "10001")],
    "10001;01AA;2021-2022;;J;;;;;;;": [("missing_value", "SCHOOLSCAN", "10001")],
    "10001;01AA;2021-2022;misschien;J;;;;;;;": [("unknown_code", "SCHOOLSCAN", "10001")],
    "10001;01AA;2021-2022;J;;;;;;;;": [("missing_value", "SCHOOLPROGRAMMA_MR", "10001")],
    "10001;01AA;2021-2022;J;X;;;;;;;": [("unknown_code", "SCHOOLPROGRAMMA_MR", "10001")],
    "10001;01AA;2021-2022;J;J;01-07-21;;;;;;": [("not_a_date", "DATUM_MR", "10001")],
    "10001;01AA;2021-2022;J;J;;-1;;;;;": [("negative", "BOVENSCHOOLS_BEDRAG_MR", "10001")],
    "10001;01AA;2021-2022;J;J;;1,234;;;;;": [("not_a_number", "BOVENSCHOOLS_BEDRAG_MR", "10001")],
    "10001;01AA;2021-2022;J;J;;;X;;;;": [("unknown_code", "GMR", "10001")],
    "10001;01AA;2021-2022;J;J;;;;20210230;;;": [("not_a_date", "DATUM_GMR", "10001")],
    "10001;01AA;2021-2022;J;J;;;;;;X;": [("unknown_code", "GEMEENTE_GEINFORMEERD", "10001")],
    "10001;04DD;2021-2022;J;J;;;;;;;": [("unknown_school", "BRIN_NUMMER", "10001")],
    AGREED: [("duplicate_row", None, "10001")],
}


def test_each_fault_is_caught_by_exactly_its_rule_and_the_board_is_named_whose_row_it_is(home, tmp_path):
    ingest(home, write_consents(tmp_path / "in", AGREED, *FAULTS))
    expected = [(line, *fault) for line, faults in enumerate(FAULTS.values(), 3) for fault in faults]
    found = select(home, "select line, rule, column_name, board from quarantine")
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert select(home, "select line, brin from consents") == [(2, "01AA")]
    assert faults_found(home) == ""


def test_good_rows_come_in_as_they_are_written_and_what_is_not_said_stays_unsaid(home, tmp_path):
    ingest(home, write_consents(tmp_path / "in", AGREED, "10002;02BB;2022-2023;N;N;;;;;;;@cmd"))
    columns = (
        "board, brin, school_year, school_scan, mr_consent, mr_date, board_level_agreed, gmr_consent, gmr_date, "
        "parents_involved, municipality_informed, result"
    )
    first, second = select(home, f"select {columns} from consents order by line")
    mr, gmr = date(2021, 7, 1), date(2021, 7, 5)
    told = (True, True, mr, Decimal("50.00"), True, gmr, "Ouderavond", True, "Op niveau")
    assert first == ("10001", "01AA", "2021-2022", *told)
    unsaid = (False, False, None, Decimal("0.00"), False, None, None, None, "'@cmd")
    assert second == ("10002", "02BB", "2022-2023", *unsaid)


def test_a_long_text_is_cut_with_a_mark_and_a_remark(home, tmp_path):
    long = AGREED.replace("Op niveau", "y" * 1_001).replace("Ouderavond", "x" * 1_000)
    ended = ingest(home, write_consents(tmp_path / "in", long))
    ((parents, result),) = select(home, "select parents_involved, result from consents")
    assert parents == "x" * 1_000
    assert result == "y" * 1_000 + " [afgekapt na 1.000 tekens]"
    assert "! consents.csv: 1 texts were too long, and only their beginning is kept" in ended.stdout


def test_a_later_file_tells_a_board_and_school_year_anew(home, tmp_path):
    other = AGREED.replace("2021-2022", "2022-2023")
    ingest(home, write_consents(tmp_path / "1", AGREED, other))
    ingest(home, write_consents(tmp_path / "2", AGREED.replace("Op niveau", "Beter")))
    query = "select superseded_by is null from deliveries where kind = 'consents' order by delivery_id"
    assert select(home, query) == [(True,), (True,)]
    ingest(home, write_consents(tmp_path / "3", other.replace("Op niveau", "Beter")))
    assert select(home, query) == [(False,), (True,), (True,)]
    assert faults_found(home) == ""


def test_spending_and_consents_do_not_supersede_each_other(home, tmp_path):
    told = write_consents(write_spending(tmp_path / "in", SPENT), AGREED)
    ingest(home, told)
    ingest(home, write_consents(tmp_path / "2", AGREED.replace("Op niveau", "Beter")))
    query = "select kind, superseded_by is null from deliveries where reference_date is null order by delivery_id"
    assert select(home, query) == [("consents", False), ("spending", True), ("consents", True)]


def test_two_files_of_one_delivery_may_not_tell_of_the_same_board_and_school_year(home, tmp_path):
    folder = write_consents(tmp_path / "in", AGREED, name="a.csv")
    write_consents(folder, AGREED.replace("Op niveau", "Beter"), name="b.csv")
    ended = here("ingest", folder, "--home", home)
    assert ended.status == 3
    assert "a.csv and b.csv: both are of kind consents and tell of board 10001 in 2021-2022" in ended.stderr
