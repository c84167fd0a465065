"""Numbers, money, days and words of a language: written in this one place, the same on every surface.

The functions of this module write Dutch: thousands `.`, decimals `,`, `€` or `US$` before an amount, `5 juni 2021`
in a sentence and `05-06-2021` in a table. Those that end in `_expr` do the same for a column of a frame. Another
language is another `Language`.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from npo_pipeline.measures import BY_NAME, MEASURES

if TYPE_CHECKING:
    import polars as pl

SIGNS: Mapping[str, str] = {"EUR": "€", "USD": "US$"}
CAUSES: Mapping[str, str] = {
    "first_decision": "eerste besluit",
    "reference_count": "ander aantal leerlingen",
    "score_correction": "andere score",
    "rate_change": "ander bedrag per leerling",
    "amendment": "andere regels",
    "merger": "fusie",
    "closure": "sluiting",
    "opening": "opening",
    "board_transfer": "overdracht die later bekend werd",
    "code": "andere berekening",
}
"""The causes of view `receivables`, in a few words."""

CURRENCIES: Mapping[str, str] = {"EUR": "euro", "USD": "Amerikaanse dollar"}
SEVERITIES: Mapping[str, str] = {"error": "fout", "warning": "waarschuwing", "note": "opmerking"}
BASES: Mapping[str, str] = {"law": "wet", "programme": "programma", "choice": "keuze"}
MANNERS: Mapping[str, str] = {
    "npo_answers": "vragen via XBRL over het NPO",
    "other_answers": "vragen via XBRL van een andere regeling",
    "overview": "apart overzicht van Caribisch Nederland",
    "annual_report": "alleen het jaarverslag",
}
"""The manners of accounting, besides the annual report, which holds all money."""

TRANSFER_STATES: Mapping[str, str] = {
    "open": "nog niet vrijgegeven",
    "withheld": "ingehouden",
    "sent": "aangeboden aan de bank",
    "accepted": "aangenomen door de bank",
    "booked": "betaald door de bank",
    "rejected": "geweigerd door de bank",
    "returned": "teruggekomen van de bank",
}
"""The states of a payment on its way to an account, with those of money that is in no transfer."""

PAYMENT_REASONS: Mapping[str, str] = {
    "instalment": "termijn",
    "correction": "correctie",
    "withheld": "ingehouden",
}
"""The reasons of a payment, and of an amount to come that no transfer holds."""

WITHHELD: Mapping[str, str] = {
    "not_above_zero": "het saldo niet boven nul is; het wordt verrekend met de volgende betaling",
    "no_account": "er geen rekeningnummer bekend is",
}
"""The reasons for which a payment is withheld, to follow `ingehouden omdat`."""

MANNER_NOT_KNOWN = "niet bekend"
SHORT_MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")

_RATE_OF = "rate of "

_SMALL = re.compile("aan|ad|bij|ca|de|den|der|een|en|gem|het|in|op|ten|ter|te|van")
_PROVINCES = frozenset(("DR", "FR", "GLD", "GN", "L", "LB", "NB", "NH", "OV", "UT", "ZH", "ZLD"))
"""Put by DUO behind a name that occurs in two provinces."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """Hold the notation, the vocabulary and the sentences of a language.

    `decimal_point`, `thousands`: the separators of a number. `conjunction`: between the last two items of a list.
    `components`, `school_types`: their names. `in_school_type`: the place of pupils of a school type. `units`:
    measure -> one and many of it. `rate_units`: the unit of a rate in the rules -> its name. `values`: of rules.
    `rate_of`: the rate for some school types. `statuses`: clauses on the status of a value. `sentences`: with gaps
    in braces, for explanations. A name without a word here is shown as the rules write it.
    """

    code: str
    decimal_point: str
    thousands: str
    conjunction: str
    months: Sequence[str]
    components: Mapping[str, str]
    school_types: Mapping[str, str]
    in_school_type: Mapping[str, str]
    units: Mapping[str, tuple[str, str]]
    rate_units: Mapping[str, str]
    statuses: Mapping[str, str]
    values: Mapping[str, str]
    rate_of: str
    sentences: Mapping[str, str] = field(default_factory=dict)

    def say(self, sentence: str, /, **words: str) -> str:
        """Fill the gaps of a sentence."""
        return self.sentences[sentence].format_map(words)

    def number(self, value: Decimal | int, places: int = 0) -> str:
        """Write a number with all its decimals, and at least `places`: nothing is rounded away, and -0 is 0."""
        exact = Decimal(value)
        whole, _, decimals = f"{exact if exact else exact.copy_abs():,f}".partition(".")
        whole, decimals = whole.replace(",", self.thousands), decimals.rstrip("0").ljust(places, "0")
        return f"{whole}{self.decimal_point}{decimals}" if decimals else whole

    def money(self, value: Decimal, currency: str) -> str:
        """Write an amount or a rate behind the sign of its currency: two decimals, or more where it has more."""
        return f"{SIGNS.get(currency, currency)} {self.number(value, 2)}"

    def percent(self, share: Decimal, places: int = 2) -> str:
        """Write a part of a whole: 0.1778 as 17,78%."""
        return f"{self.number(share.scaleb(2), places)}%"

    def quantity(self, value: Decimal | int, measure: str) -> str:
        """Write a quantity with the unit of its measure: 1 leerling, 222 leerlingen."""
        one, many = self.units.get(measure, (measure, measure))
        decimals = BY_NAME[measure].decimals if measure in BY_NAME else 0
        return f"{self.number(value, decimals)} {one if value == 1 else many}"

    def day(self, day: date) -> str:
        """Write a date in full."""
        return f"{day.day} {self.month(day)}"

    def month(self, month: date) -> str:
        """Write the month of a date in full."""
        return f"{self.months[month.month - 1]} {month.year}"

    def listed(self, items: Sequence[str]) -> str:
        """Write a list: a, b en c; nothing for an empty one; only commas where an item has a conjunction."""
        if len(items) < 2 or any(f" {self.conjunction} " in one for one in items):
            return ", ".join(items)
        return f"{', '.join(items[:-1])} {self.conjunction} {items[-1]}"

    def component(self, name: str) -> str:
        """Return the name of a component of the rules; of several joined by `+` that of each."""
        return " + ".join(self.components.get(one, one.replace("_", " ").capitalize()) for one in name.split("+"))

    def school_type(self, name: str) -> str:
        """Return the name of a school type."""
        return self.school_types.get(name, name)

    def value(self, name: str) -> str:
        """Return the name of a value of the rules; `rate of sbo, so` is the rate for two school types."""
        if name.startswith(_RATE_OF):
            types = name.removeprefix(_RATE_OF).split(", ")
            return self.rate_of.format(school_types=self.listed([self.school_type(one) for one in types]))
        return self.values.get(name, name)

    def rate_unit(self, unit: str) -> str:
        """Return the name of the unit of a rate, `EUR per pupil`, without its currency."""
        thing = unit.partition(" per ")[2] or unit
        return self.rate_units.get(thing, thing)


DUTCH = Language(
    code="nl",
    decimal_point=",",
    thousands=".",
    conjunction="en",
    months=(
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ),
    components={
        "per_pupil": "Bedrag per leerling",
        "surcharge": "Toeslag per leerling",
        "achterstandsscore": "Achterstandsscore",
        "cumi": "CUMI-leerlingen",
        "newcomers": "Nieuwkomers",
        "samenwerkingsverband": "Samenwerkingsverband (praktijkonderwijs)",
        "gemeente": "Specifieke uitkering gemeente",
        "arbeidsmarkttoelage": "Arbeidsmarkttoelage",
    },
    school_types={
        "bao": "basisonderwijs",
        "sbo": "speciaal basisonderwijs",
        "so": "speciaal onderwijs",
        "vso": "voortgezet speciaal onderwijs",
        "vo": "voortgezet onderwijs",
        "vo_pro_vbo": "praktijkonderwijs en vmbo basis/kader leerjaar 3-4",
        "cn": "Caribisch Nederland",
        "all": "alle schoolsoorten",
    },
    in_school_type={
        "bao": "in het basisonderwijs",
        "sbo": "in het speciaal basisonderwijs",
        "so": "in het speciaal onderwijs",
        "vso": "in het voortgezet speciaal onderwijs",
        "vo": "in het voortgezet onderwijs",
        "vo_pro_vbo": "in het praktijkonderwijs en vmbo basis/kader leerjaar 3-4",
        "cn": "in Caribisch Nederland",
        "all": "in alle schoolsoorten",
    },
    units={
        **{measure.name: measure.dutch for measure in MEASURES},
        "rows": ("rij", "rijen"),
        "schools": ("vestiging", "vestigingen"),
        "amounts": ("bedrag", "bedragen"),
    },
    rate_units={unit.rules: unit.dutch for measure in MEASURES for unit in measure.rate_units},
    statuses={
        "published": "zo staat het in de bron",
        "approximate": "de bron noemt dit bij benadering, het precieze bedrag is niet bekend",
        "derived": "dit is afgeleid en staat niet letterlijk in de bron",
    },
    values={
        "rate": "het bedrag",
        "schedule": "de maanden van betaling",
        "threshold": "de drempel",
        "level": "het niveau van de drempel",
        "booking": "de plaats van boeking",
        "reference date": "de teldatum",
        "reference dates": "de teldata",
        "reference date of po": "de teldatum van het primair onderwijs",
        "rounding": "de afronding",
        "months of payment": "de maanden van betaling",
        "months of payment of schools that started": "de maanden van betaling van scholen die van start gingen",
        "reference date of schools that started": "de teldatum van scholen die van start gingen",
        "units of the threshold": "de hoogte van de drempel",
        "level of the threshold": "of de drempel per BRIN of per vestiging geldt",
        "place of booking": "de plaats van boeking",
        "size of a small vestiging": "de grens voor kleine vestigingen",
        "fixed amount of a small vestiging": "de vaste voet van kleine vestigingen",
        "decrease per pupil of a small vestiging": "de aftrek per leerling van kleine vestigingen",
    },
    rate_of="het bedrag voor {school_types}",
)

number, money, percent = DUTCH.number, DUTCH.money, DUTCH.percent
day, month, listed = DUTCH.day, DUTCH.month, DUTCH.listed
component, school_type, value = DUTCH.component, DUTCH.school_type, DUTCH.value


def cents(amount: int) -> str:
    """Write whole cents as an amount, without its currency."""
    return number(Decimal(amount).scaleb(-2), 2)


def csv(table: pl.DataFrame) -> bytes:
    """Return a table as Dutch Excel opens it: `;`, a decimal comma, a mark that says UTF-8, lines of Windows."""
    return codecs.BOM_UTF8 + table.write_csv(separator=";", decimal_comma=True, line_terminator="\r\n").encode()


def within_sentence(name: str) -> str:
    """Write a name without the capital that begins it: bedrag per leerling. CUMI-leerlingen keeps its capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def some_of(names: Iterable[object], most: int = 3) -> str:
    """Return the first of some names, and how many more there are; for a message, which is in English."""
    listed = [str(one) for one in names]
    more = f" and {number(len(listed) - most)} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def short_day(moment: date) -> str:
    """Write a date as a table has it: 05-06-2021."""
    return f"{moment:%d-%m-%Y}"


