"""A made-up country with planted faults, through the command line, against a count in plain Python."""

import csv
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from npo_pipeline.cli.main import npo
from npo_pipeline.errors import Refused

CENT = Decimal("0.01")
RATES = {"bao": Decimal("701.16"), "sbo": Decimal("1051.74"), "so": Decimal("1402.31"), "vso": Decimal("1402.31")}
OF_PO = "where school_type in ('bao', 'sbo', 'so', 'vso')"
TOELAGE = "arbeidsmarkttoelage"
SCORE, CUMI = Decimal("251.16"), Decimal("548.56")


def run(*arguments: object) -> dict:
    words = [str(argument) for argument in arguments]
    result = CliRunner().invoke(npo, [*words, "--json"], catch_exceptions=False, standalone_mode=False)
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def country(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("made") / "country"
    run("generate", out, "--boards", 15, "--pupils", 12_000, "--seed", 11, "--faults", "0.008")
    return out


@pytest.fixture(scope="module")
def decided(country) -> Path:
    home = country.parent / "decided"
    run("ingest", country, "--reference-date", "2020-10-01", "--home", home)
    run("decide", "--school-year", "2021-2022", "--home", home)
    run("decide", "--scheme", "gemeenten", "--home", home)
    return home


@pytest.fixture(scope="module")
def home(country, decided) -> Path:
    home = Path(shutil.copytree(decided, country.parent / "home"))
    run("pay", "--month", "2022-07", "--catch-up", "--home", home)
    return home


def select(home: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


@pytest.fixture(scope="module")
def by_hand(country) -> dict[tuple, Decimal]:
    """Amount per vestiging, school type and component of primary education, counted row by row in plain Python."""
    with (country / "planted.csv").open() as file:
        wrong = {(row["file"], int(row["line"])) for row in csv.DictReader(file)}
    pupils, cumi = Counter(), Counter()
    with (country / "leerlingen-po.csv").open() as file:
        for line, row in enumerate(csv.DictReader(file, delimiter=";"), 2):
            there = row["DATUM_IN"] <= "20201001" and (not row["DATUM_UIT"] or row["DATUM_UIT"] > "20201001")
            if ("leerlingen-po.csv", line) not in wrong and row["BEKOSTIGD"] == "J" and there:
                place = (
                    row["BRIN_NUMMER"] + row["VESTIGINGSNUMMER"],
                    {"Bo": "bao"}.get(row["SOORT_PO"], row["SOORT_PO"].lower()),
                )
                pupils[place] += 1
                cumi[place] += row["CUMI"] == "J"
    amounts = {(*place, "per_pupil"): count * RATES[place[1]] for place, count in pupils.items()}
    scored = defaultdict(Decimal)  # exact, per BRIN, in order of code
    with (country / "achterstandsscores.csv").open() as file:
        rows = sorted(
            enumerate(csv.DictReader(file, delimiter=";"), 2), key=lambda one: next(iter(one[1].values()))
        )
        for line, row in rows:
            score = Decimal(row["Achterstandsscore"].replace(",", "."))
            if ("achterstandsscores.csv", line) not in wrong and score:
                code = row["School (BRIN vestiging)"]
                before = scored[code[:4]].quantize(CENT, ROUND_HALF_UP)
                scored[code[:4]] += score * SCORE
                share = scored[code[:4]].quantize(CENT, ROUND_HALF_UP) - before
                amounts[code, "bao", "achterstandsscore"] = share
    schools = defaultdict(list)
    for (code, kind), count in cumi.items():
        if kind != "bao" and count:
            schools[code[:4]].append((code, ("sbo", "so", "vso").index(kind), kind, count))
    for places in schools.values():
        code, _, kind, _ = min(places)
        above = sum(count for *_, count in places) - 4
        if above > 0:
            amounts[code, kind, "cumi"] = above * CUMI
    return amounts | toelage(country, pupils)


def toelage(country: Path, pupils: Mapping[tuple[str, str], int]) -> dict[tuple, Decimal]:
    """Amount of the listed vestigingen of primary education; `pupils`: by vestiging and school type."""
    with (country / "arbeidsmarkttoelage.csv").open() as file:
        listed = [row["VESTIGING"] for row in csv.DictReader(file, delimiter=";") if row["LIJST"] == "po"]
    counted = {code: pupils[code, "bao"] for code in listed if pupils[code, "bao"]}
    small = {
        code: Decimal("17632.96") - count * Decimal("122.03") for code, count in counted.items() if count < 145
    }
    return {
        (code, "bao", TOELAGE): count * Decimal("532.85") + small.get(code, 0) for code, count in counted.items()
    }


def test_every_planted_fault_is_caught_by_exactly_its_rule(country, home):
    with (country / "planted.csv").open() as file:
        planted = {(row["file"], int(row["line"]), row["rule"]) for row in csv.DictReader(file)}
    assert set(select(home, "select file, line, rule from quarantine")) == planted


def test_entitlements_are_what_a_count_by_hand_gives(home, by_hand):
    found = select(home, f"select vestiging, school_type, component, amount from entitlements {OF_PO}")
    assert {tuple(key): amount for *key, amount in found} == by_hand


def test_after_k_twelfths_the_sum_paid_is_rounded_once(home, by_hand):
    months = [row[0] for row in select(home, "select distinct paid_month from payments order by 1")]
    assert len(months) == 11
    paid = defaultdict(Decimal)
    in_terms = {key: amount for key, amount in by_hand.items() if key[2] == TOELAGE}
    for twelfths, month in enumerate(months, 2):
        paid_for = "select vestiging, school_type, component, amount from payments"
        query = f"{paid_for} {OF_PO} and paid_month = '{month}'"
        for *key, amount in select(home, query):
            paid[tuple(key)] += amount
        due = {key: (amount * twelfths / 12).quantize(CENT, ROUND_HALF_UP) for key, amount in by_hand.items()}
        of_terms = 0 if twelfths < 4 else 5 if twelfths < 6 else 12  # November and January
        due |= {key: (amount * of_terms / 12).quantize(CENT, ROUND_HALF_UP) for key, amount in in_terms.items()}
        assert {key: amount for key, amount in paid.items() if amount} == {k: v for k, v in due.items() if v}


def test_all_payments_are_instalments_and_boards_get_what_schools_get(home):
    assert select(home, "select distinct reason from payments") == [("instalment",)]
    (view,), (table,) = (
        select(home, "select sum(amount) from board_payments"),
        select(home, "select sum(amount) from payments where recipient_kind = 'bestuur'"),
    )
    assert view == table
    others = "select distinct recipient_kind, component from payments where recipient_kind <> 'bestuur'"
    assert sorted(select(home, others)) == [("gemeente",) * 2, ("samenwerkingsverband",) * 2]


def test_municipalities_get_what_a_sum_of_pupils_and_scores_gives(home):
    by_sum = """
        select municipality_number,
               round(118.11 * sum(pupils) + 11.32 * max(score_2019 + score_2020), 2)::decimal(18, 2)
        from current_counts join schools using (vestiging) join municipal_scores using (municipality_number)
        group by 1 order by 1"""
    expected = select(home, by_sum)
    assert len(expected) > 5
    query = "select recipient, amount from entitlements where component = 'gemeente' order by 1"
    assert select(home, query) == expected
    # December holds five of the 24 terms, and seven months follow it until July.
    paid = "select recipient, sum(amount) from payments where component = 'gemeente' group by 1 order by 1"
    assert select(home, paid) == [(code, (amount / 2).quantize(CENT, ROUND_HALF_UP)) for code, amount in expected]


def test_the_books_tie(home):
    assert run("verify", "--home", home) == {
        "ties": True,
        "checked": dict.fromkeys(
            (
                "tables",
                "chain",
                "deliveries",
                "decisions",
                "payments",
                "totals",
                "releases",
                "accounts",
                "reports",
            ),
            0,
        ),
        "findings": [],
        "remarks": [],
    }


def test_the_same_again_changes_nothing(country, home):
    before = (home / "npo.duckdb").read_bytes()
    assert run("ingest", country, "--reference-date", "2020-10-01", "--home", home)["run_id"] is None
    assert run("decide", "--school-year", "2021-2022", "--home", home)["decision_id"] is None
    assert run("pay", "--month", "2022-07", "--home", home)["months"][0]["run_id"] is None
    assert (home / "npo.duckdb").read_bytes() == before


def test_too_many_faults_refuse_the_whole_delivery(country, tmp_path):
    with pytest.raises(Refused, match="--max-rejected"):
        run(
            "ingest",
            country,
            "--reference-date",
            "2020-10-01",
            "--max-rejected",
            "0.001",
            "--home",
            tmp_path / "h",
        )
    assert not (tmp_path / "h" / "npo.duckdb").exists()


def test_no_pseudonym_leaves_ingest(country, home):
    with (country / "leerlingen-po.csv").open() as file:
        pseudonyms = [row["PSEUDONIEM"] for row in csv.DictReader(file, delimiter=";")]
    held = b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())
    assert len(pseudonyms) > 12_000
    assert not any(name.encode() in held for name in pseudonyms[:: len(pseudonyms) // 500] if name)


def test_a_corrected_file_supersedes_the_one_before_and_the_difference_is_paid(country, decided, tmp_path):
    home = Path(shutil.copytree(decided, tmp_path / "home"))
    run("pay", "--month", "2021-09", "--home", home)
    scores = (country / "achterstandsscores.csv").read_text().splitlines()
    fields = next(line for line in scores[4:] if ";0,00;" not in line).split(";")
    old = Decimal(fields[2].replace(",", "."))
    corrected = tmp_path / "scores.csv"
    corrected.write_text(
        "\n".join(scores).replace(
            ";".join(fields), ";".join([*fields[:2], f"{old + 12}".replace(".", ","), fields[3]])
        )
    )
    run("ingest", corrected, "--reference-date", "2020-10-01", "--max-rejected", "0.1", "--home", home)
    assert select(home, "select kind, count(*) from deliveries where superseded_by is not null group by all") == [
        ("scores", 1)
    ]
    plan = run("decide", "--school-year", "2021-2022", "--reason", "CBS", "--home", home)
    assert (plan["schools_up"], plan["schools_down"], plan["causes"][0]["cause"]) == (1, 0, "score_correction")
    run("pay", "--month", "2021-10", "--home", home)
    before, after = (
        (old * SCORE).quantize(CENT, ROUND_HALF_UP),
        ((old + 12) * SCORE).quantize(CENT, ROUND_HALF_UP),
    )
    missed = (after / 6).quantize(CENT, ROUND_HALF_UP) - (before / 6).quantize(CENT, ROUND_HALF_UP)
    assert select(home, "select vestiging, amount from payments where reason = 'correction'") == [
        (fields[0], missed)
    ]
    assert run("verify", "--home", home)["ties"]
