"""What is read in a table of others: by a mapping or a known layout, and what is kept out, each row by name."""

import pytest

from npo_pipeline.delivery.sniff import normal_name
from npo_pipeline.delivery.table_file import Table
from npo_pipeline.errors import Refused
from npo_pipeline.reconciliation.mapping import known_layouts, layout_of, parse_mapping, with_known_components
from npo_pipeline.reconciliation.theirs import Compared, ReadFile, _number, read_theirs
from schemas.frames.intake import FileRows
from tests.reading import table

COMPONENTS = {"per_pupil": "pupils", "achterstandsscore": "score", "surcharge": "pro_pupils"}
COMPARED = Compared(
    school_year="2021-2022",
    components=COMPONENTS,
    regulations=frozenset({"npo", "regelingnpopoenvo", "bwbr0045533"}),
)


def given(text: str, form: str = "csv") -> Table:
    """A table whose first line is its header, with a value per word; `-` is an empty cell."""
    rows = table(text).fill_null("")
    headings = tuple(rows.columns)
    rows.columns = [normal_name(one) for one in headings]
    lined = FileRows(rows.with_row_index("line", offset=2).cast({"line": int}))
    columns = tuple(rows.columns)
    return Table(
        name="ofb.csv", sha256="ab" * 32, form=form, header_row=1, headings=headings, columns=columns, rows=lined
    )


def mapped(text: str):
    return parse_mapping("mapping:\n" + "".join(f"  {line}\n" for line in text.strip().splitlines()), "ofb.yaml")


def read(text: str, mapping: str, form: str = "csv") -> ReadFile:
    return read_theirs(given(text, form), mapped(mapping), COMPARED)


def amounts(read: ReadFile) -> list[tuple]:
    return read.amounts.select("level", "code", "component", "theirs_cents").rows()


def refusal(text: str, mapping: str) -> str:
    with pytest.raises(Refused) as refused:
        read(text, mapping)
    return str(refused.value)


PLAIN = "school: A\namounts: [{column: B, component: per_pupil}]"
PRESTATIEBOX = """
school: BRIN_NUMMER
amounts:
  - {column: PRESTATIEBOX, component: per_pupil, school_types: [bao]}
counts:
  - {column: LEERLINGEN, measure: pupils}
"""


def test_amounts_and_counts_of_schools():
    found = read("Brin_nummer LEERLINGEN PRESTATIEBOX\n00AP 97 19.394,18\n16ah 222 44386.68", PRESTATIEBOX)
    assert amounts(found) == [("school", "00AP", "per_pupil", 1939418), ("school", "16AH", "per_pupil", 4438668)]
    assert found.amounts["their_count_e2"].to_list() == [9700, 22200]
    assert found.amounts["school_types"].unique().to_list() == ["bao"]
    assert found.file.levels == ("school",)
    assert found.unread.is_empty()


def test_the_level_is_that_of_the_codes():
    assert read("A B\n00AP00 1,00\n00AP01 2,00", PLAIN).file.levels == ("vestiging",)
    assert amounts(read("A B\n1234 1,00", "board: A\namounts: [{column: B, component: per_pupil}]")) == [
        ("board", "01234", "per_pupil", 100)
    ]


def test_brin_and_vestiging_may_be_two_columns():
    mapping = f"vestiging: V\n{PLAIN}"
    assert amounts(read("A V B\n00AP 0 1,00\n00AP 01 2,00\n00AR 00AR00 3,00", mapping)) == [
        ("vestiging", "00AP00", "per_pupil", 100),
        ("vestiging", "00AP01", "per_pupil", 200),
        ("vestiging", "00AR00", "per_pupil", 300),
    ]


def test_two_levels_of_schools_in_one_column_are_refused():
    words = refusal("A B\n00AP 1,00\n00AR01 2,00", PLAIN)
    assert "column A has a BRIN in line 2 and a vestiging in line 3" in words


def test_a_school_that_stands_twice_is_refused_with_both_lines():
    words = refusal("A B\n00AP 1,00\n00AR 2,00\n00AP 3,00", PLAIN)
    assert words.startswith("ofb.csv, line 4: 00AP stands in line 2 too")


def test_what_cannot_be_read_is_named_and_the_rest_is_read():
    text = "A L B\n00AP 5 1,00\n0ap 6 2,00\n00AR x 3,00\n00AV 7 4,005\n00AZ 8 -"
    found = read(
        text, "school: A\namounts: [{column: B, component: per_pupil}]\ncounts: [{column: L, measure: pupils}]"
    )
    assert amounts(found) == [("school", "00AP", "per_pupil", 100), ("school", "00AR", "per_pupil", 300)]
    assert found.unread.select("line", "column_name", "message").rows() == [
        (3, "A", "A '0ap' is no code of a school: a BRIN (16AH) or a vestiging (16AH00)"),
        (4, "L", "L 'x' is no count; the amounts of the row are compared without it"),
        (5, "B", "B '4,005' is no amount; write it as 1234,56, with two decimals at most"),
    ]


