"""Each measure is there once: its files, its column and its words are all that the rest of the program reads."""

import pytest

from npo_pipeline.delivery.kinds import KINDS
from npo_pipeline.dutch import DUTCH
from npo_pipeline.measures import BY_NAME, COUNT_COLUMNS, MEASURES, SOURCES, Measure
from npo_pipeline.reports.explain.english import ENGLISH
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
