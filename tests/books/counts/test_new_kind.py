"""A kind of file that counts pupils takes the four places that docs/how-to/add-a-kind-of-file.md names."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline import measures
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import FileKind, Stage
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.intake import parse, published_counts, source_precedence
from npo_pipeline.intake.plan import plan_intake
from npo_pipeline.intake.read_delivery import read_delivery
from npo_pipeline.intake.state import IntakeState
from schemas.columns import schema_of
from schemas.files import PUPILS_PO as MODEL
from schemas.frames.intake import BOARD_SCHOOLS, DELIVERY_SUBJECTS, empty
from schemas.received import (
    AREAS,
    BOARDS,
    CHANGES,
    COUNT_RANGES,
    COUNTS,
    DELIVERIES,
    PAYMENT_ACCOUNTS,
    QUARANTINE,
    RESOLUTIONS,
    SCHOOL_FACTS,
    SCORES,
    SOURCE_CORRECTIONS,
    ZERO_COUNTS,
)
from tests.reading import rows

DAY = date(2020, 10, 1)
SPRING = "made_up_spring_count"


@pytest.fixture
def spring_count(monkeypatch: pytest.MonkeyPatch) -> FileKind:
    """Places 1 to 4: a model, a kind, a counter, and a place in the precedence of a measure."""
    columns = {name: MODEL.columns[name] for name in ("line", "BRIN_NUMMER", "VESTIGINGSNUMMER", "SOORT_PO")}
    model = type(MODEL)({**columns, "VOORJAARSTELLING": MODEL.columns["LEERLINGEN"]}, strict=True, name=SPRING)
    kind = FileKind(
        name=SPRING,
        label="a count in spring",
        model=model,
        signature_columns=frozenset({"VOORJAARSTELLING"}),
        stage=Stage.PUBLISHED_COUNTS,
    )
    monkeypatch.setattr(kinds, "KINDS", (*kinds.KINDS, kind))
    monkeypatch.setitem(published_counts.COUNTERS, SPRING, _count)
    source = replace(measures.PUPILS_PO, kinds=(*measures.PUPILS_PO.kinds, SPRING))
    monkeypatch.setattr(source_precedence, "SOURCES", (source,))
    return kind


def _count(found: pl.DataFrame, file: str) -> pl.DataFrame:
    pupils = parse.parse_int("VOORJAARSTELLING")
    return found.select(parse.vestiging(), parse.school_type("SOORT_PO"), pupils=pupils)


def _state() -> IntakeState:
    def none(model):
        return pl.DataFrame(schema=schema_of(model))

    facts = pl.DataFrame(
        [("d000000", "01AA00", "10001", DAY, "addresses")],
        schema=["delivery_id", "vestiging", "board", "as_of", "source"],
        orient="row",
    )
    schema = schema_of(SCHOOL_FACTS)
    return IntakeState(
        deliveries=none(DELIVERIES),
        rejected_lines=none(QUARANTINE).select("delivery_id", "line"),
        corrections=none(SOURCE_CORRECTIONS),
        resolutions=none(RESOLUTIONS),
        counts=none(COUNTS),
        zero_counts=none(ZERO_COUNTS),
        count_ranges=none(COUNT_RANGES),
        scores=none(SCORES),
        areas=none(AREAS),
        boards=none(BOARDS),
        listed=empty(DELIVERY_SUBJECTS),
        school_facts=pl.concat([none(SCHOOL_FACTS), facts], how="diagonal").select(list(schema)),
        changes=none(CHANGES),
        payment_accounts=none(PAYMENT_ACCOUNTS),
        schools_of_boards=empty(BOARD_SCHOOLS),
        reports=pl.DataFrame(
            schema=dict.fromkeys(("delivery_id", "kind", "board", "period"), pl.String),
        ),
    )


def test_a_new_kind_is_recognised_read_and_planned(tmp_path: Path, spring_count: FileKind):
    path = tmp_path / "spring.csv"
    path.write_text("BRIN_NUMMER;VESTIGINGSNUMMER;SOORT_PO;VOORJAARSTELLING\n01AA;00;Bo;31\n09ZZ;00;Bo;5\n")
    state = _state()
    files = recognise_delivery([path], DAY, only=kinds.KINDS)
    results = read_delivery(files, state.known_vestigingen, lambda *_: None)
    plan = plan_intake(results, state, run_id="000001-ingest", at=datetime(2020, 11, 1))
    assert rows(plan.new_rows(DELIVERIES), "delivery_id", "kind", "rows", "rejected") == [
        ("d000001", SPRING, 2, 1)
    ]
    assert rows(plan.new_rows(QUARANTINE), "line", "rule") == [(3, "unknown_school")]
    assert rows(plan.new_rows(COUNTS), "vestiging", "school_type", "pupils", "newcomers") == [
        ("01AA00", "bao", 31, None)
    ]
    used = source_precedence.select_sources(plan.new_rows(DELIVERIES))
    assert used == {"pupils_po": ["d000001"]}
    assert spring_count.columns[-1] == "VOORJAARSTELLING"
