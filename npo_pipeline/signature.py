"""Signatures of files by an Ed25519 key: bytes and a key in, bytes out. `openssl` makes the keys and checks too.

The library is imported where a key is used: most homes have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from npo_pipeline.errors import Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def private_key_from(pem: bytes, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """Read a private key, in PEM; `passphrase`: where it is locked by one.

    Raises:
        Refused: it is none, of another kind, or the passphrase is lacking or wrong.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    is_locked = b"ENCRYPTED" in pem
    if is_locked and not passphrase:
        raise Refused("is locked by a passphrase; name its file in NPO_SIGNING_PASSPHRASE_FILE")
    try:
        key = load_pem_private_key(pem, passphrase if is_locked else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the library says could quote the key.
        why = "is not opened by that passphrase" if is_locked else f"is no private key in PEM; {_MAKE}"
        raise Refused(why) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused(f"is a key of another kind than Ed25519; {_MAKE}")
    return key


def public_key_from(pem: bytes) -> Ed25519PublicKey:
    """Read a public key, in PEM.

    Raises:
        Refused: it is none, or of another kind.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY" in pem:
        raise Refused(f"is a private key, which nobody needs to check a signature; {_PUBLISH}")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Refused(f"is no public key in PEM; {_PUBLISH}") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Refused(f"is a key of another kind than Ed25519; {_PUBLISH}")
    return key


_MAKE = "make one by `openssl genpkey -algorithm ed25519`"
_PUBLISH = "make it from the private key by `openssl pkey -pubout`"


def sign(content: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the signature of a content: 64 bytes, always the same for the same key."""
    return key.sign(content)


def is_signed_by(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    """Return whether a signature is of this content, by the private key that belongs to a public one."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
