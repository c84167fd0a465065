"""What is new is decided, shown, and settled by the next payment run; what was paid stays as it was."""

from datetime import date
from decimal import Decimal

import fastexcel
import pytest

from npo_pipeline import dutch
from tests.books.home.delivery import BOARDS, PUPILS, write_addresses, write_changes, write_register, write_scores
from tests.books.home.npo import MONEY, checking, here
from tests.books.home.seeing import select

RATE = Decimal("701.16")


def ok(*words, home):
    ended = here(*words, "--home", home, "--json")
    assert ended.status == 0, ended.stderr
    return ended.document


def ties(home):
    with checking(*MONEY):
        return ok("verify", home=home)["ties"]


def decide(home, *words):
    return ok("decide", "--school-year", "2021-2022", *words, home=home)


def told(home, folder, *changes):
    ok("ingest", write_changes(folder / str(len(list(folder.iterdir()))), *changes), home=home)


def overlay(folder, text):
    path = folder / "overlay.yaml"
    head = (
        "overlay_of: 2021-2022-po\nsources:\n  s: {title: A letter, url: https://www.example.nl/a, publisher: X}\n"
    )
    path.write_text(head + text, encoding="utf-8")
    return path


def rate(value, *, effective=None):
    start = f"effective: {effective}\n" if effective else ""
    return f"""{start}components:
  per_pupil:
    rates:
      - {{school_types: [bao], value: {value}, unit: EUR per pupil, status: published, source: s, where: p,
         checked_on: 2026-11-25}}
"""


def settlement(**values):
    rules = {"corrections": "next_payment", "floor_zero": "no", "closure": "stops"} | values
    shown = ", ".join(f'{name}: "{value}"' for name, value in rules.items())
    return (
        f"settlement: {{value: {{{shown}}}, unit: rule, status: published, source: s, where: p, "
        "checked_on: 2026-11-25}\n"
    )


def monthly(home, vestiging, component="per_pupil"):
    query = f"""
        select strftime(paid_month, '%m'), sum(amount) from payments
        where vestiging = '{vestiging}' and component = '{component}' group by 1 order by min(paid_month)"""
    return dict(select(home, query))


def test_one_changed_rate_is_the_only_thing_that_the_plan_names(paid, tmp_path):
    plan = decide(paid, "--regulation", overlay(tmp_path, rate("711.16")), "--dry-run")
    assert plan["rules_changed"] == [
        {
            **{"component": "per_pupil", "school_type": "bao", "what": "rate", "since": None},
            **{"before": "701.16", "after": "711.16"},
        }
    ]
    (cause,) = plan["causes"]
    # 12 + 7 pupils of bao, 10.00 each
    assert (cause["kind"], cause["cause"], cause["schools"], cause["difference"]) == (
        "rule",
        "rate_change",
        2,
        "190.00",
    )
    assert {one["vestiging"] for one in plan["largest"]} == {"01AA00", "02BB00"}
    assert plan["next_payment"]["month"] == "2021-11"
    assert plan["decision_id"] is None


def test_a_decision_that_says_the_same_writes_nothing(paid, tmp_path):
    before = (paid / "npo.duckdb").read_bytes()
    told_ = here("decide", "--school-year", "2021-2022", "--reason", "again", "--home", paid)
    assert "Nothing to do: decision 2021-2022-001 says the same" in told_.stdout
    assert (paid / "npo.duckdb").read_bytes() == before


def test_more_than_one_cause_gives_a_row_each_that_add_up(paid, tmp_path):
    corrected = write_register(tmp_path / "corrected", {**PUPILS, "01AA00 Bo": 11})
    ok("ingest", corrected, "--reference-date", "2020-10-01", home=paid)
    decide(paid, "--regulation", overlay(tmp_path, rate("711.16")))
    ok("pay", "--month", "2021-11", home=paid)
    rows = select(
        paid,
        """select cause, sum(amount) from ledger
        where vestiging = '01AA00' and component = 'per_pupil' and cause <> 'instalment' group by 1 order by 1""",
    )
    # For three twelfths: one pupil less at 701.16, and 11 pupils at 10.00 more.
    assert rows == [("rate_change", Decimal("27.50")), ("reference_count", Decimal("-175.29"))]
    assert monthly(paid, "01AA00")["11"] == Decimal("651.90") + Decimal("27.50") - Decimal("175.29")
    assert ties(paid)


def test_an_amendment_keeps_the_rule_that_was_in_force_for_each_month(paid, tmp_path):
    plan = decide(paid, "--regulation", overlay(tmp_path, rate("801.16", effective="2021-12")))
    assert [one["cause"] for one in plan["causes"]] == ["amendment"]
    assert plan["rules_changed"][0]["since"] == "2021-12-01"
    ok("pay", "--month", "2021-12", "--catch-up", home=paid)
    # 12 pupils, so a twelfth is the rate; September pays two
    assert monthly(paid, "01AA00") == {"09": 2 * RATE, "10": RATE, "11": RATE, "12": Decimal("801.16")}
    assert ties(paid)


