"""`npo doctor`: the program, the machine and a home, examined one by one; each verdict with what to do.

Nothing is changed but two small files that it makes and removes. An examination that fails in a way that nobody
foresaw is a verdict too, so that the others are still done.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import platform
import re
import shutil
import stat
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import npo_pipeline
from npo_pipeline.books.paths import Home
from npo_pipeline.errors import NpoError, fault_words
from npo_pipeline.months import ZONE_NAME
from npo_pipeline.operating_system import open_to_others
from npo_pipeline.startup import check_own_packages
from npo_pipeline.translation import LANGUAGES, speaks_dutch, unknown_language
from npo_pipeline.translation import VARIABLE as LANGUAGE_VARIABLE
from npo_pipeline.watch.levels import Check, Thresholds, Verdict, act, fine, look, room
from npo_pipeline.watch.logs import VARIABLE as LOG_VARIABLE
from npo_pipeline.watch.logs import is_json
from npo_pipeline.watch.watched import OPENLINEAGE_VARIABLE, OTLP_VARIABLE, is_web_address

DISTRIBUTION, PACKAGES = "npo-pipeline", ("npo_pipeline", "schemas", "flows")
MOUNTS = Path("/proc/mounts")
SHARES = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.s3fs", "9p", "ceph", "glusterfs"})
"""File systems over a network, on which a lock or a rename may not be what it is on a disk."""


def examine_machine(home: Home) -> list[Check]:
    """Do all examinations, in order; none raises."""
    return [Check(name, _examined(examination, home)) for name, examination in EXAMINATIONS.items()]


def _examined(examination: Callable[[Home], Verdict], home: Home) -> Verdict:
    try:
        return examination(home)
    except NpoError as refusal:
        return act(str(refusal), "")
    except OSError as error:
        return act(f"{error.filename or home.path}: {error.strerror or error}", "check the folder and its disk")
    except Exception as error:
        message = f"could not be examined ({fault_words(error)})"
        return act(message, "give this line to who maintains npo")


def examine_versions(home: Home) -> Verdict:
    """Examine that the libraries are those that this version of npo asks for."""
    python = platform.python_version()
    wrong = list(_wrong_libraries())
    if wrong:
        message = f"npo {npo_pipeline.__version__} lacks libraries: {', '.join(wrong)}"
        return act(message, "install npo again from its lock file")
    return fine(f"npo {npo_pipeline.__version__}, Python {python}, all its libraries")


def _wrong_libraries() -> Iterator[str]:
    """Yield the libraries that are not there, or of another version than npo asks for."""
    from packaging.requirements import Requirement

    for text in _requirements():
        asked = Requirement(text)
        if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(asked.name)
        except metadata.PackageNotFoundError:
            yield asked.name
            continue
        if not asked.specifier.contains(found, prereleases=True):
            yield f"{asked.name} {asked.specifier} (found {found})"


def _requirements() -> list[str]:
    try:
        return metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []


def examine_files(home: Home) -> Verdict:
    """Examine that the installed files are those that were installed."""
    here = Path(npo_pipeline.__file__).parent
    try:
        files = metadata.distribution(DISTRIBUTION).files or []
    except metadata.PackageNotFoundError:
        return fine(f"npo runs from {here.parent}, and is not installed")
    # An installer may write the script `npo` anew, and put it elsewhere.
    ours = [one for one in files if one.hash is not None and one.parts[0] in PACKAGES]
    if here / "__init__.py" not in [Path(str(one.locate())) for one in ours]:
        return fine(f"npo runs from the source in {here.parent}")
    changed = [str(one) for one in ours if not _is_as_recorded(one)]
    if changed:
        message = f"{len(changed)} installed files are not as they were installed, first {changed[0]}"
        return act(message, "install npo again")
    return fine(f"{len(ours)} installed files are as they were installed")


def _is_as_recorded(file: metadata.PackagePath) -> bool:
    try:
        content = Path(str(file.locate())).read_bytes()
    except OSError:
        return False
    if file.hash is None or file.hash.mode != "sha256":
        return True
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode() == file.hash.value


def examine_packages(home: Home) -> Verdict:
    """Examine that `schemas` and `flows` are ours, and not another project's of the same name."""
    check_own_packages()
    if find_spec("flows") is None:
        return look("the flows are not installed, so nothing can be scheduled", "install npo whole")
    return fine("no package of another project is in the way")


