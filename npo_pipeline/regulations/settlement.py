"""How corrections are settled, and what a closure does to what is not yet due."""

from __future__ import annotations

from typing import Literal

from npo_pipeline.regulations.cited import Part


class Settlement(Part):
    """What happens when less or more turns out to be due than was paid.

    `corrections`: `next_payment` settles all of it in the payment that follows; `spread` in equal parts over the
    months of payment that remain. `floor_zero`: whether a month never takes back more than it would pay; the
    rest waits, and is claimed after the last month of payment. `closure`: whether the instalments of a school
    that closes end, or run on until the end of the year.
    """

    corrections: Literal["next_payment", "spread"] = "next_payment"
    floor_zero: Literal["yes", "no"] = "no"
    closure: Literal["stops", "runs_out"] = "stops"
