"""What municipalities get, through the command line: decided apart, paid in 24 terms, adjusted to later counts."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from tests.books.blank import blank
from tests.books.explain.homes import run, said
from tests.books.home import delivery
from tests.books.home.npo import MONEY, checking, here
from tests.books.home.seeing import select

ADDRESSES = "\n".join(
    (
        "PROVINCIE;BEVOEGD GEZAG NUMMER;BRIN NUMMER;VESTIGINGSNUMMER;VESTIGINGSNAAM;PLAATSNAAM;GEMEENTENUMMER;"
        "GEMEENTENAAM",
        "Drenthe;10001;01AA;01AA00;De Bron;Assen;106;Assen",
        "Utrecht;10002;02BB;02BB00;De Brug;Utrecht;0344;Utrecht",
        "",
    )
)
SCORES = "GEMEENTENUMMER;SCORE_2019;SCORE_2020\n0106;10,00;10,01\n0344;0,00;0,00\n"
NO_VO = "no vo pupils of 2020-10-01 were delivered: municipalities get nothing for them"


def deliver(home: Path, folder: Path, pupils: dict[str, int], **files: str) -> None:
    delivery.write_register(folder, pupils)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    run(home, "ingest", folder, "--reference-date", "2020-10-01")


def decide(home: Path, *options: object) -> dict:
    ended = here("decide", "--scheme", "gemeenten", *options, "--json", "--home", home)
    assert ended.status == 0, ended.stderr
    return ended.document


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> tuple[Path, dict]:
    """Schools and municipalities decided, and December 2021 paid; what the decision said."""
    folder = tmp_path_factory.mktemp("municipalities")
    home = blank(folder / "home")
    deliver(home, folder / "in", {"01AA00 Bo": 20, "02BB00 Bo": 10}, addresses=ADDRESSES, scores=SCORES)
    decided = decide(home)
    run(home, "decide", "--school-year", "2021-2022")
    run(home, "pay", "--month", "2021-12", "--catch-up")
    return home, decided


@pytest.fixture(scope="module")
def home(first, tmp_path_factory) -> Path:
    """The same, with the definitive counts decided on, and January 2022 paid."""
    home, _ = first
    deliver(home, tmp_path_factory.mktemp("definitive") / "in", {"01AA00 Bo": 30, "02BB00 Bo": 10})
    decide(home, "--reason", "definitive counts")
    run(home, "pay", "--month", "2022-01")
    return home


def test_the_decision_is_of_the_period_and_of_municipalities_only(first):
    _, decided = first
    # 20 x 118.11 = 2,362.20, and 22.64 x 10.005 = 226.5132; 10 x 118.11 = 1,181.10
    assert (decided["decision_id"], decided["school_year"], decided["total"]) == (
        "2021-2023-001",
        "2021-2023",
        "3769.81",
    )
    assert (decided["schools"], decided["boards"], decided["remarks"]) == (0, 0, [NO_VO])
    assert decided["regulations"] == ["2021-2023-gemeenten.yaml"]


def test_it_rests_on_pupils_and_on_scores_of_municipalities(home):
    query = "select distinct decision_id, used_for from decision_inputs order by all"
    assert [row for row in select(home, query) if "2023" in row[0]] == [
        ("2021-2023-001", "municipal_scores"),
        ("2021-2023-001", "pupils_po"),
        ("2021-2023-002", "municipal_scores"),
        ("2021-2023-002", "pupils_po"),
    ]


def test_december_pays_five_terms_and_january_one_with_what_the_definitive_counts_add(home):
    query = """
        select paid_month, recipient, amount, reason from payments
        where recipient_kind = 'gemeente' order by all"""
    assert select(home, query) == [
        (date(2021, 12, 1), "0106", Decimal("539.31"), "instalment"),  # 2,588.71 x 5/24 = 539.3146
        (date(2021, 12, 1), "0344", Decimal("246.06"), "instalment"),  # 1,181.10 x 5/24 = 246.0625
        # 30 x 118.11 + 226.5132 = 3,769.81; x 5/24 = 785.38, x 6/24 = 942.45
        (date(2022, 1, 1), "0106", Decimal("157.07"), "instalment"),
        (date(2022, 1, 1), "0106", Decimal("246.07"), "correction"),  # 785.38 - 539.31
        (date(2022, 1, 1), "0344", Decimal("49.22"), "instalment"),  # 295.28 - 246.06
    ]


def test_the_definitive_counts_are_the_cause(home):
    query = "select distinct decision_id, beneficiary, cause from due_changes where recipient_kind = 'gemeente'"
    assert select(home, query) == [("2021-2023-002", "0106", "reference_count")]
    query = "select distinct cause, amount from ledger where recipient = '0106' and cause <> 'instalment'"
    assert select(home, query) == [("reference_count", Decimal("246.07"))]


def test_it_is_never_money_of_a_board(home):
    boards = select(home, "select distinct component from board_payments")
    assert boards == [("per_pupil",)]
    assert select(home, "select count(*) from payments where component = 'gemeente' and board is not null") == [
        (0,)
    ]


def test_the_support_of_a_municipality_is_what_it_gets_itself_and_what_the_schools_in_it_get(home):
    query = """
        select year, municipality_number, municipality, to_municipality, to_schools, amount
        from municipal_support where municipality_number = '0106'"""
    # The schools: 20 x 701.16 = 14,023.20, of which 5/12 in 2021; the decision on them counts the older register.
    assert select(home, query) == [
        (2021, "0106", "Assen", Decimal("785.38"), Decimal("5843.00"), Decimal("6628.38")),
        (2022, "0106", "Assen", Decimal("1884.90"), Decimal("8180.20"), Decimal("10065.10")),  # 17/24 is 2,670.28
        (2023, "0106", "Assen", Decimal("1099.53"), None, Decimal("1099.53")),
    ]


def test_the_sum_of_a_municipality_is_explained_with_both_of_its_parts(home):
    text = said(home, "0106")
    for sentence in (
        "Uitleg bij het NPO-geld van gemeente 0106, Assen",
        "Periode 2021-2023, besluit 2021-2023-002",
        "Totaal voor deze gemeente: € 3.769,81",
        "Op 1 oktober 2020 telde gemeente 0106 30 leerlingen in alle schoolsoorten. Onderverdeeld: 30 in het "
        "basisonderwijs (01AA00).",
        "Berekening: 30 leerlingen × € 118,11 = € 3.543,30.",
        "De achterstandsscores van gemeente 0106 van 1 oktober 2019 en 1 oktober 2020 zijn samen 20,01 punten.",
        "Berekening: 20,01 punten × € 11,32 = € 226,5132.",
        "Bron: BWBR0045681, artikel 4(1)(b) (Stcrt. 2021, 42927)",
        "januari 2022 € 403,14, waarvan € 246,07 correctie",
        "was € 2.588,71, is nu € 3.769,81. Dat is € 1.181,10 meer, want het aantal leerlingen of de score is "
        "veranderd",
    ):
        assert sentence in text
    assert "geen deel voor de score, want de gemeente heeft er geen" in said(home, "0344")


def test_the_explanation_of_a_school_is_of_its_own_money(home):
    assert "2021-2023" not in said(home, "01AA00")


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("0106", ("--decision", "2021-2022-001")),
        ("0106", ("--school-year", "2021-2022")),
        ("01AA00", ("--decision", "2021-2023-001")),
    ],
)
def test_a_decision_on_the_money_of_others_is_refused_and_not_called_0(home, code, options):
    ended = here("explain", code, *options, "--home", home)
    assert (ended.status, f"leave {options[0]} out for {code}" in ended.stderr) == (3, True)


def test_a_municipality_that_is_not_known_is_refused(home):
    ended = here("explain", "0363", "--home", home)
    assert (ended.status, "no municipality 0363 is known" in ended.stderr) == (3, True)


def test_the_informatietool_shows_the_support_of_each_municipality(home, tmp_path):
    run(home, "tool", "--school-year", "2021-2022", "--out", tmp_path)
    sheet = fastexcel.read_excel(tmp_path / "npo-tool-2021-2022.xlsx").load_sheet("Steunpakketten").to_polars()
    found = sheet.filter(pl.col("Gemeente") == "Assen").select(
        "Kalenderjaar", "Gemeente zelf", "Scholen", "Totaal"
    )
    assert found.rows() == [
        ("2021", 785.38, 5843.00, 6628.38),
        ("2022", 1884.90, 8180.20, 10065.10),
        ("2023", 1099.53, None, 1099.53),
    ]
    page = (tmp_path / "npo-tool-2021-2022.html").read_text(encoding="utf-8")
    assert '"support":{"0":[[2021,"EUR",78538,584300,null,662838],' in page  # Assen, in cents


def test_the_books_tie(home):
    assert here("verify", "--home", home, "--json").document["findings"] == []


def test_deciding_again_says_the_same(home):
    ended = here("decide", "--scheme", "gemeenten", "--home", home)
    assert "Nothing to do: decision 2021-2023-002 says the same" in ended.stdout


def test_another_score_is_a_cause_of_its_own(home, tmp_path):
    deliver(home, tmp_path / "in", {"01AA00 Bo": 31, "02BB00 Bo": 10}, scores=SCORES.replace("10,01", "12,01"))
    decide(home, "--reason", "another score")
    query = """
        select cause, sum(amount) from due_changes
        where decision_id = '2021-2023-003' and beneficiary = '0106' group by all order by 1"""
    # One pupil more is 118.11; 2.00 points more at half of 22.64 are 22.64, and 3,769.8132 becomes 3,910.5632.
    assert select(home, query) == [("reference_count", Decimal("118.11")), ("score_correction", Decimal("22.64"))]
    with checking(*MONEY):
        assert here("verify", "--home", home, "--json").document["findings"] == []


def test_a_decision_is_on_a_school_year_or_on_a_scheme(home):
    for options in ((), ("--scheme", "gemeenten", "--school-year", "2021-2022")):
        ended = here("decide", *options, "--home", home)
        assert (ended.status, "--scheme gemeenten in place of it" in ended.stderr) == (2, True)
    ended = here("decide", "--scheme", "gemeente", "--home", home)
    assert (ended.status, "is `gemeenten` meant?" in ended.stderr) == (3, True)
    ended = here("decide", "--scheme", "arbeidsmarkttoelage", "--home", home)
    assert (ended.status, "is decided together with a school year" in ended.stderr) == (3, True)
    assert here("decide", "--school-year", "2021-2023", "--home", home).status == 2


def test_scores_that_come_later_are_named_and_settled(tmp_path):
    home = blank(tmp_path / "home")
    deliver(home, tmp_path / "in", {"01AA00 Bo": 20, "02BB00 Bo": 10}, addresses=ADDRESSES)
    no_scores = (
        "no scores of municipalities were delivered: the part for their score is left out, not counted as 0"
    )
    assert decide(home)["remarks"] == [NO_VO, no_scores]
    assert "het deel voor de score is niet meegerekend" in said(home, "0106")
    run(home, "pay", "--month", "2021-12")
    (tmp_path / "scores.csv").write_text(SCORES, encoding="utf-8")
    run(home, "ingest", tmp_path / "scores.csv")
    later = (
        "decision 2021-2023-001 does not count scores.csv that came later; run `npo decide --scheme gemeenten` "
        "again"
    )
    assert here("status", "--home", home, "--json").document["findings"] == [later]
    decide(home, "--reason", "scores")
    run(home, "pay", "--month", "2022-01")
    # 226.5132 x 5/24 on top of 2,362.20 x 5/24: 539.31 - 492.13
    corrected = select(home, "select recipient, cause, amount from ledger where cause <> 'instalment'")
    assert corrected == [("0106", "score_correction", Decimal("47.18"))]
    with checking(*MONEY):
        assert here("verify", "--home", home, "--json").document["findings"] == []
