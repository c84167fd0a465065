"""What boards say they spent: each fault is caught by exactly its rule, and a later file tells a year anew."""

from decimal import Decimal
from pathlib import Path

import polars as pl

from npo_pipeline.accounts.board_reports import latest_reports
from tests.books.accounts.filing import HEADERS, SPENT, accepted, faults_found, ingest
from tests.books.corrections.declaring import REPLACES, SET, but, declare
from tests.books.home.delivery import BOARDS, write_addresses, write_changes, write_spending
from tests.books.home.npo import here
from tests.books.home.seeing import select
from tests.reading import rows, table

FAULTS = {
    "1001;01AA;2021;B;Bijles;school;1;": [("unknown_code", "BEVOEGD_GEZAG_NUMMER", None)],
    ";01AA;2021;B;Bijles;school;1;": [("missing_value", "BEVOEGD_GEZAG_NUMMER", None)],
    "10001;1AA;2021;B;Bijles;school;1;": [("unknown_code", "BRIN_NUMMER", "10001")],
    "10001;;2021;B;Bijles;school;1;": [("missing_value", "BRIN_NUMMER", "10001")],
    "10001;01AA;;B;Bijles;school;1;": [("missing_value", "JAAR", "10001")],
    "10001;01AA;21;B;Bijles;school;1;": [("not_a_date", "JAAR", "10001")],
    "10001;01AA;2021/22;B;Bijles;school;1;": [("not_a_number", "JAAR", "10001")],
    "10001;01AA;2021;G;Bijles;school;1;": [("unknown_code", "CATEGORIE", "10001")],
    "10001;01AA;2021;;Bijles;school;1;": [("missing_value", "CATEGORIE", "10001")],
    "10001;01AA;2021;B;;school;1;": [("missing_value", "INTERVENTIE", "10001")],
    "10001;01AA;2021;B;Bijles;bestuur;1;": [("unknown_code", "NIVEAU", "10001")],
    "10001;01AA;2021;B;Bijles;;1;": [("missing_value", "NIVEAU", "10001")],
    "10001;01AA;2021;B;Bijles;school;;": [("missing_value", "BEDRAG", "10001")],
    "10001;01AA;2021;B;Bijles;school;1,005;": [("not_a_number", "BEDRAG", "10001")],
    "10001;01AA;2021;B;Bijles;school;-1;": [("negative", "BEDRAG", "10001")],
    "10001;01AA;2021;B;Bijles;school;1;veel": [("not_a_number", "WAARVAN_EXTERN", "10001")],
    "10001;01AA;2021;B;Bijles;school;1;-0,50": [("negative", "WAARVAN_EXTERN", "10001")],
    "10001;99ZZ;2021;B;Bijles;school;1;": [("unknown_school", "BRIN_NUMMER", "10001")],
    "10001;02BB;2021;B;Bijles;school;1;": [("unknown_school", "BRIN_NUMMER", "10001")],
    "10001;02BB;2021;G;Bijles;school;-1;": [
        ("unknown_school", "BRIN_NUMMER", "10001"),
        ("unknown_code", "CATEGORIE", "10001"),
        ("negative", "BEDRAG", "10001"),
    ],
    "10001;01AA;2021;C;Bijles;school;1;-0,75": [("negative", "WAARVAN_EXTERN", "10001")],
}


def spend(home: Path, folder: Path, *lines: str, name: str = "spending.csv"):
    return ingest(home, write_spending(folder, *lines, name=name))


def spent(home: Path, *, live: bool = True) -> list[tuple]:
    """Board, brin, year and amount of the rows that hold."""
    told = pl.DataFrame(select(home, "select delivery_id, board, brin, year, amount from spending"), orient="row")
    told.columns = ["delivery_id", "board", "brin", "year", "amount"]
    return sorted(rows(latest_reports(told, "year"), "board", "brin", "year", "amount"))


def superseded(home: Path) -> list[tuple]:
    query = "select delivery_id, superseded_by from deliveries where kind = 'spending' order by 1"
    return select(home, query)


