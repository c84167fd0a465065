"""Counts of schools that no list names yet: one outcome, in whatever order files and lists come."""

from pathlib import Path

import pytest

from tests.books.checking import open_in
from tests.books.files import layouts
from tests.books.home.delivery import write_addresses
from tests.books.home.npo import here
from tests.books.home.seeing import select

DAY = ("--reference-date", "2020-10-01")
LISTED = {"02AA00": "10001", "03BB00": "10001"}
"""The list lacks 04CC00, of which pupils are counted."""

ORDERS = {"before": [["vo"], ["list"]], "together": [["vo", "list"]], "after": [["list"], ["vo"]]}


def done(home: Path, *command: object):
    ended = here(*command, "--home", home)
    assert ended.status == 0, ended.stderr
    return ended


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("orders")
    counted = layouts.PUPILS_VO.lines(*({"BRIN NUMMER": brin} for brin in ("02AA", "03BB", "04CC")))
    (folder / "vo.csv").write_text(counted if isinstance(counted, str) else "\n".join([*counted, ""]))
    found = {"vo": folder / "vo.csv"}
    for name, boards in (("list", LISTED), ("more", {**LISTED, "04CC00": "10002"})):
        write_addresses(folder / name, boards)
        found[name] = folder / name / "addresses.csv"
    return found


AMOUNTS = "select vestiging, school_type, component, amount::varchar from entitlements order by all"


def decided(home: Path, *how: str) -> list[tuple]:
    done(home, "decide", "--school-year", "2021-2022", *how)
    return select(
        home,
        "select vestiging, component, sum(amount)::varchar from instalments join latest_decisions "
        "using (decision_id) group by all order by all",
    )


def known(home: Path) -> list[tuple]:
    """What a decision rests on: the pupils of schools that have a board."""
    columns = "vestiging, board, valid_from, school_type, pupils, pro_pupils"
    return select(home, f"select {columns} from current_counts join schools using (vestiging) order by all")


def test_what_counts_is_the_same_and_so_is_the_money_once_the_school_has_a_board(files, tmp_path):
    first, second = [], []
    for order, steps in ORDERS.items():
        home = tmp_path / order
        for step in steps:
            done(home, "ingest", *(files[name] for name in step), *DAY, "--max-rejected", "0.5")
        first.append(known(home))
        if order == "together":  # as after the list
            continue
        paid = decided(home)
        assert {vestiging for vestiging, *_ in paid} == {"02AA00", "03BB00"}
        done(home, "ingest", files["more"], "--reference-date", "2020-10-02")
        findings = [one for one in open_in(home) if "have a board now" in one]
        ask = "vo.csv: the schools of 1 refused rows have a board now; ingest the file again to count them"
        assert findings == ([ask] if order == "after" else [])
        done(home, "ingest", files["vo"], *DAY)
        second.append((paid, decided(home, "--reason", "a board", "--accept-change")))
    assert first[0] == first[1] == first[2]
    assert second[0] == second[1]
    assert {vestiging for vestiging, *_ in second[0][1]} == {"02AA00", "03BB00", "04CC00"}


def test_a_file_of_which_few_schools_are_known_waits_as_one_does_of_which_none_is(files, tmp_path):
    home = tmp_path / "home"
    write_addresses(tmp_path / "one", {"02AA00": "10001"})
    done(home, "ingest", tmp_path / "one", *DAY)
    taken = done(home, "ingest", files["vo"], *DAY, "--json").document
    assert (taken["waiting_for_board"], taken["refused_by_rule"]) == (["vo.csv"], {})
