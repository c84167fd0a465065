"""A whole made-up delivery: register, address lists and scores that agree with each other."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.generate.country import Country, Town, Vestiging, make_country
from npo_pipeline.generate.lists import ISLANDS, write_addresses, write_scores
from npo_pipeline.generate.programme import (
    Applicants,
    make_applications,
    write_applications,
    write_changes,
    write_completions,
)
from npo_pipeline.generate.programme import write_newcomers as write_newcomer_files
from npo_pipeline.generate.reference_lists import plant_faults, reference_lists, write_lists
from npo_pipeline.generate.register import BATCH, HEADER, PlantedRows, RegisterSpec, batches, plant, rotation
from npo_pipeline.generate.secondary import SecondarySchool, secondary_schools, write_secondary

REGISTER, SCORES, PLANTED = "leerlingen-po.csv", "achterstandsscores.csv", "planted.csv"
MOST_FAULTS = Decimal("0.5")

_SHARE_OF_LISTS = 4
"""Reference lists have a fault for every four in the register, and a contradiction always."""


@dataclass(frozen=True)
class Report:
    """Report the files with their rows, the pupils that count on the reference date, and the faults by rule."""

    files: tuple[tuple[str, int], ...]
    pupils: int
    planted: Mapping[str, int]


def write_delivery(
    out: Path,
    *,
    boards: int,
    pupils: int,
    seed: int,
    reference_date: date,
    faults: Decimal | Fraction = Decimal(0),
    applications: bool = False,
    programme: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
    batch: int = BATCH,
) -> Report:
    """Write a delivery to a folder, the same bytes for the same seed, in constant memory.

    Args:
        out: a new or empty folder.
        boards: number of boards.
        pupils: number of pupils of primary education (moves make the rows of its register a few more).
        seed: any whole number.
        reference_date: the date the delivery is for.
        faults: share of pupils with a planted fault; they are listed in `planted.csv`.
        applications: whether boards and regions apply for subsidies too.
        programme: whether to add all else that the programme takes in: applications and the participants who
            finished, schools in Caribisch Nederland, and changes of schools.
        progress: is called with the pupils written so far, and how many there are.
        batch: pupils in memory at a time.

    Raises:
        Refused: the folder is not empty, or the size makes no country.
    """
    _refuse_impossible(out, boards, pupils, faults)
    chance = random.Random(seed)
    country = make_country(boards, pupils, chance)
    # Never more than the asked share, and with few pupils as many as it takes for each rule to occur once.
    one_fault_in = max(2, min(int(1 / faults), max(pupils // len(rotation(country)), 2))) if faults else 0
    spec = RegisterSpec(pupils, seed, reference_date, one_fault_in)
    try:
        out.mkdir(parents=True, exist_ok=True)
        written = _write_register(out, country, spec, batch=batch, progress=progress)
        schools = secondary_schools(country, pupils, seed)
        islands = _islanders(country, schools) if programme else {}
        addresses, towns = write_addresses(out, country, chance, islands)
        in_europe = {code: count for code, count in written.bao.items() if towns[code].number}
        scored, bad_scores = write_scores(out, country, in_europe, chance, faults=bool(faults))
        secondary = write_secondary(out, schools, seed, reference_date, islands=islands)
        lists = reference_lists(country, schools, {**towns, **secondary.towns}, seed)
        if faults:
            plant_faults(lists, country, int(pupils * faults) // _SHARE_OF_LISTS)
        listed_files = list(write_lists(out, lists))
        if applications or programme:
            everywhere = {**towns, **secondary.towns}
            applied = make_applications(_applicants(country, schools, everywhere, pupils), seed)
            listed_files.append(write_applications(out, applied))
        if programme:
            listed_files += write_completions(out, applied, seed)
            listed_files += write_changes(out, _in_europe(country, towns), seed, reference_date)
        planted = [(SCORES, line, rule) for line, rule in bad_scores] + written.planted
        planted += [(name, line, rule) for name, made in lists.items() for line, rule in made.planted]
        if faults:
            listed = pl.DataFrame(sorted(planted), schema=["file", "line", "rule"], orient="row")
            listed.write_csv(out / PLANTED)
    except OSError as error:
        raise Refused(f"{out}: cannot be written ({error.strerror})") from error
    files = ((REGISTER, written.rows), *addresses, *scored, *secondary.files, *listed_files)
    by_rule = dict(sorted(Counter(rule for *_, rule in planted).items()))
    return Report(files, written.counting + secondary.pupils, by_rule)


def write_newcomers(
    out: Path, *, boards: int, pupils: int, seed: int, reference_date: date
) -> tuple[tuple[str, int], ...]:
    """Write the newcomers of the country of a delivery, a file per day of counting around its reference date.

    They are a delivery of their own, because each file has a date of its own. Return the files with their rows.

    Raises:
        Refused: the folder is not empty, the size makes no country, or one without secondary education.
    """
    _refuse_impossible(out, boards, pupils, Decimal(0))
    schools = secondary_schools(make_country(boards, pupils, random.Random(seed)), pupils, seed)
    try:
        out.mkdir(parents=True, exist_ok=True)
        files = tuple(write_newcomer_files(out, schools, seed, reference_date))
    except OSError as error:
        raise Refused(f"{out}: cannot be written ({error.strerror})") from error
    if not files:
        raise Refused("a country of this size has no secondary education, so no newcomers; take more pupils")
    return files


def _islanders(country: Country, schools: Sequence[SecondarySchool]) -> dict[str, Town]:
    """Settle the smallest boards with bao, and vo without praktijkonderwijs, in Caribisch Nederland.

    Each has an island, and no school elsewhere. Return the island of each vestiging; a small country has none.
    """
    of_board: dict[str, list[Vestiging]] = {}
    for one in (*country.vestigingen, *(one.vestiging for one in schools)):
        of_board.setdefault(one.board, []).append(one)
    pro = {one.vestiging.board for one in schools if one.structure.startswith("PRO")}
    there = [
        (len({one.kind for one in own}) == 1, len(own), board)
        for board, own in of_board.items()
        if {"bo"} <= {one.kind for one in own} <= {"bo", "vo"} and board not in pro
    ]
    if len(of_board) < 2 * len(ISLANDS):
        return {}
    chosen = [board for _, _, board in sorted(there)[: len(ISLANDS)]]
    return {one.code: town for board, town in zip(chosen, ISLANDS, strict=False) for one in of_board[board]}


def _in_europe(country: Country, towns: Mapping[str, Town]) -> list[Vestiging]:
    return [one for one in country.vestigingen if towns[one.code].number]


def _applicants(
    country: Country, schools: Sequence[SecondarySchool], towns: Mapping[str, Town], pupils: int
) -> Applicants:
    """Return who may apply for subsidies: nobody in Caribisch Nederland."""
    everywhere = [*country.vestigingen, *(one.vestiging for one in schools)]
    return Applicants([one for one in everywhere if towns[one.code].number], towns, pupils)


@dataclass
class _Written:
    """Count the rows, the counting pupils, those of bao per vestiging, and the planted faults of a register."""

    rows: int = 0
    counting: int = 0
    bao: Counter[str] = field(default_factory=Counter)
    planted: list[tuple[str, int, str]] = field(default_factory=list)


def _write_register(
    out: Path, country: Country, spec: RegisterSpec, *, batch: int, progress: Callable[[int, int], None]
) -> _Written:
    done = _Written()
    with (out / REGISTER).open("wb") as file:
        file.write(";".join(HEADER).encode() + b"\n")
        for number, rows in enumerate(batches(country, spec, batch), 1):
            planted = PlantedRows(rows.with_columns(rule=pl.lit(None, pl.String)))
            if spec.one_fault_in:
                planted = plant(rows, country, spec.reference_date)
            planted.select(HEADER).write_csv(file, include_header=False, separator=";", quote_style="never")
            _add_batch(done, planted, spec.reference_date)
            progress(min(number * batch, spec.pupils), spec.pupils)
    return done


def _add_batch(done: _Written, rows: PlantedRows, on: date) -> None:
    """Count the pupils that count, as a reader of the register must find them, and list the planted faults."""
    day, leaves = f"{on:%Y%m%d}", pl.col("DATUM_UIT")
    counts = (pl.col("BEKOSTIGD") == "J") & (pl.col("DATUM_IN") <= day) & ((leaves == "") | (leaves > day))
    right = rows.filter(counts & pl.col("rule").is_null())
    done.counting += right.height
    bao = right.filter(pl.col("SOORT_PO") == "Bo")
    done.bao.update(dict(bao.group_by(pl.concat_str("BRIN_NUMMER", "VESTIGINGSNUMMER")).len().iter_rows()))
    wrong = rows.with_row_index("line", offset=done.rows + 2).filter(pl.col("rule").is_not_null())
    done.planted += [(REGISTER, line, rule) for line, rule in wrong.select("line", "rule").iter_rows()]
    done.rows += rows.height


def _refuse_impossible(out: Path, boards: int, pupils: int, faults: Decimal | Fraction) -> None:
    if boards < 1 or pupils < 1 or boards > pupils:
        raise Refused(f"{boards} boards with {pupils} pupils make no country; take at least one pupil per board")
    if (isinstance(faults, Decimal) and not faults.is_finite()) or not 0 <= faults <= MOST_FAULTS:
        raise Refused(f"a share of {faults} broken rows makes no register; take at most {MOST_FAULTS}")
    if boards > 20_000:
        raise Refused("at most 20,000 boards: there are not enough BRIN numbers for more")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refused(f"{out}: is there already and not empty; name a new folder")
