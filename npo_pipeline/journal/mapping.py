"""Mappings: to which ledger accounts of a board its payments are booked, by a file of the board or an example."""

from __future__ import annotations

import csv
import string
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.error_messages import checked, suggest
from npo_pipeline.rulebook.fields import Key, Part, SchoolType, SchoolYear, Text, fault, some, written
from npo_pipeline.rulebook.yaml_document import Document, FileSort, Place, refused, rule_text
from schemas.columns import REASONS, SCHOOL_TYPES

JOURNAL_MAPPING = FileSort("journal mapping", "journal: ...")
_HINT = " (docs/how-to/journal-entries.md)"

EXAMPLE = "voorbeeld"
"""The name of the example that is used where a board names no mapping."""

Reason: TypeAlias = Literal["instalment", "correction"]
CostCentre: TypeAlias = Literal["brin", "vestiging", "none"]

WORDS = ("month", "school_year", "component", "school_type", "brin", "vestiging", "reason", "cause", "reference")
"""Gaps of a text: each is filled in from what was paid."""

_ALL = {"reason": REASONS, "school_type": SCHOOL_TYPES}
"""All values of a column, where there is a list of them."""

_OF_A_SCHOOL = ("school_year", "component", "school_type", "brin", "vestiging", "reason", "cause")
"""Gaps that the line on the receivable cannot fill in, for it is of all schools together."""

_LONGEST = {"name": 255, "cost centre": 999}
"""Characters that an audit file takes (XML Auditfile Financieel 4.0)."""

AccountNumber: TypeAlias = Annotated[
    str, written(r"[0-9A-Za-z.]{1,35}", "is no ledger account: digits, letters and points, 35 at most, as 1330")
]
RgsCode: TypeAlias = Annotated[
    str, written(r"[BW][A-Z][A-Za-z]{1,30}", "is no RGS code: write it as WOvbSgbBso, or leave it out")
]
JournalCode: TypeAlias = Annotated[
    str, written(r"[0-9A-Za-z]{1,10}", "is no code of a journal: digits and letters, 10 at most, as NPO")
]
Digits: TypeAlias = Annotated[int, written(r"[1-9]|[12][0-9]", "is no number of digits; write it as 4", int)]
Country: TypeAlias = Annotated[str, written(r"[A-Z]{2}", "is no code of a country; write it as NL")]


def _template(text: str) -> str:
    """Require a text of which each gap can be filled in."""
    for gap in gaps(text):
        if gap not in WORDS:
            raise ValueError(f"{{{gap}}} is no word that can be filled in; {suggest(gap, WORDS)}")
    return text


def gaps(text: str) -> list[str]:
    """Return the names of the gaps of a text.

    Raises:
        ValueError: a brace stands alone, or a gap holds more than a name.
    """
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise ValueError("has a brace without its other; write each gap as {brin}") from error
    if any(form or conversion for _, _, form, conversion in parts):
        raise ValueError("has a gap with more than a name in it; write each gap as {brin}")
    return [name for _, name, _, _ in parts if name is not None]


def _at_most(what: str) -> AfterValidator:
    longest = _LONGEST[what]

    def check(text: str) -> str:
        if len(text) > longest:
            raise ValueError(f"has {len(text)} characters, and an audit file takes {longest}; shorten it")
        return text

    return AfterValidator(check)


Template: TypeAlias = Annotated[Text, AfterValidator(_template)]
Name: TypeAlias = Annotated[Text, _at_most("name")]
Tagged: TypeAlias = Annotated[Text, _at_most("cost centre")]


class Account(Part):
    """Represent a ledger account. `kind`: of the balance sheet, or of the statement of income and expenses."""

    account: AccountNumber
    name: Name
    kind: Literal["balance", "result"]
    rgs: RgsCode | None = None


class Administration(Part):
    """Represent what an audit file says of whose ledger it is; nobody but the board knows it."""

    tax_number: (
        Annotated[str, written(r"[0-9A-Za-z.]{1,30}", "is no tax number; write the RSIN, as 123456789")] | None
    ) = None
    trade_register: (
        Annotated[str, written(r"[0-9]{8}", "is no number of the trade register: eight digits, as 12345678")]
        | None
    ) = None
    country: Country = "NL"


