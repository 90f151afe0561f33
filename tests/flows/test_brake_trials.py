"""200 times the brake, under load, in two servers, with Redis and Celery dead."""

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import psycopg
import pytest

from config import embedded
from tests.flows.people import TOO_QUICK, Reviewer
from tests.flows.test_resilience import PASSWORD, asking, database_url, running
from tests.serving import ROOT, Serving, data_folder, free_port, manage, surroundings

pytestmark = [pytest.mark.flow, pytest.mark.redis, pytest.mark.long]

TRIALS = 200
HELD, FREE = 0.2, 0.1
"""Seconds for which each brake is engaged, and after it none is."""
LONG_EVERY, LONG = 20, 1.3
"""Every so many trials one outlasts the second after which nothing may happen."""
IN_FORCE_WITHIN = 1.0
"""Seconds; DESIGN.md, "Budget"."""
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


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with ExitStack() as stack:
        folder = stack.enter_context(data_folder())
        stack.enter_context(embedded.running(folder))
        redis_url, redis_dies = stack.enter_context(redis_that_dies())
        shared = {
            "DATABASE_URL": database_url(folder),
            "REDIS_URL": redis_url,
            "SECRET_KEY": "s" * 50,
            "RATE_LIMIT": "1000000",
        }
        servers = [stack.enter_context(Serving(folder, **shared)) for _ in range(2)]
        for server in servers:
            server.ready()
        operator = stack.enter_context(operator_process(folder, shared))
        found = Product(folder, servers, operator)
        set_up(found, shared)
        redis_dies()
        yield found


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


@dataclass(frozen=True)
class Trial:
    """One brake, by the clock of this process: from its answer to its release."""

    brake: str
    scope: str
    value: str
    acknowledged: float
    releasing: float


def covers(scope: str, value: str, agent: str) -> bool:
    return {
        "everything": True,
        "agent": agent == value,
        "environment": ENVIRONMENTS[agent] == value,
    }[scope]


class Hands:
    """The four places from where the brakes are pulled, in turn."""

    def __init__(self, product: Product, ritas: list[Reviewer]) -> None:
        self.product, self.ritas = product, ritas
        self.chance = random.Random(200)
        self.clients = {
            (agent, server): product.client(agent, server)
            for agent in ENVIRONMENTS
            for server in (0, 1)
        }

    def __enter__(self) -> "Hands":
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients.values():
            client.close()

    def pull(self, number: int) -> tuple[str, str]:
        """Engage one; the scope and its value."""
        agent = self.chance.choice(list(ENVIRONMENTS))
        scope, value = (
            ("everything", ""),
            ("agent", agent),
            ("environment", ENVIRONMENTS[agent]),
        )[number % 3]
        mode = ("hold", "deny")[number % 2]
        wanted = {"scope": scope, "value": value, "mode": mode}
        way = number // 6 % 3
        if way == 0:
            self.product.order(engage={**wanted, "reason": f"trial {number}"})
        elif (scope, mode) == ("agent", "hold"):
            self.by_itself(agent, number)
        else:
            self.on_the_page(self.ritas[way - 1], {**wanted, "agent": ""})
        return scope, value

    def by_itself(self, agent: str, number: int) -> None:
        client = self.clients[agent, number % 2]
        answer = client.post("/api/v1/brake", json={"reason": "I loop."})
        assert answer.json()["engaged"], answer.text

    def on_the_page(self, rita: Reviewer, wanted: dict[str, str]) -> None:
        answer = rita.submit("/brake", "/brake", {**wanted, "reason": "on the page"})
        assert answer.status_code == 302, answer.text


def trial(
    hands: Hands, number: int, database: psycopg.Connection[Any]
) -> tuple[Trial, float]:
    """Engage, see that both servers know, wait, release; and how long pulling took."""
    began = time.monotonic()
    scope, value = hands.pull(number)
    acknowledged = time.monotonic()
    stopped = next(agent for agent in ENVIRONMENTS if covers(scope, value, agent))
    for server in (0, 1):
        assert hands.clients[stopped, server].get("/api/v1/brake").json()["engaged"]
    time.sleep(LONG if number % LONG_EVERY == 0 else HELD)
    found = database.execute("SELECT id FROM agents_brake WHERE released_at IS NULL")
    ((brake_id,),) = found.fetchall()
    releasing = time.monotonic()
    assert hands.product.order(release=str(brake_id)) == str(brake_id)
    time.sleep(FREE)
    done = Trial(str(brake_id), scope, value, acknowledged, releasing)
    return done, acknowledged - began


