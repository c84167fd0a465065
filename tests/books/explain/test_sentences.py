"""Whoever changes a number of the trace changes the sentence: nothing is said that was not reckoned with."""

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.reports.explain.model import CountedPart, SourceFile, TraceLine
from tests.books.explain.homes import told
from tests.books.explain.languages import DUTCH, ENGLISH, LANGUAGES, paragraph
from tests.books.explain.numbers import numbers_in, numbers_of, written

REGISTER = SourceFile(
    delivery_id="d000001",
    used_for="cumi",
    kind="register_po",
    file="register.csv",
    sha256="0a" * 32,
    rows=41,
    refused=1,
    reference_date=date(2020, 10, 1),
    superseded_by=None,
)


def part(vestiging, school_type, cluster, number):
    return CountedPart(
        vestiging=vestiging,
        school_type=school_type,
        cluster=cluster,
        number=Decimal(number),
        delivery_id=REGISTER.delivery_id,
    )


CUMI = TraceLine(
    vestiging="03CC00",
    school_type="so",
    component="cumi",
    measure="cumi_pupils",
    counted=Decimal("7.00"),
    threshold=4,
    level="brin",
    quantity=Decimal("3.00"),
    unit="EUR per cumi pupil",
    rate=Decimal("548.56000000"),
    small_below=None,
    small_fixed=None,
    small_decrease=None,
    unrounded=Decimal("1645.6800000000"),
    unrounded_before=Decimal("0E-10"),
    amount=Decimal("1645.68"),
    currency="EUR",
    status="published",
    article="AVS",
    source="Wat zijn de extra bedragen?",
    url="https://avs.nl/x",
    regulation="2021-2022-po.yaml",
    days=(date(2020, 10, 1),),
    parts=(
        part("03CC00", "so", "3/4", 5),
        part("03CC00", "vso", "3/4", 1),
        part("03CC01", "so", "nvt", 1),
    ),
    files=(REGISTER,),
    others=("03CC01", "03CC02"),
)
SCORE = replace(
    CUMI,
    school_type="bao",
    component="achterstandsscore",
    measure="score",
    counted=Decimal("33.02"),
    threshold=None,
    level=None,
    quantity=Decimal("33.02"),
    unit="EUR per unit of score",
    rate=Decimal("251.16000000"),
    unrounded=Decimal("8293.3032000000"),
    amount=Decimal("8293.30"),
    parts=(part("03CC00", "bao", None, "33.02"),),
    others=(),
)


SHARED = replace(
    SCORE,
    vestiging="03CC01",
    counted=Decimal("0.03"),
    quantity=Decimal("0.03"),
    unrounded=Decimal("7.5348000000"),
    unrounded_before=Decimal("7.5348000000"),
    amount=Decimal("7.54"),
)


def test_a_vestiging_that_shares_the_rounding_of_its_school():
    # 7.5348 + 7.5348 = 15.0696 gives 15.07, less 7.53 of the vestiging before it
    assert (
        "0,03 punten × € 251,16 = € 7,5348. De hele BRIN 03CC wordt één keer op de cent afgerond: bovenop € "
        "7,5348 van de vestigingen ervoor komt er € 7,54 bij."
    ) in paragraph(SHARED, DUTCH)
    assert "on top of € 7.5348 of the vestigingen before this one it comes to € 7.54 more" in paragraph(
        SHARED, ENGLISH
    )
    before = replace(SHARED, unrounded_before=Decimal("8293.3000000000"))  # whole cents leave it as it is
    assert "ervoor" not in paragraph(before, DUTCH)


def test_a_cumi_amount_in_dutch():
    assert paragraph(CUMI, DUTCH) == (
        "Op 1 oktober 2020 telde BRIN 03CC 7 CUMI-leerlingen. "
        "Onderverdeeld: 5 in het speciaal onderwijs (03CC00, cluster 3/4), "
        "1 in het voortgezet speciaal onderwijs (03CC00, cluster 3/4) en 1 in het speciaal onderwijs (03CC01). "
        "Dat komt uit register.csv (41 rijen, waarvan 1 geweigerd; sha256 0a0a0a0a0a0a). "
        "De drempel: 7 CUMI-leerlingen op de BRIN, min de eerste 4, is 3. "
        "Dit geldt voor de hele BRIN 03CC en is hier geboekt, ook voor 03CC01 en 03CC02. "
        "Het bedrag is € 548,56 per CUMI-leerling; zo staat het in de bron. "
        "Berekening: 3 CUMI-leerlingen × € 548,56 = € 1.645,68. Dat komt precies op de cent uit. "
        "Bron: AVS (Wat zijn de extra bedragen?, https://avs.nl/x)."
    )


def test_a_score_in_dutch_is_rounded_at_the_end():
    assert paragraph(SCORE, DUTCH) == (
        "De achterstandsscore van deze vestiging op 1 oktober 2020 is 33,02 punten. "
        "Dat komt uit register.csv (41 rijen, waarvan 1 geweigerd; sha256 0a0a0a0a0a0a). "
        "Het bedrag is € 251,16 per punt van de score; zo staat het in de bron. "
        "Berekening: 33,02 punten × € 251,16 = € 8.293,3032. "
        "Afgerond op de cent (een halve cent omhoog) is dat € 8.293,30. "
        "Bron: AVS (Wat zijn de extra bedragen?, https://avs.nl/x)."
    )


