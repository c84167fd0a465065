"""Every school of a made-up country: what is explained is what was decided and paid, to the cent."""

from collections import defaultdict
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.commands.explain import ExplainRequest, explain
from npo_pipeline.reports.explain.model import Explanation, Subject
from npo_pipeline.reports.explain.render import text_of
from tests.books.explain.homes import said
from tests.books.explain.languages import DUTCH, ENGLISH, paragraph
from tests.books.explain.numbers import numbers_in, numbers_of, written

LANGUAGES = (DUTCH, ENGLISH)
OF_SCHOOLS = "where recipient_kind = 'bestuur'"
PRIMARY = {"bao", "sbo", "so", "vso"}


@pytest.fixture(scope="session")
def boards(made):
    """board -> its explanation."""
    found = select(made, f"select distinct board from entitlements {OF_SCHOOLS} order by 1")
    return {one: explain(ExplainRequest(Home(made), one)) for (one,) in found}


@pytest.fixture(scope="session")
def explanations(boards):
    """vestiging -> its explanation, cut out of that of its board, which is read from the books once."""
    found = {}
    for board, explanation in boards.items():
        (decision,) = explanation.decisions
        for school in decision.schools:
            assert school.board == board
            own = replace(decision, schools=(school,), own=(school.vestiging,), amount=school.amount)
            asked = Subject("vestiging", school.vestiging, school.name, school.place)
            found[school.vestiging] = Explanation(asked, (own,))
    return found


@pytest.fixture(scope="session")
def schools(explanations):
    """vestiging -> what the one decision says of it."""
    return {one: explanation.decisions[0].schools[0] for one, explanation in explanations.items()}


def test_a_school_by_itself_is_explained_as_within_its_board(made, schools):
    for vestiging in sorted(schools)[::9]:
        (decision,) = explain(ExplainRequest(Home(made), vestiging)).decisions
        assert decision.schools == (schools[vestiging],)
        assert decision.amount == schools[vestiging].amount


def select(home, query):
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


def all_lines(schools):
    return [line for school in schools.values() for line in school.lines]


def test_the_country_has_all_there_is_to_explain(schools):
    lines = all_lines(schools)
    assert len(schools) > 30
    assert {line.school_type for line in lines} >= {"bao", "sbo", "so", "vso", "vo", "vo_pro_vbo"}
    assert {line.component for line in lines} >= {"per_pupil", "achterstandsscore", "cumi", "surcharge"}


def test_the_lines_are_the_entitlements(made, schools):
    explained = {(line.vestiging, line.school_type, line.component): line.amount for line in all_lines(schools)}
    decided = select(made, f"select vestiging, school_type, component, amount from entitlements {OF_SCHOOLS}")
    assert explained == {tuple(key): amount for *key, amount in decided}


def test_a_school_gets_its_lines_together(made, schools):
    decided = dict(select(made, f"select vestiging, sum(amount) from entitlements {OF_SCHOOLS} group by all"))
    assert {one: school.amount for one, school in schools.items()} == decided
    assert {one: sum(line.amount for line in school.lines) for one, school in schools.items()} == decided


def test_each_line_adds_up_from_what_was_counted_to_the_cent(schools):
    for line in all_lines(schools):
        assert sum(part.number for part in line.parts) == line.counted, line
        assert line.counted - (line.threshold or 0) == line.quantity, line
        assert line.quantity * line.rate + line.supplement == line.unrounded, line
        both, before = line.unrounded_before + line.unrounded, line.unrounded_before
        cent = Decimal("0.01")
        assert both.quantize(cent, ROUND_HALF_UP) - before.quantize(cent, ROUND_HALF_UP) == line.amount, line


def test_a_school_is_rounded_once(schools):
    of_school: dict[tuple, list] = defaultdict(list)
    for line in all_lines(schools):
        of_school[line.vestiging[:4], line.school_type, line.component].append(line)
    for lines in of_school.values():
        exact = sum(line.unrounded for line in lines)
        assert sum(line.amount for line in lines) == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_what_was_counted_is_what_the_files_say(made, schools):
    counts = defaultdict(Decimal)
    for vestiging, school_type, pupils in select(made, "select vestiging, school_type, pupils from counts"):
        counts[vestiging, school_type] += pupils
    per_pupil = [line for line in all_lines(schools) if line.component == "per_pupil"]
    assert {(line.vestiging, line.school_type): line.counted for line in per_pupil} == counts
    counting = select(
        made, "select file, sha256, rows, rejected from deliveries where kind in ('register_po', 'pupils_vo')"
    )
    files = {(one.file, one.sha256, one.rows, one.refused) for line in per_pupil for one in line.files}
    assert files == set(counting)


def test_paid_to_settle_and_to_come_is_the_amount(made, schools):
    for school in schools.values():
        flow = school.flow
        months = [*flow.paid, *flow.to_come]
        assert sum(one.amount for one in months) + flow.to_settle == school.amount, school.vestiging
        if {line.school_type for line in school.lines} <= PRIMARY:
            assert [one.month.month for one in months] == [9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7]
            assert len(flow.paid) == 4
        else:
            assert [one.month.month for one in flow.paid] == [11]
    paid = dict(select(made, f"select vestiging, sum(amount) from payments {OF_SCHOOLS} group by all"))
    assert {one: sum(month.amount for month in school.flow.paid) for one, school in schools.items()} == paid


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
def test_every_number_of_the_trace_stands_in_the_paragraph(schools, language):
    for line in all_lines(schools):
        text = paragraph(line, language)
        for number, places in numbers_of(line):
            assert written(number, language.code, places) in text
        assert all(one in text for one in (line.article, line.source, line.url))
        assert all(one.file in text and one.sha256[:12] in text for one in line.files)


def test_both_languages_say_the_same_numbers(explanations, schools):
    for one, explanation in explanations.items():
        school = schools[one]
        names = [name for line in school.lines for name in (line.article, line.source, line.url)]
        names += [file.file for line in school.lines for file in line.files]
        names += [name for omitted in school.omitted for name in (omitted.article,) if name]
        dutch, english = (
            numbers_in(text_of(explanation, language), language.code, names) for language in LANGUAGES
        )
        assert dutch == english
        assert len(dutch) > 20


def test_a_board_adds_up_to_its_schools(made, boards):
    for board, total in select(made, f"select board, sum(amount) from entitlements {OF_SCHOOLS} group by all"):
        (told,) = boards[board].decisions
        assert told.amount == sum(school.amount for school in told.schools) == total
        assert sum(one.amount for one in told.totals) == total
        months = [*told.flow.paid, *told.flow.to_come]
        assert sum(one.amount for one in months) + told.flow.to_settle == total


def test_nothing_of_a_pupil_is_in_it(made):
    assert "PSEUDONIEM" not in said(made, select(made, "select min(vestiging) from entitlements")[0][0])
