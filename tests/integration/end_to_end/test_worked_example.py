"""The worked example of docs/explanation/recalibration.md, on files and through the command line: one school,
twelve months, three decisions, a count that was corrected and a merger that was told late."""

from decimal import Decimal

import pytest

from tests.integration.end_to_end.programme import LIST, PO, po, run, select, write

TWELFTH = {"100": Decimal("5843.00"), "97": Decimal("5667.71")}  # 100 and 97 x 701.16, by twelve


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    home = folder / "home"
    lists = [f"Drenthe;{board};{brin};{brin}00;School {brin};Assen;Assen" for board, brin in BOARDS]
    write(folder / "first" / "addresses.csv", LIST, *lists)
    write(folder / "first" / "register.csv", PO, *po("01AA", 100), *po("02BB", 50))
    write(folder / "corrected" / "register.csv", PO, *po("01AA", 97), *po("02BB", 50))
    write(folder / "merger" / "changes.csv", CHANGES, "20220201;fusie;01AA00;;02BB00")
    for delivery, reason, last in (
        ("first", "first", "2021-11"),
        ("corrected", "count of 1 October corrected", "2022-02"),
        ("merger", "merger of 1 February", "2022-07"),
    ):
        run(home, "ingest", folder / delivery, "--reference-date", "2020-10-01")
        run(home, "decide", "--school-year", "2021-2022", "--reason", reason)
        run(home, "pay", "--month", last, "--catch-up")
    return home


BOARDS = (("10001", "01AA"), ("10002", "02BB"))
CHANGES = "INGANGSDATUM;SOORT;VESTIGING;BEVOEGD_GEZAG_NUMMER;OPVOLGER"


def paid(home, vestiging):
    query = f"""
        select strftime(paid_month, '%Y-%m'), reason, sum(amount) from payments
        where vestiging = '{vestiging}' group by all order by all"""
    return {(month, reason): amount for month, reason, amount in select(home, query)}


def test_the_school_that_merged(home):
    assert paid(home, "01AA00") == {
        ("2021-09", "instalment"): Decimal("11686.00"),  # two twelfths of 70,116.00
        ("2021-10", "instalment"): Decimal("5843.00"),
        ("2021-11", "instalment"): Decimal("5843.00"),
        ("2021-12", "instalment"): Decimal("5667.71"),  # a twelfth of 68,012.52
        ("2021-12", "correction"): Decimal("-701.16"),  # 4 x 5,667.71 - 4 x 5,843.00
        ("2022-01", "instalment"): Decimal("5667.71"),
        ("2022-02", "instalment"): Decimal("5667.71"),
        ("2022-03", "correction"): Decimal("-5667.71"),  # February belongs to 02BB00
    }


def test_the_school_it_merged_into(home):
    own = Decimal("2921.50")  # a twelfth of 50 x 701.16
    found = paid(home, "02BB00")
    assert found["2022-03", "correction"] == TWELFTH["97"]  # February of 01AA00
    assert found["2022-03", "instalment"] == own + TWELFTH["97"]
    assert sum(found.values()) == 12 * own + 6 * TWELFTH["97"]  # February to July


def test_together_they_got_what_the_year_gives(home):
    total = sum(paid(home, "01AA00").values()) + sum(paid(home, "02BB00").values())
    assert total == Decimal("68012.52") + Decimal("35058.00")
    assert run(home, "verify")["ties"]


def test_every_correction_says_what_it_is_for(home):
    query = """
        select vestiging, strftime(paid_month, '%Y-%m'), strftime(month, '%Y-%m'), cause, amount, decision_id
        from ledger where cause <> 'instalment' order by all"""
    count = [("01AA00", "2021-12", m, "reference_count", amount, "2021-2022-002") for m, amount in COUNTED]
    assert select(home, query) == [
        *count,
        ("01AA00", "2022-03", "2022-02", "merger", Decimal("-5667.71"), "2021-2022-003"),
        ("02BB00", "2022-03", "2022-02", "merger", Decimal("5667.71"), "2021-2022-003"),
    ]


COUNTED = (("2021-09", Decimal("-350.58")), ("2021-10", Decimal("-175.29")), ("2021-11", Decimal("-175.29")))


def test_what_was_thought_in_january_of_february(home):
    """Each decision keeps what it made due: the second one knows nothing of the merger."""
    query = """
        select sum(amount) from due
        where vestiging = '01AA00' and month = '2022-02-01' and decision_id <= '2021-2022-00{}'"""
    assert [select(home, query.format(last)) for last in (1, 2, 3)] == [
        [(Decimal("5843.00"),)],
        [(Decimal("5667.71"),)],
        [(Decimal("0.00"),)],
    ]


def test_nothing_is_open_at_the_end(home):
    assert select(home, "from receivables") == []
