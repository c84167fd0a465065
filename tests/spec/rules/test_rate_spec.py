"""A specification of rates, and the findings of the monitor: read exactly, and refused by file, line and key."""

import re
from fractions import Fraction

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.rate_spec import RATE_SPEC, parse_findings, rate_spec, sector_demands
from npo_pipeline.rulebook.yaml_document import rule_text

LETTER = "status: published, source: letter, where: page 2, checked_on: 2022-02-25"
TEXT = f"""\
title: Recalibration
school_year: 2022-2023
sources:
  letter: {{title: Letter, url: https://www.example.nl/letter, publisher: OCW}}
  monitor: {{title: Monitor, url: https://www.example.nl/monitor, publisher: OCW}}
findings: {{file: monitor.csv, source: monitor}}
sectors:
  po:
    overlay_of: 2022-2023-po
    budget: {{value: 3000000.00, unit: EUR, {LETTER}}}
    floors:
      - {{value: 500.00, unit: EUR per pupil, {LETTER}, school_types: [bao]}}
    ratios:
      - {{school_types: [bao], value: 1, unit: times, {LETTER}}}
      - {{school_types: [sbo], value: 1.5, unit: times, {LETTER}}}
      - {{school_types: [so, vso], value: 4/2, unit: times, {LETTER}}}
    risk:
      share: {{value: 0.25, unit: of the budget, {LETTER}}}
      weights:
        achterstandsscore: {{finding: {{meting: 2, indicator: delay}}}}
        cumi: {{weight: {{value: 9.9, unit: per pupil, {LETTER}}}}}
"""
FINDINGS = "SECTOR;METING;INDICATOR;WAARDE;BRON\npo;1;delay;5,1;\npo;2;delay;4,6;\nvo;2;delay;3.10;letter\n"


def spec(text=TEXT):
    document = rule_text(text.encode(), "spec.yaml", RATE_SPEC)[1]
    return rate_spec(document), document


def demands(text=TEXT, findings=FINDINGS):
    read, document = spec(text)
    found = parse_findings(findings, "monitor.csv", read) if read.findings else None
    return sector_demands(read, found, document)


def test_amounts_are_cents_and_ratios_fractions():
    (po,) = demands()
    assert (po.sector, po.budget, po.amount) == ("po", 3_000_000_00, None)
    assert po.ratios == {"bao": 1, "sbo": Fraction(3, 2), "so": 2, "vso": 2}
    assert po.floors == {0: (("bao",), 500_00)}
    assert po.risk_share == Fraction(1, 4)


def test_a_finding_is_the_weight_of_the_sector_where_it_is_named():
    (po,) = demands()
    assert po.risk_weights == {"achterstandsscore": Fraction("4.6"), "cumi": Fraction("9.9")}


def test_a_finding_has_the_source_of_its_row_before_that_of_its_file():
    read, _ = spec()
    found = parse_findings(FINDINGS, "monitor.csv", read)
    assert {key: one.source for key, one in found.of.items()} == {
        ("po", "1", "delay"): "monitor",
        ("po", "2", "delay"): "monitor",
        ("vo", "2", "delay"): "letter",
    }


TOTAL = f"budget: {{value: 9000000.00, unit: EUR, {LETTER}}}\nsectors:"


def test_a_budget_of_all_is_divided_by_the_findings_of_the_sectors():
    of_sector = "finding: {meting: 2, indicator: delay}"
    own = re.compile(r"budget: \{value: 3000000.*\}")
    (po,) = demands(own.sub(of_sector, TEXT).replace("sectors:", TOTAL))
    assert (po.budget, po.weight) == (None, Fraction("4.6"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("value: 3000000.00", "value: '3.000,00'", "line 10: sectors.po.budget.value: '3.000,00' is no amount"),
        ("EUR, status", "USD, status", "line 10: sectors.po.budget.unit: `USD` is not its unit; write EUR"),
        ("value: 1, unit", "value: 2, unit", "line 13: sectors.po.ratios: none of them is 1"),
        ("value: 1.5", "value: '1,5'", r"line 15: sectors.po.ratios\[2\].value: '1,5' is no number from 0"),
        ("value: 1.5", "value: 0", r"line 15: sectors.po.ratios\[2\].value: is 0, and must be more"),
        ("[so, vso]", "[so, sbo]", r"line 16: sectors.po.ratios\[3\]: names `sbo` twice"),
        (
            "value: 0.25",
            "value: 1",
            "line 18: sectors.po.risk.share.value: leaves nothing for the amount per pupil",
        ),
        ("where: page 2", "where: ''", "line 10: sectors.po.budget.where: is empty"),
        ("source: letter", "source: leter", "line 10: sectors.po.budget.source: `leter` is not among the sources"),
        ("budget:", "budgets:", "line 10: sectors.po.budgets: is no key known here; is `budget` meant"),
        ("sectors:", TOTAL, "line 9: sectors.po: wants a `weight` or a `finding`, by which it gets its part"),
        ("source: monitor", "source: m2", "line 6: findings.source: `m2` is not among the sources"),
        (
            "cumi: {weight: {",
            "cumi: {finding: {indicator: x, meting: 1}, weight: {",
            "line 21: .*one of them only",
        ),
        (
            "indicator: delay",
            "indicator: delays",
            "line 20: finding: po, 2, delays is not in monitor.csv; is `po, 2, d",
        ),
        ("findings: {file: monitor.csv, source: monitor}\n", "", "line 19: finding: no file of findings is named"),
        ("published", "unknown", "line 10: sectors.po.budget.value: has status `unknown`"),
    ],
)
def test_a_fault_is_refused_by_line_and_key(old, new, words):
    assert old in TEXT
    with pytest.raises(Refused) as refusal:
        demands(TEXT.replace(old, new, 1))
    message = str(refusal.value)
    assert message.startswith("spec.yaml, line "), message
    assert re.search(words, message), message


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("po;3;delay;4,6,1;", "line 5: WAARDE: '4,6,1' is no number from 0"),
        ("po;3;delay;-1;", "line 5: WAARDE: '-1' is no number from 0"),
        ("po;3;;1;", "line 5: INDICATOR: is empty"),
        ("mbo;3;delay;1;", "line 5: SECTOR: 'mbo' is no sector; write po or vo"),
        (
            "po;3;delay;1;letters",
            "line 5: BRON: `letters` is not among the sources of the specification; is `letter`",
        ),
        ("po;2;delay;1;", "line 5: po, 2, delay stands here again, first in line 3"),
        ("po;3;delay;1", "line 5: has 4 fields, and the header 5"),
    ],
)
def test_a_fault_in_the_findings_is_refused_by_line_and_column(row, words):
    with pytest.raises(Refused) as refusal:
        demands(findings=FINDINGS + row)
    assert str(refusal.value).startswith(f"monitor.csv, {words}")


def test_findings_without_a_source_are_refused():
    with pytest.raises(Refused, match=r"monitor.csv, line 2: BRON: has no source; fill it in"):
        demands(TEXT.replace(", source: monitor", "", 1))
    with pytest.raises(Refused, match=r"monitor.csv, line 1: has no column WAARDE; its header is SECTOR;METING"):
        demands(findings="SECTOR;METING;INDICATOR;VALUE\n")


def test_a_weight_of_0_is_refused_where_the_finding_stands():
    with pytest.raises(Refused, match=r"monitor.csv, line 3: WAARDE: is 0, and is a weight"):
        demands(findings=FINDINGS.replace("4,6", "0"))