def test_each_fault_is_caught_by_exactly_its_rule_and_the_board_is_named_whose_row_it_is(home, tmp_path):
    spend(home, tmp_path / "in", SPENT, *FAULTS)
    expected = sorted((line, *fault) for line, faults in enumerate(FAULTS.values(), 3) for fault in faults)
    found = select(home, "select line, rule, column_name, board from quarantine")
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert select(home, "select line, brin from spending") == [(2, "01AA")]
    assert faults_found(home) == ""


def test_good_rows_come_in_as_they_are_written(home, tmp_path):
    spend(
        home,
        tmp_path / "in",
        "10002;02BB;2021;A;=SOM(A1);BovenSchools;1.234,50;",
        "10002;04DD;2022;F;Rand;school;0;0",
    )
    query = (
        "select line, board, brin, year, category, intervention, level, amount, external from spending order by 1"
    )
    assert select(home, query) == [
        (2, "10002", "02BB", 2021, "A", "'=SOM(A1)", "bovenschools", Decimal("1234.50"), Decimal("0.00")),
        (3, "10002", "04DD", 2022, "F", "Rand", "school", Decimal("0.00"), Decimal("0.00")),
    ]
    assert select(home, "select kind, reference_date from deliveries where file = 'spending.csv'") == [
        ("spending", None)
    ]


def test_a_reference_date_is_none_of_its_business(home, tmp_path):
    ingest(home, write_spending(tmp_path / "in", SPENT), "--reference-date", "2020-10-01")
    assert select(home, "select reference_date from deliveries where kind = 'spending'") == [(None,)]


def test_two_rows_about_the_same_thing_are_two_bookings_also_where_they_are_equal(home, tmp_path):
    spend(home, tmp_path / "in", SPENT, SPENT.replace("100,00", "60,00"), SPENT)
    assert spent(home) == [("10001", "01AA", 2021, Decimal(amount)) for amount in ("60.00", "100.00", "100.00")]
    assert select(home, "select count(*) from quarantine") == [(0,)]
    assert faults_found(home) == ""


def test_a_credit_note_with_a_reason_comes_off_its_intervention_and_never_below_zero(home, tmp_path):
    path = tmp_path / "in" / "spending.csv"
    path.parent.mkdir()
    rows = (
        "10001;01AA;2021;B;Bijles;school;100,00;40,00;",
        "10001;01AA;2021;B;Bijles;school;(€ 60,00);-40,00;dubbel gefactureerd",
        "10001;01AA;2021;B;Bijles;bovenschools;50,00;0;",
        "10001;01AA;2021;B;Bijles;bovenschools;-50,01;0;te veel",
        "10001;01AA;2021;C;Bijles;school;-1,00;0;",
    )
    path.write_text("\n".join((f"{HEADERS['Besteding']};REDEN", *rows)), encoding="utf-8")
    ingest(home, path)
    assert select(home, "select line, amount, external, reason from spending order by 1") == [
        (2, Decimal("100.00"), Decimal("40.00"), None),
        (3, Decimal("-60.00"), Decimal("-40.00"), "dubbel gefactureerd"),
        (4, Decimal("50.00"), Decimal("0.00"), None),
    ]
    assert select(home, "select line, rule, column_name, message from quarantine order by 1") == [
        (
            5,
            "credit_above_spent",
            "BEDRAG",
            "BEDRAG brengt 'Bijles' (bovenschools) op -0,01; verbeter de creditnota, of verbeter het jaar waar "
            "zij bij hoort",
        ),
        (
            6,
            "negative",
            "BEDRAG",
            "BEDRAG '-1,00' ligt onder nul; vul een bedrag vanaf 0 in, of van een creditnota op blad Besteding "
            "ook een REDEN",
        ),
    ]
    assert faults_found(home) == ""


def test_the_refusal_says_that_it_is_no_school_of_that_board(home, tmp_path):
    ended = spend(home, tmp_path / "in", SPENT, "10001;02BB;2021;B;Bijles;school;1;")
    assert (
        "spending.csv, rij 3: BRIN_NUMMER 02BB is geen school van bestuur 10001 en was dat nooit; verbeter een "
        "van de twee, of lever eerst de adressenlijst of wijziging aan die de school aan het bestuur geeft"
    ) in ended.stdout


