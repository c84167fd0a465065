"""What may be done in a soak: each action with the commands that it gives, and how each of them may end."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.endurance.soak_world import World, month_of

DONE, REFUSED = 0, 3
PEOPLE = ("--prepared-by", "A. Preparer", "--approved-by", "B. Approver")


@dataclass(frozen=True)
class Given:
    """A command, and the exit statuses with which it may end. `home`: whether it takes the home."""

    words: tuple[object, ...]
    may_end: tuple[int, ...] = (DONE,)
    home: bool = True
    killed: bool = False


Commands = Iterator[Given]
Action = Callable[[World], Commands]


def begin(world: World) -> Commands:
    """Take in the first delivery and decide on it."""
    yield _ingest(world, world.country("2020-10-01"), "--reference-date", "2020-10-01")
    yield _decide("2021-2022")


def second_count(world: World) -> Commands:
    """Take in the counts of the next year and decide on 2022-2023; later on again."""
    yield _ingest(world, world.country("2021-10-01"), "--reference-date", "2021-10-01")
    yield _decide("2022-2023")


def correct_counts(world: World) -> Commands:
    day = world.chance.choice(world.reference_dates())
    yield _ingest(world, world.corrected_register(day), "--reference-date", day)
    if world.chance.random() < 0.7:
        yield from decide(world)


def change_schools(world: World) -> Commands:
    yield _ingest(world, world.changes())
    yield from decide(world)


def change_accounts(world: World) -> Commands:
    yield _ingest(world, world.new_accounts())


def decide(world: World) -> Commands:
    for day in world.reference_dates():
        yield _decide({"2020-10-01": "2021-2022", "2021-10-01": "2022-2023"}[day])


def decide_municipalities(world: World) -> Commands:
    yield Given(("decide", "--scheme", "gemeenten", "--reason", "soak", "--accept-change"), (DONE, REFUSED))


def pay(world: World) -> Commands:
    yield _pay(world, world.months_paid())


def pay_again(world: World) -> Commands:
    yield _pay(world, max(world.months_paid() - 1, 0))


def pay_too_early(world: World) -> Commands:
    yield Given(("pay", "--month", month_of(world.months_paid() + 1)), (DONE, REFUSED))


def catch_up(world: World) -> Commands:
    yield _pay(world, world.months_paid() + world.chance.randint(1, 2), "--catch-up")


def pay_killed(world: World) -> Commands:
    """Kill a payment run somewhere, and give it again."""
    month = world.months_paid()
    yield Given(("pay", "--month", month_of(month)), (-9, DONE, REFUSED), killed=True)
    yield _pay(world, month)


def hold(world: World) -> Commands:
    yield Given(("hold", "--reason", "soak", "--by", "A. Preparer"), (REFUSED if world.is_on_hold() else DONE,))


def unhold(world: World) -> Commands:
    yield Given(("unhold", "--by", "B. Approver"), (DONE if world.is_on_hold() else REFUSED,))


def release(world: World) -> Commands:
    """Release a month that was paid: prepared by one, approved by another."""
    months = world.some("select distinct strftime(paid_month, '%Y-%m') from payments", 1)
    for month in months:
        given = ("release", "--month", month, "--debtor", world.debtor())
        yield Given((*given, "--prepared-by", "A. Preparer"), (DONE, REFUSED))
        plans = world.ask(
            f"select fingerprint from release_plans where month = '{month}-01' order by run_id desc limit 1"
        )
        for (plan,) in plans:
            yield Given((*given, "--approved-by", "B. Approver", "--approved-plan", plan), (DONE, REFUSED))


def bank(world: World) -> Commands:
    if folder := world.answers():
        yield Given(("bank", folder))
        yield Given(("bank", folder))


def account_board(world: World) -> Commands:
    for board in world.some("select distinct board from payments where board is not null", 1):
        yield Given(("account", "--year", _year(world), "--board", board), (DONE, REFUSED))


def account(world: World) -> Commands:
    yield Given(("account", "--year", _year(world)), (DONE, REFUSED))


def close(world: World) -> Commands:
    """Close a year of which all months are paid."""
    if world.months_paid() > 4:
        yield Given(("account", "--year", "2021"), (DONE, REFUSED))
        yield Given(("account", "--year", "2021", "--close", *PEOPLE), (DONE, REFUSED))


def spending(world: World) -> Commands:
    folder = world.new_folder("spending")
    shutil.rmtree(folder)
    yield Given(("generate", folder, "--spending", _year(world)), (DONE, REFUSED))
    if folder.exists():
        yield Given(("ingest", folder, "--max-change", "1"), (DONE, REFUSED))


def look(world: World) -> Commands:
    """Give a command that only reads."""
    (board, *_) = world.some("select distinct board from payments where board is not null", 1) or ["10001"]
    (school, *_) = world.some("select distinct vestiging from payments where vestiging is not null", 1) or [
        "01AA00"
    ]
    year = _year(world)
    yield world.chance.choice(
        [
            Given(("status",)),
            Given(("explain", school), (DONE, REFUSED)),
            Given(("explain", board), (DONE, REFUSED)),
            Given(("forecast",)),
            Given(("forecast", "--board", board), (DONE, REFUSED)),
            Given(("journal", "--board", board, "--year", year, _fresh(world, "journal")), (DONE, REFUSED)),
            Given(("export", "--board", board, _fresh(world, "export")), (DONE, REFUSED)),
            Given(("inspect", world.country("2020-10-01"), "--reference-date", "2020-10-01"), home=False),
            Given(("pay", "--month", month_of(world.months_paid()), "--dry-run"), (DONE, REFUSED)),
            Given(("decide", "--school-year", "2021-2022", "--reason", "soak", "--dry-run"), (DONE, REFUSED)),
            Given(("tool", "--school-year", "2021-2022")),
        ]
    )


def reconcile(world: World) -> Commands:
    folder = world.new_folder("others")
    query = """select vestiging, sum(amount)::varchar from entitlements join latest_decisions using (decision_id)
      where component = 'per_pupil' and school_type = 'bao' and entitlements.school_year = '2021-2022'
      group by all order by all"""
    rows = [f"{v};{amount if world.chance.random() < 0.9 else '1.00'}" for v, amount in world.ask(query)]
    (folder / "others.csv").write_text("\n".join(["VESTIGING;BEDRAG", *rows, ""]))
    (folder / "mapping.yaml").write_text(
        "mapping:\n  school: VESTIGING\n  amounts: [{column: BEDRAG, component: per_pupil, school_types: [bao]}]\n"
    )
    given = ("reconcile", folder / "others.csv", "--mapping", folder / "mapping.yaml")
    yield Given((*given, "--school-year", "2021-2022"))


def backup(world: World) -> Commands:
    (world.out / "backups").mkdir(exist_ok=True)
    yield Given(("backup", world.out / "backups", "--keep", "2"))


def restore(world: World) -> Commands:
    """Put the newest back-up back in another home, which then ties."""
    if any((world.out / "backups").glob("npo-*")):
        shutil.rmtree(world.out / "restored", ignore_errors=True)
        yield Given(("restore", world.out / "backups", "--home", world.out / "restored"), home=False)
        yield Given(("verify", "--home", world.out / "restored"), home=False)
        shutil.rmtree(world.out / "restored", ignore_errors=True)


def publish(world: World) -> Commands:
    (world.out / "public").mkdir(exist_ok=True)
    yield Given(("publish", world.out / "public", "--keep", "2"))


WEIGHTS: dict[Action, float] = {
    correct_counts: 2.0,
    change_schools: 1.0,
    change_accounts: 1.0,
    decide: 1.0,
    decide_municipalities: 0.3,
    pay_again: 1.0,
    pay_too_early: 0.5,
    catch_up: 0.5,
    pay_killed: 0.5,
    hold: 0.7,
    release: 3.0,
    bank: 2.5,
    account_board: 0.5,
    account: 0.1,
    close: 0.15,
    spending: 0.4,
    look: 4.0,
    reconcile: 0.4,
    backup: 0.6,
    restore: 0.3,
    publish: 0.5,
}
"""How often each is done beside the payment of the next month, which follows the calendar of the soak."""


def drawn(world: World, *, behind: float) -> Action:
    """Draw the next action; `behind`: the months that should be paid by now and are not."""
    if not world.ask("select 1 from decisions limit 1"):
        return begin
    if world.is_on_hold() and world.chance.random() < 0.5:
        return unhold
    if world.months_paid() >= 10 and world.reference_dates() == ["2020-10-01"]:
        return second_count
    weights = {**WEIGHTS, pay: max(0.0, 6.0 * behind)}
    if not world.months_paid():
        weights = {pay: 1.0, correct_counts: 0.5, look: 0.5}
    if behind < -2:
        weights[catch_up] = weights[pay_killed] = 0.0
    return world.chance.choices(list(weights), list(weights.values()))[0]


def _ingest(world: World, folder: object, *options: str) -> Given:
    return Given(("ingest", folder, *options, "--max-change", "1", "--max-rejected", "0.5"))


def _decide(school_year: str) -> Given:
    return Given(("decide", "--school-year", school_year, "--reason", "soak", "--accept-change"), (DONE, REFUSED))


def _pay(world: World, number: int, *options: str) -> Given:
    may_end = (REFUSED,) if world.is_on_hold() else (DONE, REFUSED) if options else (DONE,)
    return Given(("pay", "--month", month_of(number), *options), may_end)


def _year(world: World) -> str:
    return world.chance.choice(sorted({month_of(number)[:4] for number in range(max(world.months_paid(), 1))}))


def _fresh(world: World, name: str) -> object:
    shutil.rmtree(world.out / name, ignore_errors=True)
    return world.out / name