def examine_time(home: Home) -> Verdict:
    """Examine the data of time zones, by an hour of summer and one of winter in the Netherlands."""
    try:
        zone = ZoneInfo(ZONE_NAME)
    except Exception as error:
        return act(f"there is no time zone {ZONE_NAME} ({type(error).__name__})", "install tzdata")
    hours = [datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)]
    if hours != [timedelta(hours=1), timedelta(hours=2)]:
        return act(f"the time zone {ZONE_NAME} is not that of the Netherlands", "install tzdata")
    today = datetime.now(UTC)
    if today.year < _THIS_PROGRAM:
        return act(f"the clock says {today:%Y-%m-%d}", "set the clock of this machine")
    return fine(f"it is {datetime.now(zone):%Y-%m-%d %H:%M} in the Netherlands")


_THIS_PROGRAM = 2026
"""The year of this program: no clock that goes right says an earlier one."""


def examine_disk(home: Home) -> Verdict:
    """Examine a lock and a rename on the file system of the home, for real, and which kind it is."""
    place = _nearest(home.path)
    if not os.access(place, os.W_OK | os.X_OK):
        return act(f"{place}: cannot be written by this user", "give the right, or run as the owner")
    with tempfile.TemporaryDirectory(prefix=".npo-doctor-", dir=place) as made:
        folder = Path(made)
        if not _second_lock_fails(folder):
            return act(f"{place}: a lock does not hold there", "put the home on a local disk")
        first, second = folder / "first", folder / "second"
        first.write_text("new")
        second.write_text("old")
        first.replace(second)
        if second.read_text() != "new" or first.exists():
            return act(f"{place}: a rename does not replace a file there", "put the home on a local disk")
    kind = _file_system(place)
    if kind in SHARES:
        message = f"{place}: is on a share ({kind}); lock and rename work from this machine"
        return look(message, "use it from one machine alone, or put the home on a local disk")
    return fine(f"{place}: lock and rename work{f' ({kind})' if kind else ''}")


