"""A language: its words, its sentences with gaps, and how it writes numbers and dates. Languages are data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

_SHORT_HASH = 12


@dataclass(frozen=True)
class Language:
    """Words and sentences of a language. What has no word here is shown by the name the rules give it.

    `decimal_point`, `thousands`: how a number is written. `conjunction`: between the last two of a list.
    `components`, `school_types`: what they are called. `counted_in`: where pupils of a school type are.
    `units`: measure -> one and many of it. `per`: the unit of a rate. `statuses`, `causes`, `reasons`,
    `values` (of the rules): clauses. `kinds`: vestiging, BRIN, board. `sentences`: with gaps in braces.
    """

    code: str
    decimal_point: str
    thousands: str
    conjunction: str
    months: Sequence[str]
    components: Mapping[str, str]
    school_types: Mapping[str, str]
    counted_in: Mapping[str, str]
    units: Mapping[str, tuple[str, str]]
    per: Mapping[str, str]
    statuses: Mapping[str, str]
    values: Mapping[str, str]
    sentences: Mapping[str, str]

    def say(self, sentence: str, /, **words: str) -> str:
        """Fill the gaps of a sentence."""
        return self.sentences[sentence].format_map(words)

    def number(self, value: Decimal | int, places: int = 0) -> str:
        """Write a number with all its decimals, at least so many: nothing is rounded away."""
        exact = Decimal(value)
        decimals = f"{exact:f}".partition(".")[2].rstrip("0")
        return f"{exact:,.{max(places, len(decimals))}f}".translate(self._signs)

    def money(self, value: Decimal, currency: str) -> str:
        """Write an amount or a rate: two decimals, or more where it has more."""
        return f"{_CURRENCIES.get(currency, currency)} {self.number(value, 2)}"

    def counted(self, value: Decimal, measure: str) -> str:
        """Write a quantity with what it counts: 1 pupil, 222 pupils."""
        one, many = self.units.get(measure, (measure, measure))
        return f"{self.number(value, 2 if measure == 'score' else 0)} {one if value == 1 else many}"

    def several(self, name: str, count: int) -> str:
        """Write a count of things of which the language knows one and many."""
        one, many = self.units[name]
        return f"{self.number(count)} {one if count == 1 else many}"

    def day(self, day: date) -> str:
        """Write a date in full."""
        return f"{day.day} {self.month(day)}"

    def month(self, month: date) -> str:
        """Write a month in full."""
        return f"{self.months[month.month - 1]} {month.year}"

    def listed(self, items: Sequence[str]) -> str:
        """Write a list: a, b and c."""
        *most, last = items
        return f"{', '.join(most)} {self.conjunction} {last}" if most else last

    def component(self, name: str) -> str:
        """What a component is called."""
        return self.components.get(name, name)

    def value(self, what: str) -> str:
        """What a value of the rules is called, as `rate of sbo, so` is the rate for two school types."""
        begin, of, types = what.partition(" of ")
        if begin == "rate" and of:
            named = [self.school_types.get(one, one) for one in types.split(", ")]
            return self.say("rate_of", school_types=self.listed(named))
        return self.values.get(what, what)

    def unit(self, unit: str) -> str:
        """The unit of a rate, `EUR per pupil`, without its currency."""
        thing = unit.partition(" per ")[2] or unit
        return self.per.get(thing, thing)

    def short(self, sha256: str) -> str:
        """The beginning of a hash, enough to know a file by."""
        return sha256[:_SHORT_HASH]

    @cached_property
    def _signs(self) -> dict[int, str]:
        return str.maketrans({",": self.thousands, ".": self.decimal_point})


_CURRENCIES = {"EUR": "€", "USD": "$"}
