"""A made-up country of five schools, small enough to add up by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.spec.bank import messages

REGISTER = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;SOORT_PO;CLUSTER;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD;CUMI"
REGISTER_VO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;ONDERWIJSTYPE;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD"
ADDRESSES = "PROVINCIE;BEVOEGD GEZAG NUMMER;BRIN NUMMER;VESTIGINGSNUMMER;VESTIGINGSNAAM;PLAATSNAAM;GEMEENTENAAM"
SCORES = "School (BRIN vestiging);Aantal bekostigde leerlingen;Achterstandsscore;Achterstandsscore zonder drempel"
NEWCOMERS = "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;CATEGORIE;NIEUWKOMERS"
BY_AGE = (
    "PEILDATUM;INSTELLINGSCODE;VESTIGINGSCODE;INSTELLINGSNAAM_VESTIGING;PLAATSNAAM;GEMEENTENAAM;SOORT_PO;CLUSTER;"
    f"BEVOEGD_GEZAG_NUMMER;LEEFTIJD_JONGER;{';'.join(f'LEEFTIJD_{age}' for age in range(4, 25))};LEEFTIJD_OUDER"
)
APPLICATIONS = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;DATUM_AANVRAAG;AANTAL_LEERLINGEN;BEDRAG"
OF_REGIONS = "VESTIGINGSNUMMER;REGIO;NIEUWE_REGIO;EERDER_VERLEEND"
COMPLETIONS = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;AFGEROND"
SPENDING = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;JAAR;CATEGORIE;INTERVENTIE;NIVEAU;BEDRAG;WAARVAN_EXTERN"
CONSENTS = (
    "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;SCHOOLJAAR;SCHOOLSCAN;SCHOOLPROGRAMMA_MR;DATUM_MR;BOVENSCHOOLS_BEDRAG_MR;GMR;"
    "DATUM_GMR;OUDERS_BETROKKEN;GEMEENTE_GEINFORMEERD;RESULTAAT"
)
RESERVE_TRANSFERS = "JAAR;VAN_BEVOEGD_GEZAG;NAAR_BEVOEGD_GEZAG;BRIN_NUMMER;BEDRAG;DATUM"
OF_OTHERS = """mapping:
  school: VESTIGING
  amounts: [{column: BEDRAG, component: per_pupil, school_types: [bao]}]
  counts: [{column: LEERLINGEN, measure: pupils}]