def test_a_closure_stops_or_lets_the_year_run_out(paid, tmp_path):
    told(paid, tmp_path, "20211201;sluiting;01AA00;;")
    running = decide(paid, "--regulation", overlay(tmp_path, settlement(closure="runs_out")), "--dry-run")
    assert running["schools_down"] == 0
    (cause,) = decide(paid)["causes"]
    # December to July: 8 x 701.16, and of 25,241.58 for the score what is left after 4/12, 16,827.72.
    assert (cause["cause"], cause["difference"]) == ("closure", "-22437.00")
    ok("pay", "--month", "2021-12", "--catch-up", home=paid)
    assert monthly(paid, "01AA00") == {"09": 2 * RATE, "10": RATE, "11": RATE}


def test_an_opening_starts_in_its_month(decided, tmp_path):
    told(decided, tmp_path, "20211001;opening;01AA00;10001;")
    decide(decided)
    ok("pay", "--month", "2021-10", "--catch-up", home=decided)
    assert monthly(decided, "01AA00") == {"10": RATE}


def test_a_merger_that_was_none_is_undone_by_another_decision(paid, tmp_path):
    told(paid, tmp_path, "20211101;fusie;01AA00;;02BB00")
    decide(paid)
    ok("pay", "--month", "2021-11", home=paid)
    told(paid, tmp_path, "20211101;opening;01AA00;10001;")
    decide(paid)
    ok("pay", "--month", "2021-12", "--catch-up", home=paid)
    # Five twelfths, of 12 pupils and of 7: as if it had never been.
    assert sum(monthly(paid, "01AA00").values()) == 5 * RATE
    assert sum(monthly(paid, "02BB00").values()) == (7 * RATE * 5 / 12).quantize(Decimal("0.01"))
    assert ties(paid)


def test_a_late_transfer_moves_what_is_still_to_be_paid_and_both_boards_see_the_rest(paid, tmp_path):
    told(paid, tmp_path, "20211001;bestuursoverdracht;01AA00;10009;")
    ok("pay", "--month", "2021-11", home=paid)
    boards = select(
        paid,
        "select distinct strftime(paid_month, '%m'), board from payments where vestiging = '01AA00' order by 1",
    )
    assert boards == [("09", "10001"), ("10", "10001"), ("11", "10009")]
    claims = select(
        paid,
        """
        select board, cause, settled_by, sum(amount) from receivables
        where vestiging = '01AA00' group by all order by 1""",
    )
    october = RATE + Decimal("2103.46")  # a twelfth of 12 x 701.16, and of 100.50 x 251.16
    assert [(board, cause, by) for board, cause, by, _ in claims] == [
        ("10001", "board_transfer", "the boards"),
        ("10009", "board_transfer", "the boards"),
    ]
    assert claims[0][3] == -claims[1][3]
    assert abs(claims[1][3] - october) <= Decimal("0.01")


def test_the_plan_the_payment_and_the_ledgers_agree_on_the_board_that_bears_a_correction(paid, tmp_path):
    """10001 was paid September and October; 10009 has the school from November on, and nine pupils go."""
    told(paid, tmp_path, "20211101;bestuursoverdracht;01AA00;10009;")
    corrected = write_register(tmp_path / "corrected", {**PUPILS, "01AA00 Bo": 3})
    ok("ingest", corrected, "--reference-date", "2020-10-01", home=paid)
    plan = decide(paid, "--dry-run")
    # A twelfth is 701.16 for twelve pupils, and 175.29 for three: 525.87 less. September has two.
    assert [(one["board"], one["difference"]) for one in plan["by_board"] if one["difference"] != "0.00"] == [
        ("10001", "-1577.61"),
        ("10009", "-4732.83"),
    ]
    largest = [(one["board"], one["difference"]) for one in plan["largest"]]
    assert largest == [("10009", "-4732.83"), ("10001", "-1577.61")]
    assert plan["next_payment"]["between_boards"] == [
        {"from": "10001", "to": "10009", "currency": "EUR", "amount": "1577.61"}
    ]
    decide(paid)
    due = "select board, sum(amount)::varchar from due where decision_id like '%002' group by all order by 1"
    assert select(paid, due) == [("10001", "-1577.61"), ("10009", "-4732.83")]
    ok("pay", "--month", "2021-11", home=paid)
    correction = "select board, sum(amount)::varchar from payments where reason = 'correction' group by all"
    assert select(paid, correction) == [("10009", "-1577.61")]
    claims = """
        select board, cause, sum(amount)::varchar from receivables where settled_by = 'the boards'
        group by all order by 1"""
    assert select(paid, claims) == [
        ("10001", "reference_count", "-1577.61"),
        ("10009", "reference_count", "1577.61"),
    ]
    _both_boards_see_it_in_their_accounts(paid, tmp_path)


