"""What others learn of a command: figures, the kind of an error, the tables of a query, a line of a log."""

import json
from decimal import Decimal
from types import SimpleNamespace

import click
import polars as pl
import pytest

from npo_pipeline.cli.output import document, line
from npo_pipeline.errors import BooksDoNotTie, HomeLocked, Refused
from npo_pipeline.watch import logs
from npo_pipeline.watch.lineage import tables_of
from npo_pipeline.watch.spans import ending_of, figures_of
from npo_pipeline.watch.telemetry import command_attributes
from npo_pipeline.watch.watched import Figures, Published, Watched, euros_of, is_web_address, published_of


def test_payments_are_counted_with_their_amount_per_currency():
    rows = {"payment_id": ["a", "b", "c"], "currency": ["EUR", "USD", "EUR"]}
    amounts = pl.Series("amount", [Decimal("10.05"), Decimal("-1.00"), Decimal("0.10")], pl.Decimal(18, 2))
    found = figures_of(pl.DataFrame(rows).with_columns(amounts))
    amounts = {"EUR": Decimal("10.15"), "USD": Decimal("-1.00")}
    assert found == Figures(rows=3, payments=3, amounts=amounts)


def test_of_files_that_were_read_the_rows_are_counted_and_of_anything_else_nothing():
    files = [SimpleNamespace(rows=3, rejected=1), SimpleNamespace(rows=4, rejected=0)]
    assert figures_of(files) == Figures(rows=7, rejected=1)
    assert figures_of(pl.DataFrame({"a": [1, 2]})) == Figures(rows=2)
    assert figures_of(None) == figures_of("text") == figures_of(["text"]) == Figures()


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (Refused("no"), ("refused", 3)),
        (HomeLocked("no"), ("locked", 4)),
        (BooksDoNotTie("no"), ("books_do_not_tie", 5)),
        (click.UsageError("no"), ("usage", 2)),
        (click.exceptions.Exit(0), ("done", 0)),
        (KeyboardInterrupt(), ("stopped", 130)),
        (ZeroDivisionError(), ("fault", 1)),
        # A flow that waits for a person.
        (type("Pause", (BaseException,), {})(), ("waiting", 0)),
    ],
)
def test_an_error_is_known_by_its_kind_and_its_exit_status(error, ending):
    assert ending_of(error) == ending


def test_what_was_published_is_added_up_over_the_runs_of_a_command():
    def paid(month, cents):
        manifest = {"run_id": f"1-pay-{month}", "command": "pay", "month": f"{month}-01", "payments": 2}
        sums = {"sum_cents": cents, "sum_usd_cents": 0}
        return published_of({**manifest, **sums, "tables": {"payments": {"rows": 2, "sha256": "0"}}})

    runs = (paid("2021-09", 1005), paid("2021-10", -2010))
    watched = Watched(command="pay", home=None, began=0, published=runs)
    # 10.05 less 20.10 is -10.05
    assert command_attributes(watched) == {
        "npo.command": "pay",
        "npo.outcome": "done",
        "npo.exit_status": 0,
        "npo.run_ids": ["1-pay-2021-09", "1-pay-2021-10"],
        "npo.months": ["2021-09", "2021-10"],
        "npo.payments": 4,
        "npo.rows.payments": 4,
        "npo.amount.EUR": "-10.05",
    }


def test_the_files_that_went_in_are_those_of_a_delivery_of_the_bank_and_of_others():
    plain = {"run_id": "1", "command": "x", "month": None, "payments": 0, "sum_cents": 0, "sum_usd_cents": 0}
    files = {
        "inputs": [{"file": "a.csv", "sha256": "1", "rows": 3, "kind": "scores"}],
        "bank": [{"file": "b.xml", "sha256": "2"}],
        "reconciled": [{"name": "c.xlsx", "sha256": "3"}, "damaged", {"name": "without a hash"}],
    }
    assert published_of({**plain, **files, "tables": {}}).inputs == (
        {"file": "a.csv", "sha256": "1", "rows": 3},
        {"file": "b.xml", "sha256": "2", "rows": None},
        {"file": "c.xlsx", "sha256": "3", "rows": None},
    )


@pytest.mark.parametrize(
    ("cents", "written"),
    [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (475308, "4753.08"), (10**13, "100000000000.00")],
)
def test_cents_are_written_as_a_decimal(cents, written):
    assert euros_of(cents) == written


def test_a_run_without_a_manifest_beside_the_books_is_named_all_the_same():
    lost = Published(run_id="000001-pay", command="", month=None, payments=0, tables={}, cents={})
    watched = Watched(command="pay", home=None, began=0, published=(lost,))
    assert command_attributes(watched)["npo.run_ids"] == ["000001-pay"]


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("http://127.0.0.1:4318", True),
        ("HTTPS://collector.example.nl/v1 ", True),
        ("", False),
        ("nowhere", False),
        ("ftp://example.nl", False),
        ("https://catalogue:secret@", False),
        ("https://example.nl:port/", False),
        ("https://example.nl:0", False),
        ("https:// example.nl", False),
    ],
)
def test_a_web_address_has_a_name_and_a_port_that_can_be_asked(monkeypatch, address, is_one):
    monkeypatch.setenv("OPENLINEAGE_URL", address)
    assert is_web_address("OPENLINEAGE_URL") == is_one


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("from runs order by run_id", {"runs"}),
        ("select count(payments) from counts where vestiging = ?", {"counts"}),
        ("select * from instalments JOIN latest_decisions using (decision_id)", {"instalments", "decisions"}),
        ("with due as (from instalments) from due", {"instalments"}),
        ("from duckdb_columns()", set()),
    ],
)
def test_the_tables_of_a_query_are_those_it_reads_also_behind_a_view(query, tables):
    assert tables_of([query]) == tables


def test_a_line_of_a_log_is_one_line_of_ascii(monkeypatch):
    monkeypatch.setattr(logs.CONTEXT, "command", "pay")
    monkeypatch.setattr(logs.CONTEXT, "run_id", lambda: "000001-pay")
    text = logs.json_line("error", "één\nregel", exit_status=3)
    assert text.isascii()
    assert "\n" not in text
    written = json.loads(text)
    assert written.pop("time").endswith("Z")
    assert written == {
        **{"level": "error", "command": "pay", "run_id": "000001-pay"},
        **{"message": "één\\nregel", "exit_status": 3},
    }


def test_progress_is_logged_when_it_is_of_something_else(monkeypatch, capsys):
    monkeypatch.setenv(logs.VARIABLE, "json")
    report = logs.json_progress()
    for what, rows in (("reading a.csv", 0), ("reading a.csv", 500), ("reading b.csv", 7)):
        report(what, rows)
    lines = [json.loads(one) for one in capsys.readouterr().err.splitlines()]
    assert [(one["message"], one.get("rows")) for one in lines] == [("reading a.csv", None), ("reading b.csv", 7)]


def test_what_an_operator_should_know_is_a_warning_of_the_log(monkeypatch, capsys):
    monkeypatch.setenv(logs.VARIABLE, "json")
    line("paid")
    line("! a month is late")
    document({"paid": 1, "remarks": ["a month is later"]})
    lines = [json.loads(one) for one in capsys.readouterr().err.splitlines()]
    assert [(one["level"], one["message"]) for one in lines] == [
        ("warning", "a month is late"),
        ("warning", "a month is later"),
    ]
