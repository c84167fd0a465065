"""The house rules that no linter knows: docstrings, records, calls, frames with names, SQL in one room, start-up.

Each test lists all offenders, as `file:line name`.
"""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("npo_pipeline", "flows", "schemas")

MOST_MODULES = 310
"""230 for the program that computes, pays and accounts; 40 for the rooms that pay by bank and serve a board; 40 to
run it in production: workers, watching, back-ups, publishing, signatures."""
MOST_FIELDS_BY_POSITION = 4
MOST_ARGUMENTS_BY_POSITION = 4

GENERIC = {
    "accounting_context": "takes new rows of any tables",
    "added_to": "adds the currency to any rows of schools",
    "add_trace": "adds the exact amounts to any entitlements",
    "append": "adds rows to any table",
    "board_in_month": "adds the board to any rows with a vestiging and a month",
    "board_on": "adds the board to any rows with a vestiging",
    "complete": "adds rows to any table of a migrated copy",
    "csv": "writes any table",
    "empty": "makes any frame without rows",
    "fault_rows": "makes faults of facts with any other columns",
    "insert": "adds rows to any table",
    "finding_rows": "makes findings of cases with any other columns",
    "frame": "runs any query",
    "frame_sheet": "shows any frame",
    "frame_table": "shows any frame",
    "has_same_rows": "compares the rows of any two frames",
    "latest_reports": "selects from the reports of either kind",
    "new_rows": "gives the new rows of any table",
    "replace": "replaces the rows of any derived table",
    "row_differences": "compares the rows of any two frames",
    "rows_of_brins": "reads any table with vestigingen",
    "rows_of_decision": "reads any table of a decision",
    "rows_of_deliveries": "selects from any rows with a delivery",
    "rows_sha256": "hashes the rows of any table",
    "rows_until": "reads any table with deliveries",
    "rows_with_run": "reads any table of a run",
    "scores_by_type": "adds the school type to any rows of scores",
    "select_columns": "orders the columns of any frame by its model",
    "surely_valid": "checks any rows against their model",
    "table": "reads any table",
    "table_of_decision": "reads any table of a decision",
    "table_rows": "names the rows of any table",
    "tables": "lists the tables of a report, each of its own type",
    "text_by_board": "writes the rows of any table of boards",
    "total": "adds up an amount of any rows",
    "totals": "adds up an amount of any rows",
    "validate_rows": "checks any rows against their model",
    "validated": "checks any frame against its model",
    "with_beneficiary": "adds what the beneficiary of any rows is",
    "with_recipient": "adds who is paid to any rows of a beneficiary",
}
"""Functions that take or give any frame, each with the reason."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Module:
    """A module: its path from the root, and its syntax tree."""

    path: str
    tree: ast.Module

    def at(self, node: ast.stmt | ast.expr, name: str) -> str:
        """Return the place of a node, as tests print it."""
        return f"{self.path}:{node.lineno} {name}"

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Return all nodes of the tree."""
        return tuple(ast.walk(self.tree))

    def definitions(self) -> Iterator[Definition]:
        """Yield all classes, functions and methods."""
        for node in self.nodes:
            if isinstance(node, Definition):
                yield node


@cache
def modules() -> tuple[Module, ...]:
    """Return all modules of the program, without those of the tests."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return tuple(Module(str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))) for path in paths)


def test_no_docstring_opens_with_a_question():
    question = re.compile(r"(What|Which|Whether|How|Who|Whose|Where|When|That)\b")
    offenders = [
        module.at(node, node.value.value[:40])
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and question.match(node.value.value)
    ]
    assert offenders == []


def test_records_of_more_than_four_fields_are_built_by_name():
    offenders = [
        module.at(node, node.name)
        for module in modules()
        for node in module.definitions()
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in ast.unparse(decorator)
        and "kw_only=True" not in ast.unparse(decorator)
        and len(_fields_by_position(node)) > MOST_FIELDS_BY_POSITION
    ]
    assert offenders == []


def _fields_by_position(record: ast.ClassDef) -> list[str]:
    """Return the annotations of the fields before `_: KW_ONLY`; all where there is none."""
    fields = [ast.unparse(one.annotation) for one in record.body if isinstance(one, ast.AnnAssign)]
    by_position = itertools.takewhile(lambda annotation: annotation != "KW_ONLY", fields)
    return [annotation for annotation in by_position if "ClassVar" not in annotation]


def test_no_call_has_five_or_more_arguments_by_position():
    ours = _names_with_a_fixed_number_of_arguments()
    offenders = [
        module.at(node, name)
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.Call)
        and sum(not isinstance(one, ast.Starred) for one in node.args) > MOST_ARGUMENTS_BY_POSITION
        and (name := _called(node)) in ours
    ]
    assert offenders == []


def _names_with_a_fixed_number_of_arguments() -> set[str]:
    """Return the names of our own classes and functions; `select("a", "b", ...)` of polars is none of them."""
    nodes = [node for module in modules() for node in module.definitions()]
    return {node.name for node in nodes if isinstance(node, ast.ClassDef) or node.args.vararg is None}


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]


def test_the_house_has_few_enough_rooms():
    assert sum(not module.path.endswith("__init__.py") for module in modules()) <= MOST_MODULES


def test_public_signatures_say_which_frame():
    bare = {
        module.at(node, node.name)
        for module in modules()
        for node in module.definitions()
        if not isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name not in GENERIC
        for annotation in _annotations(node)
        if re.search(r"\b(pl\.)?DataFrame\b", ast.unparse(annotation))
    }
    assert sorted(bare) == []


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    return [one for one in (*(arg.annotation for arg in given if arg), node.returns) if one is not None]


def test_every_generic_helper_is_there():
    names = {node.name for module in modules() for node in module.definitions()}
    assert sorted(set(GENERIC) - names) == []


def test_all_sql_lives_in_the_books():
    sql = re.compile(r"\s*(select|insert into|update|delete from|with \w+ as)\s")
    offenders = [
        module.at(node, node.value.strip().splitlines()[0])
        for module in modules()
        if not module.path.startswith("npo_pipeline/books/")
        for node in module.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and sql.match(node.value)
    ]
    assert offenders == []


LOADED = """
import sys
before = set(sys.modules)
import npo_pipeline.cli.main
files = {name.partition(".")[0]: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()
         if name not in before}
print(*sorted(name for name, file in files.items() if "site-packages" in file))
"""


def test_the_command_line_loads_click_alone():
    # import-linter counts what functions import as well; what matters here is what is loaded for `npo --help`.
    loaded = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == ["click"]
