"""A school, a BRIN and a board through the command line."""

import shutil
from decimal import Decimal

import pytest

from tests.books.explain.homes import BOARDS, run, said, told, write_register
from tests.books.home import delivery


def section(text, title):
    """The paragraphs under a heading."""
    lines = text.splitlines()
    start = lines.index(title) + 1
    end = next((place for place in range(start, len(lines)) if not lines[place].startswith("  ")), len(lines))
    return [line.strip() for line in lines[start:end]]


def test_a_school_is_told_of_in_dutch(decided):
    lines = said(decided, "01AA00").splitlines()
    assert lines[0] == "Uitleg bij de NPO-bekostiging van vestiging 01AA00, School 01AA00 (Assen)"
    assert lines[2].startswith("Schooljaar 2021-2022, besluit 2021-2022-001 van ")
    assert lines[2].endswith(", met de tellingen van 1 oktober 2020")
    # 12 x 701,16 = 8.413,92 and 100,55 x 251,16 = 25.254,138
    assert lines[3] == "Totaal voor deze vestiging: € 33.668,06"
    assert lines[4] == "Bevoegd gezag in dit besluit: bestuur 10001"
    assert "Bedrag per leerling, basisonderwijs: € 8.413,92" in lines
    assert "Achterstandsscore, basisonderwijs: € 25.254,14" in lines
    assert any("100,55 punten × € 251,16 = € 25.254,138. Afgerond op de cent" in line for line in lines)
    assert lines[-1].startswith("Het Overzicht financiële beschikkingen (Ofb) van DUO is definitief.")


def test_what_a_total_rests_on_is_said(decided):
    assert section(said(decided, "01AA00"), "Waar dit op rust") == [
        "Afgeleid, dus niet letterlijk uit een bron: de afronding."
    ]


def test_a_reference_date_that_was_chosen_is_named_and_is_no_assumption(tmp_path):
    home, country = tmp_path / "home", tmp_path / "country"
    write_register(country)
    delivery.write_addresses(country, BOARDS)
    run(home, "ingest", country, "--reference-date", "2019-10-01")
    run(home, "decide", "--school-year", "2021-2022", "--reference-date", "2019-10-01")
    text = said(home, "01AA00")
    assert "gerekend is met de telling van 1 oktober 2019; de regeling noemt 1 oktober 2020." in text
    assert "letterlijk uit een bron: de afronding" in text
    assert "de teldatum" not in text


def test_json_holds_whole_hashes_and_exact_amounts(decided):
    (decision,) = told(decided, "01AA00")["decisions"]
    (line,) = (line for line in decision["schools"][0]["lines"] if line["component"] == "achterstandsscore")
    assert (line["counted"], line["rate"], line["unrounded"]) == ("100.55", "251.16000000", "25254.1380000000")
    assert line["amount"] == "25254.14"
    assert [(file["file"], len(file["sha256"]), file["rows"]) for file in line["files"]] == [("scores.csv", 64, 2)]
    assert decision["decision"]["rests_on"].startswith("derived: rounding")


def test_text_and_json_are_of_one_structure(decided):
    document = told(decided, "03CC", "--lang", "en")
    assert document["text"] + "\n" == said(decided, "03CC", "--lang", "en")
    lines = [line for school in document["decisions"][0]["schools"] for line in school["lines"]]
    assert len(lines) == 5
    assert all(line["heading"] in document["text"] and line["paragraph"] in document["text"] for line in lines)


def test_a_code_may_be_written_small(decided):
    assert told(decided, " 01aa00 ") == told(decided, "01AA00")


def test_cumi_is_explained_where_it_is_booked_for_the_whole_brin(decided):
    text = said(decided, "03CC00")
    # 4 + 2 + 1 = 7; 7 - 4 = 3; 3 x 548,56
    assert "CUMI-leerlingen, speciaal onderwijs: € 1.645,68" in text
    assert "7 CUMI-leerlingen op de BRIN, min de eerste 4, is 3." in text
    assert "Dit geldt voor de hele BRIN 03CC en is hier geboekt, ook voor 03CC01 en 03CC02." in text
    assert "4 in het speciaal onderwijs (03CC00, cluster 3)" in text


