"""How long a back-test of 10,000 requests takes, and what it holds in memory.

Runs inside ``manage.py shell`` of the server under way, which is idle meanwhile:
``run()`` prints one line of JSON. No two requests are the same, every third one has
been decided by people, and the draft has three windows.
"""

import json
import os
import resource
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from uuid_utils.compat import uuid7

from agents.models import Agent
from approvals import history, ruleset
from approvals.backtesting import compare
from approvals.canonical import Action, digest
from approvals.models import ApprovalRequest

REQUESTS = 10_000
ARGUMENTS = (
    ("sql.execute", {"sql": "SELECT name FROM customers WHERE id = {n}"}),
    ("sql.execute", {"sql": "UPDATE accounts SET plan = 0 WHERE id = {n}"}),
    ("sql.execute", {"sql": "DELETE FROM orders_{n}"}),
    ("shell.run", {"command": "git -C /srv/app_{n} status && ls -la /tmp/{n}"}),
    ("shell.run", {"command": "sudo find /var/log -name '*.{n}' -exec rm -rf {{}} +"}),
    ("email.send", {"to": "p{n}@example.com", "body": "Hello {n},\nthank you."}),
    ("refund.create", {"amount": 12.5, "order": "{n}"}),
    ("files.write", {"path": "/srv/data/{n}.txt", "content": "line\n" * 40}),
)
"""What agents ask for, with a number in each so that nothing repeats."""
WINDOWS = """
windows:
  - {key: asked, measure: count, per: [agent], within: 1h}
  - {key: spent, measure: sum, of: /arguments/amount, per: [agent], within: 24h,
     actions: ["refund.*"]}
  - {key: reached, measure: distinct, of: /arguments/to, per: [agent], within: 24h,
     actions: ["email.*"]}
"""


def run() -> None:
    """Fill the table up, replay the shipped policy over it, print what it took."""
    _fill()
    shipped = ruleset.SHIPPED.read_text()
    plain, windows = _measure(shipped), _measure(shipped + WINDOWS)
    report = {"requests": REQUESTS, "plain": plain, "with_3_windows": windows}
    print(json.dumps(report))


def _fill() -> None:
    agent = Agent.objects.earliest("pk")
    version, _ = ruleset.current()
    now = timezone.now() - timedelta(seconds=REQUESTS)
    for start in range(0, REQUESTS, 1000):
        rows = [
            _request(agent, version, number, now + timedelta(seconds=number))
            for number in range(start, start + 1000)
        ]
        ApprovalRequest.objects.bulk_create(rows)


def _request(agent: Agent, version: int, number: int, at: datetime) -> ApprovalRequest:
    name, pattern = ARGUMENTS[number % len(ARGUMENTS)]
    arguments = {
        key: value.format(n=number) if isinstance(value, str) else value
        for key, value in pattern.items()
    }
    action = Action(name, agent.name, arguments, "production", "db", f"s{number % 99}")
    canonical = action.canonical()
    decided: dict[str, Any] = {}
    if number % 3 == 0:
        state = "denied" if number % 9 == 0 else "approved"
        decided = {"state": state, "decision_source": "reviewer", "decided_at": at}
    return ApprovalRequest(
        id=uuid7(),
        agent=agent,
        canonical=canonical,
        digest=digest(canonical),
        action=name,
        environment="production",
        policy_id=version,
        tier="medium",
        tier_rank=20,
        route="review",
        created_at=at,
        expires_at=at + timedelta(days=1),
        **decided,
    )


def _measure(source: str) -> dict[str, float]:
    span = history.newest(REQUESTS)
    assert span
    peak = _Peak()
    peak.start()
    start, own, theirs = time.perf_counter(), time.process_time(), _children()
    found = compare(source, span, lambda done: None)
    seconds, own = time.perf_counter() - start, time.process_time() - own
    assert found["requests"] == REQUESTS
    assert not found["errors"]
    return {
        "seconds": round(seconds, 2),
        "requests_per_second": round(REQUESTS / seconds),
        "own_processor_seconds": round(own, 2),
        "childrens_processor_seconds": round(_children() - theirs, 2),
        "largest_child_mib": peak.stop(),
        "own_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _children() -> float:
    """Processor seconds of those that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Peak(threading.Thread):
    """The largest resident size of any child, by looking often."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._over = threading.Event()
        self._largest = 0

    def run(self) -> None:
        while not self._over.wait(0.05):
            for path in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
                for child in path.read_text().split():
                    self._look(Path("/proc") / child / "status")

    def stop(self) -> int:
        """MiB."""
        self._over.set()
        self.join()
        return self._largest // 1024

    def _look(self, status: Path) -> None:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return
        sizes = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
        self._largest = max([self._largest, *sizes])
