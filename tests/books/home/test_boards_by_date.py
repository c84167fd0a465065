"""The board of a school where a pupil file of one date and an address list of a later one disagree."""

from pathlib import Path

import pytest

from tests.books.home.delivery import write_addresses, write_changes
from tests.books.home.npo import MONEY, checking, here
from tests.books.home.seeing import select

HEADER = (
    "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;INSTELLINGSNAAM_VESTIGING;PLAATSNAAM;GEMEENTENAAM;SOORT_PO;"
    "BEVOEGD_GEZAG_NUMMER;LEERLINGEN"
)
PUPILS = (
    f"{HEADER}\n20201001;01AA;00;School;Assen;Assen;Bo;10001;12\n20201001;02BB;00;School;Assen;Assen;Bo;10002;9\n"
)
LISTED = {"01AA00": "20002", "02BB00": "10002"}
PAID = """
    select strftime(paid_month, '%Y-%m'), board, sum(amount)::varchar from payments where vestiging = '01AA00'
    group by all order by 1"""


def done(*command: object):
    ended = here(*command)
    assert ended.status == 0, ended.stderr
    return ended


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("boards-by-date")
    (folder / "pupils.csv").write_text(PUPILS)
    write_addresses(folder / "list", LISTED)
    return folder


@pytest.fixture(scope="module")
def homes(folder) -> dict[str, Path]:
    """The list comes before the run of September, or after it."""
    made = {order: folder / order for order in ("before", "after")}
    for order, home in made.items():
        done("ingest", folder / "pupils.csv", "--home", home)
        done("decide", "--school-year", "2021-2022", "--home", home)
        if order == "after":
            done("pay", "--month", "2021-09", "--home", home)
        done("ingest", folder / "list", "--reference-date", "2021-10-01", "--home", home)
        if order == "before":
            done("pay", "--month", "2021-09", "--home", home)
        done("pay", "--month", "2021-10", "--home", home)
    return made


def test_september_goes_to_the_board_of_1_october_2020_and_october_to_that_of_1_october_2021(homes):
    # 12 x 701.16 = 8413.92; two twelfths, and one
    assert select(homes["before"], PAID) == [
        ("2021-09", "10001", "1402.32"),
        ("2021-10", "20002", "701.16"),
    ]


def test_it_does_not_matter_whether_the_list_came_before_the_run_or_after_it(homes):
    for query in (PAID, "from schools order by all", "from receivables"):
        assert select(homes["after"], query) == select(homes["before"], query)


def test_nothing_is_claimed_of_the_months_before_the_list(homes):
    for home in homes.values():
        assert select(home, "from receivables") == []


def test_the_books_tie_and_status_asks_for_the_day(homes):
    with checking(*MONEY, "deliveries"):
        assert here("verify", "--home", homes["after"]).status == 0
    (finding,) = done("status", "--json", "--home", homes["after"]).document["findings"]
    assert finding == (
        "1 vestiging has another board than before, and no change says since which day (first 01AA00: 10001 on "
        "2020-10-01, 20002 on 2021-10-01): the months between are the old board's; deliver a changes file with a "
        "row `DAY;bestuursoverdracht;01AA00;20002;` for each"
    )


def test_what_the_change_says_is_then_settled_between_the_boards(homes, folder):
    home = homes["after"]
    done("ingest", write_changes(folder / "changes", "20210801;bestuursoverdracht;01AA00;20002;"), "--home", home)
    claims = "select strftime(month, '%Y-%m'), board, amount::varchar, cause from receivables order by amount"
    assert select(home, claims) == [
        ("2021-09", "10001", "-1402.32", "board_transfer"),
        ("2021-09", "20002", "1402.32", "board_transfer"),
    ]
    assert done("status", "--json", "--home", home).document["findings"] == []
    with checking(*MONEY, "deliveries"):
        assert here("verify", "--home", home).status == 0
