"""Mutants of a module: its source with one small change each, as somebody could have written it by mistake.

A rule of money is `filter`, `join` and `over` more often than `if`, so the changes know the methods of polars.
Texts, names of columns, annotations, decorators and exceptions are not changed.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
EXCHANGED = {
    "sum": "max",
    "max": "min",
    "min": "max",
    "any": "all",
    "all": "any",
    "max_horizontal": "min_horizontal",
    "min_horizontal": "max_horizontal",
    "cum_min": "cum_max",
    "is_null": "is_not_null",
    "is_not_null": "is_null",
}
LEFT_OUT = {
    *("filter", "over", "sort", "unique", "fill_null", "cast", "shift", "abs", "sign", "implode", "reverse"),
    *("drop_nulls", "scaleb", "strip", "lower"),
}
JOINS = {"left": "inner", "inner": "left", "full": "left", "anti": "semi", "semi": "anti"}
CHOICES = {"first": "last", "last": "first"}
"""Which of equal rows is kept."""

ONE_LEFT_OUT = ("coalesce", "max_horizontal", "min_horizontal")
"""Functions of several values, of which one may be forgotten."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """Hold a changed module. `change`: the part that differs, as `before → after`."""

    place: str
    """Name of the function, or of the module where it is in none."""
    kind: str
    change: str
    source: str

    @property
    def key(self) -> str:
        """The same for the same source: what was tried on it need not be tried again."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Change:
    kind: str
    node: ast.AST
    by: ast.AST


def mutants(source: str) -> list[Mutant]:
    """Return all mutants of a module, each once."""
    found: dict[str, Mutant] = {}
    for statement in ast.parse(source).body:
        places = _places(statement)
        for place, change in _changes_by_place(statement):
            changed = _written(source, statement, places.get(change.node), change)
            words = difference(ast.unparse(change.node), ast.unparse(change.by))
            mutant = Mutant(place=place, kind=change.kind, change=words, source=changed)
            found.setdefault(mutant.key, mutant)
    return list(found.values())


_Place: TypeAlias = tuple[ast.AST, str, int | None]
"""A node, the name of a field of it, and where that is a list the place in it."""


def _places(statement: ast.stmt) -> dict[ast.AST, _Place]:
    """Return where each node below a statement stands."""
    found: dict[ast.AST, _Place] = {}
    for parent in ast.walk(statement):
        for name, value in ast.iter_fields(parent):
            if isinstance(value, list):
                found |= {one: (parent, name, at) for at, one in enumerate(value) if isinstance(one, ast.AST)}
            elif isinstance(value, ast.AST):
                found[value] = (parent, name, None)
    return found


def _written(source: str, statement: ast.stmt, place: _Place | None, change: _Change) -> str:
    """Return the source with a change in one of its statements, which is written anew for it."""
    if place is None:
        text = ast.unparse(change.by)
    else:
        _put(place, change.by)
        text = ast.unparse(statement)
        _put(place, change.node)
    first = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", []))])
    lines = source.splitlines(keepends=True)
    return "".join([*lines[: first - 1], text, "\n", *lines[statement.end_lineno :]])


def _put(place: _Place, node: ast.AST) -> None:
    parent, name, at = place
    if at is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[at] = node


def difference(before: str, after: str, *, around: int = 24) -> str:
    """Return the parts of two texts that differ, with some of what is around them, as `before → after`."""
    length = min(len(before), len(after))
    start = next((at for at in range(length) if before[at] != after[at]), length)
    shorter = length - start
    end = next((at for at in range(shorter) if before[-1 - at] != after[-1 - at]), shorter)
    first = max(start - around, 0)

    def shown(text: str) -> str:
        until = min(len(text) - end + around, len(text))
        part = " ".join(text[first:until].split())
        return f"{'…' * (first > 0)}{part}{'…' * (until < len(text))}"

    return f"{shown(before)} → {shown(after) or '(nothing)'}"


def _changes_by_place(statement: ast.stmt) -> Iterator[tuple[str, _Change]]:
    """Yield every change with the function that it is in."""

    def walk(node: ast.AST, place: str, last: bool) -> Iterator[tuple[str, _Change]]:
        if isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
            return
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            place = node.name
        for change in _changes(node, last):
            yield place, change
        for child, is_last in _children(node):
            yield from walk(child, place, is_last)

    yield from walk(statement, "the module", False)