LOGGED = """
SELECT entry.at, agent.name
FROM audit_entry entry
JOIN approvals_approvalrequest request ON request.id = entry.subject_id::uuid
JOIN agents_agent agent ON agent.id = request.agent_id
WHERE entry.subject_type = 'request' AND (entry.action = 'permit:redeemed'
    OR entry.action = 'request:decided' AND entry.data->>'state' = 'approved')
ORDER BY entry.at
"""


def lateness(database: psycopg.Connection[Any]) -> dict[str, float]:
    """For each brake, seconds after it until the last thing it should have stopped.

    By the audit log: what was approved or redeemed in its scope between
    ``engaged_at`` and ``released_at``; 0 where there is nothing.
    """
    allowed: list[tuple[datetime, str]] = database.execute(LOGGED).fetchall()
    brakes = database.execute(
        "SELECT id, scope, value, engaged_at, released_at FROM agents_brake"
        " WHERE scope <> 'session'"
    )
    return {
        str(brake_id): max(
            (
                (at - engaged).total_seconds()
                for at, agent in allowed
                if engaged < at < released and covers(scope, value, agent)
            ),
            default=0.0,
        )
        for brake_id, scope, value, engaged, released in brakes
    }


def allowed_under(trial: Trial, successes: list[Success]) -> list[Success]:
    """What was asked for once the brake had been answered for, and still allowed."""
    return [
        success
        for success in successes
        if trial.acknowledged <= success.sent
        and success.answered <= trial.releasing
        and covers(trial.scope, trial.value, success.agent)
    ]


def test_200_brakes_under_load_are_in_force_everywhere_within_a_second(
    product: Product,
) -> None:
    trials, pulling = [], []
    began = time.monotonic()
    with ExitStack() as stack:
        database = stack.enter_context(product.database())
        ritas = [
            stack.enter_context(Reviewer(server.url, "rita", PASSWORD))
            for server in product.servers
        ]
        load = stack.enter_context(Load(product).under_way())
        hands = stack.enter_context(Hands(product, ritas))
        time.sleep(2)
        for number in range(TRIALS):
            done, seconds = trial(hands, number, database)
            trials.append(done)
            pulling.append(seconds)
        load.stopping.set()
        late = lateness(database)
    print(
        f"\n{TRIALS} brakes in {time.monotonic() - began:.0f} s;"
        f" pulling ms: median {1000 * median(pulling):.1f},"
        f" max {1000 * max(pulling):.1f};"
        f" last allowed after engaging ms: median {1000 * median(late.values()):.1f},"
        f" max {1000 * max(late.values()):.1f},"
        f" in {sum(seconds > 0 for seconds in late.values())} trials;"
        f" answers {dict(load.answers)}"
    )
    assert not load.errors
    assert len(late) == TRIALS
    assert max(late.values()) < IN_FORCE_WITHIN
    assert not [found for t in trials for found in allowed_under(t, load.successes)]
    was_busy(load)


def was_busy(load: Load) -> None:
    """Nothing above says anything unless much was tried, with the brake and without."""
    answers = load.answers
    assert min(answers["submit 201"], answers["redeem 200"]) > 2 * TRIALS
    assert answers["redeem 423"] > TRIALS / 4
    assert answers["redeem 409"] > 0  # revoked by a brake that denies
    assert sum(count for key, count in answers.items() if key.startswith("vote")) > 50
    assert {key for key in answers if key.startswith("submit")} == {"submit 201"}
    assert not [key for key in answers if int(key.split()[1]) >= 500]


def test_while_the_database_lets_nobody_in_nothing_is_redeemed(
    product: Product,
) -> None:
    """Whoever cannot ask whether the brake is on must take it for on."""
    name = embedded.NAME
    with product.client("ada", 0) as client:
        asked = {"action": "report.read", "arguments": {}}
        resource = client.post("/api/v1/requests", json=asked).json()
        path = f"/api/v1/requests/{resource['id']}/redeem"
        with psycopg.connect(
            database_url(product.folder).rpartition("/")[0] + "/postgres",
            autocommit=True,
        ) as aside:
            aside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            try:
                aside.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = %s",
                    [name],
                )
                answer = client.post(path, json={"digest": resource["digest"]})
                assert answer.status_code == 503, answer.text
                assert client.get("/api/v1/brake").status_code == 503
            finally:
                aside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        answer = redeemed_once_it_answers(client, path, resource["digest"])
        assert answer.json()["permit"]["state"] == "redeemed", answer.text


def redeemed_once_it_answers(
    client: httpx2.Client, path: str, digest: str
) -> httpx2.Response:
    """Agents come again after a 503, as it tells them to."""
    limit = time.monotonic() + 40
    while True:
        answer = client.post(path, json={"digest": digest})
        if answer.status_code != 503 or time.monotonic() > limit:
            return answer
        time.sleep(0.5)
