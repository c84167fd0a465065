"""Keys to sign with, made as `openssl genpkey -algorithm ed25519` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Keys:
    """The files of a private key and of the public one that belongs to it."""

    private: Path
    public: Path


def write_keys(folder: Path, passphrase: bytes | None = None) -> Keys:
    folder.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    lock = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
    made = Keys(folder / "npo.pem", folder / "npo.pub")
    made.private.write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, lock))
    made.private.chmod(0o600)
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    made.public.write_bytes(public)
    return made
