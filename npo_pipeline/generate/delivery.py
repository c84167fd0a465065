"""A whole made-up delivery: register, address lists, scores and reference lists that agree with each other."""

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
from npo_pipeline.generate.lists import (
    ISLANDS,
    decimal_comma,
    made_up_iban,
    write_addresses,
    write_rows,
    write_scores,
)
from npo_pipeline.generate.programme import (
    Applicants,
    make_applications,
    write_applications,
    write_changes,
    write_completions,
)
from npo_pipeline.generate.programme import write_newcomers as write_newcomer_files
from npo_pipeline.generate.register import BATCH, HEADER, PlantedRows, RegisterSpec, batches, plant, rotation
from npo_pipeline.generate.secondary import SecondarySchool, secondary_schools, write_secondary
from schemas import rules

AREAS, MUNICIPAL_SCORES = "samenwerkingsverbanden.csv", "gemeentescores.csv"
LISTED, LEERPLUS = "arbeidsmarkttoelage.csv", "leerplus.csv"
BOARDS, ACCOUNTS = "besturen.csv", "rekeningen.csv"

_LISTED_SHARE, _LEERPLUS_SHARE = 15, 20
"""Percentages of the vestigingen of bao and of vo that are listed, as in the country, and of leerplus schools."""

_LONGEST = 70
"""Characters of the name of an account that a bank takes."""

_MOST_SCORE = 500_000
"""Hundredths; a third of the municipalities has no score."""


_FORMS = (
    "Stichting",
    "Stichting Openbaar Onderwijs",
    "Stichting Katholiek Onderwijs",
    "Vereniging voor Protestants-Christelijk Onderwijs",
    "Scholengroep",
    "Stichting Samenwerkingsbestuur voor Openbaar en Bijzonder Onderwijs",
)
_BEGIN = (
    "Linden",
    "Water",
    "Zonne",
    "Berken",
    "Duin",
    "Eiken",
    "Heide",
    "Meer",
    "Rivier",
    "Sterren",
    "Vlinder",
    "Wind",
)
_END = ("akker", "boog", "dal", "gaard", "hof", "kring", "land", "oever", "poort", "rand", "veld", "wijzer")


@dataclass
class MadeList:
    """Hold a list: its header, its rows, and the planted faults (line, rule)."""

    header: str
    rows: list[list[str]]
    planted: list[tuple[int, str]] = field(default_factory=list)
    """Line, rule."""

    def plant(self, row: list[str], rule: str) -> None:
        """Add a row with a fault."""
        self.rows.append(row)
        self.planted.append((len(self.rows) + 1, rule))


def reference_lists(
    country: Country,
    secondary: Sequence[SecondarySchool],
    towns: Mapping[str, Town],
    *,
    seed: int,
    reference_date: date,
) -> dict[str, MadeList]:
    """Make the lists of a country by the names of their files; a list without rows is left out.

    Args:
        country: its primary education.
        secondary: its secondary education.
        towns: vestiging -> the town it is in.
        seed: of the country.
        reference_date: accounts are from the beginning of the school year that it lies in.
    """
    chance = random.Random(f"{seed} lists")
    mainland = {code for code, town in towns.items() if town.number}
    secondary = [one for one in secondary if one.vestiging.code in mainland]
    areas = [[one.vestiging.code, towns[one.vestiging.code].area] for one in secondary]
    numbers = sorted({town.number for town in towns.values() if town.number})
    scores = [[number, _score(chance), _score(chance)] for number in numbers]
    primary = [[one.code, "po"] for one in country.vestigingen if one.kind == "bo" and one.code in mainland]
    higher = [[one.vestiging.code, "vo_pro" if one.is_pro else "vo"] for one in secondary]
    listed = _drawn(primary, _LISTED_SHARE, chance) + _drawn(higher, _LISTED_SHARE, chance)
    brins = sorted({one.vestiging.brin for one in secondary})
    leerplus = _drawn([[brin, "J"] for brin in brins], _LEERPLUS_SHARE, chance)
    numbers_of_boards = sorted(
        {*(one.board for one in country.vestigingen), *(one.vestiging.board for one in secondary)}
    )
    board_names = _board_names(numbers_of_boards, seed)
    names = {
        **{board: name for board, name in board_names},
        **{area: f"Samenwerkingsverband {area}" for _, area in sorted(areas)},
        **{town.number: f"Gemeente {town.name}" for town in towns.values() if town.number},
    }
    lists = {
        AREAS: MadeList("VESTIGING;SAMENWERKINGSVERBAND", areas),
        MUNICIPAL_SCORES: MadeList("GEMEENTENUMMER;SCORE_2019;SCORE_2020", scores),
        LISTED: MadeList("VESTIGING;LIJST", listed),
        LEERPLUS: MadeList("BRIN_NUMMER;LEERPLUS_2021", leerplus),
        BOARDS: MadeList("BEVOEGD GEZAG NUMMER;BEVOEGD GEZAG NAAM", board_names),
        ACCOUNTS: MadeList("ONTVANGER;IBAN;TENAAMSTELLING;INGANGSDATUM", _accounts(names, seed, reference_date)),
    }
    return {name: made for name, made in lists.items() if made.rows}


