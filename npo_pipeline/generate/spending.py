"""Made-up reports of boards: spending per school and intervention with its consents, and planted mistakes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.generate.lists import decimal_comma
from schemas.files import CONSENTS, SPENDING, required_columns_of
from schemas.frames.accounts import AvailableMoney

Menu = Sequence[tuple[str, str, Sequence[str]]]
"""The menukaart: of each category its letter, its official name and its interventions."""

CATEGORY, INTERVENTION, LEVEL, AMOUNT, EXTERNAL = range(5)
"""Positions in a row of spending."""

_ROUND = 100_00
"""A board asks consent for a round sum above what it then spends: hundreds of euros, in cents."""


_ANSWERS = {"SCHOOLSCAN": "J", "SCHOOLPROGRAMMA_MR": "J", "DATUM_MR": "", "GMR": "", "DATUM_GMR": ""}
"""The answers of a school that asked consent of its MR, before its dates are drawn."""


@dataclass(kw_only=True)
class Account:
    """Hold the report of a school, amounts in cents.

    `spent`: category, intervention, level, amount, external. `agreed`: for spending at the level of the board.
    `answers`: column of the file of consents -> answer.
    """

    board: str
    brin: str
    available: int
    spent: list[list[Any]] = field(default_factory=list)
    agreed: int = 0
    answers: dict[str, str] = field(default_factory=_ANSWERS.copy)

    def board_level(self, row: list[Any]) -> None:
        """Make a row one of the board, with all the consent that this takes."""
        row[LEVEL] = "bovenschools"
        self.agreed = -(-row[AMOUNT] // _ROUND) * _ROUND
        self.answers.update(GMR="J", DATUM_GMR=self.answers["DATUM_GMR"] or self.answers["DATUM_MR"])


_HOW = ("Ouderavond en nieuwsbrief", "Via de MR", "Gesprek per leerling", "Enquête onder ouders", "")
_RESULTS = (
    "De achterstand bij lezen is ingelopen",
    "Rekenen ligt weer op het niveau van voor 2020",
    "Leerlingen zitten beter in hun vel",
    "Nog te vroeg om te zeggen",
)


def spending_files(folder: Path, year: int) -> tuple[Path, Path]:
    """Return the files with the spending of a year, and with its consents."""
    return folder / f"besteding-{year}.csv", folder / f"instemming-{year}.csv"


def write_spending(
    folder: Path, schools: AvailableMoney, year: int, *, seed: int, menu: Menu, faults: int = 0
) -> list[Path]:
    """Write `besteding-YEAR.csv` and `instemming-YEAR.csv` for all boards; the same bytes for the same seed.

    Consent is given for the school year that begins in the calendar year. `schools`: the money of each; at 0 or
    less the school spends nothing. `faults`: boards that get a mistake each (`MISTAKES`), none of them a refusal.

    Raises:
        Refused: the folder cannot be written.
    """
    accounts, _ = make_accounts(schools, year, seed=seed, menu=menu, faults=faults)
    spending = [row for one in accounts for row in _spending_rows(one, year)]
    reported, consented = spending_files(folder, year)
    files = {
        reported: (SPENDING, spending),
        consented: (CONSENTS, [_consent_row(one, year) for one in accounts]),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, (model, rows) in files.items():
            schema = dict.fromkeys(required_columns_of(model), pl.String)
            frame = pl.DataFrame(rows, schema=schema, orient="row")
            frame.select(pl.when(pl.all() != "").then(pl.all())).write_csv(path, separator=";")
    except OSError as error:
        raise Refused(f"{folder}: cannot be written ({error.strerror})") from error
    return list(files)


def make_accounts(
    schools: AvailableMoney, year: int, *, seed: int, menu: Menu, faults: int
) -> tuple[list[Account], list[tuple[str, str, str]]]:
    """Return the reports of schools, and the mistakes in them: board, brin, mistake."""
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
    mistakes: list[tuple[str, str, str]] = []
    for number, board in enumerate(boards[:faults]):
        name = tuple(MISTAKES)[number % len(MISTAKES)]
        MISTAKES[name](by_board[board][0], menu, year)
        mistakes.append((board, by_board[board][0].brin, name))
    return accounts, mistakes


def _account(row: dict[str, Any], year: int, listed: list[tuple[str, str]], chance: random.Random) -> Account:
    account = Account(board=row["board"], brin=row["brin"], available=int(row["available"] * 100))
    if account.available > 0 and listed:
        total = account.available * _share(chance) // 1_000
        chosen = chance.sample(listed, min(chance.randint(2, 6), len(listed)))
        for (letter, name), cents in zip(chosen, _parts(total, len(chosen), chance), strict=True):
            if cents:
                external = cents * chance.choice((0, 0, 0, 100, 200, 300, 400)) // 1_000
                account.spent.append([letter, name, "school", cents, external])
    if account.spent and chance.random() < 0.2:
        account.board_level(account.spent[-1])
    account.answers |= {
        "DATUM_MR": f"{year}-{chance.randint(6, 7):02d}-{chance.randint(1, 15):02d}",
        "DATUM_GMR": f"{year}-07-{chance.randint(16, 31):02d}" if account.agreed else "",
        "OUDERS_BETROKKEN": chance.choice(_HOW),
        "RESULTAAT": chance.choice(_RESULTS),
        "GEMEENTE_GEINFORMEERD": chance.choice("JJJJJJN") if chance.random() < 0.95 else "",
    }
    return account


def _share(chance: random.Random) -> int:
    """Draw thousandths of the available money: most schools spend 600 to 1,000 of it, some next to nothing."""
    return chance.randint(600, 1_000) if chance.random() < 0.9 else chance.randint(20, 600)


def _parts(total: int, many: int, chance: random.Random) -> list[int]:
    """Split an amount into parts that add up to it: whole euros, and the cents in the last."""
    cuts = sorted(chance.randint(0, total // 100) * 100 for _ in range(many - 1))
    return [after - before for before, after in zip([0, *cuts], [*cuts, total], strict=True)]


def _spending_rows(account: Account, year: int) -> list[list[str]]:
    begin = [account.board, account.brin, str(year)]
    return [
        [*begin, letter, name, level, decimal_comma(cents), decimal_comma(external) if external else ""]
        for letter, name, level, cents, external in account.spent
    ]


def _consent_row(account: Account, year: int) -> list[str]:
    begin = {
        "BEVOEGD_GEZAG_NUMMER": account.board,
        "BRIN_NUMMER": account.brin,
        "SCHOOLJAAR": f"{year}-{year + 1}",
    }
    row = {**begin, **account.answers, "BOVENSCHOOLS_BEDRAG_MR": decimal_comma(account.agreed)}
    return [row[column] for column in required_columns_of(CONSENTS)]


def _overspent(account: Account, menu: Menu, year: int) -> None:
    account.spent[0][AMOUNT] += account.available


def _misspelt(account: Account, menu: Menu, year: int) -> None:
    name = account.spent[0][INTERVENTION]
    middle = len(name) // 2
    account.spent[0][INTERVENTION] = name[:middle] + name[middle + 1 :]


def _only_f(account: Account, menu: Menu, year: int) -> None:
    names = next((names for letter, _, names in menu if letter == "F" and names), ("Overig",))
    for number, row in enumerate(account.spent):
        row[CATEGORY], row[INTERVENTION] = "F", names[number % len(names)]


def _above_agreed(account: Account, menu: Menu, year: int) -> None:
    _at_board_level(account)
    account.agreed = sum(row[AMOUNT] for row in account.spent if row[LEVEL] == "bovenschools") // 2


def _no_gmr(account: Account, menu: Menu, year: int) -> None:
    _at_board_level(account)
    account.answers.update(GMR="N", DATUM_GMR="")


def _external_above(account: Account, menu: Menu, year: int) -> None:
    account.spent[0][EXTERNAL] = account.spent[0][AMOUNT] + 1_00


def _at_board_level(account: Account) -> None:
    if all(row[LEVEL] == "school" for row in account.spent):
        account.board_level(account.spent[-1])


MISTAKES: dict[str, Callable[[Account, Menu, int], None]] = {
    "overspent": _overspent,
    "intervention_misspelt": _misspelt,
    "only_f": _only_f,
    "no_school_scan": lambda account, menu, year: account.answers.update(SCHOOLSCAN="N"),
    "no_mr_consent": lambda account, menu, year: account.answers.update(SCHOOLPROGRAMMA_MR="N", DATUM_MR=""),
    "mr_after_the_year": lambda account, menu, year: account.answers.update(DATUM_MR=f"{year + 1}-02-15"),
    "board_level_above_agreed": _above_agreed,
    "no_gmr_consent": _no_gmr,
    "external_above_amount": _external_above,
    "nothing_spent": lambda account, menu, year: account.spent.clear(),
}
"""Mistake -> how it is made in the report of a school: each is a finding of the accounts, and none a refusal."""
