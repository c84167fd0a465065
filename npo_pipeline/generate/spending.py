"""Made-up accounts of boards: what each school spent on which intervention, and who consented to it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.generate.mistakes import MISTAKES, Account, Mistake
from schemas.files import CONSENTS, SPENDING

Menu = Sequence[tuple[str, str, Sequence[str]]]

_HOW = ("Ouderavond en nieuwsbrief", "Via de MR", "Gesprek per leerling", "Enquête onder ouders", "")
_RESULTS = (
    "De achterstand bij lezen is ingelopen",
    "Rekenen ligt weer op het niveau van voor 2020",
    "Leerlingen zitten beter in hun vel",
    "Nog te vroeg om te zeggen",
)


def write_spending(
    folder: Path, schools: pl.DataFrame, year: int, seed: int, menu: Menu, faults: int = 0
) -> list[Path]:
    """Write `besteding-YEAR.csv` and `instemming-YEAR.csv` for all boards; the same bytes for the same seed.

    Args:
        folder: where to.
        schools: board, brin, available (euros, Decimal: what it may spend; at 0 or less it spends nothing).
        year: the calendar year; consent is given for the school year that begins in it.
        seed: any whole number.
        menu: of each category its letter, its official name and its interventions.
        faults: boards that get a mistake each (`planted`), none of which is a refusal.

    Returns:
        The two files.

    Raises:
        Refused: the folder cannot be written.
    """
    accounts, _ = _accounts(schools, year, seed, menu, faults)
    paths = [folder / f"besteding-{year}.csv", folder / f"instemming-{year}.csv"]
    spent = [row for account in accounts for row in _spending_rows(account, year)]
    agreed = [_consent_row(account, year) for account in accounts]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, model, rows in zip(paths, (SPENDING, CONSENTS), (spent, agreed), strict=True):
            header = [name for name in model.columns if name != "line"]
            frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
            frame.select(pl.when(pl.all() != "").then(pl.all())).write_csv(path, separator=";")
    except OSError as error:
        raise Refused(f"{folder}: cannot be written ({error.strerror})") from error
    return paths


def planted(
    schools: pl.DataFrame, year: int, seed: int, menu: Menu, faults: int
) -> list[tuple[str, str, Mistake]]:
    """Which mistakes `write_spending` makes with the same arguments: board, brin, mistake."""
    return _accounts(schools, year, seed, menu, faults)[1]


def _accounts(
    schools: pl.DataFrame, year: int, seed: int, menu: Menu, faults: int
) -> tuple[list[Account], list[tuple[str, str, Mistake]]]:
    chance = random.Random(f"{seed} {year}")
    listed = [(letter, name) for letter, _, names in menu if letter != "F" for name in names]
    accounts = [_account(row, year, listed, chance) for row in schools.sort("board", "brin").iter_rows(named=True)]
    # A mistake is about money that was spent, so only boards that spent some get one.
    by_board: dict[str, list[Account]] = {}
    for account in accounts:
        if account.spent:
            by_board.setdefault(account.board, []).append(account)
    boards = sorted(by_board)
    random.Random(f"{seed} mistakes").shuffle(boards)
    made: list[tuple[str, str, Mistake]] = []
    for number, board in enumerate(boards[:faults]):
        name = tuple(MISTAKES)[number % len(MISTAKES)]
        MISTAKES[name](by_board[board][0], menu, year)
        made.append((board, by_board[board][0].brin, name))
    return accounts, made


def _account(row: dict[str, Any], year: int, listed: list[tuple[str, str]], chance: random.Random) -> Account:
    account = Account(row["board"], row["brin"], int(row["available"] * 100))
    if account.available > 0 and listed:
        total = account.available * _share(chance) // 1_000
        chosen = chance.sample(listed, min(chance.randint(2, 6), len(listed)))
        for (letter, name), cents in zip(chosen, _parts(total, len(chosen), chance), strict=True):
            if cents:
                external = cents * chance.choice((0, 0, 0, 100, 200, 300, 400)) // 1_000
                account.spent.append([letter, name, "school", cents, external])
    if account.spent and chance.random() < 0.2:
        account.board_level(account.spent[-1])
    account.mr_date = f"{year}-{chance.randint(6, 7):02d}-{chance.randint(1, 15):02d}"
    account.gmr_date = f"{year}-07-{chance.randint(16, 31):02d}" if account.agreed else ""
    account.parents, account.result = chance.choice(_HOW), chance.choice(_RESULTS)
    account.informed = chance.choice("JJJJJJN") if chance.random() < 0.95 else ""
    return account


def _share(chance: random.Random) -> int:
    """Thousandths of what there is: most schools spend 600 to 1,000 of it, some next to nothing."""
    return chance.randint(600, 1_000) if chance.random() < 0.9 else chance.randint(20, 600)


def _parts(total: int, many: int, chance: random.Random) -> list[int]:
    """An amount in so many parts that add up to it: whole euros, and the cents in the last."""
    cuts = sorted(chance.randint(0, total // 100) * 100 for _ in range(many - 1))
    return [after - before for before, after in zip([0, *cuts], [*cuts, total], strict=True)]


def _spending_rows(account: Account, year: int) -> list[list[str]]:
    begin = [account.board, account.brin, str(year)]
    return [
        [*begin, letter, name, level, _euros(cents), _euros(external) if external else ""]
        for letter, name, level, cents, external in account.spent
    ]


def _consent_row(account: Account, year: int) -> list[str]:
    return [
        account.board,
        account.brin,
        f"{year}-{year + 1}",
        account.scan,
        account.mr,
        account.mr_date,
        _euros(account.agreed),
        account.gmr,
        account.gmr_date,
        account.parents,
        account.informed,
        account.result,
    ]


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"
