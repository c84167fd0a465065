"""The errors that end a command; each carries one line for the person who must act."""

from __future__ import annotations


def printable(text: str) -> str:
    """Escape what is no printable character, so that a text can be shown and cannot steer a terminal."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class NpoError(Exception):
    """Report a fault of the program; the base of all errors that end a command.

    The message is one readable line: what, where (file, line, column) and what to do. `exit_status` is
    the status the command ends with (contract, section 1).
    """

    exit_status = 1

    def __init__(self, message: str) -> None:
        super().__init__(printable(" ".join(message.split())))


class Refused(NpoError):
    """Report that the input or the request was refused, and nothing changed."""

    exit_status = 3


class HomeLocked(NpoError):
    """Report that another run holds the lock of the home."""

    exit_status = 4


class BooksDoNotTie(NpoError):
    """Report that the books do not follow from what was received and decided."""

    exit_status = 5
