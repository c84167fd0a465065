"""Who did what: the account of the machine beside the names that were given, and who else may read the books."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.operating_system import OsUser, open_to_others, os_user, os_user_of, set_umask
from tests.books.home.delivery import write_debtor, write_payment_accounts
from tests.books.home.npo import checking, here
from tests.books.home.seeing import select

MONTH = ("release", "--month", "2021-10")


@pytest.fixture
def umask():
    """The umask of the tests, back in place."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def login_of(tmp_path, number):
    file = tmp_path / "loginuid"
    file.write_text(f"{number}\n")
    return file


def test_who_logged_in_is_named_beside_the_account_that_runs(tmp_path):
    mine = os_user(tmp_path / "none")
    assert mine.login is None
    assert mine.words() == mine.person == f"{mine.user}@{mine.host}"
    other = os_user(login_of(tmp_path, 54321))  # A number without a name.
    assert (other.user, other.login) == (mine.user, "54321")
    assert other.words() == f"{mine.user}@{mine.host} (login: 54321)"
    assert other.person == f"54321@{mine.host}"
    assert os_user(login_of(tmp_path, os.geteuid())) == mine, "the same account is named once"
    assert os_user(login_of(tmp_path, 2**32 - 1)) == mine, "a service has nobody who logged in"


@pytest.mark.parametrize(
    "entry", [None, "npo", {}, {"user": "npo"}, {"user": "npo", "host": 1}, {"x": "", "y": ""}]
)
def test_a_manifest_of_an_older_program_names_no_account(entry):
    assert os_user_of(entry) is None


def test_what_a_manifest_names_is_read_back():
    for one in (OsUser("npo", "srv"), OsUser("npo", "srv", "devries")):
        assert os_user_of(json.loads(json.dumps(one.entry()))) == one


def test_runs_are_listed_with_the_names_given_and_the_account_of_the_machine(paid):
    assert here("hold", "--reason", "a test", "--by", "A. de Vries", "--home", paid).status == 0
    mine = os_user()
    manifests = [json.loads(text) for (text,) in select(paid, "select manifest from runs order by run_id")]
    assert {OsUser(**one["os_user"]) for one in manifests} == {mine}
    shown = here("runs", "--home", paid, "--json").document["runs"]
    assert [one["run_id"] for one in shown] == [one["run_id"] for one in manifests]
    assert shown[-1]["prepared_by"] == "A. de Vries"
    assert shown[-1]["user"] == mine.entry()
    listed = here("runs", "--last", "1", "--home", paid).stdout
    assert "A. de Vries" in listed
    assert mine.words() in listed
    assert "-ingest" not in listed


def test_a_release_says_that_one_account_prepared_and_approved_it(paid, tmp_path):
    accounts = write_payment_accounts(tmp_path / "new", "10001;NL91ABNA0417164300;Stichting De Linde;20210801")
    assert here("ingest", accounts, "--home", paid).status == 0
    plan = here(*MONTH, "--prepared-by", "A. Preparer", "--home", paid, "--json").document["plan"]
    debtor = write_debtor(tmp_path / "debtor")
    approval = (*MONTH, "--approved-by", "B. Approver", "--approved-plan", plan, "--debtor", debtor)
    ended = here(*approval, "--home", paid)
    assert ended.status == 0, "it is said, and stops nothing"
    assert f"! one account of this machine, {os_user().words()}, prepared and approved it" in ended.stdout
    with checking("releases"):
        assert here("verify", "--home", paid).status == 0


def test_books_are_closed_to_others_whatever_the_umask_of_the_shell(npo, tmp_path, country, umask, monkeypatch):
    home = tmp_path / "home"
    assert npo("ingest", country, "--reference-date", "2020-10-01", "--home", home).status == 0
    assert list(open_to_others([home])) == []
    assert stat.S_IMODE((home / "npo.duckdb").stat().st_mode) == 0o640
    monkeypatch.setenv("NPO_UMASK", "077")
    assert here("hold", "--reason", "a test", "--home", home).status == 0
    assert stat.S_IMODE(max(home.glob("manifests/*")).stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["27", "rw", "0o27", "727", "008"])
def test_what_is_no_umask_is_refused_in_one_line(text, monkeypatch, umask):
    monkeypatch.setenv("NPO_UMASK", text)
    with pytest.raises(Refused, match=f"NPO_UMASK={text}: is no umask"):
        set_umask()
    ended = here("status", "--home", "nowhere")
    assert (ended.status, ended.stderr.count("\n")) == (3, 1)


def test_what_others_can_read_or_write_is_named_and_what_lies_in_a_closed_folder_is_not(tmp_path):
    for name, mode in {"open": 0o755, "closed": 0o750}.items():
        (tmp_path / name).mkdir()
        for file, rights in {"read.txt": 0o644, "written.txt": 0o662, "own.txt": 0o640}.items():
            (tmp_path / name / file).touch()
            (tmp_path / name / file).chmod(rights)
        (tmp_path / name).chmod(mode)
    (tmp_path / "link").symlink_to(tmp_path / "open")
    found = open_to_others(sorted(tmp_path.iterdir()))
    assert [one.relative_to(tmp_path).as_posix() for one in found] == ["open", "open/read.txt", "open/written.txt"]
    shutil.rmtree(Path(tmp_path, "open"))
