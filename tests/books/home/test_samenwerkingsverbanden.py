"""Samenwerkingsverbanden are decided upon, paid, corrected, explained and verified beside boards."""

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.books.home.delivery import write_addresses
from tests.books.home.npo import checking, here
from tests.books.home.seeing import select

REGISTER = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;ONDERWIJSTYPE;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD"
PRO = "Praktijkonderwijs"
PUPILS = {f"01AA00 {PRO}": 10, "01AA00 HAVO": 20, f"01AA01 {PRO}": 7, f"02BB00 {PRO}": 5, f"03CC00 {PRO}": 9}
BOARDS = {"01AA00": "10001", "01AA01": "10001", "02BB00": "10002", "03CC00": "10003"}
AREAS = ("01AA00;VO2801", "01AA01;VO2802", "02BB00;VO2801")  # nothing says where 03CC00 lies


def write(folder: Path, name: str, header: str, rows) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return folder


def register(folder: Path, pupils) -> Path:
    rows = [
        f"P{place.replace(' ', '')}{number:04d};{place[:4]};{place[4:6]};{place[7:]};4;20190801;;J"
        for place, count in pupils.items()
        for number in range(count)
    ]
    return write(folder, "register.csv", REGISTER, rows)


def ok(home, *words):
    ended = here(*words, "--home", home, "--json")
    assert ended.status == 0, ended.stderr
    return ended.document


@pytest.fixture(scope="module")
def decided(tmp_path_factory) -> tuple[Path, dict]:
    """2021-2022 is decided; with what the decision said."""
    folder = tmp_path_factory.mktemp("areas")
    home, country = folder / "home", folder / "country"
    register(country, PUPILS)
    write_addresses(country, BOARDS)
    write(country, "areas.csv", "VESTIGING;SAMENWERKINGSVERBAND", AREAS)
    ok(home, "ingest", country, "--reference-date", "2020-10-01")
    return home, ok(home, "decide", "--school-year", "2021-2022")


@pytest.fixture(scope="module")
def corrected(tmp_path_factory, decided) -> Path:
    """September and October are paid; then 02BB00 has 6 pupils of praktijkonderwijs, and November is paid."""
    folder = tmp_path_factory.mktemp("corrected")
    home = Path(shutil.copytree(decided[0], folder / "home"))
    ok(home, "pay", "--month", "2021-10", "--catch-up")
    register(folder / "again", {**PUPILS, f"02BB00 {PRO}": 6})
    ok(home, "ingest", folder / "again", "--reference-date", "2020-10-01")
    ok(home, "decide", "--school-year", "2021-2022", "--reason", "a pupil more")
    ok(home, "pay", "--month", "2021-11")
    return home


def test_a_vestiging_of_which_nothing_says_where_it_lies_is_named_and_not_counted(decided):
    assert (
        "1 vestigingen with pupils of praktijkonderwijs lie in no known area of a samenwerkingsverband (03CC00): "
        "their samenwerkingsverband is left out until a file of areas names them" in decided[1]["remarks"]
    )


def test_the_decision_rests_on_the_file_of_areas(decided):
    used = "select file from decision_inputs join deliveries using (delivery_id) where used_for = 'areas'"
    assert select(decided[0], used) == [("areas.csv",)]


def test_without_any_areas_it_is_left_out_and_not_counted_as_nothing(tmp_path):
    register(tmp_path / "country", PUPILS)
    write_addresses(tmp_path / "country", BOARDS)
    ok(tmp_path / "home", "ingest", tmp_path / "country", "--reference-date", "2020-10-01")
    plan = ok(tmp_path / "home", "decide", "--school-year", "2021-2022", "--dry-run")
    assert (
        "no areas of samenwerkingsverbanden were delivered: samenwerkingsverband for vo_pro_vbo is left out, not "
        "counted as 0" in plan["remarks"]
    )


def test_areas_that_came_later_are_named_by_status(decided, tmp_path):
    home = shutil.copytree(decided[0], tmp_path / "home")
    write(tmp_path / "later", "more.csv", "VESTIGING;SAMENWERKINGSVERBAND", ["03CC00;VO2802"])
    ok(home, "ingest", tmp_path / "later")
    later = "decision 2021-2022-001 does not know of more.csv that came later; run `npo decide` again"
    assert later in ok(home, "status")["findings"]


def test_they_are_paid_by_the_month_beside_the_boards(corrected):
    # VO2801: 15 x 237.02 = 3,555.30, two twelfths and one; then 16 x 237.02 = 3,792.32, four twelfths less 888.83
    # VO2802: 7 x 237.02 = 1,659.14
    rows = select(
        corrected,
        """select strftime(paid_month, '%m'), recipient, sum(amount) from recipient_payments
        where recipient_kind = 'samenwerkingsverband' group by all order by all""",
    )
    assert rows == [
        ("09", "VO2801", Decimal("592.55")),
        ("09", "VO2802", Decimal("276.52")),
        ("10", "VO2801", Decimal("296.28")),
        ("10", "VO2802", Decimal("138.27")),
        ("11", "VO2801", Decimal("375.28")),
        ("11", "VO2802", Decimal("138.26")),
    ]


