"""The whole programme through the command line: vo, Caribisch Nederland, newcomers, other years, other rules."""

from decimal import Decimal

from tests.books.home.npo import here
from tests.integration.end_to_end.programme import NEWCOMERS, PO, SCORES, amounts, decide, po, run, select, write
from tests.rulebook import shipped


def test_vo_of_2021_2022(decided_once):
    home = decided_once["2021-2022"].home
    found = {key[1:]: amount for key, amount in amounts(home, "2021-2022-001").items() if key[0] == "02VO00"}
    assert found == {
        ("vo", "per_pupil"): 14 * Decimal("701.16"),  # 8 brugjaar + 2 VMBO BL of year 2 + 4 VMBO TL
        ("vo_pro_vbo", "per_pupil"): 8 * Decimal("701.16"),  # 5 VMBO BL of year 3 + 3 praktijkonderwijs
        ("vo_pro_vbo", "surcharge"): 8 * Decimal("350.58"),
    }
    months = select(
        home, "select distinct component, month from instalments where vestiging = '02VO00' order by 1"
    )
    assert [(component, f"{month:%Y-%m}") for component, month in months] == [
        ("per_pupil", "2021-11"),
        ("surcharge", "2022-02"),
    ]


def test_a_file_of_vo_scores_stands_beside_the_one_of_bao_and_each_has_its_own_rate(home, tmp_path):
    scores = write(tmp_path / "vo-scores.csv", SCORES, "02VO00;22;10,50")
    run(home, "ingest", scores, "--reference-date", "2020-10-01")
    assert select(home, "select count(*) from deliveries where kind = 'scores' and superseded_by is null") == [
        (2,)
    ]
    decide(home, "2021-2022")
    found = amounts(home, "2021-2022-001")
    assert found["01AA00", "bao", "achterstandsscore"] == Decimal("5023.20")  # 20.00 x 251.16
    assert found["02VO00", "vo", "achterstandsscore"] == Decimal("10905.62")  # 10.50 x 1,038.63 = 10,905.615

    # A corrected one supersedes that of vo alone.
    scores = write(tmp_path / "vo-1.csv", SCORES, "02VO00;22;11,50")
    run(home, "ingest", scores, "--reference-date", "2020-10-01")
    assert select(
        home, "select file from deliveries where kind = 'scores' and superseded_by is null order by 1"
    ) == [
        ("scores.csv",),
        ("vo-1.csv",),
    ]
    assert run(home, "verify")["ties"]


def test_dollars_are_a_decision_of_their_own_and_never_reach_a_sum_of_euros(home, decided):
    found = decided("2022-2023")
    assert (found["decision_id"], found["currency"]) == ("2022-2023-001", "EUR")
    (dollars,) = found["others"]
    assert (dollars["decision_id"], dollars["currency"], dollars["total"]) == (
        "2022-2023-usd-001",
        "USD",
        "4001.53",
    )
    # 3 x 1333.8429633 = 4,001.5288899
    assert amounts(home, "2022-2023-usd-001") == {("28PW00", "cn", "per_pupil"): Decimal("4001.53")}
    assert not [key for key in amounts(home, "2022-2023-001") if key[0] == "28PW00"]
    run(home, "pay", "--month", "2022-11", "--catch-up")
    assert select(home, "select paid_month::varchar, amount from payments where currency = 'USD'") == [
        ("2022-10-01", Decimal("4001.53"))
    ]
    assert select(home, "select sum(total_usd) from runs") == [(Decimal("4001.53"),)]
    euros = select(home, "select sum(amount) from payments where currency = 'EUR'")
    assert select(home, "select sum(total) from runs") == euros
    assert run(home, "verify")["ties"]


def test_a_caribbean_school_of_2021_2022_gets_dollars_and_no_euros(decided_once):
    home = decided_once["2021-2022"].home
    assert not [key for key in amounts(home, "2021-2022-001") if key[0] == "28PW00"]
    # 3 x 1,435.51
    assert amounts(home, "2021-2022-usd-001") == {("28PW00", "cn", "per_pupil"): Decimal("4306.53")}


