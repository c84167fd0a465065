"""A home with a school of every sector."""

import shutil
from pathlib import Path

import pytest

from tests.integration.end_to_end.programme import LIST, PO, SCORES, VO, Decided, decide, po, run, vo, write


@pytest.fixture(scope="session")
def ingested_once(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sectors") / "delivery"
    write(folder / "po.csv", PO, *po("01AA", 10), *po("28PW", 3))
    kinds = {"Brugjaar 1-2 1": 8, "VMBO BL 3": 5, "VMBO BL 2": 2, "VMBO TL 4": 4, "Praktijkonderwijs 1": 3}
    write(folder / "vo.csv", VO, *vo("02VO", kinds))
    boards = ("01AA;01AA00;10001;Assen", "02VO;02VO00;10002;Assen", "28PW;28PW00;10003;Kralendijk")
    rows = [
        f";{board};{brin};{vestiging};School {brin};{town};{town}"
        for brin, vestiging, board, town in (one.split(";") for one in boards)
    ]
    write(folder / "list.csv", LIST, *rows)
    write(folder / "scores.csv", SCORES, "01AA00;10;20,00")
    run(folder.parent / "home", "ingest", folder, "--reference-date", "2020-10-01")
    return folder.parent / "home"


@pytest.fixture
def home(tmp_path, ingested_once) -> Path:
    """A bao, a vo and a Caribbean school, of three boards."""
    return Path(shutil.copytree(ingested_once, tmp_path / "home"))


@pytest.fixture(scope="session")
def decided_once(tmp_path_factory, ingested_once) -> dict[str, Decided]:
    """The home with 2021-2022 decided, with 2022-2023, and with 2022-2023 by what was known in 2021: to read."""
    cases = {
        "2021-2022": ("2021-2022",),
        "2022-2023": ("2022-2023",),
        "provisional": ("2022-2023", "--as-of", "2021-12-31"),
    }
    made = {}
    for name, words in cases.items():
        home = Path(shutil.copytree(ingested_once, tmp_path_factory.mktemp("decided") / "home"))
        made[name] = Decided(home, decide(home, *words))
    return made


@pytest.fixture
def decided(home, decided_once):
    """Have one of those in the home of the test; gives what `decide` said."""

    def put(name: str) -> dict:
        shutil.rmtree(home)
        shutil.copytree(decided_once[name].home, home)
        return decided_once[name].said

    return put
