"""Signed packs: a signature beside the sums of each folder that a board receives, made where a key is given.

Only the process that writes has the key: workers that make packs never see it. A pack that is up to date is signed
without being made again; one that is made again has no signature until it is signed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from npo_pipeline.atomic_file import CHECKSUMS, SIGNATURE
from npo_pipeline.books.paths import Home
from npo_pipeline.commands.steps import Call, directly
from npo_pipeline.errors import Refused
from npo_pipeline.signature import is_signed_by, private_key_from, public_key_from, sign

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_VARIABLE, PASSPHRASE_VARIABLE = "NPO_SIGNING_KEY", "NPO_SIGNING_PASSPHRASE_FILE"
PUBLIC_VARIABLE = "NPO_PUBLIC_KEY"


def signing_key() -> Ed25519PrivateKey | None:
    """Return the key that the environment names; None where it names none, and nothing is signed.

    Raises:
        Refused: its file cannot be read, or can be by everyone, or is no such key.
    """
    if not (named := os.environ.get(KEY_VARIABLE)):
        return None
    file, secret = Path(named), os.environ.get(PASSPHRASE_VARIABLE)
    pem = _read(file, KEY_VARIABLE)
    if b"ENCRYPTED" not in pem and file.stat().st_mode & stat.S_IROTH:
        raise Refused(f"{file}: every user of this machine can read this key; `chmod o-rwx` it, or make another")
    passphrase = _read(Path(secret), PASSPHRASE_VARIABLE).rstrip(b"\r\n") if secret else None
    try:
        return private_key_from(pem, passphrase)
    except Refused as refusal:
        raise Refused(f"{file}: {refusal}") from None


def public_key(file: Path) -> Ed25519PublicKey:
    """Read the file of a public key.

    Raises:
        Refused: it cannot be read, or is no such key.
    """
    pem = _read(file, f"--public-key or {PUBLIC_VARIABLE}")
    try:
        return public_key_from(pem)
    except Refused as refusal:
        raise Refused(f"{file}: {refusal}") from None


def _read(file: Path, named_by: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"{file}: cannot be read ({error.strerror}); {named_by} names it") from error


@dataclass(frozen=True, kw_only=True)
class Signed:
    """Represent the folders that were signed, by name, and why others could not be: name -> words."""

    signed: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)


def sign_written(root: Path, names: Iterable[str], call: Call = directly) -> Signed:
    """Sign folders that were written, or found unchanged, just now, where there is a key.

    Without one nothing is signed, and signatures that are there stay: they still prove who signed what.

    Raises:
        Refused: the key cannot be read.
    """
    key = signing_key()
    return Signed() if key is None else call(sign_folders, root, list(names), key)


def sign_folders(root: Path, names: Sequence[str], key: Ed25519PrivateKey) -> Signed:
    """Step: sign the sums of folders; a signature that is right stays, a folder without sums has none."""
    signed, faults = list[str](), dict[str, str]()
    for name in sorted(names):
        sums, file = root / name / CHECKSUMS, root / name / SIGNATURE
        try:
            signature = sign(sums.read_bytes(), key) if sums.is_file() else None
            if signature and (not file.is_file() or file.read_bytes() != signature):
                # In place: half a signature is as good as none, and the next run mends it.
                file.write_bytes(signature)
                signed.append(name)
        except OSError as error:
            faults[name] = f"{SIGNATURE} cannot be written ({error.strerror}); all else of it is there"
    return Signed(signed=tuple(signed), faults=faults)


def signature_faults(home: Home, key: Ed25519PublicKey) -> Iterator[str]:
    """Describe which packs and specifications are not signed by the key of a public one, a sentence per folder."""
    kinds = {"npo account --year": home.path / "reports", "npo specification --month": home.specifications}
    for again, root in kinds.items():
        for folder in sorted(one for one in root.iterdir() if one.is_dir()) if root.is_dir() else ():
            places = [one.parent for one in sorted(folder.glob(f"*/{CHECKSUMS}"))]
            unsigned = [one.name for one in places if not _is_signed(one, key)]
            if unsigned:
                yield (
                    f"{root.name}/{folder.name}: {len(unsigned)} of {len(places)} are not signed by this key, "
                    f"first {unsigned[0]}; `{again} {folder.name}` with {KEY_VARIABLE} signs them"
                )


def _is_signed(folder: Path, key: Ed25519PublicKey) -> bool:
    try:
        return is_signed_by(key, (folder / CHECKSUMS).read_bytes(), (folder / SIGNATURE).read_bytes())
    except OSError:
        return False