def test_where_cumi_is_booked_nothing_of_it_is_said_to_be_left_out(decided):
    (decision,) = told(decided, "03CC00")["decisions"]
    assert "cumi" not in {one["component"] for one in decision["schools"][0]["omitted"]}


def test_another_site_is_told_where_its_cumi_pupils_are(decided):
    left = section(said(decided, "03CC01"), "Waarvoor er geen bedrag is")
    assert left[0] == (
        "CUMI-leerlingen (speciaal onderwijs): de telling van deze vestiging (1 CUMI-leerling) zit in het bedrag "
        "van 03CC00, want dat is daar voor de hele BRIN geboekt."
    )


@pytest.mark.parametrize(
    ("school", "words"),
    [
        ("03CC02", "CUMI-leerlingen (speciaal onderwijs): geen bedrag bij 0 CUMI-leerlingen."),
        (
            "05EE00",
            "CUMI-leerlingen (speciaal basisonderwijs): geen bedrag bij 3 CUMI-leerlingen, "
            "want de eerste 4 geven niets.",
        ),
        # Exactly the first four.
        (
            "04DD00",
            "CUMI-leerlingen (speciaal basisonderwijs): geen bedrag bij 4 CUMI-leerlingen, "
            "want de eerste 4 geven niets.",
        ),
        ("02BB00", "Achterstandsscore (basisonderwijs): geen bedrag, want de score is 0,00 punten."),
    ],
)
def test_nothing_is_said_to_be_nothing(decided, school, words):
    assert words in section(said(decided, school), "Waarvoor er geen bedrag is")


def test_nothing_paid_yet(decided):
    paid, to_come = section(said(decided, "02BB00"), "Betalingen")
    assert paid == "Er is nog niets betaald."
    # 7 x 701,16 = 4.908,12; two twelfths 818,02
    assert to_come.startswith("Nog te betalen: september 2021 € 818,02; oktober 2021 € 409,01; ")
    assert to_come.endswith("Samen € 4.908,12.")


def test_a_corrected_count_is_told_with_before_after_and_cause(corrected):
    text = said(corrected, "01AA00")
    # 12 and 14 x 701,16
    assert section(text, "Veranderd sinds besluit 2021-2022-001") == [
        "Bedrag per leerling, basisonderwijs: was € 8.413,92, is nu € 9.816,24. "
        "Dat is € 1.402,32 meer, want het aantal is nu 14 leerlingen en was eerst 12 leerlingen."
    ]
    assert "Reden van dit besluit: telling verbeterd." in text
    (decision,) = told(corrected, "01AA00")["decisions"]
    (change,) = decision["schools"][0]["changes"]
    assert (change["before"], change["after"], change["difference"]) == ("8413.92", "9816.24", "1402.32")
    assert (change["cause"], change["quantity_before"], change["quantity_after"]) == ("count", "12.00", "14.00")


def test_a_corrected_count_is_settled_over_the_months_that_were_paid(corrected):
    # The year went from 33.668,06 to 35.070,38: of 1.402,32 three twelfths are 350,58
    paid, settle, to_come = section(said(corrected, "01AA00"), "Betalingen")
    assert paid.startswith("Betaald: september 2021 € 5.611,34; oktober 2021 € 2.805,68. Samen € 8.417,02.")
    assert settle == "Bij de volgende betaling komt er over de eerdere maanden nog € 350,58 bij."
    assert to_come.startswith("Nog te betalen: november 2021 € 2.922,53; ")
    (decision,) = told(corrected, "01AA00")["decisions"]
    flow = decision["schools"][0]["flow"]
    months = [
        Decimal(one[kind]) for one in flow["paid"] + flow["to_come"] for kind in ("instalment", "correction")
    ]
    assert sum(months) + Decimal(flow["to_settle"]) == Decimal("35070.38")


