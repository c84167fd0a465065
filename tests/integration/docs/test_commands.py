"""The commands on the pages are run, in their order, on a made-up country; their codes are those of the demo."""

import random
import re
import shlex
import shutil
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from xlsxwriter import Workbook

from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import read_books
from npo_pipeline.cli.demo.story import STORY
from npo_pipeline.commands.account.template import board_form
from npo_pipeline.generate.country import make_country
from npo_pipeline.generate.lists import TOWNS
from npo_pipeline.generate.secondary import secondary_schools
from npo_pipeline.reports.board_form import write_board_form
from tests.books.home.delivery import write_debtor
from tests.books.home.npo import here
from tests.books.home.seeing import select
from tests.books.keys import write_keys
from tests.spec.bank.messages import status_report
from tests.spec.bank.messages import text as element

ROOT = Path(__file__).parents[3]
OTHER_TESTS = ("first-run.md", "contract.md", "cli.md")
NOT_RUN = "npo serve"
"""It serves until it is stopped (tests/integration/flows)."""
DEMO = "npo demo"
"""`make installed` runs it from the wheel, and what stands below it; here it would take half of all pages."""
EVERYTHING = "how-to/make-up-a-country.md"
"""The page that makes the home on which the others are run."""

BEFORE = {
    "npo decide --school-year 2022-2023 --as-of 2021-12-31 --regulation overlay.yaml": (
        "npo generate counts-2021 --boards 12 --pupils 6000 --reference-date 2021-10-01",
        "npo ingest counts-2021 --reference-date 2021-10-01",
    ),
    "npo account --year 2021 --close --dry-run": ("npo account --year 2021",),
}
"""First command of a block -> commands that its reader gave before."""

DELIVERIES = {
    "DELIVERY": "counts-2020",
    "FOLDER": "corrected",
    "DEST": "elsewhere",
    "SHARE": "share",
    "applications.csv": "counts-2020/aanvragen.csv",
}
FILES = {
    "overlay.yaml": "overlay_of",
    "herijking.yaml": "title",
    "monitor.csv": "SECTOR",
    "ofb.yaml": "mapping",
    "grootboek.yaml": "journal:",
    "debtor.yaml": "debtor:",
    "accounts.csv": "ONTVANGER",
}
"""Files that pages show -> how each begins."""
READING = ("inspect", "forecast", "status", "verify", "rules")
"""Commands that leave the home as it was: what ran on a page does not run again on another, with its options."""
STAGE = {"--close": "done", "--as-of 2021-10-31": "counted", "--four-eyes": "counted"}
"""What a block holds -> the home it begins with, where that is another than the one in which all is done."""


