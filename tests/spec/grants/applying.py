"""Applications written out in a test, and the schools they are for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import polars as pl

from npo_pipeline.grants.decide import decide_grants
from npo_pipeline.grants.terms import GrantInputs
from npo_pipeline.rulebook.load import Rulebook, parse_rules, shipped_subsidies
from npo_pipeline.rulebook.subsidy import Subsidy
from tests.reading import table

BOARDS = {"01AA": "10001", "02BB": "10002", "03CC": "10003", "09VO": "10009"}
FINISHED = "board brin finished"
PUPILS = "brin school_type pupils\n 01AA bao 100\n 02BB bao 55\n 03CC so 9\n 09VO vo 200"


def scheme(code: str, **ceilings: int | None) -> Subsidy:
    """A shipped subsidy, with other ceilings where these are given."""
    found = next(one.subsidy for one in shipped_subsidies() if one.subsidy.scheme == code)
    return with_ceilings(found, **ceilings)


OLDER = Path(__file__).parents[2] / "fixtures" / "subsidies_0_1_0"


def older(code: str) -> Subsidy:
    """A subsidy as version 0.1.0 read it: each school applies, and what there is goes in order of receipt."""
    path = OLDER / f"2020-2021-{code.lower()}.yaml"
    return Rulebook.of([parse_rules(path.read_text(encoding="utf-8"), path.name)]).subsidies[0].subsidy


def with_ceilings(subsidy: Subsidy, **ceilings: int | None) -> Subsidy:
    """`a=900` gives window a a ceiling of 900 euro for po, `a=None` none that is known."""
    windows = dict(subsidy.windows)
    for name, euro in ceilings.items():
        old = windows[name]
        status = "unknown" if euro is None else "published"
        amount = None if euro is None else Decimal(euro)
        po = old.ceilings["po"].model_copy(update={"value": amount, "status": status})
        windows[name] = old.model_copy(update={"ceilings": {**old.ceilings, "po": po}})
    return subsidy.model_copy(update={"windows": windows})


def applied(text: str, code: str = "IOP") -> pl.DataFrame:
    """Applications: `brin applied_on pupils amount`, of the school's own board unless one is named."""
    rows = table("\n".join(text.strip().splitlines()), applied_on="d", pupils="i", amount="m")
    optional = [name for name in ("vestiging", "region", "new", "before") if name in rows.columns]
    if "board" not in rows.columns:
        rows = rows.with_columns(board=pl.col("brin").replace_strict(BOARDS, default="99999"))
    return rows.with_row_index("line", 2).select(
        pl.lit("d000009").alias("delivery_id"),
        pl.col("line").cast(pl.Int64),
        pl.lit(code).alias("scheme"),
        "board",
        "brin",
        "applied_on",
        "pupils",
        "amount",
        vestiging=pl.col("vestiging") if "vestiging" in optional else pl.lit(None, pl.String),
        region=pl.col("region") if "region" in optional else pl.lit(None, pl.String),
        new_region=pl.col("new") == "J" if "new" in optional else pl.lit(None, pl.Boolean),
        granted_before=pl.col("before") == "J" if "before" in optional else pl.lit(None, pl.Boolean),
    )


def directory(text: str | None = None) -> pl.DataFrame:
    """Schools: `vestiging board valid_from valid_to`; those of BOARDS, from 2010, unless written out."""
    plain = "\n".join(f"{brin}00 {board} 2010-01-01 -" for brin, board in BOARDS.items())
    known = table(text or f"vestiging board valid_from valid_to\n{plain}", valid_from="d", valid_to="d")
    return known.with_columns(brin=pl.col("vestiging").str.head(4))


def grant_inputs(
    applications: pl.DataFrame,
    *,
    pupils: str = PUPILS,
    scored: Iterable[str] = (),
    leerplus: Iterable[str] = (),
    left_out: Iterable[str] = (),
    finished: str = FINISHED,
    of_scheme: str = "IOP",
    schools: str | None = None,
) -> GrantInputs:
    """What a decision rests on. A count names a vestiging, or a school for its only one."""
    counted = table(pupils, pupils="i")
    if "brin" in counted.columns:
        counted = counted.select("school_type", "pupils", vestiging=pl.col("brin") + "00")
    reports = table(finished, finished="i").with_row_index("line", 2)
    return GrantInputs(
        applications=applications,
        pupils=counted,
        scored=pl.DataFrame({"brin": list(scored)}, schema={"brin": pl.String}),
        leerplus=pl.DataFrame({"brin": list(leerplus)}, schema={"brin": pl.String}),
        left_out=pl.DataFrame({"brin": list(left_out)}, schema={"brin": pl.String}),
        completions=reports.with_columns(delivery_id=pl.lit("d000010"), scheme=pl.lit(of_scheme)),
        schools=directory(schools),
    )


def decided(subsidy: Subsidy, text: str, **others: object) -> pl.DataFrame:
    """What is decided on the applications of a text."""
    return decide_grants([(subsidy, grant_inputs(applied(text, subsidy.scheme), **others))])


def outcomes(frame: pl.DataFrame) -> list[tuple[str, str, str]]:
    """brin, outcome and amount, in order of receipt."""
    return [
        (brin, outcome, str(amount)) for brin, outcome, amount in frame.select("brin", "outcome", "amount").rows()
    ]


def why(frame: pl.DataFrame) -> str:
    """The reason of the one decision there is."""
    return frame["reason"].item()
