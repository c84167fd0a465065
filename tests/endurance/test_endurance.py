"""The machines of mutation, kills and soak find what is planted for them, in seconds."""

import os
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from schemas.iban import iban_fault
from tests.endurance.endurance_report import kills_lines, soak_lines, write_part
from tests.endurance.kill_steps import Stage, Step
from tests.endurance.kills import _is_between, drawn
from tests.endurance.mutants import difference, mutants
from tests.endurance.mutation import TESTS, sampled
from tests.endurance.mutation_report import report_lines
from tests.endurance.soak_world import iban, month_of
from tests.endurance.trying import Kept, Outcome, Tree, Trial
from tests.endurance.wholeness import halves, left_beside, published

ROOT = Path(__file__).parents[2]


def changes(source: str) -> list[str]:
    return [one.change for one in mutants(source)]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("a < b", ["a < b → a <= b", "a < b → a >= b"]),
        ("a in b", ["a in b → a not in b"]),
        ("f(a - b)", ["a - b → a + b"]),
        ("-a", ["-a → a"]),
        ("a and b", ["a and b → a or b", "a and b → b", "a and b → a"]),
        ("f(12, True)", ["12 → 13", "True → False"]),
        ("x.sum()", ["x.sum() → x.max()"]),
        ("pl.all()", ["pl.all() → pl.any()"]),
        ("x.over('a')", ["x.over('a') → x"]),
        ("x.filter(a)", ["x.filter(a) → x", "a → ~a"]),
        ("a.join(b, on='k', how='anti')", ["a.join(b, on='k', how='anti') → a.join(b, on='k', how='semi')"]),
        ("a.join(b, on=['k', 'm'], how='x')", ["['k', 'm'] → ['m']", "['k', 'm'] → ['k']"]),
        ("pl.coalesce(a, b)", ["pl.coalesce(a, b) → pl.coalesce(b)", "pl.coalesce(a, b) → pl.coalesce(a)"]),
        ("x.unique(keep='first')", ["x.unique(keep='first') → x", "'first' → 'last'"]),
    ],
)  # fmt: skip
def test_the_mutants_of_a_line(source, wanted):
    assert changes(source) == wanted


@pytest.mark.parametrize(
    "source", ["'a' + b", "def f(a: 'int' = None) -> 'x': return a", "raise E(1 + 1)", "import a"]
)
def test_texts_annotations_and_exceptions_are_left_as_they_are(source):
    assert changes(source) == []


def test_an_early_return_and_a_yield_are_left_out_and_the_last_statement_is_not():
    source = "def f(a):\n    if a:\n        return a\n    yield a\n    return b"
    left_out = [change for change in changes(source) if change.endswith("pass")]
    assert left_out == ["return a → pass", "yield a → pass"]


def test_a_long_difference_is_shown_with_what_is_around_it():
    assert difference("a" * 40 + "<" + "b" * 40, "a" * 40 + ">" + "b" * 40, around=3) == "…aaa<bbb… → …aaa>bbb…"


def test_every_module_of_money_and_its_tests_are_there():
    paths = [f"npo_pipeline/{module}" for module in TESTS]
    paths += [test for rounds in TESTS.values() for tests in rounds for test in tests]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert len(mutants((ROOT / "npo_pipeline/payments/booking.py").read_text("utf-8"))) > 10


def test_a_sample_is_the_same_each_time():
    found = mutants("a < b\nc < d\ne < f")
    assert sampled(found, 3, "seed") == sampled(found, 3, "seed") != found
    assert sampled(found, None, "seed") == found


PLANTED = "def half(cents):\n    return (cents + 1) // 2\n"
WEAK = "from planted import half\n\ndef test_half_of_one_goes_up():\n    assert half(1) == 1\n"
STRONG = WEAK + "\ndef test_half_of_four():\n    assert half(4) == 2\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="tries mutants in forked processes")
def test_a_planted_weak_test_lets_a_mutant_live_and_a_strong_one_does_not(tmp_path):
    kept = Kept(tmp_path / "tried.jsonl")
    for name, text in {"planted.py": PLANTED, "test_weak.py": WEAK, "test_strong.py": STRONG}.items():
        (tmp_path / name).write_text(text)
    # (1 + 2) // 2 is 1 as well, and (4 + 2) // 2 is 3
    (mutant,) = [one for one in mutants(PLANTED) if one.change == "1 → 2"]
    weak, strong = (Trial(Tree(tmp_path), "planted.py", [f"test_{name}.py"], kept) for name in ("weak", "strong"))
    assert weak.outcome(mutant) == Outcome(False, "")
    assert strong.outcome(mutant) == Outcome(True, "test_strong.py::test_half_of_four")
    assert (tmp_path / "planted.py").read_text() == PLANTED