def test_whose_amount_of_what_cannot_be_read_is_known():
    columns = "amounts: [{column: B, component: per_pupil}, {column: C, component: cumi}]"
    assert read("A B C\n00AP x 1,00\n00AR 1,00 -", f"school: A\n{columns}").unreadable == {("00AP", "per_pupil")}
    tall = decisions("1 00AP NPO 2021-2022 per_pupil x - -", "1 00AP NPO 2021-2022 per_pupil 1,00 - -")
    assert (tall.unreadable, tall.amounts.height) == ({("00AP", "per_pupil")}, 1)


def test_a_table_of_which_nothing_can_be_read_is_refused():
    words = refusal("A B\n0AP x\n00AR y", PLAIN)
    assert words.startswith("ofb.csv: no row can be read: line 2: A '0AP' is no code of a school")
    assert "line 3: B 'y' is no amount" in words


@pytest.mark.parametrize("nothing", ["–", "€-", "€–", "EUR—"])
def test_a_dash_is_no_amount_as_an_empty_cell_is_none(nothing):
    found = read(f"A B\n00AP {nothing}\n00AR 1,00", PLAIN)
    assert (amounts(found), found.unread.height) == ([("school", "00AR", "per_pupil", 100)], 0)


def test_what_cannot_be_read_is_shown_as_it_is_written():
    found = read("A B\n00AP =1+1\n00AR 1,00\nTotaal 1,00", PLAIN)
    assert found.unread["message"].to_list() == [
        "B '=1+1' is no amount; write it as 1234,56, with two decimals at most",
        "A 'Totaal' is no code of a school: a BRIN (16AH) or a vestiging (16AH00)",
    ]


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("1234.56", 123456),
        ("1234.5600", 123456),
        ("12,5000", 1250),
        ("1234,560", 123456),
        ("1234,56", 123456),
        ("1.234,56", 123456),
        ("€1.234,5", 123450),
        ("-12", -1200),
        ("-€5,00", -500),
        ("€-5,00", -500),
        ("5,00EUR", 500),
        ("7", 700),
    ],
)
def test_amounts_are_read_as_they_are_written(written, cents):
    found = read(f"A B\n00AP {written}", PLAIN)
    assert found.amounts["theirs_cents"].to_list() == [cents]


@pytest.mark.parametrize("written", ["1.200", "1,200", "12.500", "1.234.56", "1234.567", "1e3", "1 234,56", "-"])
def test_what_could_mean_two_things_is_no_amount(written):
    assert _number(written, "csv") is None


def test_a_number_that_a_sheet_keeps_a_hair_off_is_what_it_shows():
    text = "A B\n00AP 4686309.640000001\n00AR 2876111.689999999\n00AV 97474.858"
    found = read(text, PLAIN, form="xls")
    assert found.amounts["theirs_cents"].to_list() == [468630964, 287611169]
    assert found.unread["line"].to_list() == [4]


def test_a_column_that_is_not_there_is_refused_with_what_may_be_meant():
    words = refusal(
        "BRIN PRESTATIE_BOX\n00AP 1,00", "school: BRIN\namounts: [{column: PRESTATIEBOX, component: per_pupil}]"
    )
    assert words == (
        "ofb.csv, line 1: has no column PRESTATIEBOX, which ofb.yaml names; is `PRESTATIE_BOX` meant?"
    )


def test_no_pseudonym_of_a_pupil_is_shown():
    row = "N P611953234572\n00AP 1,00"
    assert refusal(row, PLAIN) == "ofb.csv, line 1: has no column A, which ofb.yaml names; there is N"
    words = refusal("PSEUDONIEM B\nP611953234572 1,00", PLAIN.replace("school: A", "school: Pseudoniem"))
    assert words == "ofb.yaml: names Pseudoniem, which is of pupils and is shown nowhere; name another column"


BESCHIKKINGEN = "BEVOEGD_GEZAG_NUMMER BRIN_NUMMER REGELING SCHOOLJAAR ONDERDEEL BEDRAG DATUM KENMERK"


def decisions(*rows: str) -> ReadFile:
    layout = layout_of(BESCHIKKINGEN.split())
    return read_theirs(given("\n".join([BESCHIKKINGEN, *rows])), layout, COMPARED)


