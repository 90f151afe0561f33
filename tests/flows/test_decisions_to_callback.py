"""Everything that comes after asking, over a real ``serve``: each step calls back."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from tests.agents.endpoint import Endpoint, serving
from tests.flows.people import Reviewer
from tests.serving import Serving, data_folder, manage

pytestmark = pytest.mark.flow

REQUESTS = "/api/v1/requests"
ASK = {
    "action": "sql.execute",
    "arguments": {"sql": "UPDATE accounts SET plan = 0 WHERE id < 99"},
    "environment": "production",
    "resource": "billing-db",
}
EDITED = {"sql": "UPDATE accounts SET plan = 0 WHERE id = 42"}


@pytest.fixture(scope="module")
def product() -> Iterator[Serving]:
    with (
        data_folder() as folder,
        Serving(folder, BRAKE_RELEASE_PEOPLE="1") as served,
    ):
        yield served.ready()


@pytest.fixture(scope="module")
def callback() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def agent(product: Serving, callback: Endpoint) -> dict[str, str]:
    """Registered by the operator, with its callback."""
    printed = command(
        product,
        "create_agent", "flow-agent", "--owner", "admin",
        "--callback", callback.url, "--json",
    )  # fmt: skip
    registered: dict[str, str] = json.loads(printed)
    return registered


@pytest.fixture
def http(product: Serving, agent: dict[str, str]) -> Iterator[httpx2.Client]:
    with httpx2.Client(
        base_url=product.url,
        trust_env=False,
        timeout=20,
        headers={"Authorization": f"Bearer {agent['key']}"},
    ) as client:
        yield client


@pytest.fixture(scope="module")
def alice(product: Serving) -> Iterator[Reviewer]:
    said = re.search(r"^ +alice +(\S+)$", product.output, re.MULTILINE)
    assert said
    with Reviewer(product.url, "alice", said[1]) as signed_in:
        yield signed_in


class Inbox:
    """The events that arrive from now on, each checked and read once, in order."""

    def __init__(self, callback: Endpoint, secret: str) -> None:
        self.callback, self.secret = callback, secret
        self.read = len(callback.received)

    def next(self) -> dict[str, Any]:
        limit = time.monotonic() + 20
        while len(self.callback.received) <= self.read:
            assert time.monotonic() < limit, "no further event came"
            time.sleep(0.02)
        call = self.callback.received[self.read]
        self.read += 1
        assert call.headers["content-type"] == "application/json"
        message: dict[str, Any] = Webhook(self.secret).verify(call.body, call.headers)
        assert set(message) == {"type", "timestamp", "data"}
        assert message["timestamp"].endswith("Z")
        return message


@pytest.fixture
def inbox(callback: Endpoint, agent: dict[str, str]) -> Inbox:
    return Inbox(callback, agent["webhook_secret"])


def command(product: Serving, *arguments: str) -> str:
    """Run one beside the server, with its settings; what it printed."""
    done = manage(
        product.data_dir, *arguments, BASE_URL=product.url, BRAKE_RELEASE_PEOPLE="1"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def as_alice(product: Serving, call: str) -> None:
    """Call a writer with ``who``, as a page of hers would, in another process."""
    code = (
        "from django.contrib.auth.models import User\n"
        "from approvals import lifecycle\n"
        "who = User.objects.get(username='alice')\n"
        f"lifecycle.{call}\n"
    )
    command(product, "shell", "-c", code)


def test_question_reply_edit_approval_redemption_and_outcome(
    product: Serving, http: httpx2.Client, alice: Reviewer, inbox: Inbox
) -> None:
    asked = http.post(REQUESTS, json=ASK).json()
    path = f"{REQUESTS}/{asked['id']}"

    as_alice(product, f"ask('{asked['id']}', actor=who, text='Every account?')")
    event = inbox.next()
    question = event["data"]["question"]
    assert (event["type"], question["text"]) == ("request.question", "Every account?")
    assert event["data"] == {**asked, "question": question}
    body = {"question": question["id"], "message": "No: 42 alone."}
    assert http.post(f"{path}/replies", json=body).json() == asked

    as_alice(
        product,
        f"edit('{asked['id']}', actor=who, revision=1, digest='{asked['digest']}',"
        f" arguments={EDITED!r})",
    )
    assert alice.vote(asked["id"], "approve").status_code == 302
    event = inbox.next()
    approved = event["data"]
    assert (event["type"], approved["state"]) == ("request.approved", "approved")
    assert (approved["arguments"], approved["revision"]) == (EDITED, 2)
    assert approved["decision"]["edited"] is True
    assert approved["digest"] != asked["digest"]
    assert http.get(path).json() == approved

    stale = http.post(f"{path}/redeem", json={"digest": asked["digest"]})
    assert (stale.status_code, stale.json()["type"].rpartition("/")[2]) == (
        409,
        "stale-revision",
    )
    redeemed = http.post(f"{path}/redeem", json={"digest": approved["digest"]})
    assert redeemed.json()["permit"] == {**approved["permit"], "state": "redeemed"}
    body = {"status": "succeeded", "digest": approved["digest"], "detail": "1 row"}
    outcome = http.post(f"{path}/outcome", json=body).json()["outcome"]
    assert (outcome["status"], outcome["detail"]) == ("succeeded", "1 row")


def test_an_approval_taken_back(
    product: Serving, http: httpx2.Client, alice: Reviewer, inbox: Inbox
) -> None:
    asked = http.post(REQUESTS, json=ASK).json()
    path = f"{REQUESTS}/{asked['id']}"
    assert alice.vote(asked["id"], "approve").status_code == 302
    assert inbox.next()["type"] == "request.approved"

    as_alice(product, f"take_back('{asked['id']}', actor=who, reason='Wrong host.')")
    event = inbox.next()
    assert event["type"] == "permit.revoked"
    assert event["data"]["permit"]["state"] == "revoked"
    assert event["data"] == http.get(path).json()
    refused = http.post(f"{path}/redeem", json={"digest": asked["digest"]})
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (
        409,
        "not-redeemable",
    )


def test_a_brake_pulled_by_the_agent_and_released_by_people(
    product: Serving, http: httpx2.Client, inbox: Inbox
) -> None:
    state = http.post("/api/v1/brake", json={"reason": "I repeat myself."}).json()
    (engaged,) = state["scopes"]
    event = inbox.next()
    assert event["type"] == "brake.engaged"
    assert event["data"] == {"brake": engaged}
    assert (engaged["scope"], engaged["value"], engaged["mode"]) == (
        "agent",
        "flow-agent",
        "hold",
    )
    command(
        product,
        "brake", "release", "--scope", "agent:flow-agent", "--reason", "Fixed.",
    )  # fmt: skip
    event = inbox.next()
    assert event["type"] == "brake.released"
    released = event["data"]["brake"]
    assert released["released_at"] >= engaged["engaged_at"]
    assert {**released, "released_at": None} == engaged
    assert http.get("/api/v1/brake").json()["engaged"] is False


def test_a_brake_that_denies_revokes_and_denies_and_says_so(
    product: Serving, http: httpx2.Client, alice: Reviewer, inbox: Inbox
) -> None:
    body = {**ASK, "resource": "ledger-db"}
    approved, waiting = (http.post(REQUESTS, json=body).json() for _ in range(2))
    assert alice.vote(approved["id"], "approve").status_code == 302
    assert inbox.next()["type"] == "request.approved"
    command(
        product,
        "brake", "engage", "--scope", "resource:ledger-db", "--mode", "deny",
        "--reason", "Stop.",
    )  # fmt: skip
    events = [inbox.next() for _ in range(3)]
    told = {event["type"]: event["data"] for event in events}
    assert set(told) == {"brake.engaged", "request.denied", "permit.revoked"}
    assert told["request.denied"]["id"] == waiting["id"]
    assert told["request.denied"]["decision"]["source"] == "brake"
    assert told["permit.revoked"]["id"] == approved["id"]
    assert told["permit.revoked"]["brake"]["mode"] == "deny"
    command(
        product,
        "brake", "release", "--scope", "resource:ledger-db", "--reason", "Fixed.",
    )  # fmt: skip
    assert inbox.next()["type"] == "brake.released"


def test_the_log_of_all_this_holds(product: Serving) -> None:
    assert json.loads(command(product, "verify_audit", "--json"))["ok"] is True
