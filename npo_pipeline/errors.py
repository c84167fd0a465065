"""The ways a command can end other than well; each carries one line for the person who must act."""

from __future__ import annotations


def printable(text: str) -> str:
    """Text as a person can be shown it: what would steer a terminal, or is no character, is written out."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class NpoError(Exception):
    """A command could not be done.

    The message is one readable line: what, where (file, line, column) and what to do. `exit_status` is
    the status the command ends with (contract, section 1).
    """

    exit_status = 1

    def __init__(self, message: str) -> None:
        super().__init__(printable(" ".join(message.split())))


class Refused(NpoError):
    """The input or the request was refused and nothing changed."""

    exit_status = 3


class HomeLocked(NpoError):
    """Another run holds the home."""

    exit_status = 4


class BooksDoNotTie(NpoError):
    """What is published does not follow from what was received and decided."""

    exit_status = 5
