"""From an applications file to grants through the command line; nothing of it is ever paid by a payment run."""

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.verify.command import verify
from npo_pipeline.commands.verify.decisions_payments import decision_faults
from tests.books.blank import blank
from tests.books.checking import faults
from tests.books.home.delivery import write_country
from tests.books.home.npo import here
from tests.books.home.seeing import select
from tests.rulebook import shipped
from tests.spec.grants.applying import OLDER
from tests.spec.grants.test_subsidy_files import OVERLAY

HEADER = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;DATUM_AANVRAAG;AANTAL_LEERLINGEN;BEDRAG"
# 01AA: 12 pupils and a score, so 20%: 2. 02BB: 7 pupils, no score: none. 03CC: 9 pupils. 04DD: 4 pupils.
ROWS = (
    "10001;01AA;IOP;2021-04-20;3;2700",  # 2 x 900 = 1800
    "10002;02BB;IOP;2021-04-20;1;900",  # 10% of 7 is no pupil
    "10001;01AA;IOP;2021-05-10;1;900",  # between the windows
    "10003;03CC;EHK;2021-05-10;9;600",  # 9 x 72 = 648
    "10002;04DD;EHK;2021-05-11;4;300",  # 4 x 72 = 288
    "10002;01AA;EHK;2021-05-11;12;864",  # another board's school
)
YEAR = ("--school-year", "2020-2021")
FINISHED = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;AFGEROND"


@pytest.fixture(scope="module")
def of_2020(tmp_path_factory) -> Path:
    """A home with applications, and pupils of 2020 alone."""
    folder = tmp_path_factory.mktemp("applied")
    (folder / "applied.csv").write_text("\n".join([HEADER, *ROWS, ""]))
    home = blank(folder / "home")
    run(home, "ingest", write_country(folder / "country"), "--reference-date", "2020-10-01")
    run(home, "ingest", folder / "applied.csv")
    return home


