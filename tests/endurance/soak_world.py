"""What the soak knows of its home and its deliveries, and how it makes the next of them."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.endurance.invariants import reading
from tests.spec.bank import messages

FIRST = date(2021, 9, 1)
DEBTOR = "NL86INGB0002445588"


def month_of(number: int) -> str:
    """Return the n-th month of the soak, from 0."""
    year, month = divmod(FIRST.year * 12 + FIRST.month - 1 + number, 12)
    return f"{year}-{month + 1:02}"


@dataclass(frozen=True, kw_only=True)
class World:
    """A folder with the home, what is delivered and what is written; `chance`: of this step."""

    folder: Path
    chance: random.Random

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the books; nothing of a home without books."""
        if not (self.home / "npo.duckdb").exists():
            return []
        with reading(self.home) as connection:
            return connection.execute(query).fetchall()

    def country(self, reference_date: str) -> Path:
        """Return the delivery of a reference date as it was first made."""
        return self.folder / "country" / reference_date

    def months_paid(self) -> int:
        """Return how many of the months were run."""
        rows = self.ask("select max(month) from runs where command = 'pay'")
        last: date | None = rows[0][0] if rows else None
        return 0 if last is None else (last.year - FIRST.year) * 12 + last.month - FIRST.month + 1

    def is_on_hold(self) -> bool:
        """Return whether payments are on hold."""
        rows = self.ask(
            "select command from runs where command in ('hold', 'unhold') order by run_id desc limit 1"
        )
        return rows == [("hold",)]

    def reference_dates(self) -> list[str]:
        """Return the reference dates of which pupils were delivered."""
        rows = self.ask("select distinct reference_date from deliveries where reference_date is not null")
        return sorted({str(day) for (day,) in rows} & {"2020-10-01", "2021-10-01"})

    def some(self, query: str, number: int) -> list[Any]:
        """Return the first column of some of the rows of a query."""
        values = [row[0] for row in self.ask(f"{query} order by 1")]
        return self.chance.sample(values, min(number, len(values)))

    def new_folder(self, name: str) -> Path:
        """Return an empty folder for a delivery."""
        folder = self.folder / "in" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def corrected_register(self, reference_date: str) -> Path:
        """Write the register without some of its pupils."""
        lines = (self.country(reference_date) / "leerlingen-po.csv").read_bytes().splitlines(keepends=True)
        share = self.chance.uniform(0.0, 0.02)
        kept = [lines[0], *(line for line in lines[1:] if self.chance.random() >= share)]
        folder = self.new_folder("register")
        (folder / "leerlingen-po.csv").write_bytes(b"".join(kept))
        return folder

    def changes(self) -> Path:
        """Write some transfers of schools to other boards, a merger and a closure, in the months to come."""
        rows = ["INGANGSDATUM;SOORT;VESTIGING;BEVOEGD_GEZAG_NUMMER;OPVOLGER"]
        schools = self.some("select distinct vestiging from schools where vestiging is not null", 6)
        boards = self.some("select board from boards", 3)
        day = month_of(self.months_paid() + self.chance.randint(-2, 3)).replace("-", "") + "01"
        for vestiging, board in zip(schools[:3], boards, strict=False):
            rows.append(f"{day};bestuursoverdracht;{vestiging};{board};")
        if len(schools) == 6:
            gone = {
                one for (one,) in self.ask("select vestiging from changes union select successor from changes")
            }
            if not gone & set(schools[3:]) and schools[3][:4] != schools[4][:4]:
                rows += [f"{day};fusie;{schools[3]};;{schools[4]}", f"{day};sluiting;{schools[5]};;"]
        folder = self.new_folder("changes")
        (folder / "wijzigingen.csv").write_text("\n".join([*rows, ""]))
        return folder

    def new_accounts(self) -> Path:
        """Write new accounts of some recipients."""
        named = self.some("select recipient from payment_accounts", 5)
        rows = [f"{one};{iban(self.chance)};Nieuwe rekening;{month_of(self.months_paid())}-01" for one in named]
        folder = self.new_folder("accounts")
        (folder / "rekeningen.csv").write_text(
            "\n".join(["ONTVANGER;IBAN;TENAAMSTELLING;INGANGSDATUM", *rows, ""])
        )
        return folder

    def debtor(self) -> Path:
        """Write the account that pays."""
        path = self.folder / "debtor.yaml"
        path.write_text(f"debtor: {{name: Ministerie van OCW, iban: {DEBTOR}, bic: INGBNL2A}}\n")
        return path

    def answers(self) -> Path | None:
        """Write what the bank says of transfers on their way: rejected, booked, returned; null of none."""
        query = "select batch_id, end_to_end_id, amount::varchar, status from transfers where currency = 'EUR'"
        found = self.ask(f"{query} order by end_to_end_id")
        open_ones = [row for row in found if row[3] in ("sent", "accepted")]
        booked = [row for row in found if row[3] == "booked"]
        folder = self.new_folder("answers")
        number = self.chance.randrange(10**9)
        for batch in sorted({row[0] for row in open_ones}):
            own = [row for row in open_ones if row[0] == batch]
            bad = self.chance.sample(own, min(len(own), self.chance.randint(0, 3)))
            if bad:
                said = messages.rejected(*(row[1] for row in bad), message=batch, message_id=f"R{number}-{batch}")
                (folder / f"pain.002-{batch}.xml").write_bytes(said)
            entries = [messages.booked(row[1], row[2], day="2023-12-01") for row in own if row not in bad]
            entries = entries[: self.chance.randint(0, len(entries))]
            self._statement(folder / f"camt.053-{batch}.xml", f"S{number}-{batch}", entries)
        back = self.chance.sample(booked, min(len(booked), self.chance.randint(0, 2)))
        returned = [messages.given_back(row[1], row[2], day="2023-12-02") for row in back]
        self._statement(folder / "camt.053-back.xml", f"B{number}", returned)
        return folder if any(folder.iterdir()) else None

    def _statement(self, path: Path, message_id: str, entries: list[str]) -> None:
        if entries:
            path.write_bytes(messages.statement(*entries, account=DEBTOR, message_id=message_id))


def iban(chance: random.Random) -> str:
    """Return a Dutch account number with the right check digits."""
    account = f"INGB{chance.randrange(10**9):010}"
    digits = "".join(str(int(one, 36)) for one in f"{account}NL00")
    return f"NL{98 - int(digits) % 97:02}{account}"


def folder_bytes(folder: Path) -> Iterator[int]:
    """Yield the size of each file below a folder."""
    yield from (path.stat().st_size for path in folder.rglob("*") if path.is_file())