def test_what_is_not_known_is_named_and_an_overlay_supplies_it(home, decided, tmp_path):
    in_2021 = ("--as-of", "2021-12-31")
    found = decided("provisional")
    assert any(
        one.startswith("surcharge for vo_pro_vbo is left out: its rate is not known") for one in found["remarks"]
    )
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        """
overlay_of: 2022-2023-vo-provisional
sources: {letter: {title: Letter, url: "https://example.nl", publisher: DUO}}
components:
  per_pupil:
    rates:
      - {school_types: [vo, vo_pro_vbo], value: 501.50, unit: EUR per pupil, status: published, source: letter,
         where: page 1, checked_on: 2026-11-24}
""",
        encoding="utf-8",
    )
    again = decide(home, "2022-2023", *in_2021, "--regulation", overlay)
    assert again["regulations"][-1] == "2022-2023-vo-provisional.yaml+overlay.yaml"
    assert again["causes"] == [
        {"currency": "EUR", "kind": "rule", "cause": "rate_change", "schools": 1, "difference": "33.00"}
    ]  # 22 x 1.50
    assert run(home, "verify")["ties"]
    assert select(home, "select count(*) from regulations") == [(3,)]


def test_what_the_decision_before_counted_is_not_left_out_in_silence(home, decided, tmp_path):
    decided("2021-2022")
    before = (home / "npo.duckdb").read_bytes()
    text = shipped("2021-2022-po").texts[0].text
    known = "value: 251.16\n        unit: EUR per unit of score\n        status: published"
    unknown = known.replace("251.16", "null").replace("published", "unknown")
    (tmp_path / "unknown.yaml").write_text(text.replace(known, unknown), encoding="utf-8")
    ended = here(
        *("decide", "--school-year", "2021-2022", "--reference-date", "2020-10-01"),
        *("--regulation", tmp_path / "unknown.yaml", "--home", home),
    )
    assert ended.status == 3
    assert "counts € 5.023,20 for it, which the next payment would take back" in ended.stderr  # 20.00 x 251.16
    assert (home / "npo.duckdb").read_bytes() == before


def test_a_school_that_is_no_longer_counted_is_no_component_that_is_left_out(home, decided, tmp_path):
    decided("2022-2023")
    less = write(tmp_path / "less" / "po.csv", PO, *po("01AA", 10))
    run(home, "ingest", less, "--reference-date", "2020-10-01")
    assert decide(home, "2022-2023")["causes"] == [
        {"currency": "USD", "kind": "input", "cause": "reference_count", "schools": 1, "difference": "-4001.53"}
    ]


def test_a_total_says_what_it_rests_on(decided_once):
    home, rests = decided_once["provisional"].home, decided_once["provisional"].said["rests_on"]
    assert rests.startswith("chosen: pupils of 2020-10-01, where the rules say 2021-10-01; ")
    assert "derived: reference date" not in rests
    assert rests.partition("; ")[2].startswith(
        "approximate: rate of bao (per_pupil), rate of vo, vo_pro_vbo (per_pupil); derived: "
    )
    assert select(home, "select rests_on from decisions where currency = 'EUR'") == [(rests,)]
    shown = here("status", "--home", home).stdout
    assert "approximate: rate of bao (per_pupil), rate of vo, vo_pro_vbo" in " ".join(shown.split())


def test_what_was_known_in_2021_of_2022_2023(home, decided):
    found = decided("provisional")
    assert found["regulations"] == ["2022-2023-po-provisional.yaml", "2022-2023-vo-provisional.yaml"]
    assert amounts(home, "2022-2023-001")["01AA00", "bao", "per_pupil"] == Decimal("5000.00")  # 10 x 500
    now = decide(home, "2022-2023")
    assert now["before"] == "2022-2023-001"
    assert now["decision_id"] == "2022-2023-002"


def test_newcomers_count_only_when_all_five_days_were_delivered(home, tmp_path):
    days = ("20200401", "20200701", "20201001", "20210101", "20210401")
    for number, day in enumerate(days, 1):
        rows = [f"{day};02VO;00;1;{number}", f"{day};02VO;00;2;1"]
        folder = "last" if number == 5 else "first"
        write(tmp_path / folder / f"newcomers-{day}.csv", NEWCOMERS, *rows)
    for folder, left_out in (("first", 1), ("last", 0)):
        run(home, "ingest", tmp_path / folder)
        found = decide(home, "2021-2022")
        remarks = [one for one in found["remarks"] if one.startswith("newcomers were not delivered")]
        assert len(remarks) == left_out
    # (1 + 2 + 3 + 4 + 5) + 5 x 1 = 20 newcomers
    latest = select(home, "select decision_id from latest_decisions where currency = 'EUR'")[0][0]
    assert amounts(home, latest)["02VO00", "vo", "newcomers"] == 20 * Decimal("2619.47")
    assert run(home, "verify")["ties"]


