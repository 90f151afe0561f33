"""The folder of a witness: its key, and for each log the head it cosigned last.

That head is checked against and replaced under one lock, and on the disk before any
answer: neither two requests at once nor a crash can make it go back. What is there
but cannot be read means that nothing is cosigned, never that all begins anew.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from audit import note, witness
from audit.note import Checkpoint, NoteError, Signature, Signer, VerifierKey

PRIVATE, PUBLIC = "witness.pem", "witness.vkey"
IN_USE, CHANGING = "witness.lock", "state.lock"
"""Held while a witness works in the folder; held while a head is replaced."""
MAX_REFUSED = 1_000_000
"""Bytes of contradicting heads that are kept of each log."""


class StateError(Exception):
    """The folder cannot be used as it is; says why."""


class Folder:
    """A folder that is open; any number of threads and processes may share it."""

    def __init__(self, path: Path) -> None:
        """Raises StateError where there is none."""
        self.path = path
        try:
            # By this, not by its path: another folder of that name knows nothing.
            self._folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise StateError(f"{path}: {error.strerror}") from None

    def close(self) -> None:
        os.close(self._folder)

    def use_alone(self) -> int:
        """Take the folder for as long as the descriptor is open; raises StateError."""
        lock = self._open(IN_USE, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise StateError(f"Another witness works in {self.path}") from None
        return lock

    def signer(self, name: str | None, default: str) -> Signer:
        """Its key, made on first use, under the name it was given then.

        Raises StateError for another name: of one key, others know one name.
        """
        kept = self._read(PUBLIC)
        if kept is None:
            key = self._new_key() if self._read(PRIVATE) is None else self._key()
            signer = Signer(name or default, key, note.WITNESS)
            self._replace(PUBLIC, f"{signer.verifier}\n")
            return signer
        try:
            known = VerifierKey.parse(kept)
        except NoteError as error:
            raise StateError(f"{self.path / PUBLIC}: {error}") from None
        if name not in (None, known.name):
            raise StateError(f"The key in {self.path} is that of {known.name}")
        signer = Signer(known.name, self._key(), note.WITNESS)
        if signer.verifier != known:
            raise StateError(f"{PRIVATE} and {PUBLIC} in {self.path} do not fit")
        return signer

    def last(self, origin: str, key: VerifierKey) -> Checkpoint | None:
        """The head that was cosigned last, None before the first; raises StateError."""
        text = self._read(_file(origin))
        if text is None:
            return None
        try:
            head = note.verified(note.parse(text), key)
        except NoteError as error:
            raise StateError(f"What is kept of {origin} is damaged: {error}") from None
        if head.origin != origin:
            raise StateError(f"What is kept of {origin} is of {head.origin}")
        return head

    def cosign(self, found: witness.Submission, signer: Signer, time: int) -> Signature:
        """Check the head against the last one and put it in its place.

        ``time``: POSIX seconds. Raises witness.Refused, StateError, OSError; then
        nothing was cosigned.
        """
        origin = found.head.origin
        with self._changing():
            try:
                witness.check(found, self.last(origin, signer.verifier))
            except witness.Refused as refusal:
                if refusal.contradicts:
                    self._keep(found)
                raise
            cosignature = signer.cosign(found.note.text, time)
            kept = note.add_signatures(found.note, [cosignature])
            self._replace(_file(origin), str(kept))
        return cosignature

    def refused(self, origin: str) -> Path | None:
        """The file with the heads of this log that contradicted; None without any."""
        path = self.path / _file(origin, "refused")
        return path if path.exists() else None

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One at a time, in all threads and processes."""
        lock = self._open(CHANGING, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _keep(self, found: witness.Submission) -> None:
        """Such a head, signed by its log, is what an auditor will want to see.

        A disk without room for it changes nothing: it is refused all the same.
        """
        name = _file(found.head.origin, "refused")
        with suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            with os.fdopen(self._open(name, flags), "a", encoding="utf-8") as file:
                if file.tell() < MAX_REFUSED:
                    file.write(f"{found.note}\n")

    def _new_key(self) -> Ed25519PrivateKey:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._replace(PRIVATE, pem.decode())
        return key

    def _key(self) -> Ed25519PrivateKey:
        try:
            found = load_pem_private_key((self._read(PRIVATE) or "").encode(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            found = None
        if not isinstance(found, Ed25519PrivateKey):
            raise StateError(f"{self.path / PRIVATE} is no Ed25519 key")
        return found

    def _read(self, name: str) -> str | None:
        """A file's text, None where there is none; raises StateError."""
        try:
            with os.fdopen(self._open(name, os.O_RDONLY), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StateError(f"{self.path / name} cannot be read: {error}") from None

    def _replace(self, name: str, text: str) -> None:
        """Whole or not at all, and on the disk when this returns; raises OSError."""
        draft = f"{name}.draft"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(self._open(draft, flags), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.rename(draft, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        os.fsync(self._folder)

    def _open(self, name: str, flags: int) -> int:
        return os.open(name, flags, 0o600, dir_fd=self._folder)


@contextmanager
def opened(path: Path) -> Iterator[Folder]:
    """The folder, made where it is missing, for this witness alone.

    Raises StateError.
    """
    try:
        if not path.exists():
            path.mkdir(mode=0o700, parents=True)
            _sync(path.parent)
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from None
    folder = Folder(path)
    try:
        lock = folder.use_alone()
        try:
            yield folder
        finally:
            os.close(lock)
    finally:
        folder.close()


def _file(origin: str, kind: str = "checkpoint") -> str:
    """An origin may be longer than a file name, and have slashes."""
    return f"{sha256(origin.encode()).hexdigest()}.{kind}"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
