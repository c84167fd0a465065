"""A country as big as the real one, made by chance from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.rulebook.year_end import year_end_rules
from tests.books.packs.country import Board, Finding, School, Spent, told


def many(boards: int, seed: int = 1) -> ReportData:
    """A country of boards of one to some twenty schools, on average 6.3 of them."""
    chance = Random(seed)
    menu = [
        (letter, name)
        for letter, category in year_end_rules().menukaart.all_categories().items()
        for name in category.interventions.values()
    ]
    codes = iter(
        f"{number // 676:02}{chr(65 + number // 26 % 26)}{chr(65 + number % 26)}" for number in range(67600)
    )
    made = []
    for place in range(boards):
        size = min(60, max(1, round(chance.lognormvariate(1.45, 0.85))))
        schools = [_random_school(next(codes), chance, menu) for _ in range(size)]
        wrong = [Finding("note", f"Van de besteding ging {chance.randint(1, 60)},25% naar externen.")]
        made.append(Board(str(40_001 + place), schools, wrong))
    return told(*made)


def _random_school(brin: str, chance: Random, menu: Sequence[tuple[str, str]]) -> School:
    received = chance.randint(30_000_00, 400_000_00)
    chosen = chance.sample(menu, chance.randint(2, 5))
    left = chance.randint(received // 3, received)
    spent = []
    for on in chosen:
        amount = left // len(chosen)
        external = amount * chance.randint(0, 40) // 100
        level = chance.choice(("school", "school", "bovenschools"))
        spent.append(Spent(on, _text(amount), _text(external), level))
    return School(
        brin,
        f"Basisschool {chance.choice(('De Linde', 'Het Kompas', 'De Regenboog', 'De Wilg'))} {brin}",
        _text(chance.randint(-500_00, 90_000_00)),
        _text(received),
        spent,
        gmr=chance.choice((True, None)),
        parents="In ouderavonden en de MR besproken.",
        result="Leerlingen lezen en rekenen beter dan bij de start.",
    )


def _text(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2))
