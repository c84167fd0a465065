"""The yardstick: polars counts and multiplies, DuckDB gets a table. No checks, no history, no books."""

import sys

import duckdb
import polars as pl

RATES = {"Bo": 70116, "Sbo": 105174, "So": 140231, "Vso": 140231}


def main(register: str, database: str) -> None:
    day = "20201001"
    leaves = pl.col("DATUM_UIT")
    counts = (pl.col("BEKOSTIGD") == "J") & (pl.col("DATUM_IN") <= day) & (leaves.is_null() | (leaves > day))
    amounts = (
        pl.scan_csv(register, separator=";", infer_schema=False)
        .filter(counts)
        .group_by("BRIN_NUMMER", "VESTIGINGSNUMMER", "SOORT_PO")
        .agg(pupils=pl.len())
        .with_columns(cents=pl.col("pupils") * pl.col("SOORT_PO").replace_strict(RATES))
        .collect()
    )
    with duckdb.connect(database) as connection:
        connection.register("amounts", amounts.to_arrow())
        connection.execute("create or replace table entitlements as select * from amounts")
    print(amounts["pupils"].sum())


main(*sys.argv[1:])
