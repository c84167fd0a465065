"""Readers never block a run and a run never blocks readers; each reader sees one finished run, whole."""

import threading

import duckdb
import pytest

from tests.books.home.npo import here
from tests.books.home.reader import Reader
from tests.books.home.seeing import published, select

ALL = "select (select count(*) from deliveries), (select count(*) from decisions), (select count(*) from payments)"


def test_a_reader_that_stays_keeps_its_books_and_a_new_one_sees_the_new(stages, paid):
    with Reader(paid) as stays:
        began = stays.ask(ALL)
        seen = [began]
        for stage in stages.values():
            assert here(*stage.command, "--home", paid).status == 0
            assert stays.ask(ALL) == began
            with Reader(paid) as comes:
                seen.append(comes.ask(ALL))
        assert stays.ask("select sum(amount)::text from payments") == stays.ask(
            "select sum(amount)::text from board_payments"
        )
    deliveries, decisions, payments = zip(*(rows[0] for rows in seen), strict=True)
    assert deliveries == (3, 6, 6, 6)
    assert decisions == (1, 1, 2, 2)
    assert payments[0] == payments[1] == payments[2] < payments[3]


def test_a_reader_sees_the_last_finished_run_while_one_is_busy(npo, decided):
    """Halted at its last moment before the rename, everything written."""
    busy = npo.start("pay", "--month", "2021-09", "--home", decided, effects={"os.replace": "halt before"})
    busy.until_halted()
    with Reader(decided) as reader:
        assert reader.ask("select count(*) from payments") == [[0]]
        assert busy.go_on().status == 0
        assert reader.ask("select count(*) from payments") == [[0]]
    assert select(decided, "select count(*) > 0 from payments") == [(True,)]


def test_whoever_opens_the_books_while_they_are_published_sees_a_whole_state(decided):
    """Every month adds a run, its payments and its total: a reader that saw half would find them unequal."""
    seen, stop = [], threading.Event()
    together = """
        select (select count(*) from runs where command = 'pay'),
               (select count(distinct paid_month) from payments),
               (select sum(total) from runs) = (select coalesce(sum(amount), 0) from payments)"""

    def look():
        while not stop.is_set():
            seen.extend(select(decided, together))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        assert here("pay", "--month", "2022-01", "--catch-up", "--home", decided).status == 0
    finally:
        stop.set()
        looking.join()
    seen += select(decided, together)
    assert all(runs == months and ties for runs, months, ties in seen)
    assert sorted(seen) == seen
    assert seen[-1] == (5, 5, True)
    assert len({runs for runs, *_ in seen}) > 2


def test_a_program_that_has_the_books_open_for_writing_is_named(decided):
    was = published(decided)
    with Reader(decided, "write") as writer:
        for command in (("pay", "--month", "2021-09"), ("status",), ("verify",)):
            ended = here(*command, "--home", decided)
            assert ended.status == 3
            assert f"(PID {writer.pid})" in ended.stderr
            assert "close the program that has it open for writing" in ended.stderr
            assert ended.stderr.count("\n") == 1
    assert published(decided) == was
    assert here("pay", "--month", "2021-09", "--home", decided).status == 0


def test_a_program_that_begins_to_write_while_a_run_is_busy_loses_nothing(npo, decided):
    run = ("pay", "--month", "2021-09", "--home", decided)
    busy = npo.start(*run, effects={"npo_pipeline.books.publish._replace_published": "halt before"}).until_halted()
    with Reader(decided, "write") as writer:
        writer.ask("update decisions set reason = 'seen'")
        ended = busy.go_on()
        assert ended.status == 3
        assert f"PID {writer.pid}" in ended.stderr
        assert writer.ask("select reason from decisions") == [["seen"]]


def test_a_writer_that_died_while_a_run_was_busy_does_not_spoil_the_new_books(npo, decided):
    """What it left, a WAL of the old books, would make the new ones unreadable."""
    run = ("pay", "--month", "2021-09", "--home", decided)
    busy = npo.start(*run, effects={"npo_pipeline.books.publish._replace_published": "halt before"}).until_halted()
    with Reader(decided, "write") as writer:
        writer.ask("update decisions set reason = 'half'")
    was = published(decided)
    ended = busy.go_on()
    assert (ended.status, published(decided)) == (3, was)
    assert "npo.duckdb.wal" in ended.stderr


def test_books_that_were_changed_while_a_run_was_busy_are_not_overwritten(npo, decided):
    run = ("pay", "--month", "2021-09", "--home", decided)
    busy = npo.start(*run, effects={"npo_pipeline.books.publish._replace_published": "halt before"}).until_halted()
    with duckdb.connect(str(decided / "npo.duckdb")) as connection:
        connection.execute("update decisions set reason = 'changed'")
    was = published(decided)
    ended = busy.go_on()
    assert (ended.status, published(decided)) == (3, was)
    assert "the books were changed while this run was busy" in ended.stderr


def test_no_program_can_write_in_the_books_at_the_moment_they_are_replaced(npo, decided):
    run = ("pay", "--month", "2021-09", "--home", decided)
    busy = npo.start(*run, effects={"os.replace": "halt before"}).until_halted()
    with pytest.raises(duckdb.IOException, match="lock on file"):
        duckdb.connect(str(decided / "npo.duckdb"))
    assert busy.go_on().status == 0


def test_what_a_writer_that_died_left_behind_is_named_and_stops_a_run(decided):
    with Reader(decided, "write") as writer:
        writer.ask("update decisions set reason = 'half'")
    wal = decided / "npo.duckdb.wal"
    assert wal.exists()
    was = published(decided)
    ended = here("pay", "--month", "2021-09", "--home", decided)
    assert (ended.status, published(decided)) == (3, was)
    assert str(wal) in ended.stderr
    assert here("verify", "--home", decided).status == 5
    wal.unlink()
    assert here("pay", "--month", "2021-09", "--home", decided).status == 0
    assert here("verify", "--home", decided).status == 0
