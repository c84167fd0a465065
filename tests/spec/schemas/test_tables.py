"""Every column of every table refuses what it may not hold: another type, another scale, no value, a wrong one."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from pandera.errors import SchemaErrors

from schemas.columns import CURRENCIES, OUTCOMES, REASONS, SCHOOL_TYPES, STATUSES
from schemas.rules import RULES
from schemas.tables import TABLES, validated

HASH = "0123456789abcdef" * 4

NO_BRIN = ("01aa", "1AA", "01AA0", "")
NO_VESTIGING = ("01AA0", "01aa00", "01AA000", "01AA00\n", "")
NO_BOARD = ("1234", "123456", "1234A", "")
NO_YEAR = ("2021", "2021-22", "2021/2022", "1921-1922")
NO_HASH = (HASH[1:], HASH + "0", HASH.upper(), "")
NO_IBAN = ("NL91 ABNA 0417 1643 00", "nl91abna0417164300", "NL91", "")
NO_DUTCH_IBAN = (*NO_IBAN, "BE68539007547034", "NL91ABNA041716430", "NL91ABNA0417164300\n")
BELOW = (Decimal("-0.01"),)

VALUES: dict[str, tuple[Any, tuple]] = {
    "vestiging": ("01AA00", NO_VESTIGING),
    "beneficiary": ("01AA00", ("01AA", "VO123", "vo1234", "12345", "VO1234\n", "")),
    "recipient": ("10249", ("1234A", "01AA00", "VO123", "123456", "")),
    "recipient_kind": ("bestuur", ("board", "Bestuur", "")),
    "successor": ("01AB00", NO_VESTIGING),
    "brin": ("01AA", NO_BRIN),
    "board": ("10249", NO_BOARD),
    "school_year": ("2021-2022", NO_YEAR),
    "school_type": ("bao", ("Bo", "BAO", "", "pro")),
    "component": ("per_pupil", ("Per_pupil", "per pupil", "", "1st")),
    "currency": ("EUR", ("GBP", "eur", "")),
    "newcomers": (3, (-1,)),
    "counted": (Decimal("222.00"), BELOW),
    "threshold": (4, (-1,)),
    "scheme": ("IOP", ("iop", "I", "")),
    "region": ("R12", ("r12", " R12", "R" * 41, "R;1", "")),
    "finished": (9, (-1,)),
    "amount_applied": (Decimal("900.00"), BELOW),
    "pupils_applied": (1, (-1,)),
    "pupils_allowed": (1, (-1,)),
    "outcome": ("granted", ("Granted", "")),
    "small_below": (145, (-1,)),
    "small_fixed": (Decimal("17632.96"), BELOW),
    "small_decrease": (Decimal("122.03000000"), (Decimal("-0.00000001"),)),
    "unrounded_before": (Decimal("1.0000000001"), (Decimal("-0.0000000001"),)),
    "unrounded": (Decimal("1.0000000001"), (Decimal("-0.0000000001"),)),
    "year": (2021, (-1,)),
    "category": ("A", ("G", "a", "AB", "")),
    "level": ("school", ("School", "bestuur", "")),
    "external": (Decimal("1.00"), BELOW),
    "board_level_agreed": (Decimal("1.00"), BELOW),
    "severity": ("error", ("Error", "fault", "")),
    "basis": ("programme", ("Law", "wet", "")),
    "accounted_under": ("npo_answers", ("XBRL", "article 12", "")),
    "treatment": ("bestemmingsreserve", ("Reserve", "")),
    "boards": (1, (-1,)),
    "schools": (1, (-1,)),
    "errors": (1, (-1,)),
    "warnings": (1, (-1,)),
    "notes": (1, (-1,)),
    "source": ("addresses", ("list", "")),
    "action": ("set", ("Set", "alter", "")),
    "rule": ("negative", ("Negative", "renamed", "")),
    "sha256": (HASH, NO_HASH),
    "manifest_sha256": (HASH, NO_HASH),
    "made_from": (HASH, NO_HASH),
    "payment_id": (HASH[:32], (HASH[:31], HASH[:33], HASH[:32].upper())),
    "month": (date(2021, 9, 1), (date(2021, 9, 2), date(2021, 9, 30))),
    "paid_month": (date(2021, 9, 1), (date(2021, 9, 2),)),
    "paid_until": (date(2021, 9, 1), (date(2021, 9, 2),)),
    "cause": ("merger", ("Merger", "fusie", "")),
    "other_vestiging": ("01AB00", NO_VESTIGING),
    "corrections": ("spread", ("at once", "")),
    "floor_zero": ("yes", ("ja", "")),
    "rows": (1, (-1,)),
    "rejected": (1, (-1,)),
    "line": (2, (-1,)),
    "pupils": (100, (-1,)),
    "cumi_pupils": (4, (-1,)),
    "pro_pupils": (4, (-1,)),
    "lowest": (1, (-1,)),
    "highest": (4, (-1,)),
    "municipality_number": ("0114", ("114", "00114", "0114\n", "")),
    "samenwerkingsverband": ("VO2302", ("VO230", "2302", "vo2302", "PO2302", "")),
    "list": ("vo_pro", ("pro", "VO", "")),
    "score_2019": (Decimal("33.02"), BELOW),
    "score_2020": (Decimal("33.02"), BELOW),
    "payments": (1, (-1,)),
    "iban": ("NL91ABNA0417164300", NO_DUTCH_IBAN),
    **dict.fromkeys(("debtor_iban", "account_iban"), ("NL91ABNA0417164300", NO_IBAN)),
    "debtor_bic": ("ABNANL2A", ("ABNA", "abnanl2a", "ABNANL2AXX", "")),
    "fingerprint": (HASH, NO_HASH),
    "end_to_end_id": ("NPO-202109-40045-0123456789ab", ("NPO 1", "A" * 36, "")),
    "batch_id": ("NPO-2021-09-001", ("NPO-2021-09-1", "npo-2021-09-001", "")),
    "transfers": (1, (-1,)),
    "sequence": (1, (-1,)),
    "score": (Decimal("33.02"), BELOW),
    "quantity": (Decimal("222.00"), BELOW),
    "rate": (Decimal("701.16000000"), (Decimal("-0.00000001"),)),
}
"""Column -> a right value, and wrong ones. A column that is not named here may hold any value of its type."""

ELSEWHERE: dict[tuple[str, str], tuple[Any, tuple]] = {
    ("entitlements", "amount"): (Decimal("1.00"), BELOW),
    ("instalments", "amount"): (Decimal("-1.00"), (Decimal("0.00"),)),
    ("payments", "amount"): (Decimal("-1.00"), (Decimal("0.00"),)),
    ("adjustments", "amount"): (Decimal("-1.00"), (Decimal("0.00"),)),
    ("due_changes", "amount"): (Decimal("-1.00"), (Decimal("0.00"),)),
    ("correction_causes", "amount"): (Decimal("-1.00"), (Decimal("0.00"),)),
    ("decisions", "valid_from"): (date(2021, 9, 1), (date(2021, 9, 2),)),
    ("decisions", "valid_to"): (date(2022, 7, 1), (date(2022, 7, 31),)),
    ("payments", "reason"): ("instalment", ("Correction", "", "other")),
    ("runs", "status"): ("done", ("busy", "")),
    ("entitlements", "status"): ("published", ("unknown", "")),
    ("grants", "status"): ("published", ("unknown", "")),
    ("grants", "amount"): (Decimal("1.00"), BELOW),
    ("applications", "amount"): (Decimal("1.00"), BELOW),
    **{("spending", one): (Decimal("-1.00"), ()) for one in ("amount", "external")},
    ("accountability", "spent"): (Decimal("1.00"), BELOW),
    ("accountability", "board_level"): (Decimal("1.00"), BELOW),
    ("accountability_interventions", "amount"): (Decimal("1.00"), BELOW),
    **{(table, "corrections"): (Decimal("-1.00"), ()) for table in ("accounts", "accountability")},
    **{
        ("accountability_corrections", one): (Decimal("-1.00"), ()) for one in ("spent", "external", "board_level")
    },
    **{("accountability_corrections", "of_year"): (2021, (-1,))},
    **{("reserve_transfers", one): ("10249", NO_BOARD) for one in ("from_board", "to_board")},
    ("reserve_transfers", "amount"): (Decimal("1.00"), BELOW),
    ("accountability_claims", "other_board"): ("10249", NO_BOARD),
    ("accountability_claims", "settled_by"): ("the boards", ("nobody", "")),
    ("holds", "action"): ("hold", ("Hold", "pause", "")),
    ("findings", "rule"): ("overspent", ()),
    ("trace", "level"): ("text", ()),
    ("trace", "status"): ("published", ("unknown", "")),
    ("trace", "amount"): (Decimal("1.00"), BELOW),
    ("trace", "source"): ("a page", ()),
    ("accepted_changes", "source"): ("pupils_po", ()),
    ("accepted_changes", "before"): (Decimal("1.00"), BELOW),
    ("accepted_changes", "after"): (Decimal("1.00"), BELOW),
    ("regulations", "sha256"): (HASH, ()),
    ("packs", "outcome"): ("filed", ("Filed", "")),
    ("count_ranges", "measure"): ("pupils", ("Pupils", "newcomers", "")),
    ("reconciliation", "level"): ("school", ("brin", "School", "")),
    ("reconciliation", "outcome"): ("match", ("Match", "missing", "")),
    ("reconciliation", "cause"): ("part_of_year", ("Rate", "unknown", "")),
    ("batches", "total"): (Decimal("1.00"), BELOW),
    ("transfer_orders", "amount"): (Decimal("1.00"), (Decimal("0.00"), *BELOW)),
    ("withheld", "amount"): (Decimal("-1.00"), (Decimal("0.00"),)),
    ("withheld", "reason"): ("set_off", ("Set off", "")),
    ("bank_files", "kind"): ("pain.002", ("camt", "pain.001", "")),
    ("transfer_events", "status"): ("booked", ("Booked", "paid", "")),
    **{("reconciliation", one): (Decimal("1.00"), BELOW) for one in ("our_count", "their_count")},
}
"""The same for columns whose table decides."""

MAY_BE_NULL = {
    "deliveries": {"reference_date", "superseded_by"},
    "quarantine": {"column_name", "board", "period"},
    "source_corrections": {"vestiging", "expected", "value"},
    "school_facts": {"name", "place", "municipality", "municipality_number"},
    "schools": {"name", "place", "municipality", "municipality_number", "valid_to"},
    "counts": {"cluster", "pupils", "cumi_pupils", "newcomers", "pro_pupils"},
    "count_ranges": {"cluster"},
    "changes": {"board", "successor"},
    "accepted_changes": {"reference_date", "accepted_by"},
    "applications": {"vestiging", "region", "new_region", "granted_before"},
    "differences": {"used", "other"},
    "decisions": {
        *("reason", "rests_on", "published", "valid_from", "valid_to", "paid_until", "prepared_by", "approved_by")
    },
    "entitlements": {"board", "brin", "vestiging", "quantity", "rate", "measure"},
    "instalments": {"vestiging"},
    "payments": {"board", "brin", "vestiging"},
    "due_changes": {"vestiging"},
    "adjustments": {"other_vestiging", "vestiging"},
    "consents": {"mr_date", "gmr_date", "parents_involved", "municipality_informed", "result"},
    "accountability_claims": {"other_board"},
    "spending": {"reason"},
    "findings": {"brin", "basis", "amount", "file", "line", "currency"},
    "accountability": {"mr_consent", "gmr_consent", "school_scan"},
    "accountability_interventions": {"share"},
    "accountability_receipts": {"accounted_under", "article"},
    "trace": {"threshold", "level", "counted_on", "vestiging", "small_below", "small_fixed", "small_decrease"},
    "closed_years": {"prepared_by", "approved_by"},
    "packs": {"file", "sha256"},
    "grants": {"window_name", "region"},
    "holds": {"reason"},
    "release_plans": {"debtor_iban"},
    "batches": {"file", "sha256", "debtor_bic"},
    "withheld": {"end_to_end_id"},
    "bank_files": {"account_iban"},
    "transfer_events": {"reason_code", "reason", "amount"},
    "reconciliation": {
        *("file", "sha256", "board", "brin", "vestiging", "ours", "theirs", "difference", "our_count"),
        *("their_count", "cause", "explanation", "school_types", "line", "column_name"),
    },
    "runs": {"month"},
}

_ANY = {
    pl.String: "text",
    pl.Int64: 1,
    pl.Date: date(2020, 10, 1),
    pl.Datetime: datetime(2021, 8, 1, 12),
    pl.Decimal: Decimal("1.00"),
    pl.Boolean: True,
}
_OTHER_TYPE = {
    pl.String: pl.Categorical,
    pl.Int64: pl.Int32,
    pl.Date: pl.Datetime("us"),
    pl.Datetime: pl.Datetime("ms"),
    pl.Decimal: pl.Float64,
    pl.Boolean: pl.Int8,
}

BY_NAME = {model.name: model for model in TABLES}
COLUMNS = [(model, name) for model in TABLES for name in model.columns]
every_table = pytest.mark.parametrize("model", TABLES, ids=lambda model: model.name)


def dtype_of(model: pa.DataFrameSchema, name: str) -> pl.DataType:
    return model.columns[name].dtype.type


def known(model: pa.DataFrameSchema, name: str) -> tuple[Any, tuple]:
    any_value = (_ANY[dtype_of(model, name).base_type()], ())
    return ELSEWHERE.get((model.name, name), VALUES.get(name, any_value))


def right(model: pa.DataFrameSchema, **changed: Any) -> pl.DataFrame:
    row = {name: known(model, name)[0] for name in model.columns} | changed
    return pl.DataFrame([row], schema={name: dtype_of(model, name) for name in model.columns})


def refused_columns(model: pa.DataFrameSchema, frame: pl.DataFrame) -> set[str]:
    with pytest.raises(SchemaErrors) as refused:
        validated(frame, model)
    return set(refused.value.failure_cases["column"])


@every_table
def test_a_right_row_passes(model: pa.DataFrameSchema):
    assert validated(right(model), model).equals(right(model))


@cache
def refused_values(table: str) -> dict[tuple[str, Any], set[str]]:
    """For each column and wrong value, or none: the columns for which a row is refused that is right but for it.

    All rows of a table are validated at once: a validation costs the same for one row as for a hundred.
    """
    model = BY_NAME[table]
    values = [(name, value) for name in model.columns for value in (*known(model, name)[1], None)]
    refused: dict[int, set[str]] = {number: set() for number in range(len(values))}
    with pytest.raises(SchemaErrors) as errors:
        validated(pl.concat(right(model, **{name: value}) for name, value in values), model)
    cases = errors.value.failure_cases.filter(pl.col("schema_context") == "Column")
    for number, column in cases.select("index", "column").iter_rows():
        refused[number].add(column)
    return dict(zip(values, refused.values(), strict=True))


@cache
def refused_types(table: str, *, finer: bool) -> set[str]:
    """The columns for which a right row is refused whose columns are all of another type, or of a finer scale."""
    model = BY_NAME[table]
    dtypes = {name: dtype_of(model, name) for name in model.columns}
    if finer:
        casts = {
            name: pl.Decimal(18, dtype.scale + 1)
            for name, dtype in dtypes.items()
            if isinstance(dtype, pl.Decimal)
        }
    else:
        casts = {name: _OTHER_TYPE[dtype.base_type()] for name, dtype in dtypes.items()}
    return refused_columns(model, right(model).cast(casts))


@pytest.mark.parametrize(("model", "name"), COLUMNS, ids=[f"{model.name}.{name}" for model, name in COLUMNS])
def test_a_column_refuses_what_it_may_not_hold(model: pa.DataFrameSchema, name: str):
    assert name in refused_types(model.name, finer=False)
    if isinstance(dtype_of(model, name), pl.Decimal):
        assert name in refused_types(model.name, finer=True)
    refused = refused_values(model.name)
    for value in known(model, name)[1]:
        assert refused[name, value] == {name}
    assert refused[name, None] == (set() if name in MAY_BE_NULL.get(model.name, set()) else {name})


@pytest.mark.parametrize(("model", "name"), COLUMNS, ids=[f"{model.name}.{name}" for model, name in COLUMNS])
def test_every_check_has_a_wrong_value_here(model: pa.DataFrameSchema, name: str):
    assert bool(model.columns[name].checks) == bool(known(model, name)[1])


@every_table
def test_a_table_asks_nothing_that_the_cheap_pass_does_not_look_at(model: pa.DataFrameSchema):
    """`validated` asks pandera only after types, values that are missing, the key and checks of single values."""
    assert not model.checks
    assert model.strict is True
    assert model.unique is None or all(isinstance(name, str) for name in model.unique)
    for column in model.columns.values():
        assert (column.required, column.unique, column.coerce, column.regex) == (True, False, False, False)
        assert all(check.ignore_na and not check.raise_warning for check in column.checks)
        assert column.dtype.type not in (pl.Float32, pl.Float64)


@every_table
def test_a_wrong_row_is_found_among_right_ones(model: pa.DataFrameSchema):
    keys = model.unique or []
    for name in [name for name in model.columns if name not in keys and known(model, name)[1]][:1]:
        wrong = right(model, **{name: known(model, name)[1][0]})
        assert name in refused_columns(model, pl.concat([right(model), wrong, right(model)]))


@every_table
def test_a_column_that_is_missing_is_refused(model: pa.DataFrameSchema):
    for name in model.columns:
        with pytest.raises(pl.exceptions.ColumnNotFoundError, match=name):
            validated(right(model).drop(name), model)


@every_table
def test_columns_are_put_in_their_order(model: pa.DataFrameSchema):
    turned = right(model).select(reversed(list(model.columns)))
    assert validated(turned, model).columns == list(model.columns)


@pytest.mark.parametrize("model", [model for model in TABLES if model.unique], ids=lambda model: model.name)
def test_two_rows_with_one_key_are_refused(model: pa.DataFrameSchema):
    with pytest.raises(SchemaErrors, match="not unique"):
        validated(pl.concat([right(model), right(model)]), model)


def test_one_key_without_a_value_in_it_is_one_key_too():
    """A null equals no other null in SQL; here two rows of a school without a cluster are twice the same."""
    for table, column in (("counts", "cluster"), ("quarantine", "column_name")):
        one = right(BY_NAME[table], **{column: None})
        with pytest.raises(SchemaErrors, match="not unique"):
            validated(pl.concat([one, one]), BY_NAME[table])


def test_every_rule_school_type_component_and_reason_of_the_contract_may_be_written():
    for table, column, values in (
        ("quarantine", "rule", RULES),
        ("entitlements", "school_type", SCHOOL_TYPES),
        ("entitlements", "status", STATUSES),
        ("payments", "currency", CURRENCIES),
        ("grants", "outcome", OUTCOMES),
        ("payments", "reason", REASONS),
    ):
        for value in values:
            assert validated(right(BY_NAME[table], **{column: value}), BY_NAME[table]).height == 1
    assert SCHOOL_TYPES == ("bao", "sbo", "so", "vso", "vo", "vo_pro_vbo", "cn", "all")
    assert CURRENCIES == ("EUR", "USD")
    assert STATUSES == ("published", "approximate", "derived")
    assert OUTCOMES == ("granted", "reduced", "refused")
    assert REASONS == ("instalment", "correction")
