"""200 times the brake, under load, in two servers, with Redis and Celery dead."""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import httpx2
import psycopg
import pytest

from config import embedded
from tests.flows.braked import (
    ENVIRONMENTS,
    Load,
    Product,
    Success,
    operator_process,
    redis_that_dies,
    set_up,
)
from tests.flows.people import Reviewer
from tests.flows.test_resilience import PASSWORD, database_url
from tests.rounds import rounds
from tests.serving import Serving, data_folder

pytestmark = [pytest.mark.flow, pytest.mark.redis, pytest.mark.long]

TRIALS = rounds(200)
HELD, FREE = 0.1, 0.05
"""Seconds for which each brake is engaged, and after it none is."""
LONG_EVERY, LONG = 20, 1.3
"""Every so many trials one outlasts the second after which nothing may happen."""
IN_FORCE_WITHIN = 1.0
"""Seconds; DESIGN.md, "Budget"."""


@pytest.fixture
def product() -> Iterator[Product]:
    """One for each test: the second one takes their database away."""
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
        for server in servers:  # Shown where a test failed.
            print(server.output[-10_000:])


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


def test_brakes_under_load_are_in_force_everywhere_within_a_second(
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
    votes = sum(count for key, count in answers.items() if key.startswith("vote"))
    assert votes > TRIALS / 4
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
