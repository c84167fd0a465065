"""What a board delivers to account for a year, written out in a test, and a home that knows its schools."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter

from npo_pipeline.delivery.kinds import CONSENTS, SPENDING
from tests.books.checking import faults
from tests.books.home.delivery import write_country
from tests.books.home.npo import Ended, here

SPENT = "10001;01AA;2021;B;Een-op-een-begeleiding;school;100,00;40,00"
AGREED = "10001;01AA;2021-2022;J;J;2021-07-01;50,00;J;2021-07-05;Ouderavond;J;Op niveau"
HEADERS = {"Besteding": ";".join(SPENDING.required_columns), "Instemming": ";".join(CONSENTS.columns)}


def home_with_schools(folder: Path) -> Path:
    """A home that knows 01AA of 10001, 02BB and 04DD of 10002, and 03CC of 10003."""
    home = folder / "home"
    accepted("ingest", write_country(folder / "country"), "--reference-date", "2019-10-01", "--home", home)
    return home


def ingest(home: Path, path: Path, *words: str) -> Ended:
    """Take a file or folder in, however much of it is refused."""
    return accepted("ingest", path, "--home", home, "--max-rejected", "1", *words)


def accepted(*arguments: object) -> Ended:
    ended = here(*arguments)
    assert ended.status == 0, ended.stderr
    return ended


def faults_found(home: Path) -> str:
    """What `npo verify` finds of the tables and the deliveries."""
    return "".join(faults(home, "tables", "deliveries"))


def workbook(
    path: Path,
    spent: tuple[str, ...] = (),
    agreed: tuple[str, ...] = (),
    *,
    sheets: tuple[str, ...] = ("Besteding", "Instemming"),
    row: int = 0,
    column: int = 0,
    more: Callable[[dict[str, Any]], object] = lambda pages: None,
) -> Path:
    """A workbook with the two sheets as a board sends it, all cells text; `more` writes in its sheets.

    `row`, `column`: where the header begins (0 is the top, and the left).
    """
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd-mm-yyyy", "strings_to_formulas": False})
    pages = {name: book.add_worksheet(name) for name in sheets}
    for name, rows in (("Besteding", spent), ("Instemming", agreed)):
        for number, text in enumerate((HEADERS[name], *rows), row):
            for place, value in enumerate(text.split(";") if name in pages else (), column):
                if value:
                    pages[name].write_string(number, place, value)
    more(pages)
    book.close()
    return path


def repacked(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """The same workbook with its parts changed."""
    whole = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    path.write_bytes(whole.getvalue())
    return path
