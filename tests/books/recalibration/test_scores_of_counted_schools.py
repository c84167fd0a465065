"""A score is used while pupils are counted: its money does not go in silence, and with the right cause."""

from pathlib import Path

import pytest

from tests.books.home.npo import MONEY, checking, here
from tests.books.home.seeing import select

HEADER = (
    "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;INSTELLINGSNAAM_VESTIGING;PLAATSNAAM;GEMEENTENAAM;SOORT_PO;"
    "BEVOEGD_GEZAG_NUMMER;LEERLINGEN"
)
SCORES = "School (BRIN vestiging);Aantal bekostigde leerlingen;Achterstandsscore;Achterstandsscore zonder drempel"


def counted(path: Path, **pupils: int) -> Path:
    lines = [f"20201001;{brin[1:]};00;School;Assen;Assen;Bo;10001;{number}" for brin, number in pupils.items()]
    path.write_text("\n".join([HEADER, *lines, ""]))
    return path


def scored(path: Path, **scores: str) -> Path:
    path.write_text(
        "\n".join([SCORES, *(f"{brin[1:]}00;50;{score};{score}" for brin, score in scores.items()), ""])
    )
    return path


def run(home: Path, *command: object):
    return here(*command, "--home", home)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """01AA has 50 pupils and 10.00 of score; 02BB has 5.00 of score, and no pupils yet."""
    folder = tmp_path_factory.mktemp("scores")
    home = folder / "home"
    first = counted(folder / "one.csv", b01AA=50, b02BB=0)
    scores = scored(folder / "scores.csv", b01AA="10,00", b02BB="5,00")
    assert run(home, "ingest", first, scores, "--reference-date", "2020-10-01").status == 0
    assert run(home, "decide", "--school-year", "2021-2022").status == 0
    assert run(home, "pay", "--month", "2021-09").status == 0
    return home


CAUSES = """
    select vestiging, component, cause, sum(amount)::varchar from due_changes where decision_id = ?
    group by all order by all"""


def causes(home: Path, decision: str) -> list[tuple]:
    return select(home, CAUSES.replace("?", f"'{decision}'"))


def test_what_a_score_gave_is_not_taken_back_in_silence_and_causes_name_what_changed(home):
    folder = home.parent
    change = ("--accept-change", "--reason", "corrected")
    assert run(home, "ingest", counted(folder / "two.csv", b01AA=0, b02BB=50)).status == 0
    refused = run(home, "decide", "--school-year", "2021-2022", *change)
    assert refused.status == 3
    assert "1 vestiging has a score and no pupils that are counted (first 01AA00)" in refused.stderr
    assert "counts € 2.511,60 for it" in refused.stderr
    corrected = scored(folder / "again.csv", b01AA="0,00", b02BB="6,00")
    assert run(home, "ingest", corrected, "--reference-date", "2020-10-01").status == 0
    assert run(home, "decide", "--school-year", "2021-2022", *change).status == 0
    # 50 x 701.16 = 35,058; 10 and 5 x 251.16 came and went with the pupils, and one more of 02BB with its score
    assert causes(home, "2021-2022-002") == [
        ("01AA00", "achterstandsscore", "reference_count", "-2511.60"),
        ("01AA00", "per_pupil", "reference_count", "-35058.00"),
        ("02BB00", "achterstandsscore", "reference_count", "1255.80"),
        ("02BB00", "achterstandsscore", "score_correction", "251.16"),
        ("02BB00", "per_pupil", "reference_count", "35058.00"),
    ]
    with checking(*MONEY):
        assert run(home, "verify").status == 0