def test_a_score_in_english():
    assert "33.02 points × € 251.16 = € 8,293.3032. Rounded to the cent (half a cent goes up)" in paragraph(
        SCORE, ENGLISH
    )


def test_one_pupil_is_not_pupils():
    one = replace(SCORE, measure="pupils", unit="EUR per pupil", counted=Decimal(1), quantity=Decimal(1))
    assert "telde deze vestiging 1 leerling in het basisonderwijs. " in paragraph(one, DUTCH)
    assert "Berekening: 1 leerling × " in paragraph(one, DUTCH)
    assert "this vestiging counted 1 pupil in primary education. " in paragraph(one, ENGLISH)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("published", "zo staat het in de bron"),
        ("approximate", "het precieze bedrag is niet bekend"),
        ("derived", "staat niet letterlijk in de bron"),
    ],
)
def test_the_status_of_a_rate_is_said_in_words(status, words):
    text = paragraph(replace(SCORE, status=status), DUTCH)
    assert words in text
    assert status not in text


def test_newcomers_are_counted_on_several_days_together():
    days = (date(2020, 4, 1), date(2020, 7, 1))
    line = replace(
        SCORE, measure="newcomers", unit="EUR per newcomer and reference date", days=days, school_type="vo"
    )
    text = paragraph(replace(line, counted=Decimal(12), quantity=Decimal(12)), DUTCH)
    assert "Op 1 april 2020 en 1 juli 2020 samen telde deze vestiging 12 nieuwkomers in het voortgezet" in text
    assert "per nieuwkomer per teldatum" in text


def test_a_component_that_has_no_name_here_is_called_what_the_rules_call_it():
    line = replace(SCORE, component="zomerschool", unit="EUR per summer", measure="pupils")
    assert "per summer" in paragraph(line, DUTCH)


whole = st.integers(0, 10**7).map(Decimal)
hundredths = st.integers(0, 10**9).map(lambda number: Decimal(number) / 100)
rates = st.integers(0, 10**13).map(lambda number: Decimal(number) / 10**8)
products = st.integers(0, 10**20).map(lambda number: Decimal(number) / 10**10)
FIELDS = {
    "counted": hundredths,
    "threshold": st.integers(0, 10**6),
    "quantity": hundredths,
    "rate": rates,
    "unrounded": products,
    "amount": hundredths,
}


@st.composite
def lines(draw):
    line = draw(st.sampled_from([CUMI, SCORE, replace(SCORE, measure="pupils", school_type="vo_pro_vbo")]))
    values = {name: draw(values) for name, values in FIELDS.items()}
    if line.measure != "score":
        values |= {"counted": draw(whole), "quantity": draw(whole)}
    if draw(st.booleans()):
        values["amount"] = values["unrounded"].quantize(Decimal("0.01"))
    if line.threshold is None:
        values["threshold"] = None
    return replace(line, **values)


@LANGUAGES
@given(line=lines(), data=st.data())
def test_changing_any_number_changes_the_sentence(language, line, data):
    before = paragraph(line, language)
    for name, values in FIELDS.items():
        if getattr(line, name) is not None:
            other = data.draw(values.filter(lambda value, name=name: value != getattr(line, name)), name)
            assert paragraph(replace(line, **{name: other}), language) != before, name


@LANGUAGES
@given(line=lines())
def test_a_hundredmillionth_of_a_rate_is_seen(language, line):
    finer = replace(line, rate=line.rate + Decimal("0.00000001"))
    assert paragraph(finer, language) != paragraph(line, language)


@LANGUAGES
@given(line=lines())
def test_every_number_of_the_row_stands_in_the_sentence(language, line):
    text = paragraph(line, language)
    assert all(written(number, language.code, places) in text for number, places in numbers_of(line))


@given(line=lines())
def test_both_languages_say_the_same_numbers(line):
    assert numbers_in(paragraph(line, DUTCH), "nl") == numbers_in(paragraph(line, ENGLISH), "en")


def cumi_paragraph(home, lang):
    (decision,) = told(home, "03CC00", "--lang", lang)["decisions"]
    (line,) = (line for line in decision["schools"][0]["lines"] if line["component"] == "cumi")
    return line["paragraph"]


@pytest.fixture(scope="module")
def unchanged(decided):
    """The paragraph of the cumi amount in each language, as the table has it."""
    return {lang: cumi_paragraph(decided, lang) for lang in ("nl", "en")}


@pytest.mark.parametrize(
    ("column", "value"),
    [("counted", 8), ("threshold", 5), ("quantity", 4), ("rate", "548.56000001"), ("unrounded", 1), ("amount", 1)],
)
def test_the_sentence_is_made_from_the_table(decided, unchanged, tmp_path, column, value):
    home = shutil.copytree(decided, tmp_path / "home")
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute(f"update trace set {column} = {value} where component = 'cumi'")
    for lang, paragraph_before in unchanged.items():
        assert cumi_paragraph(home, lang) != paragraph_before
