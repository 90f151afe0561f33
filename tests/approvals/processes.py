"""Which processes there are; for tests that kill them."""

import time
from collections.abc import Callable
from pathlib import Path


def children(of: int) -> list[int]:
    """The processes that replay for a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"approvals.replay" in words and int(parent) == of:
            found.append(int(folder.name))
    return found


def until(is_so: Callable[[], object], seconds: float = 10) -> bool:
    """Whether it becomes so within a time."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
