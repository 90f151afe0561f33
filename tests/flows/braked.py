"""Two servers on one database for trials of the brake, their agents and people."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.flows.people import TOO_QUICK, Reviewer
from tests.flows.test_resilience import PASSWORD, asking, database_url, running
from tests.serving import ROOT, Serving, free_port, manage, surroundings

PAUSE = 0.04
"""Seconds between what one agent asks for: busy, but not a queue that only grows."""
ENVIRONMENTS = {"ada": "production", "ben": "staging", "cy": "production"}
"""The agents, and where each works."""

POLICY = """
default_tier: review
tiers:
  auto: {rank: 10, route: auto}
  review:
    rank: 20
    route: review
    requirements: [{group: reviewers, count: 1}]
    decide_within: 24h
  forbidden: {rank: 50, route: block}
rules:
  - {key: harmless, when: action.name == "report.read", tier: auto}
"""


@dataclass
class Product:
    """Two servers on one database, and a third process that can pull the brake."""

    folder: Path
    servers: list[Serving]
    operator: subprocess.Popen[str]
    keys: dict[str, str] = field(default_factory=dict)

    def order(self, **order: Any) -> str:
        """The operator's answer to an order once it is carried out."""
        assert self.operator.stdin
        assert self.operator.stdout
        self.operator.stdin.write(json.dumps(order) + "\n")
        self.operator.stdin.flush()
        return self.operator.stdout.readline().strip()

    def client(self, agent: str, server: int) -> httpx2.Client:
        return asking(self.servers[server].url, self.keys[agent])

    def database(self) -> psycopg.Connection[Any]:
        return psycopg.connect(database_url(self.folder), autocommit=True)


@contextmanager
def redis_that_dies() -> Iterator[tuple[str, Callable[[], object]]]:
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs redis-server")
        pytest.skip("no redis-server on this machine")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running(command) as process:

        def die() -> None:
            process.kill()
            process.wait(10)

        yield f"redis://127.0.0.1:{port}/0", die


@contextmanager
def operator_process(
    folder: Path, shared: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    environment = surroundings(folder, **shared)
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.flows.operator_process"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == "ready"
        yield process
        assert process.stdin
        process.stdin.close()
        process.wait(10)


def set_up(product: Product, shared: dict[str, str]) -> None:
    """A policy, agents, and rita who decides."""

    def run(*words: str, text: str = "") -> dict[str, str]:
        done = manage(product.folder, *words, text=text, **shared)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in words else {}

    path = product.folder / "policy.yaml"
    path.write_text(POLICY)
    run("policy", "publish", str(path), "--reason=trials")
    words = ("create_user", "rita", "--group=reviewers", "--password-stdin", "--json")
    run(*words, text=f"{PASSWORD}\n")
    for name in ENVIRONMENTS:
        product.keys[name] = run("create_agent", name, "--json")["key"]


@dataclass(frozen=True)
class Success:
    """Something an agent was allowed, with the times around the call."""

    what: str
    agent: str
    sent: float
    answered: float


@dataclass
class Load:
    """Agents and people at work until it is told to stop."""

    product: Product
    successes: list[Success] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    errors: list[BaseException] = field(default_factory=list)
    to_decide: deque[str] = field(default_factory=deque)
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def under_way(self) -> Iterator["Load"]:
        works = [lambda name=name: self.agent(name) for name in ENVIRONMENTS]
        works += [lambda server=server: self.reviewer(server) for server in (0, 1)]
        threads = [threading.Thread(target=self.guarded, args=(w,)) for w in works]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join(30)

    def guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self.errors.append(error)

    def agent(self, name: str) -> None:
        """Ask at one server, redeem at the other; some permits are kept a while."""
        unused: deque[tuple[str, str]] = deque()
        with ExitStack() as stack:
            clients = [
                stack.enter_context(self.product.client(name, n)) for n in (0, 1)
            ]
            for turn in range(1_000_000):
                if self.stopping.is_set():
                    return
                here, there = clients[turn % 2], clients[1 - turn % 2]
                self.ask(here, name, turn, unused)
                if len(unused) > 5:
                    self.redeem(there, name, unused)
                time.sleep(PAUSE)

    def ask(
        self, client: httpx2.Client, name: str, turn: int, unused: deque[Any]
    ) -> None:
        is_reviewed = turn % 12 == 0
        asked = {
            "action": "report.send" if is_reviewed else "report.read",
            "arguments": {"turn": turn},
            "environment": ENVIRONMENTS[name],
        }
        sent = time.monotonic()
        answer = client.post("/api/v1/requests", json=asked)
        self.answers[f"submit {answer.status_code}"] += 1
        resource = answer.json()
        if resource.get("state") == "approved":
            self.succeeded("approved", name, sent)
            unused.append((resource["id"], resource["digest"]))
        elif is_reviewed and resource.get("state") == "pending":
            self.to_decide.append(resource["id"])

    def redeem(self, client: httpx2.Client, name: str, unused: deque[Any]) -> None:
        request_id, digest = unused[0]
        sent = time.monotonic()
        path = f"/api/v1/requests/{request_id}/redeem"
        answer = client.post(path, json={"digest": digest})
        self.answers[f"redeem {answer.status_code}"] += 1
        if answer.status_code == 200:
            self.succeeded("redeemed", name, sent)
        if answer.status_code != 423:
            unused.popleft()

    def succeeded(self, what: str, agent: str, sent: float) -> None:
        self.successes.append(Success(what, agent, sent, time.monotonic()))

    def reviewer(self, server: int) -> None:
        """Open some requests side by side, read, then approve one after the other."""
        with Reviewer(self.product.servers[server].url, "rita", PASSWORD) as rita:
            while not self.stopping.is_set():
                batch = [self.to_decide.popleft() for _ in range(2) if self.to_decide]
                opened = [(request_id, rita.opened(request_id)) for request_id in batch]
                time.sleep(TOO_QUICK)
                for request_id, fields in opened:
                    answer = rita.press(request_id, fields, "approve")
                    self.answers[f"vote {answer.status_code}"] += 1
