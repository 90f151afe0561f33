"""Secrets made on first start and kept in the data folder, readable by nobody else."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)


def secret_key(data_dir: Path) -> str:
    """Django's SECRET_KEY."""
    return _read_or_make(data_dir / "secret.key", lambda: secrets.token_urlsafe(64))


def permit_key(data_dir: Path) -> str:
    """The Ed25519 private key that signs permits, as PEM (PKCS #8)."""
    return _read_or_make(data_dir / "permit.pem", _new_ed25519_pem)


def audit_key(data_dir: Path) -> str:
    """The Ed25519 private key that signs heads of the audit log, as PEM (PKCS #8)."""
    return _read_or_make(data_dir / "audit.pem", _new_ed25519_pem)


def _new_ed25519_pem() -> str:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    """The file's text; made whole or not at all, and by one process only.

    The link is what decides between two first starts at once: it fails where
    the name exists, and both then read the winner's file.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
        ) as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()
