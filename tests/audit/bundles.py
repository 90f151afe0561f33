"""Bundles as somebody exports them, and what the offline verifier says of them."""

import io
import tarfile
from collections.abc import Iterable
from typing import Any

from audit import countersign_verify as offline
from audit import export, sequencer
from audit.export import Scope
from audit.log import COMMAND_LINE


def exported(scope: Scope = Scope()) -> bytes:  # noqa: B008
    """After everything that was written has its place."""
    sequencer.sequence_due()
    return b"".join(export.stream(scope, actor=COMMAND_LINE))


def checkpoint() -> str:
    """What an auditor keeps: the newest checkpoint."""
    sequencer.sequence_due()
    found = sequencer.newest()
    assert found is not None
    return found.note


def verified(bundle: bytes, **options: Any) -> offline.Verdict:
    return offline.verify(io.BytesIO(bundle), offline.Options(**options))


def faults(bundle: bytes, **options: Any) -> list[str]:
    """Its sentences; none when all holds."""
    return verified(bundle, **options).faults.shown


def members(bundle: bytes) -> dict[str, bytes]:
    """Content by name, in the order of the archive."""
    with tarfile.open(fileobj=io.BytesIO(bundle)) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A tar of these, in this order."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()