"""
CHANGES = "INGANGSDATUM;SOORT;VESTIGING;BEVOEGD_GEZAG_NUMMER;OPVOLGER"

PUPILS = {"01AA00 Bo": 12, "02BB00 Bo": 7, "03CC00 So": 6, "03CC00 Vso": 3, "04DD00 Sbo": 4}
CUMI = {"03CC00 So": 5, "03CC00 Vso": 2}
BOARDS = {"01AA00": "10001", "02BB00": "10002", "03CC00": "10003", "04DD00": "10002"}
BROKEN = "P9999;01AA;00;Bo;nvt;1;20201341;;J;N"


def write_country(folder: Path, *, scores: Mapping[str, str] | None = None, broken: bool = False) -> Path:
    """Write register, addresses and scores; `broken` adds a row with a date that does not exist."""
    write_register(folder, PUPILS, broken=broken)
    write_addresses(folder, BOARDS)
    return write_scores(folder, scores or {"01AA00": "100,50", "02BB00": "0,00"})


def write_register(folder: Path, pupils: Mapping[str, int], *, broken: bool = False) -> Path:
    """Write a pupil register; `pupils`: vestiging and SOORT_PO -> how many."""
    rows = []
    for place, count in pupils.items():
        (vestiging, sort), cluster = place.split(), "3" if place.endswith("o") and "So" in place.title() else "nvt"
        for number in range(count):
            cumi = "J" if number < CUMI.get(place, 0) else "N"
            name = f"P{place}{number:04d}".replace(" ", "")
            rows.append(f"{name};{vestiging[:4]};{vestiging[4:]};{sort};{cluster};1;20190801;;J;{cumi}")
    return _write(folder, "register.csv", REGISTER, [*rows, *([BROKEN] if broken else [])])


def write_addresses(folder: Path, boards: Mapping[str, str]) -> Path:
    """Write an address list; `boards`: vestiging -> board."""
    rows = [f"Drenthe;{board};{v[:4]};{v};School {v};Assen;Assen" for v, board in boards.items()]
    return _write(folder, "addresses.csv", ADDRESSES, rows)


def write_scores(folder: Path, scores: Mapping[str, str]) -> Path:
    """Write scores; `scores`: vestiging -> score."""
    rows = [f"{vestiging};{PUPILS[f'{vestiging} Bo']};{score};{score}" for vestiging, score in scores.items()]
    return _write(folder, "scores.csv", SCORES, rows)


def write_changes(folder: Path, *rows: str) -> Path:
    """Write a changes file."""
    return _write(folder, "changes.csv", CHANGES, list(rows))


def write_amounts_of_others(folder: Path, *rows: str) -> tuple[Path, Path]:
    """Write amounts of others, and the mapping that says how to read them."""
    _write(folder, "others.csv", "VESTIGING;LEERLINGEN;BEDRAG", list(rows))
    (folder / "mapping.yaml").write_text(OF_OTHERS)
    return folder / "others.csv", folder / "mapping.yaml"


def write_newcomers(folder: Path, *rows: str) -> Path:
    """Write a file of newcomers."""
    return _write(folder, "newcomers.csv", NEWCOMERS, list(rows))


def write_masked(folder: Path, start: str, pupils_of_four: str) -> Path:
    """Write a file of pupils by age, all of four years old; `start`: what comes before the ages."""
    return _write(folder, "masked.csv", BY_AGE, [f"{start};0;{pupils_of_four}{';0' * 21}"])


def write_applications(folder: Path, *rows: str, of_regions: bool = False) -> Path:
    """Write a file of applications; `of_regions`: with the columns that it may have."""
    header = f"{APPLICATIONS};{OF_REGIONS}" if of_regions else APPLICATIONS
    return _write(folder, "applications.csv", header, list(rows))


def write_completions(folder: Path, *rows: str) -> Path:
    """Write a report of participants who finished."""
    return _write(folder, "completions.csv", COMPLETIONS, list(rows))


def write_spending(folder: Path, *rows: str, name: str = "spending.csv") -> Path:
    """Write a spending file; with the column of reasons where its first row has a value for it."""
    has_reasons = any(row.count(";") > SPENDING.count(";") for row in rows[:1])
    return _write(folder, name, SPENDING + ";REDEN" * has_reasons, list(rows))


def write_consents(folder: Path, *rows: str, name: str = "consents.csv") -> Path:
    """Write a file of consents."""
    return _write(folder, name, CONSENTS, list(rows))


def write_reserve_transfers(folder: Path, *rows: str, name: str = "overdracht.csv") -> Path:
    """Write a file of reserves that moved with a school."""
    return _write(folder, name, RESERVE_TRANSFERS, list(rows))


def write_lists(folder: Path) -> Path:
    """Write a school of praktijkonderwijs with its area, and the lists that name it or its municipality."""
    pupil = "V1;05EE;00;Praktijkonderwijs alle vj;1;20190801;;J"
    _write(folder, "register-vo.csv", REGISTER_VO, [pupil])
    school = "Drenthe;10005;05EE;05EE00;School 05EE00;Assen;0106;Assen"
    _write(folder, "addresses-vo.csv", ADDRESSES.replace("GEMEENTENAAM", "GEMEENTENUMMER;GEMEENTENAAM"), [school])
    _write(folder, "areas.csv", "VESTIGING;SAMENWERKINGSVERBAND", ["05EE00;VO2401"])
    _write(folder, "municipal-scores.csv", "GEMEENTENUMMER;SCORE_2019;SCORE_2020", ["0106;1,50;2,50"])
    _write(folder, "boards.csv", "BEVOEGD GEZAG NUMMER;BEVOEGD GEZAG NAAM", ["10001;Stichting De Linde"])
    _write(folder, "listed.csv", "VESTIGING;LIJST", ["05EE00;vo_pro", "01AA00;po"])
    return _write(folder, "leerplus.csv", "BRIN_NUMMER;LEERPLUS_2021", ["05EE;J"])


def write_payment_accounts(folder: Path, *rows: str) -> Path:
    """Write a file of payment accounts."""
    return _write(folder, "accounts.csv", "ONTVANGER;IBAN;TENAAMSTELLING;INGANGSDATUM", list(rows))


def write_debtor(folder: Path, iban: str = "NL86INGB0002445588") -> Path:
    """Write the account that pays."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "debtor.yaml").write_text(f"debtor: {{name: Ministerie van OCW, iban: {iban}, bic: INGBNL2A}}\n")
    return folder / "debtor.yaml"


def write_answers(folder: Path, rejected: str, amount: object) -> Path:
    """Write what the bank answers to the release of January 2022: one transfer is rejected, and none is booked."""
    folder.mkdir(parents=True, exist_ok=True)
    batch = "NPO-2022-01-001"
    row = messages.transfer_status(rejected, "RJCT", why=messages.reason("AC04"), amount=str(amount))
    report = messages.status_report(message=batch, batches=messages.batch_status(row, batch=batch))
    (folder / "pain.002.xml").write_bytes(report)
    rent = messages.booked("RENT", "900.00")
    (folder / "camt.053.xml").write_bytes(messages.statement(rent, account="NL86INGB0002445588"))
    return folder


def write_listed(folder: Path, *rows: str) -> Path:
    """Write a list of vestigingen for the arbeidsmarkttoelage."""
    return _write(folder, "listed.csv", "VESTIGING;LIJST", list(rows))


def _write(folder: Path, name: str, header: str, rows: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return folder
