"""Small files of every sector, and the command line to try them with."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from tests.books.home.npo import here

VO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;ONDERWIJSTYPE;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD"
PO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;SOORT_PO;CLUSTER;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD;CUMI"
SCORES = "School (BRIN vestiging);Aantal bekostigde leerlingen;Achterstandsscore"
LIST = "PROVINCIE;BEVOEGD GEZAG NUMMER;BRIN NUMMER;VESTIGINGSNUMMER;VESTIGINGSNAAM;PLAATSNAAM;GEMEENTENAAM"
NEWCOMERS = "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;CATEGORIE;NIEUWKOMERS"


@dataclass(frozen=True)
class Decided:
    """A home after a decision, and what `decide` said."""

    home: Path
    said: dict


def write(path: Path, header: str, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def vo(brin: str, kinds: dict[str, int]) -> list[str]:
    """Rows of a vo register: onderwijstype and leerjaar -> pupils."""
    return [
        f"V{brin}{place}{number};{brin};00;{kind.rsplit(' ', 1)[0]};{kind.rsplit(' ', 1)[1]};20190801;;J"
        for place, (kind, pupils) in enumerate(kinds.items())
        for number in range(pupils)
    ]


def po(brin: str, pupils: int) -> list[str]:
    return [f"P{brin}{number};{brin};00;Bo;nvt;1;20190801;;J;N" for number in range(pupils)]


def run(home: Path, *words: object) -> dict:
    ended = here(*words, "--home", home, "--json")
    assert ended.status == 0, ended.stderr
    return json.loads(ended.stdout)


def select(home: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


def amounts(home: Path, decision: str) -> dict[tuple, Decimal]:
    query = f"select vestiging, school_type, component, amount from entitlements where decision_id = '{decision}'"
    return {tuple(key): amount for *key, amount in select(home, query)}


def decide(home: Path, year: str, *words: object) -> dict:
    return run(home, "decide", "--school-year", year, "--reference-date", "2020-10-01", *words)
