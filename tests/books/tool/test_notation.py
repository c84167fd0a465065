"""The page of the informatietool writes numbers in the browser exactly as the program writes them elsewhere."""

import json
import shutil
import subprocess
from decimal import Decimal
from importlib.resources import files

import pytest

from npo_pipeline import dutch, reports
from npo_pipeline.measures import BY_NAME

CENTS = (0, 5, -5, 99, 100, -123456, 61723, 48151731, 10**13)
RATES = (70116000000, 133384296330, 1, 25116000000)
COUNTS = (0, 7, 1000, 61723, 1048576)
QUANTITIES = [
    (hundredths, name) for hundredths in (100, 3302, 3300, 700, 123456700) for name in ("pupils", "score")
]
LISTS = ([], ["a"], ["a", "b"], ["a", "b", "c"])
_CALLS = """
const given = JSON.parse(process.argv[1]);
console.log(JSON.stringify({
  money: given.cents.map((cents) => money(cents, "USD")),
  rates: given.rates.map((rate) => rateText({ currency: "EUR", rate })),
  counts: given.counts.map(number),
  quantities: given.quantities.map(([hundredths, decimals]) => quantityText(hundredths, { decimals })),
  lists: given.lists.map(listed),
  month: monthText("2021-09"),
}));
"""


@pytest.fixture(scope="module")
def written():
    """What the script of the page writes, run without a browser."""
    if not (node := shutil.which("node")):
        pytest.skip("no node on this machine")
    words = {
        "thousands": dutch.DUTCH.thousands,
        "decimalPoint": dutch.DUTCH.decimal_point,
        "conjunction": dutch.DUTCH.conjunction,
        "months": dutch.DUTCH.months,
        "currencies": {name: [dutch.SIGNS[name]] for name in dutch.SIGNS},
    }
    script = (files(reports) / "browser" / "format.js").read_text(encoding="utf-8")
    source = f"const DATA = {json.dumps({'words': words})};\n{script}\n{_CALLS}"
    quantities = [(hundredths, BY_NAME[measure].decimals) for hundredths, measure in QUANTITIES]
    given = json.dumps(
        {"cents": CENTS, "rates": RATES, "counts": COUNTS, "quantities": quantities, "lists": LISTS}
    )
    done = subprocess.run([node, "-e", source, given], capture_output=True, text=True, check=True)
    # Between a sign and its amount the page has a space that never breaks.
    return json.loads(done.stdout.replace("\N{NO-BREAK SPACE}", " "))


def test_amounts_and_rates(written):
    assert written["money"] == [dutch.money(Decimal(cents).scaleb(-2), "USD") for cents in CENTS]
    assert written["rates"] == [dutch.money(Decimal(rate).scaleb(-8), "EUR") for rate in RATES]


def test_quantities_have_the_decimals_of_their_measure(written):
    expected = [dutch.DUTCH.quantity(Decimal(one).scaleb(-2), measure) for one, measure in QUANTITIES]
    assert written["quantities"] == [text.split(" ")[0] for text in expected]


def test_counts_lists_and_months(written):
    assert written["counts"] == [dutch.number(count) for count in COUNTS]
    assert written["lists"] == [dutch.listed(items) for items in LISTS]
    assert written["month"] == "september 2021"