def blocks(page: Path) -> list[list[str]]:
    """The commands of a page, a list per block of code, without the words beside them."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    found, block = [], []
    for line in text.splitlines():
        command = re.match(r"(?: {4}|\$ )(?:\$ )?(npo .+)", line)
        if command:
            block.append(re.split(r" {2,}(?=\S)(?!--)|\s+# ", command[1])[0].strip())
        elif block and not line.startswith("    "):
            found.append(block)
            block = []
    return [*found, block] if block else found


PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if page.name not in OTHER_TESTS and "adr" not in page.parts and blocks(page)
]


Shape = tuple[str, frozenset[str]]


def shape(command: str) -> Shape:
    """A command and its options, whatever their values."""
    words = shlex.split(command)[1:]
    places = words[1:2] if words[0] == "rules" else []
    return " ".join([words[0], *places]), frozenset(word for word in words if word.startswith("--"))


def is_reading(command: str) -> bool:
    name, options = shape(command)
    return name.split()[0] in READING or "--dry-run" in options


def codes_of(boards: int, pupils: int, seed: int) -> set[str]:
    """The codes of a made-up country: vestigingen, BRINs, boards, municipalities, samenwerkingsverbanden."""
    country = make_country(boards, pupils, random.Random(seed))
    schools = [*country.vestigingen, *(one.vestiging for one in secondary_schools(country, pupils, seed))]
    places = {town.number for town in TOWNS} | {town.area for town in TOWNS}
    return places | {code for one in schools for code in (one.code, one.brin, one.board)}


@pytest.fixture(scope="module")
def demo() -> set[str]:
    (generate,) = {
        shlex.join(shlex.split(one.command)[2:8]) for one in STORY if one.command.startswith("generate")
    }
    sizes = {name: int(value) for name, value in re.findall(r"--(\w+) (\d+)", generate)}
    return codes_of(**sizes)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs/reference/cli.md"], ids=lambda page: page.name)
def test_a_code_in_a_command_exists_in_the_demo(page, demo):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"npo explain (\d\w{3,5})\b|--board (\d{5})|vestiging \((\w{6})\)|BRIN \((\w{4})\)", text)
    of_the_tutorial = {"91ES00"}
    assert {code for codes in named for code in codes if code} - demo <= of_the_tutorial


@pytest.fixture(scope="module")
def homes(tmp_path_factory) -> dict[str, Path]:
    """The folder in which the whole programme was run, and as it was before its first decision."""
    folder = tmp_path_factory.mktemp("docs") / "done"
    folder.mkdir()
    counted = folder.parent / "counted"
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("NPO_HOME", raising=False)
        patched.chdir(folder)
        (commands,) = blocks(ROOT / "docs" / EVERYTHING)
        for command in commands:
            if command.startswith("npo decide") and not counted.exists():
                shutil.copytree(folder, counted)
            run(command, {})
    return {"done": folder, "counted": counted}


def run(command: str, names: dict[str, str]) -> None:
    """Run a command of a page, with what is in the home in place of what the page names."""
    if command.startswith(NOT_RUN):
        return
    if command.startswith("npo bank"):
        answer_a_release(Path("from-the-bank"))
    if "--public-key" in command:
        sign_everything(Path("npo-home"))
    command = command.replace(" /tmp/", " ")  # That place is one for all who run tests on this machine.
    for old, new in names.items():
        command = re.sub(rf"\b{re.escape(old)}", new, command)
    if "…" in command:
        prepared = shlex.split(command.partition(" --approved-plan")[0])[1:]
        looking = prepared[:3] if prepared[0] == "release" else [*prepared, "--dry-run"]
        plan = here(*looking, "--json").document["plan"]
        command = re.sub(r"\w+…", plan, command)
    ended = here(*shlex.split(command)[1:])
    for_a_monitor = {0, 6, 7} if "--check" in command or command.startswith("npo doctor") else {0}
    assert ended.status in for_a_monitor, f"{command}: {ended.stderr}"
    if command.startswith("npo account") and "--template" in command:
        fill_in(Path.cwd().glob("npo-2021-*-invullen.xlsx"))


def sign_everything(home: Path) -> None:
    """Make the keys of the page, and sign as it says what is there already."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NPO_SIGNING_KEY", str(write_keys(Path.cwd()).private))
        for year in (home / "reports").glob("2*"):
            assert here("account", "--year", year.name).status == 0
        for month in (home / "specifications").glob("2*"):
            assert here("specification", "--month", month.name).status == 0


def answer_a_release(folder: Path) -> None:
    """Release the last month that is paid, and have the bank accept it."""
    if folder.exists():
        return
    month = ("release", "--month", "2021-12", "--json")
    assert here(*month, "--prepared-by", "A. de Vries").status == 0
    ((plan,),) = select(Path("npo-home"), "select fingerprint from release_plans")
    approval = ("--approved-by", "M. Jansen", "--approved-plan", plan, "--debtor", write_debtor(Path()))
    assert here(*month, *approval).status == 0
    folder.mkdir()
    accepted = status_report(message="NPO-2021-12-001", group=element("GrpSts", "ACCP"))
    (folder / "pain.002.xml").write_bytes(accepted)


def fill_in(workbooks: Iterable[Path]) -> None:
    """Fill in the blank workbook of a board as its reader does: a school that spent nothing."""
    (path,) = workbooks
    with read_books(Home(Path("npo-home"))) as books:
        form = board_form(books, 2021, path.name.split("-")[2], update=False)
    nothing = ("A", form.menu[0][2][0], "school", Decimal("0.00"), Decimal("0.00"))
    columns = ("category", "intervention", "level", "amount", "external")
    values = (pl.lit(value).alias(name) for name, value in zip(columns, nothing, strict=True))
    write_board_form(path, replace(form, spending=form.schools.head(1).select("brin", *values)))


def codes_in(home: Path) -> dict[str, str]:
    """The example codes of the pages -> those of a school that gets a score, its board, and a municipality."""
    query = """
        select vestiging, brin, board from entitlements
        where school_type = 'bao' and component = 'achterstandsscore' order by 1 limit 1"""
    ((vestiging, brin, board),) = select(home, query)
    return {"52MJ00": vestiging, "52MJ": brin, "12045": board}


