"""`make audit`: look up the locked packages in a list of known vulnerabilities; a finding ends with exit status 1.

The list is asked of the network. Where it does not answer, or answers for hardly any package, as the index of a
company may, the audit is skipped and says why: it must never pass for one that was done.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

IGNORED = Path("audit-ignore.toml")

SECONDS = 300
"""An audit that takes longer is given up: a service that does not answer must not hold up a build."""

LEAST_AUDITED = 0.9
"""The share of packages that must have been looked up for an audit to be one."""


@dataclass(frozen=True)
class Finding:
    """Represent a known vulnerability of a locked package. `names`: its id and its aliases."""

    package: str
    version: str
    names: tuple[str, ...]
    fixed_in: tuple[str, ...]

    def words(self) -> str:
        """Return it in words."""
        mend = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "no version mends it yet"
        return f"{self.package} {self.version}: {', '.join(self.names)}; {mend}"


@dataclass(frozen=True)
class Ignored:
    """Represent a finding that is accepted until a day, and why."""

    id: str
    reason: str
    until: date


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Represent what became of an audit. `skipped`: why none was done, null where it was. `open`: in words."""

    audited: int = 0
    skipped: str | None = None
    open: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def exit_status(self, *, required: bool) -> int:
        """Return the exit status; `required`: one that was not done fails too."""
        return 1 if self.open or (required and self.skipped is not None) else 0

    def words(self) -> Iterator[str]:
        """Yield what to say, a line each."""
        yield from (f"audit: {one}" for one in (*self.remarks, *self.open))
        if self.skipped is not None:
            yield f"audit: SKIPPED, nothing was looked up: {self.skipped}"
        else:
            yield f"audit: {self.audited} packages looked up, {len(self.open)} findings"


def judge(report: Mapping[str, Any], ignored: Sequence[Ignored], today: date) -> Audit:
    """Judge the report of pip-audit by what is accepted."""
    packages = {(one["name"], one.get("version"), one.get("skip_reason")): one for one in report["dependencies"]}
    looked_up = [one for one in packages.values() if "skip_reason" not in one]
    unknown = sorted({one["name"] for one in packages.values() if "skip_reason" in one})
    if not packages or len(looked_up) < LEAST_AUDITED * len(packages):
        known = f"{len(looked_up)} of {len(packages)}"
        return Audit(skipped=f"the service knows {known} packages; it is no list of vulnerabilities")
    found = [
        Finding(one["name"], one["version"], (each["id"], *each["aliases"]), tuple(each["fix_versions"]))
        for one in looked_up
        for each in one["vulns"]
    ]
    accepted = {one.id: one for one in ignored}
    expired = {name for name, one in accepted.items() if one.until < today}
    opened = [one.words() for one in found if not set(one.names) & (set(accepted) - expired)]
    named = {name for one in found for name in one.names}
    idle = [one.id for one in ignored if one.id not in named]
    remarks = [f"{IGNORED}: {one} is of no package any more; take it out" for one in idle]
    remarks += [f"{IGNORED}: {name} was accepted until {accepted[name].until}" for name in sorted(expired & named)]
    remarks += [f"not looked up: {', '.join(unknown)}"] if unknown else []
    return Audit(audited=len(looked_up), open=tuple(opened), remarks=tuple(remarks))


def accepted_findings(text: str) -> list[Ignored]:
    """Parse the file of accepted findings; each has a reason and a day until which it is accepted.

    Raises:
        ValueError: one has not.
    """
    found = []
    for entry in tomllib.loads(text).get("ignore", []):
        reason, until = str(entry.get("reason", "")).strip(), entry.get("until")
        if set(entry) != {"id", "reason", "until"} or not reason or type(until) is not date:
            raise ValueError(f"{IGNORED}: {entry}: write id, a reason, and until as a day (2027-01-31)")
        found.append(Ignored(str(entry["id"]), reason, until))
    return found


class NotAsked(Exception):
    """Report that the list could not be asked: no network, or no answer in time."""


_UNREACHABLE = re.compile(r"connect|resolv|timed? ?out|network|proxy|ssl|service unavailable", re.IGNORECASE)


def ask(command: Sequence[str], seconds: int) -> Sequence[Any]:
    """Run pip-audit and return the packages of its report.

    Raises:
        NotAsked: the list cannot be reached.
        RuntimeError: the program refuses what it was given: an audit that is never done must not pass.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except OSError as error:
        return f"{command[0]} cannot be started ({error.strerror})"
    except subprocess.TimeoutExpired:
        raise NotAsked(f"it took longer than {seconds} seconds") from None
    try:
        packages: Sequence[Any] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        why = (done.stderr.strip().splitlines() or ["it gave no report"])[-1][:300]
        raise NotAsked(why) if _UNREACHABLE.search(why) else RuntimeError(f"pip-audit: {why}") from None
    return packages


def audited(program: str, locks: Sequence[Path], ignored: Sequence[Ignored], seconds: int) -> Audit:
    """Audit locks, side by side: what two of them hold may not stand twice in one question."""
    command = [program, "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["--desc", "off", "--aliases", "on", "--timeout", "10", "--format", "json", "--requirement"]
    with ThreadPoolExecutor(len(locks)) as side_by_side:
        asked = [side_by_side.submit(ask, [*command, str(lock)], seconds) for lock in locks]
    try:
        packages = [package for one in asked for package in one.result()]
    except NotAsked as error:
        return Audit(skipped=str(error))
    return judge({"dependencies": packages}, ignored, date.today())


def main() -> int:
    """Audit the locks that are named."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit")
    parser.add_argument("--pip-audit", required=True, help="the program")
    parser.add_argument("--required", action="store_true", help="an audit that cannot be done fails")
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("locks", nargs="+", type=Path)
    options = parser.parse_args()
    ignored = accepted_findings(IGNORED.read_text(encoding="utf-8"))
    try:
        audit = audited(options.pip_audit, options.locks, ignored, options.seconds)
    except RuntimeError as error:
        print(f"audit: {error}", file=sys.stderr)  # noqa: T201
        return 1
    for line in audit.words():
        print(line, file=sys.stderr)  # noqa: T201
    return audit.exit_status(required=options.required)


if __name__ == "__main__":
    sys.exit(main())
