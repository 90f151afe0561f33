"""How long a bundle of a million entries takes to verify, and how much memory.

The bundle is made without a database, in the form of ``audit.bundle``: about three
entries for each request and three seals in most entries, with all tiles. What is
measured is ``countersign-verify`` as an auditor runs it, on one core.
"""

import base64
import hmac
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import bundle, countersign_verify, merkle, note

ENTRIES = 1_000_000
SIDE_BY_SIDE = 50
"""Requests that are open at once."""
BUDGET = {"seconds": 60.0, "mib": 300.0}
ORIGIN = "bench.example/audit"
START = 1_767_225_600.0
"""2026-01-01, in POSIX seconds; an entry follows every 0.3 s."""
_MEASURE = """
import resource, runpy, sys, time
sys.argv = sys.argv[1:]
start = time.perf_counter()
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    status = end.code
seconds = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_SELF)
print(status, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def report(entries: int = ENTRIES) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
        path = Path(folder) / "bundle.tar"
        start = time.perf_counter()
        with path.open("wb") as file:
            _write(file, entries)
        made = time.perf_counter() - start
        said, status, seconds, busy, mib = _verify(path)
        size = path.stat().st_size
    assert status == 0, said
    return {
        "entries": entries,
        "bundle_mib": round(size / 2**20),
        "making_seconds": round(made, 1),
        "verify_seconds": round(seconds, 1),
        "verify_processor_seconds": round(busy, 1),
        "entries_per_second": round(entries / seconds),
        "peak_mib": round(mib),
        "said": said,
        "budget": {
            "million_under_60_s": seconds * ENTRIES / entries < BUDGET["seconds"],
            "memory_under_300_mib": mib < BUDGET["mib"],
        },
    }


def _verify(path: Path) -> tuple[str, int, float, float, float]:
    """What it says, exit status, seconds, those at work, and peak memory in MiB."""
    program = Path(countersign_verify.__file__)
    command = [sys.executable, "-c", _MEASURE, str(program), str(path)]
    done = subprocess.run(
        command, capture_output=True, text=True, preexec_fn=_on_one_core
    )
    *said, last = done.stdout.splitlines()
    status, seconds, busy, mib = last.split()
    return " ".join(said), int(status), float(seconds), float(busy), float(mib)


def _on_one_core() -> None:
    if sys.platform == "linux":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _write(file: BinaryIO, entries: int) -> None:
    signer = note.Signer(ORIGIN, Ed25519PrivateKey.generate())
    log = Log()
    with tempfile.TemporaryFile() as kept:
        head = _kept(kept, log, entries)
        writer = bundle.Writer(time=int(START))
        manifest = {
            "format": bundle.FORMAT, "origin": ORIGIN, "key": str(signer.verifier),
            "size": entries, "scope": {"kind": "all"},
        }  # fmt: skip
        file.writelines(writer.member("manifest.json", json.dumps(manifest).encode()))
        text = note.Checkpoint(ORIGIN, entries, head).text()
        signed = note.Note(text, (signer.sign(text),))
        file.writelines(writer.member("checkpoint", str(signed).encode()))
        kept.seek(0)
        file.writelines(writer.lines("entries", (line[:-1] for line in kept)))
        file.writelines(writer.lines("requests", log.rows()))
        file.writelines(_tiles(writer, log, entries))
        kept.seek(0)
        file.writelines(_entry_bundles(writer, kept))
        file.writelines(writer.signed(ORIGIN, signer))


def _kept(file: BinaryIO, log: "Log", entries: int) -> bytes:
    """Write the lines of all entries; returns the root."""
    tree = merkle.Frontier()
    for index, (line, entry) in enumerate(islice(log.entries(), entries)):
        file.write(b'{"index":%d,%s\n' % (index, line))
        leaf = merkle.leaf_hash(entry)
        log.leaves += leaf
        tree.append(leaf)
    return tree.root()


def _tiles(writer: bundle.Writer, log: "Log", size: int) -> Iterator[bytes]:
    levels = [bytes(log.leaves)]
    while len(levels[-1]) >= bundle.WIDTH * merkle.HASH_BYTES:
        levels.append(countersign_verify.tile_level_above(levels[-1]))
    for level, number in bundle.all_tiles(size):
        width = bundle.width_of((level, number), size)
        start = number * bundle.WIDTH * merkle.HASH_BYTES
        hashes = levels[level][start : start + width * merkle.HASH_BYTES]
        path = bundle.tile_path(level, number, width)
        yield from writer.member(path, hashes)


def _entry_bundles(writer: bundle.Writer, lines: BinaryIO) -> Iterator[bytes]:
    number = 0
    while some := list(islice(lines, bundle.WIDTH)):
        entries = [json.loads(line)["entry"].encode() for line in some]
        content = bundle.entry_bundle(entries)
        assert content is not None
        path = bundle.tile_path("entries", number, len(some))
        yield from writer.member(path, content)
        number += 1


class Log:
    """Requests that are asked, decided and redeemed, a few at a time."""

    def __init__(self) -> None:
        self.random = random.Random(5)  # the same ones each time
        self.leaves = bytearray()
        self.number = 0
        self.asked: list[Asked] = []

    def entries(self) -> Iterator[tuple[bytes, bytes]]:
        """The end of each line, and the entry's own bytes."""
        while True:
            some = [Asked(self) for _ in range(SIDE_BY_SIDE)]
            self.asked += some
            for step in range(4):
                for one in some:
                    if one.does(step):
                        yield one.step(step)

    def rows(self) -> Iterator[bytes]:
        """Of those whose submission is among the entries that were taken."""
        return (one.row() for one in self.asked if one.state)


