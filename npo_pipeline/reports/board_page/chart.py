"""The charts: pictures within the page, drawn from the same values, each with a text that says the same."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from npo_pipeline import dutch
from npo_pipeline.reports.board_page.context import PageContext
from npo_pipeline.reports.board_page.html import EMPTY, Html, element, image, text
from npo_pipeline.reports.xbrl.concepts import BY_NAME, NOT_ON_MENU, TOP

WIDTH = 440
_ROW = 46
_LONGEST = 46
_BLUE, _DARK, _RED = "#01689b", "#154273", "#a4262c"


@dataclass(frozen=True)
class Bar:
    """A bar: what it is, the amount as the fact has it, and its colour."""

    name: str
    value: str
    colour: str = _BLUE

    @property
    def cents(self) -> int:
        """The amount in cents."""
        return int(self.value.replace(".", ""))


def balance_chart(seen: PageContext) -> Html:
    """What the board had, got, spent and keeps."""
    value = seen.placed.value
    carried = BY_NAME["CarriedOver"].nl
    told = [
        (f"{carried} op {seen.last_day('start')}", value("CarriedOver", period="start"), _DARK),
        (BY_NAME["Received"].nl, value("Received"), _BLUE),
        (BY_NAME["Spent"].nl, value("Spent"), _BLUE),
        (f"{carried} op {seen.last_day('end')}", value("CarriedOver", period="end"), _DARK),
    ]
    bars = [Bar(name, amount, colour) for name, amount, colour in told if amount is not None]
    return _pictured("Gehad, ontvangen, besteed en over", bars, seen)


def category_chart(seen: PageContext) -> Html:
    """On which categories the money went; nothing where nothing was spent."""
    bars = [
        Bar(seen.menu.names[member], amount, _RED if member == NOT_ON_MENU else _BLUE)
        for member in TOP
        if (amount := seen.placed.value("Spent", member=member)) is not None
    ]
    return _pictured("Besteed per categorie", bars, seen) if bars else EMPTY


def _pictured(title: str, bars: Sequence[Bar], seen: PageContext) -> Html:
    said = "; ".join(f"{bar.name}: {seen.amount(bar.value)}" for bar in bars)
    drawn = _drawn(bars)
    address = "data:image/svg+xml;base64," + b64encode(drawn.encode()).decode("ascii")
    picture = image(address, f"{title}. {said}.", WIDTH, _ROW * len(bars) + 2)
    return element("div", element("h3", text(title)), picture, css="chart")


def _drawn(bars: Sequence[Bar]) -> str:
    """Bars below each other from one line of zero; below zero they go to the left."""
    low, high = min(0, *(bar.cents for bar in bars)), max(0, *(bar.cents for bar in bars))
    span = max(high - low, 1)
    zero = -low * WIDTH // span
    height = _ROW * len(bars) + 2
    parts = [_bar(place, bar, zero, span) for place, bar in enumerate(bars)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' font-family="Segoe UI,Roboto,Liberation Sans,Arial,sans-serif" font-size="14" fill="#1b1f24">'
        f"{''.join(parts)}</svg>"
    )


def _bar(place: int, bar: Bar, zero: int, span: int) -> str:
    top = place * _ROW
    size = abs(bar.cents) * WIDTH // span
    left = zero if bar.cents >= 0 else zero - size
    name = bar.name if len(bar.name) <= _LONGEST else bar.name[: _LONGEST - 1].rstrip() + "…"
    shown = dutch.number(Decimal(bar.value), 2)
    line = f'<path d="M{zero} {top + 19}v18" stroke="#1b1f24"/>' if zero else ""
    return (
        f'<text x="0" y="{top + 15}">{text(name)}</text>'
        f'<text x="{WIDTH}" y="{top + 15}" text-anchor="end" font-weight="600">{shown}</text>'
        f'<rect x="0" y="{top + 22}" width="{WIDTH}" height="12" fill="#eef4f9"/>'
        f'<rect x="{left}" y="{top + 22}" width="{size}" height="12" fill="{bar.colour}"/>{line}'
    )