def test_a_correction_says_why(corrected):
    # a pupil more: 237.02 / 4 for September and October
    causes = select(
        corrected,
        """select cause, sum(amount) from ledger
        where recipient = 'VO2801' and cause <> 'instalment' group by all order by all""",
    )
    assert causes == [("reference_count", Decimal("59.25"))]


def test_the_difference_counts_them_beside_the_schools(corrected):
    shown = here("diff", "2021-2022-001", "2021-2022-002", "--home", corrected)
    assert "2 schools and samenwerkingsverbanden up, 0 down" in shown.stdout  # 02BB00 and VO2801


def test_boards_are_paid_for_schools_alone(corrected):
    assert select(corrected, "select distinct component from board_payments") == [("per_pupil",)]
    others = (
        "select count(*), count(board), count(vestiging), count(brin) from payments where recipient = 'VO2801'"
    )
    assert select(corrected, others) == [(4, 0, 0, 0)]


def test_the_payment_run_counts_them_apart(decided):
    paid = ok(decided[0], "pay", "--month", "2021-09", "--dry-run")["months"][0]
    assert [(one["recipient_kind"], one["recipients"], one["amount"]) for one in paid["recipients"]] == [
        ("samenwerkingsverband", 2, "869.07")
    ]
    said = here("pay", "--month", "2021-09", "--dry-run", "--home", decided[0]).stdout
    assert "€ 869,07 to 2 samenwerkingsverbanden" in said


def test_everything_follows(corrected):
    assert ok(corrected, "verify")["ties"]


def test_another_recipient_than_follows_is_found(corrected, tmp_path):
    home = shutil.copytree(corrected, tmp_path / "home")
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("update payments set recipient = 'VO9999' where recipient = 'VO2801'")
    with checking("payments"):
        ended = here("verify", "--home", home)
    assert ended.status == 5
    assert "payments: 000003-pay-2021-09: 1 row does not follow" in ended.stdout


def test_the_accounts_of_boards_hold_none_of_it(corrected, tmp_path):
    home = shutil.copytree(corrected, tmp_path / "home")
    ok(home, "account", "--year", "2021", "--board", "10001")
    boards = "select sum(amount) from payments where recipient_kind = 'bestuur'"
    assert select(home, "select received from accounts") == select(home, boards)
    with checking("accounts"):
        assert ok(home, "verify")["ties"]


def test_the_sum_of_a_samenwerkingsverband_is_explained(corrected):
    said = here("explain", "VO2801", "--lang", "en", "--home", corrected).stdout
    assert "NPO funding of samenwerkingsverband VO2801 explained" in said
    assert "the area of VO2801 counted 16 pupils of praktijkonderwijs" in said
    assert "10 pupils" not in said
    assert "Divided: 10 at 01AA00 and 6 at 02BB00." in said
    assert "register.csv" in said
    assert "areas.csv" in said
    assert "16 pupils of praktijkonderwijs × € 237.02 = € 3,792.32" in said


def test_a_school_of_the_area_says_who_gets_the_money(corrected):
    said = here("explain", "01AA00", "--lang", "en", "--home", corrected).stdout
    assert "10 pupils of praktijkonderwijs count for samenwerkingsverband VO2801, which gets the amount" in said
    lost = here("explain", "03CC00", "--lang", "en", "--home", corrected).stdout
    assert "left out, because it is not known in the area of which samenwerkingsverband the vestiging lies" in lost


def test_a_code_that_is_not_known_gets_near_ones(corrected):
    ended = here("explain", "VO2803", "--home", corrected)
    assert ended.status == 3
    assert "no samenwerkingsverband VO2803 is known; near it: VO2802, VO2801" in ended.stderr


ADDRESSES = "PROVINCIE;BEVOEGD GEZAG NUMMER;BRIN NUMMER;VESTIGINGSNUMMER;VESTIGINGSNAAM;PLAATSNAAM;GEMEENTENUMMER"


def test_its_money_is_shared_over_the_municipalities_in_its_area_by_their_pupils(decided, tmp_path):
    home = Path(shutil.copytree(decided[0], tmp_path / "home"))
    places = {"01AA00": "0518", "01AA01": "0518", "02BB00": "0344", "03CC00": "0344"}
    rows = [f"X;{BOARDS[one]};{one[:4]};{one};School;Ergens;{number};Ergens" for one, number in places.items()]
    write(tmp_path / "in", "addresses.csv", f"{ADDRESSES};GEMEENTENAAM", rows)
    ok(home, "ingest", tmp_path / "in", "--reference-date", "2020-10-01")
    query = "select municipality_number, sum(to_samenwerkingsverband) from municipal_support group by 1 order by 1"
    assert select(home, query) == [
        ("0344", Decimal("1185.10")),  # of VO2801 5 of its 15 pupils: 15 x 237.02 x 5/15
        ("0518", Decimal("4029.34")),  # the other 10, and all 7 of VO2802: 17 x 237.02
    ]
    entitled = select(home, "select sum(amount) from entitlements where recipient_kind = 'samenwerkingsverband'")
    assert entitled == [(Decimal("1185.10") + Decimal("4029.34"),)]
