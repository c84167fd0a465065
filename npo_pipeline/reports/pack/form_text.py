"""Sheet `Toelichting` of the workbook of a board: how to fill it in, in plain Dutch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from npo_pipeline.reports.pack.form_told import Blank

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

TITLE = "Verantwoording Nationaal Programma Onderwijs"

_STEPS = (
    "Vul op blad Besteding in waaraan het geld is uitgegeven: een regel per school en interventie. Bestuur, BRIN "
    "en jaar staan er al; regels die u niet nodig hebt, laat u leeg.",
    "Vul op blad Instemming per school en schooljaar in of er een schoolscan is en wie heeft ingestemd.",
    "Kijk op blad Scholen. De cel naast Controle is groen als alles klopt; is zij rood, dan staat er wat er niet "
    "klopt.",
    "Sla het bestand op als Excel-werkmap (.xlsx) en lever het in. Daarna krijgt u de bevindingen en het verslag.",
    "Iets vergeten of verkeerd? Verbeter dit bestand en lever het nog eens in: het hele jaar van uw bestuur wordt "
    "dan vervangen door wat er nu in staat.",
)
_COLUMNS = {
    "Besteding": {
        "BEVOEGD_GEZAG_NUMMER": "Het nummer van uw bestuur, vijf cijfers. Staat er al.",
        "BRIN_NUMMER": "De school, bijvoorbeeld 01AA. Kies uit de lijst.",
        "JAAR": "Het kalenderjaar van de uitgave. Staat er al.",
        "CATEGORIE": "De letter van de menukaart, A tot en met F.",
        "INTERVENTIE": "De naam van de interventie, zoals op blad Menukaart. Kies eerst de categorie.",
        "NIVEAU": "school, of bovenschools als het bestuur het geld voor meer scholen samen uitgaf.",
        "BEDRAG": "Euro's, met hoogstens twee decimalen. Geen formule: plak de waarde.",
        "WAARVAN_EXTERN": "Het deel van BEDRAG dat naar personeel niet in loondienst (PNIL) ging. Leeg is 0.",
    },
    "Instemming": {
        "SCHOOLJAAR": "Staat er al.",
        "SCHOOLSCAN": "J als er een schoolscan (analyse van de behoeften van de leerlingen) is, anders N.",
        "SCHOOLPROGRAMMA_MR": "J als de MR met het schoolprogramma heeft ingestemd, anders N.",
        "DATUM_MR": "De dag waarop de MR instemde.",
        "BOVENSCHOOLS_BEDRAG_MR": "Het bedrag dat met instemming van de MR bovenschools mag worden besteed.",
        "GMR": "J als de GMR heeft ingestemd met de bovenschoolse besteding, anders N. Leeg is N.",
        "DATUM_GMR": "De dag waarop de GMR instemde.",
        "OUDERS_BETROKKEN": "Hoe ouders zijn betrokken, in uw eigen woorden (hoogstens 1.000 tekens).",
        "GEMEENTE_GEINFORMEERD": "J als de gemeente over het programma is geïnformeerd, anders N.",
        "RESULTAAT": "Wat het heeft opgeleverd, in uw eigen woorden (hoogstens 1.000 tekens).",
    },
}
_ENDING = (
    "Laat de namen van de bladen en de kopregels staan: daaraan wordt het bestand herkend. Eigen kolommen mogen "
    "rechts van de tabel staan; zij worden niet gelezen."
)


def toelichting(page: Worksheet, blank: Blank, formats: Mapping[str, Any]) -> None:
    """Write sheet `Toelichting`."""
    page.set_column(0, 0, 28)
    page.set_column(1, 1, 110)
    page.write_string(0, 0, f"{TITLE}, {blank.year}", formats["title"])
    page.write_string(1, 0, f"Bestuur {blank.board}", formats["bold"])
    row = 3
    for step, words in enumerate(_STEPS, 1):
        row = _line(page, row, f"Stap {step}", words, formats)
    for sheet, columns in _COLUMNS.items():
        page.write_string(row + 1, 0, f"Blad {sheet}", formats["heading"])
        page.write_string(row + 1, 1, "Wat er moet staan", formats["heading"])
        row += 2
        for name, words in columns.items():
            row = _line(page, row, name, words, formats)
    _line(page, row + 1, "Let op", _ENDING, formats)


def _line(page: Worksheet, row: int, subject: str, words: str, formats: Mapping[str, Any]) -> int:
    page.write_string(row, 0, subject, formats["wrapped"])
    page.write_string(row, 1, words, formats["wrapped"])
    return row + 1
