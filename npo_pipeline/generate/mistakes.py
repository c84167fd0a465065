"""Mistakes that a board may make in its accounts: each is a finding, and none a refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Mistake: TypeAlias = str
_Menu = Sequence[tuple[str, str, Sequence[str]]]

CATEGORY, INTERVENTION, LEVEL, AMOUNT, EXTERNAL = range(5)
"""What stands where in a row of spending."""

_ROUND = 100_00
"""What a board asks consent for is a round sum above what it then spends: hundreds of euros, in cents."""


@dataclass
class Account:
    """What a school tells, amounts in cents. `spent`: category, intervention, level, amount, external."""

    board: str
    brin: str
    available: int
    spent: list[list[Any]] = field(default_factory=list)
    agreed: int = 0
    scan: str = "J"
    mr: str = "J"
    mr_date: str = ""
    gmr: str = ""
    gmr_date: str = ""
    parents: str = ""
    informed: str = ""
    result: str = ""

    def board_level(self, row: list[Any]) -> None:
        """Make a row one of the board, with all the consent that asks."""
        row[LEVEL] = "bovenschools"
        self.agreed = -(-row[AMOUNT] // _ROUND) * _ROUND
        self.gmr = "J"
        self.gmr_date = self.gmr_date or self.mr_date


def _overspent(account: Account, menu: _Menu, year: int) -> None:
    account.spent[0][AMOUNT] += account.available


def _misspelt(account: Account, menu: _Menu, year: int) -> None:
    name = account.spent[0][INTERVENTION]
    middle = len(name) // 2
    account.spent[0][INTERVENTION] = name[:middle] + name[middle + 1 :]


def _only_f(account: Account, menu: _Menu, year: int) -> None:
    names = next((names for letter, _, names in menu if letter == "F" and names), ("Overig",))
    for number, row in enumerate(account.spent):
        row[CATEGORY], row[INTERVENTION] = "F", names[number % len(names)]


def _no_scan(account: Account, menu: _Menu, year: int) -> None:
    account.scan = "N"


def _no_mr(account: Account, menu: _Menu, year: int) -> None:
    account.mr, account.mr_date = "N", ""


def _late_mr(account: Account, menu: _Menu, year: int) -> None:
    account.mr_date = f"{year + 1}-02-15"


def _above_agreed(account: Account, menu: _Menu, year: int) -> None:
    _at_board_level(account)
    account.agreed = sum(row[AMOUNT] for row in account.spent if row[LEVEL] == "bovenschools") // 2


def _no_gmr(account: Account, menu: _Menu, year: int) -> None:
    _at_board_level(account)
    account.gmr, account.gmr_date = "N", ""


def _external_above(account: Account, menu: _Menu, year: int) -> None:
    account.spent[0][EXTERNAL] = account.spent[0][AMOUNT] + 1_00


def _nothing_spent(account: Account, menu: _Menu, year: int) -> None:
    account.spent.clear()


def _at_board_level(account: Account) -> None:
    if all(row[LEVEL] == "school" for row in account.spent):
        account.board_level(account.spent[-1])


MISTAKES: dict[Mistake, Callable[[Account, _Menu, int], None]] = {
    "overspent": _overspent,
    "intervention_misspelt": _misspelt,
    "only_f": _only_f,
    "no_school_scan": _no_scan,
    "no_mr_consent": _no_mr,
    "mr_after_the_year": _late_mr,
    "board_level_above_agreed": _above_agreed,
    "no_gmr_consent": _no_gmr,
    "external_above_amount": _external_above,
    "nothing_spent": _nothing_spent,
}
"""In the order in which they are made."""