def _both_boards_see_it_in_their_accounts(home, folder):
    ok("account", "--year", "2021", home=home)
    claims = """
        select board, other_board, brin, sum(amount)::varchar from accountability_claims
        where settled_by = 'the boards' group by all order by 1"""
    assert select(home, claims) == [
        ("10001", "10009", "01AA", "-1577.61"),
        ("10009", "10001", "01AA", "1577.61"),
    ]
    for board, other in (("10001", "10009"), ("10009", "10001")):
        (page,) = (home / "reports" / "2021" / board).glob("npo-2021-*html")
        told = page.read_text(encoding="utf-8")
        assert f"bestuur {other}" in told
        assert "september 2021 t/m oktober 2021" in told
        assert "1.577,61" in told
        table = (page.parent / f"npo-2021-{board}.csv").read_text(encoding="utf-8-sig")
        assert table.count(f"Te verrekenen met bestuur {other}") == 2  # September and October
        sheet = fastexcel.read_excel(page.parent / f"npo-2021-{board}.xlsx").load_sheet(
            "Te verrekenen", header_row=None
        )
        assert f"bestuur {other}" in str(sheet.to_polars().rows())
    assert ties(home)
    ok("pay", "--month", "2021-12", home=home)
    assert any("accounts of 2021: payments came in later" in one for one in ok("status", home=home)["findings"])
    restored = write_register(folder / "restored", PUPILS)
    ok("ingest", restored, "--reference-date", "2020-10-01", home=home)
    decide(home)
    ok("pay", "--month", "2022-01", home=home)
    (older,) = [one for one in ok("status", home=home)["findings"] if "came in later" in one]
    assert (
        older == "accounts of 2021: claims, decisions, payments came in later; run `npo account --year 2021` again"
    )
    # What was taken back came back: nobody owes anything any more.
    assert ok("account", "--year", "2021", "--board", "10009", home=home)["claims"] == []


def test_spread_settles_in_equal_parts_over_the_months_that_remain(paid, tmp_path):
    corrected = write_register(tmp_path / "corrected", {**PUPILS, "01AA00 Bo": 3})
    ok("ingest", corrected, "--reference-date", "2020-10-01", home=paid)
    decide(paid, "--regulation", overlay(tmp_path, settlement(corrections="spread")))
    ok("pay", "--month", "2021-12", "--catch-up", home=paid)
    found = monthly(paid, "01AA00")
    part = Decimal("-175.29")  # nine pupils less over three twelfths, 1,577.61, in nine parts
    assert [found[month] for month in ("11", "12")] == [RATE / 4 + part] * 2
    assert ties(paid)


@pytest.mark.parametrize("values", [{"corrections": "spread"}, {"floor_zero": "yes"}, {}])
def test_the_next_payment_of_a_plan_is_what_the_next_run_pays(paid, tmp_path, values):
    corrected = write_register(tmp_path / "corrected", {**PUPILS, "01AA00 Bo": 1})
    ok("ingest", corrected, "--reference-date", "2020-10-01", home=paid)
    planned = decide(paid, "--regulation", overlay(tmp_path, settlement(**values)))["next_payment"]
    ok("pay", "--month", "2021-11", home=paid)
    query = """
        select component, reason, currency, sum(amount) from payments where paid_month = '2021-11-01'
        group by all order by all"""
    shown = [
        (*(one[name] for name in ("component", "reason", "currency")), Decimal(one["amount"]))
        for one in planned["by_component"]
    ]
    assert (planned["month"], sorted(shown)) == ("2021-11", select(paid, query))


def test_with_a_floor_no_month_takes_back_more_than_it_pays_and_the_rest_is_open(paid, tmp_path):
    corrected = write_register(tmp_path / "corrected", {**PUPILS, "01AA00 Bo": 1})
    ok("ingest", corrected, "--reference-date", "2020-10-01", home=paid)
    decide(paid, "--regulation", overlay(tmp_path, settlement(floor_zero="yes")))
    ok("pay", "--month", "2021-11", home=paid)
    assert monthly(paid, "01AA00")["11"] == 0  # 2,103.48 was paid for September and October
    (open_now,) = select(paid, "select sum(amount) from receivables where vestiging = '01AA00'")
    assert open_now == (4 * RATE / 12 - 3 * RATE,)
    assert ties(paid)


