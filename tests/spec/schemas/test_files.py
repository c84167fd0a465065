"""Every refusal rule that one value can break, in every column of every kind of file (contract, section 2)."""

import polars as pl
import pytest

from npo_pipeline.delivery.validate import validate_rows
from schemas.rules import MISSING_VALUE, UNKNOWN_CODE
from tests.books.files import layouts
from tests.books.files.layouts import LAYOUTS, Layout
from tests.reading import rows
from tests.spec.schemas.wrong_values import RIGHT, WRONG, all_at_once, planted

every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.kind.name)


def rejections(layout: Layout, *changes: dict[str, str]) -> list[tuple]:
    found = validate_rows(layout.frame(*changes), layout.kind.model)
    refused = found.rejections["line"].unique()
    assert found.valid["line"].to_list() == [n for n in range(2, 2 + len(changes)) if n not in refused.to_list()]
    return rows(found.rejections, "line", "rule", "column_name")


@every_layout
def test_every_check_of_every_column_has_a_fault_planted_here(layout: Layout):
    checks = {name: {check.name for check in column.checks} for name, column in layout.kind.model.columns.items()}
    assert {name: names for name, names in checks.items() if names} == {
        name: set(wrong) for name, wrong in WRONG[layout.kind.name].items()
    }


@every_layout
def test_a_planted_fault_is_refused_by_its_rule_alone_on_its_line_and_column(layout: Layout):
    faults = planted(layout)
    changes = [change for _, _, fault in faults for change in (fault, {})]
    assert rejections(layout, *changes) == [(2 * n, rule, column) for n, (column, rule, _) in enumerate(faults, 1)]


@every_layout
def test_one_fault_in_a_file_of_right_rows_is_found(layout: Layout):
    one_of_each_rule = {rule: (column, fault) for column, rule, fault in planted(layout)}
    for rule, (column, fault) in one_of_each_rule.items():
        assert rejections(layout, {}, fault, {}) == [(3, rule, column)]


@every_layout
def test_all_faults_of_a_row_are_told_and_not_only_its_first(layout: Layout):
    faults = all_at_once(layout)
    found = rejections(layout, {}, {column: value for column, (_, value) in faults.items()})
    assert sorted(found) == sorted((3, rule, column) for column, (rule, _) in faults.items())


@every_layout
def test_right_values_are_not_refused(layout: Layout):
    changes = [{column: value} for column in layout.kind.columns for value in RIGHT.get(column, ())]
    assert rejections(layout, {}, *changes) == []


def test_a_value_is_told_as_it_stands():
    found = validate_rows(layouts.SCORES.frame({}, {"ACHTERSTANDSSCORE": "-1,00"}), layouts.SCORES.kind.model)
    assert rows(found.rejections, "line", "rule", "column_name", "value") == [
        (3, "negative", "ACHTERSTANDSSCORE", "-1,00")
    ]


def test_a_number_of_six_characters_must_begin_with_the_brin_of_its_row():
    def asked(brin: str, number: str) -> list[tuple]:
        return rejections(layouts.ADDRESSES_BO, {"BRIN_NUMMER": brin, "VESTIGINGSNUMMER": number})

    assert asked("01AA", "01AA07") == []
    assert asked("01AA", "07") == []
    assert asked("01AB", "01AA07") == [(2, UNKNOWN_CODE, "VESTIGINGSNUMMER")]
    assert asked("1AA", "01AA07") == [(2, UNKNOWN_CODE, "BRIN_NUMMER")]  # one fault, told once
    assert asked("", "01AA07") == [(2, MISSING_VALUE, "BRIN_NUMMER")]


def test_who_leaves_on_the_day_of_entry_did_not_leave_before():
    stay = {"DATUM_IN": "2020-09-01", "DATUM_UIT": "20200901"}
    assert rejections(layouts.REGISTER_PO, stay, {**stay, "DATUM_UIT": "2020-08-31"}) == [
        (3, "leaves_before_entry", "DATUM_UIT")
    ]


def test_a_day_of_leaving_is_not_compared_with_an_entry_that_is_no_date():
    assert rejections(layouts.REGISTER_PO, {"DATUM_IN": "x", "DATUM_UIT": "20180101"}) == [
        (2, "not_a_date", "DATUM_IN")
    ]


def test_a_change_needs_what_its_sort_needs():
    def lacks(sort: str) -> list[str]:
        wish = {"SOORT": sort, "BEVOEGD_GEZAG_NUMMER": "", "OPVOLGER": ""}
        return [column for _, rule, column in rejections(layouts.CHANGES, wish) if rule == MISSING_VALUE]

    assert lacks("bestuursoverdracht") == ["BEVOEGD_GEZAG_NUMMER"]
    assert lacks("opening") == ["BEVOEGD_GEZAG_NUMMER"]
    assert lacks("fusie") == ["OPVOLGER"]
    assert lacks("sluiting") == []


def test_refusals_hold_no_null():
    found = validate_rows(layouts.CUMI.frame({"TYPE_PO": ""}, {"CUMI": "x"}), layouts.CUMI.kind.model).rejections
    assert found.null_count().row(0) == (0, 0, 0, 0)
    assert found.schema["line"] == pl.Int64
