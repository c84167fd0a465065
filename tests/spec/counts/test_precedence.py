"""Several files that count the same pupils: the one that is used, and the differences of the others."""

import polars as pl

from npo_pipeline.intake.source_precedence import differences, select_sources
from tests.reading import rows, table

NO_SCORES = table("delivery_id vestiging pupils\n d9 01AA00 0", pupils="i").clear()


def live(*kinds: str) -> pl.DataFrame:
    names = [f"d{number}" for number, _ in enumerate(kinds, 1)]
    return pl.DataFrame({"delivery_id": names, "kind": kinds, "file": [f"{kind}.csv" for kind in kinds]})


def test_the_register_wins_then_the_file_with_clusters_then_the_one_without():
    assert select_sources(live("pupils_po", "pupils_po_cluster", "register_po"))["pupils_po"] == ["d3"]
    assert select_sources(live("pupils_po", "pupils_po_cluster"))["pupils_po"] == ["d2"]
    assert select_sources(live("pupils_po"))["pupils_po"] == ["d1"]


def test_a_register_in_parts_is_used_whole():
    assert select_sources(live("register_po", "register_po"))["pupils_po"] == ["d1", "d2"]


def test_cumi_pupils_come_from_the_register_where_there_is_one():
    assert select_sources(live("cumi", "register_po"))["cumi"] == ["d2"]
    assert select_sources(live("cumi", "pupils_po"))["cumi"] == ["d1"]
    assert "cumi" not in select_sources(live("pupils_po"))


COUNTS = table(
    """
    delivery_id  vestiging  school_type  pupils  cumi_pupils
    d1           01AA00     bao          100     -
    d1           01AB00     bao          50      -
    d2           01AA00     bao          99      -
    d2           01AC00     bao          7       -
    """,
    pupils="i",
    cumi_pupils="i",
)


def test_differences_are_told_school_by_school():
    found = differences(live("register_po", "pupils_po"), COUNTS, NO_SCORES)
    assert [
        (v, None if u is None else int(u), None if o is None else int(o))
        for v, u, o in rows(found, "vestiging", "used", "other")
    ] == [
        ("01AA00", 100, 99),
        ("01AB00", 50, None),
        ("01AC00", None, 7),
    ]
    assert found["message"][0] == "01AA00: 100 pupils from register_po.csv, which is used, 99 from pupils_po.csv"


def test_files_that_agree_have_no_differences():
    same = pl.concat(
        [
            COUNTS.filter(pl.col("delivery_id") == "d1"),
            COUNTS.filter(pl.col("delivery_id") == "d1").with_columns(delivery_id=pl.lit("d2")),
        ]
    )
    assert differences(live("register_po", "pupils_po"), same, NO_SCORES).is_empty()


def test_the_pupils_that_cbs_counted_are_compared_with_the_bao_pupils():
    scores = table("delivery_id vestiging pupils\n d2 01AA00 100\n d2 01AB00 51", pupils="i")
    found = differences(live("register_po", "scores"), COUNTS.filter(pl.col("delivery_id") == "d1"), scores)
    assert rows(found, "vestiging", "other_delivery") == [("01AB00", "d2")]


def test_cumi_pupils_of_the_register_are_compared_with_those_of_duo():
    counts = table(
        """
        delivery_id  vestiging  school_type  pupils  cumi_pupils
        d1           01AA00     so           20      6
        d1           01AB00     so           20      5
        d2           01AA00     so           -       7
        d2           01AB00     so           -       5
        """,
        pupils="i",
        cumi_pupils="i",
    )
    found = differences(live("register_po", "cumi"), counts, NO_SCORES)
    assert rows(found, "vestiging", "measure") == [("01AA00", "cumi_pupils")]
    assert found["message"][0] == "01AA00: 6 cumi pupils from register_po.csv, which is used, 7 from cumi.csv"


def test_the_clusters_of_a_school_add_up_before_they_are_compared():
    counts = table(
        """
        delivery_id  vestiging  school_type  cluster  pupils  cumi_pupils
        d1           01AA00     so           2        3       -
        d1           01AA00     so           3/4      4       -
        d2           01AA00     so           -        7       -
        """,
        pupils="i",
        cumi_pupils="i",
    )
    assert differences(live("pupils_po_cluster", "pupils_po"), counts, NO_SCORES).is_empty()


def test_a_file_may_have_any_name():
    odd = live("register_po", "pupils_po").with_columns(file=pl.lit("leerlingen {} {0}.csv"))
    assert "leerlingen {} {0}.csv" in differences(odd, COUNTS, NO_SCORES)["message"][0]
