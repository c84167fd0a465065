"""Mappings from payments to ledger accounts: what is wrong in one is refused with file and line."""

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.journal.mapping import (
    example,
    examples,
    repeated_rgs,
    require_components,
    require_rgs,
    rgs_codes,
)
from schemas.columns import REASONS, SCHOOL_TYPES
from tests.spec.journal.ledgers import MAPPING, changed, mapping

PER_PUPIL = '    - {components: [per_pupil], account: "8051", text: "{component} {school_year} {brin}"}'


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("  code: NPO\n", "", 1, "journal.code: is missing; add it"),
        ("  code: NPO\n", "  code: N P O\n", 3, "journal.code: 'N P O' is no code of a journal"),
        ("  code: NPO\n", "  code: NPO\n  codes: x\n", 4, "journal.codes: is no key known here; is `code` meant?"),
        ("kind: balance", "kind: balans", 7, "is 'balans', which is none of 'balance' or 'result'"),
        ('account: "8051", name', 'account: "8052", name', 9, "8052 stands twice; keep one of the two"),
        ("Te vorderen van OCW", "x" * 256, 7, "has 256 characters, and an audit file takes 255; shorten it"),
        ("  code: NPO\n", "  code: NPO\n  digits: 5\n", 8, "1330 has not 5 digits, as `digits` says"),
        (
            '  rgs_version: "3.7"\n  accounts:\n    - {account: "1330"',
            '  rgs_version: "3.7"\n  digits: 4\n  accounts:\n    - {account: "133A"',
            8,
            "133A has not 4 digits, as `digits` says",
        ),
        ('receivable: "1330"', 'receivable: "1331"', 11, "1331 is none of the accounts; is `1330` meant?"),
        ('[per_pupil], account: "8051"', '[per_pupil], account: "8061"', 15, "8061 is none of the accounts; is"),
        ("{brin} {reason}", "{brim} {reason}", 14, "{brim} is no word that can be filled in; is `brin` meant?"),
        ("{brin} {reason}", "{brin {reason}", 14, "has a brace without its other; write each gap as {brin}"),
        ("{brin} {reason}", "{brin:>9} {reason}", 14, "has a gap with more than a name in it"),
        ("{brin} {reason}", "{brin.x} {reason}", 14, "{brin.x} is no word that can be filled in"),
        ("{brin} {reason}", "{vestiging}", 14, "{vestiging} can only be filled in with `cost_centre: vestiging`"),
        ("{month} {reference}", "{brin}", 12, "{brin} is of a school, and this line is of all of them"),
        ("[correction]", "[correctie]", 14, "is 'correctie', which is none of 'instalment' or 'correction'"),
        ("[correction]", "[correction, correction]", 14, "names a reason twice; take one out"),
        (
            "[correction]",
            "[instalment, correction]",
            15,
            "never books anything: all it is for is booked by line 1",
        ),
        ("rgs: WOvbSgbBso", "rgs: 82325", 8, "'82325' is no RGS code: write it as WOvbSgbBso"),
        ('  rgs_version: "3.7"\n', "", 1, "rgs_version: is missing; say of which version the RGS codes are"),
        ("  code: NPO\n", "  code: NPO\n  cost_centres: {1AA: x}\n", 4, "is no brin; write it as 10AB"),
        ("  code: NPO\n", "  code: NPO\n  cost_centre: school\n", 4, "is 'school', which is none of 'brin'"),
        (
            "  code: NPO\n",
            "  code: NPO\n  cost_centre: none\n  cost_centres: {01AA: x}\n",
            5,
            "stands beside `cost_centre: none`; take one of the two out",
        ),
        (
            "  code: NPO\n",
            "  code: NPO\n  administration: {tax_number: 'NL-1'}\n",
            4,
            "'NL-1' is no tax number; write the RSIN, as 123456789",
        ),
        ("  code: NPO\n", "  code: NPO\n  example: no\n", 4, "is 'no', which is none of 'yes'"),
    ],
)
def test_what_is_wrong_is_refused_with_file_and_line(old, new, line, words):
    with pytest.raises(Refused) as refusal:
        mapping(changed(old, new))
    assert str(refusal.value).startswith(f"own.yaml, line {line}: ")
    assert words in str(refusal.value)