class Line(Part):
    """Represent to which account payments are booked: of these components and so on; of all where none is."""

    account: AccountNumber
    text: Template
    components: tuple[Key, ...] = ()
    school_types: tuple[SchoolType, ...] = ()
    school_years: tuple[SchoolYear, ...] = ()
    reasons: tuple[Reason, ...] = ()

    def fits(self, payment: Mapping[str, str]) -> bool:
        """Return whether a payment is booked by it: component, school_type, school_year and reason."""
        return all(not wanted or payment[column] in wanted for column, wanted in self.wanted().items())

    def wanted(self) -> dict[str, tuple[str, ...]]:
        """Return, by column of a payment, the values it is for; an empty tuple is for all."""
        return {
            "component": self.components,
            "school_type": self.school_types,
            "school_year": self.school_years,
            "reason": self.reasons,
        }

    def covers(self, other: Line) -> bool:
        """Return whether all that another line is for is booked by this one."""
        for column, ours in self.wanted().items():
            theirs = other.wanted()[column] or _ALL.get(column)
            if ours and (theirs is None or not {*theirs} <= {*ours}):
                return False
        return True


class JournalMapping(Part):
    """Represent how the payments to a board are booked.

    `example`: it comes with the program, and nobody of the board has looked at it. `digits`: of each account;
    null: any number. `receivable`: the account on which is what OCW is still to pay. `cost_centres`: BRIN or
    vestiging -> cost centre; empty: the code itself. `lines`: the first that fits a payment books it.
    """

    title: Name
    example: Literal["yes"] | None = None
    code: JournalCode
    name: Name
    digits: Digits | None = None
    rgs_version: Annotated[Text, _at_most("name")] | None = None
    administration: Administration = Administration()
    accounts: Annotated[tuple[Account, ...], AfterValidator(some)]
    receivable: AccountNumber
    receivable_text: Template = "{month} {reference}"
    cost_centre: CostCentre = "brin"
    cost_centres: dict[str, Tagged] = Field(default_factory=dict)
    lines: Annotated[tuple[Line, ...], AfterValidator(some)]

    @property
    def by_number(self) -> dict[str, Account]:
        """Return its accounts by their number."""
        return {one.account: one for one in self.accounts}

    @property
    def per_cause(self) -> bool:
        """Return whether a correction is booked per cause: some text names the cause."""
        return any("cause" in gaps(line.text) for line in self.lines)

    def line_of(self, payment: Mapping[str, str]) -> Line | None:
        """Return the first line that fits a payment; None where none does."""
        return next((line for line in self.lines if line.fits(payment)), None)

    @model_validator(mode="after")
    def _accounts_are_right(self) -> Self:
        seen = dict[str, int]()
        for at, one in enumerate(self.accounts):
            if self.digits and not (one.account.isdigit() and len(one.account) == self.digits):
                raise fault(f"{one.account} has not {self.digits} digits, as `digits` says", *_account(at))
            if seen.setdefault(one.account, at) != at:
                raise fault(f"{one.account} stands twice; keep one of the two", *_account(at))
            if one.rgs and not self.rgs_version:
                raise fault("is missing; say of which version the RGS codes are, as 3.7", "rgs_version")
        return self

    @model_validator(mode="after")
    def _books_to_accounts(self) -> Self:
        booked: list[tuple[Place, str]] = [(("receivable",), self.receivable)]
        booked += [(("lines", at, "account"), line.account) for at, line in enumerate(self.lines)]
        for place, number in booked:
            if number not in self.by_number:
                words = f"{number} is none of the accounts; {suggest(number, self.by_number)}"
                raise fault(words, *place)
        return self

    @model_validator(mode="after")
    def _every_line_can_fit(self) -> Self:
        for at, line in enumerate(self.lines):
            for column, values in line.wanted().items():
                if len(set(values)) < len(values):
                    raise fault(f"names a {column} twice; take one out", "lines", at)
            before = next((one for one, other in enumerate(self.lines[:at]) if other.covers(line)), None)
            if before is not None:
                words = f"never books anything: all it is for is booked by line {before + 1} of the list before it"
                raise fault(f"{words}; put the narrower one first", "lines", at)
        return self

    @model_validator(mode="after")
    def _texts_can_be_filled_in(self) -> Self:
        if wrong := [gap for gap in gaps(self.receivable_text) if gap in _OF_A_SCHOOL]:
            words = f"{{{wrong[0]}}} is of a school, and this line is of all of them; there is month, reference"
            raise fault(words, "receivable_text")
        for at, line in enumerate(self.lines):
            if "vestiging" in gaps(line.text) and self.cost_centre != "vestiging":
                words = "{vestiging} can only be filled in with `cost_centre: vestiging`; else a line is of a BRIN"
                raise fault(words, "lines", at, "text")
        return self

    @model_validator(mode="after")
    def _cost_centres_are_of_schools(self) -> Self:
        wanted = {"brin": 4, "vestiging": 6}.get(self.cost_centre)
        for code in self.cost_centres:
            if wanted is None:
                raise fault("stands beside `cost_centre: none`; take one of the two out", "cost_centres")
            if len(code) != wanted or not (code[:2].isdigit() and code[2:4].isalpha() and code[2:4].isupper()):
                raise fault(f"is no {self.cost_centre}; write it as {'10AB00'[:wanted]}", "cost_centres", code)
        return self