def test_the_whole_programme_is_in_the_made_up_country(homes):
    home = homes["done"] / "npo-home"
    currencies = "select distinct currency from decisions order by 1"
    assert select(home, currencies) == [("EUR",), ("USD",)]
    kinds = "select kind from changes order by 1"
    assert select(home, kinds) == [("bestuursoverdracht",), ("fusie",), ("opening",), ("sluiting",)]
    assert select(home, "select count(*) > 0 from entitlements where component = 'newcomers'") == [(True,)]
    assert select(home, "select count(*) > 0 from grants where outcome = 'reduced'") == [(True,)]
    reported = "select count(distinct brin) from spending"
    received = "select count(distinct brin) from payments where recipient_kind = 'bestuur'"
    assert select(home, reported) == select(home, received)


OTHERS = [page for page in PAGES if page.name != Path(EVERYTHING).name]
FIRST = ROOT / "README.md"
"""It names what the other pages explain."""


@pytest.fixture(scope="module")
def explained() -> set[Shape]:
    """What is on other pages than the first, and runs there."""
    return {shape(command) for page in PAGES if page != FIRST for block in blocks(page) for command in block}


@pytest.fixture(scope="module")
def ran() -> set[Shape]:
    """The reading commands that ran already."""
    return set()


def test_a_command_is_spared_for_one_with_its_options_alone():
    assert shape('npo backup A --keep 30 --by "B"') == ("backup", frozenset({"--keep", "--by"}))
    assert shape("npo rules list") != shape("npo rules show 2021-2022")
    assert is_reading("npo decide --school-year 2021-2022 --dry-run")
    assert not is_reading("npo decide --school-year 2021-2022")


@pytest.mark.parametrize("page", OTHERS, ids=lambda page: page.name)
def test_the_commands_of_a_page_run_in_their_order(page, homes, explained, ran, tmp_path, monkeypatch):
    names = {**DELIVERIES, **codes_in(homes["done"] / "npo-home")}
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        left = [command for command in block if shape(command) not in (explained if page == FIRST else ran)]
        if not left or any(command.startswith(DEMO) for command in block):
            continue
        stage = next((name for sign, name in STAGE.items() if any(sign in line for line in block)), "done")
        folder = tmp_path / stage
        if not folder.exists():
            shutil.copytree(homes[stage], folder)
            write_corrected(folder)
            for name in ("elsewhere", "share"):
                (folder / name).mkdir()
            if stage == "done":
                write_overviews(folder)
            for name, begin in FILES.items():
                found = re.search(rf"```\w+\n({begin}.*?)```", text, flags=re.DOTALL)
                (folder / name).write_text(found[1] if found else "", encoding="utf-8")
        monkeypatch.chdir(folder)
        for command in (*BEFORE.get(block[0], ()), *left):
            run(command, names)
            if is_reading(command):
                ran.add(shape(command))


def write_overviews(folder: Path) -> None:
    """Write what DUO would say of a school: in the layout with a row per component, and in that of the page."""
    columns = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;SCHOOLJAAR;ONDERDEEL;BEDRAG;DATUM;KENMERK"
    codes = codes_in(folder / "npo-home")
    row = f"{codes['12045']};{codes['52MJ']};NPO;2021-2022;per_pupil;8413.92;2021-08-01;x"
    (folder / "OFB.csv").write_text(f"{columns}\n{row}\n")
    with Workbook(folder / "OFB.xlsx") as book:
        sheet = book.add_worksheet("Beschikkingen")
        sheet.write_row(2, 0, ["Brinnr", "Naam", "NPO leerlingen", "NPO achterstand", "Aantal lln"])
        sheet.write_row(3, 0, [codes["52MJ"], "De Wilg", 8413.92, 25254.14, 12])


def write_corrected(folder: Path) -> None:
    """Write the scores again, with another score for the last school."""
    header, *rows = (folder / "counts-2020" / "achterstandsscores.csv").read_text().splitlines()
    last = rows[-1].split(";")
    (folder / "corrected").mkdir()
    text = "\n".join([header, *rows[:-1], ";".join([*last[:2], "77,00", last[3]]), ""])
    (folder / "corrected" / "achterstandsscores.csv").write_text(text)
