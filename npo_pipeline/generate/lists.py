"""Made-up address lists and scores, in two generations of headers and several dialects of CSV."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from npo_pipeline.generate.country import Country, Town, Vestiging

_COMMON = (
    "STRAATNAAM;HUISNUMMER-TOEVOEGING;POSTCODE;PLAATSNAAM;GEMEENTENUMMER;GEMEENTENAAM;DENOMINATIE;TELEFOONNUMMER;"
    "INTERNETADRES"
)
_BO = (
    "PROVINCIE;BEVOEGD GEZAG NUMMER;BRIN NUMMER;VESTIGINGSNUMMER;VESTIGINGSNAAM;" + _COMMON + ";"
    "STRAATNAAM CORRESPONDENTIEADRES;HUISNUMMER-TOEVOEGING CORRESPONDENTIEADRES;POSTCODE CORRESPONDENTIEADRES;"
    "PLAATSNAAM CORRESPONDENTIEADRES;NODAAL GEBIED CODE;NODAAL GEBIED NAAM;RPA-GEBIED CODE;RPA-GEBIED NAAM;"
    "WGR-GEBIED CODE;WGR-GEBIED NAAM;COROPGEBIED CODE;COROPGEBIED NAAM;ONDERWIJSGEBIED CODE;ONDERWIJSGEBIED NAAM;"
    "RMC-REGIO CODE;RMC-REGIO NAAM"
)
_SO = (
    "SOORT PRIMAIR ONDERWIJS;PROVINCIE;BEVOEGD GEZAG NUMMER;INSTELLINGSCODE;VESTIGINGSCODE;VESTIGINGSNAAM;"
    + _COMMON
    + ";CLUSTER;ONDERWIJS;VAKANTIEREGIO"
)
_VO = _BO.replace("INTERNETADRES;", "INTERNETADRES;ONDERWIJSSTRUCTUUR;", 1)
SCORES_HEADER = (
    "School (BRIN vestiging);Aantal bekostigde leerlingen;Achterstandsscore;Achterstandsscore zonder drempel"
)

_FIRST = ("De", "Het", "'t", "Obs", "Pcbs", "Rkbs", "Basisschool", "Montessorischool")
_SECOND = (
    "Eenspan",
    "Regenboog",
    "Coöperatie",
    "Zeeën",
    "Vlinder",
    "Crèche",
    "Wereld",
    "Boog\u2019",
    '"Maasparel"',
    "Énergie",
)
TOWNS = (
    Town("Drenthe", "Assen", "0106", "VO2201"),
    Town("Groningen", "Groningen", "0014", "VO2001"),
    Town("Fryslân", "Súdwest-Fryslân", "1900", "VO2101"),
    Town("Noord-Brabant", "'s-Hertogenbosch", "0796", "VO3005"),
    Town("Zuid-Holland", "'s-Gravenhage", "0518", "VO2802"),
    Town("Utrecht", "Utrecht", "0344", "VO2601"),
    Town("Gelderland", "Apeldoorn", "0200", "VO2505"),
    Town("Limburg", "Venlo", "0983", "VO3101"),
)

ISLANDS = (
    Town("Caribisch Nederland", "Bonaire", "", ""),
    Town("Caribisch Nederland", "Sint Eustatius", "", ""),
    Town("Caribisch Nederland", "Saba", "", ""),
)
"""The openbare lichamen have no number of a municipality, and no samenwerkingsverband."""

_PER_PUPIL = (10, 20, 30, 40, 50, 60, 80, 110, 160, 260)
"""Hundredths of score without threshold per pupil: six in ten schools stay under the threshold of 69.6."""

_THRESHOLD_E3 = 696
"""Thousandths per pupil: 12% of 535.26 less 529.46 (CBS, Toelichting of 1-10-2019)."""


def write_addresses(
    out: Path, country: Country, chance: random.Random, islands: Mapping[str, Town] | None = None
) -> tuple[list[tuple[str, int]], dict[str, Town]]:
    """Write the lists of bao, and of sbo, so and vso.

    `islands`: the vestigingen in Caribisch Nederland, and on which island each is.

    Returns:
        Their names and numbers of rows, and the town of each vestiging.
    """
    bo = [one for one in country.vestigingen if one.kind == "bo"]
    special = [one for one in country.vestigingen if one.kind != "bo"]
    files, towns = [], dict(islands or {})
    if bo:
        rows = [_old_row(one, _settle(one, towns, chance), chance) for one in bo]
        write_rows(out / "vestigingen-bo.csv", _BO, rows, end="\r\n", encoding="cp1252")
        files.append(("vestigingen-bo.csv", len(rows)))
    if special:
        rows = [_new_row(one, _settle(one, towns, chance), chance) for one in special]
        write_rows(out / "vestigingen-sbo-so-vso.csv", _SO, rows, separator=",", encoding="utf-8-sig")
        files.append(("vestigingen-sbo-so-vso.csv", len(rows)))
    return files, towns


def write_addresses_vo(
    path: Path,
    structures: Mapping[Vestiging, str],
    chance: random.Random,
    islands: Mapping[str, Town] | None = None,
) -> tuple[dict[str, Town], dict[str, str]]:
    """Write the list of vo; `structures`: vestiging -> onderwijsstructuur; `islands`: as `write_addresses`.

    Returns:
        The town and the name of each vestiging.
    """
    towns, rows = dict(islands or {}), list[list[str]]()
    for one, structure in structures.items():
        row = _old_row(one, _settle(one, towns, chance), chance)
        place = _VO.split(";").index("ONDERWIJSSTRUCTUUR")
        rows.append([*row[:place], structure, *row[place:]])
    write_rows(path, _VO, rows, encoding="cp1252")
    return towns, {row[3]: row[4] for row in rows}


def _settle(one: Vestiging, towns: dict[str, Town], chance: random.Random) -> Town:
    return towns.setdefault(one.code, chance.choice(TOWNS))


def write_scores(
    out: Path, country: Country, pupils: dict[str, int], chance: random.Random, *, faults: bool
) -> tuple[list[tuple[str, int]], list[tuple[int, str]]]:
    """Write the scores of bao schools that fit the CBS formula: score = max(0, A - 0.696 x E).

    `pupils`: vestiging -> its bao pupils that count. `faults`: plant a negative score, a count that is no number
    and an unknown school.

    Returns:
        The file's name and number of rows (none is written where no bao pupil counts: a file without rows is
        refused), and the planted faults as (line, rule).
    """
    rows, planted = score_rows(pupils, chance), []
    if not rows:
        return [], []
    if faults:
        # One row stays without a fault: a file in which no school is known waits for its address list.
        sound = len(rows) - 1
        for line, (rule, place, value) in enumerate((("negative", 2, "-1,00"), ("not_a_number", 1, "1e9")), 2):
            if line - 2 < sound:
                rows[line - 2][place] = value
                planted.append((line, rule))
        rows.append([f"{country.unlisted_brins[-1]}00", "100", "5,00", "74,60"])
        planted.append((len(rows) + 1, "unknown_school"))
    write_rows(out / "achterstandsscores.csv", SCORES_HEADER, rows)
    return [("achterstandsscores.csv", len(rows))], planted


def score_rows(pupils: Mapping[str, int], chance: random.Random) -> list[list[str]]:
    """Draw the score of each vestiging, by its pupils that count."""
    rows = []
    for code in sorted(pupils):
        count = pupils[code]
        before = count * (chance.choice(_PER_PUPIL) + chance.randrange(10))
        above = max(0, before * 10 - _THRESHOLD_E3 * count)
        rows.append([code, str(count), decimal_comma((above + 5) // 10), decimal_comma(before)])
    return rows


def _old_row(one: Vestiging, town: Town, chance: random.Random) -> list[str]:
    head = [town.province, one.board, one.brin, one.code, _name(chance)]
    return [*head, *_address(town, chance), *_address(town, chance)[:4], *[""] * 12]


def _new_row(one: Vestiging, town: Town, chance: random.Random) -> list[str]:
    sort = "SBO" if one.kind == "sbo" else "SO/VSO"
    head = [sort, town.province, one.board, one.brin, one.code, f"{_name(chance)}, locatie {one.code[4:]}"]
    return [*head, *_address(town, chance), "", sort, "Noord"]


def _name(chance: random.Random) -> str:
    return f"{chance.choice(_FIRST)} {chance.choice(_SECOND)}"


def _address(town: Town, chance: random.Random) -> list[str]:
    code, number = f"{chance.randrange(1000, 9999)} AB", str(chance.randrange(1, 200))
    telephone = f"0{chance.randrange(1, 999):03d}-123456"
    # As in some files of DUO: a space, and without the zeros before the number.
    municipality = f" {int(town.number)}" if town.number else ""
    return ["Schoolstraat", number, code, town.name.upper(), municipality, town.name, "Openbaar", telephone, ""]


def decimal_comma(hundredths: int) -> str:
    """Return a number of hundredths with a decimal comma: 1,05."""
    return f"{hundredths // 100},{hundredths % 100:02d}"


_BANKS = ("ABNA", "BNGH", "INGB", "RABO")


def made_up_iban(seed: int, owner: str) -> str:
    """Return the account of somebody made up: with right check digits, and with a number that no bank gave out.

    Dutch account numbers pass a test on 11; these do not. The same seed and owner give the same one.
    """
    chance = random.Random(f"{seed} account {owner}")
    bank = chance.choice(_BANKS)
    number = chance.randrange(10**8, 10**9)
    while _passes_test_on_11(number):
        number += 1
    return iban_of(bank, f"{number:010d}")


def iban_of(bank: str, number: str) -> str:
    """Return the Dutch IBAN of a number of ten digits at a bank, with its check digits (ISO 13616)."""
    as_digits = "".join(str(int(letter, 36)) for letter in f"{bank}{number}NL00")
    return f"NL{98 - int(as_digits) % 97:02d}{bank}{number}"


def _passes_test_on_11(number: int) -> bool:
    digits = reversed(str(number))
    return sum(place * int(digit) for place, digit in enumerate(digits, 1)) % 11 == 0


def write_rows(
    path: Path,
    header: str,
    rows: Sequence[Sequence[str]],
    *,
    separator: str = ";",
    end: str = "\n",
    encoding: str = "utf-8",
) -> None:
    """Write a list: its header, separated by `;` here, and its rows."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end)
    writer.writerow(header.split(";"))
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