def test_the_first_line_that_fits_books_a_payment():
    of = mapping().mapping.line_of
    payment = {"component": "per_pupil", "school_type": "bao", "school_year": "2021-2022", "reason": "instalment"}
    assert of(payment).account == "8051"
    assert of({**payment, "reason": "correction"}).account == "8059"
    assert of({**payment, "component": "cumi"}) is None


def test_a_line_for_the_rest_can_follow_narrower_ones():
    rest = MAPPING + '    - {account: "8051", text: "{component} {brin}"}\n'
    payment = {"component": "cumi", "school_type": "so", "school_year": "2021-2022", "reason": "instalment"}
    assert mapping(rest).mapping.line_of(payment).account == "8051"


def test_a_line_can_be_of_school_types_and_school_years():
    only = PER_PUPIL.replace("components:", "school_years: [2022-2023], school_types: [sbo], components:")
    of = mapping(MAPPING.replace(PER_PUPIL, only)).mapping.line_of
    payment = {"component": "per_pupil", "school_type": "sbo", "school_year": "2022-2023", "reason": "instalment"}
    assert of(payment).account == "8051"
    assert of({**payment, "school_type": "so"}) is None
    assert of({**payment, "school_year": "2021-2022"}) is None


def test_a_component_that_nothing_knows_is_refused():
    named = mapping(changed("[per_pupil]", "[per_pupl]"))
    with pytest.raises(Refused, match=r"own.yaml, line 15: lines\[2\].components: nothing knows `per_pupl`; is"):
        require_components(named, {"per_pupil", "achterstandsscore"})


def test_rgs_codes_are_checked_by_a_list_where_one_is_given():
    codes = rgs_codes(b"\xef\xbb\xbfrgs_code;dc\r\nBVorTskTos;D\r\nWOvbSgbBso;C\r\n", "rgs.csv")
    require_rgs(mapping(), codes, "rgs.csv")
    with pytest.raises(
        Refused, match=r"own.yaml, line 8: accounts\[2\].rgs: rgs.csv has no WOvbSgbBso; correct it"
    ):
        require_rgs(mapping(), {"BVorTskTos"}, "rgs.csv")


def test_a_list_of_rgs_codes_can_have_commas_and_the_name_of_its_publisher():
    assert rgs_codes(b"Referentiecode,Omschrijving\nBLim,Liquide middelen\n\n", "rgs.csv") == {"BLim"}


@pytest.mark.parametrize("raw", [b"", b"a;b\n1;2\n", "rgs_code\nBLim\xe9\n".encode("latin-1")])
def test_what_is_no_list_of_rgs_codes_is_refused(raw):
    with pytest.raises(Refused, match=r"rgs.csv"):
        rgs_codes(raw, "rgs.csv")


def test_a_code_on_two_accounts_is_named():
    twice = mapping(changed("Achterstand, kind: result", "Achterstand, kind: result, rgs: WOvbSgbBso"))
    assert list(repeated_rgs(twice.mapping)) == [("WOvbSgbBso", ("8051", "8052"))]


@pytest.mark.parametrize("name", sorted(examples()))
def test_the_examples_are_marked_and_book_all_that_boards_are_paid(name):
    found = example(name).mapping
    assert found.example == "yes"
    assert examples()[name].startswith(b"# VOORBEELD")
    assert list(repeated_rgs(found)) == []
    components = ("per_pupil", "surcharge", "achterstandsscore", "cumi", "newcomers", "arbeidsmarkttoelage")
    for component in components:
        for school_type in SCHOOL_TYPES:
            for reason in REASONS:
                payment = {"component": component, "school_type": school_type, "reason": reason}
                assert found.line_of({**payment, "school_year": "2022-2023"}) is not None