def _account(at: int) -> Place:
    return "accounts", at, "account"


class _MappingFile(Part):
    """Represent a file with a journal mapping."""

    journal: JournalMapping


@dataclass(frozen=True)
class NamedMapping:
    """Represent a mapping with the document it was read from, for messages."""

    mapping: JournalMapping
    document: Document

    def refusal(self, words: str, *place: str | int) -> Refused:
        """Return a refusal that names the file and the line of a place in the mapping."""
        return refused(self.document.name, self.document.line(("journal", *place)), words)


def mapping_from(document: Document) -> NamedMapping:
    """Check a document as a journal mapping.

    Raises:
        Refused: something in it is wrong; the message names file and line.
    """
    return NamedMapping(checked(_MappingFile, document, keys=_KEYS, hint=_HINT).journal, document)


@cache
def examples() -> Mapping[str, bytes]:
    """Load the mappings that come with the program, by name."""
    there = files(__package__).joinpath("mappings").iterdir()
    return {one.name.removesuffix(".yaml"): one.read_bytes() for one in there if one.name.endswith(".yaml")}


def example(name: str) -> NamedMapping:
    """Return an example that comes with the program."""
    return mapping_from(rule_text(examples()[name], f"{name}.yaml", JOURNAL_MAPPING)[1])


def require_components(named: NamedMapping, known: Collection[str]) -> None:
    """Refuse a mapping that names a component that nothing knows: a spelling mistake would book nothing.

    Raises:
        Refused: names file, line and what may have been meant.
    """
    for at, line in enumerate(named.mapping.lines):
        for component in line.components:
            if component not in known:
                words = f"lines[{at + 1}].components: nothing knows `{component}`; {suggest(component, known)}"
                raise named.refusal(words, "lines", at, "components")


def require_rgs(named: NamedMapping, known: Collection[str], source: str) -> None:
    """Refuse a mapping with an RGS code that a list does not have.

    Raises:
        Refused: names file, line and what may have been meant.
    """
    for at, one in enumerate(named.mapping.accounts):
        if one.rgs and one.rgs not in known:
            words = f"accounts[{at + 1}].rgs: {source} has no {one.rgs}; {_near(one.rgs, known)}"
            raise named.refusal(words, "accounts", at, "rgs")


def _near(code: str, known: Collection[str]) -> str:
    """Suggest a code of a list; a list has thousands, so they are not named where none is near."""
    words = suggest(code, known)
    return words if words.startswith("is ") else "correct it, or leave it out"


def repeated_rgs(mapping: JournalMapping) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the RGS codes that several accounts have, with those: rule [0003] of XAF wants each once."""
    by_code: dict[str, list[str]] = {}
    for one in mapping.accounts:
        if one.rgs:
            by_code.setdefault(one.rgs, []).append(one.account)
    yield from ((code, tuple(numbers)) for code, numbers in sorted(by_code.items()) if len(numbers) > 1)


RGS_COLUMNS = ("rgs_code", "referentiecode")


def rgs_codes(raw: bytes, name: str) -> frozenset[str]:
    """Return the codes of a list of RGS: a CSV with a column `rgs_code` or `Referentiecode`.

    Raises:
        Refused: it is no such list.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{name}: is not UTF-8 text; save the list of RGS codes as CSV in UTF-8") from error
    lines = text.splitlines()
    separator = ";" if lines and ";" in lines[0] else ","
    rows = list(csv.reader(lines, delimiter=separator))
    header = [one.strip().lower() for one in rows[0]] if rows else []
    at = next((header.index(one) for one in RGS_COLUMNS if one in header), None)
    if at is None:
        raise Refused(f"{name}, line 1: has no column {' or '.join(RGS_COLUMNS)}; name a list of RGS codes as CSV")
    return frozenset(row[at].strip() for row in rows[1:] if len(row) > at and row[at].strip())


_PARTS = (Account, Administration, Line, JournalMapping, _MappingFile)
_KEYS = sorted({key for part in _PARTS for key in part.model_fields})