def test_a_new_school_year_needs_a_file_and_no_code(home, tmp_path):
    text = shipped("2021-2022-po").texts[0].text
    text = text[: text.index("\nexamples:")].replace("school_year: 2021-2022", "school_year: 2023-2024")
    for year in (2022, 2021):
        text = text.replace(f"        {year}-", f"        {year + 2}-")
    text = text.replace("value: 701.16", "value: 650.00").replace("value: 2025-07-31", "value: 2026-07-31")
    text = text.replace("  per_pupil:\n", "  base_amount:\n")  # a component of an old shape under a new name
    (tmp_path / "2023-2024-po.yaml").write_text(text, encoding="utf-8")
    decide(home, "2023-2024", "--regulation", tmp_path / "2023-2024-po.yaml")
    assert amounts(home, "2023-2024-001")["01AA00", "bao", "base_amount"] == Decimal("6500.00")
    run(home, "pay", "--month", "2023-09")
    assert select(
        home, "select amount from payments where component = 'base_amount' and vestiging = '01AA00'"
    ) == [
        (Decimal("1083.33"),)  # 6,500 x 2/12
    ]
    assert run(home, "verify")["ties"]


def test_rules_check_shows_whom_another_rate_touches_and_leaves_the_books_alone(decided_once, tmp_path):
    home = decided_once["2021-2022"].home
    before = (home / "npo.duckdb").read_bytes()
    what_if = tmp_path / "what-if.yaml"
    what_if.write_text(
        shipped("2021-2022-po").texts[0].text.replace("value: 701.16", "value: 702.16"), encoding="utf-8"
    )
    found = run(home, "rules", "check", what_if, "--reference-date", "2020-10-01")
    assert found["replaces"] == "2021-2022-po.yaml"
    assert all(one["fits"] for one in found["examples"])
    assert [(one["vestiging"], one["difference"]) for one in found["schools"]] == [("01AA00", "10.00")]
    bao = [one for one in found["by_school_type"] if one["school_type"] == "bao"]
    assert [(one["schools"], one["difference"]) for one in bao] == [(1, "10.00")]

    ended = here("rules", "check", what_if, "--reference-date", "2020-10-01", "--home", home)
    shown = " ".join(ended.stdout.split())
    # 10 pupils x 701.16, or 702.16, and 20.00 points x 251.16
    assert "school type currency schools before after difference bao EUR 1 12.034,80 12.044,80 10,00" in shown
    assert ended.status == 0
    assert (home / "npo.duckdb").read_bytes() == before


def test_rules_check_refuses_rules_that_do_not_give_what_was_published(home, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        shipped("2022-2023-cn").texts[0].text.replace("value: 1333.8429633", "value: 1333.84"), encoding="utf-8"
    )
    ended = here("rules", "check", wrong, "--home", home)
    assert ended.status == 3
    assert ended.stderr.startswith(f"npo: {wrong}: 8 of its worked examples do not come out, first 'De Pelikaan")


def test_rules_show_the_subsidies_too():
    shown = " ".join(here("rules", "show", "2020-2021").stdout.split())
    assert "groups, po, per pupil: 900 (EUR per participating pupil; published)" in shown
    assert "windows, a, days: first 2021-04-15, last 2021-05-02 (dates; published)" in shown
    assert "2020-2021-iop.yaml" in here("rules", "list").stdout


def test_rules_show_names_every_value_with_its_source(home):
    shown = " ".join(here("rules", "show", "2021-2022").stdout.split())
    assert "per_pupil, rate of bao: 701.16 (EUR per pupil; published)" in shown
    assert "BWBR0045533, artikel 4(4) (Stcrt. 2021, 39244) [bwbr0045533], checked on 2026-11-27" in shown
    assert (
        "BWBR0045533, Stcrt. 2021, 39244, nr. PO/FenV/28624000, signed 2021-08-19, published 2021-08-27, "
        "in force 2021-08-28, back to 2021-08-01. https://wetten.overheid.nl/BWBR0045533"
    ) in shown
    # The base of vo: the amount of the law, and the part of it that is not of the programme.
    assert "beside its rate: amount in the regulation, one with that for staff policy: 797.44" in shown
    assert "beside its rate: part of it that is not of the programme: 96.28" in shown


CITED = "status: published, source: letter, where: page 2, checked_on: 2021-06-01"
SPEC = f"""\
title: What 20,000.00 gives
school_year: 2021-2022
sources:
  letter: {{title: Letter, url: https://www.example.nl/letter, publisher: OCW}}
findings: {{file: monitor.csv, source: letter}}
budget: {{value: 20000.00, unit: EUR, {CITED}}}
sectors:
  po:
    overlay_of: 2021-2022-po
    finding: {{meting: 2, indicator: delay}}
    floors:
      - {{value: 400.00, unit: EUR per pupil, {CITED}}}
    ratios:
      - {{school_types: [bao], value: 1, unit: times, {CITED}}}
      - {{school_types: [sbo], value: 3/2, unit: times, {CITED}}}
      - {{school_types: [so, vso], value: 2, unit: times, {CITED}}}
    risk:
      share: {{value: 1/3, unit: of the budget, {CITED}}}
      weights:
        achterstandsscore: {{weight: {{value: 1, unit: per point, {CITED}}}}}
  vo:
    overlay_of: 2021-2022-vo
    finding: {{meting: 2, indicator: delay}}
    ratios:
      - {{school_types: [vo], value: 1, unit: times, {CITED}}}
      - {{school_types: [vo_pro_vbo], value: 3/2, unit: times, {CITED}}}
"""