@pytest.fixture(scope="module")
def applied_once(of_2020, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pupils")
    home = Path(shutil.copytree(of_2020, folder / "home"))
    run(home, "ingest", write_country(folder / "country"), "--reference-date", "2019-10-01")
    return home


@pytest.fixture
def home(applied_once, tmp_path) -> Path:
    return Path(shutil.copytree(applied_once, tmp_path / "home"))


@pytest.fixture(scope="module")
def granted_once(applied_once, tmp_path_factory) -> Path:
    home = Path(shutil.copytree(applied_once, tmp_path_factory.mktemp("granted") / "home"))
    run(home, "decide", *YEAR)
    return home


@pytest.fixture(scope="module")
def unharmed(granted_once, tmp_path_factory) -> Path:
    """A copy in which changes are tried and taken back."""
    return Path(shutil.copytree(granted_once, tmp_path_factory.mktemp("unharmed") / "home"))


@pytest.fixture
def granted(granted_once, tmp_path) -> Path:
    return Path(shutil.copytree(granted_once, tmp_path / "home"))


def run(home: Path, *words: object) -> dict:
    ended = here(*words, "--home", home, "--json")
    assert ended.status == 0, ended.stderr
    return ended.document


def tamper(home: Path, statement: str) -> list[str]:
    """What the check of decisions finds after a change, which is then taken back."""
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("begin")
        connection.execute(statement)
        found = list(decision_faults(Books(connection, "the books", frozenset())))
        connection.execute("rollback")
        return found


def test_applications_are_granted_reduced_and_refused(granted):
    query = "select brin, scheme, amount_applied, amount, outcome from grants order by line"
    assert select(granted, query) == [
        ("01AA", "IOP", Decimal("2700.00"), Decimal("1800.00"), "reduced"),
        ("02BB", "IOP", Decimal("900.00"), Decimal("0.00"), "refused"),
        ("01AA", "IOP", Decimal("900.00"), Decimal("0.00"), "refused"),
        ("03CC", "EHK", Decimal("600.00"), Decimal("600.00"), "granted"),
        ("04DD", "EHK", Decimal("300.00"), Decimal("288.00"), "reduced"),
        ("01AA", "EHK", Decimal("864.00"), Decimal("0.00"), "refused"),
    ]
    decision = "select decision_id, total, currency, regulation, reference_date::varchar from decisions"
    files = "2020-2021-ehk.yaml 2020-2021-iop.yaml"
    # 1800 + 600 + 288
    assert select(granted, decision) == [("2020-2021-001", Decimal("2688.00"), "EUR", files, "2019-10-01")]
    assert run(granted, "verify")["ties"]


def test_every_row_says_why_and_where_that_stands(granted):
    assert select(granted, "select count(*) from grants where reason = '' or article = '' or status is null") == [
        (0,)
    ]
    reasons = dict(select(granted, "select line, reason from grants"))
    assert reasons[2].startswith("asks for 3 pupils, and 20% of 12 pupils on 2020-10-01 allows 2; ")
    assert reasons[7] == "01AA was not of board 10002 on 2021-05-11 but of 10001"


def test_the_inputs_of_a_decision_are_on_record(granted):
    used = select(
        granted, "select used_for, kind from decision_inputs join deliveries using (delivery_id) order by 1"
    )
    assert used == [
        ("applications", "applications"),
        ("ehk_pupils_po", "register_po"),
        ("ehk_scores", "scores"),
        ("iop_pupils_po", "register_po"),
        ("iop_scores", "scores"),
    ]


def test_a_dry_run_says_the_same_and_changes_nothing(home):
    before = (home / "npo.duckdb").read_bytes()
    dry = run(home, "decide", *YEAR, "--dry-run")
    assert (home / "npo.duckdb").read_bytes() == before
    wet = run(home, "decide", *YEAR)
    assert dry["grants"] == wet["grants"]
    assert (dry["decision_id"], wet["decision_id"]) == (None, "2020-2021-001")
    told = wet["grants"]
    assert told["total"] == "2688.00"
    counts = {one["scheme"]: (one["granted"], one["reduced"], one["refused"]) for one in told["by_scheme"]}
    assert counts == {"EHK": (1, 1, 1), "IOP": (0, 1, 2)}
    assert [(one["asked"], one["amount"]) for one in told["by_scheme"]] == [
        ("1764.00", "888.00"),
        ("4500.00", "1800.00"),
    ]
    assert {one["outcome"] for one in told["reasons"]} == {"reduced", "refused"}


def test_deciding_again_writes_nothing(granted):
    before = (granted / "npo.duckdb").read_bytes()
    again = here("decide", *YEAR, "--home", granted)
    assert "Nothing to do: decision 2020-2021-001 says the same" in again.stdout
    assert (granted / "npo.duckdb").read_bytes() == before


def test_another_application_makes_another_decision_and_leaves_the_first(granted, tmp_path):
    first = select(granted, "from grants order by line")
    (tmp_path / "more.csv").write_text(f"{HEADER}\n10003;03CC;IOP;2021-06-01;1;900\n")
    run(granted, "ingest", tmp_path / "more.csv")
    assert run(granted, "decide", *YEAR)["decision_id"] == "2020-2021-002"
    assert select(granted, "from grants where decision_id = '2020-2021-001' order by line") == first
    assert len(select(granted, "from grants where decision_id = '2020-2021-002'")) == len(ROWS) + 1
    assert faults(granted, "decisions", "totals") == []


def test_what_a_person_reads(home):
    said = here("decide", *YEAR, "--home", home).stdout
    lines = [line.split() for line in said.splitlines()]
    assert ["EHK", "3", "1", "1", "1", "1.764,00", "888,00"] in lines
    assert "€ 2.688,00 is granted. DUS-I pays it" in said
    assert "IOP, refused: 02BB of board 10002: 10% of 7 pupils on 2020-10-01 is no whole pupil" in said
    assert "! EHK: no REGIO is stated by board 10002, 10003, so each is a region of its own" in said
    assert "Written as decision 2020-2021-001" in said
    assert "component" not in said  # no table of entitlements where there are none


def test_grants_are_never_paid(granted):
    ended = here("pay", "--month", "2021-06", "--home", granted)
    assert "nothing left to pay" in ended.stdout
    assert (
        select(granted, "select count(*) from payments")
        == select(granted, "select count(*) from instalments")
        == [(0,)]
    )


@pytest.mark.parametrize(
    "statement",
    [
        "update grants set amount = amount + 1 where brin = '03CC'",
        "update grants set outcome = 'granted' where brin = '02BB'",
        "update grants set reason = 'because' where brin = '02BB'",
        "update grants set board = '10009' where brin = '03CC'",
        "delete from grants where brin = '04DD'",
        "insert into grants select * replace (99 as line) from grants where brin = '04DD'",
        "update applications set amount = 1 where brin = '03CC'",
    ],
)
def test_a_changed_row_is_found(unharmed, statement):
    findings = tamper(unharmed, statement)
    assert any(one.startswith("2020-2021-001, grants: ") for one in findings), findings


def test_a_total_that_grants_do_not_add_up_to_is_found(unharmed):
    findings = tamper(unharmed, "update decisions set total = total + 1")
    assert any("its instalments and grants add up to 2688.00" in one for one in findings), findings


def test_a_changed_table_is_found_by_its_check_and_by_the_chain(granted):
    """Grants and applications, each changed where the other is not: the chain names both."""
    with duckdb.connect(str(granted / "npo.duckdb")) as connection:
        connection.execute("update grants set reason = 'because' where brin = '02BB'")
        connection.execute("update applications set amount = 1 where brin = '03CC'")
    findings = verify(Home(granted)).findings
    assert any(one.startswith("decisions: 2020-2021-001, grants: ") for one in findings), findings
    for table in ("grants", "applications"):
        assert any(one.startswith("chain: ") and table in one for one in findings), (table, findings)


def test_an_overlay_with_a_ceiling_decides_otherwise(granted, tmp_path):
    path = tmp_path / "ceiling.yaml"
    path.write_text(OVERLAY)  # 1000 euro for po in window a, where 1800 was granted
    told = run(granted, "decide", *YEAR, "--regulation", path)
    assert told["decision_id"] == "2020-2021-002"
    query = "select amount, reason from grants where decision_id = '2020-2021-002' and line = 2"
    ((amount, reason),) = select(granted, query)
    assert amount == 1000
    lot = "lot 1 of 1 (seed 20210502)"
    assert reason.endswith(f"; {lot}: 1000.00 was left of the ceiling of 1000.00 for po in window a")
    assert faults(granted, "decisions", "totals") == []


def test_a_year_with_both_kinds_of_rules_has_one_decision(home, tmp_path):
    path = tmp_path / "2020-2021-po.yaml"
    text = shipped("2021-2022-po").texts[0].text
    for this, other in (("2020-10-01", "DAY"), ("2022-", "NEXT"), ("2021-", "2020-"), ("NEXT", "2021-")):
        text = text.replace(this, other)
    path.write_text(text.replace("2020-2022", "2020-2021").replace("DAY", "2019-10-01"))
    told = run(home, "decide", *YEAR, "--regulation", path)
    assert (told["decision_id"], told["grants"]["total"]) == ("2020-2021-001", "2688.00")
    entitled = Decimal(told["total"])
    assert entitled > 0
    assert select(home, "select decision_id, total from decisions") == [("2020-2021-001", entitled + 2688)]
    assert select(home, "select count(*) from grants") == [(len(ROWS),)]
    assert faults(home, "decisions", "totals") == []
    again = run(home, "decide", *YEAR, "--regulation", path)
    assert again["decision_id"] is None


def test_without_applications_there_is_nothing_to_decide(tmp_path):
    home = blank(tmp_path / "home")
    run(home, "ingest", write_country(tmp_path / "country"), "--reference-date", "2019-10-01")
    ended = here("decide", *YEAR, "--home", home)
    assert (ended.status, ended.stdout) == (3, "")
    assert "no applications are known; ingest a file of them" in ended.stderr
    assert select(home, "select count(*) from decisions") == [(0,)]


def test_without_pupils_of_the_day_nobody_is_refused_for_it(of_2020):
    ended = here("decide", *YEAR, "--home", of_2020)
    assert ended.status == 3
    assert (
        "EHK goes by the pupils of 2019-10-01, and none are counted on that day (counted: 2020-10-01)"
        in ended.stderr
    )
    assert select(of_2020, "select count(*) from decisions") == [(0,)]


def test_the_day_of_a_subsidy_is_not_for_an_option_to_change(home):
    ended = here("decide", *YEAR, "--reference-date", "2020-10-01", "--home", home)
    assert ended.status == 3
    assert "count pupils on 2019-10-01; for another day give an overlay with a reference_date" in ended.stderr
    assert run(home, "decide", *YEAR, "--reference-date", "2019-10-01")["decision_id"] == "2020-2021-001"


def test_a_decision_under_the_files_of_an_older_version_verifies(home):
    older = [OLDER / f"2020-2021-{code}.yaml" for code in ("ehk", "iop")]
    told = run(home, "decide", *YEAR, *(word for path in older for word in ("--regulation", path)))
    assert told["decision_id"] == "2020-2021-001"
    query = "select brin, amount, article from grants where line in (2, 4) order by line"
    assert select(home, query) == [
        (
            "01AA",
            Decimal("1800.00"),
            "Interactive Robotics: 20% als de school apcg-leerlingen of een achterstandsscore heeft",
        ),
        ("01AA", Decimal("0.00"), WINDOWS),
    ]
    assert run(home, "decide", *YEAR)["decision_id"] == "2020-2021-002"  # the rules of the law
    assert faults(home, "decisions", "totals") == []


WINDOWS = (
    "Artikel 4, tweede lid, onder a (Stcrt. 2021, 19015); Artikel 4, tweede lid, onder b (Stcrt. 2021, 19015)"
)
WITH_REGIONS = f"{HEADER};REGIO;NIEUWE_REGIO"


def test_participants_who_finished_lower_the_grant_in_a_new_decision(granted, tmp_path):
    (tmp_path / "finished.csv").write_text(f"{FINISHED}\n10001;01AA;IOP;1\n")
    run(granted, "ingest", tmp_path / "finished.csv")
    assert run(granted, "decide", *YEAR)["decision_id"] == "2020-2021-002"
    query = "select decision_id, amount, outcome, reason from grants where line = 2 order by 1"
    (_, first, _, _), (_, second, outcome, reason) = select(granted, query)
    assert (first, second, outcome) == (1800, 900, "reduced")  # 1 of the 2 finished: 1800 x 1 / 2
    assert reason.endswith("; 1 of the 2 pupils of board 10001 finished, less than 85%: 900.00")
    used = select(
        granted,
        "select kind from decision_inputs join deliveries using (delivery_id) where used_for = 'completions'",
    )
    assert used == [("completions",)]
    assert faults(granted, "decisions", "totals") == []
    (tmp_path / "later.csv").write_text(f"{FINISHED}\n10001;01AA;IOP;2\n")  # the later report counts
    run(granted, "ingest", tmp_path / "later.csv")
    run(granted, "decide", *YEAR)
    assert select(granted, "select amount from grants where line = 2 order by decision_id") == [
        (1800,),
        (900,),
        (1800,),
    ]


def test_a_region_is_applied_for_by_its_penvoerder(home, tmp_path):
    # 03CC 9 pupils, 04DD 4: 13 x 79.20 = 1029.60 in a new region
    rows = ("10003;03CC;EHK;2021-01-10;9;800;R1;J", "10003;04DD;EHK;2021-01-10;4;400;R1;J")
    (tmp_path / "region.csv").write_text("\n".join([WITH_REGIONS, *rows, ""]))
    run(home, "ingest", tmp_path / "region.csv")
    run(home, "decide", *YEAR)
    query = "select brin, region, amount from grants where region is not null order by line"
    # 1029.60 of the 1200 that are asked: 800 and 400 times 0.858
    assert select(home, query) == [("03CC", "R1", Decimal("686.40")), ("04DD", "R1", Decimal("343.20"))]
    assert faults(home, "decisions", "totals") == []
