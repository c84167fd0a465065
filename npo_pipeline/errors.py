"""The errors that end a command; each carries one line for the person who must act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol


def printable(text: str) -> str:
    """Escape what is no printable character, so that a text can be shown and cannot steer a terminal."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class NpoError(Exception):
    """Report a fault of the program; the base of all errors that end a command.

    The message is one readable line: what, where (file, line, column) and what to do. `exit_status` is
    the status the command ends with (contract, section 1), and `kind` the same in a word. `details`: lines that go
    below it on a terminal. `faults`: what is wrong with the input, one by one, for another program.
    """

    exit_status, kind = 1, "fault"

    def __init__(
        self, message: str, *, details: Sequence[str] = (), faults: Sequence[Mapping[str, object]] = ()
    ) -> None:
        super().__init__(printable(" ".join(message.split())))
        self.details, self.faults = tuple(printable(one) for one in details), tuple(faults)

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the lines and faults where a copy of the error crosses to another process."""
        return _restored, (type(self), str(self), self.details, self.faults)


class Refused(NpoError):
    """Report that the input or the request was refused, and nothing changed."""

    exit_status, kind = 3, "refused"


class Attempt(Protocol):
    """Represent how one file of several is tried: its refusal ends the command, or is kept."""

    def __call__(self, file: str) -> AbstractContextManager[bool | None]:
        """Return the context in which a file is tried; the name is empty for all files together."""
        ...


def at_once(file: str) -> AbstractContextManager[None]:
    """Let the refusal of a file end the command."""
    return nullcontext()


class KeptRefusals:
    """Keep the refusal of each file, in the order of their coming, and go on with the others."""

    def __init__(self) -> None:
        """Begin with none."""
        self.found: list[tuple[str, Refused]] = []
        self._seen = set[tuple[str, str]]()

    @contextmanager
    def __call__(self, file: str) -> Iterator[None]:
        """Try a file, and keep its refusal."""
        try:
            yield
        except Refused as refusal:
            # A file that is read more than once is refused for the same reason each time.
            if (file, str(refusal)) not in self._seen:
                self._seen.add((file, str(refusal)))
                self.found.append((file, refusal))


class HomeLocked(NpoError):
    """Report that another run holds the lock of the home."""

    exit_status, kind = 4, "locked"


class BooksDoNotTie(NpoError):
    """Report that the books do not follow from what was received and decided."""

    exit_status, kind = 5, "books_do_not_tie"


def fault_words(error: Exception) -> str:
    """Return in words what an error is that ends no command, because it is of one board.

    An error of a library can hold the rows it is about: of it there is its kind and its place.
    """
    if isinstance(error, NpoError):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return printable(f"{where}{error.strerror or error}")
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return type(error).__name__
    code = last.tb_frame.f_code
    file = code.co_filename.replace("\\", "/").rpartition("/")[2]
    return f"{type(error).__name__} in {code.co_name} ({file}, line {last.tb_lineno})"


def _restored(
    error: type[NpoError], message: str, details: Sequence[str], faults: Sequence[Mapping[str, object]]
) -> NpoError:
    return error(message, details=details, faults=faults)