class Asked:
    """One request."""

    __slots__ = ("by_people", "id", "log", "permit", "secret", "state")

    def __init__(self, log: Log) -> None:
        self.log, self.secret = log, log.random.randbytes(32)
        self.by_people = log.random.random() < 0.5
        self.id = _uuid7(log.random, START + 0.3 * log.number)
        self.state = ""
        self.permit: str | None = None

    def does(self, step: int) -> bool:
        """Submitted, voted where people decide, decided, and some redeemed."""
        return step in (0, 2) or self.by_people == (step == 1)

    def step(self, step: int) -> tuple[bytes, bytes]:
        log = self.log
        log.number += 1
        at = START + 0.3 * log.number
        action, actor, data = self._fact(step)
        written, plain = {}, {}
        for name, value in data.items():
            if not isinstance(value, tuple):
                plain[name] = value
                continue
            content = json.dumps(value[0], separators=(",", ":"), sort_keys=True)
            digest = hmac.digest(self.secret, content.encode(), "sha256").hex()
            plain[name] = {"sealed": f"hmac-sha256:{digest}"}
            written[f"hmac-sha256:{digest}"] = content
        entry = json.dumps(
            {
                "id": _uuid7(log.random, at),
                "at": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "action": action,
                "actor": actor,
                "subject": {"type": "request", "id": self.id},
                "data": plain,
            },
            separators=(",", ":"),
            sort_keys=True,
        )
        line = {
            "entry": entry,
            "key": base64.b64encode(self.secret).decode(),
            "written": written,
        }
        return bundle.line(line)[1:], entry.encode()

    @property
    def canonical(self) -> str:
        command = f"SELECT id, name FROM customers WHERE id = '{self.id}' LIMIT 20"
        action = {
            "action": "sql.execute", "agent": "deploy-bot", "environment": "production",
            "arguments": {"sql": command}, "resource": "customers", "subject": None,
        }  # fmt: skip
        return json.dumps(action, separators=(",", ":"), sort_keys=True)

    @property
    def digest(self) -> tuple[str]:
        return (_digest(self.canonical),)

    @property
    def claims(self) -> str:
        claims = {
            "summary": "Look up the customers of a ticket", "session": "s-1",
            "justification": f"Ticket {self.id} asks for it", "evidence": [],
            "metadata": {},
        }  # fmt: skip
        return json.dumps(claims, separators=(",", ":"), sort_keys=True)

    def _fact(self, step: int) -> tuple[str, dict[str, str], dict[str, Any]]:
        agent = {"type": "agent", "id": "7", "name": "deploy-bot"}
        person = {"type": "user", "id": "3", "name": "alice"}
        by = "reviewer" if self.by_people else "policy"
        required = [{"group": "reviewers", "count": 1}] if self.by_people else []
        if step == 0:
            self.state = "pending"
            return "request:submitted", agent, {
                "agent": "deploy-bot", "key": "11", "action": "sql.execute",
                "environment": "production", "revision": 1, "digest": self.digest,
                "claims": (json.loads(self.claims),),
                "content": (json.loads(self.canonical),), "tier": "medium",
                "policy_version": 1, "reasons": (["rule reads-customers"],),
                "required": required, "deny_threshold": 1, "windows": {},
                "route": "review" if self.by_people else "auto",
            }  # fmt: skip
        if step == 1:
            return "request:voted", person, {
                "verdict": "approve", "revision": 1, "digest": self.digest,
                "message": (f"Looks right to me, {self.id}",), "grant": None,
                "reason_code": "", "passkey": None, "shown": (f"facts {self.id}",),
            }  # fmt: skip
        if step == 2:
            self.state, self.permit = "approved", "issued"
            return "request:decided", person if self.by_people else agent, {
                "state": "approved", "source": by, "revision": 1, "reason_code": "",
                "digest": self.digest, "decided_by": self.decided_by,
                "message": (f"Looks right to me, {self.id}",), "counted": [
                    {"voter": "3", "groups": ["reviewers"]}
                ] if self.by_people else [], "shown": (f"facts {self.id}",),
            }  # fmt: skip
        self.permit = "redeemed"
        return "permit:redeemed", agent, {"digest": self.digest}

    @property
    def decided_by(self) -> list[str]:
        return ["alice"] if self.by_people else ["policy:1"]

    def row(self) -> bytes:
        is_decided = self.state != "pending"
        source = "reviewer" if self.by_people else "policy"
        return bundle.line(
            {
                "id": self.id, "state": self.state, "revision": 1, "tier": "medium",
                "digest": self.digest[0], "canonical": self.canonical,
                "claims": self.claims, "permit": self.permit, "erased": False,
                "decided_by": self.decided_by if is_decided else [],
                "source": source if is_decided else "",
            }
        )  # fmt: skip


def _digest(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def _uuid7(source: random.Random, at: float) -> str:
    """RFC 9562, of this moment."""
    number = int(at * 1000) << 80 | 7 << 76 | source.getrandbits(12) << 64
    number |= 2 << 62 | source.getrandbits(62)
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
