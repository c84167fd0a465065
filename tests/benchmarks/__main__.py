"""How fast and how big, as ratios in one run: `make bench`, or with fewer rounds `... --rounds 1 --small-only`.

2.4 million pupils of 1,000 boards in one register, then 24 million; in a register as it is, one row in 2,000 has a
fault (`DIRTY`). The three commands are three processes, in a new home each round; the yardsticks run in between,
so that all see the same machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from tests.benchmarks.accounts import LIMITS, accounts
from tests.benchmarks.dirty_registers import LIMITED, MOST_TIMES_CLEAN, SHARES, dirty_registers
from tests.benchmarks.measure import Cost, added, median, run
from tests.benchmarks.recalibration import MOST_SECONDS, MOST_TIMES_FIRST, MOST_TIMES_MONTH_ONE, recalibration
from tests.benchmarks.specifications import MOST_SECONDS as MOST_FOR_SPECIFICATIONS
from tests.benchmarks.specifications import specifications
from tests.benchmarks.verification import MOST_TIMES_FIRST_DECIDE, RUNS, verification

HERE = Path(__file__).parent
PYTHON = sys.executable
NPO = str(Path(PYTHON).with_name("npo"))
DIRTY = "0.0005"


def main() -> None:
    """Measure, and print the figures with their limits."""
    # A payment run is measured by what it settles; the files that it writes for boards have a bound of their own.
    os.environ["NPO_SPECIFICATIONS"] = "0"
    wishes = _wishes()
    work = Path(wishes.folder)
    small = _country(work, "country-2.4m")
    rounds = [_round(work, small, wishes.pandas) for _ in range(wishes.rounds)]
    costs = {name: median([one[name] for one in rounds]) for name in rounds[0]}
    _show(f"2.4 million pupils, 1,000 boards, faults {DIRTY}", costs)
    ours, bare = costs["ingest + decide + pay"], costs["bare polars"]
    _ratio("against the bare polars script", ours.seconds / bare.seconds, 6)
    if "pandas" in costs:
        _ratio("against counting in pandas", ours.seconds / costs["pandas"].seconds, 1)
    _limit("peak memory", ours.mebibytes, 2.5 * 1024)
    help_cost = median([run([NPO, "--help"])[0] for _ in range(5)])
    print(f"npo --help: {help_cost.seconds:.2f} s (at most 0.3)\n")
    _specifications(work, wishes.rounds)
    _dirty_registers(work, wishes.rounds)
    later = _country(work, "country-2.4m-2021", day="2021-10-01")
    _verification(work, small, later, wishes.rounds)
    _recalibration(work, small, later, wishes.rounds)
    _accounts(work, small, wishes.rounds)
    if wishes.small_only:
        return
    large = _country(work, "country-24m", 24_000_000)
    cost = {name: one for name, one in _ours(work, large).items()}
    _show("24 million pupils", cost)
    _ratio("against 2.4 million", cost["ingest + decide + pay"].seconds / ours.seconds, 11)
    _limit("peak memory", cost["ingest + decide + pay"].mebibytes, 4 * 1024)
    shutil.rmtree(large)


def _specifications(work: Path, rounds: int) -> None:
    costs = specifications(NPO, work / "home", rounds)
    print("\nThe specifications of a month, of 1,000 boards (seconds, and those of the processors)")
    for name, cost in costs.items():
        late = "" if cost.seconds <= MOST_FOR_SPECIFICATIONS else "  TOO SLOW"
        print(
            f"  {name:32} {cost.seconds:8.2f} s {cost.processor:8.2f} s (at most {MOST_FOR_SPECIFICATIONS}){late}"
        )


def _dirty_registers(work: Path, rounds: int) -> None:
    countries = {
        share: _country(work, "country-2.4m" if share == DIRTY else f"country-2.4m-{share}", faults=share)
        for share in SHARES
    }
    costs = dirty_registers(NPO, work, countries, rounds)
    print("\nIngest of a register with faults, and of the same as a corrected delivery (processor seconds)")
    clean = costs["0"].processor
    for name, cost in costs.items():
        ratio = cost.processor / clean
        print(f"  {name:24} {cost.processor:8.2f} s {cost.mebibytes:8,.0f} MiB {ratio:6.2f}x")
    _ratio(f"faults {LIMITED} against none", costs[LIMITED].processor / clean, MOST_TIMES_CLEAN)
    _ratio("its memory", costs[LIMITED].mebibytes / costs["0"].mebibytes, MOST_TIMES_CLEAN)


def _verification(work: Path, first_year: Path, second_year: Path, rounds: int) -> None:
    decide, verify = verification(NPO, work, first_year, second_year, rounds)
    print(f"\nVerify of two school years, {RUNS} payment runs (processor seconds)")
    for name, cost in (("first decide", decide), ("verify", verify)):
        print(f"  {name:24} {cost.processor:8.2f} s {cost.mebibytes:8,.0f} MiB")
    _ratio("against the first decide", verify.processor / decide.processor, MOST_TIMES_FIRST_DECIDE)


def _recalibration(work: Path, first_year: Path, later: Path, rounds: int) -> None:
    costs = dict(recalibration(NPO, work, first_year, later, rounds))
    _show("A recalibration, and two school years", costs)
    again = costs["decide after one changed rate"].seconds
    print(f"  decide after one changed rate: {again:.2f} s (at most {MOST_SECONDS})")
    _ratio("against the first decide", again / costs["first decide"].seconds, MOST_TIMES_FIRST)
    months = [costs[name].seconds for name in ("pay of the last month", "pay of month 1")]
    _ratio("the last month against the first", months[0] / months[1], MOST_TIMES_MONTH_ONE)


def _accounts(work: Path, country: Path, rounds: int) -> None:
    seconds, counts, one = accounts(NPO, work, country, rounds)
    seconds |= {
        "fast checks": seconds["fast checks: facts"] + seconds["fast checks: files"],
        "one board": one.seconds,
    }
    print(f"\nThe accounts of a year: {', '.join(f'{number:,} {name}' for name, number in counts.items())}")
    for name, value in seconds.items():
        limit = f" (at most {LIMITS[name]})" if name in LIMITS else ""
        print(f"  {name:32} {value:8.2f} s{limit}{'' if value <= LIMITS.get(name, value) else '  TOO SLOW'}")
    for name in ("all packs", "fast checks"):
        print(f"  {name} against Arelle's full check: {seconds[name] / seconds['Arelle, full check']:.2f}x")


def _wishes() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--folder", default="bench", help="where the countries are made")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pandas", help="a python that has pandas")
    parser.add_argument("--small-only", action="store_true", help="leave 24 million pupils out")
    return parser.parse_args()


_BESIDE = (
    "*-vo.csv",
    "arbeidsmarkttoelage.csv",
    "gemeentescores.csv",
    "leerplus.csv",
    "rekeningen.csv",
    "samenwerkingsverbanden.csv",
)
"""Files that the yardsticks do not count: both sides read the primary schools alone, as they always did."""


def _country(
    work: Path, name: str, pupils: int = 2_400_000, *, day: str = "2020-10-01", faults: str = DIRTY
) -> Path:
    out = work / name
    if not out.exists():
        size = ["--boards", "1000", "--pupils", str(pupils), "--seed", "1", "--reference-date", day]
        size += ["--faults", faults] if faults != "0" else []
        cost, _ = run([NPO, "generate", str(out), *size])
        print(f"npo generate {pupils:,} pupils: {cost.seconds:.1f} s, {cost.mebibytes:,.0f} MiB")
    for pattern in _BESIDE:
        for path in out.glob(pattern):
            path.unlink()
    return out


def _round(work: Path, country: Path, pandas: str | None) -> dict[str, Cost]:
    register = str(country / "leerlingen-po.csv")
    bare, counted = run([PYTHON, str(HERE / "bare.py"), register, str(work / "bare.duckdb")])
    costs = {"bare polars": bare, **_ours(work, country)}
    if pandas:
        costs["pandas"], again = run([pandas, str(HERE / "with_pandas.py"), register])
        if counted != again:
            raise SystemExit(f"polars counts {counted}, pandas {again}")
    return costs


def _ours(work: Path, country: Path) -> dict[str, Cost]:
    home = work / "home"
    shutil.rmtree(home, ignore_errors=True)
    where = ["--home", str(home)]
    costs = {
        "ingest": run([NPO, "ingest", str(country), "--reference-date", "2020-10-01", *where])[0],
        "decide": run([NPO, "decide", "--school-year", "2021-2022", *where])[0],
        "pay": run([NPO, "pay", "--month", "2021-09", *where])[0],
    }
    return {**costs, "ingest + decide + pay": added(list(costs.values()))}


def _show(title: str, costs: dict[str, Cost]) -> None:
    print(f"\n{title}")
    for name, cost in costs.items():
        print(f"  {name:24} {cost.seconds:8.2f} s {cost.mebibytes:8,.0f} MiB")


def _ratio(what: str, ratio: float, limit: float) -> None:
    print(f"  {what}: {ratio:.2f}x (at most {limit}x){'' if ratio <= limit else '  TOO SLOW'}")


def _limit(what: str, mebibytes: float, limit: float) -> None:
    print(f"  {what}: {mebibytes:,.0f} MiB (at most {limit:,.0f}){'' if mebibytes <= limit else '  TOO MUCH'}")


main()