def spec(folder, text=SPEC):
    (folder / "monitor.csv").write_text("SECTOR;METING;INDICATOR;WAARDE\npo;2;delay;4,4\nvo;2;delay;3\n")
    (folder / "spec.yaml").write_text(text, encoding="utf-8")
    return folder / "spec.yaml"


def test_rates_that_spend_a_budget_are_an_overlay_that_decide_takes(home, tmp_path):
    of_day = ("--reference-date", "2020-10-01")
    before = (home / "npo.duckdb").read_bytes()
    found = run(home, "rules", "solve", spec(tmp_path), *of_day, "--out", tmp_path)
    # po: 10 pupils x 4.4 = 44, vo: 22 pupils x 3 = 66, of 110: 8,000.00 and 12,000.00
    po, vo = found["sectors"]
    assert [(one["budget"], one["spends"], one["rest"]) for one in (po, vo)] == [
        ("8000.00", "8000.00", "0.00"),
        ("12000.00", "11999.96", "0.04"),
    ]
    # 2/3 of po is 533.33 for 10 pupils, 1/3 is 133.33 for 20.00 points, and 0.10 is left: a cent more per pupil
    assert [one["rate"] for one in po["rates"]] == ["533.34", "800.01", "1066.68", "133.33"]
    # 12,000.00 / (14 + 8 x 1.5) is 461.53, half of it 230.76, and 0.26 is left: a cent more for each of 22
    assert [one["rate"] for one in vo["rates"]] == ["461.54", "230.76"]
    overlays = [tmp_path / "spec-po.yaml", tmp_path / "spec-vo.yaml"]
    assert found["written"] == [str(one) for one in overlays]
    assert found["sha256"] in overlays[0].read_text()
    again = run(home, "rules", "solve", spec(tmp_path), *of_day)
    assert [one["text"] for one in again["overlays"]] == [one.read_text() for one in overlays]
    assert (home / "npo.duckdb").read_bytes() == before

    plan = decide(home, "2021-2022", "--dry-run", *(word for one in overlays for word in ("--regulation", one)))
    spent = {one["component"]: one["after"] for one in plan["by_component"] if one["currency"] == "EUR"}
    assert Decimal(spent["per_pupil"]) == 10 * Decimal("533.34") + 22 * Decimal("461.54")
    assert Decimal(spent["surcharge"]) == 8 * Decimal("230.76")
    assert Decimal(spent["achterstandsscore"]) == 20 * Decimal("133.33")


def test_rates_that_are_solved_are_shown_and_nothing_is_overwritten(home, tmp_path):
    words = ("rules", "solve", spec(tmp_path), "--reference-date", "2020-10-01", "--home", home)
    shown = here(*words)
    assert shown.status == 0, shown.stderr
    assert "11.999,96 is spent and 0,04 is left." in shown.stdout
    assert "Nothing was written; --out FOLDER writes an overlay per sector" in shown.stdout
    assert "! no scores" not in shown.stdout  # vo has none, and the specification does not ask for them
    (tmp_path / "spec-vo.yaml").write_text("mine")
    ended = here(*words, "--out", tmp_path)
    assert (ended.status, (tmp_path / "spec-po.yaml").exists()) == (3, False)
    assert "spec-vo.yaml: is there already, and no file is overwritten" in ended.stderr


def test_a_demand_in_the_way_is_refused_by_its_line(home, tmp_path):
    words = ("rules", "solve", "--reference-date", "2020-10-01", "--home", home)
    ended = here(*words, spec(tmp_path, SPEC.replace("value: 400.00", "value: 600.00")))
    assert ended.status == 3
    assert ended.stderr == (
        "npo: spec.yaml, line 18: sectors.po.risk.share: leaves 5.333,34 of 8.000,00, and the floor of 600,00 for "
        "bao needs 6.000,00 for 10 pupils; make it at most 25,00%, or the budget 9.000,00\n"
    )
    ended = here(*words, spec(tmp_path, SPEC.replace("2021-2022-vo", "2021-2022-v")))
    assert ended.stderr.startswith("npo: spec.yaml, line 22: sectors.vo.overlay_of: `2021-2022-v` is not in force")