def _second_lock_fails(folder: Path) -> bool:
    handles = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY) for _ in range(2)]
    try:
        fcntl.flock(handles[0], fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(handles[1], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
    finally:
        for one in handles:
            os.close(one)


def _file_system(place: Path) -> str:
    """Return the kind of file system that a folder is on; empty where the machine does not say."""
    try:
        mounts = [line.split()[1:3] for line in MOUNTS.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        return ""
    whole = place.resolve()
    over = [
        (len(at), number, kind) for number, (at, kind) in enumerate(mounts) if whole.is_relative_to(_unescaped(at))
    ]
    # Of two at one place the later is on top, as a share is on what mounts it when it is asked for.
    return max(over, default=(0, 0, ""))[2]


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda one: chr(int(one[1], 8)), text)


def _nearest(path: Path) -> Path:
    """Return a folder, or the nearest one above it that is there."""
    return next(one for one in (path.absolute(), *path.absolute().parents) if one.is_dir())


def examine_space(home: Home) -> Verdict:
    """Examine that the disk has room, by the limits of the monitor; the home need not be there yet."""
    free = shutil.disk_usage(_nearest(home.path)).free
    size = home.database.stat().st_size if home.database.is_file() else 0
    return room(free, size, Thresholds.asked("free_gb").free_gb)


def examine_rights(home: Home) -> Verdict:
    """Examine that nobody but the owner and the group can read or write the home."""
    if not home.path.is_dir():
        return fine("there is no home yet")
    mode = home.path.stat().st_mode
    if mode & stat.S_IWOTH:
        return act(f"{home.path}: every user of this machine can write in it", f"chmod o-rwx {home.path}")
    opened = list(islice(open_to_others([home.path]), 1))
    if opened:
        message = f"{opened[0]}: every user of this machine can read it"
        return look(message, f"chmod -R o-rwx {home.path}")
    if not os.access(home.path, os.W_OK):
        return look(f"{home.path}: this user can only read it", "run as its owner to do more than look")
    return fine("only the owner and the group can read the home")


def examine_books(home: Home) -> Verdict:
    """Examine that the books can be read, and their format."""
    from npo_pipeline.books.queries.runs import all_runs
    from npo_pipeline.books.reader import read_books
    from npo_pipeline.watch.monitor import older_format

    if home.path.exists() and not home.path.is_dir():
        return act(f"{home.path}: is a file, and a home is a folder", "name another --home")
    if not home.database.exists():
        return fine(f"{home.path}: holds no books yet; begin with `npo ingest`")
    with read_books(home) as books:
        found, runs = books.published_format, all_runs(books).height
    return older_format(found) or fine(f"{runs} runs, of format {found}")


def examine_leftovers(home: Home) -> Verdict:
    """Examine what a run that died, or another program, left beside the books."""
    wal = Path(f"{home.database}.wal")
    if wal.exists():
        advice = "close the program that has the books open for writing; if none has, remove this file"
        return act(f"{wal}: another program wrote in the books", advice)
    if home.database.is_symlink():
        return act(f"{home.database}: is a link, and no run can replace it", "name its folder as --home")
    if home.work.is_dir() and any(home.work.iterdir()):
        return look("a run is busy, or died half-way", "nothing: the next run clears it away")
    return fine("nothing was left behind")


def examine_witness(home: Home) -> Verdict:
    """Examine that a witness knows the books as the newest."""
    from npo_pipeline.books.reader import read_books
    from npo_pipeline.books.witness import witness_findings

    try:
        with read_books(home) as books:
            found = list(witness_findings(home, books))
    except NpoError:
        return look("cannot be asked, for the books cannot be read", "mend the books first")
    if found:
        return act(found[0], "pay nothing before this is mended")
    if home.witness is None:
        return fine("no witness is named; one on another disk guards against an older back-up")
    return fine("the witness knows these books as the newest")


def examine_prefect(home: Home) -> Verdict:
    """Examine that the Prefect server of the schedules answers."""
    from npo_pipeline.books.run import holder_of

    given = os.environ.get("PREFECT_API_URL")
    if find_spec("prefect") is None:
        return act("Prefect is not installed", "install npo again from its lock file")
    serving = holder_of(Home(home.path / "prefect"))
    if not given and (serving is None or not serving.is_alive):
        return fine("no schedule is served for this home; `npo serve` starts that")
    url = given or f"http://127.0.0.1:{os.environ.get('PREFECT_SERVER_API_PORT', '4200')}/api"
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/health", timeout=5):
            return fine(f"{url}: the Prefect server answers")
    except (OSError, ValueError) as error:
        return act(f"{url}: the Prefect server does not answer ({error})", "start it, or `npo serve` again")


def examine_watching(home: Home) -> Verdict:
    """Examine that what the environment asks to be sent can be sent."""
    asked = [one for one in (OTLP_VARIABLE, OPENLINEAGE_VARIABLE) if os.environ.get(one)]
    module = {OTLP_VARIABLE: "opentelemetry", OPENLINEAGE_VARIABLE: "openlineage"}
    lacking = [one for one in asked if find_spec(module[one]) is None]
    if lacking:
        message = f"{', '.join(lacking)} is set, and its libraries are not installed"
        return look(message, "pip install 'npo-pipeline[telemetry]'")
    if wrong := [one for one in asked if not is_web_address(one)]:
        return look(
            f"{', '.join(wrong)} is no web address, and nothing is sent", "write it as http://127.0.0.1:4318"
        )
    if (form := os.environ.get(LOG_VARIABLE)) and not is_json():
        message = f"{LOG_VARIABLE}={form}: is not understood, and logs are plain"
        return look(message, f"write {LOG_VARIABLE}=json, or leave it out")
    return fine(f"sent to others: {', '.join(asked)}" if asked else "nothing is sent to others")


def examine_language(_home: Home) -> Verdict:
    """Examine that the language that the environment asks is spoken."""
    if language := unknown_language():
        message = f"{LANGUAGE_VARIABLE}={language}: is not spoken, and messages are in English"
        return look(message, f"write {LANGUAGE_VARIABLE}={LANGUAGES[0]}, or leave it out")
    return fine("messages are in Dutch" if speaks_dutch() else "messages are in English")


EXAMINATIONS: dict[str, Callable[[Home], Verdict]] = {
    "versions": examine_versions,
    "files": examine_files,
    "packages": examine_packages,
    "time": examine_time,
    "disk": examine_disk,
    "space": examine_space,
    "rights": examine_rights,
    "books": examine_books,
    "leftovers": examine_leftovers,
    "witness": examine_witness,
    "prefect": examine_prefect,
    "watching": examine_watching,
    "language": examine_language,
}
