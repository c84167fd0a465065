"""`npo status --check`: a home as a monitor sees it, a verdict per check.

Nothing is locked and no run is waited for, and no message names a person, an account or a reason: what a monitor
shows is read by many, and `npo status` has the rest.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from npo_pipeline import dutch
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.payments import amounts_to_come, hold_in_force
from npo_pipeline.books.queries.runs import all_runs
from npo_pipeline.books.reader import read_books, require_books
from npo_pipeline.books.run import Clock, Holder, holder_of
from npo_pipeline.books.tables import FORMAT
from npo_pipeline.commands.status import Subject, open_findings, sent_out
from npo_pipeline.commands.steps import now
from npo_pipeline.errors import Refused, fault_words
from npo_pipeline.months import Month, day_of, in_the_netherlands, month_text
from npo_pipeline.watch.levels import Check, Level, Thresholds, Verdict, act, fine, look, room, worst_first


@dataclass(frozen=True)
class Mark:
    """Represent a mark beside the books: the last run that was verified or backed up, and when (UTC).

    `findings`: the number that `npo verify` had.
    """

    run_id: str
    at: datetime
    findings: int = 0


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Hold what the checks look at; times are UTC.

    `unpaid`: months that are due, or will be, with an amount that is not paid. `found`: number of open findings by
    subject. `days_out`: since the oldest transfer that is not booked (null: there is none).
    """

    at: datetime
    unpaid: tuple[Month, ...] = ()
    held_since: datetime | None = None
    found: dict[Subject, int] = field(default_factory=dict)
    days_out: int | None = None
    format: int = FORMAT
    last_run: tuple[str, datetime] | None = None
    verified: Mark | None = None
    backed_up: Mark | None = None
    holder: Holder | None = None
    free_bytes: int = 0
    database_bytes: int = 0


def examine(home: Home, thresholds: Thresholds | None = None, *, clock: Clock = now) -> list[Check]:
    """Do all checks on a home, the worst first; one that cannot be read is a failed check, and no error."""
    limits = thresholds or Thresholds()
    try:
        facts = gather(home, clock())
        checks = [Check(name, check(facts, limits)) for name, check in CHECKS.items()]
        checks.insert(0, Check("books", fine("the books can be read")))
    except (Refused, OSError) as error:
        advice = "`npo doctor` says what is wrong with the home or the machine"
        checks = [Check("books", act(str(error), advice))]
    except Exception as error:
        # Damaged books can break anything that reads them. The words of a library may hold rows: they stay out.
        checks = [Check("books", act(f"could not be examined ({fault_words(error)})", "run `npo verify`"))]
    return worst_first(checks)


def gather(home: Home, at: datetime) -> Facts:
    """Read what the checks look at.

    Raises:
        Refused: there are no books, or they cannot be read.
        OSError: the disk fails.
    """
    require_books(home)
    with read_books(home) as books:
        found: dict[Subject, int] = {}
        for subject, _ in open_findings(books, home, day_of(at)):
            found[subject] = found.get(subject, 0) + 1
        hold, out = hold_in_force(books), sent_out(books, day_of(at))
        last = all_runs(books).select("run_id", "finished_at").tail(1).rows()
        return Facts(
            at=at,
            unpaid=tuple(amounts_to_come(books)["month"].unique().sort()),
            held_since=hold.since if hold else None,
            found=found,
            days_out=None if out.is_empty() else int(out["days"].to_list()[0]),
            format=books.published_format,
            last_run=(str(last[0][0]), last[0][1]) if last else None,
            verified=read_mark(home.verified),
            backed_up=read_mark(home.backed_up),
            holder=holder_of(home),
            free_bytes=shutil.disk_usage(home.path).free,
            database_bytes=home.database.stat().st_size,
        )


