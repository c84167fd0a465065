"""Signed specifications and exports: by the key that is named, checked by `npo verify` and by openssl alone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey

from npo_pipeline.errors import Refused
from npo_pipeline.signature import is_signed_by, private_key_from, public_key_from, sign
from tests.books.home.npo import checking, here
from tests.books.home.seeing import everything
from tests.books.keys import Keys, write_keys

MONTH = ("specification", "--month", "2021-10")
SIGNED = "SHA256SUMS.sig"


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Keys:
    return write_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def others(tmp_path_factory) -> Keys:
    return write_keys(tmp_path_factory.mktemp("others"))


@pytest.fixture(scope="module")
def unsigned_once(story, tmp_path_factory) -> Path:
    """A home in which the specifications of October are written and not signed."""
    home = Path(shutil.copytree(story.at("paid"), tmp_path_factory.mktemp("unsigned") / "home"))
    assert here(*MONTH, "--home", home).status == 0
    return home


@pytest.fixture(scope="module")
def signed_once(unsigned_once, keys, tmp_path_factory) -> Path:
    home = Path(shutil.copytree(unsigned_once, tmp_path_factory.mktemp("signed") / "home"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NPO_SIGNING_KEY", str(keys.private))
        assert here(*MONTH, "--home", home).status == 0
    return home


@pytest.fixture
def signed(signed_once, tmp_path) -> Path:
    return Path(shutil.copytree(signed_once, tmp_path / "home"))


def specifications(home: Path) -> dict[str, bytes]:
    return {name: one for name, one in everything(home).items() if name.startswith("specifications/")}


def verified(home: Path, public: Path) -> tuple[int, list[str]]:
    with checking():
        ended = here("verify", "--public-key", public, "--home", home, "--json")
    return ended.status, ended.document["findings"]


def test_a_signature_is_of_one_content_by_one_key_and_always_the_same(keys, others):
    private, public = private_key_from(keys.private.read_bytes()), public_key_from(keys.public.read_bytes())
    assert sign(b"sums", private) == sign(b"sums", private)
    assert is_signed_by(public, b"sums", sign(b"sums", private))
    assert not is_signed_by(public, b"Sums", sign(b"sums", private))
    assert not is_signed_by(public, b"sums", sign(b"sums", private)[:-1])
    assert not is_signed_by(public_key_from(others.public.read_bytes()), b"sums", sign(b"sums", private))


def of_another_kind() -> tuple[bytes, bytes]:
    key = Ed448PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return private, key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)


def test_what_is_no_key_is_refused_with_what_to_do_and_nothing_of_it(keys, tmp_path):
    locked = write_keys(tmp_path, b"hush hush").private.read_bytes()
    assert private_key_from(locked, b"hush hush")
    assert private_key_from(keys.private.read_bytes(), b"a passphrase that is not needed")
    for pem, passphrase, words in (
        (locked, None, "is locked by a passphrase; name its file in NPO_SIGNING_PASSPHRASE_FILE"),
        (locked, b"hush", "is not opened by that passphrase"),
        (b"rubbish", None, "is no private key in PEM; make one by `openssl genpkey -algorithm ed25519`"),
        (keys.public.read_bytes(), None, "is no private key in PEM"),
        (of_another_kind()[0], None, "is a key of another kind than Ed25519"),
    ):
        with pytest.raises(Refused, match=words) as refusal:
            private_key_from(pem, passphrase)
        assert "hush" not in str(refusal.value)
    for pem, words in (
        (keys.private.read_bytes(), "is a private key, which nobody needs to check a signature"),
        (b"rubbish", "is no public key in PEM; make it from the private key by `openssl pkey -pubout`"),
        (of_another_kind()[1], "is a key of another kind than Ed25519"),
    ):
        with pytest.raises(Refused, match=words):
            public_key_from(pem)


def test_what_is_up_to_date_is_signed_and_not_made_again(unsigned_once, signed_once):
    before, after = specifications(unsigned_once), specifications(signed_once)
    assert {name: after[name] for name in before} == before
    boards = {Path(name).parent.as_posix() for name in before}
    assert set(after) - set(before) == {f"{one}/{SIGNED}" for one in boards}


def test_signing_again_changes_nothing_and_without_a_key_signatures_stay(signed, keys, monkeypatch):
    before = specifications(signed)
    assert here(*MONTH, "--home", signed, "--json").document["signed"] == 0
    assert specifications(signed) == before
    monkeypatch.setenv("NPO_SIGNING_KEY", str(keys.private))
    assert here(*MONTH, "--home", signed, "--json").document["signed"] == 0
    assert specifications(signed) == before


def test_another_key_signs_again(signed, keys, others, monkeypatch):
    assert verified(signed, keys.public) == (0, [])
    status, (finding,) = verified(signed, others.public)
    assert status == 5
    assert finding.startswith(
        "signatures: specifications/2021-10: 3 of 3 are not signed by this key, first 10001;"
    )
    monkeypatch.setenv("NPO_SIGNING_KEY", str(others.private))
    assert here(*MONTH, "--home", signed, "--json").document["signed"] == 3
    assert verified(signed, others.public) == (0, [])


def test_a_specification_that_is_made_again_has_no_signature_until_it_is_signed(signed, keys, monkeypatch):
    place = signed / "specifications" / "2021-10" / "10001"
    (place / "betaalspecificatie-2021-10-10001.csv").write_text("forged")
    assert here(*MONTH, "--home", signed).status == 0
    assert not (place / SIGNED).exists()
    _, (finding,) = verified(signed, keys.public)
    assert "1 of 3 are not signed by this key, first 10001; `npo specification --month 2021-10`" in finding
    monkeypatch.setenv("NPO_SIGNING_KEY", str(keys.private))
    assert here(*MONTH, "--home", signed).status == 0
    assert verified(signed, keys.public) == (0, [])


def test_a_board_checks_it_without_npo(signed, keys):
    """The commands of docs/how-to/sign-packs.md."""
    place = signed / "specifications" / "2021-10" / "10001"
    check = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", keys.public]
    check += ["-in", "SHA256SUMS", "-sigfile", SIGNED]
    assert subprocess.run(check, cwd=place, capture_output=True, check=False).returncode == 0
    sums = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(sums, cwd=place, capture_output=True, check=False).returncode == 0
    (place / "SHA256SUMS").write_bytes((place / "SHA256SUMS").read_bytes().replace(b"0", b"1", 1))
    assert subprocess.run(check, cwd=place, capture_output=True, check=False).returncode != 0


def test_a_key_that_cannot_be_read_is_refused_before_anything_is_paid(signed_once, tmp_path, monkeypatch):
    before = everything(signed_once)
    secret = tmp_path / "secret"
    secret.write_text("s3cret-passphrase\n")
    monkeypatch.setenv("NPO_SIGNING_PASSPHRASE_FILE", str(secret))
    monkeypatch.setenv("NPO_SIGNING_KEY", str(write_keys(tmp_path, b"another").private))
    pay = ("pay", "--month", "2021-11", "--specifications", "--home", signed_once)
    ended = here(*pay, "--json")
    assert (ended.status, ended.stderr.count("\n")) == (3, 1)
    assert f"npo: {tmp_path / 'npo.pem'}: is not opened by that passphrase" in ended.stderr
    assert "s3cret" not in ended.stderr + ended.stdout
    monkeypatch.setenv("NPO_SIGNING_KEY", str(tmp_path / "nowhere"))
    ended = here(*pay)
    assert (
        f"{tmp_path / 'nowhere'}: cannot be read (No such file or directory); NPO_SIGNING_KEY names it"
        in ended.stderr
    )
    open_to_all = write_keys(tmp_path / "open").private
    open_to_all.chmod(0o644)
    monkeypatch.setenv("NPO_SIGNING_KEY", str(open_to_all))
    assert f"{open_to_all}: every user of this machine can read this key" in here(*pay).stderr
    assert everything(signed_once) == before


def test_an_export_is_signed_and_takes_the_place_of_one_that_was(signed_once, keys, tmp_path, monkeypatch):
    monkeypatch.setenv("NPO_SIGNING_KEY", str(keys.private))
    for _ in range(2):
        assert here("export", "--board", "10001", tmp_path / "out", "--home", signed_once).status == 0
    sums, signature = ((tmp_path / "out" / name).read_bytes() for name in ("SHA256SUMS", SIGNED))
    assert is_signed_by(public_key_from(keys.public.read_bytes()), sums, signature)