def _children(node: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Yield what may be changed below a node, and whether it is the last statement of a function."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                is_last = isinstance(node, ast.FunctionDef) and name == "body" and child is node.body[-1]
                yield child, is_last


def _changes(node: ast.AST, last: bool) -> Iterator[_Change]:
    for kind, found in _OF_KIND.items():
        if isinstance(node, kind):
            yield from found(node)
            return
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield _Change("condition", node.test, ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield _Change("condition", test, ast.UnaryOp(ast.Not(), test))
    elif isinstance(node, ast.stmt) and not last:
        yield from _of_statement(node)


def _of_sign(node: ast.UnaryOp) -> Iterator[_Change]:
    yield _Change("sign" if isinstance(node.op, ast.USub) else "condition", node, node.operand)


def _of_comparison(node: ast.Compare) -> Iterator[_Change]:
    for at, op in enumerate(node.ops):
        for other in COMPARISONS.get(type(op), ()):
            ops = [*node.ops[:at], other(), *node.ops[at + 1 :]]
            yield _Change("comparison", node, ast.Compare(node.left, ops, node.comparators))


def _of_operation(node: ast.BinOp) -> Iterator[_Change]:
    texts = (ast.JoinedStr, ast.List, ast.Tuple)
    if any(isinstance(one, texts) or _is_text(one) for one in (node.left, node.right)):
        return
    if other := ARITHMETIC.get(type(node.op)):
        yield _Change("arithmetic", node, ast.BinOp(node.left, other(), node.right))
    if isinstance(node.op, ast.BitAnd | ast.BitOr):
        yield _Change("condition", node, node.left)
        yield _Change("condition", node, node.right)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _of_condition(node: ast.BoolOp) -> Iterator[_Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _Change("condition", node, ast.BoolOp(other, node.values))
    for at in range(len(node.values)):
        rest = [*node.values[:at], *node.values[at + 1 :]]
        yield _Change("condition", node, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))


def _of_constant(node: ast.Constant) -> Iterator[_Change]:
    if isinstance(node.value, bool):
        yield _Change("number", node, ast.Constant(not node.value))
    elif isinstance(node.value, int):
        yield _Change("number", node, ast.Constant(node.value + 1))


def _of_call(node: ast.Call) -> Iterator[_Change]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in EXCHANGED:
        yield _Change("method", node, _named(node, EXCHANGED[name]))
    if name in LEFT_OUT and isinstance(node.func, ast.Attribute) and not _is_library(node.func.value):
        yield _Change("left out", node, node.func.value)
    if name in ("sorted", "reversed") and isinstance(node.func, ast.Name):
        yield _Change("left out", node, ast.Call(ast.Name("list"), node.args[:1], []))
    if name in ("filter", "when"):
        yield from _of_arguments_negated(node)
    if name in ONE_LEFT_OUT and len(node.args) > 1:
        for at in range(len(node.args)):
            yield _Change("choice", node, ast.Call(node.func, node.args[:at] + node.args[at + 1 :], node.keywords))
    yield from _of_choices(node)
    if name == "join" and isinstance(node.func, ast.Attribute) and not _is_text(node.func.value):
        yield from _of_join(node)


def _is_library(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "pl"


def _named(node: ast.Call, name: str) -> ast.Call:
    func = node.func
    renamed = ast.Attribute(func.value, name) if isinstance(func, ast.Attribute) else ast.Name(name)
    return ast.Call(renamed, node.args, node.keywords)


def _of_arguments_negated(node: ast.Call) -> Iterator[_Change]:
    for argument in node.args:
        if not isinstance(argument, ast.Starred) and not _is_text(argument):
            yield _Change("condition", argument, ast.UnaryOp(ast.Invert(), argument))


def _of_choices(node: ast.Call) -> Iterator[_Change]:
    for keyword in node.keywords:
        given = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if keyword.arg == "keep" and given in CHOICES:
            yield _Change("choice", keyword.value, ast.Constant(CHOICES[given]))


def _of_join(node: ast.Call) -> Iterator[_Change]:
    by_name = {keyword.arg: keyword for keyword in node.keywords}
    how = by_name["how"].value.value if "how" in by_name else "inner"  # type: ignore[attr-defined]
    if how in JOINS:
        others = [one for one in node.keywords if one.arg != "how"]
        keywords = [*others, ast.keyword("how", ast.Constant(JOINS[how]))]
        yield _Change("join", node, ast.Call(node.func, node.args, keywords))
    key = by_name["on"].value if "on" in by_name else None
    if isinstance(key, ast.List) and len(key.elts) > 1:
        for at in range(len(key.elts)):
            yield _Change("join", key, ast.List(key.elts[:at] + key.elts[at + 1 :]))


def _of_statement(node: ast.stmt) -> Iterator[_Change]:
    """Yield the statement left out: a yield, an early return, an append, a `+=`."""
    value = getattr(node, "value", None)
    appends = isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
    goes = (
        isinstance(node, ast.Return | ast.AugAssign)
        or (isinstance(node, ast.Expr) and isinstance(value, ast.Yield | ast.YieldFrom))
        or (isinstance(node, ast.Expr) and appends and value.func.attr in ("append", "add", "update", "extend"))
    )
    if goes:
        yield _Change("statement", node, ast.Pass())


_OF_KIND: dict[type[ast.AST], Callable[[Any], Iterator[_Change]]] = {
    ast.Compare: _of_comparison,
    ast.BinOp: _of_operation,
    ast.BoolOp: _of_condition,
    ast.UnaryOp: _of_sign,
    ast.Constant: _of_constant,
    ast.Call: _of_call,
}