def test_decisions_a_row_per_component_add_up_per_school_and_component():
    found = decisions(
        "41646 00AP NPO 2021-2022 per_pupil 100,00 20210901 K1",
        "41646 00AP NPO 2021-2022 per_pupil -20,50 20211001 K2",
        "41646 00AP NPO 2021/2022 Achterstandsscore 7,00 20211001 K2",
        "41646 - NPO 2021-2022 per_pupil 500,00 20211001 K3",
    )
    assert sorted(amounts(found)) == [
        ("board", "41646", "per_pupil", 50000),
        ("school", "00AP", "achterstandsscore", 700),
        ("school", "00AP", "per_pupil", 7950),
    ]
    assert found.file.layout == "beschikkingen"
    assert found.amounts["board"].unique().to_list() == ["41646"]


def test_rows_of_other_years_regulations_and_components_are_left_out_and_counted():
    found = decisions(
        "41646 00AP NPO 2021-2022 per_pupil 100,00 20210901 K1",
        "41646 00AP NPO 2020-2021 per_pupil 30,00 20210901 K1",
        "41646 00AR NPO 2020-2021 per_pupil 40,00 20210901 K1",
        "41646 00AP Lumpsum 2021-2022 per_pupil 900,00 20210901 K1",
        "41646 00AP NPO 2021-2022 huisvesting 5,00 20210901 K1",
    )
    assert amounts(found) == [("school", "00AP", "per_pupil", 10000)]
    assert [(column, value, rows, str(amount)) for _, column, value, rows, amount in found.others.rows()] == [
        ("SCHOOLJAAR", "2020-2021", 2, "70.00"),
        ("REGELING", "Lumpsum", 1, "900.00"),
        ("ONDERDEEL", "huisvesting", 1, "5.00"),
    ]


def test_of_many_values_the_most_frequent_are_named_and_none_can_do_harm():
    others = [f"41646 00AP NPO 2021-2022 onderdeel-{number} 1,00 20210901 K1" for number in range(30)]
    found = decisions(
        "41646 00AP NPO 2021-2022 per_pupil 100,00 20210901 K1",
        "41646 00AP NPO 2021-2022 =HYPERLINK 1,00 20210901 K1",
        "41646 00AR NPO 2021-2022 =HYPERLINK 1,00 20210901 K1",
        *others,
    )
    assert found.others.height == 21
    assert found.others.select("value", "rows").row(0) == ("'=HYPERLINK", 2)
    assert found.others.select("value", "rows").row(20) == ("...", 11)
    assert found.others["rows"].sum() == 32


def test_an_amount_that_is_none_is_named_in_a_row_that_counts_alone():
    found = decisions(
        "41646 00AP NPO 2021-2022 per_pupil 100,00 20210901 K1",
        "41646 00AR NPO 2021-2022 per_pupil veel 20210901 K1",
        "41646 00AV NPO 2020-2021 per_pupil onbekend 20210901 K1",
    )
    assert found.unread["line"].to_list() == [3]
    assert found.others.select("value", "rows").rows() == [("2020-2021", 1)]


@pytest.mark.parametrize("name", ["NPO", "BWBR0045533", "npo-po-2021", "Regeling_NPO_po_en_vo"])
def test_a_regulation_goes_by_several_names(name):
    found = decisions(
        f"41646 00AP {name} 2021-2022 per_pupil 100,00 20210901 K1",
        "41646 00AP Lumpsum 2021-2022 per_pupil 900,00 20210901 K1",
    )
    assert amounts(found) == [("school", "00AP", "per_pupil", 10000)]


def test_a_table_of_one_regulation_is_of_that_one_whatever_it_is_called():
    assert amounts(decisions("41646 00AP Ofb 2021-2022 per_pupil 100,00 20210901 K1")) == [
        ("school", "00AP", "per_pupil", 10000)
    ]


def test_a_table_of_another_year_alone_is_refused():
    with pytest.raises(Refused, match=r"all rows are of something else \(SCHOOLJAAR 2020-2021\)"):
        decisions("41646 00AP NPO 2020-2021 per_pupil 100,00 20210901 K1")


# Known layouts.

OF_2019 = "Brin OWBGNUMMER TOTAAL_AANTAL_LEERLINGEN ACHTERSTANDSSCORE BESTRIJDING_ONDERWIJSACHTERSTANDEN " \
    "PERSONEELS_EN_ARBEIDSMARKTBELEID PRESTATIEBOX TOTAAL_PERSONELE_BEKOSTIGING TOTAAL"  # fmt: skip
OF_2015 = "PEILDATUM BRIN_NUMMER BEVOEGD_GEZAG_NUMMER TOTAAL_AANTAL_LEERLINGEN SCHOOLGEWICHT ONDERBOUW " \
    "BESTRIJDING_ONDERWIJSACHTERSTANDEN PERSONEELS_EN_ARBEIDSMARKTBELEID PRESTATIEBOX TOTAAL"  # fmt: skip