def _board_names(boards: Sequence[str], seed: int) -> list[list[str]]:
    """Make a name per board; where there are more boards than names, some boards share one."""
    chance = random.Random(f"{seed} boards")
    names = [f"{form} {begin}{end}" for form in _FORMS for begin in _BEGIN for end in _END]
    chance.shuffle(names)
    return [[board, names[place % len(names)]] for place, board in enumerate(boards)]


def _accounts(names: Mapping[str, str], seed: int, reference_date: date) -> list[list[str]]:
    """Make an account per recipient, from the school year that a date lies in; `names`: recipient -> its name."""
    first = f"{reference_date.year if reference_date.month >= 8 else reference_date.year - 1}0801"
    return [[one, made_up_iban(seed, one), name[:_LONGEST].strip(), first] for one, name in sorted(names.items())]


def _drawn(rows: list[list[str]], percentage: int, chance: random.Random) -> list[list[str]]:
    """Draw a share of the rows, rounded up, in their order."""
    return sorted(chance.sample(rows, -(-len(rows) * percentage // 100)))


def _score(chance: random.Random) -> str:
    return decimal_comma(max(0, chance.randrange(_MOST_SCORE * 3 // 2) - _MOST_SCORE // 2))


def write_lists(out: Path, lists: Mapping[str, MadeList]) -> tuple[tuple[str, int], ...]:
    """Write the lists to a folder; return their names and numbers of rows."""
    for name, made in lists.items():
        write_rows(out / name, made.header, made.rows)
    return tuple((name, len(made.rows)) for name, made in lists.items())


def plant_faults(lists: Mapping[str, MadeList], country: Country, rows: int) -> None:
    """Plant faults in the lists: a contradiction and a wrong IBAN always, and others up to so many rows.

    No register can have these two.

    Args:
        lists: as `reference_lists` makes them.
        country: gives a BRIN that no address list names.
        rows: the number of rows that may be wrong.
    """
    stranger = country.unlisted_brins[-1]
    first = {name: made.rows[0][0] for name, made in lists.items()}
    contradicted = lists.get(AREAS) or lists.get(LISTED) or lists[MUNICIPAL_SCORES]
    _contradict(contradicted)
    recipient, iban, name, day = lists[ACCOUNTS].rows[0]
    lists[ACCOUNTS].plant([recipient, _mistyped(iban), name, day], rules.INVALID_IBAN)
    others = [
        (AREAS, [f"{stranger}00", "VO2201"], rules.UNKNOWN_SCHOOL),
        (LISTED, [f"{stranger}00", "po"], rules.UNKNOWN_SCHOOL),
        (MUNICIPAL_SCORES, ["0001", "-1,00", "0,00"], rules.NEGATIVE),
        (MUNICIPAL_SCORES, ["0001", "0,00", "veel"], rules.NOT_A_NUMBER),
        (LEERPLUS, [stranger, "J"], rules.UNKNOWN_SCHOOL),
        (AREAS, [first.get(AREAS, ""), "2201"], rules.UNKNOWN_CODE),
        (LISTED, [first.get(LISTED, ""), "so"], rules.UNKNOWN_CODE),
        (LEERPLUS, [first.get(LEERPLUS, ""), "ja"], rules.UNKNOWN_CODE),
        (ACCOUNTS, [recipient, "BE71096123456769", name, day], rules.INVALID_IBAN),
        (ACCOUNTS, [recipient, iban, "", day], rules.MISSING_VALUE),
    ]
    for name, row, rule in [one for one in others if one[0] in lists][: max(0, rows - 2)]:
        lists[name].plant(row, rule)


def _mistyped(iban: str) -> str:
    """Return an IBAN with another last digit: its check digits are wrong then."""
    return f"{iban[:-1]}{(int(iban[-1]) + 1) % 10}"


def _contradict(made: MadeList) -> None:
    """Add a row that contradicts the last one: none of the two counts."""
    subject, *values = made.rows[-1]
    other = {"po": "vo", "vo": "po", "vo_pro": "vo"}.get(values[0], "VO9999")
    if len(values) > 1:
        other = "0,01"
    made.planted.append((len(made.rows) + 1, rules.CONTRADICTION))
    made.plant([subject, other, *values[1:]], rules.CONTRADICTION)


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
        lists = reference_lists(
            country, schools, {**towns, **secondary.towns}, seed=seed, reference_date=reference_date
        )
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
