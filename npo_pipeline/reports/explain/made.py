"""From frames to an explanation. Pure: no home, no clock; amounts are those of the tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from npo_pipeline.regulations.frames import REFERENCE_DATE, soft_values
from npo_pipeline.reports.explain.changes import changes_of
from npo_pipeline.reports.explain.evidence import Line, SourceCorrection
from npo_pipeline.reports.explain.explanation import Asked, Explained, School, Soft, Total
from npo_pipeline.reports.explain.flow import Flow, added
from npo_pipeline.reports.explain.held import Held
from npo_pipeline.reports.explain.lines import lines_of
from npo_pipeline.reports.explain.lived import lives_of, settled_of
from npo_pipeline.reports.explain.months import flow_of, flows_of
from npo_pipeline.reports.explain.omitted import Omissions, merged


def explained(held: Held, asked: Asked, vestigingen: Sequence[str]) -> Explained:
    """What a decision says of some vestigingen.

    Args:
        held: the rows of the books, of the whole BRINs of these vestigingen.
        asked: what was asked for; the totals of a board are of the schools that the decision shows under it.
        vestigingen: the ones to tell of, in the order wanted; those without a word in the decision drop out
            unless they are all that was asked for.
    """
    schools = [one for one in _schools(held, vestigingen) if _says_something(one) or asked.kind == "vestiging"]
    board = asked.code if asked.kind == "board" else None
    own = [one for one in schools if board in (None, one.board)]
    lines = [line for one in own for line in one.lines]
    return Explained(
        held.decision,
        tuple(schools),
        tuple(one.vestiging for one in own),
        added([line.amount for line in lines]),
        tuple(_totals(lines)),
        flow_of(schools, board),
        tuple(merged([omitted for one in schools for omitted in one.omitted])),
        tuple(dict.fromkeys(soft for one in own for soft in one.rests_on)),
    )


def _says_something(school: School) -> bool:
    told = (school.lines, school.flow.paid, school.flow.to_come, school.changes, school.omitted, school.lives)
    return any(told)


def _schools(held: Held, vestigingen: Sequence[str]) -> Iterable[School]:
    lines, flows, changes = lines_of(held), flows_of(held), changes_of(held)
    lives, settled = lives_of(held.adjustments), settled_of(held.settled)
    omissions, boards, soft = Omissions(held, lines), _boards(held), _soft(held)
    named = {row["vestiging"]: row for row in held.directory.sort("valid_from").iter_rows(named=True)}
    for vestiging in vestigingen:
        mine, told = lines.get(vestiging, []), named.get(vestiging, _NAMELESS)
        yield School(
            vestiging,
            told["name"],
            told["place"],
            boards.get(vestiging),
            added([line.amount for line in mine]),
            tuple(mine),
            flows.get(vestiging, Flow()),
            tuple(changes.get(vestiging, ())),
            omissions.of(vestiging),
            tuple(_rests_on(mine, soft)),
            tuple(_corrected(held, vestiging, mine)),
            tuple(lives.get(vestiging, ())),
            tuple(settled.get(vestiging, ())),
        )


def _corrected(held: Held, vestiging: str, lines: Sequence[Line]) -> Iterable[SourceCorrection]:
    """The declared corrections of a vestiging; where an amount is of its whole BRIN, those of all of that."""
    is_pooled = any(line.level == "brin" for line in lines)
    for row in held.corrections.sort(held.corrections.columns).iter_rows(named=True):
        one = SourceCorrection(**row)
        if one.vestiging == vestiging or (is_pooled and one.vestiging[:4] == vestiging[:4]):
            yield one


_NAMELESS: dict[str, Any] = {"name": None, "place": None}


def _boards(held: Held) -> dict[str, str]:
    return dict(held.entitlements.select("vestiging", "board").unique().iter_rows())


def _soft(held: Held) -> dict[str, list[Soft]]:
    """Regulation -> the values in it that no source says in so many words."""
    # A day that was chosen in its place is said at the top.
    passed = [REFERENCE_DATE] if held.decision.named_day else []
    return {
        one.name: [Soft(*row) for row in soft_values(one.regulation).iter_rows() if row[0] not in passed]
        for one in held.rules
    }


def _rests_on(lines: Sequence[Line], soft: dict[str, list[Soft]]) -> list[Soft]:
    """Those that the amounts of these lines depend on, each once."""
    used = {(line.regulation, line.component) for line in lines}
    names = dict.fromkeys(line.regulation for line in lines)
    found = [
        one
        for name in names
        for one in soft.get(name, ())
        if one.component is None or (name, one.component) in used
    ]
    return list(dict.fromkeys(found))


def _totals(lines: Sequence[Line]) -> Iterable[Total]:
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for line in lines:
        sums.setdefault((line.component, line.school_type), []).append(line.amount)
    for (component, school_type), amounts in sums.items():
        yield Total(component, school_type, len(amounts), added(amounts))
