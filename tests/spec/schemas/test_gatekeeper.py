"""The gatekeeper: nothing passes pandera unseen, and the cheap pass before it never decides otherwise."""

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from npo_pipeline.delivery.validate import validate_rows
from schemas import rules
from schemas.files import CUMI
from schemas.rules import sufficient_conditions
from schemas.tables import TABLES, validated
from tests.books.files import layouts
from tests.books.files.layouts import LAYOUTS, Layout
from tests.effort import examples
from tests.spec.schemas.wrong_values import RIGHT, WRONG

every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.kind.name)


def by_pandera_alone(rows: pl.DataFrame, model: pa.DataFrameSchema) -> set[tuple]:
    """Line, rule and column of every failure when all rows go to pandera."""
    try:
        model.validate(rows.select(list(model.columns)), lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.select("index", "check", "column").rows()
        return {(rows["line"][index], rule, column) for index, rule, column in cases}
    return set()


def values_of(layout: Layout, column: str) -> st.SearchStrategy[str]:
    """Mostly what is right, so that a whole row often is; else what is wrong here or elsewhere, or anything."""
    right = st.sampled_from([layout.frame()[column][0], *RIGHT.get(column, ())])
    wrong = [value for rules in WRONG[layout.kind.name].values() for values in rules.values() for value in values]
    return st.one_of(*[right] * 12, st.sampled_from(wrong), st.text("019-+.,/ \u00a0JN", max_size=8))


def rows_of(layout: Layout) -> st.SearchStrategy[list[dict[str, str]]]:
    row = st.fixed_dictionaries({column: values_of(layout, column) for column in layout.kind.columns})
    return st.lists(row, min_size=1, max_size=16)


@pytest.mark.parametrize("layout", {id(x.kind.model): x for x in LAYOUTS}.values(), ids=lambda x: x.kind.name)
def test_the_cheap_pass_never_decides_otherwise_than_pandera(layout: Layout):
    @settings(max_examples=examples(2, thorough=60), deadline=None)
    @given(rows_of(layout))
    def same(changes: list[dict[str, str]]) -> None:
        rows, model = layout.frame(*changes), layout.kind.model
        found, expected = validate_rows(rows, model), by_pandera_alone(rows, model)
        assert set(found.rejections.select("line", "rule", "column_name").rows()) == expected
        assert found.rejections.height == len(expected)
        refused = {line for line, _, _ in expected}
        assert found.valid.equals(rows.filter(~pl.col("line").is_in(refused)))

    same()


@every_layout
def test_the_right_row_of_a_layout_is_found_right_by_the_cheap_pass(layout: Layout):
    """So that it must find every planted fault itself."""
    found = layout.frame().select(sufficient_conditions(layout.kind.model)).row(0, named=True)
    assert [name for name, right in found.items() if not right] == []


def test_the_cheap_pass_sends_hardly_a_row_of_a_register_the_long_way():
    """It is there for registers: if it found their right rows suspect, nobody would notice but the clock."""
    for layout in (layouts.REGISTER_PO, layouts.REGISTER_VO):
        rows = layout.frame({}, {"DATUM_UIT": ""}, {"VESTIGINGSNUMMER": "99"}, {"LEERJAAR": ""})
        assert rows.select(sufficient_conditions(layout.kind.model)).select(pl.all().all()).row(0) == (True,) * (
            len(layout.kind.columns)
        )


def test_a_lazy_frame_is_refused_and_does_not_pass_unseen():
    faulty = layouts.CUMI.frame({"TYPE_PO": "x"})
    CUMI.validate(faulty.lazy()).collect()  # pandera itself lets it through, which is the reason
    with pytest.raises(TypeError, match="rows of cumi must be collected"):
        validate_rows(faulty.lazy(), CUMI)


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.name)
def test_no_table_takes_a_lazy_frame(model: pa.DataFrameSchema):
    empty = pl.DataFrame(schema={name: column.dtype.type for name, column in model.columns.items()})
    assert validated(empty, model).is_empty()
    with pytest.raises(TypeError, match=f"{model.name}: a frame must be collected"):
        validated(empty.lazy(), model)


def small(check: pa.Check) -> pa.DataFrameSchema:
    return pa.DataFrameSchema({"line": pa.Column(pl.Int64), "CODE": pa.Column(str, [check])}, name="small")


CODES = pl.DataFrame({"line": [2, 3], "CODE": ["", "x"]})


def test_a_check_under_another_name_is_a_fault_of_ours_and_no_refusal():
    check = rules.missing_value()
    assert validate_rows(CODES, small(check)).rejections["rule"].to_list() == ["missing_value"]
    check.name = "missing"
    with pytest.raises(TypeError, match=r"no rule of refusal: \['missing'\]"):
        validate_rows(CODES, small(check))


@pytest.mark.parametrize(
    "check", [pa.Check.isin(["", "x"]), pa.Check(lambda data: data.lazyframe, name="negative")]
)
def test_a_check_that_was_not_made_here_is_not_passed_over(check: pa.Check):
    with pytest.raises(TypeError, match=r"small\.CODE: check .* was not made here and would be passed over"):
        validate_rows(CODES, small(check))


def test_a_null_or_another_type_is_a_fault_of_ours_and_no_right_row():
    right = layouts.CUMI.frame()
    with pytest.raises(TypeError, match="no rule of refusal"):
        validate_rows(right.with_columns(CUMI=pl.lit(None, pl.String)), CUMI)
    with pytest.raises((TypeError, pl.exceptions.PolarsError)):
        validate_rows(right.with_columns(CUMI=pl.lit(1)), CUMI)
    with pytest.raises(TypeError, match=r"cumi\.line is"):
        validate_rows(right.with_columns(pl.col("line").cast(pl.Int32)), CUMI)
    with pytest.raises(pl.exceptions.PolarsError):
        validate_rows(right.drop("CUMI"), CUMI)


@every_layout
def test_every_check_is_a_rule_of_the_contract_and_has_its_cheap_condition(layout: Layout):
    model = layout.kind.model
    assert {check.name for column in model.columns.values() for check in column.checks} <= set(rules.RULES)
    assert len(sufficient_conditions(model)) == sum(bool(column.checks) for column in model.columns.values())