def test_a_school_that_did_not_change_is_told_so(corrected):
    title = "Veranderd sinds besluit 2021-2022-001"
    assert section(said(corrected, "02BB00"), title) == ["De bedragen zijn gelijk gebleven."]


def test_as_of_the_decision_before(corrected):
    text = said(corrected, "01AA00", "--decision", "2021-2022-001")
    assert "Dit besluit is vervangen door 2021-2022-002." in text
    assert "telde deze vestiging 12 leerlingen" in text
    assert "daarna gecorrigeerd met een nieuwer bestand" in text
    assert "Dit is het eerste besluit over dit schooljaar." in text
    assert "14 leerlingen" not in text
    assert len(section(text, "Betalingen")) == 2


def test_as_of_the_decision_before_nothing_is_paid_that_was_paid_later(corrected, tmp_path):
    home = shutil.copytree(corrected, tmp_path / "home")
    run(home, "pay", "--month", "2021-11")
    before, after = (
        section(said(home, "01AA00", "--decision", decision), "Betalingen")[0]
        for decision in ("2021-2022-001", "2021-2022-002")
    )
    assert before == "Betaald: september 2021 € 5.611,34; oktober 2021 € 2.805,68. Samen € 8.417,02."
    # 350,58 of the months before and 2.922,53 of its own
    assert after.endswith("november 2021 € 3.273,11, waarvan € 350,58 correctie. Samen € 11.690,13.")


def test_a_brin_is_told_of_site_by_site(decided):
    lines = said(decided, "03CC").splitlines()
    # (6 + 3 + 4 + 1) x 1.402,31 + 1.645,68
    assert lines[3] == "Totaal voor deze BRIN: € 21.278,02 voor 3 vestigingen"
    assert section("\n".join(lines), "Per onderdeel") == [
        "Bedrag per leerling, speciaal onderwijs: € 15.425,41 (3 vestigingen)",
        "Bedrag per leerling, voortgezet speciaal onderwijs: € 4.206,93 (1 vestiging)",
        "CUMI-leerlingen, speciaal onderwijs: € 1.645,68 (1 vestiging)",
    ]
    assert [line for line in lines if line.startswith("Vestiging ")] == [
        "Vestiging 03CC00, School 03CC00 (Assen): € 14.266,47",
        "Vestiging 03CC01, School 03CC01 (Assen): € 5.609,24",
        "Vestiging 03CC02, School 03CC02 (Assen): € 1.402,31",
    ]


def test_a_board_is_told_its_totals_and_a_line_per_school(decided):
    text = said(decided, "10002")
    assert "Totaal voor dit bestuur: € 13.322,04 voor 3 vestigingen" in text
    assert section(text, "Per vestiging") == [
        "02BB00, School 02BB00 (Assen): € 4.908,12 = 7 leerlingen × € 701,16",
        "04DD00, School 04DD00 (Assen): € 4.206,96 = 4 leerlingen × € 1.051,74",
        "05EE00, School 05EE00 (Assen): € 4.206,96 = 4 leerlingen × € 1.051,74",
    ]
    # What is one school's own (a score of 0, a threshold) is told with that school; that no list came is not.
    (omitted,) = section(text, "Waarvoor er geen bedrag is")
    assert omitted.startswith("Arbeidsmarkttoelage (basisonderwijs en speciaal basisonderwijs): niet meegerekend")


def test_a_board_sees_the_changes_of_its_schools(corrected):
    (change,) = section(said(corrected, "10003"), "Veranderd sinds besluit 2021-2022-001")
    assert change.startswith("03CC00. CUMI-leerlingen, speciaal onderwijs: was € 1.645,68, is nu € 2.194,24. ")


def test_explaining_changes_nothing(decided):
    before = {path: path.read_bytes() for path in sorted(decided.rglob("*")) if path.is_file()}
    told(decided, "10003")
    assert {path: path.read_bytes() for path in sorted(decided.rglob("*")) if path.is_file()} == before