def test_two_decisions_are_held_against_each_other_in_both_directions(paid, tmp_path):
    decide(paid, "--regulation", overlay(tmp_path, rate("711.16")))
    ahead = ok("diff", "2021-2022-001", "2021-2022-002", home=paid)
    back = ok("diff", "2021-2022-002", "2021-2022-001", home=paid)
    assert [one["difference"] for one in ahead["causes"]] == ["190.00"]
    assert [one["difference"] for one in back["causes"]] == ["-190.00"]
    assert (ahead["schools_up"], back["schools_down"]) == (2, 2)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ("2021-2022-009", "there is no decision '2021-2022-009'; there is 2021-2022-001"),
        ("x", "there is no decision"),
    ],
)
def test_a_decision_that_is_not_there_is_refused(paid, other, words):
    ended = here("diff", "2021-2022-001", other, "--home", paid)
    assert ended.status == 3
    assert words in ended.stderr


def test_the_plan_as_a_workbook_has_real_numbers(paid, tmp_path):
    decide(
        paid, "--regulation", overlay(tmp_path, rate("711.16")), "--dry-run", "--workbook", tmp_path / "plan.xlsx"
    )
    book = fastexcel.read_excel(tmp_path / "plan.xlsx")
    schools = book.load_sheet("Scholen", header_row=None).to_polars()
    assert schools.to_series(0)[:3].to_list() == [
        "Scholen: elke vestiging of ontvanger die een ander bedrag krijgt",
        "Wijzigingen van een besluit, 2021-2022",
        f"Gemaakt op {dutch.day(date.today())}.",
    ]
    below = book.load_sheet("Scholen", header_row=4).to_polars()
    assert below["Verschil"].to_list() == [120, 70, 190]
    assert below.to_series(0)[-1] == "Totaal"
    assert book.sheet_names[0] == "Onderdelen"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["20211101;fusie;01AA00;;01AA00"], "changes.csv, line 2: 01AA00 merges into itself"),
        (
            ["20211101;fusie;01AA00;;02BB00", "20211101;sluiting;01AA00;;"],
            "changes.csv, lines 2 and 3: fusie and sluiting of 01AA00 on one day; keep one",
        ),
    ],
)
def test_a_changes_file_that_contradicts_itself_is_refused(paid, tmp_path, rows, words):
    ended = here("ingest", write_changes(tmp_path / "c", *rows), "--home", paid)
    assert ended.status == 3
    assert words in ended.stderr


def test_mergers_in_a_circle_over_two_files_are_refused_when_it_is_decided(paid, tmp_path):
    told(paid, tmp_path, "20211101;fusie;01AA00;;02BB00")
    told(paid, tmp_path, "20211201;fusie;02BB00;;01AA00")
    ended = here("decide", "--school-year", "2021-2022", "--home", paid)
    assert ended.status == 3
    assert "01AA00 -> 02BB00 -> 01AA00" in ended.stderr


def test_a_successor_without_a_board_is_refused(paid, tmp_path):
    told(paid, tmp_path, "20211101;fusie;01AA00;;09ZZ00")
    ended = here("decide", "--school-year", "2021-2022", "--home", paid)
    assert ended.status == 3
    assert "01AA00 merged into 09ZZ00, of which no board is known" in ended.stderr


def test_an_amendment_outside_the_year_is_refused_with_its_line(paid, tmp_path):
    path = overlay(tmp_path, rate("711.16", effective="2023-01"))
    ended = here("decide", "--school-year", "2021-2022", "--regulation", path, "--home", paid)
    assert ended.status == 3
    assert "overlay.yaml, line 4: effective: 2023-01 lies outside 2021-2022" in ended.stderr


def test_a_change_that_came_after_the_decision_is_open(paid, tmp_path):
    told(paid, tmp_path, "20211101;fusie;01AA00;;02BB00")
    open_now = "decision 2021-2022-001 does not know of changes.csv that came later; run `npo decide` again"
    assert open_now in ok("status", home=paid)["findings"]
    decide(paid)
    assert ok("status", home=paid)["findings"] == []


def test_a_score_that_is_corrected_is_no_count(paid, tmp_path):
    ok(
        "ingest",
        write_scores(tmp_path / "s", {"01AA00": "80,25", "02BB00": "0,00"}),
        "--reference-date",
        "2020-10-01",
        home=paid,
    )
    assert [one["cause"] for one in decide(paid)["causes"]] == ["score_correction"]


def test_another_reference_date_is_another_count_also_when_no_file_came_in(tmp_path):
    home = tmp_path / "home"
    for day, pupils in (("2019-10-01", {**PUPILS, "01AA00 Bo": 10}), ("2020-10-01", PUPILS)):
        folder = write_addresses(write_register(tmp_path / day, pupils), BOARDS)
        ok("ingest", folder, "--reference-date", day, home=home)
    decide(home)
    (cause,) = decide(home, "--reference-date", "2019-10-01")["causes"]
    assert (cause["kind"], cause["cause"], cause["difference"]) == ("input", "reference_count", str(-2 * RATE))
    assert ties(home)
