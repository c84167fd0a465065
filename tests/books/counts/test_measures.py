"""Each measure is there once: its files, its column and its words are all that the rest of the program reads."""

import subprocess
import sys

import pytest

from npo_pipeline.delivery.kinds import KINDS
from npo_pipeline.dutch import DUTCH
from npo_pipeline.measures import BY_NAME, COUNT_COLUMNS, MEASURES, SOURCES, Measure
from npo_pipeline.reports.explain.catalogue import ENGLISH
from schemas.received import COUNTS, SCORES

OTHER_COLUMNS = {"delivery_id", "reference_date", "vestiging", "school_type", "cluster"}


def test_the_columns_of_the_counts_are_the_measures_that_files_count():
    assert tuple(name for name in COUNTS.columns if name not in OTHER_COLUMNS) == COUNT_COLUMNS
    assert {one.name for one in MEASURES if one.table == "scores"} <= set(SCORES.columns)


def test_measures_and_their_sources_have_names_of_their_own():
    assert len(BY_NAME) == len(MEASURES)
    assert len({source.name for source in SOURCES}) == len(SOURCES)


def test_every_source_names_kinds_of_file_that_there_are():
    assert {kind for source in SOURCES for kind in source.kinds} <= {kind.name for kind in KINDS}


@pytest.mark.parametrize("measure", MEASURES, ids=lambda one: one.name)
def test_a_measure_that_is_not_counted_has_no_files_and_every_one_has_words(measure: Measure):
    assert (measure.table is None) == (not measure.sources)
    assert measure.rate_units
    for language in (DUTCH, ENGLISH):
        assert language.units[measure.name]
        assert {unit.rules for unit in measure.rate_units} <= set(language.rate_units)


_WITH_A_NEW_MEASURE = """
import schemas.received as received
from schemas.columns import whole

received.COUNTS = received.COUNTS.add_columns({"boarders": whole(nullable=True)})

from npo_pipeline import measures

boarders = measures.Measure(
    name="boarders",
    table="counts",
    sources=(measures.CountSource(name="boarders", kinds=("boarders_vo",)),),
    plural="boarders",
    rate_units=(measures.RateUnit(rules="boarder", dutch="intern", english="boarder"),),
    dutch=("intern", "internen"),
    english=("boarder", "boarders"),
)
measures.MEASURES += (boarders,)
measures.BY_NAME["boarders"] = boarders
measures.COUNT_COLUMNS += ("boarders",)
measures.SOURCES += boarders.sources

import polars as pl

from npo_pipeline.dutch import DUTCH
from npo_pipeline.entitlements.amounts import quantities
from npo_pipeline.intake.source_precedence import select_sources
from npo_pipeline.reports.explain.catalogue import ENGLISH
from npo_pipeline.reports.informatietool.wording import rate_unit
from npo_pipeline.rulebook.component import Component
from schemas.frames.intake import FILE_COUNTS

assert "boarders" in FILE_COUNTS
assert select_sources(pl.DataFrame({"delivery_id": ["d1"], "kind": ["boarders_vo"]})) == {"boarders": ["d1"]}
assert "boarders" in Component.model_json_schema()["properties"]["measure"]["enum"]
counts = pl.DataFrame({"vestiging": ["01AA00"], "school_type": ["vo"], "boarders": [3]})
scores = pl.DataFrame(schema={"vestiging": pl.String, "school_type": pl.String, "score": pl.Decimal(18, 2)})
rates = pl.DataFrame({"component": ["boarding"], "measure": ["boarders"], "school_type": ["vo"]})
limits = pl.DataFrame(schema={"component": pl.String, "threshold": pl.Int64, "level": pl.String})
print(quantities(rates, limits, counts, scores)["quantity_e2"].to_list())
print(DUTCH.quantity(3, "boarders"), ENGLISH.quantity(1, "boarders"), rate_unit("boarders"), sep=", ")
"""


def test_a_new_measure_takes_its_record_and_its_column():
    done = subprocess.run([sys.executable, "-c", _WITH_A_NEW_MEASURE], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["[300]", "3 internen, 1 boarder, per intern"]
