"""Which of several files is believed when they count the same pupils, and where the others differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from npo_pipeline.delivery import kinds

PUPILS_PO, PUPILS_VO, CUMI, SCORES, NEWCOMERS = "pupils_po", "pupils_vo", "cumi", "scores", "newcomers"

ORDER: Mapping[str, tuple[str, ...]] = {
    PUPILS_PO: (kinds.REGISTER_PO.name, kinds.PUPILS_PO_CLUSTER.name, kinds.PUPILS_PO.name),
    PUPILS_VO: (kinds.REGISTER_VO.name, kinds.PUPILS_VO.name),
    CUMI: (kinds.REGISTER_PO.name, kinds.CUMI.name),
    SCORES: (kinds.SCORES.name,),
    NEWCOMERS: (kinds.NEWCOMERS_VO.name,),
}
"""For each thing counted, the kinds of file that count it, the most trusted first: the register wins, then
the file with clusters, then the one without."""

KEY = ["vestiging", "school_type"]


def select_sources(live: pl.DataFrame) -> dict[str, list[str]]:
    """Choose the deliveries that count, among the live ones of a reference date.

    Args:
        live: delivery_id, kind.

    Returns:
        What is counted -> the delivery_ids used for it (several when a register came in parts).
    """
    chosen = {}
    for subject, order in ORDER.items():
        for kind in order:
            found = live.filter(pl.col("kind") == kind)["delivery_id"].sort().to_list()
            if found:
                chosen[subject] = found
                break
    return chosen


def rows_of_deliveries(rows: pl.DataFrame, deliveries: Sequence[str]) -> pl.DataFrame:
    """The rows (delivery_id, ...) that came with some deliveries."""
    return rows.filter(pl.col("delivery_id").is_in(list(deliveries)))


def differences(live: pl.DataFrame, counts: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Compare the files that are not used with the one that is, school by school.

    The pupils that CBS counted for its score are compared with the bao pupils: the formula of the score
    rests on them (domain notes, section 2; they agreed for all 6,295 vestigingen of 1-10-2019).

    Args:
        live: delivery_id, kind, file of one reference date.
        counts: delivery_id, vestiging, school_type, pupils, cumi_pupils.
        scores: delivery_id, vestiging, pupils.

    Returns:
        vestiging, school_type, measure, used, used_delivery, other, other_delivery, message.
    """
    chosen, files = select_sources(live), dict(live.select("delivery_id", "file").iter_rows())
    parts = []
    for subject, measure in ((PUPILS_PO, "pupils"), (PUPILS_VO, "pupils"), (CUMI, "cumi_pupils")):
        ours = chosen.get(subject, [])
        kind_of = dict(live.select("delivery_id", "kind").iter_rows())
        for kind in ORDER[subject]:
            theirs = [name for name, other in kind_of.items() if other == kind and name not in ours]
            if ours and theirs:
                parts.append(_compared(counts, counts, measure, ours, theirs, files))
    theirs = chosen.get(SCORES, [])
    scored = scores_by_type(scores, counts)
    for subject, school_type in ((PUPILS_PO, "bao"), (PUPILS_VO, "vo")):
        ours, of_type = chosen.get(subject, []), scored.filter(pl.col("school_type") == school_type)
        if ours and of_type.height:
            # A score of which CBS counted pupils, and the register none at all, is told of too.
            nobody = scored.filter(pl.col("school_type").is_null() & pl.lit(school_type == "bao"))
            of_type = pl.concat([of_type, nobody.with_columns(school_type=pl.lit(school_type))])
            mine = counts.filter(pl.col("school_type").str.starts_with(school_type))
            mine = mine.with_columns(school_type=pl.lit(school_type))
            parts.append(_compared(mine, of_type, "pupils", ours, theirs, files))
    return pl.concat([_NONE, *parts]).sort(*KEY, "measure", "other_delivery")


def scores_by_type(scores: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Say of each score whether it is of a bao or a vo school: CBS publishes both in the same form.

    A score is vo when vo pupils are counted at its vestiging and bao when bao pupils are, whatever file
    came first. Where neither are counted nothing says which of the two it is.

    Args:
        scores: vestiging, ...
        counts: vestiging, school_type, pupils of the same reference date.

    Returns:
        The scores with `school_type`: `bao`, `vo`, or null.
    """

    def counted(*types: str) -> pl.Expr:
        there = counts.filter(pl.col("school_type").is_in(types) & (pl.col("pupils") > 0))["vestiging"].unique()
        return pl.col("vestiging").is_in(there.implode())

    is_vo, is_bao = counted("vo", "vo_pro_vbo"), counted("bao")
    return scores.with_columns(
        school_type=pl.when(is_vo).then(pl.lit("vo")).when(is_bao).then(pl.lit("bao")).otherwise(None)
    )


_NONE = pl.DataFrame(
    schema={
        "vestiging": pl.String,
        "school_type": pl.String,
        "measure": pl.String,
        "used": pl.Decimal(18, 2),
        "used_delivery": pl.String,
        "other": pl.Decimal(18, 2),
        "other_delivery": pl.String,
        "message": pl.String,
    }
)


def _compared(
    ours: pl.DataFrame, theirs: pl.DataFrame, measure: str, our: list[str], their: list[str], files: dict[str, str]
) -> pl.DataFrame:
    both = _summed(ours, measure, our, "used").join(
        _summed(theirs, measure, their, "other"), on=KEY, how="full", coalesce=True
    )
    apart = both.filter(pl.col("used").fill_null(0) != pl.col("other").fill_null(0))
    thing = "cumi pupils" if measure == "cumi_pupils" else "pupils"
    here, there = pl.lit(f" {thing} from {files[our[0]]}, which is used, "), pl.lit(f" from {files[their[0]]}")
    ours_told = pl.col("used").cast(pl.String).fill_null("no")
    theirs_told = pl.col("other").cast(pl.String).fill_null("none")
    shown = pl.concat_str("vestiging", pl.lit(": "), ours_told, here, theirs_told, there)
    return apart.select(
        *KEY,
        measure=pl.lit(measure),
        used=pl.col("used").cast(pl.Decimal(18, 2)),
        used_delivery=pl.lit(our[0]),
        other=pl.col("other").cast(pl.Decimal(18, 2)),
        other_delivery=pl.lit(their[0]),
        message=shown,
    )


def _summed(frame: pl.DataFrame, measure: str, deliveries: list[str], name: str) -> pl.DataFrame:
    mine = frame.filter(pl.col("delivery_id").is_in(deliveries) & pl.col(measure).is_not_null())
    return mine.group_by(KEY).agg(pl.col(measure).sum().alias(name)).filter(pl.col(name) > 0)