def test_a_file_of_a_board_that_cannot_be_read_says_so_in_dutch(home, tmp_path):
    """The board reads it: which line, and what to do."""
    path = write_spending(tmp_path / "in", SPENT, '10001;01AA;2021;B;"Bijles;school;1;')
    ended = here("ingest", path, "--home", home)
    assert (ended.status, ended.stderr) == (
        3,
        "npo: spending.csv, regel 3: kan niet worden gelezen (het bestand houdt op binnen aanhalingstekens); "
        "controleer de aanhalingstekens\n",
    )


def test_a_school_that_was_once_theirs_is_theirs_to_account_for(home, tmp_path):
    moved = write_changes(tmp_path / "moved", "20211201;bestuursoverdracht;01AA00;10003;")
    accepted("ingest", moved, "--home", home)
    spend(home, tmp_path / "in", SPENT, SPENT.replace("10001", "10003"))
    assert [board for board, *_ in spent(home)] == ["10001", "10003"]


def test_an_address_list_in_the_same_delivery_counts(tmp_path):
    told = write_addresses(write_spending(tmp_path / "in", SPENT), BOARDS)
    accepted("ingest", told, "--reference-date", "2019-10-01", "--home", tmp_path / "new")
    assert spent(tmp_path / "new") == [("10001", "01AA", 2021, Decimal("100.00"))]


def test_nothing_waits_for_an_address_list(tmp_path):
    spend(tmp_path / "new", tmp_path / "in", SPENT)
    assert select(tmp_path / "new", "select rule from quarantine") == [("unknown_school",)]


def test_a_long_text_is_cut_with_a_mark_and_a_remark(home, tmp_path):
    ended = spend(home, tmp_path / "in", SPENT.replace("Een-op-een-begeleiding", "x" * 1_001))
    ((text,),) = select(home, "select intervention from spending")
    assert text == "x" * 1_000 + " [afgekapt na 1.000 tekens]"
    assert "! spending.csv: 1 texts were too long, and only their beginning is kept" in ended.stdout


def test_a_later_file_tells_a_board_and_year_anew_and_leaves_others_alone(home, tmp_path):
    other, year = SPENT.replace("10001;01AA", "10002;02BB"), SPENT.replace(";2021;", ";2022;")
    spend(home, tmp_path / "1", SPENT, SPENT.replace(";B;", ";C;"), other, year)
    ended = spend(home, tmp_path / "2", SPENT.replace("100,00", "70,00"), name="again.csv")
    assert spent(home) == [
        ("10001", "01AA", 2021, Decimal("70.00")),
        ("10001", "01AA", 2022, Decimal("100.00")),
        ("10002", "02BB", 2021, Decimal("100.00")),
    ]
    assert [gone for _, gone in superseded(home)] == [None, None]
    words = "again.csv restates board 10001 in 2021: the rows of spending.csv about that count no longer"
    assert words in ended.stdout
    assert faults_found(home) == ""


def test_a_file_of_which_all_is_told_anew_gives_way_to_the_one_that_took_the_last_of_it(home, tmp_path):
    other = SPENT.replace("10001;01AA", "10002;02BB")
    spend(home, tmp_path / "1", SPENT, other)
    spend(home, tmp_path / "2", SPENT.replace("100,00", "70,00"))
    spend(home, tmp_path / "3", other.replace("100,00", "80,00"))
    (_, gone), (_, second_gone), (third, third_gone) = superseded(home)
    assert (gone, second_gone, third_gone) == (third, None, None)
    assert [amount for *_, amount in spent(home)] == [Decimal("70.00"), Decimal("80.00")]
    assert faults_found(home) == ""


def test_the_same_file_again_is_nothing_new_as_long_as_it_holds(home, tmp_path):
    spend(home, tmp_path / "1", SPENT)
    assert "Nothing to do" in spend(home, tmp_path / "1", SPENT).stdout
    spend(home, tmp_path / "2", SPENT.replace("100,00", "70,00"))
    spend(home, tmp_path / "3", SPENT)
    assert spent(home) == [("10001", "01AA", 2021, Decimal("100.00"))]
    assert len(superseded(home)) == 3
    assert faults_found(home) == ""


def test_a_part_that_no_longer_holds_makes_the_same_file_news(home, tmp_path):
    other = SPENT.replace("10001;01AA", "10002;02BB")
    spend(home, tmp_path / "1", SPENT, other)
    spend(home, tmp_path / "2", SPENT.replace("100,00", "70,00"))
    spend(home, tmp_path / "3", SPENT, other)
    assert [amount for *_, amount in spent(home)] == [Decimal("100.00"), Decimal("100.00")]
    third = superseded(home)[2][0]
    assert [gone for _, gone in superseded(home)] == [third, third, None]


