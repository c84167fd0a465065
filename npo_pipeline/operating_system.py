"""The operating system below a run: who runs it, and who else may read what it writes."""

from __future__ import annotations

import os
import pwd
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from npo_pipeline.errors import Refused

UMASK_VARIABLE = "NPO_UMASK"
"""The variable with the rights that new files do not give, as the command `umask` of a shell takes them."""

DEFAULT_UMASK = "027"
"""The owner reads and writes, the group reads, others do nothing."""

_LOGIN = Path("/proc/self/loginuid")
_NOBODY_LOGGED_IN = 2**32 - 1

OF_OTHERS = stat.S_IROTH | stat.S_IWOTH | stat.S_IXOTH


@dataclass(frozen=True)
class OsUser:
    """Represent who runs a process: the account, the machine, and who logged in where that is another account.

    The kernel keeps who logged in, also through `sudo` and `su`; a service that the machine starts has nobody.
    """

    user: str
    host: str
    login: str | None = None

    @property
    def person(self) -> str:
        """Return the account that comes nearest to a person: who logged in, else the one that runs."""
        return f"{self.login or self.user}@{self.host}"

    def words(self) -> str:
        """Return it in words: `npo@machine (login: devries)`."""
        return f"{self.user}@{self.host}" + (f" (login: {self.login})" if self.login else "")

    def entry(self) -> dict[str, str]:
        """Return it as an entry of a manifest."""
        return {name: value for name, value in vars(self).items() if value is not None}


def os_user(login: Path = _LOGIN) -> OsUser:
    """Return who runs this process. `login`: the file in which Linux keeps who logged in."""
    user = _name_of(os.geteuid())
    logged_in = _logged_in(login)
    return OsUser(user=user, host=os.uname().nodename, login=logged_in if logged_in != user else None)


def os_user_of(entry: object) -> OsUser | None:
    """Return who ran a run, by its manifest; None where an older program wrote that, or it is damaged."""
    known = {"user", "host", "login"}
    if not isinstance(entry, dict) or not {"user", "host"} <= set(entry) <= known:
        return None
    return OsUser(**entry) if all(isinstance(one, str) for one in entry.values()) else None


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # A container may run under a number that has no name.
        return str(number)


def _logged_in(file: Path) -> str | None:
    try:
        number = int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if number == _NOBODY_LOGGED_IN else _name_of(number)


def set_umask() -> None:
    """Have all files that this process and those it starts make be closed to others, as NPO_UMASK says.

    Raises:
        Refused: it is no umask, or one that keeps the owner out.
    """
    text = os.environ.get(UMASK_VARIABLE) or DEFAULT_UMASK
    if not re.fullmatch(r"0?[0-7]{3}", text) or int(text, 8) & stat.S_IRWXU:
        raise Refused(
            f"{UMASK_VARIABLE}={text}: is no umask that leaves the owner his rights; write 027 (the group may "
            "read) or 077 (nobody else)"
        )
    os.umask(int(text, 8))


def open_to_others(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files and folders, and all that is in them, that any account of the machine can read or write.

    What lies in a folder that others cannot enter is not open to them. A link is not followed.
    """
    for path in paths:
        try:
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode) or not mode & OF_OTHERS:
                continue
            yield path
            if stat.S_ISDIR(mode) and mode & stat.S_IXOTH:
                yield from open_to_others(sorted(path.iterdir()))
        except OSError:
            continue