# The plain writers serve commands that load no frames, so polars is imported where a column is written.


def totals(rows: pl.DataFrame, column: str = "amount", *, joined: str = " and ") -> str:
    """Write the sum of an amount per currency: `€ 1.234,56 and US$ 7,00`; of no rows `€ 0,00`."""
    from npo_pipeline.money import totals as totals_of

    sums = totals_of(rows, column) or {"EUR": Decimal(0)}
    return joined.join(money(amount, currency) for currency, amount in sums.items())


def money_expr(cents: str, currency: str = "currency") -> pl.Expr:
    """Write a column of cents as `€ 1.234,56`; below zero as `€ -1.234,56`."""
    import polars as pl

    size = pl.col(cents).abs()
    minus = pl.when(pl.col(cents) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    sign = pl.col(currency).replace_strict(SIGNS, return_dtype=pl.String)
    cents_of_it = (size % 100).cast(pl.String).str.zfill(2)
    return pl.format("{} {}{},{}", sign, minus, whole_expr(size // 100), cents_of_it)


def whole_expr(number_from_0: pl.Expr) -> pl.Expr:
    """Write a whole number from 0 as `1.234`."""
    import polars as pl

    backward = number_from_0.cast(pl.String).str.reverse().str.replace_all(r"(\d{3})", "${1}.")
    return backward.str.reverse().str.strip_prefix(".")


def percent_expr(share_e4: pl.Expr) -> pl.Expr:
    """Write a share in units of 0.0001 as `17,78%`."""
    import polars as pl

    return pl.format("{},{}%", share_e4 // 100, (share_e4 % 100).cast(pl.String).str.zfill(2))


def day_expr(column: str) -> pl.Expr:
    """Write a column of dates as `5 juni 2021`."""
    import polars as pl

    date_of = pl.col(column).dt
    month_name = date_of.month().replace_strict(dict(enumerate(DUTCH.months, 1)), return_dtype=pl.String)
    return pl.format("{} {} {}", date_of.day(), month_name, date_of.year())


def short_day_expr(iso: pl.Expr) -> pl.Expr:
    """Write a column of texts `2021-06-05` as `05-06-2021`."""
    return iso.str.replace(r"^(\d{4})-(\d{2})-(\d{2})$", "$3-$2-$1")


def _letters(name: str) -> str:
    """Return the letters and digits of a name, which its spellings share."""
    plain = unicodedata.normalize("NFKD", name).upper()
    return re.sub(r"[^A-Z0-9]", "", plain)


def spellings(names: Iterable[str]) -> Mapping[str, str]:
    """Return the spelling to show for each name, the same for all spellings of one name.

    DUO writes them in capitals in some files and not in others (`EMMEN` and `Emmen`, `S GRAVENHAGE` and
    `'s-Gravenhage`); schools of one municipality must come together all the same.
    It is the one that occurs most of those that are not in capitals only; else the first in the alphabet, made
    readable. The names are as the books write them, one for each school.
    """
    found: dict[str, Counter[str]] = {}
    for name, times in Counter(names).items():
        found.setdefault(_letters(name), Counter())[name] = times
    shown = {}
    for times_by_name in found.values():
        mixed = {name: times for name, times in times_by_name.items() if name != name.upper()}
        best = min(mixed or times_by_name, key=lambda name: (-times_by_name[name], name))
        for name in times_by_name:
            shown[name] = best if mixed else readable_name(best)
    return shown


def readable_name(name: str) -> str:
    """Return a name in capitals as it is usually written: `'S-GRAVENHAGE` as `'s-Gravenhage`."""
    if name != name.upper():
        return name
    old = re.sub(r"^'?([ST])[ -](?=[A-Z])", lambda found: f"'{found[1]}-" if found[1] == "S" else "'T ", name)
    words = re.split(r"([ -])", old)
    return "".join(_word(word, first=place == 0) for place, word in enumerate(words))


def _word(word: str, *, first: bool) -> str:
    small = word.lower()
    if word in ("'S", "'T") or (not first and _SMALL.fullmatch(small)):
        return small
    if word in _PROVINCES and not first:
        return word
    start = 2 if small.startswith("ij") else 1
    return word[:start] + small[start:]