def test_a_file_whose_rows_were_all_refused_gives_way_to_the_next_of_that_board(home, tmp_path):
    spend(home, tmp_path / "1", SPENT.replace("100,00", "veel"))
    spend(home, tmp_path / "2", SPENT.replace("10001;01AA", "10002;02BB"))
    assert [gone for _, gone in superseded(home)] == [None, None]
    spend(home, tmp_path / "3", SPENT)
    third = superseded(home)[2][0]
    assert [gone for _, gone in superseded(home)] == [third, None, None]
    assert faults_found(home) == ""


def test_two_files_of_one_delivery_may_not_tell_of_the_same_board_and_year(home, tmp_path):
    folder = write_spending(tmp_path / "in", SPENT, name="a.csv")
    write_spending(folder, SPENT.replace("100,00", "60,00"), name="b.csv")
    ended = here("ingest", folder, "--home", home)
    assert ended.status == 3
    assert (
        "a.csv and b.csv: both are of kind spending and tell of board 10001 in 2021; keep the right one of the two"
    ) in ended.stderr


def test_two_files_of_one_delivery_may_tell_of_two_boards(home, tmp_path):
    folder = write_spending(tmp_path / "in", SPENT, name="a.csv")
    write_spending(folder, SPENT.replace("10001;01AA", "10002;02BB"), name="b.csv")
    ingest(home, folder)
    assert [board for board, *_ in spent(home)] == ["10001", "10002"]


def test_a_declared_correction_is_applied(home, tmp_path):
    told = write_spending(tmp_path / "in", SPENT.replace("Een-op-een", "Een-op-veel"))
    entry = but(SET, file="spending.csv", column="INTERVENTIE", expect="Een-op-veel-begeleiding", value="Bijles")
    ingest(home, declare(told, entry))
    assert select(home, "select intervention from spending") == [("Bijles",)]


def test_rows_cannot_stand_beside_what_was_told_whole(home, tmp_path):
    spend(home, tmp_path / "1", SPENT, SPENT.replace("100,00", "veel"))
    ((named,),) = select(home, "select max(delivery_id) from deliveries")
    entry = but(REPLACES, delivery=named, lines=[3], file="mended.csv")
    told = write_spending(tmp_path / "2", SPENT.replace("100,00", "60,00"), name="mended.csv")
    ended = here("ingest", declare(told, replaces=(entry,)), "--home", home)
    assert ended.status == 3
    assert "a file of kind spending tells a board and year whole" in ended.stderr


def test_a_header_that_comes_near_is_named(home, tmp_path):
    path = write_spending(tmp_path / "in", SPENT) / "spending.csv"
    path.write_text(path.read_text().replace("BEDRAG", "BEDRAAG"))
    ended = here("ingest", path, "--home", home)
    assert ended.status == 3
    assert "looks like a file of kind spending (spending of boards) but lacks BEDRAG" in ended.stderr


def test_rows_that_hold_are_those_of_the_latest_delivery_of_each_board_and_year():
    told = table(
        """
        delivery_id board year amount
        d000001     10001 2021 1
        d000001     10002 2021 2
        d000002     10001 2021 3
        d000002     10001 2022 4
        d000001     10001 2021 5
        """,
        year="i",
        amount="m",
    )
    assert rows(latest_reports(told, "year").cast({"amount": pl.Int64}), "board", "year", "amount") == [
        ("10002", 2021, 2),
        ("10001", 2021, 3),
        ("10001", 2022, 4),
    ]


def test_a_row_with_a_field_too_many_is_told_of_in_dutch(home, tmp_path):
    path = write_spending(tmp_path / "in", SPENT, f"{SPENT};erbij")
    ended = here("ingest", path, "--home", home)
    assert (ended.status, ended.stderr) == (
        3,
        "npo: spending.csv, regel 3: heeft 9 velden waar de kopregel er 8 heeft: een scheidingsteken te veel, of "
        "een waarde die aanhalingstekens nodig heeft; laat het opnieuw sturen\n",
    )