def test_what_was_tried_is_kept_and_each_survivor_is_judged_in_the_report(tmp_path):
    first, second = mutants("a < b")
    Kept(tmp_path / "tried").add("m.py", first, Outcome(True, "test_a"))
    Kept(tmp_path / "tried").add("m.py", second, None)
    kept = Kept(tmp_path / "tried")
    assert (kept.outcome(first)["test"], kept.survived(second)) == ("test_a", True)
    lines = report_lines(kept, {"m.py": [first, second]}, {("m.py", "the module", second.change): "equivalent"})
    assert "| `m.py` | 2 | 2 | 1 | 1 |" in lines
    assert f"| `m.py`, `the module` | `{second.change}` | equivalent |" in lines


def test_half_a_file_in_its_place_is_found_and_one_beside_it_is_no_half(tmp_path):
    for name, content in {
        "a.json": '{"a": 1',
        "b.html": "<html>",
        "work/1/c.json": "{",
        ".d.json.77": "{",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert [one.partition(":")[0] for one in halves(published(tmp_path))] == ["a.json", "b.html"]
    assert left_beside(tmp_path) == [".d.json.77", "work/1/c.json"]


def test_files_that_are_not_those_of_their_checksums_are_found(tmp_path):
    sums = "\n".join(["# gemaakt uit 0", f"{sha256(b'whole').hexdigest()}  a.csv", ""])
    (tmp_path / "SHA256SUMS").write_text(sums)
    (tmp_path / "a.csv").write_text("whole")
    assert list(halves({"SHA256SUMS": tmp_path / "SHA256SUMS"})) == []
    (tmp_path / "a.csv").write_text("hal")
    assert list(halves({"SHA256SUMS": tmp_path / "SHA256SUMS"})) == [
        "SHA256SUMS: ValueError: a.csv has another SHA-256"
    ]


def test_books_between_have_some_of_the_runs_and_no_other_row():
    before, once = {"runs": [("1",)]}, {"runs": [("1",), ("2",), ("3",)]}
    assert _is_between(before, {"runs": [("1",), ("2",)]}, once)
    assert not _is_between(before, {"runs": [("1",), ("4",)]}, once)


def test_a_kill_of_a_seed_is_always_the_same_and_each_round_has_every_stage(tmp_path):
    named = {"folder": tmp_path, "seconds": 1.0, "points": 9, "again_status": 0}
    stages = [Stage(number=number, step=Step(("pay",)), **named) for number in range(5)]
    first = [drawn(1, number, stages) for number in range(10)]
    assert first == [drawn(1, number, stages) for number in range(10)]
    assert {stage.number for stage, _ in first[:5]} == {stage.number for stage, _ in first[5:]} == set(range(5))


def test_a_made_up_iban_is_one():
    assert [iban_fault(iban(Random(seed))) for seed in range(50)] == [None] * 50
    assert [month_of(0), month_of(4), month_of(23)] == ["2021-09", "2022-01", "2023-08"]


def test_the_reports_name_each_fault(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- kills: begin --><!-- kills: end -->\nb\n")
    kill = {"command": "pay", "words": "pay --month", "when": "at file 3 of 9", "alone": True, "killed": True}
    write_part(page, "kills", kills_lines([{**kill, "left": 1, "left_for_good": 0, "faults": ["paid\ntwice"]}], 1))
    assert "| `pay` | 1 | 1 | 1 | 1 | 0 | 0 |" in page.read_text()
    assert "- `pay --month` at file 3 of 9: paid twice" in page.read_text()
    step = {
        "step": 0,
        "command": "pay",
        "words": "pay",
        "missing": False,
        "status": 0,
        "checked": 1.0,
        "months": 1,
    }
    sizes = {"seconds": 2.0, "memory": 2**20, "books": 2**21, "home": 2**22, "faults": []}
    lines = soak_lines([{**step, **sizes}], "30 boards", 1)
    assert "| `pay` | 1 | 0 | 2.0 | 2.0 | 1 | 1 |" in lines
    assert "| 1 | 2 | 4 |" in lines
