"""Small deliveries that stand for refused lines, and what counts after them."""

from pathlib import Path

from tests.books.home.delivery import BROKEN, PUPILS, REGISTER, write_register
from tests.books.home.npo import here
from tests.books.home.seeing import select

MENDED = BROKEN.replace("20201341", "20200901")


def counted(home: Path) -> dict[str, int]:
    rows = select(home, "select vestiging, school_type, sum(pupils)::int from current_counts group by all")
    return {f"{place} {kind.title()}": pupils for place, kind, pupils in rows}


def expected(**changes: int) -> dict[str, int]:
    return {**{place.replace("Bo", "Bao"): pupils for place, pupils in PUPILS.items()}, **changes}


def resolved(home: Path) -> dict[str, tuple]:
    told = here("status", "--home", home, "--json").document["resolved"]
    return {one["by_file"]: (one["file"], one["lines"]) for one in told}


def rows(folder: Path, *lines: str, name: str = "fixed.csv", header: str = REGISTER) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([header, *lines, ""]))
    return folder


def whole(folder: Path, *more: str) -> Path:
    """A corrected register of the whole country."""
    register = write_register(folder, PUPILS) / "register.csv"
    register.write_text("\n".join([register.read_text().rstrip(), *more, ""]))
    return folder
