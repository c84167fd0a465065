"""The planted faults, found again by reading the contract's rules off the files in plain Python."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.generate.delivery import Report, write_delivery

DAY = date(2020, 10, 1)
REGISTER, SCORES, ACCOUNTS = "leerlingen-po.csv", "achterstandsscores.csv", "rekeningen.csv"
CODES = {
    "BRIN_NUMMER": r"[0-9]{2}[A-Z]{2}",
    "VESTIGINGSNUMMER": r"[0-9]{2}",
    "SOORT_PO": r"Bo|Sbo|So|Vso",
    "CLUSTER": r"nvt|1|2|3/4",
    "BEKOSTIGD": r"J|N",
    "CUMI": r"J|N",
}
Fault = tuple[str, int, str]


def make(out: Path, **wishes) -> Report:
    return write_delivery(out, **{"boards": 5, "pupils": 4_000, "seed": 7, "reference_date": DAY, **wishes})


def table(path: Path, separator: str = ";", encoding: str = "ascii") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


def listed(folder: Path) -> set[str]:
    lists = [folder / name for name in ("vestigingen-bo.csv", "vestigingen-vo.csv")]
    codes = {row["VESTIGINGSNUMMER"] for one in lists if one.exists() for row in table(one, encoding="cp1252")}
    special = folder / "vestigingen-sbo-so-vso.csv"
    return codes | (
        {row["VESTIGINGSCODE"] for row in table(special, ",", "utf-8-sig")} if special.exists() else set()
    )


def is_day(text: str) -> bool:
    try:
        return bool(datetime.strptime(text, "%Y%m%d"))
    except ValueError:
        return False


def wrong_values(row: dict[str, str], known: set[str]) -> set[str]:
    """The rules that a register row breaks on its own."""
    broken = {
        "missing_value" for column in ("PSEUDONIEM", "BRIN_NUMMER", "SOORT_PO", "DATUM_IN") if not row[column]
    }
    broken |= {"missing_value"} if not row["BEKOSTIGD"] else set()
    bad = {name for name, pattern in CODES.items() if row[name] and not re.fullmatch(pattern, row[name])}
    broken |= {"unknown_code"} if bad else set()
    if not re.fullmatch(r"-?[0-9]+", row["LEERJAAR"]):
        broken.add("not_a_number")
    elif int(row["LEERJAAR"]) < 0:
        broken.add("negative")
    days = [day for day in (row["DATUM_IN"], row["DATUM_UIT"]) if day]
    if not all(map(is_day, days)):
        broken.add("not_a_date")
    elif len(days) == 2 and days[1] < days[0]:
        broken.add("leaves_before_entry")
    place_is_well_formed = row["BRIN_NUMMER"] and not bad & {"BRIN_NUMMER", "VESTIGINGSNUMMER"}
    if place_is_well_formed and row["BRIN_NUMMER"] + row["VESTIGINGSNUMMER"] not in known:
        broken.add("unknown_school")
    return broken


def register_faults(folder: Path) -> Iterator[Fault]:
    known, seen, counting = listed(folder), set(), defaultdict(list)
    for line, row in enumerate(table(folder / REGISTER), 2):
        if (whole := tuple(row.values())) in seen:
            yield REGISTER, line, "duplicate_row"
            continue
        seen.add(whole)
        broken = wrong_values(row, known)
        yield from ((REGISTER, line, rule) for rule in broken)
        there = row["DATUM_IN"] <= "20201001" and (not row["DATUM_UIT"] or row["DATUM_UIT"] > "20201001")
        if not broken and there and row["BEKOSTIGD"] == "J":
            counting[row["PSEUDONIEM"]].append(line)
    for lines in counting.values():
        yield from ((REGISTER, line, "double_enrolment") for line in lines if len(lines) > 1)


def score_faults(folder: Path) -> Iterator[Fault]:
    known = listed(folder)
    for line, row in enumerate(table(folder / SCORES) if (folder / SCORES).exists() else [], 2):
        if not row["Aantal bekostigde leerlingen"].isdigit():
            yield SCORES, line, "not_a_number"
        if row["Achterstandsscore"].startswith("-"):
            yield SCORES, line, "negative"
        if row["School (BRIN vestiging)"] not in known:
            yield SCORES, line, "unknown_school"


LISTS = {
    "samenwerkingsverbanden.csv": {
        "VESTIGING": r"[0-9]{2}[A-Z]{2}[0-9]{2}",
        "SAMENWERKINGSVERBAND": r"VO[0-9]{4}",
    },
    "arbeidsmarkttoelage.csv": {"VESTIGING": r"[0-9]{2}[A-Z]{2}[0-9]{2}", "LIJST": r"po|vo|vo_pro"},
    "leerplus.csv": {"BRIN_NUMMER": r"[0-9]{2}[A-Z]{2}", "LEERPLUS_2021": r"J|N"},
    "gemeentescores.csv": {"GEMEENTENUMMER": r"[0-9]{4}"},
}


def list_faults(folder: Path) -> Iterator[Fault]:
    known = listed(folder)
    for name in LISTS:
        if (folder / name).exists():
            yield from faults_of_list(name, table(folder / name), known | {code[:4] for code in known})


def faults_of_list(name: str, rows: list[dict[str, str]], known: set[str]) -> Iterator[Fault]:
    stated = defaultdict(set)
    for line, row in enumerate(rows, 2):
        subject, *values = row.values()
        broken = {
            "unknown_code" for column, pattern in LISTS[name].items() if not re.fullmatch(pattern, row[column])
        }
        if name != "gemeentescores.csv" and subject not in known:
            broken.add("unknown_school")
        for score in [row[column] for column in row if column.startswith("SCORE")]:
            broken |= {"negative"} if score.startswith("-") else set()
            broken |= set() if re.fullmatch(r"-?[0-9]+,[0-9]{2}", score) else {"not_a_number"}
        yield from ((name, line, rule) for rule in broken)
        if not broken:
            stated[subject].add((line, *values))
    for about in stated.values():
        if len({tuple(values) for _, *values in about}) > 1:
            yield from ((name, line, "contradiction") for line, *_ in about)


def passes_mod_97(iban: str) -> bool:
    digits = "".join(str(int(letter, 36)) for letter in f"{iban[4:]}{iban[:4]}")
    return int(digits) % 97 == 1


def account_faults(folder: Path) -> Iterator[Fault]:
    for line, row in enumerate(table(folder / ACCOUNTS, encoding="utf-8"), 2):
        if not row["TENAAMSTELLING"]:
            yield ACCOUNTS, line, "missing_value"
        if not re.fullmatch(r"NL[0-9]{2}[A-Z]{4}[0-9]{10}", row["IBAN"]) or not passes_mod_97(row["IBAN"]):
            yield ACCOUNTS, line, "invalid_iban"


def all_faults(folder: Path) -> list[Fault]:
    return sorted([*register_faults(folder), *score_faults(folder), *list_faults(folder), *account_faults(folder)])


def planted(folder: Path) -> list[Fault]:
    return [(row["file"], int(row["line"]), row["rule"]) for row in table(folder / "planted.csv", ",")]


@pytest.mark.parametrize("faults", ["0.002", "0.03", "0.5"])
def test_each_planted_line_breaks_its_rule_and_no_other_line_breaks_any(tmp_path, faults):
    report = make(tmp_path / "x", faults=Decimal(faults))
    found = all_faults(tmp_path / "x")
    assert found == planted(tmp_path / "x")
    assert Counter(rule for *_, rule in found) == report.planted


def test_a_right_register_breaks_no_rule_and_lists_no_faults(tmp_path):
    make(tmp_path / "x")
    assert not all_faults(tmp_path / "x")
    assert not (tmp_path / "x" / "planted.csv").exists()


def test_nobody_is_at_two_places_in_a_country_of_one_vestiging(tmp_path):
    make(tmp_path / "x", boards=1, pupils=200, seed=1, faults=Decimal("0.2"))
    assert len(listed(tmp_path / "x")) == 1
    assert all_faults(tmp_path / "x") == planted(tmp_path / "x")


@pytest.mark.parametrize("seed", range(30))
def test_a_file_that_is_written_has_a_row_that_ingest_can_use(tmp_path, seed):
    report = make(tmp_path / "x", boards=1, pupils=100, seed=seed, faults=Decimal("0.1"))
    assert {path.name for path in (tmp_path / "x").iterdir()} == {name for name, _ in report.files} | {
        "planted.csv"
    }
    assert all(rows for _, rows in report.files)
    wrong = {line for file, line, _ in planted(tmp_path / "x") if file == SCORES}
    assert all(rows > len(wrong) for name, rows in report.files if name == SCORES)


def test_a_share_may_be_a_fraction(tmp_path):
    make(tmp_path / "one", faults=Fraction(1, 50))
    make(tmp_path / "same", faults=Decimal("0.02"))
    assert planted(tmp_path / "one") == planted(tmp_path / "same")


@pytest.mark.parametrize("faults", ["NaN", "Infinity", "-0.01", "0.51"])
def test_a_share_that_makes_no_register_is_refused(tmp_path, faults):
    with pytest.raises(Refused, match="broken rows"):
        make(tmp_path / "x", faults=Decimal(faults))
    assert not (tmp_path / "x").exists()