def test_both_generations_of_duo_and_decisions_are_known_by_their_header():
    names = {header: layout_of(header.split()).name for header in (OF_2019, OF_2015, BESCHIKKINGEN)}
    assert list(names.values()) == [
        "personele bekostiging bo 2019-2020",
        "personele bekostiging bo 2015-2016",
        "beschikkingen",
    ]
    assert layout_of(["BRIN_NUMMER", "BEDRAG"]) is None
    assert len(known_layouts()) == 3


def test_a_known_layout_is_compared_by_the_components_that_were_decided():
    layout = with_known_components(layout_of(OF_2019.split()), {"per_pupil"}, {"per_pupil"})
    found = read_theirs(
        given(f"{OF_2019}\n00AP 41646 97 7.87 2216.25 112654.33 19394.18 401928.74 533977.25"), layout, COMPARED
    )
    assert amounts(found) == [("school", "00AP", "per_pupil", 1939418)]
    assert found.amounts.select("board", "their_count_e2").row(0) == ("41646", 9700)


def test_a_known_layout_without_a_component_that_was_decided_is_refused():
    with pytest.raises(Refused, match=r"the decision has cumi, and layout .* none of these; say with --mapping"):
        with_known_components(layout_of(OF_2019.split()), {"cumi"}, {"cumi"})


# Mapping files.


TWICE = "school: A\namounts:\n- {column: B, component: cumi}\n- "
WRONG = [
    (
        "school: A\namounts: [{column: B, component: Per pupil}]",
        "line 3: mapping.amounts[1].component: 'Per pupil'",
    ),
    ("school: A\namounts: [{column: B, component: cumi, school_types: [bo]}]", "is 'bo', which is none of"),
    ("amounts: [{column: B, component: cumi}]", "mapping.school: is missing; name the column"),
    ("school: A", "mapping.amounts: wants a column of amounts"),
    ("school: A\ncolumns: [{column: B, component: cumi}]", "columns: is no key known here; is `column` meant?"),
    (f"header_row: 0\n{PLAIN}", "header_row: counts from 1"),
    (f"{TWICE}{{column: b, component: so}}", "line 5: amounts[2].column: b stands twice, first in line 4"),
    (
        f"{TWICE}{{column: C, component: cumi, school_types: [so]}}",
        "line 5: amounts[2].component: `cumi` stands twice",
    ),
    ("school: A\namounts: [{column: B}]", "wants one component, or in `components` those of which the column is"),
    (
        f"{PLAIN}\ncounts: [{{column: C, measure: leerlingen}}]",
        "measure: is 'leerlingen', which is none of 'pupils'",
    ),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_a_mapping_that_is_wrong_is_refused_with_its_line(text, words):
    with pytest.raises(Refused) as refused:
        mapped(text)
    assert str(refused.value).startswith("ofb.yaml")
    assert words in str(refused.value)


def test_the_name_of_a_mapping_file_stays_on_one_line():
    assert (
        parse_mapping("mapping: {school: A, amounts: [{column: B, component: cumi}]}", "m\n\x1b.yaml").name
        == "m  .yaml"
    )


def test_a_component_that_no_regulation_knows_is_refused_with_what_may_be_meant():
    layout = mapped("school: A\namounts: [{column: B, component: per_pupils}]")
    with pytest.raises(Refused) as refused:
        with_known_components(layout, {"per_pupil"}, {"per_pupil", "cumi"})
    assert str(refused.value) == (
        "ofb.yaml, line 3: amounts[1].component: no regulation knows `per_pupils`; is `per_pupil` meant?"
    )


def test_a_column_may_hold_the_sum_of_several_components():
    found = read("A B\n00AP 3,00", "school: A\namounts: [{column: B, components: [per_pupil, achterstandsscore]}]")
    assert amounts(found) == [("school", "00AP", "per_pupil+achterstandsscore", 300)]


@pytest.mark.parametrize(("components", "count"), [("per_pupil, cumi", 500), ("achterstandsscore, cumi", None)])
def test_the_count_of_pupils_is_that_of_a_sum_with_one_component_per_pupil(components, count):
    columns = f"amounts: [{{column: B, components: [{components}]}}]\ncounts: [{{column: N, measure: pupils}}]"
    found = read("A B N\n00AP 3,00 5", f"school: A\n{columns}")
    assert found.amounts["their_count_e2"].to_list() == [count]


def test_one_component_may_have_a_column_per_school_type():
    text = "school: A\namounts:\n- {column: B, component: per_pupil, school_types: [bao]}\n"
    found = read("A B C\n00AP 1,00 2,00", f"{text}- {{column: C, component: per_pupil, school_types: [sbo, so]}}")
    assert found.amounts.select("school_types", "theirs_cents").rows() == [("bao", 100), ("sbo+so", 200)]
