"""All SQL of the program stands in the books: others ask a function of `npo_pipeline.books.queries`."""

import ast
from pathlib import Path

import pytest

import flows
import npo_pipeline

QUERYING = {"frame", "sql", "execute", "executemany"}
ROOTS = [Path(package.__path__[0]) for package in (npo_pipeline, flows)]
FILES = [path for root in ROOTS for path in sorted(root.rglob("*.py")) if (root / "books") not in path.parents]


def queries(tree: ast.AST) -> list[str]:
    """The calls in a module that ask the books, or DuckDB, something in SQL."""
    asked = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [
        f"line {one.lineno}: {ast.unparse(one)}"
        for one in asked
        if isinstance(one, ast.Attribute)
        and (one.attr in QUERYING or (one.attr == "value" and "books" in ast.unparse(one.value)))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:]))
def test_no_query_stands_outside_the_books(path):
    assert queries(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code", ["books.frame('from runs')", "run.books.value(q)", "duck.execute('begin')", "c.sql(q)"]
)
def test_a_query_is_recognised(code):
    assert queries(ast.parse(code))
