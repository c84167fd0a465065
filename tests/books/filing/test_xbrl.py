"""The XBRL file of a board, line by line."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.reports.xbrl.instance import Context, context_id, context_xml, instance
from tests.books.filing.edges import EDGES, edge
from tests.books.filing.world import YEAR, School, told


@pytest.mark.parametrize(
    ("context", "name"),
    [
        (Context("duration", None, None, None), "D2021"),
        (Context("start", None, None, None), "I2020"),
        (Context("end", "01AB", None, None), "I2021_S01AB"),
        (Context("duration", "01AB", "a1", None), "D2021_S01AB_A1"),
        (Context("duration", "01AB", "A", None), "D2021_S01AB_A"),
        (Context("duration", None, None, "school"), "D2021_LSchool"),
        (Context("duration", None, None, "bovenschools"), "D2021_LBovenschools"),
    ],
)
def test_a_context_has_a_name_that_a_person_can_read(context: Context, name: str) -> None:
    assert context_id(context, YEAR) == name


def test_a_context_says_whose_when_and_of_what() -> None:
    assert context_xml(Context("duration", "01AB", "a3", None), "40001", YEAR) == (
        '<xbrli:context id="D2021_S01AB_A3"><xbrli:entity>'
        '<xbrli:identifier scheme="https://npo.example/id/bevoegd-gezag">40001</xbrli:identifier></xbrli:entity>'
        "<xbrli:period><xbrli:startDate>2021-01-01</xbrli:startDate><xbrli:endDate>2021-12-31</xbrli:endDate>"
        '</xbrli:period><xbrli:scenario><xbrldi:explicitMember dimension="npo:InterventionAxis">'
        'npo:InterventionA3</xbrldi:explicitMember><xbrldi:typedMember dimension="npo:SchoolAxis">'
        "<npo:Brin>01AB</npo:Brin></xbrldi:typedMember></xbrli:scenario></xbrli:context>"
    )


def test_contexts_of_one_board_never_share_a_name() -> None:
    for board in EDGES:
        places = edge(board)[1].select("period", "brin", "member", "level").unique()
        assert places.height == len({context_id(Context(*place), YEAR) for place in places.iter_rows()})


def test_a_file_has_its_parts_in_order_and_only_what_is_used() -> None:
    lines = instance(edge("40004")[1], YEAR).decode().splitlines()
    kinds = [
        line.split(" ")[0].split(":")[0].lstrip("<") + ":" + line.split(":")[1].split(" ")[0]
        for line in lines[2:-1]
    ]
    order = list(dict.fromkeys("fact" if kind.startswith("npo:") else kind for kind in kinds))
    assert order == ["link:schemaRef", "xbrli:context", "xbrli:unit", "fact"]
    names = [line.split('"')[1] for line in lines if line.startswith("<xbrli:context")]
    assert names == sorted(names)
    assert [line.split('"')[1] for line in lines if line.startswith("<xbrli:unit")] == ["EUR", "pure"]


def test_amounts_are_exact_and_text_is_no_markup() -> None:
    said = told(School(received="0.10", name="<b>Eik</b> & Zn. ]]>"))
    text = instance(facts_of(said), YEAR).decode()
    assert '<npo:Received contextRef="D2021_S01AA" unitRef="EUR" decimals="INF">0.10</npo:Received>' in text
    assert (
        '<npo:SchoolName contextRef="D2021_S01AA">&lt;b&gt;Eik&lt;/b&gt; &amp; Zn. ]]&gt;</npo:SchoolName>' in text
    )


def test_no_file_is_of_two_boards() -> None:
    with pytest.raises(NpoError, match="one filing is of one board, not of 2"):
        instance(facts_of(told(School(), School("40002", "02BB"))), YEAR)
    with pytest.raises(NpoError, match="not of 0"):
        instance(facts_of(told(School())).filter(pl.lit(False)), YEAR)


_HASHES = """
import hashlib, pathlib, sys
import polars as pl
from npo_pipeline.reports.xbrl.national_csv import write_national
from npo_pipeline.reports.xbrl.taxonomy.package import write_taxonomy
from npo_pipeline.reports.xbrl.instance import instance
from tests.books.filing.edges import EDGES, edge
folder = pathlib.Path(sys.argv[1])
write_taxonomy(folder / "taxonomy.zip")
for board in EDGES:
    (folder / f"{board}.xbrl").write_bytes(instance(edge(board)[1], 2021))
write_national(folder, pl.concat([edge(board)[1] for board in EDGES]), 2021)
print([(one.name, hashlib.sha256(one.read_bytes()).hexdigest()) for one in sorted(folder.iterdir())])
"""


def test_everything_is_the_same_to_the_byte_in_another_process(tmp_path) -> None:
    told_twice = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", _HASHES, str(folder)],
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told_twice.append(done.stdout)
    assert told_twice[0] == told_twice[1]
    assert told_twice[0].count(".xbrl") == len(EDGES)