def read_mark(path: Path) -> Mark | None:
    """Read a mark beside the books; None where there is none, or none that can be read."""
    try:
        found = json.loads(path.read_bytes())
        at = datetime.fromisoformat(str(found["at"] if "at" in found else found["when"])).replace(tzinfo=None)
        return Mark(str(found["run_id"]), at, int(found.get("findings", 0)))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_owed(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that the months that fell due are paid. A month falls due on its first day."""
    today = day_of(facts.at)
    owed = [month for month in facts.unpaid if month <= today]
    if not owed:
        return fine("all that fell due is paid")
    late = (today - owed[0]).days
    message = f"{dutch.some_of(map(month_text, owed))}: due and not paid, {late} days late"
    advice = f"look at `npo status`; then `npo pay --month {month_text(owed[-1])} --catch-up`"
    return limits.owed.verdict(late, message, advice)


def check_held(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that payments are not on hold."""
    if facts.held_since is None:
        return fine("payments are not on hold")
    message = f"payments are on hold since {_moment(facts.held_since)}"
    return limits.held.verdict(_days(facts.at, facts.held_since), message, "`npo unhold` releases them")


def check_stale(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that decisions, accounts and reports are made from the latest that was delivered."""
    if number := facts.found.get(Subject.STALE, 0):
        return look(f"{number} things are older than what they are made from", "`npo status` lists them")
    return fine("decisions, accounts and reports are up to date")


def check_findings(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that nothing else is open."""
    if number := facts.found.get(Subject.OTHER, 0) + facts.found.get(Subject.ACCOUNTS, 0):
        return look(f"{number} findings are open", "`npo status` lists them")
    return fine("no findings are open")


def check_witness(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that no newer books are known."""
    if facts.found.get(Subject.WITNESS):
        return act("the books may not be the newest", "pay nothing; `npo status` says why")
    return fine("no newer books are known")


def check_bank(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that nothing may be paid twice, that payment files are as released, and that the bank booked."""
    if number := facts.found.get(Subject.BANK, 0):
        return act(f"{number} payments or payment files are not as they were released", "`npo status` lists them")
    if facts.days_out is None:
        return fine("nothing is at the bank that it has not booked")
    message = f"the bank was sent transfers {facts.days_out} days ago that it has not booked"
    return limits.booked.verdict(facts.days_out, message, "ask the bank, and give its files to `npo bank`")


def check_released(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that what is paid in the books was sent to the bank, where payments are released."""
    if facts.found.get(Subject.RELEASE):
        return look("payments are in the books that the bank was not sent", "`npo status` says which")
    return fine("the bank was sent what is paid, or payments are not released from these books")


def check_format(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that the books are of the format of this program."""
    return older_format(facts.format) or fine(f"the books are of format {facts.format}")


def older_format(found: int) -> Verdict | None:
    """Return the verdict on books of an older format than this program writes; None where they are of this one."""
    if found >= FORMAT:
        return None
    message = f"the books are of format {found}, and this npo writes format {FORMAT}"
    return look(message, "back up, and run `npo upgrade`")


def check_verified(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that `npo verify` was done, not long ago, and found nothing."""
    mark, advice = facts.verified, "run `npo verify`"
    if mark is None:
        return Verdict(Level.WARN if limits.verified.look is not None else Level.OK, _NEVER_VERIFIED, advice)
    if mark.findings:
        return act(
            f"the verification of {_moment(mark.at)} had {mark.findings} findings", "run `npo verify`; pay nothing"
        )
    message = f"verified on {_moment(mark.at)}, up to {mark.run_id}"
    return limits.verified.verdict(_days(facts.at, mark.at), message, advice)


_NEVER_VERIFIED = "no verification of these books is known"


def check_last_run(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that a run was published not long ago."""
    if facts.last_run is None:
        return look("the books hold no run", "begin with `npo ingest`")
    run_id, finished = facts.last_run
    message = f"the last run is {run_id}, of {_moment(finished)}"
    if finished > facts.at + _CLOCKS_DIFFER:
        return look(
            f"the last run {run_id} is of the future: {_moment(finished)}", "set the clock of this machine"
        )
    return limits.last_run.verdict(_days(facts.at, finished), message, "look whether `npo serve` still runs")


_CLOCKS_DIFFER = timedelta(hours=1)


def check_backed_up(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that a back-up was made not long ago, and that it holds the last run."""
    mark, advice = facts.backed_up, "run `npo backup`"
    if mark is None:
        return Verdict(Level.WARN if limits.backed_up.look is not None else Level.OK, _NEVER_BACKED_UP, advice)
    days = _days(facts.at, mark.at)
    message = f"backed up on {_moment(mark.at)}, up to {mark.run_id}"
    if facts.last_run is not None and facts.last_run[0] == mark.run_id:
        # Nothing was published since: a back-up does not grow old by itself.
        return fine(message)
    return limits.backed_up.verdict(days, f"{message}; newer runs are in no back-up", advice)


_NEVER_BACKED_UP = "no back-up of this home is known"


def check_busy(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that no run holds the home for long, and that none died in it."""
    if facts.holder is None or not facts.holder.is_alive:
        if facts.holder is not None or facts.found.get(Subject.RUN):
            return look("a run died half-way; nothing of it was published", "start it again")
        return fine("no run is busy")
    hours = int((facts.at - facts.holder.since).total_seconds() // 3600)
    message = f"{facts.holder.command} is busy since {_moment(facts.holder.since)}"
    return limits.busy_hours.verdict(hours, message, "look whether it still does something")


def check_disk(facts: Facts, limits: Thresholds) -> Verdict:
    """Check that the disk has room."""
    return room(facts.free_bytes, facts.database_bytes, limits.free_gb)


CHECKS: dict[str, Callable[[Facts, Thresholds], Verdict]] = {
    "owed": check_owed,
    "held": check_held,
    "witness": check_witness,
    "bank": check_bank,
    "released": check_released,
    "stale": check_stale,
    "findings": check_findings,
    "format": check_format,
    "verified": check_verified,
    "last run": check_last_run,
    "busy": check_busy,
    "back-up": check_backed_up,
    "disk": check_disk,
}


def _days(later: datetime, earlier: datetime) -> int:
    return max((later - earlier).days, 0)


def _moment(moment: datetime) -> str:
    return f"{in_the_netherlands(moment):%Y-%m-%d %H:%M}"
