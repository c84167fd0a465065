"""Two pairs of eyes: one prepares a plan and another approves just that, whatever the plan is of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import Books, read_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.delivery.sanitize import harmless_name, letters_of
from npo_pipeline.errors import Refused


def is_same_person(one: str, other: str) -> bool:
    """Return whether two names are of one person, by their letters: José de Vries is Jose  de vries."""
    return letters_of(one) == letters_of(other)


@dataclass(frozen=True, kw_only=True)
class FourEyes:
    """Represent a request that is looked at first, approved, and then done.

    `prepared_by`, `approved_by`: who did so, kept in the books; with `four_eyes` they must be two.
    `approved_plan`: the fingerprint of the plan that was approved; what has become another since is refused.
    `subject`, `would`: what it is about, and what it would do, in words.
    """

    home: Home
    dry_run: bool = False
    wait_seconds: int = 0
    prepared_by: str | None = None
    approved_by: str | None = None
    four_eyes: bool = False
    approved_plan: str | None = None
    subject: ClassVar[str]
    would: ClassVar[str]

    def require_four_eyes(self) -> None:
        """Refuse what one person both prepared and approved, where two are asked."""
        if not self.four_eyes or self.dry_run:
            return
        if not (self.prepared_by or "").strip() or not (self.approved_by or "").strip():
            raise Refused(f"two people are asked: say who prepared {self.subject} and who approved it")
        if is_same_person(str(self.prepared_by), str(self.approved_by)):
            raise Refused(f"{self.approved_by} prepared {self.subject} and cannot approve it; another must")

    def people(self) -> dict[str, str | None]:
        """Return who did so as the books keep it: prepared_by, approved_by."""
        given = {"prepared_by": self.prepared_by, "approved_by": self.approved_by}
        return {name: None if text is None else harmless_name(text) for name, text in given.items()}

    def require_approved_plan(self, fingerprint: str) -> None:
        """Refuse to do another thing than what was approved: something came in since."""
        if self.approved_plan is not None and self.approved_plan != fingerprint:
            raise Refused(
                f"{self.would} is another thing than what was approved: something came in since; look at the plan "
                "again and have that approved"
            )

    @contextmanager
    def open_books(self, command: str, about: str, clock: Clock) -> Iterator[tuple[Run | None, Books]]:
        """Open the books: of a run that may write, or read-only for a dry run."""
        if self.dry_run:
            with read_books(self.home) as books:
                yield None, books
        else:
            with open_run(self.home, command, clock, subject=about, wait_seconds=self.wait_seconds) as run:
                yield run, run.books
