"""A small country with everything the informatietool must tell apart, and schools with names that want to harm."""

from __future__ import annotations

from pathlib import Path

PO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;SOORT_PO;CLUSTER;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD;CUMI"
VO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;ONDERWIJSTYPE;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD"
LIST = "PROVINCIE;BEVOEGD GEZAG NUMMER;BRIN NUMMER;VESTIGINGSNUMMER;VESTIGINGSNAAM;PLAATSNAAM;GEMEENTENAAM"
SCORES = "School (BRIN vestiging);Aantal bekostigde leerlingen;Achterstandsscore"
NEWCOMERS = "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;CATEGORIE;NIEUWKOMERS"

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = "</script><script>alert(2)</script>"
FORMULA = '=HYPERLINK("http://example.org","klik")'
TEMPLATE = "{{script}} & <!-- \\u003c"

SCHOOLS = [  # board, vestiging, name, place, municipality
    ("10001", "01AA00", "De Eik", "ASSEN", "ASSEN"),
    ("10001", "01AA01", "De Eik, dependance", "'S-GRAVENHAGE", "S GRAVENHAGE"),
    ("10002", "02BB00", "De Havèn", "Assen", "Assen"),
    ("10003", "03CC00", IMAGE, "ASSEN", "ASSEN"),
    ("10003", "04DD00", SCRIPT, "EMMEN", "EMMEN"),
    ("10003", "05EE00", FORMULA, "EMMEN", "EMMEN"),
    ("10003", "06FF00", TEMPLATE, "EMMEN", "EMMEN"),
    ("10004", "02VO00", "Het Lyceum", "ASSEN", "ASSEN"),
    ("10002", "28PW00", "Kolegio", "Kralendijk", "Bonaire"),
]
PUPILS = {"01AA00 Bo": 12, "01AA01 Bo": 3, "02BB00 Bo": 7, "03CC00 So": 6, "03CC00 Vso": 3, "04DD00 Sbo": 4}
PUPILS |= {"05EE00 Bo": 1, "06FF00 Bo": 2, "28PW00 Bo": 3}
CUMI = {"03CC00 So": 5, "03CC00 Vso": 2}
VO_PUPILS = {"Brugjaar 1-2": (1, 8), "VMBO BL": (3, 5)}  # onderwijstype: leerjaar, pupils
SCORED = {"01AA00": "100,51", "02BB00": "0,00", "06FF00": "0,01"}
NEWCOMER_DAYS = ("20200401", "20200701", "20201001", "20210101", "20210401")

CARIBBEAN = """
overlay_of: 2021-2022-cn
sources:
  letter: {title: Brief van het ministerie, url: "https://www.example.org/brief", publisher: OCW}
components:
  per_pupil:
    rates:
      - {school_types: [cn], place: bonaire, value: 1333.84296330, unit: USD per pupil, status: derived,
         source: letter, where: "Brief, bladzijde 2", checked_on: 2026-11-24}
      - {school_types: [cn], place: sint-eustatius, value: 1547.2578374, unit: USD per pupil, status: derived,
         source: letter, where: "Brief, bladzijde 2", checked_on: 2026-11-24}
      - {school_types: [cn], place: saba, value: 1547.2578374, unit: USD per pupil, status: derived,
         source: letter, where: "Brief, bladzijde 2", checked_on: 2026-11-24}
"""
NEWCOMER_RATE = """
overlay_of: 2021-2022-vo
sources:
  letter: {title: Brief van het ministerie, url: "https://www.example.org/brief", publisher: OCW}
components:
  newcomers:
    rates:
      - {school_types: [vo], value: 3000.00, unit: EUR per newcomer and reference date, status: published,
         source: letter, where: "Brief, bladzijde 3", checked_on: 2026-11-24}
"""


IN_2021 = """
overlay_of: 2022-2023-po-provisional
sources:
  letter: {title: Brief van het ministerie, url: "https://www.example.org/brief", publisher: OCW}
components:
  per_pupil:
    rates:
      - {school_types: [bao], value: 500.00, unit: EUR per pupil, status: published, source: letter,
         where: "Brief, bladzijde 4", checked_on: 2026-11-24}
  achterstandsscore:
    rates:
      - {school_types: [bao], value: 463.78, unit: EUR per unit of score, status: published, source: letter,
         where: "Brief, bladzijde 4", checked_on: 2026-11-24}
"""


def write_delivery(folder: Path) -> Path:
    """Registers, scores, an address list and newcomers of five days."""
    rows = [row for place, pupils in PUPILS.items() for row in _po(place, pupils)]
    _write(folder / "po.csv", PO, rows)
    vo = [
        f"V{kind}{number};02VO;00;{kind};{year};20190801;;J".replace(f"V{kind}", f"V{place}")
        for place, (kind, (year, pupils)) in enumerate(VO_PUPILS.items())
        for number in range(pupils)
    ]
    _write(folder / "vo.csv", VO, vo)
    quoted = [(*row[:2], '"' + row[2].replace('"', '""') + '"', *row[3:]) for row in SCHOOLS]
    listed = [f";{board};{code[:4]};{code};{name};{place};{town}" for board, code, name, place, town in quoted]
    _write(folder / "list.csv", LIST, listed)
    _write(
        folder / "scores.csv", SCORES, [f"{code};{PUPILS[f'{code} Bo']};{score}" for code, score in SCORED.items()]
    )
    for day in NEWCOMER_DAYS:
        _write(folder / f"newcomers-{day}.csv", NEWCOMERS, [f"{day};02VO;00;1;2"])
    return folder


def write_overlays(folder: Path, **texts: str) -> list[Path]:
    """Write overlays, each under its name."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return [folder / f"{name}.yaml" for name in texts]


def _po(place: str, pupils: int) -> list[str]:
    code, kind = place.split()
    cluster = "3" if kind in ("So", "Vso") else "nvt"
    return [
        f"P{code}{kind}{number};{code[:4]};{code[4:]};{kind};{cluster};1;20190801;;J;"
        + ("J" if number < CUMI.get(place, 0) else "N")
        for number in range(pupils)
    ]


def _write(path: Path, header: str, rows: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
